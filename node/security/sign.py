"""Signing by templates whose octets are their own exclusive canonical form, so that the digest of what is written is the digest of what is signed."""

from binascii import b2a_base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from node.ebms.message import SignedReference, SignedTransform
from node.ebms.namespaces import DS, S11, S12, WSSE, WSSE11, WSU
from node.ebms.pmode import Signature
from node.ebms.xml import escape_attribute, escape_text
from node.security.algorithms import (
    ATTACHMENT_CONTENT_SIGNATURE,
    BASE64_BINARY,
    EXCLUSIVE_C14N,
    THUMBPRINT_SHA1,
    X509_PKIPATH_V1,
    X509_SUBJECT_KEY_IDENTIFIER,
    X509_V3,
    digest,
)
from node.security.certificates import Certificate, write_pkipath
from node.security.keys import SigningKey


@dataclass(frozen=True, slots=True)
class SignedParts:
    """What signing adds to wsse:Security (token and ds:Signature), and the references that a receipt must repeat."""

    octets: bytes = field(repr=False)
    references: tuple[SignedReference, ...]
    signed_info: bytes = field(repr=False)


# No template has white space, an empty-element tag or a namespace that its own element does not use; attributes stand in canonical order.
_DS: Final = f' xmlns:ds="{DS}"'
_TRANSFORM_END: Final = '"></ds:Transform></ds:Transforms><ds:DigestMethod Algorithm="'
_WHOLE: Final = (SignedTransform(EXCLUSIVE_C14N),)
_CONTENT: Final = (SignedTransform(ATTACHMENT_CONTENT_SIGNATURE),)
_SAFE_IN_CID: Final = "!$&'()*+,;=:@/?~"


def sign(
    messaging: bytes,
    messaging_id: str,
    body: bytes,
    body_id: str,
    attachments: Sequence[tuple[str, bytes]],
    policy: Signature,
    key: SigningKey,
    unique: str,
) -> SignedParts:
    """Sign eb:Messaging, the Body and every attachment, and nothing else.

    `messaging` and `body` are canonical octets that carry their ids; `attachments` are Content-IDs without `cid:` with the digests of their octets
    as signed. Raises KeyUseFailed.
    """
    method = policy.hash_function
    # spec: A 5.1.4, A 5.1.5
    references = (
        _reference("#" + body_id, _WHOLE, method, digest(method, body)),
        _reference("#" + messaging_id, _WHOLE, method, digest(method, messaging)),
        *[_reference("cid:" + quote(cid, safe=_SAFE_IN_CID), _CONTENT, method, value) for cid, value in attachments],
    )
    # spec: DS 4.4, and no InclusiveNamespaces: every stack understands that (Holodeck B2B issue 162)
    content = b"".join(
        [
            f'><ds:CanonicalizationMethod Algorithm="{EXCLUSIVE_C14N}"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="'
            f'{escape_attribute(policy.algorithm)}"></ds:SignatureMethod>'.encode(),
            # Inside SignedInfo the references need not declare the namespace again.
            *[b"<ds:Reference" + reference.octets[_REFERENCE_HEAD:] for reference in references],
            b"</ds:SignedInfo>",
        ]
    )
    signed_info = f"<ds:SignedInfo{_DS}".encode() + content
    value = b2a_base64(key.sign(policy.algorithm, signed_info), newline=False)
    mark = escape_attribute(unique).encode()
    token, key_info = key_info_template(policy.key_identifier, key.certificate, key.chain)
    octets = b"".join(
        [
            mark.join(token),
            f'<ds:Signature{_DS} Id="SIG-'.encode() + mark + b'"><ds:SignedInfo',
            content,
            b"<ds:SignatureValue>" + value + b"</ds:SignatureValue>",
            mark.join(key_info),
            b"</ds:Signature>",
        ]
    )
    return SignedParts(octets, references, signed_info)


def security_header(children: Sequence[bytes], soap_version: str = "1.2") -> bytes:
    """The wsse:Security block around its children: encryption elements first, then `SignedParts.octets` (the last operation stands first)."""
    # spec: SMS 5
    if soap_version == "1.2":
        head = f'<wsse:Security xmlns:S12="{S12}" xmlns:wsse="{WSSE}" S12:mustUnderstand="true">'
    else:
        head = f'<wsse:Security xmlns:S11="{S11}" xmlns:wsse="{WSSE}" S11:mustUnderstand="1">'
    return b"".join([head.encode(), *children, b"</wsse:Security>"])


_REFERENCE_HEAD: Final = len("<ds:Reference" + _DS)


def _reference(uri: str, transforms: tuple[SignedTransform, ...], method: str, value: bytes) -> SignedReference:
    octets = (
        f'<ds:Reference{_DS} URI="{escape_attribute(uri)}"><ds:Transforms><ds:Transform Algorithm="{transforms[0].algorithm}{_TRANSFORM_END}'
        f'{method}"></ds:DigestMethod><ds:DigestValue>{b2a_base64(value, newline=False).decode()}</ds:DigestValue></ds:Reference>'
    )
    return SignedReference(uri, method, value, transforms, octets.encode())


@lru_cache(maxsize=64)
def key_info_template(
    kind: str, certificate: Certificate, chain: tuple[Certificate, ...]
) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """The token and the ds:KeyInfo of a key, each as pieces to be joined by the message's unique mark.

    Raises ValueError for a kind that x.Signature.KeyIdentifier does not know.
    """
    token = ""
    if kind == "bst":
        token, reference = _token(X509_V3, certificate.der), _token_reference(X509_V3)
    elif kind == "bst-pkipath":
        token, reference = (_token(X509_PKIPATH_V1, write_pkipath(chain)), _token_reference(X509_PKIPATH_V1))
    else:
        reference = security_token_reference(kind, certificate)
    key_info = f"<ds:KeyInfo>{reference}</ds:KeyInfo>"
    return tuple(token.encode().split(_MARK)), tuple(key_info.encode().split(_MARK))


_MARK: Final = b"\x00"


def _token(value_type: str, octets: bytes) -> str:
    # spec: X509 3.1
    return (
        f'<wsse:BinarySecurityToken xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}" EncodingType="{BASE64_BINARY}" ValueType="{value_type}"'
        f' wsu:Id="X509-\x00">{b2a_base64(octets, newline=False).decode()}</wsse:BinarySecurityToken>'
    )


def _token_reference(value_type: str) -> str:
    # spec: BSP 1.1 R5215, WSS4J refuses a PKIPath reference without TokenType
    kind = f' xmlns:wsse11="{WSSE11}" wsse11:TokenType="{value_type}"' if value_type == X509_PKIPATH_V1 else ""
    return (
        f'<wsse:SecurityTokenReference xmlns:wsse="{WSSE}"{kind}>'
        f'<wsse:Reference URI="#X509-\x00" ValueType="{value_type}"></wsse:Reference></wsse:SecurityTokenReference>'
    )


def security_token_reference(kind: str, certificate: Certificate) -> str:
    """A wsse:SecurityTokenReference that names a certificate without carrying it, to stand inside ds:KeyInfo.

    `kind` is issuer-serial, ski or thumbprint. Raises ValueError.
    """
    if kind == "issuer-serial":
        # spec: X509 3.2.3
        inner = (
            f"<ds:X509Data><ds:X509IssuerSerial><ds:X509IssuerName>{escape_text(certificate.issuer)}</ds:X509IssuerName>"
            f"<ds:X509SerialNumber>{certificate.serial}</ds:X509SerialNumber></ds:X509IssuerSerial></ds:X509Data>"
        )
    elif kind == "ski":
        inner = _key_identifier(X509_SUBJECT_KEY_IDENTIFIER, certificate.ski)
    elif kind == "thumbprint":
        inner = _key_identifier(THUMBPRINT_SHA1, certificate.sha1)
    else:
        raise ValueError(f"unknown key identifier {kind!r}")
    return f'<wsse:SecurityTokenReference xmlns:wsse="{WSSE}">{inner}</wsse:SecurityTokenReference>'


def _key_identifier(value_type: str, octets: bytes) -> str:
    # spec: X509 3.2.1, SMS 7.3
    return (
        f'<wsse:KeyIdentifier EncodingType="{BASE64_BINARY}" ValueType="{value_type}">'
        f"{b2a_base64(octets, newline=False).decode()}</wsse:KeyIdentifier>"
    )
