"""How long what belongs to a message is kept, and what of it may go: a pure rule that knows no clock and no store."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from node.ebms.states import OUTBOUND_ENDS, InboundState, OutboundState

#: A year is never counted too short.
YEAR: Final = timedelta(days=366)
_UNITS: Final = {"d": timedelta(days=1), "w": timedelta(weeks=1), "y": YEAR}
_PERIOD: Final = re.compile(r"(\d{1,5})\s*(d|w|y)")
#: What may be written for a period that never ends.
FOREVER: Final = "forever"
#: Nothing is counted further: a century.
MOST: Final = 100 * YEAR


class PeriodError(ValueError):
    """The text is no period."""


def read_period(text: str) -> timedelta | None:
    """`30d`, `6w`, `10y`; None for `forever`. Raises PeriodError."""
    if text.strip().lower() == FOREVER:
        return None
    found = _PERIOD.fullmatch(text.strip().lower())
    if not found:
        raise PeriodError(f"must be a number and one of d, w, y, such as 30d or 10y, or {FOREVER}; is {text!r}")
    length = int(found.group(1)) * _UNITS[found.group(2)]
    if length > MOST:
        raise PeriodError(f"must be at most 100y, or {FOREVER}; is {text!r}")
    return length


def period_text(length: timedelta | None) -> str:
    """The period as `read_period` reads it."""
    if length is None:
        return FOREVER
    for unit in ("y", "w", "d"):
        if length and length % _UNITS[unit] == timedelta():
            return f"{length // _UNITS[unit]}{unit}"
    return f"{length.days}d"


@dataclass(frozen=True, slots=True)
class Rule:
    """For how long; None is for ever."""

    #: Payload octets, counted from the receipt of what we sent and from the delivery of what we received.
    payload: timedelta | None = timedelta(days=30)
    #: Payload octets of what we sent and nobody acknowledged: as long it can be sent again.
    failed: timedelta | None = timedelta(days=400)
    #: Everything else but what proves it: envelopes, answers, history. Digests, receipts and certificates stay in the log of evidence.
    evidence: timedelta | None = 10 * YEAR
    #: In which the partner may send the same message again and must get the stored receipt.
    window: timedelta = timedelta(days=400)
    #: The octets that went over the wire, counted from the receipt: as long the very same can be sent once more. Envelope and payloads stay.
    sent: timedelta | None = timedelta(days=1)
    #: Where it is written.
    where: str = "the standard rule"


STANDARD: Final = Rule()


class Removes(StrEnum):
    """What goes."""

    #: The octets that went over the wire: what they said is in the envelope and the payloads.
    WIRE = "wire"
    PAYLOADS = "payloads"
    #: Everything but a line that says what it was, and which rule removed it.
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one message when it is asked what may go."""

    state: OutboundState | InboundState
    #: When it came into this state.
    changed_at: datetime
    #: Something is still to happen to it by itself.
    due: bool = False
    #: An operator keeps it from being sent.
    held: bool = False
    #: Why somebody wants it kept whatever the rule says; empty where nobody does.
    kept_because: str = ""
    #: Nobody delivers a test message: it has come to its end when it is accepted.
    test_service: bool = False
    payloads_removed: bool = False
    #: The octets that went over the wire are there.
    wired: bool = False


@dataclass(frozen=True, slots=True)
class Stays:
    """Nothing goes now: why, and until when at least; None where no instant is known."""

    why: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Goes:
    """What goes now, and by which rule."""

    what: Removes
    why: str


def what_goes(facts: Facts, rule: Rule, now: datetime) -> Stays | Goes:
    """What of a message may be removed.

    Never anything of a message that is open, held, not delivered or kept by order; never its payloads while it may have to be sent again;
    never its receipt while its partner may send it again. The octets that went over the wire go by themselves where a receipt says that they came.
    """
    if facts.kept_because:
        return Stays(f"kept by order: {facts.kept_because}")
    problem = _open(facts)
    if problem:
        return Stays(problem)
    verdict, wire = _message(facts, rule, now), _wire(facts, rule, now)
    if wire is None or isinstance(verdict, Goes):
        return verdict
    if isinstance(wire, Goes) or verdict.until is None:
        return wire
    return verdict if wire.until is None or verdict.until < wire.until else wire


def _wire(facts: Facts, rule: Rule, now: datetime) -> Stays | Goes | None:
    """Whether the octets that went over the wire may go by themselves; None where there are none, or they may have to be sent again."""
    if not facts.wired or facts.payloads_removed or facts.state is not OutboundState.ACKNOWLEDGED:
        return None
    if rule.sent is not None and _over(facts.changed_at, rule.sent, now):
        return Goes(Removes.WIRE, _words("sent", rule.sent, facts, rule))
    return Stays(f"sent is kept {period_text(rule.sent)}", _after(facts.changed_at, rule.sent))


def _message(facts: Facts, rule: Rule, now: datetime) -> Stays | Goes:
    """What the two long periods say."""
    name, payload = ("failed", rule.failed) if facts.state is OutboundState.FAILED else ("payload", rule.payload)
    evidence = None if rule.evidence is None else max(rule.evidence, rule.window)
    if evidence is not None and _over(facts.changed_at, evidence, now):
        # A payload that is to be kept longer holds everything: digests without their signature prove nothing.
        if facts.payloads_removed or (payload is not None and _over(facts.changed_at, payload, now)):
            return Goes(Removes.ALL, _words("evidence", evidence, facts, rule))
        return Stays(f"its payloads are kept {period_text(payload)}", _after(facts.changed_at, payload))
    if facts.payloads_removed:
        return Stays(f"evidence is kept {period_text(evidence)}", _after(facts.changed_at, evidence))
    if payload is not None and _over(facts.changed_at, payload, now):
        return Goes(Removes.PAYLOADS, _words(name, payload, facts, rule))
    return Stays(f"{name} is kept {period_text(payload)}", _after(facts.changed_at, payload))


def _open(facts: Facts) -> str:
    if facts.held:
        return "is held"
    if facts.due:
        return "is to be sent"
    if isinstance(facts.state, OutboundState):
        return "" if facts.state in OUTBOUND_ENDS else f"is {facts.state}: it has not come to its end"
    if facts.state is InboundState.DELIVERED or (facts.test_service and facts.state is InboundState.ACCEPTED):
        return ""
    return f"is {facts.state}: the Consumer has not got it"


def _over(since: datetime, period: timedelta, now: datetime) -> bool:
    # By difference, since a period of a century may lead past the last year.
    return now - since >= period


def _after(since: datetime, period: timedelta | None) -> datetime | None:
    try:
        return None if period is None else since + period
    except OverflowError:
        return None


def _words(name: str, period: timedelta, facts: Facts, rule: Rule) -> str:
    return f"{name} = {period_text(period)} after {facts.state} at {facts.changed_at:%Y-%m-%dT%H:%M:%SZ}, by {rule.where}"
