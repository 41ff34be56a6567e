"""Inbound messages: accepted exactly once with the receipt that answers them, then handed over."""

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from node.ebms.message import PartInfo
from node.ebms.states import INBOUND, InboundEvent, InboundState, step
from node.evidence.entry import Kind
from node.failpoints import failpoint
from node.msh.octets import HeldOctets
from node.msh.ports import Acceptance, Accepted, AcceptedPayload, ContentDiffers, FirstLeg, Kept, NoLongerKept, StorageUnavailable
from node.store import prepared
from node.store.connection import Cursor, Row
from node.store.database import instant, read_instant
from node.store.header_json import party_key, read_user_message, user_message_json
from node.store.kept import Piece
from node.store.log import append_noted
from node.store.rows import IN, Rows, add_payloads, add_step, payload_row
from node.store.to_post import add_receipt, receipt_again
from node.store.values import InboundMessage

#: What verification ends with; the row itself begins as ACCEPTED, since nothing is stored before.
_RECEIVED, _ACCEPT = InboundState.RECEIVED, InboundEvent.ACCEPTED
_ACCEPTED = step(INBOUND, _RECEIVED, _ACCEPT)

#: What an operator decides, and nobody else.
_BY_HAND: Final = frozenset({InboundEvent.DELIVER_AGAIN, InboundEvent.DECIDED})
#: Later than any instant.
_EVER: Final = "9999"
#: A message that could not be handed over never rests longer.
LONGEST_REST: Final = timedelta(minutes=15)

log = logging.getLogger("node.store.inbound")


class Inbound(Rows):
    """The inbound half of `ports.Messages`, and the hand-over."""

    def accept_once(self, accepted: Accepted) -> Acceptance:
        """Accept, or find the duplicate. Raises ContentDiffers, StorageUnavailable."""
        from_party = party_key(accepted.user_message.from_party)
        if any(payload.octets.size > 65_536 for payload in accepted.payloads):
            # Nothing large is made durable for a message that was accepted before.
            seen = self._find_duplicate(accepted, from_party)
            if seen is not None:
                return seen
        failpoint("in.13.after_lookup")
        row = _inbound_row(accepted, from_party)
        shown = [HeldOctets(accepted.envelope), HeldOctets(accepted.receipt)]
        said = self.entries.received(accepted, *[one.sha256 for one in shown])
        envelope, receipt = [self.piece(one) for one in shown]
        payloads = [_accepted_row(payload, self.piece(payload.octets)) for payload in accepted.payloads]

        def work(cursor: Cursor) -> Acceptance | None:
            kept = {"envelope_id": envelope.add(cursor), "receipt_id": receipt.add(cursor)}
            cursor.execute(prepared.ADD_INBOUND, row | kept)
            if cursor.rowcount == 0:
                raise _SeenBefore
            row_id = cursor.lastrowid
            purged = {"message_id": row["message_id"], "direction": IN, "from_party": from_party}
            if (gone := cursor.execute(prepared.PURGED_BEFORE, purged).fetchone()) is not None:
                raise no_longer_kept(accepted, gone)
            held = {"envelope": kept["envelope_id"], "receipt": kept["receipt_id"]}
            append_noted(cursor, said, held | add_payloads(cursor, IN, row_id, payloads))
            if accepted.receipt_later:
                add_receipt(cursor, row_id, kept["receipt_id"], accepted)
            flagged = accepted.age.words if accepted.age else ""
            add_step(cursor, IN, row_id, str(row["received_at"]), _RECEIVED.value, _ACCEPT.value, _ACCEPTED.value, flagged)
            cursor.wake()
            return None

        try:
            self.writer.run(work, "in.15")
        except _SeenBefore:
            seen = self._find_duplicate(accepted, from_party)
            if seen is None:
                raise StorageUnavailable("a message vanished while its duplicate was judged") from None
            return seen
        return Acceptance(False, accepted.receipt, accepted.receipt_content_type)

    def _find_duplicate(self, accepted: Accepted, from_party: str) -> Acceptance | None:
        """The stored receipt of a message seen before; nothing but a counter changes (INV-5). Raises ContentDiffers (INV-6)."""
        message_id = accepted.user_message.message_info.message_id
        row = self.one(prepared.SEEN_BEFORE, from_party=from_party, message_id=message_id)
        if row is None:
            gone = self.one(prepared.PURGED_BEFORE, message_id=message_id, direction=IN, from_party=from_party)
            if gone is not None:
                raise no_longer_kept(accepted, gone)
            return None
        if row["fingerprint"] != accepted.fingerprint:
            log.error(
                "ALARM: %s sent other content under the MessageId %s than was accepted at %s; it is refused",
                accepted.pmode.partner,
                message_id,
                row["received_at"],
            )
            raise ContentDiffers(f"{message_id} of {accepted.pmode.partner}, accepted {row['received_at']} with other content")
        row_id = row["id"]

        def work(cursor: Cursor) -> None:
            cursor.execute(prepared.COUNT_DUPLICATE, {"row_id": row_id})
            if accepted.receipt_later:
                receipt_again(cursor, row_id, row["receipt_id"], row["receipt_content_type"], accepted)

        self.writer.run(work)
        receipt = b"".join(self.kept(row["receipt_id"]).chunks())
        return Acceptance(True, receipt, row["receipt_content_type"])

    # -- hand-over -----------------------------------------------------------------------------------------------

    def deliverable(self, limit: int, now: datetime | None = None) -> list[InboundMessage]:
        """Accepted messages that wait for the Consumer, the oldest first; without `now` those too that rest. Test messages never wait."""
        at, latest = (instant(now), instant(now + LONGEST_REST)) if now else (_EVER, _EVER)
        return [self._read(row) for row in self.all(prepared.TO_DELIVER, most=limit, now=at, latest=latest)]

    def waiting(self, most: int) -> int:
        """How many messages wait for the Consumer, counted up to `most`."""
        return int(self.all(prepared.WAITING, most=most)[0][0])

    def inbound(self, message_id: str) -> list[InboundMessage]:
        """Every accepted message of this MessageId: one for each sender that used it."""
        return [self._read(row) for row in self.all(prepared.INBOUND_OF, message_id=message_id)]

    def received(self, partner: str, message_id: str) -> FirstLeg | None:
        """The message of this MessageId that was accepted from a partner."""
        rows = self.all(prepared.INBOUND_OF, message_id=message_id)
        found = (FirstLeg(row["service"], row["action"], row["conversation_id"]) for row in rows if row["partner"] == partner)
        return next(found, None)

    def delivered(self, row_id: int, at: datetime, detail: str = "") -> InboundState:
        """The Consumer has it."""
        return self._move(row_id, InboundEvent.DELIVERED, at, detail)

    def delivered_all(self, rows: Sequence[tuple[int, str]], at: datetime) -> None:
        """The Consumer has all of these (row id and detail), recorded in one transaction."""
        now = instant(at)

        def work(cursor: Cursor) -> None:
            for row_id, detail in rows:
                self._step_on(cursor, row_id, InboundEvent.DELIVERED, now, detail, at)

        self.writer.run(work, "hand_over")

    def delivery_attempted(self, row_id: int, at: datetime, detail: str, rest: timedelta, most: int = 5) -> InboundState:
        """The Consumer was offered it in vain: it rests until `at + rest`, or is set aside after `most` attempts."""
        now = instant(at)

        def work(cursor: Cursor) -> InboundState:
            found = cursor.execute(prepared.DELIVERY_ATTEMPTS, {"row_id": row_id}).fetchone()
            if found is None:
                raise LookupError(f"no inbound message {row_id}")
            if found[1] != InboundState.ACCEPTED:
                return InboundState(found[1])
            attempts = found[0] + 1
            last = attempts >= most
            until = None if last else instant(at + rest)
            cursor.execute(prepared.REST_INBOUND, {"row_id": row_id, "delivery_attempts": attempts, "deliver_at": until})
            if not last:
                return InboundState.ACCEPTED
            return self._step_on(
                cursor, row_id, InboundEvent.DELIVERY_FAILED, now, f"set aside after {attempts} attempts: {detail}", at
            )

        return self.writer.run(work, "hand_over")

    def delivery_failed(self, row_id: int, at: datetime, detail: str) -> InboundState:
        """The Consumer could not be given it; an operator decides what next."""
        return self._move(row_id, InboundEvent.DELIVERY_FAILED, at, detail)

    def deliver_again(self, row_id: int, at: datetime, detail: str = "", who: str = "") -> InboundState:
        """A failed delivery waits for the Consumer once more, under the same delivery id and with all its attempts."""
        return self._again(row_id, InboundEvent.DELIVER_AGAIN, at, detail, who)

    def decided(self, row_id: int, at: datetime, detail: str, who: str = "") -> InboundState:
        """What was delivered to the place for what is held waits for its delivery to another one, under the same delivery id."""
        return self._again(row_id, InboundEvent.DECIDED, at, detail, who)

    def _again(self, row_id: int, event: InboundEvent, at: datetime, detail: str, who: str) -> InboundState:
        now = instant(at)

        def work(cursor: Cursor) -> InboundState:
            after = self._step_on(cursor, row_id, event, now, detail, at, who)
            cursor.execute(prepared.REST_INBOUND, {"row_id": row_id, "delivery_attempts": 0, "deliver_at": None})
            cursor.wake()
            return after

        return self.writer.run(work, "hand_over")

    def _move(self, row_id: int, event: InboundEvent, at: datetime, detail: str) -> InboundState:
        now = instant(at)

        return self.writer.run(lambda cursor: self._step_on(cursor, row_id, event, now, detail, at), "hand_over")

    def _step_on(
        self, cursor: Cursor, row_id: int, event: InboundEvent, now: str, detail: str, at: datetime, who: str = ""
    ) -> InboundState:
        """One step of one inbound message, with its history row."""
        row = cursor.execute(prepared.INBOUND_STATE, {"row_id": row_id}).fetchone()
        if row is None:
            raise LookupError(f"no inbound message {row_id}")
        state = InboundState(row[0])
        after = step(INBOUND, state, event)
        add_step(cursor, IN, row_id, now, state.value, event.value, after.value, detail)
        cursor.execute(prepared.MOVE_INBOUND, {"row_id": row_id, "state": after.value, "changed_at": now})
        if event is InboundEvent.DELIVERED:
            append_noted(cursor, self.entries.delivered(row[1], row[2], at, detail))
        elif event in _BY_HAND:
            about = {"message_id": row[1], "partner": row[2], "direction": IN}
            append_noted(cursor, self.entries.done(Kind.ACTED, at, who, event.value, detail, about))
        return after

    def _read(self, row: Row) -> InboundMessage:
        user_message = read_user_message(row["header"])
        return InboundMessage(
            id=row["id"],
            state=InboundState(row["state"]),
            user_message=user_message,
            partner=row["partner"],
            pmode_id=row["pmode_id"],
            received_at=read_instant(row["received_at"]),
            payloads=tuple(
                _read_accepted(one, octets, user_message.payload_info[one["position"]])
                for one, octets in self.payload_rows(IN, row["id"])
            ),
            signer_sha256=row["signer_sha256"],
            peer_address=row["peer_address"],
            duplicates=row["duplicates"],
            test_service=bool(row["test_service"]),
            envelope=self.kept(row["envelope_id"]),
            receipt=self.kept(row["receipt_id"]),
            receipt_content_type=row["receipt_content_type"],
            delivery_attempts=row["delivery_attempts"],
            deliver_at=read_instant(row["deliver_at"]) if row["deliver_at"] else None,
        )


def no_longer_kept(accepted: Accepted, gone: Row) -> NoLongerKept:
    """The refusal of a message of which nothing is left but that it was here."""
    fingerprint, purged_at, received_at = gone
    content = "the same" if fingerprint == accepted.fingerprint else "other"
    message_id, partner = accepted.user_message.message_info.message_id, accepted.pmode.partner
    return NoLongerKept(
        f"{message_id} of {partner}, accepted {received_at} and removed {purged_at}, came again with {content} content"
    )


class _SeenBefore(Exception):
    """This sender and MessageId have a row already."""


def _inbound_row(accepted: Accepted, from_party: str) -> dict[str, Any]:
    message, now = accepted.user_message, instant(accepted.received_at)
    collaboration = message.collaboration_info
    return {
        "from_party": from_party,
        "message_id": message.message_info.message_id,
        "state": _ACCEPTED.value,
        "partner": accepted.pmode.partner,
        "pmode_id": accepted.pmode.id,
        "service": collaboration.service.value,
        "action": collaboration.action,
        "conversation_id": collaboration.conversation_id,
        "received_at": now,
        "changed_at": now,
        "test_service": accepted.pmode.test_service,
        "fingerprint": accepted.fingerprint,
        "signer_sha256": accepted.signer_sha256,
        "peer_address": accepted.peer.address,
        "peer_tls_sha256": tls_sha256(accepted.peer.certificate),
        "header": user_message_json(message),
        "receipt_content_type": accepted.receipt_content_type,
    }


def tls_sha256(certificate: bytes | None) -> str | None:
    """The fingerprint of a TLS client certificate."""
    return hashlib.sha256(certificate).hexdigest() if certificate else None


def _accepted_row(payload: AcceptedPayload, piece: Piece) -> tuple[dict[str, object], Piece]:
    row = payload_row(
        payload.media_type,
        piece,
        content_id=payload.content_id,
        compressed=payload.compressed,
        inflated_size=payload.inflated_size,
    )
    return row, piece


def _read_accepted(row: Row, octets: Kept, part_info: PartInfo) -> AcceptedPayload:
    return AcceptedPayload(
        octets=octets,
        part_info=part_info,
        media_type=row["media_type"],
        compressed=bool(row["compressed"]),
        inflated_size=row["inflated_size"],
        content_id=row["content_id"],
    )
