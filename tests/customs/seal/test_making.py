"""What sealing makes, and that it leaves everything else alone."""

import pytest

from node.customs.seal.document import LARGE
from node.customs.seal.making import SealImpossible, seal
from node.security.algorithms import ECDSA_SHA256, ECDSA_SHA384, ECDSA_SHA512, RSA_SHA256
from node.security.keys import KeyUseFailed, SoftwareKey
from tests.seals import DOCUMENT, NOW, SIGN, Authority, judged, private_key


def test_every_octet_outside_of_the_seal_stays(world):
    octets = seal(DOCUMENT, world.key(), NOW)
    start, end = octets.index(b"<ds:Signature "), octets.index(b"</ds:Signature>") + len(b"</ds:Signature>")
    assert octets[:start] + octets[end:] == DOCUMENT
    assert octets[end:].strip() == b"</CertificateOfOrigin>"


@pytest.mark.parametrize(
    ("kind", "method"), [("rsa", RSA_SHA256), ("p256", ECDSA_SHA256), ("p384", ECDSA_SHA384), ("p521", ECDSA_SHA512)]
)
def test_each_key_has_its_method(world, kind, method):
    assert f'SignatureMethod Algorithm="{method}"'.encode() in seal(DOCUMENT, world.key(kind), NOW)


def test_the_path_goes_along_without_the_root(world):
    middle = Authority("KR middle", world.root)
    private = private_key("p256", 4)
    certificate = middle.issue("below", private, SIGN)
    key = SoftwareKey(certificate, (world.root.certificate, middle.certificate, certificate), private)
    octets = seal(DOCUMENT, key, NOW)
    assert octets.count(b"<ds:X509Certificate>") == 2
    found = judged(octets, world.partners(key))
    assert found is not None
    assert found.path == (certificate, middle.certificate, world.root.certificate)


def test_a_large_document_is_sealed_as_a_small_one(world):
    large = DOCUMENT.replace(
        b"</CertificateOfOrigin>", b"<Item x:n='1'>\xe9\x97\x9c</Item>\n" * 50_000 + b"</CertificateOfOrigin>"
    )
    octets = seal(large, world.key(), NOW)
    assert len(octets) > LARGE
    assert judged(octets, world.partners(), streamed=True)


def test_the_same_again_gives_the_same_but_for_the_value(world):
    rsa = world.key("rsa")
    assert seal(DOCUMENT, rsa, NOW) == seal(DOCUMENT, rsa, NOW)


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"<a/>", "empty"),
        (b"<a></b>", "well-formed"),
        (b"<a><?p?></a>", "instruction"),
        (b"<a>1<!-- -->2</a>", "comment"),
        (b"<!DOCTYPE a><a></a>", "document type"),
        (b'<a><ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/></a>', "already"),
        (b'<a xml:base="x">t<b/></a>', None),
    ],
)
def test_what_cannot_be_sealed_is_told(world, octets, why):
    if why is None:
        # Sealed, it would be refused: no canonicalization of a part says the same of xml:*.
        assert b"<ds:Signature" in seal(octets, world.key(), NOW)
        return
    with pytest.raises(SealImpossible, match=why):
        seal(octets, world.key(), NOW)


@pytest.mark.parametrize("kind", ["brainpool", "ed25519"])
def test_a_key_of_another_kind_makes_no_seal(world, kind):
    with pytest.raises(SealImpossible):
        seal(DOCUMENT, world.key(kind), NOW)


def test_a_key_that_fails_is_told(world):
    class Failing:
        certificate, chain = world.key().certificate, ()

        def sign(self, algorithm, octets):
            raise KeyUseFailed("the card is gone")

    with pytest.raises(SealImpossible, match="the card is gone"):
        seal(DOCUMENT, Failing(), NOW)
