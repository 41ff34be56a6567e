"""What nothing in a bundle proves, said so that nobody takes it for proven: notes, which change no verdict. Source: the format of evidence, 8."""

from collections import Counter
from collections.abc import Iterator

from node.evidence.case import AHEAD, Case
from node.evidence.earliest import Earliest
from node.evidence.entry import Entry
from node.evidence.finding import Check, Finding, found, said_at
from node.evidence.manifest import FILE, REPORTS, Exchange
from node.msh.age import read_instant


def unproven(case: Case) -> Iterator[Finding]:
    """The notes about a bundle as a whole, and about times that cannot be."""
    if case.entries:
        yield found(Check.ENTRIES, "entries.told", FILE)
    size = max(case.checkpoints, default=0)
    if len(case.entries) < size:
        yield found(Check.ENTRIES, "entries.partial", FILE, size=size, count=len(case.entries))
    yield from _late(case)
    yield from _shared(case)
    if any(name in case.files for name in REPORTS):
        yield found(Check.SEAL, "seal.reports", ", ".join(name for name in REPORTS if name in case.files))


def ahead(entry: Entry, exchange: Exchange, number: int, written: str) -> Iterator[Finding]:
    """What a partner signed was written, as it says, after the entry in which it came."""
    said = read_instant(written)
    if said is not None and said > entry.at + AHEAD:
        told = {"number": number, "partner": exchange.partner, "at": said_at(entry.at), "written": written}
        yield found(Check.SIGNATURES, "signatures.ahead", f"log/{number}.json", **told)


def _late(case: Case) -> Iterator[Finding]:
    """Entries of a time at which they already stood under a checkpoint, or a token: their clock was wrong, or it is no time of theirs."""
    checkpoints = Earliest({size: one.at for size, one in case.checkpoints.items()})
    for number, entry in sorted(case.entries.items()):
        there = min((one for one in (checkpoints.over(number), case.before(number)) if one is not None), default=None)
        if there is not None and entry.at > there + AHEAD:
            yield found(
                Check.ENTRIES, "entries.late", f"log/{number}.json", number=number, at=said_at(entry.at), there=said_at(there)
            )


def _shared(case: Case) -> Iterator[Finding]:
    """Anchors of more than one: whose a certificate under it is, only its name says."""
    signers = case.manifest.signers
    rows = [signers.node, *signers.partners.values(), signers.time]
    held = [one for row in rows for one in dict.fromkeys(row)]
    for digest, count in Counter(held).items():
        anchor = case.certificate(digest)
        if count > 1 and anchor is not None:
            yield found(Check.SIGNATURES, "signatures.shared", f"objects/{digest}", subject=anchor.subject)
