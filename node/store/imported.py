"""Logs of other homes that were imported: their entries, checkpoints, tokens and hashes, under their own names and numbers. Source: decision 26."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from node.evidence.entry import Kind, instant, read_instant
from node.evidence.merkle import Hashes, node_hash
from node.msh.ports import Kept
from node.store import prepared
from node.store.connection import Cursor, Row
from node.store.evidence import (
    SEARCHED,
    Absent,
    Begun,
    Evidence,
    Log,
    Numbered,
    Signed,
    Stamped,
    begun_of,
    payloads_of,
    signed_of,
    stamped_of,
    told_apart,
)
from node.store.kept import piece_of_bytes
from node.store.messages import StoredMessages
from node.store.once import keep
from node.store.tree import HASH, HIGH, WIDE, root_of

_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class ImportedLog:
    """One of them, and on whose certificates its signatures rest."""

    name: str
    at: datetime
    who: str
    place: str
    size: int
    #: SHA-256 of anchors: of the node that it was the log of, of each partner, of authorities for time; and of further certificates of that node.
    node: tuple[str, ...] = ()
    partners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    time: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Brought:
    """What one bundle brings."""

    #: Octets by number.
    entries: Mapping[int, bytes]
    #: Kind, time, MessageId, partner and direction of each.
    searched: Mapping[int, tuple[str, ...]]
    checkpoints: Sequence[tuple[int, Signed]]
    tokens: Sequence[tuple[int, Stamped]]
    #: By their SHA-256.
    objects: Mapping[str, bytes]


class Imports:
    """Writes and finds imported logs."""

    def __init__(self, messages: StoredMessages) -> None:
        self._messages = messages

    def trouble(self, log: str = "") -> str:
        """Why nothing can be imported, or nothing but this log; empty where the node is empty."""
        for statement, what in (
            (prepared.ANY_EXCHANGE, "it has sent messages"),
            (prepared.ANY_INBOUND, "it has received messages"),
            (prepared.ANY_PURGED, "it has had messages"),
        ):
            if self._messages.one(statement) is not None:
                return what
        own = self._messages.one(prepared.LOG)
        if log and own is not None and own["log"] == log:
            return f"its own log has the name {log}"
        for row in self._messages.all(prepared.IMPORTED_LOGS):
            if row["complete"]:
                return f"it has an imported log already, {row['log']}"
            if row["log"] != log:
                return f"an import of the log {row['log']} was cut off: import that archive once more"
        return ""

    def logs(self) -> list[ImportedLog]:
        """Those that are complete."""
        return [_log(row) for row in self._messages.all(prepared.IMPORTED_LOGS) if row["complete"]]

    def reader(self, name: str) -> "ImportedEvidence":
        """What reads one of them."""
        return ImportedEvidence(self._messages, name)

    def begin(self, log: str, at: datetime, who: str, place: str) -> None:
        """From now on until its end the log is there and not read; nothing is left of one that was cut off. Raises StorageUnavailable."""
        row = {"log": log, "at": instant(at), "who": who, "place": place, "size": 0, "signers": "{}", "complete": 0}

        def work(cursor: Cursor) -> None:
            # Another archive may give the same name to its log: no row of the one may stay among those of the other.
            _drop(cursor, log)
            cursor.execute(prepared.BEGIN_IMPORT, row)

        self._run(work)

    def drop(self, log: str) -> None:
        """Forget an import that came to no end; the octets of objects stay, which nobody names. Raises StorageUnavailable."""
        self._run(lambda cursor: _drop(cursor, log))

    def add(self, log: str, brought: Brought) -> None:
        """Keep what one bundle brings; harmless when done twice. Raises StorageUnavailable."""
        pieces = {sha256: piece_of_bytes(octets, self._messages.files) for sha256, octets in brought.objects.items()}

        def work(cursor: Cursor) -> None:
            for sha256, piece in pieces.items():
                keep(cursor, sha256, piece)
            for number, octets in brought.entries.items():
                kind, at, message_id, partner, direction = brought.searched[number]
                row = {"log": log, "number": number, "octets": octets, "kind": kind, "at": at}
                cursor.execute(
                    prepared.ADD_IMPORTED_ENTRY, {**row, "message_id": message_id, "partner": partner, "direction": direction}
                )
            for size, one in brought.checkpoints:
                row = {"log": log, "size": size, "octets": one.octets, "signature": one.signature}
                cursor.execute(prepared.ADD_IMPORTED_CHECKPOINT, {**row, "signers": json.dumps(one.signers)})
            for size, token in brought.tokens:
                row = {"log": log, "size": size, "number": token.number, "note": token.note, "token": token.token}
                cursor.execute(prepared.ADD_IMPORTED_TOKEN, {**row, "at": instant(token.at), "ends_at": instant(token.ends_at)})

        self._run(work)

    def add_leaves(self, log: str, tiles: Iterable[tuple[int, bytes]]) -> None:
        """Keep hashes of entries, 256 in a place. Raises StorageUnavailable."""
        rows = [{"log": log, "place": place, "hashes": hashes} for place, hashes in tiles]

        def work(cursor: Cursor) -> None:
            for row in rows:
                cursor.execute(prepared.PUT_IMPORTED_LEAVES, row)

        if rows:
            self._run(work)

    def end(self, log: str, size: int, signers: Mapping[str, Any]) -> None:
        """From now on the log is read. Raises StorageUnavailable."""
        row = {"of": log, "size": size, "signers": json.dumps(signers), "complete": 1}
        self._run(lambda cursor: cursor.execute(prepared.END_IMPORT, row))

    def _run(self, work: Any) -> None:
        self._messages.writer.run(work, "evidence.import")


class ImportedEvidence(Evidence):
    """Reads an imported log as `Evidence` reads that of the node; nothing is ever added to it."""

    def __init__(self, messages: StoredMessages, name: str) -> None:
        super().__init__(messages)
        self.name = name

    def log(self) -> Log | None:
        """Its chain values are not known: not all entries are here."""
        found = [one for one in self._all(prepared.IMPORTED_LOGS) if one["log"] == self.name]
        return Log(self.name, found[0]["size"], b"") if found else None

    def entry(self, number: int) -> Numbered | None:
        """See `Evidence`."""
        rows = self._all(prepared.IMPORTED_ENTRY, log=self.name, number=number)
        return _numbered(rows[0]) if rows else None

    def walk(self, after: int = 0) -> Iterator[Numbered]:
        """Every entry that is here, in its order."""
        while rows := self._all(prepared.IMPORTED_ENTRIES_AFTER, log=self.name, after=after, most=_PAGE):
            yield from map(_numbered, rows)
            after = rows[-1]["number"]

    def of_message(self, message_id: str, partner: str = "", direction: str = "") -> list[Numbered]:
        """See `Evidence`."""
        rows = self._all(prepared.IMPORTED_ENTRIES_OF, log=self.name, message_id=message_id)
        return [_numbered(row) for row in told_apart(rows, partner, direction)]

    def beginning(self, text: str, most: int) -> list[str]:
        """See `Evidence`."""
        rows = self._all(prepared.IMPORTED_IDS_FROM, log=self.name, message_id=text, most=most)
        return [row["message_id"] for row in rows if row["message_id"].startswith(text)]

    def near(self, text: str, most: int) -> list[str]:
        """See `Evidence`."""
        statements = prepared.IMPORTED_IDS_FROM, prepared.IMPORTED_IDS_BEFORE
        return [row["message_id"] for one in statements for row in self._all(one, log=self.name, message_id=text, most=most)]

    def begun(self, partner: str, since: datetime, until: datetime) -> Iterator[Begun]:
        """See `Evidence`."""
        after = 0
        span = {"log": self.name, "partner": partner, "since": instant(since), "until": instant(until), "most": _PAGE}
        while rows := self._all(prepared.IMPORTED_BEGUN, after=after, **span):
            for row in rows:
                yield begun_of(row)
            after = rows[-1]["number"]

    def with_payload(self, sha256: str) -> list[Numbered]:
        """See `Evidence`; all entries are looked through."""
        return [one for one in self.walk() if sha256 in payloads_of(one.octets)]

    def kinds(self, kind: Kind, after: int = 0) -> Iterator[Numbered]:
        """See `Evidence`."""
        return (one for one in self.walk(after) if one.searched[0] == kind.value)

    def objects(self, numbered: Numbered) -> dict[str, Kept | Absent]:
        """See `Evidence`: all octets are kept for good."""
        entry = numbered.entry
        return {name: self.object(sha256) or self._absent(entry, sha256) for name, sha256 in entry.objects.items()}

    def hashes(self) -> Hashes:
        """See `Evidence`."""
        return ImportedHashes(self._messages, self.name)

    def checkpoint_over(self, number: int, *, stamped: bool = False) -> Signed | None:
        """See `Evidence`: the first of those that are here."""
        statement = prepared.IMPORTED_STAMPED_OVER if stamped else prepared.IMPORTED_CHECKPOINT_OVER
        rows = self._all(statement, log=self.name, number=number)
        return signed_of(rows[0]) if rows else None

    def tokens(self, size: int) -> list[Stamped]:
        """See `Evidence`."""
        return [stamped_of(row) for row in self._all(prepared.IMPORTED_TOKENS, log=self.name, size=size)]

    def _all(self, statement: Any, **values: object) -> list[Row]:
        return self._messages.all(statement, **values)


class ImportedHashes:
    """`merkle.Hashes` over the leaves of an imported log; for one proof, or a few."""

    def __init__(self, messages: StoredMessages, name: str) -> None:
        self._messages, self._name = messages, name
        self._rows: dict[int, bytes] = {}
        self._whole: dict[tuple[int, int], bytes] = {}

    def complete(self, level: int, index: int) -> bytes:
        """As `merkle.Hashes`. Raises LookupError where as much is not known."""
        if level < HIGH:
            first = index << level
            row = self._row(first // WIDE)
            at = first % WIDE * HASH
            octets = row[at : at + (HASH << level)]
            if len(octets) < HASH << level:
                raise LookupError(f"the log {self._name} has no {1 << level} hashes from {first} on")
            return root_of(octets)
        found = self._whole.get((level, index))
        if found is None:
            if level == HIGH:
                row = self._row(index)
                if len(row) < WIDE * HASH:
                    raise LookupError(f"the log {self._name} has no {WIDE} hashes from {index * WIDE} on")
                found = root_of(row)
            else:
                found = node_hash(self.complete(level - 1, index * 2), self.complete(level - 1, index * 2 + 1))
            self._whole[(level, index)] = found
        return found

    def _row(self, place: int) -> bytes:
        if place not in self._rows:
            rows = self._messages.all(prepared.IMPORTED_LEAVES, log=self._name, place=place)
            self._rows = {place: bytes(rows[0]["hashes"]) if rows else b""}
        return self._rows[place]


def _drop(cursor: Cursor, log: str) -> None:
    for statement in (
        prepared.DROP_IMPORTED_ENTRIES,
        prepared.DROP_IMPORTED_LEAVES,
        prepared.DROP_IMPORTED_CHECKPOINTS,
        prepared.DROP_IMPORTED_TOKENS,
        prepared.DROP_IMPORT,
    ):
        cursor.execute(statement, {"of": log})


def _numbered(row: Row) -> Numbered:
    return Numbered(row["number"], bytes(row["octets"]), b"", {}, None, tuple(row[one] for one in SEARCHED))


def _log(row: Row) -> ImportedLog:
    said = json.loads(row["signers"])
    partners = {name: tuple(digests) for name, digests in said.get("partners", {}).items()}
    digests = {name: tuple(said.get(name, ())) for name in ("node", "time", "beside")}
    return ImportedLog(row["log"], read_instant(row["at"]), row["who"], row["place"], row["size"], partners=partners, **digests)
