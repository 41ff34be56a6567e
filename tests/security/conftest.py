"""The test PKI, a signed message of each suite, and a signer by hand for everything that our own signer would never write."""

import hashlib
import importlib.util
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from node.ebms.c14n import canonicalize
from node.ebms.envelope import open_envelope, write_envelope
from node.ebms.namespaces import DS, EB, S12, WSSE, WSU
from node.ebms.pmode import Signature
from node.ebms.xml import parse_xml
from node.security.algorithms import (
    ATTACHMENT_CONTENT_SIGNATURE,
    BASE64_BINARY,
    EXCLUSIVE_C14N,
    RSA_SHA256,
    SHA256,
    SIGNATURES,
    X509_V3,
)
from node.security.certificates import Certificate
from node.security.claim import read_security
from node.security.keys import SoftwareKey
from node.security.sign import SignedParts, security_header, sign
from node.security.suites import BDEW_1_1, EDELIVERY_1_15, EDELIVERY_2_ECDSA, EDELIVERY_2_EDDSA
from node.security.verify import Proof, verify_signature

SUITE_OF = {
    "rsa2048": EDELIVERY_1_15,
    "rsa3072": EDELIVERY_1_15,
    "ed25519": EDELIVERY_2_EDDSA,
    "p256": EDELIVERY_2_ECDSA,
    "brainpool": BDEW_1_1,
}
BODY = f'<S12:Body xmlns:S12="{S12}" xmlns:wsu="{WSU}" wsu:Id="_body-1"></S12:Body>'.encode()
PART = ("p1.5f0e@node-a.example", b"\x1f\x8b a compressed payload")


def messaging_octets(content_ids: Sequence[str], action: str = "Submit") -> bytes:
    """A valid eb:Messaging in canonical form."""
    parts = "".join(f'<eb:PartInfo href="cid:{name}"></eb:PartInfo>' for name in content_ids)
    payload = f"<eb:PayloadInfo>{parts}</eb:PayloadInfo>" if parts else ""
    return (
        f'<eb:Messaging xmlns:S12="{S12}" xmlns:eb="{EB}" xmlns:wsu="{WSU}" wsu:Id="_msg-1" S12:mustUnderstand="true"><eb:UserMessage>'
        "<eb:MessageInfo><eb:Timestamp>2026-11-24T00:00:00Z</eb:Timestamp><eb:MessageId>m1@node-a.example</eb:MessageId></eb:MessageInfo>"
        "<eb:PartyInfo><eb:From><eb:PartyId>a</eb:PartyId><eb:Role>r</eb:Role></eb:From>"
        "<eb:To><eb:PartyId>b</eb:PartyId><eb:Role>r</eb:Role></eb:To></eb:PartyInfo>"
        f"<eb:CollaborationInfo><eb:Service>urn:customs</eb:Service><eb:Action>{action}</eb:Action>"
        f"<eb:ConversationId>c1</eb:ConversationId></eb:CollaborationInfo>{payload}</eb:UserMessage></eb:Messaging>"
    ).encode()


@dataclass(frozen=True)
class Message:
    """A signed message and what is needed to judge it."""

    envelope: bytes
    messaging: bytes
    body: bytes
    attachments: dict[str, bytes]
    policy: Signature
    key: SoftwareKey
    parts: SignedParts | None = None

    def judge(self, envelope: bytes | None = None, **other: Any) -> Proof:
        """The receiving side's verdict on these or other octets."""
        return judge(
            self.envelope if envelope is None else envelope,
            other.get("policy", self.policy),
            other.get("accepted", [self.key.certificate]),
            other.get("content_ids", list(self.attachments)),
            other.get("also_allowed", frozenset()),
        )


def judge(
    envelope: bytes,
    policy: Signature,
    accepted: Sequence[Certificate],
    content_ids: Sequence[str],
    also_allowed: frozenset[str] = frozenset(),
) -> Proof:
    """What receiving does with the root part."""
    return verify_signature(read_security(open_envelope(envelope)), policy, accepted, content_ids, also_allowed)


class ByHand:
    """Writes any ds:Signature, right or wrong, and signs it truly: what an attacker who holds a key can write."""

    def __init__(self, key: SoftwareKey, stranger: SoftwareKey) -> None:
        self.key = key
        self.stranger = stranger
        self.messaging = messaging_octets([PART[0]])
        self.body = BODY

    def reference(
        self,
        uri: str | None,
        octets: bytes = b"",
        *,
        transforms: str | None = None,
        method: str = SHA256,
        digest: bytes | None = None,
        attributes: str = "",
    ) -> str:
        """One ds:Reference; the transforms are those of its kind unless given."""
        if transforms is None:
            name = ATTACHMENT_CONTENT_SIGNATURE if (uri or "").startswith("cid:") else EXCLUSIVE_C14N
            transforms = f'<ds:Transforms><ds:Transform Algorithm="{name}"></ds:Transform></ds:Transforms>'
        value = b64encode(hashlib.sha256(octets).digest() if digest is None else digest).decode()
        where = "" if uri is None else f' URI="{uri}"'
        return (
            f'<ds:Reference{attributes}{where}>{transforms}<ds:DigestMethod Algorithm="{method}"></ds:DigestMethod>'
            f"<ds:DigestValue>{value}</ds:DigestValue></ds:Reference>"
        )

    def body_reference(self, **other: Any) -> str:
        return self.reference("#_body-1", self.body, **other)

    def messaging_reference(self, **other: Any) -> str:
        return self.reference("#_msg-1", self.messaging, **other)

    def part_reference(self, **other: Any) -> str:
        return self.reference(f"cid:{PART[0]}", PART[1], **other)

    def references(self) -> list[str]:
        """The three that a true message has."""
        return [self.body_reference(), self.messaging_reference(), self.part_reference()]

    def signed_info(
        self,
        references: Sequence[str] | None = None,
        *,
        method: str = RSA_SHA256,
        c14n: str = EXCLUSIVE_C14N,
        c14n_content: str = "",
        method_content: str = "",
    ) -> str:
        chosen = self.references() if references is None else references
        return (
            f'<ds:SignedInfo xmlns:ds="{DS}"><ds:CanonicalizationMethod Algorithm="{c14n}">{c14n_content}</ds:CanonicalizationMethod>'
            f'<ds:SignatureMethod Algorithm="{method}">{method_content}</ds:SignatureMethod>{"".join(chosen)}</ds:SignedInfo>'
        )

    def value(self, signed_info: str, *, algorithm: str = RSA_SHA256, prefixes: Sequence[str] = ()) -> str:
        octets = canonicalize(parse_xml(signed_info.encode()), prefixes)
        return b64encode(SIGNATURES[algorithm].sign(self.key.private_key, octets)).decode()

    def token(self, certificate: Certificate | None = None, name: str = "X509-1", value_type: str = X509_V3) -> str:
        der = (certificate or self.key.certificate).der
        return (
            f'<wsse:BinarySecurityToken xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}" EncodingType="{BASE64_BINARY}" ValueType="{value_type}"'
            f' wsu:Id="{name}">{b64encode(der).decode()}</wsse:BinarySecurityToken>'
        )

    def key_info(self, inner: str | None = None) -> str:
        chosen = f'<wsse:Reference URI="#X509-1" ValueType="{X509_V3}"/>' if inner is None else inner
        return f'<ds:KeyInfo><wsse:SecurityTokenReference xmlns:wsse="{WSSE}">{chosen}</wsse:SecurityTokenReference></ds:KeyInfo>'

    def signature(
        self,
        signed_info: str | None = None,
        *,
        value: str | None = None,
        key_info: str | None = None,
        tail: str = "",
        prefixes: Sequence[str] = (),
    ) -> str:
        info = self.signed_info() if signed_info is None else signed_info
        made = self.value(info, prefixes=prefixes) if value is None else value
        return (
            f'<ds:Signature xmlns:ds="{DS}" Id="SIG-1">{info}<ds:SignatureValue>{made}</ds:SignatureValue>'
            f"{self.key_info() if key_info is None else key_info}{tail}</ds:Signature>"
        )

    def envelope(self, *children: str, messaging: bytes | None = None, body: bytes | None = None) -> bytes:
        """wsse:Security with these children; the token and a true signature unless given."""
        inside = children or (self.token(), self.signature())
        return write_envelope(
            security_header([child.encode() for child in inside]), messaging or self.messaging, body or self.body
        )

    def judge(self, envelope: bytes, **other: Any) -> Proof:
        return judge(
            envelope,
            other.get("policy", EDELIVERY_1_15.signature()),
            other.get("accepted", [self.key.certificate]),
            other.get("content_ids", [PART[0]]),
            other.get("also_allowed", frozenset()),
        )


def load_pki_maker() -> Any:
    """tests/pki.py as a module; tests are not a package."""
    spec = importlib.util.spec_from_file_location("n2n_tests_pki", Path(__file__).parents[1] / "pki.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def pki() -> Any:
    """`pki.key("a", "rsa2048")` and its like; see tests/pki.py."""
    return load_pki_maker().make_pki()


@pytest.fixture(scope="session")
def by_hand(pki: Any) -> ByHand:
    """The signer by hand with the RSA key of `a`."""
    return ByHand(pki.key("a"), pki.key("stranger"))


@pytest.fixture(scope="session")
def message(pki: Any) -> Callable[..., Message]:
    """`message("ed25519", key_identifier="ski", attachments={...})` is a message signed by our own signer."""

    def make(
        kind: str = "rsa2048",
        key_identifier: str = "bst",
        attachments: dict[str, bytes] | None = None,
        party: str = "a",
        soap_version: str = "1.2",
    ) -> Message:
        held = dict([PART]) if attachments is None else attachments
        messaging, body = messaging_octets(list(held)), BODY
        key, policy = pki.key(party, kind), SUITE_OF[kind].signature(key_identifier=key_identifier)
        digests = [(name, hashlib.sha256(octets).digest()) for name, octets in held.items()]
        parts = sign(messaging, "_msg-1", body, "_body-1", digests, policy, key, "1")
        envelope = write_envelope(security_header([parts.octets]), messaging, body)
        return Message(envelope, messaging, body, held, policy, key, parts)

    return make
