"""Batches on a database: which documents came as one of how many."""

from node.customs.reconciling.batch import BatchState, Mark, completeness
from node.store import prepared
from node.store.connection import Database
from node.store.group_commit import GroupCommit


class StoredBatches:
    """Reads in the caller's thread, writes through the one writer."""

    def __init__(self, database: Database, writer: GroupCommit) -> None:
        self._database, self._writer = database, writer

    def note(self, partner: str, mark: Mark, document: int) -> None:
        """A document of the register came as one of a batch; noted once. Raises StorageUnavailable."""
        values = {
            "partner": partner,
            "batch_id": mark.batch_id,
            "document": document,
            "sequence": mark.sequence,
            "total": mark.total,
        }
        self._writer.run(lambda cursor: cursor.execute(prepared.ADD_BATCHED, values).rowcount)

    def state(self, partner: str, batch_id: str) -> BatchState | None:
        """What has come of a batch; None when nothing has."""
        rows = self._database.read(prepared.BATCHED, {"partner": partner, "batch_id": batch_id})
        came = ((Mark(batch_id, row["sequence"], row["total"]), bytes.fromhex(row["digest"])) for row in rows)
        return completeness(came).get(batch_id)

    def latest(self, partner: str, most: int) -> list[str]:
        """The batches of a partner, the one of which something came last first."""
        return [str(row[0]) for row in self._database.read(prepared.BATCHES, {"partner": partner, "most": most})]
