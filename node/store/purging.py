"""What is no longer kept: payloads first, in the end everything but a line; and the files that no row names any more."""

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final

from node.ebms.errors import EbmsError
from node.ebms.states import INBOUND, OUTBOUND, InboundEvent, InboundState, OutboundEvent, OutboundState, step
from node.evidence.entry import EntryRefused, Kind, read_entry
from node.failpoints import failpoint
from node.mime.package import Package
from node.msh.octets import HeldOctets
from node.msh.ports import Kept, StorageUnavailable
from node.msh.retention import Facts, Goes
from node.store import prepared
from node.store.connection import Cursor, Noted, Row
from node.store.database import instant, read_instant
from node.store.kept import Piece, piece_of_bytes
from node.store.log import append_noted
from node.store.once import keep
from node.store.rows import IN, OUT, Rows, add_step
from node.store.wording import Wording

#: Names of objects that go with the payloads, and of all that go with their message; receipts, certificates and the like stay.
_WIRE: Final = ("wire",)
_PAYLOADS: Final = ("payload-", *_WIRE)
_OWN: Final = (*_PAYLOADS, "envelope", "answer", "http")
_RECEIPTS: Final = (Kind.RECEIVED.value, Kind.ACKNOWLEDGED.value)
#: A file that no row names goes after this time, as one that never had a row does (INV-12): until then a backup of the rows finds it.
FILE_GRACE: Final = timedelta(hours=24)
#: A file without a row may belong to a message that is being taken in, and is marked when it is a day old; this is longer than any transaction.
ORPHAN_GRACE: Final = timedelta(hours=1)

log = logging.getLogger("node.store.purging")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One message as the rule of retention sees it."""

    direction: str
    id: int
    message_id: str
    partner: str
    service: str
    action: str
    state: str
    began_at: str
    changed_at: str
    due: bool
    held: bool
    kept_because: str
    payloads_removed: bool
    wired: bool
    test_service: bool = False
    from_party: str = ""
    fingerprint: str = ""

    @property
    def facts(self) -> Facts:
        """What `what_goes` asks for."""
        return Facts(
            state=OutboundState(self.state) if self.direction == OUT else InboundState(self.state),
            changed_at=read_instant(self.changed_at),
            due=self.due,
            held=self.held,
            kept_because=self.kept_because,
            test_service=self.test_service,
            payloads_removed=self.payloads_removed,
            wired=self.wired,
        )


@dataclass(frozen=True, slots=True)
class _Wire:
    """What went over the wire: the rows of its segments, and the envelope in it, which stays."""

    segments: Sequence[int]
    envelope: Piece

    def drop(self, cursor: Cursor, row_id: int, due: str) -> None:
        cursor.execute(prepared.DROP_WIRE, {"row_id": row_id, "envelope_id": self.envelope.add(cursor)})
        for segment in self.segments:
            _unname(cursor, segment, due)
            cursor.execute(prepared.REMOVE_OCTETS, {"row_id": segment})


@dataclass(frozen=True, slots=True)
class Purged:
    """What is left of a message that was removed."""

    direction: str
    message_id: str
    from_party: str
    partner: str
    service: str
    action: str
    state: str
    began_at: datetime
    ended_at: datetime
    purged_at: datetime
    rule: str


_OUT_NAMES: Final = (
    *("id", "message_id", "partner", "service", "action", "state", "began_at", "changed_at"),
    *("due", "held", "kept_because", "payloads_removed", "wired"),
)
_IN_NAMES: Final = (*_OUT_NAMES, "test_service", "from_party", "fingerprint")


class Purging(Rows):
    """Removes what a rule lets go; what it is about to remove is asked for again in the transaction that removes it."""

    # -- what may go ---------------------------------------------------------------------------------------------

    def purgeable(self, direction: str, before: datetime, most: int) -> Iterator[Candidate]:
        """Messages that came to their end before an instant and whose payloads are there, the longest ended first."""
        statement = prepared.PURGEABLE_EXCHANGES if direction == OUT else prepared.PURGEABLE_INBOUNDS
        return self._ended(statement, direction, before, most)

    def wired(self, before: datetime, most: int) -> Iterator[Candidate]:
        """Messages that were acknowledged before an instant and still have the octets that went over the wire, the longest acknowledged first."""
        return self._ended(prepared.WIRED_EXCHANGES, OUT, before, most)

    def _ended(self, statement: Wording, direction: str, before: datetime, most: int) -> Iterator[Candidate]:
        at, row_id = "", 0
        while rows := self.all(statement, before=instant(before), after_at=at, after=row_id, most=most):
            found = [_candidate(direction, row) for row in rows]
            at, row_id = found[-1].changed_at, found[-1].id
            yield from found

    def oldest(self, direction: str, before: datetime, most: int) -> Iterator[Candidate]:
        """Messages that began before an instant, the oldest first."""
        statement = prepared.OLDEST_EXCHANGES if direction == OUT else prepared.OLDEST_INBOUNDS
        until, row_id = instant(before), 0
        while rows := self.all(statement, after=row_id, most=most):
            for row in rows:
                one = _candidate(direction, row)
                # Rows are numbered as they come.
                if one.began_at > until:
                    return
                yield one
            row_id = rows[-1][0]

    def last_step_at(self) -> datetime | None:
        """When something happened here last."""
        row = self.one(prepared.LAST_STEP)
        return read_instant(row["at"]) if row else None

    def purged(self, message_id: str) -> list[Purged]:
        """What is left of removed messages of this MessageId."""
        instants = ("began_at", "ended_at", "purged_at")
        rows = self.all(prepared.PURGED_OF, message_id=message_id)
        found: list[Purged] = []
        for row in rows:
            values: dict[str, Any] = {one.name: row[one.name] for one in fields(Purged)}
            found.append(Purged(**(values | {name: read_instant(row[name]) for name in instants})))
        return found

    # -- removing ------------------------------------------------------------------------------------------------

    def remove_wire(self, candidate: Candidate, goes: Goes, at: datetime) -> bool:
        """The octets that went over the wire go; envelope, payloads and everything else stay. Whether it was still as it had been."""
        try:
            wire = self._wire(candidate)
        except (OSError, StorageUnavailable, EbmsError) as error:
            log.error("%s keeps its wire octets: they cannot be read: %s; n2n doctor --store", candidate.message_id, error)
            return False
        if wire is None:
            return False
        now, due = instant(at), instant(at + FILE_GRACE)
        said = self._purged(candidate, "wire", goes.why, at, _WIRE)

        def work(cursor: Cursor) -> bool:
            cursor.execute(prepared.PASS_GATE)
            if _read(cursor, candidate) != candidate:
                return False
            wire.drop(cursor, candidate.id, due)
            _note(cursor, candidate, "WIRE_REMOVED", now, goes.why)
            append_noted(cursor, said)
            return True

        return self.writer.run(work, "keep.wire")

    def remove_payloads(self, candidate: Candidate, goes: Goes, at: datetime) -> bool:
        """The octets of a message's payloads go; their digests, the envelope and everything else stay. Whether it was still as it had been."""
        try:
            hashes = self._hashes(candidate)
            wire = self._wire(candidate)
        except (OSError, StorageUnavailable, EbmsError) as error:
            log.error("%s is not purged: its octets cannot be read: %s; n2n doctor --store", candidate.message_id, error)
            return False
        now, due = instant(at), instant(at + FILE_GRACE)
        said = self._purged(candidate, "payloads", goes.why, at, _PAYLOADS if wire else _PAYLOADS[:1])

        def work(cursor: Cursor) -> bool:
            cursor.execute(prepared.PASS_GATE)
            if _read(cursor, candidate) != candidate:
                return False
            for row_id in _payloads(cursor, candidate):
                _unname(cursor, row_id, due)
                cursor.execute(prepared.EMPTY_OCTETS, {"row_id": row_id, "removed_at": now, "sha256": hashes.get(row_id)})
            if candidate.direction == OUT:
                cursor.execute(prepared.PURGE_EXCHANGE, {"row_id": candidate.id, "payloads_removed_at": now})
                if wire:
                    # It held the same once more.
                    wire.drop(cursor, candidate.id, due)
            else:
                cursor.execute(prepared.PURGE_INBOUND, {"row_id": candidate.id, "payloads_removed_at": now})
            _note(cursor, candidate, "PAYLOADS_REMOVED", now, goes.why)
            append_noted(cursor, said)
            return True

        return self.writer.run(work, "keep.purge")

    def remove_all(self, candidate: Candidate, goes: Goes, at: datetime) -> bool:
        """Everything of a message goes but what proves it: a line that says what it was, and in the log its entries, certificates and receipts.

        Whether it was still as it had been.
        """
        now, due = instant(at), instant(at + FILE_GRACE)
        try:
            receipts = self._receipts(candidate)
        except (OSError, StorageUnavailable) as error:
            log.error("%s is not purged: its receipt cannot be read: %s; n2n doctor --store", candidate.message_id, error)
            return False
        segments = self._segments(candidate)
        row = {
            name: getattr(candidate, name) for name in ("direction", "message_id", "from_party", "partner", "service", "action")
        }
        row |= {"state": candidate.state, "began_at": candidate.began_at, "ended_at": candidate.changed_at}
        row |= {"fingerprint": candidate.fingerprint, "purged_at": now, "rule": goes.why}
        said = self._purged(candidate, "everything", goes.why, at, _OWN)
        numbers = [one["number"] for one in self._entries(candidate)]

        def work(cursor: Cursor) -> bool:
            cursor.execute(prepared.PASS_GATE)
            if _read(cursor, candidate) != candidate:
                return False
            owner = {"direction": candidate.direction, "owner_id": candidate.id}
            for row_id in [*_payloads(cursor, candidate), *_others(cursor, candidate), *segments]:
                _unname(cursor, row_id, due)
                cursor.execute(prepared.REMOVE_OCTETS, {"row_id": row_id})
            cursor.execute(prepared.REMOVE_PAYLOADS, owner)
            cursor.execute(prepared.REMOVE_HISTORY, owner)
            if candidate.direction == IN:
                # A receipt that was posted by itself goes with its message.
                cursor.execute(prepared.REMOVE_SIGNAL, {"row_id": candidate.id})
            statement = prepared.REMOVE_EXCHANGE if candidate.direction == OUT else prepared.REMOVE_INBOUND
            cursor.execute(statement, {"row_id": candidate.id})
            cursor.execute(prepared.ADD_PURGED, row)
            for sha256, piece in receipts.items():
                keep(cursor, sha256, piece)
            for number in numbers:
                cursor.execute(prepared.MOVE_HELD, {"of": number, "held": "{}"})
            append_noted(cursor, said)
            return True

        return self.writer.run(work, "keep.forget")

    def _receipts(self, candidate: Candidate) -> Mapping[str, Piece]:
        """The receipts that entries name, to be kept for good: digests without the signature over them prove nothing. Raises StorageUnavailable."""
        found: dict[str, Piece] = {}
        for row in self._entries(candidate):
            if row["kind"] not in _RECEIPTS:
                continue
            objects, held = read_entry(bytes(row["octets"])).objects, json.loads(row["held"])
            # One that came alone is the answer.
            where = held.get("receipt") or ("answer" not in objects and held.get("answer"))
            if "receipt" not in objects or not where:
                continue
            octets = b"".join(bytes(chunk) for chunk in self._read_octets(where).chunks())
            if HeldOctets(octets).sha256 != objects["receipt"]:
                raise StorageUnavailable(f"octets {where} are not those of the receipt")
            found[objects["receipt"]] = piece_of_bytes(octets, self.files)
        return found

    def _read_octets(self, row_id: int) -> Kept:
        try:
            return self.kept(row_id)
        except LookupError as error:
            raise StorageUnavailable(str(error)) from error

    def _entries(self, candidate: Candidate) -> list[Row]:
        rows = self.all(prepared.ENTRIES_OF, message_id=candidate.message_id)
        return [row for row in rows if (row["partner"], row["direction"]) == (candidate.partner, candidate.direction)]

    def _purged(self, candidate: Candidate, what: str, why: str, at: datetime, names: tuple[str, ...]) -> Noted:
        """What goes stays named: each of the octets by its name and the number of the entry that has it."""
        gone: dict[str, str] = {}
        for row in self._entries(candidate):
            try:
                objects = read_entry(bytes(row["octets"])).objects
            except EntryRefused:
                continue
            if row["kind"] != Kind.PURGED:
                gone |= {f"{name}.{row['number']}": one for name, one in objects.items() if name.startswith(names)}
        about = {"message_id": candidate.message_id, "partner": candidate.partner, "direction": candidate.direction}
        return self.entries.done(Kind.PURGED, at, "retention", what, why, about, gone)

    def _hashes(self, candidate: Candidate) -> Mapping[int, str]:
        """The hash of each payload of which nobody has computed it: it is what stays."""
        owned = self.payload_rows(candidate.direction, candidate.id)
        return {row["octets_id"]: kept.sha256 for row, kept in owned if not row["sha256"]}

    def _wire(self, candidate: Candidate) -> _Wire | None:
        """What went over the wire, where that is there; its envelope is the one that was signed. Raises EbmsError, StorageUnavailable."""
        segments = self._segments(candidate)
        octets = self.sent_envelope(candidate) if segments else None
        if octets is None:
            return None
        entries = [read_entry(bytes(row["octets"])).objects for row in self._entries(candidate) if row["kind"] == Kind.PACKAGED]
        signed = {one["envelope"] for one in entries if "envelope" in one}
        if signed and HeldOctets(octets).sha256 not in signed:
            raise StorageUnavailable("the envelope in it is not the one that was signed")
        return _Wire(segments, piece_of_bytes(octets, self.files))

    def wire_octets(self, candidate: Candidate) -> int:
        """How many octets went over the wire, where they are there."""
        row = self.one(prepared.EXCHANGE_WIRE, row_id=candidate.id)
        return sum(one[1] for one in json.loads(row["wire"])) if row and row["wire"] else 0

    def _segments(self, candidate: Candidate) -> Sequence[int]:
        """The octets of the wire body."""
        if candidate.direction == IN:
            return ()
        row = self.one(prepared.EXCHANGE_WIRE, row_id=candidate.id)
        return [one[0] for one in json.loads(row["wire"])] if row and row["wire"] else ()

    def sent_envelope(self, candidate: Candidate) -> bytes | None:
        """The signed envelope of what we sent, taken out of the wire body while that is there. Raises EbmsError, StorageUnavailable."""
        return self._sent_envelope(candidate.id)

    def envelope_of(self, message_id: str) -> bytes | None:
        """The same by the MessageId; None for one that is not here, or was not packaged."""
        row = self.one(prepared.EXCHANGE_STATE, message_id=message_id)
        return self._sent_envelope(row["id"]) if row else None

    def _sent_envelope(self, row_id: int) -> bytes | None:
        row = self.one(prepared.EXCHANGE_WIRE, row_id=row_id)
        if row and row["envelope_id"] is not None:
            return b"".join(self.kept(row["envelope_id"]).chunks())
        if not row or not row["wire"]:
            return None
        chunks = (bytes(chunk) for one in json.loads(row["wire"]) for chunk in self.kept(one[0]).chunks())
        return Package.open(row["content_type"], chunks).root.octets

    # -- files ---------------------------------------------------------------------------------------------------

    def removals(self) -> set[str]:
        """Every file that is to be removed."""
        return {row["file"] for row in self.all(prepared.REMOVALS)}

    def mark_orphans(self, names: Iterable[str], at: datetime) -> int:
        """Mark files that no row names; how many."""
        due = instant(at + ORPHAN_GRACE)
        orphans = [name for name in names if self.one(prepared.FILE_NAMED, file=name) is None]

        def work(cursor: Cursor) -> int:
            return sum(_mark(cursor, name, due) for name in orphans)

        return self.writer.run(work) if orphans else 0

    def remove_files(self, now: datetime, most: int) -> int:
        """Remove files whose time has come; how many. What a crash interrupts is taken up by the next call."""
        names = [row["file"] for row in self.all(prepared.DUE_REMOVALS, now=instant(now), most=most)]
        if not names:
            return 0

        def mark(cursor: Cursor) -> None:
            # From here on no row may name one of them.
            for name in names:
                cursor.execute(prepared.GOING, {"file": name})

        self.writer.run(mark)
        failpoint("keep.files.marked")
        # A row that was committed before the mark has called its file back.
        going = [
            name for name in names if self.one(prepared.IS_GOING, file=name) and not self.one(prepared.FILE_NAMED, file=name)
        ]
        gone = []
        try:
            for name in going:
                self.files.remove(name)
                gone.append(name)
        except StorageUnavailable as error:
            log.error("payload files that no row names stay for now: %s", error)
        failpoint("keep.files.removed")
        ended = [*gone, *(name for name in names if name not in going)]

        def forget(cursor: Cursor) -> None:
            for name in ended:
                cursor.execute(prepared.FORGET_REMOVAL, {"file": name})

        self.writer.run(forget)
        return len(gone)


def _candidate(direction: str, row: Sequence[Any]) -> Candidate:
    values: dict[str, Any] = dict(zip(_OUT_NAMES if direction == OUT else _IN_NAMES, row, strict=True))
    for name in ("due", "held", "payloads_removed", "wired", "test_service"):
        values[name] = bool(values.get(name))
    return Candidate(direction=direction, **values)


def _read_one(cursor: Cursor, direction: str, row_id: int) -> Candidate | None:
    statement = prepared.LOCK_EXCHANGE_FACTS if direction == OUT else prepared.LOCK_INBOUND_FACTS
    row = cursor.execute(statement, {"row_id": row_id}).fetchone()
    return _candidate(direction, row) if row is not None else None


def _read(cursor: Cursor, candidate: Candidate) -> Candidate | None:
    return _read_one(cursor, candidate.direction, candidate.id)


def _payloads(cursor: Cursor, candidate: Candidate) -> list[int]:
    owner = {"direction": candidate.direction, "owner_id": candidate.id}
    return [row[0] for row in cursor.execute(prepared.OCTETS_OF_PAYLOADS, owner).fetchall()]


def _others(cursor: Cursor, candidate: Candidate) -> list[int]:
    """Envelope, receipt and answers."""
    owner = {"direction": candidate.direction, "owner_id": candidate.id}
    answers = [row[0] for row in cursor.execute(prepared.ANSWERS, owner).fetchall()]
    statement = prepared.EXCHANGE_EVIDENCE if candidate.direction == OUT else prepared.INBOUND_EVIDENCE
    evidence = cursor.execute(statement, {"row_id": candidate.id}).fetchone()
    return [one for one in (*evidence, *answers) if one is not None]


def _unname(cursor: Cursor, row_id: int, due: str) -> None:
    """The row names no file any more; the file goes later, unless another row names it too."""
    file = cursor.execute(prepared.OCTETS_FILE, {"row_id": row_id}).fetchone()[0]
    if file is not None:
        cursor.execute(prepared.UNNAME_OCTETS, {"row_id": row_id})
        _mark(cursor, file, due)


def _mark(cursor: Cursor, file: str, due: str) -> int:
    """Let a file go later, unless some row names it or it is marked already; how many were marked."""
    if (
        cursor.execute(prepared.FILE_NAMED, {"file": file}).fetchone()
        or cursor.execute(prepared.IS_MARKED, {"file": file}).fetchone()
    ):
        return 0
    cursor.execute(prepared.ADD_REMOVAL, {"file": file, "due_at": due})
    return 1


def _note(cursor: Cursor, candidate: Candidate, event: str, now: str, detail: str) -> None:
    """A step that changes no state, in the history."""
    if candidate.direction == OUT:
        after = step(OUTBOUND, OutboundState(candidate.state), OutboundEvent(event)).value
    else:
        after = step(INBOUND, InboundState(candidate.state), InboundEvent(event)).value
    add_step(cursor, candidate.direction, candidate.id, now, candidate.state, event, after, detail)
