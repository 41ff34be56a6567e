"""The rules of two times: what a record does to what is on file, and what was known of a day at an instant. Source: DESIGN 4.2, 4.4."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Final

from node.customs.operators.record import OperatorRecord, Source

#: Statuses that end the benefits of an operator.
ENDING: Final = frozenset({"SUSPENDED", "REVOKED", "WITHDRAWN", "EXPIRED"})
_USUAL: Final = {
    "": {"ACTIVE", "SUSPENDED"},
    "ACTIVE": {"ACTIVE", "SUSPENDED", "REVOKED", "WITHDRAWN", "EXPIRED"},
    "SUSPENDED": {"ACTIVE", "SUSPENDED", "REVOKED", "WITHDRAWN", "EXPIRED"},
    "REVOKED": {"ACTIVE", "REVOKED"},
    "WITHDRAWN": {"ACTIVE", "WITHDRAWN", "EXPIRED"},
    "EXPIRED": {"ACTIVE", "WITHDRAWN", "EXPIRED"},
}


class Effect(Enum):
    """What a record did."""

    ADDED = "ADDED"
    CHANGED = "CHANGED"
    #: It says what is on file already.
    UNCHANGED = "UNCHANGED"
    DELETED = "DELETED"
    #: There was nothing to delete.
    NOTHING = "NOTHING"


@dataclass(frozen=True, slots=True)
class OnFile:
    """The latest that is on file of one operator."""

    version: int
    status: str
    valid_from: date
    validation_date: date | None
    #: `content_hash` of the record.
    content: str
    #: Since when it is known to its sender; where it was deleted, since when it is no longer.
    moment: datetime
    #: Whether it is in the view of today: not deleted.
    present: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a history: a record, when its sender knew it, when we did, and from which message."""

    record: OperatorRecord
    source: Source
    known_from: datetime
    received_at: datetime
    #: None while it stands.
    known_until: datetime | None = None
    received_until: datetime | None = None
    #: Whether a DELETE, or a full list without the operator, closed it, and not a newer record.
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class OperatorHistory:
    """Everything that was ever on file of one operator, in the order in which it came."""

    sender: str
    programme: str
    tin: str
    tier: str
    rows: tuple[Row, ...]

    @property
    def current(self) -> Row | None:
        """What is on file now; None after DELETE."""
        last = self.rows[-1] if self.rows else None
        return last if last is not None and last.received_until is None else None


def effect_of(operation: str, content: str, before: OnFile | None) -> Effect:
    """What a record would do: operations are absolute, so that one that comes twice changes nothing."""
    present = before is not None and before.present
    if operation == "DELETE":
        return Effect.DELETED if present else Effect.NOTHING
    if before is None or not before.present:
        return Effect.ADDED
    return Effect.UNCHANGED if content == before.content else Effect.CHANGED


def moment_of(recorded_at: datetime, before: OnFile | None) -> datetime:
    """When a record closes the record time of the row before it: at its own RecordedAt, and never before that row was known.

    A sender whose times go back must not change what was known in between.
    """
    return recorded_at if before is None else max(recorded_at, before.moment)


def as_of(rows: Sequence[Row], day: date, known_at: datetime) -> Row | None:
    """The row for a day as its sender knew it at an instant; None where there is none."""
    return _of(known_rows(rows, known_at), day)


def as_received(rows: Sequence[Row], day: date, known_at: datetime) -> Row | None:
    """The row for a day as we knew it at an instant; None where there is none."""
    return _of(received_rows(rows, known_at), day)


def known_rows(rows: Sequence[Row], known_at: datetime) -> list[Row]:
    """What the sender knew at an instant, the latest record first, each with the days for which it still stood.

    A record speaks for every day from its ValidFrom on; of the days before, what was said earlier stands. DELETE takes all of it back.
    """
    return _standing([one for one in rows if one.known_from <= known_at], lambda one: _over(one.known_until, known_at))


def received_rows(rows: Sequence[Row], known_at: datetime) -> list[Row]:
    """What we knew at an instant, as `known_rows`."""
    return _standing([one for one in rows if one.received_at <= known_at], lambda one: _over(one.received_until, known_at))


def _over(ends: datetime | None, moment: datetime) -> bool:
    return ends is not None and ends <= moment


def _standing(heard: Sequence[Row], over: Callable[[Row], bool]) -> list[Row]:
    found: list[Row] = []
    first = date.max
    for one in reversed(heard):
        if one.deleted and over(one):
            break
        record = one.record
        if record.valid_from < first:
            # A later record speaks for the days from its own beginning on.
            cut = first != date.max and (record.valid_to is None or record.valid_to >= first)
            found.append(replace(one, record=replace(record, valid_to=first - timedelta(days=1))) if cut else one)
            first = record.valid_from
    return found


def _of(standing: Iterable[Row], day: date) -> Row | None:
    return next((one for one in standing if one.record.holds(day)), None)


def held_before(rows: Sequence[Row], day: date) -> Row | None:
    """The latest row that said something of a day, though it was deleted since; an officer asks what was known."""
    return _of(reversed(rows), day)


def unusual(status: str, validated: date | None, before: OnFile | None) -> str:
    """Why a change of status is to be shown to an officer, though partners may do so; empty where it is usual. Source: DESIGN 4.4."""
    was = before.status if before is not None else ""
    if status not in _USUAL.get(was, ()):
        return f"{was or '(none)'} -> {status}"
    if was in {"WITHDRAWN", "EXPIRED"} and status == "ACTIVE" and before is not None:
        newly = validated is not None and (before.validation_date is None or validated > before.validation_date)
        return "" if newly else f"{was} -> ACTIVE without a new validation"
    return ""
