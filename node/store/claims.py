"""Who sends what: a worker claims what is due, and what a dead one left is claimed anew (INV-9)."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from node.ebms.states import OutboundEvent, OutboundState
from node.msh.ports import Exchange
from node.store import prepared
from node.store.connection import Cursor, Row, RowClasses
from node.store.database import instant, read_instant
from node.store.outbound import Outbound, find, move, put_plan, write_state
from node.store.values import Worker

#: A worker that was not alive for so long is no longer listed.
FORGET_AFTER: Final = timedelta(days=1)
#: An attempt that no worker makes, as a gate does by callback, is lost after so long.
ALONE: Final = timedelta(minutes=15)
#: Later than every instant.
LATEST: Final = "9999"
_Exchange: Final = RowClasses().of(prepared.EXCHANGE_COLUMNS)


class Claims(Outbound):
    """The leases of the outbound half, and the workers that hold them."""

    def claim(self, worker: str, most: int, now: datetime, without: Collection[str] = ()) -> list[Exchange]:
        """Take what is to be sent and due: of each partner, but for these, up to `most`, by priority and then the longest due first."""
        at = instant(now)
        due = [(pair["partner"], pair["priority"]) for pair in self.all(prepared.DUE_PAIRS) if pair["due_at"] <= at]
        pairs = sorted(
            ((partner, priority) for partner, priority in due if partner not in without), key=lambda one: (one[0], -one[1])
        )
        if not pairs:
            # Most looks find nothing, and cost no transaction.
            return []

        def work(cursor: Cursor) -> list[Row]:
            rows: list[Row] = []
            taken: dict[str, int] = {}
            for partner, priority in pairs:
                if (left := most - taken.get(partner, 0)) > 0:
                    found = _claim(cursor, worker, partner, priority, at, left)
                    taken[partner] = taken.get(partner, 0) + len(found)
                    rows += found
            return rows

        return self._read_exchanges(self.writer.run(work, "out.claim"))

    def release(self, claimed: Sequence[Exchange]) -> None:
        """Give back what was claimed and not begun."""

        def work(cursor: Cursor) -> None:
            for one in claimed:
                cursor.execute(prepared.RELEASE, {"of_message": one.message_id, "of_lease": one.lease})

        self.writer.run(work)

    def release_others(self, worker: str, in_hand: Collection[str]) -> int:
        """Give back what this worker has claimed without having heard of it, since the answer was lost; how many messages that were."""

        def work(cursor: Cursor) -> int:
            lost = [row for row in cursor.execute(prepared.CLAIMED, {"worker": worker}).fetchall() if row[0] not in in_hand]
            for message_id, lease in lost:
                cursor.execute(prepared.RELEASE, {"of_message": message_id, "of_lease": lease})
            return len(lost)

        return self.writer.run(work)

    def put_back(self, claimed: Exchange, at: datetime, until: datetime, why: str) -> None:
        """Give back what failed here, not before it has rested; an attempt that had begun has failed. Nothing when the lease is lost."""
        now, due = instant(at), instant(until)

        def work(cursor: Cursor) -> None:
            row_id, state, attempts, lease = find(cursor, claimed.message_id)
            if lease != claimed.lease:
                return
            before, end, waits_for, held = cursor.execute(prepared.PLAN, {"row_id": row_id}).fetchone()
            if state is OutboundState.SENDING:
                state = move(cursor, row_id, state, OutboundEvent.ATTEMPT_FAILED, now, detail=why)
                write_state(cursor, row_id, state, now, None, attempts, waits_for)
            waits = not held and (before is not None or state is OutboundState.READY)
            put_plan(cursor, row_id, due if waits else None, end, why if waits else waits_for)

        self.writer.run(work)

    def lapsed(self, now: datetime) -> int:
        """Void every attempt of a worker that is not alive, so that the same octets go again; how many there were."""
        return self._void(now, instant(now - ALONE))

    def _void(self, now: datetime, alone_since: str) -> int:
        at = instant(now)

        def work(cursor: Cursor) -> int:
            rows = cursor.execute(prepared.LAPSED, {"alone_since": alone_since}).fetchall()
            for row_id, _, attempts in rows:
                detail = "the node stopped during the attempt; the same octets are sent again"
                after = move(cursor, row_id, OutboundState.SENDING, OutboundEvent.ATTEMPT_FAILED, at, detail=detail)
                held = cursor.execute(prepared.PLAN, {"row_id": row_id}).fetchone()[3]
                write_state(cursor, row_id, after, at, None if held else at, attempts)
                # Should it live after all, it writes nothing any more.
                cursor.execute(prepared.VOID_LEASE, {"row_id": row_id})
            return len(rows)

        return self.writer.run(work)

    def recover(self, now: datetime) -> int:
        """Take up what the process before left; how many attempts it had begun. Only where one process alone serves, before it begins to send."""

        def work(cursor: Cursor) -> None:
            cursor.execute(prepared.VOID_WORKERS)
            cursor.execute(prepared.DUE_NOW, {"now": instant(now)})

        self.writer.run(work)
        # Whatever the clock said when it began.
        return self._void(now, LATEST)

    # -- workers -------------------------------------------------------------------------------------------------

    def alive(self, name: str, place: str, now: datetime) -> None:
        """This worker is alive now, and for a while longer."""
        row = {"name": name, "place": place, "started_at": instant(now)}

        def work(cursor: Cursor) -> None:
            cursor.execute(prepared.ALIVE, row)
            cursor.execute(prepared.FORGET_WORKERS, {"before": instant(now - FORGET_AFTER)})

        self.writer.run(work)

    def retire(self, name: str) -> None:
        """This worker ends: whatever it has claimed is free."""

        def work(cursor: Cursor) -> None:
            cursor.execute(prepared.RETIRE, {"name": name})
            cursor.wake()

        self.writer.run(work)

    def workers(self) -> list[Worker]:
        """Those that are alive, the longest first, each with what it alone does."""
        duties: dict[str, list[str]] = {}
        for row in self.all(prepared.DUTIES):
            duties.setdefault(row["worker"], []).append(row["name"])
        return [
            Worker(row["name"], row["place"], read_instant(row["started_at"]), tuple(duties.get(row["name"], ())))
            for row in self.all(prepared.WORKERS)
        ]

    def served(self) -> bool:
        """Whether some process serves this store, as far as those that share a database can know; otherwise the lock of the home tells."""
        return self.database.shared and bool(self.workers())

    def take_duty(self, duty: str, worker: str) -> bool:
        """Whether this worker is the one that does it: it was before, nobody was, or whoever was is not alive."""
        holders = {row["name"]: row["worker"] for row in self.all(prepared.DUTIES)}
        if duty in holders:
            # Asked every second; only what is free costs a transaction.
            return bool(holders[duty] == worker)

        def work(cursor: Cursor) -> bool:
            return cursor.execute(prepared.TAKE_DUTY, {"name": duty, "worker": worker}).rowcount > 0

        return self.writer.run(work)


def _claim(cursor: Cursor, worker: str, partner: str, priority: int, at: str, most: int) -> list[Row]:
    values = {"worker": worker, "of_partner": partner, "of_priority": priority, "now": at, "most": most}
    rows = [_Exchange(row) for row in cursor.execute(prepared.CLAIM, values).fetchall()]
    return sorted(rows, key=lambda row: (row["due_at"], row["id"]))
