"""Time-stamps of a seal, each proven: over the right octets, by an authority that we trust for time. A bad one is SIG-02. Source: DESIGN 6."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from node.customs.seal.canonical import NotCanonical, canonical
from node.customs.seal.claim import SealClaim, StampClaim
from node.customs.seal.memory import Memory
from node.customs.seal.refused import Fault
from node.customs.seal.status import check_revocation, trusted_path
from node.customs.seal.token import Token, read_token
from node.ebms.namespaces import DS
from node.ebms.xml import Element, XmlRefused
from node.security.certificates import Certificate, CertificateRefused
from node.security.der import DerRefused
from node.security.path import Untrusted
from node.security.revocation import Source

#: How far the clocks of authorities may be ahead of ours.
AHEAD: Final = timedelta(minutes=5)


class Sums(Protocol):
    """A hash of hashlib."""

    def update(self, octets: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Stamped:
    """A proven time-stamp."""

    time: datetime
    archive: bool
    warnings: tuple[str, ...] = ()


#: Gives the octets that the references of a seal cover, in the order of SignedInfo, to a function.
Covered = Callable[[Callable[[bytes], Any]], None]


def prove_stamps(
    claim: SealClaim, covered: Covered, anchors: Sequence[Certificate], sources: Sequence[Source], now: datetime, memory: Memory
) -> list[Stamped]:
    """Every time-stamp of the seal in its order. Raises Fault SIG-02."""
    return [_prove(one, claim, covered, anchors, sources, now, memory) for one in claim.unsigned.stamps]


def _prove(
    stamp: StampClaim,
    claim: SealClaim,
    covered: Covered,
    anchors: Sequence[Certificate],
    sources: Sequence[Source],
    now: datetime,
    memory: Memory,
) -> Stamped:
    what = "ArchiveTimeStamp" if stamp.archive else "SignatureTimeStamp"
    try:
        token = read_token(stamp.token)
        name, imprint = token.imprint
        sums = hashlib.new(name)
        if stamp.archive:
            _feed_archived(stamp, claim, covered, sums)
        else:
            sums.update(canonical(_part(claim.signature, "SignatureValue"), exclusive=stamp.exclusive))
        if sums.digest() != imprint:
            raise DerRefused("its imprint is not that of what it should have stamped")
        if token.time > now + AHEAD:
            raise DerRefused(f"its time {token.time:%Y-%m-%d %H:%M:%S} UTC has not come")
        warnings = prove_token(token, claim.unsigned.certificates, anchors, sources, memory)
    except (DerRefused, NotCanonical, XmlRefused, Untrusted, CertificateRefused) as problem:
        raise Fault("SIG-02", f"{what}: {problem}") from None
    return Stamped(token.time, stamp.archive, tuple(warnings))


def prove_token(
    token: Token, others: Sequence[bytes], anchors: Sequence[Certificate], sources: Sequence[Source], memory: Memory
) -> list[str]:
    """The token is signed by an authority for time that an anchor vouches for; what to warn of. Raises DerRefused, Untrusted, CertificateRefused."""
    pool = [memory.certificate(der) for der in (*token.certificates, *others)]
    signer = next((one for one in (*pool, *anchors) if token.is_signed_by(one)), None)
    if signer is None:
        raise DerRefused("the certificate of its signer did not come along")
    token.check(signer)
    _check_purpose(signer)
    path = trusted_path(signer, [one for one in pool if one != signer], anchors, token.time, memory, "time")
    return check_revocation(path, token.time, sources, of_stamp=True)


def _check_purpose(certificate: Certificate) -> None:
    # spec: RFC 3161 2.3: this purpose alone, and critical
    try:
        usage = certificate.x509.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (x509.ExtensionNotFound, ValueError, x509.DuplicateExtension):
        usage = None
    if usage is None or not usage.critical or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise Untrusted(f"{certificate.subject}: its extended key usage is not critical and for time-stamping alone")


def _part(signature: Element, name: str) -> Element:
    found = signature.find(f"{{{DS}}}{name}")
    assert found is not None
    return found


def _feed_archived(stamp: StampClaim, claim: SealClaim, covered: Covered, sums: Sums) -> None:
    """What an ArchiveTimeStamp stamps."""
    # spec: XAdES 5.5.2.2
    covered(sums.update)
    for name in ("SignedInfo", "SignatureValue", "KeyInfo"):
        sums.update(canonical(_part(claim.signature, name), exclusive=stamp.exclusive))
    held = stamp.element.getparent()
    assert held is not None
    for before in held:
        if before is stamp.element:
            break
        sums.update(canonical(before, exclusive=stamp.exclusive))
    # A ds:Object besides that of the properties would follow, and a seal has none.
