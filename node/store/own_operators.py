"""Our own operators on a database, what each partner holds of them, and how far each partner's sequence has come."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from node.customs.operators.board import LastOut
from node.customs.operators.outbound import Held, Publication
from node.customs.operators.own_list import OwnRecord, merge
from node.customs.operators.record import OperatorRecord, from_json, to_json
from node.store import prepared
from node.store.connection import Cursor, Database
from node.store.connection import Row as Found
from node.store.database import instant, read_instant
from node.store.group_commit import GroupCommit

#: Rows in one go.
PAGE: Final = 2000


class Overtaken(Exception):
    """Another process has made a set for this partner meanwhile."""


class OwnOperators:
    """Our own list: reads in the caller's thread, writes through the one writer."""

    def __init__(self, database: Database, writer: GroupCommit) -> None:
        self._database, self._writer = database, writer

    def put(self, programme: str, listed: Iterable[OwnRecord]) -> dict[str, int]:
        """Take operators as they are now; those that are as they were keep their version. How many are new, changed, and the same."""
        everything = list(listed)

        def work(cursor: Cursor) -> dict[str, int]:
            held = {one.key: one for one in _records(_pages(cursor, programme))}
            changed = list(merge(held, everything))
            cursor.execute_many(prepared.PUT_AEO_OWN, (_row(programme, one) for one in changed))
            new = sum(one.record.key not in held for one in changed)
            return {"new": new, "changed": len(changed) - new, "same": len(everything) - len(changed)}

        return self._writer.run(work)

    def records(self, programme: str) -> Iterator[OperatorRecord]:
        """All of them in the order of their keys."""
        yield from _records(self._read_pages(prepared.AEO_OWN, programme=programme))

    def held(self, partner: str, programme: str) -> Iterator[Held]:
        """What a partner holds, or was told to delete, in the order of the keys."""
        for row in self._read_pages(prepared.AEO_HELD, partner=partner, programme=programme):
            yield Held(row["operator"], row["status"], row["version"], row["content"])

    def _read_pages(self, statement: Any, **values: object) -> Iterator[Found]:
        after = ""
        while rows := self._database.read(statement, {**values, "after": after, "most": PAGE}):
            yield from rows
            after = rows[-1]["operator"]

    def sequence(self, partner: str, programme: str) -> int:
        """How far the partner's sequence has come; 0 before its first set."""
        rows = self._database.read(prepared.AEO_SEQUENCE, {"partner": partner, "programme": programme})
        return int(rows[0][0] or 0)

    def published(self, partner: str, programme: str, publication: Publication, at: datetime) -> None:
        """The partner holds what the set says; nothing happens where it says nothing.

        Raises Overtaken where the sequence of the partner has moved on meanwhile.
        """
        if publication.empty:
            return
        row = {
            "partner": partner,
            "programme": programme,
            "mode": publication.mode,
            "sequence": publication.to,
            "snapshot_at": instant(publication.snapshot_at),
            "made_at": instant(at),
            "quantity": len(publication.told),
            "digest": publication.digest,
        }
        held = [*(one.held for one in publication.told), *publication.gone]

        def work(cursor: Cursor) -> None:
            of = {"partner": partner, "programme": programme}
            if (cursor.execute(prepared.AEO_SEQUENCE, of).fetchone()[0] or 0) != publication.since:
                raise Overtaken(f"the sequence of {partner} is no longer {publication.since}")
            cursor.execute(prepared.ADD_AEO_SENT, row)
            values = ({"operator": one.key, "status": one.status, "version": one.version, "content": one.content} for one in held)
            cursor.execute_many(prepared.PUT_AEO_HELD, ({**of, **one} for one in values))

        self._writer.run(work, "aeo.published")

    def last_out(self) -> Mapping[str, LastOut]:
        """The last set made for each partner."""
        return {
            row["partner"]: LastOut(row["mode"], row["sequence"], read_instant(row["made_at"]), row["quantity"])
            for row in self._database.read(prepared.AEO_LAST_SENT, {})
        }

    def last_full(self, partner: str) -> datetime | None:
        """When the last full list was made for a partner."""
        rows = self._database.read(prepared.AEO_SENT_FULL, {"partner": partner})
        return read_instant(rows[0][0]) if rows[0][0] else None


def _pages(cursor: Cursor, programme: str) -> Iterator[Any]:
    after = ""
    while rows := cursor.execute(prepared.AEO_OWN, {"programme": programme, "after": after, "most": PAGE}).fetchall():
        yield from rows
        after = rows[-1][1]


def _records(rows: Iterable[Any]) -> Iterator[OperatorRecord]:
    return (from_json(row[3], "") for row in rows)


def _row(programme: str, one: OwnRecord) -> dict[str, object]:
    return {"programme": programme, "operator": one.record.key, "content": one.content, "record": to_json(one.record)}
