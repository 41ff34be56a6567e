"""Records of gates on a database: what each look found, under which version, kept with its digest."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from node.sheets.canonical import canonical, digest
from node.store import prepared
from node.store.acts import Acts
from node.store.connection import Cursor, Database
from node.store.database import instant, read_instant
from node.store.group_commit import GroupCommit
from node.store.people import Acted


@dataclass(frozen=True, slots=True)
class GateRecord:
    """What one look at one gate found."""

    gate: int
    version: int
    #: The digest of the version; empty for an agreement of one side.
    agreed: str
    at: datetime
    who: str
    passed: bool
    facts: Mapping[str, Any]
    digest: str

    def whole(self, partner: str) -> dict[str, Any]:
        """What the digest is of."""
        return {
            "agreed": self.agreed,
            "at": instant(self.at),
            "facts": dict(self.facts),
            "gate": self.gate,
            "partner": partner,
            "passed": self.passed,
            "version": self.version,
            "who": self.who,
        }


class StoredGates:
    """Reads in the caller's thread, writes through the one writer."""

    def __init__(self, database: Database, writer: GroupCommit, acts: Acts | None = None) -> None:
        self._database, self._writer, self._acts = database, writer, acts or Acts()

    def record(
        self, partner: str, gate: int, under: tuple[int, str], passed: bool, facts: Mapping[str, Any], by: Acted
    ) -> GateRecord:
        """Keep what a look at a gate found, `under` a version and its digest. Raises StorageUnavailable."""
        version, agreed = under
        made = GateRecord(gate, version, agreed, by.at, by.who, passed, facts, "")
        whole = made.whole(partner)
        name = digest(whole)
        row = {**whole, "facts": canonical(dict(facts)).decode(), "digest": name}

        def work(cursor: Cursor) -> None:
            cursor.execute(prepared.ADD_ONBOARDING_RECORD, row)
            about = {"partner": partner, "gate": str(gate)}
            self._acts(cursor, by, f"gate {'passed' if passed else 'not passed'}", about, [canonical(whole)])

        self._writer.run(work)
        return replace(made, digest=name)

    def of(self, partner: str) -> list[GateRecord]:
        """What was found at the gates of a partner, the oldest first."""
        return [
            GateRecord(
                *(row["gate"], row["version"], row["agreed"], read_instant(row["at"]), row["who"], bool(row["passed"])),
                *(json.loads(row["facts"]), row["digest"]),
            )
            for row in self._database.read(prepared.ONBOARDING_RECORDS, {"partner": partner})
        ]
