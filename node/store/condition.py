"""In which condition a store is: what waits and since when, what has failed, what is late; a few numbers, read at one instant."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from node.store.connection import Statement
from node.store.database import VERSION, instant, read_instant
from node.store.messages import StoredMessages
from node.store.wording import Wording

_OLDEST_DUE: Final = "SELECT min(due_at) FROM exchange WHERE due_at IS NOT NULL AND state != 'AWAITING_RECEIPT'"
_OLDEST_AWAITED: Final = "SELECT min(changed_at) FROM exchange WHERE state = 'AWAITING_RECEIPT'"
_OLDEST_SIGNAL: Final = "SELECT min(due_at) FROM signal WHERE due_at IS NOT NULL"
_OLDEST_UNDELIVERED: Final = "SELECT min(received_at) FROM inbound WHERE state = 'ACCEPTED' AND test_service = 0"
_UNDELIVERED: Final = "SELECT count(*) FROM inbound WHERE state = 'ACCEPTED' AND test_service = 0"
_SET_ASIDE: Final = "SELECT partner, count(*) FROM inbound WHERE state = 'DELIVERY_FAILED' GROUP BY partner"
_FAILED: Final = Wording(
    "SELECT partner, count(*) FROM exchange WHERE state = 'FAILED' AND changed_at > :since AND service != :test GROUP BY partner",
    "SELECT partner, count(*) FROM exchange WHERE state = 'FAILED' AND changed_at > %(since)s::TEXT AND service != %(test)s::TEXT"
    " GROUP BY partner",
)
#: Only what has not ended can be held back; named by its states it is found by their index among ten years of messages.
_HELD_BACK: Final = (
    "SELECT min(changed_at) FROM exchange WHERE state IN ('SUBMITTED', 'READY', 'SENDING', 'AWAITING_RECEIPT') AND held = 1"
)
_REFUSED: Final = Wording(
    "SELECT partner, count(*) FROM refusal WHERE partner IS NOT NULL AND at > :since GROUP BY partner",
    "SELECT partner, count(*) FROM refusal WHERE partner IS NOT NULL AND at > %(since)s::TEXT GROUP BY partner",
)
_LATEST_SUBMITTED: Final = "SELECT max(submitted_at) FROM exchange WHERE id = (SELECT max(id) FROM exchange)"
_LATEST_RECEIVED: Final = "SELECT max(received_at) FROM inbound WHERE id = (SELECT max(id) FROM inbound)"
_FIRST: Final = (
    "SELECT min(at) FROM (SELECT submitted_at AS at FROM exchange WHERE id = (SELECT min(id) FROM exchange)"
    " UNION ALL SELECT received_at AS at FROM inbound WHERE id = (SELECT min(id) FROM inbound)) AS first_of"
)
_LATE: Final = "SELECT count(*), min(escalated_at) FROM document_standing WHERE escalated_at IS NOT NULL"
_UNDECIDED: Final = "SELECT count(*), min(registered_at) FROM document WHERE outcome = 'AJ' AND decided_at IS NULL"
_LISTS: Final = "SELECT sender, programme, received_at FROM aeo_programme"
_CIRCUITS: Final = "SELECT partner, opened_at, why FROM circuit"
_WORKERS: Final = "SELECT name, place, alive_until FROM worker"
_SHAPE: Final = "SELECT version, library FROM schema_version"
#: What failed, or was refused, for longer than this is history.
RECENT: Final = timedelta(days=7)
_A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Condition:
    """What is told of a store. An instant is None where there is nothing of its kind."""

    version: int = VERSION
    #: With which SQLite or PostgreSQL it was opened last.
    library: str = ""
    oldest_due: datetime | None = None
    oldest_awaited: datetime | None = None
    oldest_signal: datetime | None = None
    oldest_undelivered: datetime | None = None
    undelivered: int = 0
    #: Messages that were set aside, that failed in the last week, and requests that were refused in the last day: by partner.
    set_aside: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[str, int] = field(default_factory=dict)
    held_back: datetime | None = None
    #: The oldest and the newest entry.
    first: datetime | None = None
    latest: datetime | None = None
    late: int = 0
    late_since: datetime | None = None
    undecided: int = 0
    undecided_since: datetime | None = None
    #: Partners' lists of operators: authority and programme, and when the last one came.
    lists: Mapping[tuple[str, str], datetime | None] = field(default_factory=dict)
    #: Partners that do not answer: since when, and why.
    circuits: Mapping[str, tuple[datetime, str]] = field(default_factory=dict)
    #: Processes on the same database: where, and until when they count as alive.
    workers: Mapping[str, datetime | None] = field(default_factory=dict)


def condition(messages: StoredMessages, now: datetime, test_service: str) -> Condition:
    """The condition of a store that is held still. Raises StorageUnavailable."""
    read = messages.database.read

    def rows(statement: Statement, **values: object) -> list[Any]:
        return read(statement, values)

    def moment(statement: Statement) -> datetime | None:
        return _moment(rows(statement)[0][0])

    shape, late, undecided = rows(_SHAPE)[0], rows(_LATE)[0], rows(_UNDECIDED)[0]
    ends = [one for one in (moment(_LATEST_SUBMITTED), moment(_LATEST_RECEIVED)) if one is not None]
    return Condition(
        version=shape[0],
        library=shape[1],
        oldest_due=moment(_OLDEST_DUE),
        oldest_awaited=moment(_OLDEST_AWAITED),
        oldest_signal=moment(_OLDEST_SIGNAL),
        oldest_undelivered=moment(_OLDEST_UNDELIVERED),
        undelivered=rows(_UNDELIVERED)[0][0],
        set_aside=_counts(rows(_SET_ASIDE)),
        failed=_counts(rows(_FAILED, since=instant(now - RECENT), test=test_service)),
        refused=_counts(rows(_REFUSED, since=instant(now - _A_DAY))),
        held_back=moment(_HELD_BACK),
        first=moment(_FIRST),
        latest=max(ends, default=None),
        late=late[0],
        late_since=_moment(late[1]),
        undecided=undecided[0],
        undecided_since=_moment(undecided[1]),
        lists={(row[0], row[1]): _moment(row[2]) for row in rows(_LISTS)},
        circuits={row[0]: (read_instant(row[1]), row[2]) for row in rows(_CIRCUITS)},
        workers={f"{row[1]} ({row[0]})": _moment(row[2]) for row in rows(_WORKERS)},
    )


def _counts(rows: list[Any]) -> dict[str, int]:
    return {row[0]: row[1] for row in rows}


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        return read_instant(text)
    except ValueError:
        # "Later than any instant", where one process alone serves.
        return None
