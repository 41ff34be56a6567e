"""Certificates and keys are read before they are taken in, and shown with what people compare."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_pem_x509_certificate

from node.cli.cert import row
from node.updates.states import UpdateEvent
from tests.lapsing import Lapsing
from tests.pki import Pki


@pytest.fixture
def home(n2n: Any, tmp_path: Path) -> Path:
    n2n("init", tmp_path / "tw", "--party-id", "TW")
    return tmp_path / "tw"


def test_each_kind_goes_to_its_folder_and_is_listed(n2n: Any, files: Path, home: Path) -> None:
    assert n2n("--home", home, "cert", "add", files / "ca.pem", "--trust").code == 0
    assert n2n("--home", home, "cert", "add", files / "kr-sign.pem", "--partner", "--name", "kr-2027").code == 0
    for use in ("sign", "encrypt", "tls"):
        assert n2n("--home", home, "cert", "add", files / f"tw-{use}.key.pem", "--own", use).code == 0
    listed = n2n("--home", home, "cert", "list", "--json")
    assert listed.code == 0
    rows = {(one["kind"], one["name"]): one for one in listed.document["certificates"]}
    assert set(rows) == {("trust", "ca"), ("partner", "kr-2027"), ("own", "sign"), ("own", "encrypt"), ("own", "tls")}
    expected = load_pem_x509_certificate((files / "kr-sign.pem").read_bytes()).fingerprint(SHA256()).hex()
    assert rows["partner", "kr-2027"]["sha256"] == expected


def test_list_still_lists_when_something_is_wrong_and_says_so(n2n: Any, home: Path) -> None:
    ended = n2n("--home", home, "cert", "list")
    assert ended.code == 3
    assert "certs/own has no key 'tls'" in ended.err
    assert "KIND" in ended.out


def test_partners_that_have_not_accepted_our_next_key_are_warned_of(n2n: Any, tmp_path: Path) -> None:
    home = Lapsing(tmp_path, datetime.now(UTC).replace(microsecond=0), switch=60)
    listed = ("--home", home.tw.folder, "cert", "list")
    (asked,) = n2n(*listed, "--json").document["warnings"]
    assert asked.endswith("kr was not asked by message: n2n partner update kr")
    kept = home.asked(0, 60, ours=True)
    assert "warning: update 1: kr has not accepted it, and the switch comes at" in n2n(*listed).out
    home.updates.answered(kept.id, UpdateEvent.ACCEPT, home.by(0, "kr"), b"yes")
    home.store.close()
    assert n2n(*listed, "--json").document["warnings"] == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["ca.pem"], 2),
        (["ca.pem", "--trust", "--partner"], 2),
        (["document.xml", "--trust"], 3),
        # A certificate alone is no key.
        (["tw-sign.pem", "--own", "sign"], 3),
        (["ca.pem", "--trust", "--name", "../escape"], 2),
        (["tw-sign.key.pem", "--own", "../../escape"], 2),
        (["missing.pem", "--trust"], 2),
    ],
)
def test_what_cannot_be_is_refused(n2n: Any, files: Path, home: Path, words: list[str], code: int) -> None:
    before = sorted((home / "certs").rglob("*"))
    assert n2n("--home", home, "cert", "add", files / words[0], *words[1:]).code == code
    assert sorted((home / "certs").rglob("*")) == before


@pytest.mark.parametrize(
    ("since", "state"),
    [
        (timedelta(seconds=-1), "not yet valid"),
        (timedelta(days=1), "valid"),
        (timedelta(days=345), "20 days left"),
        (timedelta(days=365, seconds=1), "expired"),
    ],
)
def test_the_state_says_what_to_do_about_time(since: timedelta, state: str) -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    key = Pki().make("kr", generate_private_key(SECP256R1()), not_before=begin, not_after=begin + timedelta(days=365))
    assert row("partner", "kr", key.certificate, begin + since)["state"] == state
