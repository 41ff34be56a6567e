"""Nights on a database: of which our list has gone out, and what came of comparing it with the partner's."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from node.customs.filing.registration import Registration
from node.customs.reconciling.entry import Period
from node.store import prepared
from node.store.connection import Cursor, Database
from node.store.database import instant, read_instant, read_instant_if_any
from node.store.documents import StoredDocuments
from node.store.group_commit import GroupCommit

#: Later than the end of any night.
_NEVER: Final = "9"


@dataclass(frozen=True, slots=True)
class Night:
    """One period with one partner."""

    partner: str
    #: The number of the manifest, the same on both sides.
    number: str
    period: Period
    #: When our list was made.
    sent_at: datetime
    #: None as long as theirs has not come.
    compared_at: datetime | None
    #: AP, CA or AJ; empty before.
    outcome: str
    #: What differs, as it was found then.
    result: Mapping[str, Any]


class StoredNights:
    """Reads in the caller's thread, writes through the one writer."""

    def __init__(self, database: Database, writer: GroupCommit, documents: StoredDocuments) -> None:
        self._database, self._writer, self._documents = database, writer, documents

    def begin(self, partner: str, number: str, period: Period, at: datetime, manifest: Iterable[Registration]) -> bool:
        """Our manifest of a night is to be sent, all parts or none; False when it was before. Raises StorageUnavailable."""
        row = {
            "partner": partner,
            "night": number,
            "begins": instant(period.begins),
            "ends": instant(period.ends),
            "sent_at": instant(at),
            "compared_at": None,
            "outcome": "",
            "result": "{}",
        }

        def begun(cursor: Cursor) -> bool:
            return cursor.execute(prepared.ADD_NIGHT, row).fetchone() is not None

        return self._documents.put_out(manifest, begun)

    def night(self, partner: str, number: str) -> Night | None:
        """One night; None when our list of it was never made."""
        found = self._database.read(prepared.NIGHT, {"partner": partner, "night": number})
        return _night(found[0]) if found else None

    def nights(self, partner: str, most: int) -> list[Night]:
        """The nights with a partner, the latest first."""
        values = {"partner": partner, "before": _NEVER, "most": most}
        return [_night(row) for row in self._database.read(prepared.NIGHTS, values)]

    def compared(self, night: Night, at: datetime, outcome: str, result: Mapping[str, Any]) -> None:
        """Keep what came of it, in place of what came of it before. Raises StorageUnavailable."""
        values = {
            "partner": night.partner,
            "night": night.number,
            "new_compared_at": instant(at),
            "new_outcome": outcome,
            "new_result": json.dumps(result, ensure_ascii=False),
        }
        self._writer.run(lambda cursor: cursor.execute(prepared.COMPARED, values).rowcount)


def _night(row: Any) -> Night:
    _, partner, number, begins, ends, sent_at, compared_at, outcome, result = row
    return Night(
        partner,
        number,
        Period(read_instant(begins), read_instant(ends)),
        read_instant(sent_at),
        read_instant_if_any(compared_at),
        outcome,
        json.loads(result),
    )
