"""Exchanges: what was submitted, the octets frozen by packaging, every attempt and what it brought."""

import json
import sqlite3
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from node.ebms.states import OUTBOUND, OutboundEvent, OutboundState, step
from node.msh.ports import Exchange, Kept, Packaged, Settlement, SubmissionError, SubmittedPayload
from node.store import prepared
from node.store.database import Database, instant, read_instant
from node.store.files import PayloadFiles
from node.store.group_commit import GroupCommit
from node.store.header_json import read_references, read_user_message, references_json, user_message_json
from node.store.kept import Piece, kept_of, piece_of, piece_of_bytes
from node.store.rows import OUT, Rows, add_payloads, add_step, payload_row


def wait_after(attempts: int) -> timedelta:
    """How long a message waits after its n-th failed attempt: 10 s, doubled each time, at most 10 minutes."""
    return timedelta(seconds=min(10 * 2 ** max(attempts - 1, 0), 600))


class Outbound(Rows):
    """The outbound half of `ports.Messages`."""

    def __init__(
        self,
        database: Database,
        writer: GroupCommit,
        files: PayloadFiles,
        wait_after: Callable[[int], timedelta] = wait_after,
    ) -> None:
        super().__init__(database, writer, files)
        self._wait_after = wait_after

    def submit(self, exchange: Exchange) -> None:
        """Keep a submitted message (INV-1). Raises SubmissionError for a MessageId that was used before, StorageUnavailable."""
        row = _exchange_row(exchange)
        payloads = [_submitted_row(payload, piece_of(payload.octets, self.files)) for payload in exchange.payloads]

        def work(cursor: sqlite3.Cursor) -> None:
            try:
                cursor.execute(prepared.ADD_EXCHANGE, row)
            except sqlite3.IntegrityError as error:
                raise SubmissionError(
                    f"message id {exchange.message_id!r}: an earlier message has it; leave it out or choose another"
                ) from error
            add_payloads(cursor, OUT, cursor.lastrowid or 0, payloads)

        self.writer.run(work, "out.submit")

    def exchange(self, message_id: str) -> Exchange | None:
        """The exchange of a MessageId, its octets read only when asked for."""
        row = self.one(prepared.EXCHANGE, message_id=message_id)
        return None if row is None else self._read_exchange(row)

    def _read_exchange(self, row: sqlite3.Row) -> Exchange:
        user_message = read_user_message(row["header"])
        payloads = self.payload_rows(OUT, row["id"])
        return Exchange(
            user_message=user_message,
            pmode_id=row["pmode_id"],
            partner=row["partner"],
            payloads=tuple(
                SubmittedPayload(octets, one["media_type"], user_message.payload_info[one["position"]], one["name"])
                for one, octets in payloads
            ),
            submitted_at=read_instant(row["submitted_at"]),
            state=OutboundState(row["state"]),
            references=read_references(row["signed_references"]),
            content_type=row["content_type"],
            wire=self._read_wire(row["wire"]),
            attempts=row["attempts"],
        )

    def _read_wire(self, text: str | None) -> tuple[Kept, ...]:
        return tuple(
            kept_of(row_id, size, sha256, file, self.database, self.files)
            for row_id, size, sha256, file in json.loads(text or "[]")
        )

    def packaged(self, packaged: Packaged, at: datetime) -> None:
        """Freeze the octets (INV-8) and start the first attempt: SUBMITTED -> READY -> SENDING."""
        pieces = [piece_of(segment, self.files) for segment in packaged.wire]
        signed, now = references_json(packaged.references), instant(at)

        def work(cursor: sqlite3.Cursor) -> None:
            row_id, state, attempts = find(cursor, packaged.message_id)
            ready = move(cursor, row_id, state, OutboundEvent.PACKAGED, now)
            sending = move(cursor, row_id, ready, OutboundEvent.ATTEMPT_STARTED, now)
            cursor.execute(
                prepared.PACKAGE_EXCHANGE,
                {
                    "row_id": row_id,
                    "state": sending.value,
                    "changed_at": now,
                    "due_at": None,
                    "attempts": attempts + 1,
                    "content_type": packaged.content_type,
                    "signed_references": signed,
                    "wire": _wire(cursor, pieces),
                },
            )

        self.writer.run(work, "out.packaged")

    def attempt_started(self, message_id: str, at: datetime) -> None:
        """READY -> SENDING, one attempt more."""
        now = instant(at)

        def work(cursor: sqlite3.Cursor) -> None:
            row_id, state, attempts = find(cursor, message_id)
            sending = move(cursor, row_id, state, OutboundEvent.ATTEMPT_STARTED, now)
            write_state(cursor, row_id, sending, now, None, attempts + 1)

        self.writer.run(work, "out.lease")

    def settle(self, settlement: Settlement) -> OutboundState:
        """What one attempt or one signal brought, with the answer as evidence; the state after it."""
        answer = piece_of_bytes(settlement.answer, self.files) if settlement.answer else None
        now = instant(settlement.at)

        def work(cursor: sqlite3.Cursor) -> OutboundState:
            row_id, state, attempts = find(cursor, settlement.message_id)
            after = move(
                cursor,
                row_id,
                state,
                settlement.event,
                now,
                detail=settlement.detail,
                http_status=settlement.http_status,
                error_code=settlement.error_code,
                answer_id=answer.add(cursor) if answer else None,
                answer_content_type=settlement.answer_content_type or None,
            )
            due = instant(settlement.at + self._wait_after(attempts)) if after is OutboundState.READY else None
            write_state(cursor, row_id, after, now, due, attempts)
            return after

        return self.writer.run(work, "out.settle")

    def sendable(self, limit: int, now: datetime, without: Collection[str] = ()) -> list[Exchange]:
        """What is SUBMITTED or READY and due, the longest due first, leaving out these partners."""
        rows = self.all(prepared.TO_SEND, now=instant(now), most=limit, without=json.dumps(list(without)))
        return [self._read_exchange(row) for row in rows]

    def recover(self, now: datetime) -> int:
        """Void every attempt that a dead process left in SENDING, so that the same octets go again; how many there were.

        Only for the process that alone sends, before it begins to.
        """
        at = instant(now)

        def work(cursor: sqlite3.Cursor) -> int:
            cursor.execute(prepared.DUE_NOW, {"now": at})
            rows = cursor.execute(prepared.SENDING).fetchall()
            for row_id, _, attempts in rows:
                detail = "the node stopped during the attempt; the same octets are sent again"
                after = move(cursor, row_id, OutboundState.SENDING, OutboundEvent.ATTEMPT_FAILED, at, detail=detail)
                write_state(cursor, row_id, after, at, at, attempts)
            return len(rows)

        return self.writer.run(work)

    def clock_went_back(self, now: datetime) -> int:
        """Make due what a clock that was ahead has put off to a time that is far away again (INV-11); how many messages."""
        return self.writer.run(lambda cursor: cursor.execute(prepared.DUE_NOW, {"now": instant(now)}).rowcount)


def find(cursor: sqlite3.Cursor, message_id: str) -> tuple[int, OutboundState, int]:
    """Row id, state and attempts of an exchange. Raises LookupError."""
    row = cursor.execute(prepared.EXCHANGE_STATE, {"message_id": message_id}).fetchone()
    if row is None:
        raise LookupError(f"no exchange {message_id!r}")
    return row[0], OutboundState(row[1]), row[2]


def move(cursor: sqlite3.Cursor, row_id: int, state: OutboundState, event: OutboundEvent, now: str, **what: Any) -> OutboundState:
    """The state after an event, with its row in the history. Raises what `step` raises for an event that the state does not know."""
    after = step(OUTBOUND, state, event)
    add_step(cursor, OUT, row_id, now, state.value, event.value, after.value, **what)
    return after


def write_state(cursor: sqlite3.Cursor, row_id: int, state: OutboundState, now: str, due: str | None, attempts: int) -> None:
    """The state that `move` found, in the exchange's own row."""
    values = {"row_id": row_id, "state": state.value, "changed_at": now, "due_at": due, "attempts": attempts}
    cursor.execute(prepared.MOVE_EXCHANGE, values)


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
        "due_at": now,
        "attempts": exchange.attempts,
        "header": user_message_json(exchange.user_message),
    }


def _submitted_row(payload: SubmittedPayload, piece: Piece) -> tuple[dict[str, object], Piece]:
    row = payload_row(payload.media_type, piece, content_id=payload.part_info.href or "", name=payload.name)
    return row, piece


def _wire(cursor: sqlite3.Cursor, pieces: list[Piece]) -> str:
    """The segments as [octets id, size, sha256, file], so that reading an exchange needs no join."""
    return json.dumps([[piece.add(cursor), piece.size, piece.sha256, piece.file] for piece in pieces])
