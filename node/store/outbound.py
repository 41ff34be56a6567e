"""Exchanges: what was submitted, the octets frozen by packaging, every attempt and what it brought."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from node.ebms.errors import MissingReceipt
from node.ebms.message import PartInfo
from node.ebms.states import OUTBOUND, OutboundEvent, OutboundState, step
from node.evidence.entry import Kind
from node.msh.intervention import Intervention, NotPossible, Ordered, event_of
from node.msh.next_action import Decide, is_second_leg, to_be_pulled
from node.msh.octets import HeldOctets
from node.msh.ports import Exchange, Kept, LeaseLost, NotNow, Packaged, Settlement, SubmissionError, SubmittedPayload
from node.store import prepared
from node.store.connection import Cursor, Noted, Row
from node.store.database import instant, read_instant
from node.store.faults import ConstraintError
from node.store.header_json import read_references, read_user_message, references_json, user_message_json
from node.store.kept import PackedOctets, Piece, kept_of, packed_piece_of
from node.store.log import append_noted
from node.store.rows import OUT, Rows, add_payloads, add_step, payload_row

#: States in which something is still to happen.
OPEN = frozenset({OutboundState.SUBMITTED, OutboundState.READY, OutboundState.AWAITING_RECEIPT})
#: Events with which the count of attempts begins anew.
ANEW = frozenset({OutboundEvent.RESEND_ASKED, OutboundEvent.RESTARTED})


class Outbound(Rows):
    """The outbound half of `ports.Messages`."""

    def submit(self, exchange: Exchange) -> None:
        """Keep a submitted message (INV-1). Raises SubmissionError for a MessageId that was used before, StorageUnavailable."""
        row = _exchange_row(exchange)
        payloads = [_submitted_row(payload, self._submitted(payload)) for payload in exchange.payloads]

        def work(cursor: Cursor) -> None:
            try:
                cursor.execute(prepared.ADD_EXCHANGE, row)
                exchange_id = cursor.lastrowid or 0
                purged = {"message_id": exchange.message_id, "direction": OUT, "from_party": ""}
                if cursor.execute(prepared.PURGED_BEFORE, purged).fetchone():
                    raise ConstraintError("a message of this id was removed by retention")
            except ConstraintError as error:
                raise SubmissionError(
                    f"message id {exchange.message_id!r}: an earlier message has it; leave it out or choose another"
                ) from error
            add_payloads(cursor, OUT, exchange_id, payloads)
            cursor.wake()

        self.writer.run(work, "out.submit")

    def _submitted(self, payload: SubmittedPayload) -> Piece:
        """What will travel as gzip lies as gzip, and is compressed once."""
        return packed_piece_of(payload.octets, self.files) if payload.travels_packed else self.piece(payload.octets)

    def exchange(self, message_id: str) -> Exchange | None:
        """The exchange of a MessageId, its octets read only when asked for."""
        row = self.one(prepared.EXCHANGE, message_id=message_id)
        return None if row is None else self._read_exchange(row)

    def _read_exchange(self, row: Row) -> Exchange:
        return self._read_exchanges([row])[0]

    def _read_exchanges(self, rows: Sequence[Row]) -> list[Exchange]:
        payloads = self.payloads_of_all(OUT, [row["id"] for row in rows])
        return [self._exchange_of(row, payloads[row["id"]]) for row in rows]

    def _exchange_of(self, row: Row, payloads: list[tuple[Row, Kept]]) -> Exchange:
        user_message = read_user_message(row["header"])
        return Exchange(
            user_message=user_message,
            pmode_id=row["pmode_id"],
            partner=row["partner"],
            payloads=tuple(_read_payload(one, octets, user_message.payload_info[one["position"]]) for one, octets in payloads),
            submitted_at=read_instant(row["submitted_at"]),
            state=OutboundState(row["state"]),
            references=read_references(row["signed_references"]),
            content_type=row["content_type"],
            wire=self._read_wire(row["wire"]),
            attempts=row["attempts"],
            priority=row["priority"],
            due_at=read_instant(row["due_at"]) if row["due_at"] else None,
            give_up_at=read_instant(row["give_up_at"]) if row["give_up_at"] else None,
            waits_for=row["waits_for"],
            held=bool(row["held"]),
            lease=row["lease"],
            mpc=row["mpc"],
        )

    def _read_wire(self, text: str | None) -> tuple[Kept, ...]:
        return tuple(
            kept_of(row_id, size, sha256, file, self.database, self.files)
            for row_id, size, sha256, file in json.loads(text or "[]")
        )

    def packaged(self, packaged: Packaged, at: datetime) -> None:
        """Freeze the octets (INV-8) and start the first attempt: SUBMITTED -> READY -> SENDING."""
        pieces = [self.piece(segment) for segment in packaged.wire]
        signed, now = references_json(packaged.references), instant(at)
        said = self.entries.packaged(packaged, at)

        def work(cursor: Cursor) -> None:
            row_id, state, attempts, lease, partner, _ = lock(cursor, packaged.message_id)
            check_lease(packaged.message_id, lease, packaged.lease)
            check_wanted(cursor, row_id, state, packaged.message_id)
            ready = move(cursor, row_id, state, OutboundEvent.PACKAGED, now)
            sending = move(cursor, row_id, ready, OutboundEvent.ATTEMPT_STARTED, now)
            cursor.execute(
                prepared.PACKAGE_EXCHANGE,
                {
                    "row_id": row_id,
                    "state": sending.value,
                    "changed_at": now,
                    "due_at": None,
                    "waits_for": "",
                    "attempts": attempts + 1,
                    "content_type": packaged.content_type,
                    "signed_references": signed,
                    "wire": wire_json(cursor, pieces),
                },
            )
            append_noted(cursor, said(partner))

        self.writer.run(work, "out.packaged")

    def attempt_started(self, message_id: str, at: datetime, lease: int) -> None:
        """READY -> SENDING, one attempt more. Raises NotNow, LeaseLost."""
        now = instant(at)

        def work(cursor: Cursor) -> None:
            row_id, state, attempts, current = find(cursor, message_id)
            check_lease(message_id, current, lease)
            check_wanted(cursor, row_id, state, message_id)
            sending = move(cursor, row_id, state, OutboundEvent.ATTEMPT_STARTED, now)
            write_state(cursor, row_id, sending, now, None, attempts + 1)

        self.writer.run(work, "out.lease")

    def postpone(self, message_id: str, until: datetime, why: str) -> None:
        """It is due later; nothing happens to what has ended or is held meanwhile."""
        due = instant(until)

        def work(cursor: Cursor) -> None:
            row_id, state, *_ = find(cursor, message_id)
            before, end, _, held = cursor.execute(prepared.PLAN, {"row_id": row_id}).fetchone()
            if state in OPEN and before is not None and not held:
                put_plan(cursor, row_id, due, end, why)

        self.writer.run(work)

    def settle(self, settlement: Settlement) -> OutboundState:
        """What one attempt or one signal brought, with the answer as evidence; the state after it."""
        octets, root = HeldOctets(settlement.answer), HeldOctets(settlement.receipt)
        answer = self.piece(octets) if settlement.answer else None
        outcome = self.entries.settled(settlement, octets.sha256 if answer else None)
        # A receipt that came with others is kept by itself too.
        beside = (
            settlement.receipt and settlement.receipt != settlement.answer and settlement.event is OutboundEvent.RECEIPT_MATCHED
        )
        receipt = self.piece(root) if beside else None
        now = instant(settlement.at)

        def work(cursor: Cursor) -> OutboundState:
            row_id, state, attempts, lease, partner, end = lock(cursor, settlement.message_id)
            check_lease(settlement.message_id, lease, settlement.lease)
            answer_id = answer.add(cursor) if answer else None
            after = move(
                cursor,
                row_id,
                state,
                settlement.event,
                now,
                detail=settlement.detail,
                http_status=settlement.http_status,
                error_code=settlement.error_code,
                answer_id=answer_id,
                answer_content_type=settlement.answer_content_type or None,
            )
            decided = follow(cursor, row_id, after, attempts, now, settlement.decide)
            held = {"answer": answer_id} if answer_id is not None else {}
            if receipt is not None:
                held["receipt"] = receipt.add(cursor)
            for one in outcome.said(partner, attempts, end, state, after, decided):
                append_noted(cursor, one, held)
            return decided

        return self.writer.run(work, "out.settle")

    def doubted(self, message_id: str) -> int:
        """See `ports.Messages`."""
        row = self.one(prepared.EXCHANGE_STATE, message_id=message_id)
        count = 0
        for one in self.all(prepared.HISTORY, direction=OUT, owner_id=row["id"]) if row else ():
            count = 0 if one["event"] in ANEW else count + (one["event"] == OutboundEvent.REFUSAL_DOUBTED)
        return count

    def overdue(self, limit: int, now: datetime) -> list[Exchange]:
        """What was taken by the partner and whose receipt should be there by now."""
        return self._read_exchanges(self.all(prepared.OVERDUE, now=instant(now), most=limit))

    def order(
        self, order: Intervention, message_ids: Sequence[str], at: datetime, due: datetime, why: str, who: str = ""
    ) -> list[Ordered]:
        """Do what an operator wants with these messages, in one transaction; `at` is written down, `due` is when they wait no longer."""
        now, due_at = instant(at), instant(due)

        def work(cursor: Cursor) -> list[Ordered]:
            cursor.wake()
            done = [_order(cursor, order, message_id, now, due_at, why) for message_id in message_ids]
            for one in done:
                if not one.problem:
                    append_noted(cursor, self._ordered(cursor, order, one, at, why, who))
            return done

        return self.writer.run(work)

    def _ordered(self, cursor: Cursor, order: Intervention, one: Ordered, at: datetime, why: str, who: str) -> Noted:
        partner = lock(cursor, one.message_id)[4]
        about = {"message_id": one.message_id, "partner": partner, "direction": OUT}
        facts = {"before": one.before.value, "after": one.after.value}
        return self.entries.done(Kind.ACTED, at, who, order.value, why, about, facts=facts)

    def expired(self, limit: int, now: datetime) -> list[Exchange]:
        """What waits for another attempt and has passed its horizon."""
        return self._read_exchanges(self.all(prepared.EXPIRED, now=instant(now), most=limit))

    def never_tried(self, partner: str, limit: int, before: datetime) -> list[Exchange]:
        """What was submitted for a partner before an instant and had no attempt yet, the oldest first."""
        rows = self.all(prepared.NEVER_TRIED, partner=partner, before=instant(before), most=limit)
        return self._read_exchanges(rows)

    def open_circuit(self, partner: str, now: datetime, probe_at: datetime, failures: int, why: str) -> None:
        """Keep that a partner does not answer; the instant at which that began stays what it was."""
        row = {"partner": partner, "opened_at": instant(now), "probe_at": instant(probe_at), "failures": failures, "why": why}

        def work(cursor: Cursor) -> None:
            cursor.execute(prepared.OPEN_CIRCUIT, row)

        self.writer.run(work)

    def close_circuit(self, partner: str) -> None:
        """A partner answers again."""

        def work(cursor: Cursor) -> None:
            cursor.execute(prepared.CLOSE_CIRCUIT, {"partner": partner})

        self.writer.run(work)

    def shift(self, by: timedelta, now: datetime) -> int:
        """Move every instant that something waits for, since the clock that they were read from was set; how many exchanges.

        `now` is what the clock says since. What another process wrote by it already stays where it is. Only where one machine's clock rules the store.
        """
        # Between the two instants of a clock that was set forward lies nothing that was written by it before.
        since = instant(now - by / 2) if by > timedelta() else None
        if self.database.shared:
            # Other hosts' clocks are right, and this one's is now.
            return 0

        def stays(due: str | None, end: str | None, changed_at: str) -> bool:
            """A submission by another process since; what was tried has its times from this one, which goes by the clock before."""
            return since is not None and end is None and (due or "") > since and changed_at > since

        def moved(text: str | None) -> str | None:
            try:
                return instant(read_instant(text) + by) if text else None
            except OverflowError:
                return text

        def work(cursor: Cursor) -> int:
            rows = [row for row in cursor.execute(prepared.PLANS).fetchall() if not stays(*row[1:])]
            for row_id, due, end, _ in rows:
                cursor.execute(prepared.SHIFT_PLAN, {"row_id": row_id, "due_at": moved(due), "give_up_at": moved(end)})
            for partner, opened, probe, *_ in cursor.execute(prepared.CIRCUITS).fetchall():
                row = {"row_partner": partner, "opened_at": moved(opened), "probe_at": moved(probe)}
                cursor.execute(prepared.SHIFT_CIRCUIT, row)
            return len(rows)

        return self.writer.run(work)


def find(cursor: Cursor, message_id: str) -> tuple[int, OutboundState, int, int]:
    """Row id, state, attempts and lease of an exchange, which nobody else changes until this transaction ends. Raises LookupError."""
    return lock(cursor, message_id)[:4]


def lock(cursor: Cursor, message_id: str) -> tuple[int, OutboundState, int, int, str, str | None]:
    """As `find`, with its partner and when it is given up."""
    row = cursor.execute(prepared.LOCK_EXCHANGE, {"message_id": message_id}).fetchone()
    if row is None:
        raise LookupError(f"no exchange {message_id!r}")
    return row[0], OutboundState(row[1]), *row[2:]


def check_lease(message_id: str, current: int, claimed: int | None) -> None:
    """Nobody has claimed it since (INV-9). Raises LeaseLost."""
    if claimed is not None and claimed != current:
        raise LeaseLost(f"{message_id} was claimed anew meanwhile: lease {claimed} has become {current}")


def move(cursor: Cursor, row_id: int, state: OutboundState, event: OutboundEvent, now: str, **what: Any) -> OutboundState:
    """The state after an event, with its row in the history. Raises what `step` raises for an event that the state does not know."""
    after = step(OUTBOUND, state, event)
    add_step(cursor, OUT, row_id, now, state.value, event.value, after.value, **what)
    return after


def write_state(
    cursor: Cursor, row_id: int, state: OutboundState, now: str, due: str | None, attempts: int, waits_for: str = ""
) -> None:
    """The state that `move` found, in the exchange's own row."""
    values = {"row_id": row_id, "state": state.value, "changed_at": now, "due_at": due, "attempts": attempts}
    cursor.execute(prepared.MOVE_EXCHANGE, values | {"waits_for": waits_for})


def put_plan(cursor: Cursor, row_id: int, due: str | None, end: str | None, waits_for: str) -> None:
    """When the next thing happens, when everything ends, and what it waits for."""
    cursor.execute(prepared.PUT_PLAN, {"row_id": row_id, "due_at": due, "give_up_at": end, "waits_for": waits_for})


def check_wanted(cursor: Cursor, row_id: int, state: OutboundState, message_id: str) -> None:
    """An attempt may begin: nobody holds the exchange, and it has not ended since it was read. Raises NotNow."""
    due, _, _, held = cursor.execute(prepared.PLAN, {"row_id": row_id}).fetchone()
    if held:
        raise NotNow(f"{message_id} is held")
    if state is OutboundState.FAILED or (state is OutboundState.ACKNOWLEDGED and due is None):
        raise NotNow(f"{message_id} is {state} meanwhile")


def follow(cursor: Cursor, row_id: int, state: OutboundState, attempts: int, now: str, decide: Decide | None) -> OutboundState:
    """Write what follows an outcome in the same transaction, giving up included; the state then."""
    due, end, waits_for, held = cursor.execute(prepared.PLAN, {"row_id": row_id}).fetchone()
    if state not in OPEN:
        # While it is under way, what was asked for by `hold` still stands.
        write_state(cursor, row_id, state, now, None, attempts, waits_for if held and state is OutboundState.SENDING else "")
        return state
    if decide is None:
        write_state(cursor, row_id, state, now, due, attempts, waits_for)
        return state
    decided = decide(state, attempts, read_instant(end) if end else None)
    end = instant(decided.give_up_at) if decided.give_up_at else None
    if decided.gave_up is not None and not held:
        # spec: A 3.2
        state = move(cursor, row_id, state, OutboundEvent.GAVE_UP, now, detail=decided.gave_up, error_code=MissingReceipt.code)
    waits = state in OPEN and not held
    write_state(cursor, row_id, state, now, None, attempts)
    planned = instant(decided.due_at) if waits and decided.due_at else None
    put_plan(cursor, row_id, planned, end, waits_for if held else decided.waits_for if waits else "")
    return state


def _order(cursor: Cursor, order: Intervention, message_id: str, now: str, due: str, why: str) -> Ordered:
    row_id, state, attempts, _ = find(cursor, message_id)
    _, end, _, held = cursor.execute(prepared.PLAN, {"row_id": row_id}).fetchone()
    frozen, removed_at = cursor.execute(prepared.FROZEN, {"row_id": row_id}).fetchone()
    if removed_at and order is Intervention.RESEND:
        return Ordered(message_id, state, state, f"cannot be sent again: its payloads were removed by retention at {removed_at}")
    try:
        event = event_of(order, state, held=bool(held), frozen=bool(frozen))
    except NotPossible as error:
        return Ordered(message_id, state, state, str(error))
    partner, mpc = cursor.execute(prepared.CHANNEL, {"row_id": row_id}).fetchone()
    if mpc and not is_second_leg(mpc) and state is OutboundState.ACKNOWLEDGED:
        return Ordered(message_id, state, state, "is ACKNOWLEDGED, and the partner alone decides whether to pull again")
    after = move(cursor, row_id, state, event, now, detail=why)
    again, holds = order is Intervention.RESEND, order is Intervention.HOLD
    goes_on = again or (order is Intervention.RELEASE and after in OPEN)
    values = {
        "row_id": row_id,
        "state": after.value,
        "changed_at": now,
        # What is to be pulled is not due.
        "due_at": due if goes_on and (not mpc or is_second_leg(mpc) or after is OutboundState.AWAITING_RECEIPT) else None,
        # Held time is not the partner's: the horizon begins anew.
        "give_up_at": None if goes_on else end,
        "waits_for": why if holds else to_be_pulled(partner, mpc) if mpc and goes_on else "",
        "held": holds,
        "attempts": 0 if again else attempts,
    }
    cursor.execute(prepared.ORDERED, values)
    return Ordered(message_id, state, after)


def _exchange_row(exchange: Exchange) -> dict[str, object]:
    collaboration = exchange.user_message.collaboration_info
    now = instant(exchange.submitted_at)
    return {
        "message_id": exchange.message_id,
        "state": exchange.state.value,
        "partner": exchange.partner,
        "pmode_id": exchange.pmode_id,
        "service": collaboration.service.value,
        "action": collaboration.action,
        "conversation_id": collaboration.conversation_id,
        "submitted_at": now,
        "changed_at": now,
        "due_at": instant(exchange.due_at) if exchange.due_at else None if exchange.mpc else now,
        "give_up_at": instant(exchange.give_up_at) if exchange.give_up_at else None,
        "mpc": exchange.mpc,
        "attempts": exchange.attempts,
        "priority": exchange.priority,
        "waits_for": exchange.waits_for,
        "header": user_message_json(exchange.user_message),
    }


def _submitted_row(payload: SubmittedPayload, piece: Piece) -> tuple[dict[str, object], Piece]:
    row = payload_row(payload.media_type, piece, content_id=payload.part_info.href or "", name=payload.name)
    return row, piece


def _read_payload(row: Row, octets: Kept, part_info: PartInfo) -> SubmittedPayload:
    packed = octets.packed if isinstance(octets, PackedOctets) else None
    return SubmittedPayload(octets, row["media_type"], part_info, row["name"], packed)


def wire_json(cursor: Cursor, pieces: list[Piece]) -> str:
    """The segments as [octets id, size, sha256, file], so that reading an exchange needs no join."""
    return json.dumps([[piece.add(cursor), piece.size, piece.sha256, piece.file] for piece in pieces])
