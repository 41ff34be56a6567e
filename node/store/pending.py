"""What of agreements is under way, ends or waits for somebody: versions of sheets and updates by message, with who has approved them so far."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from node.sheets.states import VersionState
from node.store import prepared
from node.store.agreed import KeptVersion, under_way
from node.store.connection import Database, Row
from node.store.updates import KeptUpdate, recorded
from node.updates.states import UpdateState


@dataclass(frozen=True, slots=True)
class Pending:
    """Everything that may end or be waited for, as it was at one instant."""

    versions: Sequence[KeptVersion] = ()
    updates: Sequence[KeptUpdate] = ()
    #: Who has approved a version that is not active yet, by its row.
    approved: Mapping[int, Sequence[str]] = field(default_factory=dict)
    #: Who has compared the fingerprints of a partner's update that is not accepted yet, by its row.
    compared: Mapping[int, Sequence[str]] = field(default_factory=dict)

    def ending(self, now: datetime) -> list[KeptVersion]:
        """Versions after whose end nothing is in force with their partner, neither at once nor by now."""
        by_partner: dict[str, list[KeptVersion]] = {}
        for one in self.versions:
            if one.was_active:
                by_partner.setdefault(one.partner, []).append(one)
        return [one for every in by_partner.values() for one in _uncovered(every, now)]


def _uncovered(every: Sequence[KeptVersion], now: datetime) -> Iterable[KeptVersion]:
    for one in every:
        end = one.ends_at
        if end is None or end <= one.sheet.since:
            continue
        others = [each for each in every if each is not one]
        # A gap that is over is history.
        if not any(each.holds(end) or end <= each.sheet.since <= now for each in others):
            yield one


def pending(database: Database) -> Pending:
    """What is under way in a store, without the versions that are damaged: whoever reads the setting is told of these. Raises StorageUnavailable."""
    versions = under_way(database, [])
    updates = recorded(database)
    waiting = (one.id for one in versions if one.state in (VersionState.OFFERED, VersionState.ACCEPTED))
    asked = (one.id for one in updates if one.state is UpdateState.PROPOSED and not one.is_ours)
    return Pending(
        versions,
        updates,
        {one: _names(database.read(prepared.APPROVALS, {"agreed": one})) for one in waiting},
        {one: _names(database.read(prepared.UPDATE_APPROVALS, {"update_id": one})) for one in asked},
    )


def _names(rows: Iterable[Row]) -> list[str]:
    return [row["who"] for row in rows]
