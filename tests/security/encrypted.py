"""An encrypted message of each suite, without its envelope: for the tests of encryption and decryption."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from node.ebms.message import SignedReference
from node.ebms.namespaces import EB, S12, WSSE, WSU
from node.ebms.pmode import Encryption
from node.security.algorithms import SHA256
from node.security.attachments import AttachmentIn, AttachmentOut
from node.security.claim import Claim
from node.security.claimed_encryption import ENCRYPTED_DATA, ENCRYPTED_KEY, read_encrypted_data, read_encrypted_key
from node.security.decrypt import unwrap_keys
from node.security.encrypt import encrypt_to
from node.security.key_info import TOKEN
from node.security.keys import DecryptionKey, SoftwareKey
from node.security.suites import BDEW_1_1, EDELIVERY_1_15, EDELIVERY_2_ECDSA, EDELIVERY_2_EDDSA, Suite

#: Each suite with a kind of key (see tests/pki.py) that its encryption certificates have.
SUITES = [
    (EDELIVERY_1_15, "rsa2048"),
    (EDELIVERY_1_15, "rsa3072"),
    (EDELIVERY_2_EDDSA, "x25519"),
    (EDELIVERY_2_ECDSA, "p256"),
    (EDELIVERY_2_ECDSA, "p384"),
    (EDELIVERY_2_ECDSA, "brainpool"),
    (BDEW_1_1, "brainpool"),
]
PARTS = {"p1@a.example": b"first payload", "p2@a.example": b"second payload" * 9000}
REFERENCE_KINDS = ["ski", "bst", "issuer-serial", "thumbprint", "x509ski"]


@dataclass(frozen=True)
class Message:
    """What encryption writes into wsse:Security, the MIME parts, and what `verify_signature` would know of them."""

    octets: bytes
    wire: Mapping[str, bytes]
    references: Mapping[str, SignedReference]

    @property
    def claim(self) -> Claim:
        return read(self.octets)


def encrypted(
    key: SoftwareKey, policy: Encryption, parts: Mapping[str, bytes] = PARTS, media_type: str = "application/gzip"
) -> Message:
    """The parts encrypted to the holder of a key."""
    made = encrypt_to(key.certificate, policy, [(cid, media_type) for cid in parts], "u-1")
    wire = {}
    for cid, octets in parts.items():
        out = AttachmentOut(made.content_keys[cid], SHA256, media_type)
        wire[cid] = bytes(out.feed(octets)) + out.finish()
    references = {cid: SignedReference(f"cid:{cid}", SHA256, hashlib.sha256(octets).digest()) for cid, octets in parts.items()}
    return Message(made.octets, wire, references)


def message_for(suite: Suite, key: SoftwareKey, key_identifier: str | None = None) -> tuple[Encryption, Message]:
    """A policy of the suite, and `PARTS` encrypted under it."""
    policy = suite.encryption(key_identifier=key_identifier)
    return policy, encrypted(key, policy)


def security_element(octets: bytes) -> etree._Element:
    """The octets as children of a wsse:Security."""
    return etree.fromstring(b'<wsse:Security xmlns:wsse="%s">%s</wsse:Security>' % (WSSE.encode(), octets))


def messaging_for(content_ids: Iterable[str]) -> bytes:
    """A valid eb:Messaging, canonical as written, whose PartInfos name these attachments."""
    parts = "".join(f'<eb:PartInfo href="cid:{cid}"></eb:PartInfo>' for cid in content_ids)
    return (
        f'<eb:Messaging xmlns:S12="{S12}" xmlns:eb="{EB}" xmlns:wsu="{WSU}" wsu:Id="_msg-1" S12:mustUnderstand="true"><eb:UserMessage>'
        "<eb:MessageInfo><eb:Timestamp>2026-11-24T00:00:00Z</eb:Timestamp><eb:MessageId>m1@a.example</eb:MessageId></eb:MessageInfo>"
        '<eb:PartyInfo><eb:From><eb:PartyId type="urn:t">a</eb:PartyId><eb:Role>r</eb:Role></eb:From>'
        '<eb:To><eb:PartyId type="urn:t">b</eb:PartyId><eb:Role>r</eb:Role></eb:To></eb:PartyInfo><eb:CollaborationInfo>'
        "<eb:Service>urn:s</eb:Service><eb:Action>a</eb:Action><eb:ConversationId>c</eb:ConversationId></eb:CollaborationInfo>"
        f"<eb:PayloadInfo>{parts}</eb:PayloadInfo></eb:UserMessage></eb:Messaging>"
    ).encode()


def read(octets: bytes) -> Claim:
    """What the encryption elements say."""
    return read_element(security_element(octets))


def read_element(security: etree._Element) -> Claim:
    """What the encryption elements of a wsse:Security say."""
    tokens = {token.get(f"{{{WSU}}}Id"): token for token in security.iter(TOKEN)}
    return Claim(
        messaging=b"",
        body=b"",
        body_is_empty=True,
        encrypted_keys=tuple(read_encrypted_key(one, tokens) for one in security.iterchildren(ENCRYPTED_KEY)),
        encrypted_data=tuple(read_encrypted_data(one) for one in security.iterchildren(ENCRYPTED_DATA)),
    )


def open_parts(
    claim: Claim,
    policy: Encryption,
    keys: Sequence[DecryptionKey],
    wire: Mapping[str, bytes],
    references: Mapping[str, SignedReference],
    also_allowed: frozenset[str] = frozenset(),
) -> dict[str, bytes]:
    """Every part unwrapped, decrypted and proven, as the receiving story does it."""
    content_keys = unwrap_keys(claim, policy, keys, tuple(references), also_allowed)
    opened = {}
    for cid, octets in wire.items():
        key = content_keys[cid]
        part = AttachmentIn(key, references[cid], key.media_type)
        opened[cid] = bytes(part.feed(octets)) + part.finish()
    return opened
