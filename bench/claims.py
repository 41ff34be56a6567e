"""Claims of due work with a long queue: how many messages a second a worker can take under leases, on each database."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from node.ebms.message import CollaborationInfo, MessageInfo, Party, PartyId, Service, UserMessage
from node.store.database import instant
from node.store.header_json import user_message_json
from node.store.messages import Store, open_store
from node.store.wording import Wording

_US, _THEM = (Party((PartyId(name, "urn:x"),), "customs") for name in ("TW-CUSTOMS", "KR-CUSTOMS"))
_COLLABORATION = CollaborationInfo(Service("urn:n2n:customs:svc:co"), "co.certificate", "c1@bench.example")
_MESSAGE: Final = UserMessage(MessageInfo("2026-11-24T08:00:00.000Z", "m1@bench.example"), _US, _THEM, _COLLABORATION, (), ())
NOW: Final = datetime(2026, 11, 24, 8, tzinfo=UTC)
PARTNERS: Final = 30
#: Messages in one claim.
BATCH: Final = 16

#: Messages that wait, with what their columns hold in service but for the octets; ids go on where they ended.
_FILL: Final = Wording(
    """INSERT INTO exchange (message_id, state, partner, pmode_id, service, action, conversation_id, submitted_at, changed_at, due_at, attempts, header)
    WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last)
    SELECT 'm' || i || '@bench.example', :state, 'p' || (i % :partners), 'p/send', 'urn:n2n:customs:svc:co', 'co.certificate', 'c' || i,
    :at, :at, :due_at, 0, replace(:header, 'm1@bench.example', 'm' || i || '@bench.example') FROM n""",
    """INSERT INTO exchange (message_id, state, partner, pmode_id, service, action, conversation_id, submitted_at, changed_at, due_at, attempts, header)
    SELECT 'm' || i || '@bench.example', %(state)s::TEXT, 'p' || (i %% %(partners)s::BIGINT), 'p/send', 'urn:n2n:customs:svc:co', 'co.certificate',
    'c' || i, %(at)s::TEXT, %(at)s::TEXT, %(due_at)s::TEXT, 0,
    replace(%(header)s::TEXT, 'm1@bench.example', 'm' || i || '@bench.example') FROM generate_series(%(first)s::BIGINT, %(last)s::BIGINT) i""",
)


_BEGIN: Final = "UPDATE exchange SET state = 'SENDING', due_at = NULL WHERE leased_by = 'bench' AND due_at IS NOT NULL AND state = 'SUBMITTED'"


@dataclass(frozen=True)
class Measured:
    """Messages claimed a second, and seconds of a look that finds nothing."""

    database: str
    pending: int
    rate: float
    empty: float


def measure(folder: Path, url: str = "", *, pending: int = 100_000, claims: int = 200) -> Measured:
    """Claim batches of one partner after the other while `pending` messages wait."""
    with closing(open_store(folder, lambda: "bench", NOW, url=url)) as store:
        fill(store, 1, pending, state="SUBMITTED", due=NOW)
        store.messages.alive("bench", "here", NOW)
        seconds = [_claim(store) for _ in range(claims)]
        empty = [_timed(lambda: store.messages.claim("bench", BATCH, NOW - timedelta(days=1))) for _ in range(50)]
    # A claim takes a batch of every partner.
    rate = BATCH * PARTNERS / statistics.median(seconds)
    return Measured("PostgreSQL" if url else "SQLite", pending, rate, statistics.median(empty))


def _claim(store: Store) -> float:
    """Seconds of one claim; what was claimed is then begun, as a worker does with it."""
    began = time.perf_counter()
    taken = store.messages.claim("bench", BATCH, NOW)
    seconds = time.perf_counter() - began
    assert len(taken) == BATCH * PARTNERS, len(taken)
    store.messages.writer.run(lambda cursor: cursor.execute(_BEGIN) and None)
    return seconds


def _timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def fill(store: Store, first: int, last: int, *, state: str, due: datetime | None) -> None:
    """Rows `first` to `last` of the outbound table, a transaction each hundred thousand."""
    header = user_message_json(_MESSAGE)
    for start, end in _pieces(first, last):
        row = {
            "state": state,
            "partners": PARTNERS,
            "at": instant(NOW),
            "due_at": instant(due) if due else None,
            "header": header,
        }
        store.messages.writer.run(
            lambda cursor, a=start, b=end, row=row: cursor.execute(_FILL, row | {"first": a, "last": b}) and None
        )


def _pieces(first: int, last: int) -> Iterator[tuple[int, int]]:
    for start in range(first, last + 1, 100_000):
        yield start, min(start + 99_999, last)
