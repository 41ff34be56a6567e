"""Legal holds: orders that messages stay whatever a rule says, each with its case, its reason and whoever gave it. Source: decision 16."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from node.ebms.states import INBOUND, OUTBOUND, InboundEvent, InboundState, OutboundEvent, OutboundState, step
from node.evidence.entry import Kind
from node.evidence.entry import instant as as_written
from node.store import prepared
from node.store.connection import Cursor, Row
from node.store.database import instant, read_instant, read_instant_if_any
from node.store.log import append_noted
from node.store.rows import OUT, Rows, add_step

#: A message by its direction and row.
Held = tuple[str, int]
_OPEN: Final = ""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to stay: messages that are named, or all of a partner that begin in a time."""

    why: str
    who: str
    case_file: str = ""
    messages: Sequence[Held] = ()
    partner: str = ""
    #: None for no beginning, and for no end.
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """An order as it stands in the store."""

    number: int
    case_file: str
    why: str
    who: str
    at: datetime
    partner: str
    since: datetime | None
    until: datetime | None
    #: How many messages it names.
    messages: int
    released_at: datetime | None
    released_by: str
    released_because: str


class Holding(Rows):
    """A message goes only when no hold in force covers it."""

    def place_hold(self, order: Order, at: datetime) -> int:
        """Place a hold; its number. Raises LookupError for a message that is not there, StorageUnavailable."""
        if bool(order.partner) == bool(order.messages):
            raise ValueError("a hold names messages, or a partner")

        def work(cursor: Cursor) -> int:
            cursor.execute(prepared.HOLD_GATE)
            number = int(cursor.execute(prepared.NEXT_HOLD).fetchone()[0])
            row = {"id": number, "case_file": order.case_file, "why": order.why, "who": order.who, "at": instant(at)}
            row |= {"partner": order.partner, "since": _text(order.since), "until": _text(order.until)}
            cursor.execute(prepared.ADD_HOLD, {**row, "released_at": None, "released_by": "", "released_because": ""})
            for direction, owner_id in order.messages:
                self._name(cursor, number, direction, owner_id, order, at)
            if order.partner:
                self._say(cursor, "hold", at, order.who, order.why, {"partner": order.partner}, _facts(number, order))
            return number

        return self.writer.run(work)

    def _name(self, cursor: Cursor, number: int, direction: str, owner_id: int, order: Order, at: datetime) -> None:
        about = _about(cursor, direction, owner_id)
        if about is None:
            raise LookupError(f"no message {owner_id}")
        cursor.execute(prepared.HOLD_MESSAGE, {"direction": direction, "owner_id": owner_id, "hold_id": number})
        told = f"{order.case_file}: {order.why}" if order.case_file else order.why
        _note(cursor, direction, owner_id, about.state, "KEPT", instant(at), told)
        self._say(cursor, "hold", at, order.who, order.why, about.named(direction), _facts(number, order))

    def end_hold(self, number: int, at: datetime, who: str, why: str) -> bool:
        """What this hold covers goes by its rule again, unless another covers it too. False where it is not in force. Raises StorageUnavailable."""

        def work(cursor: Cursor) -> bool:
            cursor.execute(prepared.HOLD_GATE)
            values = {"row_id": number, "released_at": instant(at), "released_by": who, "released_because": why}
            if not cursor.execute(prepared.RELEASE_HOLD, values).rowcount:
                return False
            case_file, partner = cursor.execute(prepared.HOLD_OF, {"row_id": number}).fetchone()
            facts = {"hold": number, **({"case": case_file} if case_file else {})}
            for direction, owner_id in cursor.execute(prepared.HELD_MESSAGES, {"hold_id": number}).fetchall():
                about = _about(cursor, direction, owner_id)
                if about is not None:
                    _note(cursor, direction, owner_id, about.state, "NO_LONGER_KEPT", instant(at), why)
                    self._say(cursor, "release", at, who, why, about.named(direction), facts)
            if partner:
                self._say(cursor, "release", at, who, why, {"partner": partner}, facts)
            return True

        return self.writer.run(work)

    def holds(self, *, all_of_them: bool = False) -> list[Hold]:
        """Those in force, or also those that were released."""
        counts = {row["hold_id"]: row["messages"] for row in self.all(prepared.HELD_COUNTS)}
        found = [_hold(row, counts.get(row["id"], 0)) for row in self.all(prepared.HOLDS)]
        return [one for one in found if all_of_them or one.released_at is None]

    def holds_on(self, direction: str, owner_id: int) -> list[tuple[int, str]]:
        """Number and case of each hold in force that names a message."""
        rows = self.all(prepared.HOLDS_OF, direction=direction, owner_id=owner_id)
        return [(row["id"], row["case_file"]) for row in rows]

    def kept_because(self, direction: str, row_id: int) -> str:
        """Why a message is kept whatever the rule says; empty where nobody ordered that."""
        row = self.one(prepared.EXCHANGE_FACTS if direction == OUT else prepared.INBOUND_FACTS, row_id=row_id)
        return str(row["kept_because"]) if row else ""

    def keep(self, direction: str, row_id: int, why: str, at: datetime, detail: str = "", who: str = "") -> None:
        """A hold without a case over one message; with an empty reason those that were placed so are released."""
        if why:
            self.place_hold(Order(why, who, messages=((direction, row_id),)), at)
            return
        for number, case_file in self.holds_on(direction, row_id):
            if not case_file:
                self.end_hold(number, at, who, detail)

    def _say(
        self, cursor: Cursor, what: str, at: datetime, who: str, why: str, about: dict[str, str], facts: dict[str, object]
    ) -> None:
        append_noted(cursor, self.entries.done(Kind.ACTED, at, who, what, why, about, facts=facts))


@dataclass(frozen=True, slots=True)
class _About:
    message_id: str
    partner: str
    state: str

    def named(self, direction: str) -> dict[str, str]:
        """As an entry names it."""
        return {"message_id": self.message_id, "partner": self.partner, "direction": direction}


def _about(cursor: Cursor, direction: str, owner_id: int) -> _About | None:
    statement = prepared.LOCK_EXCHANGE_FACTS if direction == OUT else prepared.LOCK_INBOUND_FACTS
    row = cursor.execute(statement, {"row_id": owner_id}).fetchone()
    # In the order of `purging.Candidate`.
    return _About(row[1], row[2], row[5]) if row is not None else None


def _facts(number: int, order: Order) -> dict[str, object]:
    found: dict[str, object] = {"hold": number}
    if order.case_file:
        found["case"] = order.case_file
    for name, moment in (("from", order.since), ("to", order.until)):
        if moment is not None:
            found[name] = as_written(moment)
    return found


def _note(cursor: Cursor, direction: str, owner_id: int, state: str, event: str, now: str, detail: str) -> None:
    """A step that changes no state, in the history."""
    if direction == OUT:
        after = step(OUTBOUND, OutboundState(state), OutboundEvent(event)).value
    else:
        after = step(INBOUND, InboundState(state), InboundEvent(event)).value
    add_step(cursor, direction, owner_id, now, state, event, after, detail)


def _text(moment: datetime | None) -> str:
    return _OPEN if moment is None else instant(moment)


def _hold(row: Row, messages: int) -> Hold:
    return Hold(
        *(row["id"], row["case_file"], row["why"], row["who"], read_instant(row["at"]), row["partner"]),
        *(read_instant_if_any(row["since"] or None), read_instant_if_any(row["until"] or None), messages),
        *(read_instant_if_any(row["released_at"]), row["released_by"], row["released_because"]),
    )
