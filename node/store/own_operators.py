"""Our own operators on a database, what each partner holds of them, and how far each partner's sequence has come."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
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
from node.store.staged import StagedRows

#: Rows in one go.
PAGE: Final = 2000


class Overtaken(Exception):
    """Another process has changed our list, or made a set for this partner, meanwhile."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a list changes in our register."""

    #: How far the register had come when it was compared.
    since: int
    rows: StagedRows
    #: How many are new, changed, and the same.
    counts: dict[str, int]


class OwnOperators:
    """Our own list: it lies in the register beside those of partners, as what our own authority says, so that it has a history too."""

    def __init__(self, database: Database, writer: GroupCommit) -> None:
        self._database, self._writer = database, writer
        self._register = StoredOperators(database, writer)

    def put(self, own: OwnProgramme, listed: Iterable[OwnRecord], source: Source) -> dict[str, int]:
        """`compare` and `take` in one. Raises Overtaken, and what `listed` raises."""
        changes = self.compare(own, listed)
        self.take(own, changes, source)
        return changes.counts

    def compare(self, own: OwnProgramme, listed: Iterable[OwnRecord]) -> Changes:
        """What of operators as they are now is new or changed; those that are as they were keep their version.

        `listed` is read to its end and never lies in memory whole. What it raises is raised here, and nothing is written.
        """
        # Asked before what is held, so that whoever takes some in between is noticed.
        since = self._register.latest_sequence(own.authority, own.programme)
        counts = {"new": 0, "changed": 0, "same": 0}
        return Changes(since, StagedRows(self._changed(own, listed, counts)), counts)

    def take(self, own: OwnProgramme, changes: Changes, source: Source) -> None:
        """Put in force what `compare` found, in one transaction. Raises Overtaken where another process has taken some meanwhile."""
        quantity = len(changes.rows)
        if not quantity:
            return
        at = source.received_at
        head = SetHead(
            *(
                source.document_id,
                at,
                own.authority,
                own.authority,
                DELTA,
                own.programme,
                changes.since,
                changes.since + quantity,
            ),
            *(1, 1, quantity, at),
        )
        if self._register.take_staged(head, changes.rows, source).state is not SetState.APPLIED:
            raise Overtaken(f"{own.programme} was changed by another process meanwhile")

    def _changed(self, own: OwnProgramme, listed: Iterable[OwnRecord], counts: dict[str, int]) -> Iterator[OperatorRecord]:
        coming = iter(listed)
        while page := list(islice(coming, PAGE)):
            changed = list(changed_from(self._held_here(own, page), page))
            new = sum(one.operation == "ADD" for one in changed)
            for name, count in (("new", new), ("changed", len(changed) - new), ("same", len(page) - len(changed))):
                counts[name] += count
            yield from changed

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
