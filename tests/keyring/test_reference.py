"""Keys that lie elsewhere: in a file, a variable, a credential of systemd, a token."""

import os
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from node.cli.environment import passwords
from node.configuration import Problems
from node.keyring.folder import read_folder
from node.keyring.token import TokenKey
from node.security import algorithms as a
from tests.conftest import missing as skip
from tests.softhsm import PIN, SoftHsm, missing


@pytest.fixture
def certs(tmp_path: Path) -> Path:
    (tmp_path / "certs" / "own").mkdir(parents=True)
    return tmp_path / "certs"


@pytest.fixture
def hsm(tmp_path: Path, pki: Any, monkeypatch: pytest.MonkeyPatch) -> SoftHsm:
    if why := missing():
        skip(why)
    made = SoftHsm.make(tmp_path / "hsm")
    made.put("sign", "01", pki.key("a"))
    monkeypatch.setenv("SOFTHSM2_CONF", str(made.configuration))
    return made


def private(key: Any) -> bytes:
    octets: bytes = key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return octets


def whole(key: Any) -> bytes:
    return private(key) + b"".join(one.x509.public_bytes(Encoding.PEM) for one in key.chain)


def read(certs: Path, environment: dict[str, str] | None = None) -> tuple[dict[str, Any], str]:
    problems = Problems()
    folder = read_folder(certs, problems, passwords(environment or {}))
    return dict(folder.own), "\n".join(map(str, problems.found))


def test_a_credential_of_systemd(certs: Path, tmp_path: Path, pki: Any) -> None:
    (certs / "own" / "sign.ref").write_text("# passed by LoadCredential=\nsystemd-credential:n2n-sign\n")
    given = tmp_path / "credentials"
    given.mkdir()
    (given / "n2n-sign").write_bytes(whole(pki.key("a")))
    own, problems = read(certs, {"CREDENTIALS_DIRECTORY": str(given)})
    assert (own["sign"], problems) == (pki.key("a"), "")
    # The certificate may lie beside the reference, where everybody may read it.
    (given / "n2n-sign").write_bytes(private(pki.key("a")))
    (certs / "own" / "sign.crt").write_bytes(pki.key("a").certificate.x509.public_bytes(Encoding.PEM))
    own, problems = read(certs, {"CREDENTIALS_DIRECTORY": str(given)})
    assert (own["sign"].certificate, problems) == (pki.key("a").certificate, "")
    for environment in ({}, {"CREDENTIALS_DIRECTORY": str(tmp_path)}):
        own, problems = read(certs, environment)
        assert own == {}
        assert "certs/own/sign.ref: systemd has passed no credential 'n2n-sign'; LoadCredential=n2n-sign:FILE" in problems


def test_a_variable(certs: Path, pki: Any) -> None:
    (certs / "own" / "sign.ref").write_text("env:SIGNING_KEY\n")
    own, problems = read(certs, {"SIGNING_KEY": whole(pki.key("a")).decode()})
    assert (own["sign"], problems) == (pki.key("a"), "")
    assert "no variable 'SIGNING_KEY' is set" in read(certs)[1]


def test_a_file_elsewhere_is_for_its_owner_alone(certs: Path, tmp_path: Path, pki: Any) -> None:
    elsewhere = tmp_path / "secret.pem"
    elsewhere.write_bytes(whole(pki.key("a")))
    elsewhere.chmod(0o640)
    (certs / "own" / "sign.ref").write_text(f"file:{elsewhere}\n")
    assert f"others may read the private key in {elsewhere}; chmod 600 {elsewhere}" in read(certs)[1]
    elsewhere.chmod(0o600)
    own, problems = read(certs)
    assert (own["sign"], problems) == (pki.key("a"), "")
    elsewhere.unlink()
    assert "No such file" in read(certs)[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds 0 lines; write one of systemd-credential:NAME"),
        ("env:A\nenv:B\n", "holds 2 lines"),
        ("vault:x\n", "'vault' is no source of keys"),
        ("systemd-credential:../../etc/shadow\n", "has passed no credential"),
        ("systemd-credential:.\n", "has passed no credential"),
        ("pkcs11:token=x\n", "names neither object nor id"),
    ],
)
def test_what_names_no_key_is_refused(certs: Path, tmp_path: Path, text: str, said: str) -> None:
    (certs / "own" / "sign.ref").write_text(text)
    own, problems = read(certs, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert own == {}
    assert said in problems


def test_a_reference_that_others_may_change_is_refused(certs: Path) -> None:
    path = certs / "own" / "sign.ref"
    path.write_text("env:A\n")
    path.chmod(0o666)
    assert "others may change this reference; chmod 644" in read(certs, {"A": "x"})[1]


def test_two_sources_of_one_name_are_refused(certs: Path, pki: Any) -> None:
    (certs / "own" / "sign.pem").write_bytes(whole(pki.key("a")))
    (certs / "own" / "sign.pem").chmod(0o600)
    (certs / "own" / "sign.ref").write_text("env:A\n")
    assert "has the same name as sign.pem" in read(certs)[1]


def test_a_key_in_a_token(certs: Path, pki: Any, hsm: SoftHsm) -> None:
    from node.keyring.pkcs11_uri import read_uri
    from node.keyring.token import token_of

    token = token_of(read_uri(hsm.uri("sign", "01")), PIN)
    token._library.begin_anew(token._library.generation)
    path = hsm.reference(certs / "own", "sign", "sign", "01", pki.key("a"))
    own, problems = read(certs)
    assert problems == ""
    assert isinstance(own["sign"], TokenKey)
    value = own["sign"].sign(a.RSA_SHA256, b"octets")
    a.SIGNATURES[a.RSA_SHA256].verify(pki.key("a").certificate.public_key, value, b"octets")
    # By the environment, or by a file that the URI names.
    path.with_suffix(".password").unlink()
    assert read(certs, {"N2N_KEY_PASSWORD_SIGN": PIN})[1] == ""
    source = certs.parent / "pin"
    source.write_text(f"{PIN}\n")
    source.chmod(0o600)
    path.write_text(hsm.uri("sign", "01", f"&pin-source=file:{source}"))
    assert read(certs)[1] == ""
    source.chmod(0o644)
    assert "others may read the private key in" in read(certs)[1]
    # Another certificate than the key's.
    source.chmod(0o600)
    path.with_suffix(".crt").write_bytes(pki.key("b").certificate.x509.public_bytes(Encoding.PEM))
    assert "is not the one of certificate" in read(certs)[1]
    path.with_suffix(".crt").unlink()
    assert "the token has no certificate beside this key" in read(certs)[1]
    assert os.environ["SOFTHSM2_CONF"]


def test_a_reference_from_another_editor_is_read_and_a_path_that_is_none_is_told(certs: Path, tmp_path: Path, pki: Any) -> None:
    (tmp_path / "key.pem").write_bytes(whole(pki.key("a")))
    (tmp_path / "key.pem").chmod(0o600)
    (certs / "own" / "sign.ref").write_bytes(b"\xef\xbb\xbffile:../../key.pem\r\n")
    (certs / "own" / "other.ref").write_bytes(b"file:\0\n")
    own, problems = read(certs)
    assert own == {"sign": pki.key("a")}
    assert "certs/own/other.ref: " in problems
    assert "null" in problems


def test_what_is_no_file_is_told_and_not_waited_for(certs: Path) -> None:
    (certs / "partners").mkdir()
    os.mkfifo(certs / "partners" / "kr.pem")
    assert read(certs) == ({}, "certs/partners/kr.pem: is no file; move it away")
