"""Keys in a real token (SoftHSM): what they make is right, many threads use them, and a token that goes away comes back."""

import os
import shutil
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding

from node.keyring.pkcs11_uri import read_uri
from node.keyring.token import SESSIONS, Library, TokenKey, token_of
from node.security import algorithms as a
from node.security.keys import KeyRefused, KeyUnavailable, KeyUseFailed, SoftwareKey
from tests.bars.bar import until
from tests.conftest import missing as skip
from tests.softhsm import MODULE, PIN, SoftHsm, missing

SHA256, MGF256 = "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2009/xmlenc11#mgf1sha256"


@pytest.fixture(scope="module")
def hsm(tmp_path_factory: pytest.TempPathFactory, pki: Any) -> Iterator[SoftHsm]:
    if why := missing():
        skip(why)
    made = SoftHsm.make(tmp_path_factory.mktemp("hsm"))
    for label, number, kind in (("sign", "01", "rsa2048"), ("ec", "02", "p256")):
        made.put(label, number, pki.key("a", kind))
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(made.configuration)
    yield made
    if before is None:
        del os.environ["SOFTHSM2_CONF"]
    # Whoever comes next in this process has another token.
    shutil.rmtree(made.tokens, ignore_errors=True)


@pytest.fixture
def key(hsm: SoftHsm, pki: Any) -> TokenKey:
    return key_of(hsm, pki.key("a"), "sign", "01")


def key_of(hsm: SoftHsm, held: SoftwareKey, label: str, number: str, pin: str = PIN) -> TokenKey:
    uri = read_uri(hsm.uri(label, number))
    token = token_of(uri, pin)
    # Another test may have begun the library with another token.
    token._library.begin_anew(token._library.generation)
    return TokenKey(held.certificate, held.chain, uri, token)


def wrapped_for(key: TokenKey, secret: bytes, digest: str = SHA256, mgf: str = MGF256) -> bytes:
    oaep = padding.OAEP(padding.MGF1(a.OAEP_MGFS[mgf]), a.OAEP_DIGESTS[digest], None)
    octets: bytes = key.certificate.public_key.encrypt(secret, oaep)  # type: ignore[union-attr]
    return octets


@pytest.mark.parametrize("algorithm", [a.RSA_SHA256, a.RSA_SHA384, a.RSA_SHA512])
def test_what_an_rsa_key_signs_verifies(key: TokenKey, algorithm: str) -> None:
    value = key.sign(algorithm, b"octets")
    a.SIGNATURES[algorithm].verify(key.certificate.public_key, value, b"octets")


@pytest.mark.parametrize("algorithm", [a.ECDSA_SHA256, a.ECDSA_SHA384, a.ECDSA_SHA512])
def test_what_an_elliptic_key_signs_verifies_as_xml_signature_wants_it(hsm: SoftHsm, pki: Any, algorithm: str) -> None:
    key = key_of(hsm, pki.key("a", "p256"), "ec", "02")
    value = key.sign(algorithm, b"octets")
    assert len(value) == 64
    a.SIGNATURES[algorithm].verify(key.certificate.public_key, value, b"octets")
    with pytest.raises(TypeError, match="cannot sign as"):
        key.sign(a.RSA_SHA256, b"octets")
    with pytest.raises(KeyUseFailed, match="no RSA key"):
        key.decrypt(b"x" * 256, SHA256, MGF256)
    with pytest.raises(KeyUseFailed):
        key.agree(ec.generate_private_key(ec.SECP256R1()).public_key())


@pytest.mark.parametrize("digest", sorted(a.OAEP_DIGESTS))
@pytest.mark.parametrize("mgf", sorted(a.OAEP_MGFS))
def test_what_was_wrapped_for_the_key_is_opened(key: TokenKey, digest: str, mgf: str) -> None:
    assert key.decrypt(wrapped_for(key, b"k" * 32, digest, mgf), digest, mgf) == b"k" * 32


def test_what_nobody_wrapped_for_the_key_fails_in_one_way(key: TokenKey) -> None:
    good, modulus = wrapped_for(key, b"k" * 32), key.certificate.public_key.public_numbers().n  # type: ignore[union-attr]
    wrong = [good[:-1], b"\x00" + good, good[:-1] + bytes([good[-1] ^ 1]), b"\xff" * 256, modulus.to_bytes(256, "big"), b""]
    for octets in wrong:
        with pytest.raises(KeyUseFailed, match="RSA-OAEP failed"):
            key.decrypt(octets, SHA256, MGF256)
    for names in ((SHA256, "urn:no"), ("urn:no", MGF256), (SHA256, "http://www.w3.org/2009/xmlenc11#mgf1sha512")):
        with pytest.raises(KeyUseFailed, match="RSA-OAEP failed"):
            key.decrypt(good, *names)
    # The token is none the worse for it.
    assert key.decrypt(good, SHA256, MGF256) == b"k" * 32


def test_many_threads_use_the_sessions_of_one_token(key: TokenKey) -> None:
    with ThreadPoolExecutor(3 * SESSIONS) as pool:
        values = list(pool.map(lambda at: key.sign(a.RSA_SHA256, b"%d" % at), range(300)))
    for at, value in enumerate(values):
        a.SIGNATURES[a.RSA_SHA256].verify(key.certificate.public_key, value, b"%d" % at)


def test_a_token_that_goes_away_says_so_and_works_again_when_it_is_back(hsm: SoftHsm, key: TokenKey) -> None:
    wrapped = wrapped_for(key, b"k" * 32)
    key.sign(a.RSA_SHA256, b"before")
    hsm.take_away()
    try:
        for use in (lambda: key.sign(a.RSA_SHA256, b"meanwhile"), lambda: key.decrypt(wrapped, SHA256, MGF256)):
            with pytest.raises(KeyUnavailable, match=f"the token 'n2n' of {MODULE} does not answer"):
                use()
    finally:
        hsm.put_back()
    a.SIGNATURES[a.RSA_SHA256].verify(key.certificate.public_key, key.sign(a.RSA_SHA256, b"after"), b"after")
    assert key.decrypt(wrapped, SHA256, MGF256) == b"k" * 32


def test_a_token_that_comes_back_under_load_serves_every_thread(hsm: SoftHsm, key: TokenKey) -> None:
    enough = threading.Event()
    #: Of each thread: how often it has failed, and how often it has succeeded since.
    failed, since = [0] * 4, [0] * 4

    def sign(at: int) -> None:
        while not enough.is_set():
            try:
                key.sign(a.RSA_SHA256, b"octets")
                since[at] += 1
            except KeyUnavailable:
                failed[at] += 1
                since[at] = 0

    threads = [threading.Thread(target=sign, args=(at,)) for at in range(4)]
    for one in threads:
        one.start()
    try:
        assert until(lambda: min(since) > 20)
        hsm.take_away()
        assert until(lambda: min(failed) > 0)
        hsm.put_back()
        assert until(lambda: min(since) > 20)
    finally:
        enough.set()
        for one in threads:
            one.join()


def test_tls_takes_no_error_of_the_library_for_its_own(hsm: SoftHsm, key: TokenKey) -> None:
    key.sign(a.RSA_SHA256, b"octets")
    key.token._library.begin_anew(key.token._library.generation)
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=key.chain[0].der)


def test_a_key_that_is_not_the_one_of_the_certificate_is_refused(hsm: SoftHsm, key: TokenKey, pki: Any) -> None:
    key.prove()
    key_of(hsm, pki.key("a", "p256"), "ec", "02").prove()
    other = pki.key("b")
    with pytest.raises(KeyRefused, match="is not the one of certificate"):
        TokenKey(other.certificate, other.chain, key.uri, key.token).prove()


def test_a_key_that_is_not_there_is_told(hsm: SoftHsm, key: TokenKey) -> None:
    with pytest.raises(KeyUnavailable, match="NoSuchKey"):
        TokenKey(key.certificate, key.chain, read_uri(hsm.uri("nobody", "09")), key.token).sign(a.RSA_SHA256, b"")


def test_a_wrong_pin_is_offered_once(hsm: SoftHsm, pki: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    key = key_of(hsm, pki.key("a"), "sign", "01", pin="9999")
    with pytest.raises(KeyUnavailable, match="refuses its PIN: PinIncorrect"):
        key.sign(a.RSA_SHA256, b"")
    with pytest.raises(KeyUnavailable, match="is not asked again"):
        key.sign(a.RSA_SHA256, b"")


def test_a_library_that_does_not_load_is_told(tmp_path: Path) -> None:
    with pytest.raises(KeyUnavailable, match="does not load"):
        Library(str(tmp_path / "nothing.so"))
