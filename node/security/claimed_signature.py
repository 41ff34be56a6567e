"""What the signature part of wsse:Security says: one ds:Signature of the one shape that AS4 needs, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from node.ebms.c14n import canonicalize
from node.ebms.errors import EbmsError, PolicyNoncompliance
from node.ebms.message import SignedReference, SignedTransform
from node.ebms.namespaces import DS, EC
from node.security.algorithms import ATTACHMENT_CONTENT_SIGNATURE, EXCLUSIVE_C14N
from node.security.certificates import KeyReference
from node.security.elements import (
    Element,
    ShapeRefused,
    algorithm,
    attribute,
    base64,
    children,
    exactly,
    local,
    only_attributes,
    same_document,
)
from node.security.key_info import Tokens, read_key_info

#: eb:Messaging, the Body and 30 parts (JDK secure validation stops at 30; see x.Payload for what we send).
MAX_REFERENCES: Final = 32
MAX_PREFIXES: Final = 32

SIGNATURE: Final = f"{{{DS}}}Signature"
_SIGNED_INFO: Final = f"{{{DS}}}SignedInfo"
_SIGNATURE_VALUE: Final = f"{{{DS}}}SignatureValue"
_KEY_INFO: Final = f"{{{DS}}}KeyInfo"
_C14N_METHOD: Final = f"{{{DS}}}CanonicalizationMethod"
_SIGNATURE_METHOD: Final = f"{{{DS}}}SignatureMethod"
_REFERENCE: Final = f"{{{DS}}}Reference"
_TRANSFORMS: Final = f"{{{DS}}}Transforms"
_TRANSFORM: Final = f"{{{DS}}}Transform"
_DIGEST_METHOD: Final = f"{{{DS}}}DigestMethod"
_DIGEST_VALUE: Final = f"{{{DS}}}DigestValue"
_INCLUSIVE_NAMESPACES: Final = f"{{{EC}}}InclusiveNamespaces"
_CONTENT: Final = (SignedTransform(ATTACHMENT_CONTENT_SIGNATURE),)
_WHOLE: Final = (SignedTransform(EXCLUSIVE_C14N),)


@dataclass(frozen=True, slots=True)
class ReferenceClaim:
    """A ds:Reference and what it points at.

    `target` is `messaging`, `body`, `timestamp` or `other` for a `#id` (found by position), `attachment` for a `cid:`, whose decoded Content-ID is
    `content_id`.
    """

    reference: SignedReference
    target: str
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class SignatureClaim:
    """A ds:Signature: `signed_info` is the canonical SignedInfo, the octets whose `value` under `algorithm` is claimed."""

    algorithm: str
    signed_info: bytes = field(repr=False)
    value: bytes = field(repr=False)
    signer: KeyReference
    references: tuple[ReferenceClaim, ...]


def read_signature(signature: Element, tokens: Tokens, targets: Mapping[str, str]) -> SignatureClaim:
    """The one shape: SignedInfo, SignatureValue, KeyInfo. `targets` says what each id of the message stands for, by position.

    Raises ShapeRefused; EbmsError PolicyNoncompliance for canonicalizations and transforms that are not allowed.
    """
    only_attributes(signature, "Id")
    signed_info, value, key_info = exactly(signature, _SIGNED_INFO, _SIGNATURE_VALUE, _KEY_INFO)
    only_attributes(signed_info, "Id")
    only_attributes(value, "Id")
    found = children(signed_info)
    tags = [child.tag for child in found]
    count = len(found) - 2
    if tags[:2] != [_C14N_METHOD, _SIGNATURE_METHOD] or tags[2:] != [_REFERENCE] * count:
        raise ShapeRefused(f"SignedInfo: its children are {[local(child) for child in found[:10]]}")
    if not 1 <= count <= MAX_REFERENCES:
        raise ShapeRefused(f"SignedInfo: {count} references, not 1 to {MAX_REFERENCES}")
    prefixes = _canonicalization(found[0])
    # HMACOutputLength and RSA-PSS parameters would stand inside.
    exactly(found[1])
    method = algorithm(found[1])
    octets = canonicalize(signed_info, prefixes)
    written = _split_references(octets, count, prefixes) or [canonicalize(reference) for reference in found[2:]]
    references = tuple([_read_reference(one, targets, text) for one, text in zip(found[2:], written, strict=True)])
    if len({one.reference.uri for one in references}) != count:
        raise ShapeRefused("SignedInfo: two references with one URI")
    return SignatureClaim(method, octets, base64(value), read_key_info(key_info, tokens), references)


def _canonicalization(method: Element) -> tuple[str, ...]:
    """The PrefixList of an exclusive canonicalization without comments; no other is allowed."""
    uri = algorithm(method)
    if uri != EXCLUSIVE_C14N:
        raise EbmsError(PolicyNoncompliance, f"{local(method)}: {uri!r} is not allowed")
    if len(method) == 0:
        exactly(method)
        return ()
    (inclusive,) = exactly(method, _INCLUSIVE_NAMESPACES)
    exactly(inclusive)
    only_attributes(inclusive, "PrefixList")
    prefixes = tuple(attribute(inclusive, "PrefixList").split())
    if len(prefixes) > MAX_PREFIXES:
        raise ShapeRefused(f"InclusiveNamespaces: {len(prefixes)} prefixes, more than {MAX_PREFIXES}")
    return prefixes


def _read_reference(reference: Element, targets: Mapping[str, str], octets: bytes) -> ReferenceClaim:
    only_attributes(reference, "URI", "Id")
    uri = attribute(reference, "URI")
    transforms, digest_method, digest_value = exactly(reference, _TRANSFORMS, _DIGEST_METHOD, _DIGEST_VALUE)
    exactly(digest_method)
    only_attributes(transforms)
    only_attributes(digest_value)
    # One list of transforms for each kind of reference, and each has one entry.
    (transform,) = exactly(transforms, _TRANSFORM)
    if uri[:4] == "cid:":
        exactly(transform)
        if (name := algorithm(transform)) != ATTACHMENT_CONTENT_SIGNATURE:
            raise EbmsError(PolicyNoncompliance, f"Reference {uri[:80]!r}: transform {name!r} is not allowed")
        claimed = SignedReference(uri, algorithm(digest_method), base64(digest_value), _CONTENT, octets)
        return ReferenceClaim(claimed, "attachment", content_id(uri))
    target = targets.get(same_document(uri, "Reference"), "other")
    prefixes = _canonicalization(transform)
    whole = (SignedTransform(EXCLUSIVE_C14N, prefixes),) if prefixes else _WHOLE
    return ReferenceClaim(SignedReference(uri, algorithm(digest_method), base64(digest_value), whole, octets), target)


def content_id(uri: str) -> str:
    """The Content-ID that a `cid:` URL names (RFC 2392 2). Raises ShapeRefused."""
    try:
        name = unquote(uri[4:], errors="strict")
    except UnicodeDecodeError:
        name = ""
    if not name:
        raise ShapeRefused(f"URI {uri[:80]!r} names no Content-ID")
    return name


def _split_references(signed_info: bytes, count: int, prefixes: tuple[str, ...]) -> list[bytes] | None:
    """The references in canonical form each on its own, cut out of the canonical SignedInfo; None where a cut would not be exactly that.

    On its own a ds:Reference declares the prefix of ds and, besides, whatever its descendants declare themselves. So a cut is exact when SignedInfo
    declares ds once, with the prefix that the reference has, does not declare the namespace of InclusiveNamespaces, and no prefix of its
    PrefixList is declared further down.
    """
    head = signed_info[: signed_info.index(b">")]
    for prefix in prefixes:
        if (b" xmlns=" if prefix == "#default" else b" xmlns:%b=" % prefix.encode()) in signed_info[len(head) :]:
            return None
    name, _, declared = head.partition(b" ")
    ds = name[1 : -len(b"SignedInfo")]
    declaration = b' xmlns:%b="%b"' % (ds[:-1], _DS_OCTETS) if ds else b' xmlns="%b"' % _DS_OCTETS
    if declared.count(_DS_OCTETS) != 1 or declaration not in b" " + declared or _EC_OCTETS in declared:
        return None
    start, end = b"<%bReference " % ds, b"</%bReference>" % ds
    pieces = signed_info.split(end)
    if len(pieces) != count + 1:
        return None
    found = []
    for piece in pieces[:-1]:
        at = piece.rfind(start)
        if at < 0:
            return None
        found.append(b"%b%b%b%b" % (start[:-1], declaration, piece[at + len(start) - 1 :], end))
    return found


_DS_OCTETS: Final = DS.encode()
_EC_OCTETS: Final = EC.encode()
