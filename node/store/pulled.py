"""Exchanges that the partner pulls: packaged before they are asked for, claimed the oldest first, and given up when nobody asks."""

from collections.abc import Sequence
from datetime import datetime

from node.ebms.states import IllegalTransition, OutboundEvent, OutboundState
from node.msh.next_action import is_second_leg, to_be_pulled
from node.msh.ports import Exchange, Packaged
from node.store import prepared
from node.store.connection import Cursor
from node.store.database import instant
from node.store.header_json import references_json
from node.store.log import append_noted
from node.store.outbound import Outbound, find, move, wire_json, write_state


class Pulled(Outbound):
    """The part of the outbound half that is pulled."""

    def freeze(self, packaged: Packaged, at: datetime) -> bool:
        """Freeze the octets (INV-8): SUBMITTED -> READY; False where that has been done, or the message has ended or is held."""
        pieces = [self.piece(segment) for segment in packaged.wire]
        signed, now = references_json(packaged.references), instant(at)
        said = self.entries.packaged(packaged, at)

        def work(cursor: Cursor) -> bool:
            row_id, state, *_ = find(cursor, packaged.message_id)
            if cursor.execute(prepared.PLAN, {"row_id": row_id}).fetchone()[3]:
                return False
            try:
                ready = move(cursor, row_id, state, OutboundEvent.PACKAGED, now)
            except IllegalTransition:
                return False
            partner, mpc = cursor.execute(prepared.CHANNEL, {"row_id": row_id}).fetchone()
            cursor.execute(
                prepared.FREEZE_EXCHANGE,
                {
                    "row_id": row_id,
                    "state": ready.value,
                    "changed_at": now,
                    "content_type": packaged.content_type,
                    "signed_references": signed,
                    "wire": wire_json(cursor, pieces),
                    "waits_for": to_be_pulled(partner, mpc),
                },
            )
            append_noted(cursor, said(partner))
            return True

        return self.writer.run(work)

    def unfrozen(self, partner: str, mpc: str, limit: int) -> Sequence[Exchange]:
        """What waits on this channel and is not packaged yet, the oldest first."""
        return self._read_exchanges(self.all(prepared.UNFROZEN, partner=partner, mpc=mpc, most=limit))

    def unfrozen_of_all(self, limit: int) -> Sequence[Exchange]:
        """The same of every channel."""
        return self._read_exchanges(self.all(prepared.UNFROZEN_OF_ALL, most=limit))

    def claim_pulled(self, partner: str, mpc: str, at: datetime, now: datetime, receipt_by: datetime) -> Exchange | None:
        """The oldest message of a channel that is ready: in one transaction its attempt begins and its receipt is awaited.

        Nobody else is given it until `receipt_by` has passed without a receipt, or an operator wants it.
        """
        written, due = instant(at), instant(receipt_by)
        wanted = {"partner": partner, "mpc": mpc, "now": instant(now), "most": 1}
        how = "on the connection of what it answers" if is_second_leg(mpc) else "pulled"

        def work(cursor: Cursor) -> str | None:
            row = cursor.execute(prepared.LOCK_PULLABLE, wanted).fetchone()
            if row is None:
                return None
            row_id, message_id, attempts = row
            sending = move(cursor, row_id, OutboundState.READY, OutboundEvent.ATTEMPT_STARTED, written, detail=how)
            awaiting = move(cursor, row_id, sending, OutboundEvent.TAKEN, written, detail="the receipt comes by callback")
            write_state(cursor, row_id, awaiting, written, due, attempts + 1)
            cursor.execute(prepared.RAISE_LEASE, {"row_id": row_id})
            return str(message_id)

        # Most pulls find nothing, and a look costs no transaction.
        if self.one(prepared.PULLABLE, **wanted) is None:
            return None
        message_id = self.writer.run(work, "pull.claim")
        return self.exchange(message_id) if message_id else None

    def explain(self, message_id: str, why: str) -> None:
        """Why it waits, in words for an operator."""

        def work(cursor: Cursor) -> None:
            row_id, state, *_ = find(cursor, message_id)
            if state is OutboundState.SUBMITTED:
                cursor.execute(prepared.EXPLAIN_EXCHANGE, {"row_id": row_id, "waits_for": why})

        self.writer.run(work)

    def unpulled(self, limit: int, now: datetime) -> Sequence[Exchange]:
        """What waits to be pulled and has passed its end, or has none since an operator let it go on."""
        states = (OutboundState.SUBMITTED, OutboundState.READY)
        rows = [row for state in states for row in self.all(prepared.UNPULLED, state=state.value, now=instant(now), most=limit)]
        return self._read_exchanges(rows)

    def end_pulling(self, message_id: str, end: datetime) -> None:
        """After this instant it is given up."""

        def work(cursor: Cursor) -> None:
            row_id, *_ = find(cursor, message_id)
            cursor.execute(prepared.END_EXCHANGE, {"row_id": row_id, "give_up_at": instant(end)})

        self.writer.run(work)
