"""The entries of a bundle and its exchanges: each of its form, each listed where it belongs, and all that they name here or said to be absent.

Source: the format of evidence, 6.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from node.evidence.absence import check_absence
from node.evidence.bundle import about
from node.evidence.case import Case
from node.evidence.entry import EntryRefused, Kind, read_entry, read_instant
from node.evidence.finding import Check, Finding, found
from node.evidence.form import check_form
from node.evidence.manifest import ENTRY, FILE, Exchange
from node.evidence.notes import sha256
from node.evidence.told import status_of

_BEGINNINGS: Final = (Kind.RECEIVED, Kind.PACKAGED)


def check_entries(case: Case) -> Iterator[Finding]:
    """The check `entries`; what can be read of them is kept, also of those that are not of their form."""
    wrong = [*_read(case), *check_absence(case), *_statuses(case), *_exchanges(case), *_signers(case)]
    yield from wrong
    if not wrong:
        yield found(Check.ENTRIES, "entries.good", count=len(case.entries))
    if case.manifest.absent:
        redacted = sum(one.why == "redacted" for one in case.manifest.absent)
        yield found(Check.ENTRIES, "entries.absent", FILE, redacted=redacted, purged=len(case.manifest.absent) - redacted)


def _read(case: Case) -> Iterator[Finding]:
    for name, octets in case.files.items():
        if name.startswith("objects/") and name.removeprefix("objects/") not in case.objects:
            yield found(Check.ENTRIES, "entries.object", name, name=name, digest=sha256(octets))
        if (read := ENTRY.match(name)) is None:
            continue
        try:
            entry = read_entry(octets)
            case.entries[int(read[1])] = entry
            check_form(entry)
        except EntryRefused as refused:
            yield found(Check.ENTRIES, "entries.form", name, name=name, why=refused)


def _statuses(case: Case) -> Iterator[Finding]:
    """The status that an entry tells is the one of the answer's first line."""
    for number, entry in case.entries.items():
        head, told = case.objects.get(entry.objects.get("http", "")), entry.facts.get("http_status")
        if head is not None and told is not None and told != status_of(head):
            yield found(Check.ENTRIES, "entries.status", f"log/{number}.json", number=number, told=told)


def _exchanges(case: Case) -> Iterator[Finding]:
    by_message: dict[str, list[int]] = {}
    for number, one in case.entries.items():
        by_message.setdefault(one.about.get("message_id", ""), []).append(number)
    listed: set[int] = set()
    counted = Counter((one.message_id, one.partner, one.direction) for one in case.manifest.exchanges)
    for exchange in case.manifest.exchanges:
        listed |= set(exchange.entries)
        if counted[exchange.message_id, exchange.partner, exchange.direction] > 1 or not exchange.entries:
            yield found(Check.ENTRIES, "entries.exchange", FILE, message=exchange.message_id)
        yield from _listed(case, exchange)
        theirs = by_message.get(exchange.message_id, [])
        # Two partners, or both sides, may have used one identifier: then an entry tells whose it is.
        own = [one for one in theirs if about(case.entries[one], exchange)]
        for number in sorted(set(own) - set(exchange.entries)):
            listed.add(number)
            yield found(Check.ENTRIES, "entries.unlisted", f"log/{number}.json", message=exchange.message_id, number=number)
    for number, one in case.entries.items():
        if number not in listed:
            message = one.about.get("message_id", "?")
            yield found(Check.ENTRIES, "entries.unlisted", f"log/{number}.json", message=message, number=number)


def _listed(case: Case, exchange: Exchange) -> Iterator[Finding]:
    """Whether what an exchange lists is here and about its message, and the exchange within the scope."""
    for number in exchange.entries:
        entry = case.entries.get(number)
        if entry is None and f"log/{number}.json" not in case.files:
            yield found(Check.ENTRIES, "entries.gone", FILE, message=exchange.message_id, number=number)
        elif entry is not None and not about(entry, exchange):
            yield found(Check.ENTRIES, "entries.other", f"log/{number}.json", message=exchange.message_id, number=number)
    scope = case.manifest.scope
    if scope.get("partner", exchange.partner) != exchange.partner:
        yield found(Check.ENTRIES, "entries.scope", FILE, message=exchange.message_id, partner=exchange.partner)
    if "from" in scope:
        since, until = read_instant(scope["from"]), read_instant(scope["to"])
        begun = [case.entries[one] for one in exchange.entries if one in case.entries]
        if not any(one.kind in _BEGINNINGS and since <= one.at < until for one in begun):
            yield found(Check.ENTRIES, "entries.scope-time", FILE, message=exchange.message_id)


def _signers(case: Case) -> Iterator[Finding]:
    for value in sorted(case.manifest.signers.named()):
        if case.certificate(value) is None:
            yield found(Check.ENTRIES, "entries.signer", FILE, digest=value)
