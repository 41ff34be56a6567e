"""Our own operators on a database, what each partner holds of them, and how far each partner's sequence has come."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from node.customs.operators.arrangement import OwnProgramme
from node.customs.operators.board import LastOut
from node.customs.operators.outbound import Held, Publication
from node.customs.operators.own_list import OwnRecord, changed_from
from node.customs.operators.port import SetState
from node.customs.operators.record import OperatorRecord, Source, from_json
from node.customs.operators.record_set import DELTA, SetHead
from node.store import prepared
from node.store.connection import Cursor, Database
from node.store.connection import Row as Found
from node.store.database import instant, read_instant
from node.store.group_commit import GroupCommit
from node.store.lists_out import NewPart, outgoing_row
from node.store.operators import StoredOperators

#: Rows in one go.
PAGE: Final = 2000


class Overtaken(Exception):
    """Another process has changed our list, or made a set for this partner, meanwhile."""


class OwnOperators:
    """Our own list: it lies in the register beside those of partners, as what our own authority says, so that it has a history too."""

    def __init__(self, database: Database, writer: GroupCommit) -> None:
        self._database, self._writer = database, writer
        self._register = StoredOperators(database, writer)

    def put(self, own: OwnProgramme, listed: Sequence[OwnRecord], source: Source) -> dict[str, int]:
        """Take operators as they are now; those that are as they were keep their version. How many are new, changed, and the same.

        Raises Overtaken where another process has taken some meanwhile.
        """
        changed = [one for page in _batches(listed) for one in changed_from(self._held_here(own, page), page)]
        since = self._register.latest_sequence(own.authority, own.programme)
        new = sum(one.operation == "ADD" for one in changed)
        if changed:
            at = source.received_at
            head = SetHead(
                *(source.document_id, at, own.authority, own.authority, DELTA, own.programme, since, since + len(changed)),
                *(1, 1, len(changed), at),
            )
            if self._register.take(head, changed, source).state is not SetState.APPLIED:
                raise Overtaken(f"{own.programme} was changed by another process meanwhile")
        return {"new": new, "changed": len(changed) - new, "same": len(listed) - len(changed)}

    def _held_here(self, own: OwnProgramme, listed: Sequence[OwnRecord]) -> dict[str, OperatorRecord]:
        keys = json.dumps([one.record.key for one in listed])
        rows = self._database.read(prepared.AEO_CURRENT_OF, {"programme_id": self._id_of(own), "operators": keys})
        return {row["operator"]: from_json(row["record"], "") for row in rows}

    def _id_of(self, own: OwnProgramme) -> int:
        rows = self._database.read(prepared.AEO_PROGRAMME, {"sender": own.authority, "programme": own.programme})
        return int(rows[0]["id"]) if rows else -1

    def version(self, own: OwnProgramme) -> int:
        """A number that grows with every change of our list; 0 before anything was imported."""
        return self._register.latest_sequence(own.authority, own.programme)

    def records(self, own: OwnProgramme) -> Iterator[OperatorRecord]:
        """All of them in the order of their keys."""
        for row in self._read_pages(prepared.AEO_CURRENT, programme_id=self._id_of(own)):
            yield from_json(row["record"], "")

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

    def published(
        self, partner: str, programme: str, publication: Publication, at: datetime, parts: Sequence[NewPart] = ()
    ) -> None:
        """The partner holds what the set says, and `parts` are to go out as messages; nothing happens where the set says nothing.

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
        outgoing = [outgoing_row(partner, programme, publication, at, one) for one in parts]

        def work(cursor: Cursor) -> None:
            of = {"partner": partner, "programme": programme}
            if (cursor.execute(prepared.AEO_SEQUENCE, of).fetchone()[0] or 0) != publication.since:
                raise Overtaken(f"the sequence of {partner} is no longer {publication.since}")
            cursor.execute(prepared.ADD_AEO_SENT, row)
            values = ({"operator": one.key, "status": one.status, "version": one.version, "content": one.content} for one in held)
            cursor.execute_many(prepared.PUT_AEO_HELD, ({**of, **one} for one in values))
            for one in outgoing:
                cursor.execute(prepared.ADD_AEO_OUTGOING, one)

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


def _batches(listed: Sequence[OwnRecord]) -> Iterator[Sequence[OwnRecord]]:
    return (listed[place : place + PAGE] for place in range(0, len(listed), PAGE))
