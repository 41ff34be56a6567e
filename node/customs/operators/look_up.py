"""One look-up answered: the status on a day, as known at an instant, since when, how old the data is, and from which message."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from node.customs.operators.history import (
    ENDING,
    OperatorHistory,
    Row,
    as_of,
    as_received,
    held_before,
    known_rows,
    received_rows,
)
from node.customs.operators.port import OperatorRegister, ProgrammeState

#: The agreed time after which the data of a programme of an authority counts as old; None where nothing was agreed.
Agreed = Callable[[str, str], timedelta | None]


@dataclass(frozen=True, slots=True)
class Question:
    """What an officer asks: a day, an instant at which it was known, and to whom."""

    identifier: str
    #: `TIN`, `AEO`, `TW-UBN`, ..; empty for any, `NAME` for part of a name.
    scheme: str
    day: date
    known_at: datetime
    #: Known to us, by when a message came, instead of to the sender.
    to_us: bool = False

    def words(self) -> str:
        """How the question is written down."""
        known = self.known_at.isoformat(timespec="seconds")
        return f"{self.scheme or 'ANY'} {self.identifier} as of {self.day} known {'to us ' if self.to_us else ''}at {known}"


@dataclass(frozen=True, slots=True)
class Age:
    """How old what we hold of a programme is."""

    #: Record time of the last set applied; None if none was.
    snapshot_at: datetime | None
    received_at: datetime | None
    old: timedelta | None
    agreed: timedelta | None

    @property
    def stale(self) -> bool:
        """Whether it is older than agreed."""
        return self.old is not None and self.agreed is not None and self.old > self.agreed


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of one operator."""

    history: OperatorHistory
    #: The record that answers; None where none holds the day as known then.
    row: Row | None
    #: A suspension or another end that was known by then and begins on a later day: it takes effect on receipt.
    announced: Row | None
    #: The record that held the day until it was deleted; shown where `row` is None.
    before: Row | None
    #: What was known to us, where the question is what its sender knew, and the other way round.
    other: Row | None
    age: Age
    conflicts: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """The status to act on."""
        if self.announced is not None:
            return self.announced.record.status
        return self.row.record.status if self.row is not None else "NOT-FOUND"

    @property
    def recognised(self) -> bool:
        """Whether benefits may be given."""
        return self.status == "ACTIVE"


def look_up(question: Question, register: OperatorRegister, agreed: Agreed, now: datetime, most: int = 50) -> list[Answer]:
    """Every operator that the identifier or name finds."""
    if question.scheme == "NAME":
        found = register.find_name(question.identifier, most)
    else:
        found = register.find(question.identifier, question.scheme)
    programmes = {(one.sender, one.programme): one for one in register.programmes()}
    answers = [_answer(question, one, programmes.get((one.sender, one.programme)), agreed, now) for one in found]
    conflicts = conflicts_among([one.history for one in answers])
    return [_with_conflicts(one, conflicts) for one in answers]


def _answer(
    question: Question, history: OperatorHistory, programme: ProgrammeState | None, agreed: Agreed, now: datetime
) -> Answer:
    asked, other = (as_received, as_of) if question.to_us else (as_of, as_received)
    row = asked(history.rows, question.day, question.known_at)
    if row is not None and question.scheme != "NAME" and not row.record.carries(question.scheme, question.identifier):
        # It was another operator's, or had another number, by then.
        row = None
    return Answer(
        history,
        row,
        _announced(question, history),
        held_before(history.rows, question.day) if row is None else None,
        other(history.rows, question.day, question.known_at),
        age_of(programme, agreed(history.sender, history.programme), now),
    )


def _announced(question: Question, history: OperatorHistory) -> Row | None:
    """The latest that was known, where it ends the benefits from a later day on and had come by the day that is asked about."""
    known = received_rows if question.to_us else known_rows
    last = next(iter(known(history.rows, question.known_at)), None)
    if last is None or last.record.status not in ENDING:
        return None
    return last if last.received_at.date() <= question.day < last.record.valid_from else None


def age_of(programme: ProgrammeState | None, agreed: timedelta | None, now: datetime) -> Age:
    """How old what we hold of a programme is."""
    if programme is None or programme.snapshot_at is None:
        return Age(None, None, None, agreed)
    return Age(programme.snapshot_at, programme.received_at, now - programme.snapshot_at, agreed)


# -- conflicts -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two operators of today of which only one can be right, or which an officer must tell apart."""

    what: str
    one: OperatorHistory
    other: OperatorHistory

    def words(self) -> str:
        """For an officer."""
        return f"{self.what}: {_named(self.one)} and {_named(self.other)}"


def conflicts_among(histories: Sequence[OperatorHistory]) -> list[Conflict]:
    """Pairs that are active in overlapping time: one TIN in two tiers, or one identifier of two TINs."""
    active = [one for one in histories if one.current is not None and one.current.record.status == "ACTIVE"]
    found = []
    for number, one in enumerate(active):
        for other in active[number + 1 :]:
            what = _conflict(one, other)
            if what:
                found.append(Conflict(what, one, other))
    return found


def _conflict(one: OperatorHistory, other: OperatorHistory) -> str:
    first, second = one.current, other.current
    assert first is not None
    assert second is not None
    if not _overlap(first, second):
        return ""
    if (one.sender, one.programme, one.tin) == (other.sender, other.programme, other.tin):
        return f"{one.tin} is active in two tiers"
    # What identifies one in its own country or worldwide identifies one operator only.
    shared = set(first.record.every_identifier()) & set(second.record.every_identifier())
    return ", ".join(f"{scheme} {value} of two operators" for scheme, value in sorted(shared))


def _overlap(one: Row, other: Row) -> bool:
    return (other.record.valid_to is None or one.record.valid_from <= other.record.valid_to) and (
        one.record.valid_to is None or other.record.valid_from <= one.record.valid_to
    )


def _named(history: OperatorHistory) -> str:
    return f"{history.sender} {history.tin} {history.tier}"


def _with_conflicts(answer: Answer, conflicts: Iterable[Conflict]) -> Answer:
    mine = tuple(one.words() for one in conflicts if answer.history in (one.one, one.other))
    if not mine:
        return answer
    return Answer(
        *(answer.history, answer.row, answer.announced, answer.before, answer.other, answer.age),
        mine,
    )
