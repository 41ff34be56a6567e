"""What is kept of a file holds no secret, however it is written."""

import base64
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_pem_private_key, pkcs12

from node.keyring.demo_authority import DemoAuthority
from node.redacting import LARGEST, LEFT_OUT, sealed, shown, without_secrets

ISSUED = DemoAuthority(datetime.now(UTC)).issue("tw", "ecdsa", "sign")
WORD = "hunter2-hunter2"


def nobody(_name: str) -> bytes | None:
    return None


def kept(path: str, octets: bytes) -> bytes:
    return shown(path, octets, nobody).octets or b""


@pytest.mark.parametrize(
    "line",
    [
        f'password = "{WORD}"',
        f"password = '{WORD}'",
        f'pass_phrase.secret = "{WORD}"',
        f'[store]\n"s3-secret-key" = "{WORD}"',
        f'auth = {{ user = "u", password = "{WORD}" }}',
        f'[login.password]\nvalue = "{WORD}"',
        f'password = """\n{WORD}\n"""',
        f'tokens = ["{WORD}", "x"]',
        f'url = "https://me:{WORD}@store.example/"',
        f'key = "pkcs11:object=a?pin-value={WORD}"',
        f'# password = "{WORD}"',
        f"# password: {WORD}",
        f"# the password was {WORD}, and Lin knows it",
        f'host = "b" # the PIN of the token is {WORD}',
        f'api_key="{WORD}"',
        f'"access_key" = "{WORD}"',
        # The same text once more, where no name tells that it is one.
        f'password = "{WORD}"\nnote = "as {WORD} says"',
        'password = "hunter2\\u002dhunter2"',
    ],
)
def test_a_secret_in_settings_is_not_kept(line: str) -> None:
    one = shown("node.toml", f'host = "a"\n{line}\n'.encode(), nobody)
    assert WORD not in (one.octets or b"").decode()
    assert not one.open


def test_settings_without_secrets_are_kept_whole_and_a_secret_leaves_the_rest() -> None:
    plain = b'[node]\nhost = "a"\ntrust = "pinned"\n# by which pinned keys are judged\n'
    one = shown("node.toml", plain, nobody)
    assert (one.octets, one.open) == (plain, True)
    assert (
        kept("node.toml", b'host = "a" # c\npassword = "x y" # d\n') == f'host = "a" # c\npassword = "{LEFT_OUT}" # d\n'.encode()
    )


@pytest.mark.parametrize("path", ["certs/own/sign.pem", "certs/partners/kr.pem", "certs/trust/ca.pem"])
def test_of_a_key_its_certificate_is_kept(path: str) -> None:
    one = shown(path, b"a comment\n" + ISSUED.private_key + ISSUED.certificate, nobody)
    assert (one.octets, one.open) == (ISSUED.certificate, False)


def test_of_a_key_in_pkcs12_its_certificate_is_kept_where_it_opens() -> None:
    key, certificate = load_pem_private_key(ISSUED.private_key, None), x509.load_pem_x509_certificate(ISSUED.certificate)
    octets = pkcs12.serialize_key_and_certificates(b"x", key, certificate, None, BestAvailableEncryption(WORD.encode()))  # type: ignore[arg-type]
    assert (
        shown("certs/own/sign.p12", octets, lambda name: WORD.encode() if name == "sign" else None).octets == ISSUED.certificate
    )
    assert shown("certs/own/sign.p12", octets, nobody).octets is None


@pytest.mark.parametrize(
    ("path", "octets"),
    [
        ("certs/own/kr.password", WORD.encode()),
        ("certs/own/README.md", WORD.encode()),
        ("certs/own/sign.pem", WORD.encode()),
        ("certs/partners/kr.der", WORD.encode()),
        ("partners/kr/notes.txt", WORD.encode()),
        ("partners/kr/account.json", f'{{"value": "{WORD}"}}'.encode()),
        ("partners/kr/sign.key", ISSUED.private_key),
        ("partners/kr/agreement.toml", b"key = '''\n" + ISSUED.private_key + b"'''\n"),
        ("profiles/documents/p/pack.json", f'{{"password": "{WORD}"}}'.encode()),
        ("profiles/documents/p/x.xml", ISSUED.private_key),
        ("profiles/x.p12", WORD.encode()),
        ("broken.toml", f"password = {WORD}\n[".encode()),
    ],
)
def test_of_what_may_be_a_secret_nothing_is_kept(path: str, octets: bytes) -> None:
    one = shown(path, octets, nobody)
    assert (one.octets, one.open) == (None, False)


def test_where_a_key_lies_is_told_by_its_kind_alone() -> None:
    told = kept("certs/own/sign.ref", f"# mine\npkcs11:object=sign?pin-value={WORD}\n".encode())
    assert told == f"pkcs11:{LEFT_OUT}\n".encode()


def test_packs_and_lists_are_kept_and_large_ones_by_their_digest() -> None:
    schema = b'<xs:element name="token" type="xs:token"/>'
    assert shown("profiles/documents/p/p.xsd", schema, nobody).octets == schema
    large = shown("profiles/codelists/places.csv", b"a" * (LARGEST + 1), nobody)
    assert (large.octets, large.open) == (None, True)


def test_another_content_is_known_and_a_short_secret_cannot_be_tried_out() -> None:
    one = shown("certs/own/kr.password", b"1234", nobody)
    assert sealed(b"1234", one, "salt") != sealed(b"1235", one, "salt")
    assert sealed(b"1234", one, "salt") != sealed(b"1234", one, "other")
    assert sealed(b"1234", one, "salt") == sealed(b"1234", one, "salt")


def test_long_lines_cost_no_more_than_their_length() -> None:
    for text in (
        "a" * 1_000_000,
        "password=" * 20_000,
        "://a:" * 20_000,
        '="' * 50_000,
        base64.b64encode(b"x" * 500_000).decode(),
    ):
        assert len(without_secrets(text)) > 0
