"""What authorities took back, shown to people and brought by hand."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509 import load_pem_x509_certificate

from node.keyring.demo_authority import DemoAuthority
from tests.homes import Side, agree, make_side
from tests.revoking import Publisher, publishing
from tests.revoking import make_pair as make_listed

NOW = datetime.now(UTC)


@pytest.fixture
def authority() -> DemoAuthority:
    return DemoAuthority(NOW)


@pytest.fixture
def tw(tmp_path: Path, authority: DemoAuthority) -> Side:
    tw, kr = make_side(tmp_path, "tw", authority), make_side(tmp_path, "kr", authority)
    agree(tw, kr)
    return tw


def test_without_a_list_everything_is_unknown(n2n: Any, tw: Side) -> None:
    shown = n2n("--home", tw.folder, "cert", "revocations")
    assert shown.code == 0
    assert "no list lies here" in shown.out
    assert "unknown" in shown.out
    rows = n2n("--home", tw.folder, "cert", "revocations", "--json").document["certificates"]
    assert {one["name"]: one["status"] for one in rows} == dict.fromkeys(("kr-sign", "kr-encrypt", "kr-tls"), "unknown")


def test_a_list_that_is_brought_counts(n2n: Any, tw: Side, authority: DemoAuthority, tmp_path: Path) -> None:
    revoked = load_pem_x509_certificate((tw.folder / "certs/partners/kr-sign.pem").read_bytes()).serial_number
    tls = load_pem_x509_certificate((tw.folder / "certs/partners/kr-tls.pem").read_bytes()).serial_number
    file = tmp_path / "ca.crl"
    file.write_bytes(authority.revocation_list(dict.fromkeys((revoked, tls), NOW - timedelta(hours=1)), NOW))
    added = n2n("--home", tw.folder, "cert", "add-crl", file)
    assert added.code == 0
    assert "Demo Customs CA" in added.out
    document = n2n("--home", tw.folder, "cert", "revocations", "--json").document
    assert {one["name"]: one["status"] for one in document["certificates"]} == {
        "kr-sign": "revoked",
        "kr-encrypt": "good",
        "kr-tls": "revoked",
    }
    (row,) = document["lists"]
    assert (row["kind"], row["source"], row["age"]) == ("crl", "ca.crl", "0 h")
    checked = n2n("--home", tw.folder, "partner", "check", "kr")
    for use in ("sign", "tls"):
        assert f"kr-{use}: CN=kr {use},O=N2N demo: revoked" in checked.out + checked.err
    assert "AGE" in n2n("--home", tw.folder, "cert", "revocations").out


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (lambda _mine: DemoAuthority(NOW).revocation_list({}, NOW), "did not sign"),
        (lambda mine: mine.revocation_list({}, NOW - timedelta(days=1)), "older than what lies here"),
        (lambda _mine: b"nothing", "no usable revocation list"),
    ],
)
def test_what_cannot_count_is_refused_with_its_reason(
    n2n: Any, tw: Side, authority: DemoAuthority, tmp_path: Path, octets: Any, said: str
) -> None:
    good, bad = tmp_path / "good.crl", tmp_path / "bad.crl"
    good.write_bytes(authority.revocation_list({}, NOW))
    bad.write_bytes(octets(authority))
    assert n2n("--home", tw.folder, "cert", "add-crl", good).code == 0
    before = n2n("--home", tw.folder, "cert", "revocations", "--json").document["lists"]
    refused = n2n("--home", tw.folder, "cert", "add-crl", bad)
    assert refused.code == 3
    assert said in refused.err
    assert n2n("--home", tw.folder, "cert", "revocations", "--json").document["lists"] == before


def test_addresses_are_shown_with_their_trouble(n2n: Any, tmp_path: Path) -> None:
    publisher: Publisher
    with publishing() as publisher:
        tw, _ = make_listed(tmp_path, publisher, 'policy = "customs"')
        from node.setting import Setting

        Setting(tw.folder).revocations.want([publisher.url], NOW)
        Setting(tw.folder).revocations.asked(publisher.url, NOW, NOW + timedelta(minutes=1), "HTTP status 503")
        shown = n2n("--home", tw.folder, "cert", "revocations").out
        assert publisher.url in shown
        assert "HTTP status 503" in shown
