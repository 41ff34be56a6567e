"""Parts of our lists that go out in messages: recorded with the set, handed over one after the other, and what has become of each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from node.customs.operators.outbound import Publication
from node.customs.operators.schedule import DUE, SetOut, worst
from node.store import prepared
from node.store.compressed import inflated
from node.store.connection import Cursor, Database
from node.store.connection import Row as Found
from node.store.database import instant, read_instant
from node.store.group_commit import GroupCommit


@dataclass(frozen=True, slots=True)
class NewPart:
    """A part as it is recorded."""

    part: int
    document_id: str
    message_id: str
    #: Compressed, since a list of many parts is held as a whole until it is recorded.
    content: bytes


@dataclass(frozen=True, slots=True)
class PartOut:
    """One part of a set for a partner."""

    id: int
    partner: str
    programme: str
    mode: str
    sequence: int
    part: int
    document_id: str
    message_id: str
    made_at: datetime
    state: str


def outgoing_row(partner: str, programme: str, publication: Publication, at: datetime, part: NewPart) -> dict[str, Any]:
    """A row of `aeo_outgoing`."""
    return {
        "partner": partner,
        "programme": programme,
        "mode": publication.mode,
        "sequence": publication.to,
        "part": part.part,
        "document_id": part.document_id,
        "message_id": part.message_id,
        "made_at": instant(at),
        "state": DUE,
        "content": part.content,
    }


class ListsOut:
    """Reads in the caller's thread, writes through the one writer."""

    def __init__(self, database: Database, writer: GroupCommit) -> None:
        self._database, self._writer = database, writer

    def due(self) -> list[PartOut]:
        """The parts that are to be handed to the messages, in the order in which they go."""
        return [_part(row) for row in self._database.read(prepared.AEO_OUTGOING_DUE, {})]

    def octets(self, row_id: int) -> bytes | None:
        """The document of a part that is due; None once somebody has handed it over."""
        rows = self._database.read(prepared.AEO_OUTGOING_OCTETS, {"row_id": row_id})
        content = rows[0][0] if rows else None
        return None if content is None else inflated(content)

    def moved(self, row_id: int, state: str) -> None:
        """What has become of a part; its octets are no longer kept here. Raises StorageUnavailable."""

        def work(cursor: Cursor) -> None:
            cursor.execute(prepared.MOVE_AEO_OUTGOING, {"row_id": row_id, "state": state})

        self._writer.run(work, "aeo.moved")

    def since(self, partner: str, programme: str, sequence: int) -> list[PartOut]:
        """The parts of the sets from a sequence on, in the order of the sets."""
        values = {"partner": partner, "programme": programme, "sequence": sequence}
        return [_part(row) for row in self._database.read(prepared.AEO_OUTGOING_SINCE, values)]

    def sets(self, partner: str, programme: str, most: int) -> list[SetOut]:
        """The latest sets that were made for a partner, the latest first."""
        rows = self._database.read(prepared.AEO_SENT_OF, {"partner": partner, "programme": programme, "most": most})
        states: dict[int, list[str]] = {}
        for one in self.since(partner, programme, rows[-1]["sequence"]) if rows else ():
            states.setdefault(one.sequence, []).append(one.state)
        return [
            SetOut(row["mode"], row["sequence"], read_instant(row["made_at"]), worst(states.get(row["sequence"], ())))
            for row in rows
        ]


def _part(row: Found) -> PartOut:
    return PartOut(
        *(row["id"], row["partner"], row["programme"], row["mode"], row["sequence"], row["part"]),
        *(row["document_id"], row["message_id"], read_instant(row["made_at"]), row["state"]),
    )
