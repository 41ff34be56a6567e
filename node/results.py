"""The senders of lists are told what became of them: each record of a DELTA or URGENT, a set whose parts do not fit, one that a newer one has overtaken."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from node.customs.checking.prior import RECORD_SET
from node.customs.filing.registration import IN, Entry, Registration
from node.customs.operators.port import OperatorRegister, SetState
from node.customs.operators.telling import Told, told_of
from node.store.documents import StoredDocuments

#: The latest sets of a programme that are looked through for what was overtaken.
RECENT: Final = 20

#: Makes the response to a document; None where none can be made. `last` is whether its part is the one that tells of the records.
Respond = Callable[[Entry, Told, bool, datetime], Registration | None]


class Results:
    """Owes responses; harmless when done twice."""

    def __init__(
        self, documents: StoredDocuments, operators: OperatorRegister, respond: Respond, arrived: Callable[[Entry], bool]
    ) -> None:
        """`arrived` tells whether nothing lower than the step of this class will be told of a document any more."""
        self._documents, self._operators, self._respond, self._arrived = documents, operators, respond, arrived

    def owe(self, entry: Entry, now: datetime) -> bool:
        """Owe what an accepted list has come to, and the sets that it has overtaken; whether something is owed. Raises StorageUnavailable."""
        sender, programme = entry.about.sender, entry.about.number
        if entry.about.type_id != RECORD_SET or entry.duplicate_of is not None:
            return False
        result = self._operators.result_of(sender, programme, entry.about.document_id)
        told = told_of(result) if result is not None else None
        if told is None:
            return False
        owed = self._owe_all(entry, entry.about.document_id, told, now)
        if result is not None and result.state is SetState.APPLIED:
            for document_id in self._overtaken(sender, programme):
                owed = self._owe_all(entry, document_id, Told("LX", "SUPERSEDED"), now) or owed
        return owed

    def _overtaken(self, sender: str, programme: str) -> Iterator[str]:
        for one in self._operators.sets(sender, programme, RECENT):
            if one.result.state is SetState.OVERTAKEN:
                yield one.document_id

    def _owe_all(self, entry: Entry, document_id: str, told: Told, now: datetime) -> bool:
        """For every part of a set that the Consumer has: each is a document with a ladder of its own."""
        parts = list(self._parts(entry, document_id))
        last = max((one.id for one in parts), default=0)
        owed = False
        for one in parts:
            # Another part of the same batch has its turn when the Consumer has it; its step L3 comes first.
            if one.id == entry.id or self._arrived(one):
                # The records are told once, with the part that made the set whole.
                answer = self._respond(one, told, one.id == last, now)
                owed = (answer is not None and self._documents.owe(one.id, answer)) or owed
        return owed

    def _parts(self, entry: Entry, document_id: str) -> Iterator[Entry]:
        for said, message_id in self._operators.parts_like(entry.about.sender, entry.about.number, document_id):
            for one in self._documents.carried_by(IN, message_id):
                if one.about.document_id == said and one.carried.partner == entry.carried.partner and one.duplicate_of is None:
                    yield one
