"""A new home: complete, with keys that were tried before they were taken."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_pem_private_key, pkcs12
from cryptography.x509 import load_pem_x509_certificate

from node.setting import Setting


def keys(files: Path) -> list[object]:
    return [word for use in ("sign", "encrypt", "tls") for word in (f"--{use}", files / f"tw-{use}.key.pem")]


def test_a_home_with_keys_has_nothing_wrong(n2n: Any, files: Path, tmp_path: Path) -> None:
    ended = n2n(
        "init", tmp_path / "tw", "--party-id", "TW", *keys(files), "--trust", files / "ca.pem", "--listen", "0.0.0.0:9443"
    )
    assert ended.code == 0
    setting = Setting(tmp_path / "tw")
    assert setting.problems.found == []
    assert (setting.home.listen.host, setting.home.listen.port) == ("0.0.0.0", 9443)
    assert sorted(setting.certificates.own) == ["encrypt", "sign", "tls"]
    # Each step says the next one.
    assert "partner add" in ended.out
    assert "serve" in ended.out


def test_private_keys_can_be_read_by_their_owner_alone(n2n: Any, files: Path, tmp_path: Path) -> None:
    n2n("init", tmp_path / "tw", "--party-id", "TW", *keys(files))
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "tw" / "certs" / "own").glob("*.pem")} == {0}


def test_a_home_without_keys_says_which_are_missing(n2n: Any, tmp_path: Path) -> None:
    ended = n2n("init", tmp_path / "tw", "--party-id", "TW", "--json")
    assert ended.document["missing_keys"] == ["sign", "encrypt", "tls"]
    assert [step for step in ended.document["next"] if "cert add --own tls" in step]


def test_one_pair_of_pem_files_serves_every_purpose(n2n: Any, files: Path, tmp_path: Path) -> None:
    ended = n2n(
        "init",
        tmp_path / "tw",
        "--party-id",
        "TW",
        "--own-key",
        files / "tw-sign.only-key.pem",
        "--own-cert",
        files / "tw-sign.pem",
        "--json",
    )
    assert ended.document["own_keys"] == ["encrypt", "sign", "tls"]
    assert Setting(tmp_path / "tw").problems.found == []


def test_a_key_behind_a_password_that_everybody_tries_first_is_not_taken(n2n: Any, files: Path, tmp_path: Path) -> None:
    key = load_pem_private_key((files / "tw-sign.only-key.pem").read_bytes(), None)
    certificate = load_pem_x509_certificate((files / "tw-sign.pem").read_bytes())
    octets = pkcs12.serialize_key_and_certificates(b"tw", key, certificate, None, BestAvailableEncryption(b"changeit"))  # type: ignore[arg-type]
    (tmp_path / "own.p12").write_bytes(octets)
    words = ("init", tmp_path / "tw", "--party-id", "TW", "--pkcs12", tmp_path / "own.p12")
    ended = n2n(*words, environment={"N2N_KEY_PASSWORD": "changeit"})
    assert (ended.code, "everybody tries first" in ended.err, (tmp_path / "tw").exists()) == (3, True, False)
    assert "changeit" not in ended.err


@pytest.mark.parametrize(("given", "code"), [("right", 0), ("wrong", 3), (None, 3)])
def test_pkcs12_opens_with_its_password(n2n: Any, files: Path, tmp_path: Path, given: str | None, code: int) -> None:
    key = load_pem_private_key((files / "tw-sign.only-key.pem").read_bytes(), None)
    certificate = load_pem_x509_certificate((files / "tw-sign.pem").read_bytes())
    octets = pkcs12.serialize_key_and_certificates(b"tw", key, certificate, None, BestAvailableEncryption(b"right"))  # type: ignore[arg-type]
    (tmp_path / "own.p12").write_bytes(octets)
    environment = {"N2N_KEY_PASSWORD": given} if given else {"PATH": ""}
    ended = n2n("init", tmp_path / "tw", "--party-id", "TW", "--pkcs12", tmp_path / "own.p12", environment=environment)
    assert ended.code == code
    if code:
        assert "N2N_KEY_PASSWORD" in ended.err
        # Nothing was written for a key that does not open.
        assert not (tmp_path / "tw").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--own-key", "tw-sign.only-key.pem"], "needs --own-cert"),
        (["--listen", "nonsense"], "no HOST:PORT"),
        (["--listen", "1.2.3.4:99999"], "no HOST:PORT"),
        (["--sign", "ca.pem"], "ca.pem"),
        (["--trust", "document.xml"], "document.xml"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    n2n: Any, files: Path, tmp_path: Path, words: list[str], said: str
) -> None:
    words = [str(files / word) if (files / word).is_file() else word for word in words]
    ended = n2n("init", tmp_path / "tw", "--party-id", "TW", *words)
    assert ended.code in (2, 3)
    assert said in ended.err
    assert not (tmp_path / "tw").exists()


def test_an_existing_home_is_left_alone(n2n: Any, tmp_path: Path) -> None:
    n2n("init", tmp_path / "tw", "--party-id", "TW")
    before = (tmp_path / "tw" / "node.toml").read_text()
    ended = n2n("init", tmp_path / "tw", "--party-id", "OTHER")
    assert ended.code == 3
    assert "already" in ended.err
    assert (tmp_path / "tw" / "node.toml").read_text() == before


def test_plain_http_needs_no_tls_key(n2n: Any, tmp_path: Path) -> None:
    n2n("init", tmp_path / "tw", "--party-id", "TW", "--plain-http")
    home = Setting(tmp_path / "tw").home
    assert (home.listen.key, home.keys.tls) == (None, None)
