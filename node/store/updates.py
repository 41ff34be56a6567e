"""Updates by message on a database: asked, answered, expired, each step in one transaction together with what is owed to the partner.

A partner's update becomes accepted with two names or not at all, whoever calls: the transaction that accepts counts them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from node.security.certificates import Certificate
from node.store import prepared
from node.store.acts import Acts
from node.store.connection import Cursor, Database
from node.store.database import instant, read_instant, read_instant_if_any
from node.store.group_commit import GroupCommit
from node.store.people import EYES, Acted, Approval, folded, people, read_approval
from node.store.reading import whole
from node.store.steps import Life, NotAgreed, Step, check_named, read_step
from node.updates.reading import read_update
from node.updates.states import IllegalUpdateStep, UpdateDirection, UpdateEvent, UpdateState, step
from node.updates.update import UpdateRequest

#: Of an update of which something goes out to the partner.
DUE: Final = "DUE"
SENT: Final = "SENT"
_LIFE: Final = Life(
    prepared.MOVE_UPDATE, prepared.ADD_UPDATE_STEP, of="update_id", shown="n2n partner updates shows what became of it"
)


@dataclass(frozen=True, slots=True)
class Carrier:
    """The AS4 message that something came in, or goes out in."""

    message_id: str = ""
    conversation_id: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it is to be kept."""

    partner: str
    direction: UpdateDirection
    request_id: str
    #: SHA-256 of a partner's request. Empty for ours: two commands at once ask one thing.
    digest: str
    content: bytes
    carrier: Carrier
    respond_by: datetime | None
    activate_by: datetime | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the partner, and under which MessageId."""

    octets: bytes
    message_id: str


@dataclass(frozen=True, slots=True)
class KeptUpdate:
    """One update as it is kept."""

    id: int
    asked: Asked
    state: UpdateState
    answer: bytes | None
    sending: str
    sending_id: str
    at: datetime
    changed_at: datetime

    @property
    def partner(self) -> str:
        return self.asked.partner

    @property
    def is_ours(self) -> bool:
        """Whether we asked."""
        return self.asked.direction is UpdateDirection.OUT

    @property
    def ends_at(self) -> datetime | None:
        """When nobody need wait for an answer any more: what begins unanswered does not begin."""
        return min((one for one in (self.asked.respond_by, self.asked.activate_by) if one is not None), default=None)


class StoredUpdates:
    """Reads in the caller's thread, writes through the one writer."""

    def __init__(self, database: Database, writer: GroupCommit, acts: Acts | None = None) -> None:
        self._database, self._writer, self._acts = database, writer, acts or Acts()

    # -- reading -------------------------------------------------------------------------------------------------

    def of(self, partner: str | None = None) -> list[KeptUpdate]:
        """The updates with a partner, or with all, in the order in which they came."""
        if partner is None:
            return self._rows(prepared.UPDATES)
        return self._rows(prepared.UPDATES_OF, partner=partner)

    def named(self, partner: str, direction: UpdateDirection, request_id: str) -> KeptUpdate | None:
        """A request of this id: ours is the only one, a partner may have used one id for several."""
        found = self._rows(prepared.UPDATE_NAMED, partner=partner, direction=direction.value, request_id=request_id)
        return found[0] if found else None

    def exact(self, asked: Asked) -> KeptUpdate | None:
        """This very request, if it is kept."""
        key = {
            "partner": asked.partner,
            "direction": asked.direction.value,
            "request_id": asked.request_id,
            "digest": asked.digest,
        }
        found = self._rows(prepared.UPDATE_EXACT, **key)
        return found[0] if found else None

    def get(self, row_id: int) -> KeptUpdate:
        """One update. Raises NotAgreed."""
        found = self._rows(prepared.UPDATE, row_id=row_id)
        if not found:
            raise NotAgreed(f"there is no update {row_id}", "n2n partner updates lists them")
        return found[0]

    def unanswered(self) -> list[KeptUpdate]:
        """What we asked and no partner has answered yet."""
        return self._rows(prepared.UPDATES_UNANSWERED)

    def waiting(self, partner: str) -> int:
        """How many updates of a partner wait for people."""
        return int(self._database.read(prepared.UPDATES_WAITING, {"partner": partner})[0][0])

    def accepted(self, partner: str) -> list[KeptUpdate]:
        """The accepted updates with a partner."""
        return [one for one in self.of(partner) if one.state is UpdateState.ACCEPTED]

    def due(self) -> list[KeptUpdate]:
        """Of what something is to be sent."""
        return self._rows(prepared.UPDATES_DUE)

    def approvals(self, row_id: int) -> list[Approval]:
        """Who has compared the fingerprints."""
        rows = self._database.read(prepared.UPDATE_APPROVALS, {"update_id": row_id})
        return [read_approval(row) for row in rows]

    def steps(self, row_id: int) -> list[Step]:
        """The life of an update."""
        return [read_step(row) for row in self._database.read(prepared.UPDATE_STEPS, {"update_id": row_id})]

    def mark(self) -> str:
        """A text that changes whenever an update was accepted: whoever holds a setting of before makes another."""
        count, latest = self._database.read(prepared.UPDATE_MARK, {})[0]
        return f"{count} {latest or ''}"

    def _rows(self, statement: Any, **values: Any) -> list[KeptUpdate]:
        return [read_row(row) for row in self._database.read(statement, values)]

    # -- writing -------------------------------------------------------------------------------------------------

    def record(self, asked: Asked, by: Acted, refusal: Answer | None = None, sending_id: str = "") -> tuple[KeptUpdate, bool]:
        """Keep a request, and whether it is new: one of ours to be sent under `sending_id`, or a partner's, that is refused at once with `refusal`.

        Raises StorageUnavailable.
        """

        def work(cursor: Cursor) -> bool:
            state = UpdateState.PROPOSED if refusal is None else UpdateState.REJECTED
            sending_id_ = sending_id if refusal is None else refusal.message_id
            row = {
                "partner": asked.partner,
                "direction": asked.direction.value,
                "request_id": asked.request_id,
                "digest": asked.digest,
                "state": state.value,
                "content": asked.content,
                "message_id": asked.carrier.message_id,
                "conversation_id": asked.carrier.conversation_id,
                "respond_by": None if asked.respond_by is None else instant(asked.respond_by),
                "activate_by": None if asked.activate_by is None else instant(asked.activate_by),
                "answer": None if refusal is None else refusal.octets,
                "sending": DUE if sending_id_ else "",
                "sending_id": sending_id_,
                "at": instant(by.at),
                "changed_at": instant(by.at),
            }
            found = cursor.execute(prepared.ADD_UPDATE, row).fetchone()
            if found is None:
                return False
            _LIFE.note(cursor, int(found[0]), "PROPOSE" if refusal is None else UpdateEvent.REJECT, ("", state), by)
            _act(cursor, asked, "PROPOSE" if refusal is None else UpdateEvent.REJECT.value, by, self._acts)
            return True

        added = self._writer.run(work, "update.record")
        found = self.exact(asked)
        assert found is not None
        return found, added

    def approve(self, row_id: int, by: Acted, answer: Answer) -> KeptUpdate:
        """One person has compared the fingerprints of a partner's update; the second one accepts it, and `answer` is owed.

        Raises NotAgreed where it is not ours to accept, or its time is over; StorageUnavailable.
        """

        def work(cursor: Cursor) -> None:
            found = _theirs(cursor, row_id)
            # Whether it can be accepted at all is told to the first person already.
            _following(found, UpdateEvent.ACCEPT)
            if found.ends_at is not None and found.ends_at <= by.at:
                raise NotAgreed(f"its time was over at {found.ends_at:%Y-%m-%dT%H:%M:%SZ}", "let the partner ask again")
            check_named(by)
            row = {"update_id": row_id, "who": folded(by.who), "at": instant(by.at), "why": by.why}
            added = cursor.execute(prepared.ADD_UPDATE_APPROVAL, row).rowcount
            if not added:
                raise NotAgreed(f"{by.who} has accepted it already, so another person must", "--who NAME says who accepts")
            _LIFE.note(cursor, row_id, "APPROVE", (found.state, found.state), by)
            _act(cursor, found.asked, "APPROVE", by, self._acts)
            names = people([one[1] for one in cursor.execute(prepared.UPDATE_APPROVALS, {"update_id": row_id}).fetchall()])
            if len(names) >= EYES:
                _move(cursor, found, UpdateEvent.ACCEPT, by, self._acts, answer.octets, answer.message_id)

        self._writer.run(work, "update.accept")
        return self.get(row_id)

    def reject(self, row_id: int, by: Acted, answer: Answer) -> KeptUpdate:
        """A partner's update is not wanted, and `answer` is owed. Raises NotAgreed, StorageUnavailable."""

        def work(cursor: Cursor) -> None:
            _move(cursor, _theirs(cursor, row_id), UpdateEvent.REJECT, by, self._acts, answer.octets, answer.message_id)

        self._writer.run(work)
        return self.get(row_id)

    def answered(self, row_id: int, event: UpdateEvent, by: Acted, octets: bytes) -> KeptUpdate:
        """The partner has answered what we asked. Raises NotAgreed for an answer that comes too late for its state, StorageUnavailable."""
        self._writer.run(lambda cursor: _move(cursor, _locked(cursor, row_id), event, by, self._acts, octets))
        return self.get(row_id)

    def expire(self, now: datetime) -> list[KeptUpdate]:
        """Those that nobody answered in time, which are over now. Raises StorageUnavailable."""
        over = [int(row[0]) for row in self._database.read(prepared.UPDATES_OVER, {"now": instant(now)})]

        def work(cursor: Cursor) -> list[int]:
            rows = [one for one in (_locked(cursor, row_id) for row_id in over) if one.state is UpdateState.PROPOSED]
            for one in rows:
                _move(cursor, one, UpdateEvent.EXPIRE, Acted("n2n", now, "nobody answered in time"), self._acts, None)
            return [one.id for one in rows]

        return [self.get(one) for one in self._writer.run(work)] if over else []

    def sent(self, row_id: int) -> None:
        """What was to be sent is a message now. Raises StorageUnavailable."""
        self._writer.run(lambda cursor: cursor.execute(prepared.UPDATE_SENT, {"row_id": row_id}).rowcount)


def recorded(database: Database) -> list[KeptUpdate]:
    """Every update, in the order in which they came."""
    return [read_row(row) for row in database.read(prepared.UPDATES, {})]


def accepted(read: Callable[..., list[Any]]) -> list[KeptUpdate]:
    """Every accepted update of partners and ours, the oldest first."""
    return [read_row(row) for row in read(prepared.UPDATES_ACCEPTED, {})]


def updates_with(cursor: Cursor, partner: str) -> list[KeptUpdate]:
    """The updates with a partner as a transaction sees them, the oldest first."""
    return [read_row(row) for row in cursor.execute(prepared.UPDATES_OF, {"partner": partner}).fetchall()]


def successors(
    agreed: Iterable[Certificate], updates: Iterable[KeptUpdate], at: datetime, *, ours: bool
) -> tuple[Certificate, ...]:
    """What accepted updates, of ours or else of the partner, have put in place of these certificates by then; each may be followed in its turn."""
    old, found = list(agreed), list[Certificate]()
    for one in updates:
        since = one.asked.activate_by
        if one.is_ours is not ours or one.state is not UpdateState.ACCEPTED or since is None or since > at:
            continue
        request = read_update(one.asked.content)
        if isinstance(request, UpdateRequest):
            found += [each.certificate for each in request.updates if any(map(each.replaces, (*old, *found)))]
    return tuple(dict.fromkeys(one for one in found if one not in old))


def accepted_by_one(database: Database) -> list[KeptUpdate]:
    """Updates of partners that were accepted with fewer than two names: there are none, whatever has happened to the node (INV-15)."""
    return [one for one in accepted(database.read) if not one.is_ours and len(_approvers(database, one.id)) < EYES]


def _approvers(database: Database, row_id: int) -> set[str]:
    return people([row["who"] for row in database.read(prepared.UPDATE_APPROVALS, {"update_id": row_id})])


# -- within a transaction --------------------------------------------------------------------------------------------


def _locked(cursor: Cursor, row_id: int) -> KeptUpdate:
    row = cursor.execute(prepared.LOCK_UPDATE, {"row_id": row_id}).fetchone()
    if row is None:
        raise NotAgreed(f"there is no update {row_id}", "n2n partner updates lists them")
    return read_row(row)


def _theirs(cursor: Cursor, row_id: int) -> KeptUpdate:
    found = _locked(cursor, row_id)
    if found.is_ours:
        raise NotAgreed(f"update {row_id} is ours: {found.partner} answers it", "n2n partner updates shows whether it has")
    return found


def _following(found: KeptUpdate, event: UpdateEvent) -> UpdateState:
    try:
        return step(found.asked.direction, found.state, event)
    except IllegalUpdateStep as error:
        raise NotAgreed(str(error), _LIFE.shown) from error


def _move(
    cursor: Cursor, found: KeptUpdate, event: UpdateEvent, by: Acted, acts: Acts, answer: bytes | None, sending_id: str = ""
) -> None:
    after = _following(found, event)
    new = {
        "new_answer": answer,
        # A question of ours that was never sent is not asked any more.
        "new_sending": DUE if sending_id else SENT if found.sending == SENT else "",
        "new_sending_id": sending_id or found.sending_id,
    }
    _LIFE.move(cursor, found.id, event, (found.state, after), by, **new)
    _act(cursor, found.asked, event.value, by, acts, answer)


def _act(cursor: Cursor, asked: Asked, event: str, by: Acted, acts: Acts, answer: bytes | None = None) -> None:
    """The log says the step as well, with the request and what was answered."""
    about = {"partner": asked.partner, "update": asked.request_id, "carrier": asked.carrier.message_id}
    octets = [asked.content] if answer is None else [asked.content, answer]
    acts(cursor, by, f"update {event.lower()}", about, octets)


# -- rows; the writer's know no names of columns ---------------------------------------------------------------------------


def read_row(row: Any) -> KeptUpdate:
    """Raises StoreUnreadable for a row that this node has not written so."""
    with whole(f"row {row[0]} of agreement_update, which is an update with {row[1]!r},"):
        return _read_update(row)


def _read_update(row: Any) -> KeptUpdate:
    row_id, partner, direction, request_id, digest, state, message_id, conversation_id, *rest = row
    respond_by, activate_by, sending, sending_id, at, changed_at, content, answer = rest
    asked = Asked(
        *(partner, UpdateDirection(direction), request_id, digest, bytes(content), Carrier(message_id, conversation_id)),
        *(read_instant_if_any(respond_by), read_instant_if_any(activate_by)),
    )
    return KeptUpdate(
        *(int(row_id), asked, UpdateState(state), None if answer is None else bytes(answer), sending, sending_id),
        *(read_instant(at), read_instant(changed_at)),
    )
