"""What is added to a seal later: a time-stamp (B-T), and what its certificates rest on (B-LT). The signed octets stay. Source: DESIGN 6."""

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, Final
from xml.parsers import expat

from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from node.customs.partners import Partners
from node.customs.seal.algorithms import INCLUSIVE, XADES
from node.customs.seal.canonical import NotCanonical, canonical, part_limits, start_tag, stream
from node.customs.seal.claim import MOST_VALUES, SealClaim, read_seal
from node.customs.seal.document import skeleton
from node.customs.seal.making import SealImpossible
from node.customs.seal.memory import Memory
from node.customs.seal.ports import TimestampAuthority
from node.customs.seal.status import trusted_path
from node.customs.seal.token import Token, read_token, token_of
from node.ebms.namespaces import DS
from node.ebms.xml import Element, XmlRefused
from node.security.algorithms import digest
from node.security.certificates import Certificate, CertificateRefused
from node.security.der import DerRefused
from node.security.elements import ShapeRefused
from node.security.path import Untrusted
from node.security.revocation import RevocationList


def add_timestamp(octets: bytes, authority: TimestampAuthority, most: int = MOST_VALUES) -> bytes:
    """The document with a SignatureTimeStamp more; its seal has so many references at most. Raises SealImpossible, and what the authority raises."""
    return _extended(octets, lambda claim: stamp_element(claim, authority), most)


def add_values(octets: bytes, partners: Partners, country: str, now: datetime, most: int = MOST_VALUES) -> bytes:
    """The document with the certificates and revocation lists by which its time-stamped seal can be judged for ever.

    Raises SealImpossible where a path, or the list of an authority on it, is missing among the partners.
    """
    return _extended(octets, lambda claim: values_elements(claim, partners, country, now), most)


def stamp_element(claim: SealClaim, authority: TimestampAuthority) -> str:
    """The SignatureTimeStamp of a claim. Raises SealImpossible."""
    value = claim.signature.find(f"{{{DS}}}SignatureValue")
    assert value is not None
    octets = token_over(canonical(value, exclusive=False), authority)
    return (
        f'<xades:SignatureTimeStamp xmlns:xades="{XADES}" xmlns:ds="{DS}"><ds:CanonicalizationMethod Algorithm="{INCLUSIVE}"/>'
        f"<xades:EncapsulatedTimeStamp>{b64encode(octets).decode()}</xades:EncapsulatedTimeStamp></xades:SignatureTimeStamp>"
    )


def token_over(stamped: bytes, authority: TimestampAuthority) -> bytes:
    """A TimeStampToken over octets. Raises SealImpossible, and what the authority raises."""
    request = TimestampRequestBuilder().data(stamped).hash_algorithm(HashAlgorithm.SHA256).nonce(nonce=True)
    asked = request.cert_request(cert_request=True).build()
    try:
        octets = token_of(authority.stamp(asked.as_bytes()))
        _check_answer(read_token(octets), asked.nonce, stamped)
    except (DerRefused, CertificateRefused) as problem:
        raise SealImpossible(f"the answer of the time-stamp authority: {problem}") from None
    return octets


def _check_answer(token: Token, nonce: int | None, stamped: bytes) -> None:
    """The answer is to this request and holds together; whether the authority is to be believed is the judge's affair."""
    if token.imprint != ("sha256", hashlib.sha256(stamped).digest()):
        raise DerRefused("it stamps something else")
    if token.nonce != nonce:
        raise DerRefused("it has another nonce")
    signer = next((one for one in map(Certificate, token.certificates) if token.is_signed_by(one)), None)
    if signer is None:
        raise DerRefused("it lacks the certificate of its signer")
    token.check(signer)


# -- B-LT ------------------------------------------------------------------------------------------------------------


def values_elements(claim: SealClaim, partners: Partners, country: str, now: datetime) -> str:
    """CertificateValues and RevocationValues of a claim. Raises SealImpossible."""
    if claim.unsigned.certificates or claim.unsigned.crls or claim.unsigned.ocsps:
        raise SealImpossible("the seal has certificate or revocation values already")
    stamps = [one for one in claim.unsigned.stamps if not one.archive]
    if not stamps:
        raise SealImpossible("the seal has no time-stamp: add one first")
    memory = Memory()
    memory.remember(partners)
    sources = [one for one in memory.sources([], [])[0] if isinstance(one, RevocationList)]
    try:
        paths = [_signer_path(claim, partners, country, now, memory)]
        paths += [_stamp_path(read_token(one.token), partners, memory) for one in stamps]
    except (Untrusted, CertificateRefused, DerRefused) as problem:
        raise SealImpossible(str(problem)) from None
    lists: dict[bytes, None] = {}
    for certificate, issuer in (pair for path in paths for pair in pairwise(path)):
        found = [one for one in sources if one.covers(certificate, issuer)]
        if not found:
            raise SealImpossible(f"{certificate.subject}: no revocation list of {issuer.subject} among the partners' crls")
        newest = max(found, key=lambda one: one.crl.since)
        lists[newest.der] = None
    held = set(claim.certificates)
    others = dict.fromkeys(one.der for path in paths for one in path if one.der not in held)
    return _values(list(others), list(lists))


def _signer_path(claim: SealClaim, partners: Partners, country: str, now: datetime, memory: Memory) -> tuple[Certificate, ...]:
    method, claimed = claim.signer
    signer = next((one for one in claim.certificates if digest(method, one) == claimed), None)
    if signer is None:
        raise SealImpossible("SigningCertificateV2 is the digest of no certificate of KeyInfo")
    pool = [memory.certificate(one) for one in claim.certificates if one != signer]
    return trusted_path(memory.certificate(signer), pool, partners.anchors.get(country, ()), now, memory, country)


def _stamp_path(token: Token, partners: Partners, memory: Memory) -> tuple[Certificate, ...]:
    pool = [memory.certificate(der) for der in token.certificates]
    signer = next((one for one in (*pool, *partners.timestamp_anchors) if token.is_signed_by(one)), None)
    if signer is None:
        raise DerRefused("SignatureTimeStamp: the certificate of its signer did not come along")
    return trusted_path(signer, [one for one in pool if one != signer], partners.timestamp_anchors, token.time, memory, "time")


def _values(certificates: Sequence[bytes], crls: Sequence[bytes]) -> str:
    held = "".join(
        f"<xades:EncapsulatedX509Certificate>{b64encode(one).decode()}</xades:EncapsulatedX509Certificate>"
        for one in certificates
    )
    lists = "".join(f"<xades:EncapsulatedCRLValue>{b64encode(one).decode()}</xades:EncapsulatedCRLValue>" for one in crls)
    return (
        f'<xades:CertificateValues xmlns:xades="{XADES}">{held}</xades:CertificateValues>'
        f'<xades:RevocationValues xmlns:xades="{XADES}"><xades:CRLValues>{lists}</xades:CRLValues></xades:RevocationValues>'
    )


# -- where it goes -----------------------------------------------------------------------------------------------------


def _extended(octets: bytes, make: Any, most: int) -> bytes:
    """The document with what `make` writes for its claim, at the end of the unsigned properties."""
    try:
        layout = stream(octets, lambda _piece: None)
    except NotCanonical as problem:
        raise SealImpossible(str(problem)) from None
    if len(layout.seals) != 1 or layout.seals[0].depth != 2:
        raise SealImpossible("the document has not exactly one ds:Signature below its root")
    place = layout.seals[0]
    head = octets[layout.start : layout.head]
    try:
        tree = skeleton(octets, layout, limits=part_limits(most))[0]
        added = make(claimed(tree, most))
    except XmlRefused as problem:
        raise SealImpossible(str(problem)) from None
    wrapped = head + octets[place.start : place.end] + b"</%b>" % layout.written.encode()
    at, text = insertion(wrapped, added)
    at += place.start - len(head)
    return octets[:at] + text.encode() + octets[at:]


def claimed(tree: Element, most: int = MOST_VALUES) -> SealClaim:
    """The claim of a seal. Raises SealImpossible."""
    try:
        return read_seal(tree, most)
    except (ShapeRefused, NotCanonical) as problem:
        raise SealImpossible(str(problem)) from None


_SEPARATOR: Final = " "
_AROUND: Final = {
    f"{XADES}{_SEPARATOR}{name}": name for name in ("QualifyingProperties", "UnsignedProperties", "UnsignedSignatureProperties")
}


def insertion(octets: bytes, added: str) -> tuple[int, str]:
    """Where unsigned properties are added to the one seal among the octets, and with which elements around them. Raises SealImpossible."""
    ends: dict[str, int] = {}
    parser = expat.ParserCreate("utf-8", _SEPARATOR)

    def start(name: str, _attributes: Any) -> None:
        if name in _AROUND and start_tag(octets, parser.CurrentByteIndex).endswith(b"/>"):
            raise SealImpossible(f"an empty {_AROUND[name]}")

    def end(name: str) -> None:
        if name in _AROUND:
            ends[_AROUND[name]] = parser.CurrentByteIndex

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(octets, True)
    if "UnsignedSignatureProperties" in ends:
        return ends["UnsignedSignatureProperties"], added
    if "UnsignedProperties" in ends or "QualifyingProperties" not in ends:
        raise SealImpossible("its QualifyingProperties are not those of a seal")
    around = (
        f'<xades:UnsignedProperties xmlns:xades="{XADES}"><xades:UnsignedSignatureProperties>{added}'
        "</xades:UnsignedSignatureProperties></xades:UnsignedProperties>"
    )
    return ends["QualifyingProperties"], around
