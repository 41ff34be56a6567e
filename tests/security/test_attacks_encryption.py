"""The catalogue of attacks on encryption, one row each, written into a true message and taken through the reading of wsse:Security.

Where a secret is involved the answer is FailedDecryption in every case; what contradicts the policy by its mere shape is PolicyNoncompliance and never
reaches a private key. Nothing comes out of any of them.
"""

import base64
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

from node.ebms.envelope import empty_body, open_envelope, write_envelope
from node.ebms.errors import EbmsError, FailedAuthentication, FailedDecryption, PolicyNoncompliance
from node.security.algorithms import MGF1_SHA1, MGF1_SHA256, MGF1_SHA512, RSA_OAEP, RSA_OAEP_MGF1P, SHA1, SHA256, SHA512
from node.security.claim import Claim, read_security
from node.security.sign import security_header
from node.security.suites import BDEW_1_1, EDELIVERY_1_15, EDELIVERY_2_ECDSA, EDELIVERY_2_EDDSA
from tests.security.encrypted import PARTS, Message, encrypted, messaging_for, open_parts

RSA, EDDSA, ECDSA, BDEW = "rsa", "eddsa", "ecdsa", "bdew"
SUITE = {
    RSA: (EDELIVERY_1_15, "rsa2048"),
    EDDSA: (EDELIVERY_2_EDDSA, "x25519"),
    ECDSA: (EDELIVERY_2_ECDSA, "p256"),
    BDEW: (BDEW_1_1, "brainpool"),
}
P1 = "p1@a.example"


class Key:
    """A DecryptionKey that counts its uses."""

    def __init__(self, key) -> None:
        self.key, self.certificate, self.uses = key, key.certificate, 0

    def decrypt(self, wrapped, digest, mgf):
        self.uses += 1
        return self.key.decrypt(wrapped, digest, mgf)

    def agree(self, originator):
        self.uses += 1
        return self.key.agree(originator)


@dataclass
class Attack:
    """A true message under attack: rows change `octets` (of wsse:Security) and `wire` (of the parts)."""

    message: Message
    key: Key
    pki: object
    octets: bytes
    wire: dict[str, bytes]

    def swap(self, old: str, new: str, count: int = 1) -> None:
        """Replace in the octets what must be there."""
        assert old.encode() in self.octets, old
        self.octets = self.octets.replace(old.encode(), new.encode(), count)

    def rewrap(self, value: bytes) -> None:
        """Put another wrapped key in place."""
        new, found = re.subn(rb"(?<=<xenc:CipherValue>)[^<]*", lambda _: base64.b64encode(value), self.octets)
        assert found == 1
        self.octets = new

    @property
    def wrapped(self) -> bytes:
        return base64.b64decode(re.search(rb"<xenc:CipherValue>([^<]*)", self.octets)[1])

    def oaep(self, digest: hashes.HashAlgorithm, mgf: hashes.HashAlgorithm, label: bytes | None = None) -> None:
        """Wrap the true content key in another way."""
        content_key = self.key.key.decrypt(self.wrapped, SHA256, MGF1_SHA256)
        self.rewrap(self.key.certificate.public_key.encrypt(content_key, padding.OAEP(padding.MGF1(mgf), digest, label)))

    def claim(self) -> Claim:
        envelope = write_envelope(security_header([self.octets]), messaging_for(PARTS), empty_body("_body-1"))
        return read_security(open_envelope(envelope))


@pytest.fixture
def attack(pki) -> Callable[[str], tuple[Attack, object]]:
    def begin(kind: str):
        suite, key_kind = SUITE[kind]
        key = pki.key("b", key_kind, "enc")
        policy = suite.encryption()
        message = encrypted(key, policy)
        return Attack(message, Key(key), pki, message.octets, dict(message.wire)), policy

    return begin


ROWS: list[tuple[str, str, object, bool, Callable[[Attack], None]]] = []


def row(name: str, suite: str, expected: object, *, key_used: bool):
    """One attack: what it is, on which suite, the error, and whether a private key may have been used by then."""

    def register(change: Callable[[Attack], None]) -> Callable[[Attack], None]:
        ROWS.append((name, suite, expected, key_used, change))
        return change

    return register


DIGEST = f'<ds:DigestMethod xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="{SHA256}"></ds:DigestMethod>'
MGF = f'<xenc11:MGF xmlns:xenc11="http://www.w3.org/2009/xmlenc11#" Algorithm="{MGF1_SHA256}"></xenc11:MGF>'
XENC = "http://www.w3.org/2001/04/xmlenc#"

# -- key transport ---------------------------------------------------------------------------------------------------


@row("RSA 1.5 key transport (Bleichenbacher)", RSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.swap(DIGEST + MGF, "")
    a.swap(RSA_OAEP, XENC + "rsa-1_5")
    a.rewrap(a.key.certificate.public_key.encrypt(bytes(16), padding.PKCS1v15()))


@row("RSA 1.5 ciphertext under the name of RSA-OAEP", RSA, FailedDecryption, key_used=True)
def _(a):
    a.rewrap(a.key.certificate.public_key.encrypt(bytes(16), padding.PKCS1v15()))


@row("OAEP digest other than the message says", RSA, FailedDecryption, key_used=True)
def _(a):
    a.oaep(hashes.SHA512(), hashes.SHA256())


@row("OAEP digest other than was agreed", RSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.oaep(hashes.SHA512(), hashes.SHA256())
    a.swap(DIGEST, DIGEST.replace(SHA256, SHA512))


@row("OAEP digest downgrade by leaving it out", RSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.oaep(hashes.SHA1(), hashes.SHA256())
    a.swap(DIGEST, "")


@row("OAEP digest downgrade by name", RSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.oaep(hashes.SHA1(), hashes.SHA256())
    a.swap(DIGEST, DIGEST.replace(SHA256, SHA1))


@row("MGF other than the message says", RSA, FailedDecryption, key_used=True)
def _(a):
    a.oaep(hashes.SHA256(), hashes.SHA512())


@row("MGF other than was agreed", RSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.oaep(hashes.SHA256(), hashes.SHA512())
    a.swap(MGF1_SHA256, MGF1_SHA512)


@row("MGF downgrade by leaving it out", RSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.oaep(hashes.SHA256(), hashes.SHA1())
    a.swap(MGF, "")


@row("MGF downgrade by name", RSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.oaep(hashes.SHA256(), hashes.SHA1())
    a.swap(MGF1_SHA256, MGF1_SHA1)


@row("MGF downgrade by rsa-oaep-mgf1p", RSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.oaep(hashes.SHA256(), hashes.SHA1())
    a.swap(MGF, "")
    a.swap(RSA_OAEP, RSA_OAEP_MGF1P)


@row("OAEP label in the ciphertext alone", RSA, FailedDecryption, key_used=True)
def _(a):
    a.oaep(hashes.SHA256(), hashes.SHA256(), b"label")


@row("OAEP label with OAEPparams", RSA, FailedDecryption, key_used=False)
def _(a):
    a.oaep(hashes.SHA256(), hashes.SHA256(), b"label")
    a.swap(DIGEST, "<xenc:OAEPparams>bGFiZWw=</xenc:OAEPparams>" + DIGEST)


@row("the method twice", RSA, FailedDecryption, key_used=False)
def _(a):
    a.swap(DIGEST, DIGEST + DIGEST)


@row("Manger's oracle: a wrapped key of a leading zero octet", RSA, FailedDecryption, key_used=True)
def _(a):
    # One of 256 wrapped keys begins so by itself.
    a.rewrap(b"\0" + bytes([a.wrapped[1] ^ 1]) + a.wrapped[2:])


@row("a wrapped key not below the modulus", RSA, FailedDecryption, key_used=True)
def _(a):
    a.rewrap(b"\xff" * len(a.wrapped))


@row("a wrapped key of no octets", RSA, FailedDecryption, key_used=True)
def _(a):
    a.rewrap(b"")


@row("EncryptedKey for another recipient, said so", RSA, FailedDecryption, key_used=True)
def _(a):
    other = encrypted(a.pki.key("a", use="enc"), EDELIVERY_1_15.encryption())
    a.octets, a.wire = other.octets, dict(other.wire)


@row("EncryptedKey for another recipient under our name", RSA, FailedDecryption, key_used=True)
def _(a):
    a.rewrap(encrypted(a.pki.key("a", use="enc"), EDELIVERY_1_15.encryption()).claim.encrypted_keys[0].cipher_value)


# -- content encryption ----------------------------------------------------------------------------------------------


@row("AES-128-CBC (character-pattern attack)", RSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.swap("http://www.w3.org/2009/xmlenc11#aes128-gcm", XENC + "aes128-cbc", 2)


@row("3DES-CBC", RSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.swap("http://www.w3.org/2009/xmlenc11#aes128-gcm", XENC + "tripledes-cbc", 2)


@row("one part in CBC beside one in GCM (backwards compatibility)", RSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.swap("http://www.w3.org/2009/xmlenc11#aes128-gcm", XENC + "aes128-cbc", 1)


@row("an algorithm padded with a space", RSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.swap("#aes128-gcm", "#aes128-gcm ", 2)


for _length in range(16):

    @row(f"GCM tag of {_length} octets", RSA, FailedDecryption, key_used=True)
    def _(a, length=_length):
        a.wire[P1] = a.wire[P1][: len(a.wire[P1]) - 16 + length]


for _length in (0, 8, 11, 13, 16):

    @row(f"GCM IV of {_length} octets", RSA, FailedDecryption, key_used=True)
    def _(a, length=_length):
        a.wire[P1] = (b"\0" * 4 + a.wire[P1][:12])[16 - length :] + a.wire[P1][12:]


@row("the ciphertext in base64", RSA, FailedDecryption, key_used=True)
def _(a):
    a.wire[P1] = base64.b64encode(a.wire[P1])


@row("the two parts exchanged", RSA, FailedAuthentication, key_used=True)
def _(a):
    a.wire = dict(zip(a.wire, reversed(a.wire.values()), strict=True))


# -- what is encrypted, and what is not ------------------------------------------------------------------------------


@row("EncryptedData swapped for plaintext, the claim left", RSA, FailedDecryption, key_used=True)
def _(a):
    a.wire[P1] = PARTS[P1]


@row("encryption taken away whole", RSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.octets, a.wire = b"", dict(PARTS)


@row("one part sent clear, its EncryptedData taken away", RSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.octets = re.sub(rb'<xenc:EncryptedData[^>]*Id="ED-u-1-1".*?</xenc:EncryptedData>', b"", a.octets)
    a.swap('<xenc:DataReference URI="#ED-u-1-1"></xenc:DataReference>', "")
    a.wire[P1] = PARTS[P1]


@row("eb:Messaging listed as encrypted", RSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.swap(
        '<xenc:DataReference URI="#ED-u-1-1">',
        '<xenc:DataReference URI="#_msg-1"></xenc:DataReference><xenc:DataReference URI="#ED-u-1-1">',
    )


@row("EncryptedData of an element, with its CipherValue", RSA, FailedDecryption, key_used=False)
def _(a):
    a.swap(
        'URI="#EK-u-1"></wsse:Reference></wsse:SecurityTokenReference></ds:KeyInfo><xenc:CipherData>',
        'URI="#EK-u-1"></wsse:Reference></wsse:SecurityTokenReference></ds:KeyInfo><xenc:CipherData><xenc:CipherValue>AAAA</xenc:CipherValue>',
    )


@row("EncryptedData of type Element", RSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.swap("http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1#Attachment-Content-Only", XENC + "Element")


@row("Attachment-Complete", RSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.swap("#Attachment-Content-Only", "#Attachment-Complete")


@row("nested EncryptedData", RSA, FailedDecryption, key_used=False)
def _(a):
    inner = re.search(rb"<xenc:EncryptedData.*?</xenc:EncryptedData>", a.octets)[0].replace(b"ED-u-1-1", b"ED-inner")
    a.octets = a.octets.replace(b"</xenc:EncryptedData>", inner + b"</xenc:EncryptedData>", 1)


@row("two EncryptedData for one part", RSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.swap("cid:p2@a.example", "cid:p1@a.example")


@row("EncryptedData for a part that no PartInfo names", RSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.swap("cid:p2@a.example", "cid:root@a.example")


for _uri in ("file:///etc/hostname", "/etc/hostname", "http://127.0.0.1:9/x", "cid", "CID:p1@a.example", "", "#_msg-1", "cid:"):

    @row(f"CipherReference to {_uri!r}", RSA, FailedDecryption, key_used=False)
    def _(a, uri=_uri):
        a.swap('URI="cid:p1@a.example"', f'URI="{uri}"')


@row("CipherReference with another transform", RSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.swap("#Attachment-Ciphertext-Transform", "#Attachment-Content-Signature-Transform")


@row("CipherReference with an XSLT beside the transform", RSA, FailedDecryption, key_used=False)
def _(a):
    a.swap(
        "</ds:Transform></xenc:Transforms>",
        '</ds:Transform><ds:Transform xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"></ds:Transform></xenc:Transforms>',
    )


@row("CipherReference without a transform", RSA, FailedDecryption, key_used=False)
def _(a):
    a.octets = re.sub(rb"<xenc:Transforms>.*?</xenc:Transforms>", b"", a.octets)


# -- cost ------------------------------------------------------------------------------------------------------------


def _key_element(a: Attack) -> str:
    return re.search(rb"<xenc:EncryptedKey.*?</xenc:EncryptedKey>", a.octets)[0].decode()


@row("two EncryptedKeys", RSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.swap("</xenc:EncryptedKey>", "</xenc:EncryptedKey>" + _key_element(a).replace("EK-u-1", "EK-other"))


@row("1000 EncryptedKeys", RSA, FailedAuthentication, key_used=False)
def _(a):
    element = '<xenc:EncryptedKey xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"></xenc:EncryptedKey>'
    a.swap("</xenc:EncryptedKey>", "</xenc:EncryptedKey>" + element * 1000)


@row("10,000 DataReferences", RSA, FailedDecryption, key_used=False)
def _(a):
    a.swap("<xenc:ReferenceList>", "<xenc:ReferenceList>" + '<xenc:DataReference URI="#a"></xenc:DataReference>' * 10_000)


@row("one DataReference twice", RSA, FailedDecryption, key_used=False)
def _(a):
    a.swap("<xenc:ReferenceList>", '<xenc:ReferenceList><xenc:DataReference URI="#ED-u-1-1"></xenc:DataReference>')


@row("an EncryptedKey that names itself", RSA, FailedDecryption, key_used=False)
def _(a):
    a.octets = re.sub(
        rb"(Algorithm=.{,90}rsa-oaep.*?<ds:KeyInfo[^>]*>).*?(</ds:KeyInfo>)",
        rb'\1<wsse:SecurityTokenReference xmlns:wsse="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"><wsse:Reference URI="#EK-u-1"></wsse:Reference></wsse:SecurityTokenReference>\2',
        a.octets,
        count=1,
    )
    assert a.octets != a.message.octets


@row("a KeyInfo that says RetrievalMethod", RSA, FailedDecryption, key_used=False)
def _(a):
    a.octets = re.sub(
        rb"(rsa-oaep.*?<ds:KeyInfo[^>]*>).*?(</ds:KeyInfo>)",
        rb'\1<ds:RetrievalMethod URI="http://127.0.0.1:9/"></ds:RetrievalMethod>\2',
        a.octets,
        count=1,
    )
    assert a.octets != a.message.octets


@row("data of a key that is not there", RSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.swap('<wsse:Reference URI="#EK-u-1">', '<wsse:Reference URI="#EK-u-2">')


@row("ReferenceList that lists the signature", RSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.swap("<xenc:ReferenceList>", '<xenc:ReferenceList><xenc:DataReference URI="#SIG-1"></xenc:DataReference>')


# -- key agreement ---------------------------------------------------------------------------------------------------


def _originator(a: Attack, octets: bytes) -> None:
    """Put other octets in place of the originator's key."""
    new, found = re.subn(
        rb"(<dsig11:(?:DEREncodedKeyValue[^>]*|PublicKey)>)[^<]*", lambda m: m[1] + base64.b64encode(octets), a.octets
    )
    assert found == 1
    a.octets = new


def _point(a: Attack) -> bytes:
    return base64.b64decode(re.search(rb"<dsig11:PublicKey>([^<]*)", a.octets)[1])


for _position in range(24):

    @row(f"key wrap corrupted at octet {_position}", EDDSA, FailedDecryption, key_used=True)
    def _(a, position=_position):
        value = bytearray(a.wrapped)
        value[position] ^= 0x40
        a.rewrap(bytes(value))


for _point_of_small_order in (
    "00" * 32,
    "01" + "00" * 31,
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
):

    @row(f"X25519 point of small order {_point_of_small_order[:6]}", EDDSA, FailedDecryption, key_used=True)
    def _(a, point=_point_of_small_order):
        _originator(a, bytes.fromhex("302a300506032b656e032100" + point))


@row("an Ed25519 key as originator", EDDSA, FailedDecryption, key_used=False)
def _(a):
    _originator(a, bytes.fromhex("302a300506032b6570032100") + b"\x58" + b"\x66" * 31)


@row("an originator that is no key", EDDSA, FailedDecryption, key_used=False)
def _(a):
    _originator(a, b"\x30\x03\x02\x01\x01")


@row("another originator", EDDSA, FailedDecryption, key_used=True)
def _(a):
    _originator(a, encrypted(a.key.key, EDELIVERY_2_EDDSA.encryption()).claim.encrypted_keys[0].agreement.originator.der)


@row("P-256 point off the curve", ECDSA, FailedDecryption, key_used=False)
def _(a):
    point = _point(a)
    _originator(a, point[:-1] + bytes([point[-1] ^ 1]))


@row("P-256 point at infinity", ECDSA, FailedDecryption, key_used=False)
def _(a):
    _originator(a, b"\0")


@row("P-256 point compressed", ECDSA, FailedDecryption, key_used=False)
def _(a):
    point = _point(a)
    _originator(a, bytes([2 + (point[-1] & 1)]) + point[1:33])


@row("a P-384 point for a P-256 key", ECDSA, FailedDecryption, key_used=True)
def _(a):
    numbers = ec.generate_private_key(ec.SECP384R1()).public_key().public_numbers()
    a.swap("urn:oid:1.2.840.10045.3.1.7", "urn:oid:1.3.132.0.34")
    _originator(a, b"\x04" + numbers.x.to_bytes(48, "big") + numbers.y.to_bytes(48, "big"))


@row("a curve that nobody agreed on", ECDSA, FailedDecryption, key_used=False)
def _(a):
    a.swap("urn:oid:1.2.840.10045.3.1.7", "urn:oid:1.3.132.0.10")


@row("explicit curve parameters", ECDSA, FailedDecryption, key_used=False)
def _(a):
    a.octets = re.sub(rb"<dsig11:NamedCurve[^>]*></dsig11:NamedCurve>", b"<dsig11:ECParameters></dsig11:ECParameters>", a.octets)


@row("wrong HKDF info", EDDSA, FailedDecryption, key_used=True)
def _(a):
    a.swap("</dsig-more:Salt>", "</dsig-more:Salt><dsig-more:Info>AAAA</dsig-more:Info>")


@row("wrong HKDF salt", EDDSA, FailedDecryption, key_used=True)
def _(a):
    a.octets = re.sub(rb"(<dsig-more:Salt>)[^<]*", rb"\1AAAA", a.octets)


@row("HKDF KeyLength in bits", EDDSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.swap("<dsig-more:KeyLength>16<", "<dsig-more:KeyLength>128<")


@row("HKDF KeyLength of another wrap", EDDSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.swap("<dsig-more:KeyLength>16<", "<dsig-more:KeyLength>32<")


@row("HKDF KeyLength below zero", EDDSA, FailedDecryption, key_used=False)
def _(a):
    a.swap("<dsig-more:KeyLength>16<", "<dsig-more:KeyLength>-16<")


@row("HKDF with SHA-1", EDDSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.swap("http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", "http://www.w3.org/2000/09/xmldsig#hmac-sha1")


@row("a password for a key derivation (PBKDF2)", EDDSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.swap("http://www.w3.org/2021/04/xmldsig-more#hkdf", "http://www.w3.org/2009/xmlenc11#pbkdf2")


@row("key wrap of 256 bits", EDDSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.swap(XENC + "kw-aes128", XENC + "kw-aes256")


@row("3DES key wrap", EDDSA, FailedDecryption, key_used=False)
def _(a):
    a.swap(XENC + "kw-aes128", XENC + "kw-tripledes")


@row("key agreement by finite-field Diffie-Hellman", EDDSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.swap("http://www.w3.org/2021/04/xmldsig-more#x25519", XENC + "dh")


@row("RSA-OAEP where key agreement was agreed", EDDSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.octets = encrypted(a.pki.key("b", use="enc"), EDELIVERY_1_15.encryption()).octets


@row("key agreement where RSA-OAEP was agreed", RSA, PolicyNoncompliance, key_used=False)
def _(a):
    a.octets = encrypted(a.pki.key("b", "x25519", "enc"), EDELIVERY_2_EDDSA.encryption()).octets


@row("ConcatKDF attributes with padding bits", BDEW, FailedDecryption, key_used=True)
def _(a):
    a.swap('AlgorithmID=""', 'AlgorithmID="0180"')


@row("ConcatKDF attributes that are no hexadecimal", BDEW, FailedDecryption, key_used=True)
def _(a):
    a.swap('AlgorithmID=""', 'AlgorithmID="00zz"')


@row("ConcatKDF attributes of another party", BDEW, FailedDecryption, key_used=True)
def _(a):
    a.swap('PartyUInfo=""', 'PartyUInfo="0041"')


@row("ConcatKDF with SHA-1", BDEW, PolicyNoncompliance, key_used=False)
def _(a):
    a.swap(f'<ds:DigestMethod Algorithm="{SHA256}"', f'<ds:DigestMethod Algorithm="{SHA1}"')


# -- the verdicts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "suite", "expected", "key_used", "change"), ROWS, ids=[f"{r[1]}: {r[0]}" for r in ROWS])
def test_attack(attack, monkeypatch, name, suite, expected, key_used, change):
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("a connection was opened"))
    attacked, policy = attack(suite)
    change(attacked)
    attacked.key.uses = 0
    with pytest.raises(EbmsError) as caught:
        open_parts(attacked.claim(), policy, [attacked.key], attacked.wire, attacked.message.references)
    assert caught.value.definition is expected, caught.value
    assert attacked.key.uses == int(key_used)


@pytest.mark.parametrize("suite", SUITE)
def test_without_an_attack_the_message_opens(attack, suite):
    attacked, policy = attack(suite)
    assert open_parts(attacked.claim(), policy, [attacked.key], attacked.wire, attacked.message.references) == PARTS


def test_the_catalogue_has_no_row_twice():
    names = [(name, suite) for name, suite, *_ in ROWS]
    assert len(set(names)) == len(names) >= 40


def test_a_message_encrypted_anew_for_somebody_else_is_still_what_was_signed_for_the_first(pki):
    """Surreptitious forwarding cannot be seen here: the digests hold. It is To, inside the signature, that the receiver compares with itself."""
    policy = EDELIVERY_1_15.encryption()
    first, third = pki.key("b", use="enc"), pki.key("a", use="enc")
    captured = encrypted(first, policy)
    opened = open_parts(captured.claim, policy, [first], captured.wire, captured.references)
    forwarded = encrypted(third, policy, opened)
    assert forwarded.references == captured.references
    assert open_parts(forwarded.claim, policy, [third], forwarded.wire, captured.references) == PARTS


def test_the_policy_decides_and_not_the_message(attack):
    attacked, policy = attack(RSA)
    with pytest.raises(EbmsError) as caught:
        open_parts(attacked.claim(), replace(policy, encrypt=False), [attacked.key], attacked.wire, attacked.message.references)
    assert caught.value.definition is PolicyNoncompliance
