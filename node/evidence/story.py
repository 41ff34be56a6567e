"""What a bundle tells of each exchange, as values that a report shows: who, what, when, by whose clock, and what was found."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from node.ebms.message import UserMessage
from node.evidence.case import Case
from node.evidence.entry import Clock, Entry, Kind
from node.evidence.finding import Check, Finding
from node.evidence.manifest import Exchange
from node.evidence.signed import NotSigned, open_signed

#: How an exchange ended: words of the report.
DELIVERED: Final = "delivered"
DOUBTFUL: Final = "doubtful"
WAITING: Final = "waiting"
RECEIVED: Final = "received"
REFUSED: Final = "refused"
UNSOUND: Final = "unsound"
#: The log alone says so: what was signed is no longer here, or never was.
TOLD: Final = "told"
RECORDED: Final = "recorded"


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry: what happened when, by whose clock."""

    number: int
    kind: Kind
    at: datetime
    clock: Clock | None
    #: By when an authority for time says that this entry existed; None where none has.
    before: datetime | None
    entry: Entry


@dataclass(frozen=True, slots=True)
class Part:
    """One payload."""

    name: str
    sha256: str
    #: None where it is not in the bundle.
    size: int | None


@dataclass(frozen=True, slots=True)
class Story:
    """One exchange."""

    exchange: Exchange
    outcome: str
    message: UserMessage | None
    moments: tuple[Moment, ...]
    parts: tuple[Part, ...]
    #: What was found of its signatures, and the six of each receipt.
    signatures: tuple[Finding, ...]
    six: tuple[Finding, ...]


def stories(case: Case, findings: list[Finding]) -> list[Story]:
    """The exchanges of a bundle in the order of its manifest."""
    by_number: dict[str, list[Finding]] = {}
    for one in findings:
        if one.check in (Check.SIGNATURES, Check.RECEIPTS):
            by_number.setdefault(dict(one.said).get("number", ""), []).append(one)
    return [
        _story(case, exchange, [one for number in exchange.entries for one in by_number.get(str(number), ())])
        for exchange in case.manifest.exchanges
    ]


def _story(case: Case, exchange: Exchange, findings: list[Finding]) -> Story:
    entries = {number: case.entries[number] for number in exchange.entries if number in case.entries}
    signatures = tuple(one for one in findings if one.check is Check.SIGNATURES)
    six = tuple(one for one in findings if one.check is Check.RECEIPTS)
    moments = tuple(
        Moment(number, entry.kind, entry.at, entry.clock, case.before(number), entry) for number, entry in entries.items()
    )
    main = next((one for one in entries.values() if one.kind in (Kind.PACKAGED, Kind.RECEIVED)), None)
    message = _message(case, main) if main else None
    outcome = _outcome(exchange, list(entries.values()), signatures, six)
    return Story(exchange, outcome, message, moments, _parts(case, main) if main else (), signatures, six)


def _outcome(exchange: Exchange, entries: list[Entry], signatures: tuple[Finding, ...], six: tuple[Finding, ...]) -> str:
    if any(one.fails for one in signatures):
        return UNSOUND
    words = {one.word for one in (*signatures, *six)}
    if exchange.direction == "in":
        return RECEIVED if "signatures.received" in words else TOLD
    if six:
        if any(one.fails for one in six):
            return DOUBTFUL
        return DELIVERED if "signatures.packaged" in words else RECORDED
    if "signatures.packaged" not in words:
        return TOLD
    return REFUSED if any(one.kind is Kind.FAILED for one in entries) else WAITING


def _message(case: Case, entry: Entry) -> UserMessage | None:
    try:
        return open_signed(case.objects[entry.objects["envelope"]]).opened.messaging.user_message
    except (KeyError, NotSigned):
        return None


def _parts(case: Case, entry: Entry) -> tuple[Part, ...]:
    digests = case.named(entry, "payload-")
    held = [case.objects.get(one) for one in digests]
    return tuple(
        Part(f"payload-{number}", digest, None if octets is None else len(octets))
        for number, (digest, octets) in enumerate(zip(digests, held, strict=True), 1)
    )
