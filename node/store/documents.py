"""The register of documents on a database: what came and what goes, what is on file, and the answers that are owed."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Any, Final

from node.customs.filing.filing import ANSWERS, Filing
from node.customs.filing.looking import Looking
from node.customs.filing.registration import (
    OUT,
    About,
    Carried,
    CheckAgain,
    Decision,
    Entry,
    NotHeld,
    Owed,
    Recorded,
    Registration,
)
from node.store import prepared
from node.store.compressed import deflated
from node.store.connection import Cursor, Database
from node.store.database import instant, read_instant, read_instant_if_any
from node.store.filed import FiledDocuments, by
from node.store.filing import touched, write_filing
from node.store.group_commit import GroupCommit
from node.store.wording import Wording

#: One writer after the other under a key; a file of SQLite has one writer anyway.
_LOCK: Final = Wording("SELECT 1", "SELECT pg_advisory_xact_lock(hashtextextended(%(key)s::TEXT, 5))")
#: Documents that are read in one go.
_PAGE: Final = 500
#: Answers to one document that are looked at.
_MOST_ANSWERS: Final = 100
#: Later than the id of any document.
LAST: Final = (1 << 63) - 1
#: The class of what has none, such as octets of no known type.
OTHER: Final = "other"
#: The class of what is kept as long as what it answers.
AS_ANSWERED: Final = "as-answered"
_CARRIED: Final = ("direction", "message_id", "partner", "payload", "conversation_id")
_ABOUT: Final = (
    *("type_id", "document_id", "sender", "recipient", "function", "profile", "correlation", "campaign", "issued_at"),
    *("number", "version", "issuer", "retention"),
)


class StoredDocuments(FiledDocuments):
    """Documents on a database: an `OnFile`, and the register that a worker writes; reads in the caller's thread, writes through the one writer."""

    def __init__(self, database: Database, writer: GroupCommit) -> None:
        super().__init__(database.read)
        self._database, self._writer = database, writer

    # -- what a worker does --------------------------------------------------------------------------------------

    def look(self) -> Looking:
        """What one check asks instead of this register; `record` is given it."""
        return Looking(self)

    def record(self, received: Registration, looked: Looking | None, answer: Registration | None = None) -> Recorded:
        """Write one document, what it changes, and the answer that it owes, in one transaction.

        The same payload of the same message again changes nothing and gives what was recorded. `looked` is what the check asked; None where nothing
        was checked. Raises CheckAgain when the check would be told otherwise now, StorageUnavailable.
        """
        row, answer_row = _row(received), _row(answer, sending="DUE") if answer else {}
        keys = _keys(looked, received.filing, answer.filing if answer else None)

        def work(cursor: Cursor) -> Recorded:
            self._lock(cursor, keys)
            row_id = _added(cursor, row)
            if row_id is None:
                return _recorded(cursor, _known(cursor, received), again=True)
            _look_again(cursor, looked)
            _keep_as_answered(cursor, row_id, received)
            if received.duplicate:
                _as_before(cursor, row_id, received)
            if received.filing is not None:
                awaited = received.carried.direction == OUT and bool(received.about.reply)
                write_filing(cursor, row_id, received.filing, received.at, awaited=awaited)
            if answer is not None:
                _answer(cursor, row_id, answer, answer_row)
            return _recorded(cursor, row_id, again=False)

        return self._writer.run(work, "doc.record")

    def decide(self, decision: Decision, looked: Looking | None, answer: Registration | None = None) -> Recorded:
        """Release or refuse a document that is held, and owe the answer that says so, in one transaction.

        The same decision again changes nothing. Raises NotHeld when another was taken, CheckAgain, StorageUnavailable.
        """
        filing = decision.filing
        answer_row = _row(answer, sending="DUE") if answer else {}
        keys = _keys(looked, filing, answer.filing if answer else None)

        def work(cursor: Cursor) -> Recorded:
            self._lock(cursor, keys)
            entry = _held(cursor, decision)
            if entry is None:
                return _recorded(cursor, decision.id, again=True)
            _look_again(cursor, looked)
            cursor.execute(prepared.DECIDE_DOCUMENT, _decision_row(decision))
            if filing is not None:
                write_filing(cursor, decision.id, filing, decision.at, awaited=False)
            if answer is not None:
                _answer(cursor, decision.id, answer, answer_row)
            return _recorded(cursor, decision.id, again=False)

        return self._writer.run(work, "doc.decide")

    def forget_octets(self, row_id: int) -> None:
        """The rows of a document that was released are in their own register now; its digest is enough."""
        self._writer.run(lambda cursor: cursor.execute(prepared.DROP_DOCUMENT_OCTETS, {"row_id": row_id}).rowcount)

    def _lock(self, cursor: Cursor, keys: Iterable[str]) -> None:
        """Nobody else writes under these keys until the transaction has ended."""
        # A file of SQLite has one writer at a time anyway.
        for key in keys if self._database.shared else ():
            cursor.execute(_LOCK, {"key": key})

    def owe(self, row_id: int, answer: Registration) -> bool:
        """Owe one more answer to a document; false when it is there already. Raises StorageUnavailable."""
        row, keys = _row(answer, sending="DUE"), _keys(None, answer.filing)

        def work(cursor: Cursor) -> bool:
            self._lock(cursor, keys)
            known = cursor.execute(prepared.DOCUMENT_OF_MESSAGE, _carried_as(answer)).fetchone()
            if known is None:
                _answer(cursor, row_id, answer, row)
            return known is None

        return self._writer.run(work, "doc.owe")

    def put_out(self, made: Iterable[Registration], begun: Callable[[Cursor], bool]) -> bool:
        """Owe documents that answer nothing, all in one transaction that `begun` begins; nothing at all, and False, when that says so.

        Raises StorageUnavailable.
        """
        # The octets of one after the other become small; of each only what it changes stays as it is.
        rows = [(_row(one, sending="DUE"), one.filing, one.at, bool(one.about.reply)) for one in made]
        keys = _keys(None, *(filing for _, filing, _, _ in rows))

        def work(cursor: Cursor) -> bool:
            self._lock(cursor, keys)
            if not begun(cursor):
                return False
            for row, filing, at, awaited in rows:
                row_id = _added(cursor, row)
                if row_id is None:
                    raise ValueError(f"message {row['message_id']} carries another document already")
                if filing is not None:
                    write_filing(cursor, row_id, filing, at, awaited=awaited)
            return True

        return self._writer.run(work, "doc.put-out")

    def owed(self, most: int, after: int = 0) -> list[Owed]:
        """Answers that are to be sent, the oldest first; `after` is the id of the last one of the page before."""
        return [
            Owed(entry, self.octets(entry.id), _message_of(self.entry(entry.answers)))
            for entry in self._entries(prepared.DUE_ANSWERS, most=most, after=after)
        ]

    def sent(self, answer: int) -> bool:
        """An answer was handed to the messages that go out; whether it was to be sent until now."""

        def work(cursor: Cursor) -> bool:
            return cursor.execute(prepared.ANSWER_SENT, {"row_id": answer}).rowcount > 0

        return self._writer.run(work)

    def overtaken(self, answer: int) -> None:
        """An answer is not sent: what it tells has been passed meanwhile."""
        self._writer.run(lambda cursor: cursor.execute(prepared.ANSWER_OVERTAKEN, {"row_id": answer}))

    # -- what people ask -----------------------------------------------------------------------------------------

    def entry(self, row_id: int | None) -> Entry | None:
        """One document of the register."""
        found = self._entries(prepared.DOCUMENT, row_id=row_id) if row_id is not None else []
        return found[0] if found else None

    def carried_by(self, direction: str, message_id: str) -> list[Entry]:
        """The documents that a message carries."""
        return self._entries(prepared.DOCUMENTS_OF_MESSAGE, direction=direction, message_id=message_id)

    def said(self, document_id: str, most: int = 50, before: int = LAST) -> list[Entry]:
        """The documents with this MessageID, of any sender, the latest first."""
        return self._entries(prepared.DOCUMENTS_SAID, document_id=document_id, most=most, before=before)

    def correlated(self, document_id: str) -> list[Entry]:
        """The accepted documents that answer the document with this MessageID, the latest first."""
        rows = self._database.read(prepared.NAMED, {"value": document_id, "most": _MOST_ANSWERS})
        return [entry_of(tuple(row)[1:]) for row in reversed(rows) if row[0] == ANSWERS]

    def registered(self, partner: str, begins: datetime, ends: datetime) -> Iterator[Entry]:
        """Every document of messages with a partner that was registered from one moment to before another, in that order; read in pages."""
        at, after = instant(begins), 0
        while page := self._entries(
            prepared.DOCUMENTS_REGISTERED, partner=partner, after_at=at, after=after, ends=instant(ends), most=_PAGE
        ):
            yield from page
            at, after = instant(page[-1].registered_at), page[-1].id

    def with_number(self, number: str, most: int = 50, before: int = LAST) -> list[Entry]:
        """The documents with this number, those that were refused or are held included, the latest first."""
        return self._entries(prepared.DOCUMENTS_NUMBERED, number=number, most=most, before=before)

    def answers_of(self, row_id: int) -> list[Entry]:
        """The answers that a document got from us, the first one first."""
        return self._entries(prepared.ANSWERS_OF, answers=row_id)

    def entries(self, most: int = 50, before: int = LAST, *, held: bool = False, partner: str | None = None) -> list[Entry]:
        """A page of the register, the latest first; `held` for those that wait for a person."""
        if held:
            return self._entries(prepared.HELD_DOCUMENTS, most=most, before=before, partner=partner)
        if partner is not None:
            return self._entries(prepared.DOCUMENTS_OF_PARTNER, most=most, before=before, partner=partner)
        return self._entries(prepared.DOCUMENTS, most=most, before=before)

    def _entries(self, statement: Wording, **values: object) -> list[Entry]:
        return [entry_of(row) for row in self._database.read(statement, values)]


# -- within a transaction ------------------------------------------------------------------------------------------


def _keys(looked: Looking | None, *filings: Filing | None) -> list[str]:
    """What is locked, always in one order."""
    asked = looked.asked_about() if looked is not None else ()
    changed = chain.from_iterable(touched(filing) for filing in filings if filing is not None)
    return sorted({f"{name}\n{value}" for name, value in chain(asked, changed)})


def _added(cursor: Cursor, row: Mapping[str, object]) -> int | None:
    found = cursor.execute(prepared.ADD_DOCUMENT, row).fetchone()
    return None if found is None else int(found[0])


def _keep_as_answered(cursor: Cursor, row_id: int, registration: Registration) -> None:
    """A response is kept as long as what it answers."""
    about = registration.about
    if about.retention == AS_ANSWERED:
        values = {"document_id": about.correlation, "sender": about.recipient, "most": 1}
        found = cursor.execute(prepared.RETENTION_OF, values).fetchone()
        if found is not None:
            cursor.execute(prepared.CHANGE_RETENTION, {"row_id": row_id, "retention": found[0]})


def _look_again(cursor: Cursor, looked: Looking | None) -> None:
    question = looked.changed(FiledDocuments(by(cursor))) if looked is not None else ""
    if question:
        raise CheckAgain(f"what is on file has changed since the check: {question}")


def _known(cursor: Cursor, registration: Registration) -> int:
    return int(cursor.execute(prepared.DOCUMENT_OF_MESSAGE, _carried_as(registration)).fetchone()[0])


def _carried_as(registration: Registration) -> dict[str, object]:
    carried = registration.carried
    return {
        "direction": carried.direction,
        "message_id": carried.message_id,
        "partner": carried.partner,
        "payload": carried.payload,
    }


def _as_before(cursor: Cursor, row_id: int, registration: Registration) -> None:
    """The same octets again are judged as they were."""
    about = registration.about
    found = cursor.execute(prepared.FILED_MESSAGE, {"sender": about.sender, "document_id": about.document_id}).fetchone()
    if found is None:
        raise CheckAgain(f"{about.document_id} of {about.sender} is not on file")
    cursor.execute(prepared.AS_BEFORE, {"row_id": row_id, "first": found[0]})


def _answer(cursor: Cursor, row_id: int, answer: Registration, row: Mapping[str, object]) -> None:
    answer_id = _added(cursor, {**row, "answers": row_id})
    if answer_id is None:
        raise ValueError(f"message {answer.carried.message_id} carries another document already")
    _keep_as_answered(cursor, answer_id, answer)
    if answer.filing is not None:
        write_filing(cursor, answer_id, answer.filing, answer.at, awaited=False)


def _held(cursor: Cursor, decision: Decision) -> Entry | None:
    """The document that waits for the decision; None when this one was taken already. Raises NotHeld."""
    row = cursor.execute(prepared.LOCK_DOCUMENT, {"row_id": decision.id}).fetchone()
    if row is None:
        raise NotHeld(f"there is no document {decision.id}")
    entry = entry_of(row)
    if entry.held:
        return entry
    if (entry.outcome, entry.decided_by, entry.decided_because) == (decision.outcome, decision.who, decision.why):
        return None
    taken = f"{entry.decided_by} has decided {entry.outcome}" if entry.decided_at else f"it is {entry.outcome}"
    raise NotHeld(f"document {decision.id} is not held: {taken}")


def _recorded(cursor: Cursor, row_id: int, *, again: bool) -> Recorded:
    entry = entry_of(cursor.execute(prepared.DOCUMENT, {"row_id": row_id}).fetchone())
    answers = cursor.execute(prepared.ANSWERS_OF, {"answers": row_id}).fetchall()
    return Recorded(entry, again, tuple(map(entry_of, answers)))


# -- values as rows, and rows as values ----------------------------------------------------------------------------


def _row(registration: Registration, sending: str = "") -> dict[str, object]:
    carried, about, verdict = registration.carried, registration.about, registration.verdict
    row = {name: getattr(about, name) for name in _ABOUT}
    return {
        **row,
        "issued_at": about.issued_at and instant(about.issued_at),
        "retention": about.retention or OTHER,
        **{name: getattr(carried, name) for name in _CARRIED},
        "digest": registration.digest.hex(),
        "size": len(registration.octets),
        "registered_at": instant(registration.at),
        "outcome": verdict.outcome.value,
        "findings": json.dumps([finding.as_json() for finding in verdict.findings], ensure_ascii=False),
        "findings_not_listed": verdict.not_listed,
        "duplicate_of": None,
        "content": deflated(registration.octets) if registration.keeps_octets else None,
        "removed_at": None,
        "kept_because": "",
        "decided_at": None,
        "decided_by": "",
        "decided_because": "",
        "answers": None,
        "sending": sending,
    }


def _decision_row(decision: Decision) -> dict[str, object]:
    return {
        "row_id": decision.id,
        "outcome": decision.outcome,
        "decided_at": instant(decision.at),
        "decided_by": decision.who,
        "decided_because": decision.why,
    }


def entry_of(row: Any) -> Entry:
    """A row of `document` without its octets."""
    said = dict(zip(prepared.DOCUMENT_COLUMNS, row, strict=True))
    about = {name: said[name] for name in _ABOUT} | {"issued_at": read_instant_if_any(said["issued_at"])}
    return Entry(
        said["id"],
        Carried(*(said[name] for name in _CARRIED)),
        About(**about),
        bytes.fromhex(said["digest"]),
        said["size"],
        read_instant(said["registered_at"]),
        said["outcome"],
        tuple(json.loads(said["findings"])),
        said["findings_not_listed"],
        said["duplicate_of"],
        read_instant_if_any(said["removed_at"]),
        said["kept_because"],
        read_instant_if_any(said["decided_at"]),
        said["decided_by"],
        said["decided_because"],
        said["answers"],
        said["sending"],
    )


def _message_of(entry: Entry | None) -> str:
    return entry.carried.message_id if entry is not None else ""
