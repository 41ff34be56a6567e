"""The status of a certificate at one instant: a path to an anchor, and nobody on it revoked. Source: DESIGN 3.6 SIG-03, 6."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from node.customs.seal.memory import Memory
from node.security.certificates import Certificate
from node.security.path import Untrusted, find_path
from node.security.revocation import HARMLESS_BEFORE, Revoked, Source, find_revocation


def trusted_path(
    leaf: Certificate, pool: Sequence[Certificate], anchors: Sequence[Certificate], at: datetime, memory: Memory, purpose: str
) -> tuple[Certificate, ...]:
    """The path, the leaf first. `purpose` keeps the paths to different anchors apart in the memory. Raises Untrusted."""
    key = (purpose, leaf.sha256, *[one.sha256 for one in pool])
    path = memory.paths.get(key, lambda: find_path(leaf, pool, anchors, at))
    if all(one.is_valid_at(at) for one in path):
        return path
    # That path was right at another time; this one may be another, or there is none.
    return find_path(leaf, pool, anchors, at)


def check_revocation(
    path: Sequence[Certificate], at: datetime, sources: Sequence[Source], *, of_stamp: bool = False
) -> list[str]:
    """What to warn of. Raises Untrusted for a certificate of the path that was revoked by then; the anchor is trusted as it is.

    A time-stamp falls with a revocation of any date whose reason leaves doubt of what its key did before.
    """
    warnings = []
    for certificate, issuer in pairwise(path):
        revoked, told, until = find_revocation(certificate, issuer, sources)
        if revoked is not None and (revoked.since <= at or (of_stamp and not _harmless(revoked))):
            raise Untrusted(f"{certificate.subject}: revoked {revoked.since:%Y-%m-%d %H:%M} UTC")
        if not told:
            warnings.append(f"{certificate.subject}: no revocation list or answer of {issuer.subject}")
        elif until is not None and until < at:
            warnings.append(
                f"{certificate.subject}: what {issuer.subject} said of revocations held until {until:%Y-%m-%d %H:%M} UTC"
            )
    return warnings


def _harmless(revoked: Revoked) -> bool:
    return revoked.reason in HARMLESS_BEFORE
