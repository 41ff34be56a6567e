"""The log of evidence as it is read: entries and their proofs, checkpoints with signatures and stamps, and the octets that entries name."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

from node.ebms.errors import EbmsError
from node.evidence.checkpoint import Checkpoint, read_checkpoint
from node.evidence.entry import Entry, Kind, instant, read_entry, read_instant
from node.evidence.merkle import Hashes, consistency, inclusion
from node.msh.octets import HeldOctets
from node.msh.ports import Kept, StorageUnavailable
from node.store import prepared
from node.store.compressed import Compressed
from node.store.connection import Cursor, Row
from node.store.kept import RemovedOctets, kept_of, piece_of_bytes
from node.store.log import append_noted
from node.store.messages import StoredMessages
from node.store.once import keep
from node.store.tree import StoredHashes, add_tiles

#: Rows that are read at a time.
_PAGE: Final = 500
#: Of entries that begin a message.
_BEGINNINGS: Final = frozenset({Kind.RECEIVED.value, Kind.PACKAGED.value})
#: What an entry is searched by, as columns.
SEARCHED: Final = ("kind", "at", "message_id", "partner", "direction")


@dataclass(frozen=True, slots=True)
class Log:
    """A log, and where it ends."""

    name: str
    size: int
    chain: bytes


@dataclass(frozen=True)
class Numbered:
    """One entry as it lies in the log."""

    number: int
    octets: bytes
    chain: bytes
    #: Where octets lie that it names alone; for `Evidence.objects`.
    held: Mapping[str, int]
    head: bytes | None
    #: What the log is searched by: kind, time, MessageId, partner, direction.
    searched: tuple[str, ...] = ()

    @cached_property
    def entry(self) -> Entry:
        """What it says. Raises EntryRefused."""
        return read_entry(self.octets)


@dataclass(frozen=True, slots=True)
class Begun:
    """A message of which the log has a beginning: that it was received, or packaged."""

    number: int
    message_id: str
    partner: str
    direction: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint with its signature."""

    octets: bytes
    signature: bytes
    #: SHA-256 of the certificate that signed, then of those above it; their octets are kept.
    signers: tuple[str, ...]

    @property
    def checkpoint(self) -> Checkpoint:
        """What it says. Raises CheckpointRefused."""
        return read_checkpoint(self.octets)


@dataclass(frozen=True, slots=True)
class Stamped:
    """A token over a note of a checkpoint."""

    number: int
    note: bytes
    token: bytes
    #: The time that it states, and when the certificate of its authority ends.
    at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Absent:
    """Octets that an entry names and that are not here any more."""

    sha256: str
    why: str
    #: What removed them, and when.
    rule: str
    at: str


class Evidence:
    """Reads and adds to the log of a store; entries themselves are written where facts are made."""

    def __init__(self, messages: StoredMessages) -> None:
        self._messages, self._database = messages, messages.database

    # -- entries ---------------------------------------------------------------------------------------------------

    def log(self) -> Log | None:
        """The log; None as long as nothing was written into it."""
        row = self._messages.one(prepared.LOG)
        return Log(row["log"], row["number"], bytes(row["chain"])) if row and row["number"] else None

    def entry(self, number: int) -> Numbered | None:
        """One entry by its number."""
        row = self._messages.one(prepared.ENTRY, number=number)
        return _numbered(row) if row else None

    def walk(self, after: int = 0) -> Iterator[Numbered]:
        """Every entry in its order."""
        while rows := self._messages.all(prepared.ENTRIES_AFTER, after=after, most=_PAGE):
            yield from map(_numbered, rows)
            after = rows[-1]["number"]

    def of_message(self, message_id: str, partner: str = "", direction: str = "") -> list[Numbered]:
        """All entries about a message, in their order: of one partner and direction, where two use one MessageId, as far as an entry tells them."""
        rows = self._messages.all(prepared.ENTRIES_OF, message_id=message_id)
        return [_numbered(row) for row in told_apart(rows, partner, direction)]

    def beginning(self, text: str, most: int) -> list[str]:
        """The MessageIds in the log that begin like this, in their order."""
        rows = self._messages.all(prepared.MESSAGE_IDS_FROM, message_id=text, most=most)
        return [row["message_id"] for row in rows if row["message_id"].startswith(text)]

    def near(self, text: str, most: int) -> list[str]:
        """MessageIds that stand around a text in their order; for whoever mistyped one."""
        statements = prepared.MESSAGE_IDS_FROM, prepared.MESSAGE_IDS_BEFORE
        return [row["message_id"] for one in statements for row in self._messages.all(one, message_id=text, most=most)]

    def begun(self, partner: str, since: datetime, until: datetime) -> Iterator[Begun]:
        """The messages with a partner that were received or packaged at or after an instant and before another."""
        after = 0
        span = {"partner": partner, "since": instant(since), "until": instant(until), "most": _PAGE}
        while rows := self._messages.all(prepared.MESSAGES_BEGUN, after=after, **span):
            for row in rows:
                yield begun_of(row)
            after = rows[-1]["number"]

    def knows(self, partner: str) -> bool:
        """Whether the log has a message with a partner of this name, also one that is no partner any more."""
        span = {"partner": partner, "since": "", "until": "~", "after": 0, "most": 1}
        return self._messages.one(prepared.MESSAGES_BEGUN, **span) is not None

    def with_payload(self, sha256: str) -> list[Numbered]:
        """The entries that say that a message had this payload."""
        numbers = [row["number"] for row in self._messages.all(prepared.NUMBERS_OF_DIGEST, sha256=sha256)]
        last = self._messages.all(prepared.LAST_TILE, level=0)[0][0]
        # What came after the last tile is not listed yet.
        later = [one for one in self.walk(0 if last is None else (last + 1) * 256) if sha256 in payloads_of(one.octets)]
        return [one for one in map(self.entry, numbers) if one is not None] + later

    def kinds(self, kind: Kind, after: int = 0) -> Iterator[Numbered]:
        """Every entry of a kind, such as what people did."""
        while rows := self._messages.all(prepared.ENTRIES_OF_KIND, after=after, kind=kind.value, most=_PAGE):
            yield from map(_numbered, rows)
            after = rows[-1]["number"]

    def acts(self, before: int = 1 << 62) -> Iterator[Numbered]:
        """What people did and looked up, the newest first, from before a number on."""
        while rows := self._messages.all(prepared.ACTS_BEFORE, before=before, most=_PAGE):
            yield from map(_numbered, rows)
            before = rows[-1]["number"]

    # -- doors for what people do ----------------------------------------------------------------------------------

    def act(
        self,
        at: datetime,
        who: str,
        what: str,
        why: str,
        about: Mapping[str, str] | None = None,
        objects: Mapping[str, bytes] | None = None,
    ) -> None:
        """Somebody changed something; `objects` are kept for good. Raises StorageUnavailable."""
        self._done(Kind.ACTED, at, who, what, why, about, objects)

    def retrieved(self, at: datetime, who: str, what: str, why: str, about: Mapping[str, str] | None = None) -> None:
        """Somebody looked evidence up. Raises StorageUnavailable."""
        self._done(Kind.RETRIEVED, at, who, what, why, about, None)

    def _done(
        self,
        kind: Kind,
        at: datetime,
        who: str,
        what: str,
        why: str,
        about: Mapping[str, str] | None,
        objects: Mapping[str, bytes] | None,
    ) -> None:
        entries = self._messages.entries
        named = {name: entries.keep(octets) for name, octets in (objects or {}).items()}
        said = entries.done(kind, at, who, what, why, about, named)

        def work(cursor: Cursor) -> None:
            append_noted(cursor, said)

        self._messages.writer.run(work, "evidence.act")

    # -- octets ----------------------------------------------------------------------------------------------------

    def objects(self, numbered: Numbered) -> dict[str, Kept | Absent]:
        """The octets that an entry names, each by its name; `Absent` where they are not here any more."""
        entry, own = numbered.entry, self._own(numbered)
        return {name: self._found(entry, name, sha256, own) for name, sha256 in entry.objects.items()}

    def object(self, sha256: str) -> Kept | None:
        """Octets that are kept for good, such as a certificate; None for others."""
        row = self._messages.one(prepared.OBJECT, sha256=sha256)
        if row is None:
            return None
        files = self._messages.files
        return kept_of(row["id"], row["size"], row["sha256"], row["file"], self._database, files, row["removed_at"])

    def _found(self, entry: Entry, name: str, sha256: str, own: Mapping[str, Kept]) -> Kept | Absent:
        kept = own.get(name) or self.object(sha256)
        if kept is None or isinstance(kept, RemovedOctets):
            return self._absent(entry, sha256)
        return kept

    def _own(self, numbered: Numbered) -> dict[str, Kept]:
        """What lies with the message itself."""
        found: dict[str, Kept] = {}
        for name, row_id in numbered.held.items():
            try:
                found[name] = self._messages.kept(row_id)
            except LookupError:
                continue
        if "answer" in found and "answer" not in numbered.entry.objects:
            # A receipt that came alone.
            found["receipt"] = found.pop("answer")
        if numbered.head is not None:
            found["http"] = HeldOctets(numbered.head)
        if numbered.entry.kind is Kind.PACKAGED:
            found |= self._packaged(numbered.entry)
        return found

    def _packaged(self, entry: Entry) -> dict[str, Kept]:
        """What we sent, out of the exchange: the wire body, its envelope, and the payloads as they were signed."""
        exchange = self._messages.exchange(entry.about["message_id"])
        if exchange is None:
            return {}
        found: dict[str, Kept] = {}
        # What is lost is missing, and no reason to read nothing else.
        with suppress(OSError, StorageUnavailable, EbmsError):
            if exchange.wire and "wire" in entry.objects:
                found["wire"] = HeldOctets(b"".join(bytes(chunk) for segment in exchange.wire for chunk in segment.chunks()))
        with suppress(OSError, StorageUnavailable, EbmsError):
            envelope = self._messages.envelope_of(entry.about["message_id"])
            if envelope is not None:
                found["envelope"] = HeldOctets(envelope)
        for number, payload in enumerate(exchange.payloads, 1):
            if isinstance(payload.octets, RemovedOctets):
                continue
            as_signed = payload.packed or Compressed(payload.octets) if payload.travels_packed else payload.octets
            found[f"payload-{number}"] = as_signed
        return found

    def _absent(self, entry: Entry, sha256: str) -> Absent:
        about = entry.about
        for one in self.of_message(about.get("message_id", ""), about.get("partner", ""), about.get("direction", "")):
            if one.entry.kind is Kind.PURGED and sha256 in one.entry.objects.values():
                return Absent(sha256, "purged", str(one.entry.facts.get("why", "")), instant(one.entry.at))
        return Absent(sha256, "missing", "", "")

    # -- the tree and what is signed -------------------------------------------------------------------------------

    def hashes(self) -> Hashes:
        """The hashes of the tree, for proofs of one log at one time."""
        return StoredHashes(self._database)

    def links(self, after: int, until: int) -> Iterator[tuple[int, bytes, bytes]]:
        """Number, octets and chain value of the entries after one, up to and with another."""
        while after < until:
            rows = self._messages.all(prepared.ENTRY_OCTETS, after=after, until=min(after + _PAGE, until))
            for row in rows:
                yield row["number"], bytes(row["octets"]), bytes(row["chain"])
            after += _PAGE

    def inclusion(self, number: int, size: int) -> list[bytes]:
        """The proof that an entry is one of the first `size`. Raises ValueError, LookupError."""
        return inclusion(self.hashes(), number - 1, size)

    def consistency(self, before: int, size: int) -> list[bytes]:
        """The proof that the first `before` entries are the beginning of the first `size`. Raises ValueError, LookupError."""
        return consistency(self.hashes(), before, size)

    def last_checkpoint(self) -> Signed | None:
        """The newest."""
        row = self._messages.one(prepared.LAST_CHECKPOINT)
        return signed_of(row) if row else None

    def last_checkpoint_size(self) -> int:
        """The size of the newest; 0 before the first."""
        row = self._messages.one(prepared.LAST_CHECKPOINT)
        return row["size"] if row else 0

    def checkpoint(self, size: int) -> Signed | None:
        """That of a size."""
        row = self._messages.one(prepared.CHECKPOINT, size=size)
        return signed_of(row) if row else None

    def checkpoint_over(self, number: int, *, stamped: bool = False) -> Signed | None:
        """The first that an entry is in; with `stamped` the first of those that a time was given to. None where there is none yet."""
        row = self._messages.one(prepared.STAMPED_OVER if stamped else prepared.CHECKPOINT_OVER, number=number)
        return signed_of(row) if row else None

    def checkpoints(self, after: int = 0) -> Iterator[Signed]:
        """Every checkpoint, the smallest first."""
        while rows := self._messages.all(prepared.CHECKPOINTS_AFTER, after=after, most=_PAGE):
            yield from map(signed_of, rows)
            after = rows[-1]["size"]

    def tokens(self, size: int) -> list[Stamped]:
        """The tokens over a checkpoint, in their order."""
        return [stamped_of(row) for row in self._messages.all(prepared.TOKENS, size=size)]

    def add_tiles(self) -> int:
        """Write every tile of the tree that is complete; how many. Raises StorageUnavailable."""
        return add_tiles(self._database, self._messages.writer.run, payloads_of)

    def add_checkpoint(self, checkpoint: Checkpoint, signature: bytes, signers: Sequence[bytes]) -> None:
        """Keep a signed checkpoint, unless somebody signed as much meanwhile; `signers` is DER, the signer first. Raises StorageUnavailable."""
        digests = [self._messages.entries.keep(one) for one in signers]
        row = {
            "size": checkpoint.size,
            "octets": checkpoint.octets(),
            "signature": signature,
            "signers": json.dumps(digests),
            "at": instant(checkpoint.at),
        }

        def work(cursor: Cursor) -> None:
            # Held until the commit: a command may sign beside the node that serves.
            cursor.execute(prepared.LOG_HEAD)
            last = cursor.execute(prepared.LAST_CHECKPOINT).fetchone()
            if last and last[0] >= checkpoint.size:
                return
            cursor.execute(prepared.ADD_CHECKPOINT, {**row, "previous": last[0] if last else 0})
            cursor.execute(prepared.NOTE_SIGNED, {"size": checkpoint.size})

        self._messages.writer.run(work, "evidence.checkpoint")

    def unstamped(self) -> Signed | None:
        """The newest checkpoint, where no time was given to it and it is beyond every one that has one."""
        last = self._messages.one(prepared.LAST_STAMPED)
        row = self._messages.one(prepared.UNSTAMPED, after=last["size"] if last else 0)
        return signed_of(row) if row else None

    def last_stamped(self) -> Stamped | None:
        """The first token over the newest checkpoint that has one."""
        last = self._messages.one(prepared.LAST_STAMPED)
        return self.tokens(last["size"])[0] if last else None

    def last_stamped_size(self) -> int:
        """The size of the newest checkpoint that has a token; 0 where none has."""
        last = self._messages.one(prepared.LAST_STAMPED)
        return last["size"] if last else 0

    def last_tokens(self) -> Iterator[tuple[int, Stamped]]:
        """Of each checkpoint that has one its last token, by the size."""
        after = 0
        while rows := self._messages.all(prepared.LAST_TOKENS_AFTER, after=after, most=_PAGE):
            yield from ((row["size"], stamped_of(row)) for row in rows)
            after = rows[-1]["size"]

    def restate_token(self, size: int, number: int, ends_at: datetime) -> None:
        """A token cannot be verified as long as was thought. Raises StorageUnavailable."""
        row = {"of": size, "of_number": number, "ends": instant(ends_at)}

        def work(cursor: Cursor) -> None:
            cursor.execute(prepared.RESTATE_TOKEN, row)

        self._messages.writer.run(work, "evidence.token")

    def ending(self, by: datetime, most: int) -> list[int]:
        """The checkpoints of which the last token can be verified no longer than until an instant."""
        return [row["size"] for row in self._messages.all(prepared.TOKENS_ENDING, ends_by=instant(by), most=most)]

    def add_token(self, size: int, stamped: Stamped, evidence: Collection[bytes]) -> None:
        """Keep a token with what it is verified by, unless another process brought one meanwhile. Raises StorageUnavailable."""
        pieces = {HeldOctets(one).sha256: piece_of_bytes(one, self._messages.files) for one in evidence}
        row = {
            "size": size,
            "number": stamped.number,
            "note": stamped.note,
            "token": stamped.token,
            "at": instant(stamped.at),
            "ends_at": instant(stamped.ends_at),
            "last": True,
        }

        def work(cursor: Cursor) -> None:
            cursor.execute(prepared.LOG_HEAD)
            if any(one[1] == stamped.number for one in cursor.execute(prepared.TOKENS, {"size": size}).fetchall()):
                return
            for sha256, piece in pieces.items():
                keep(cursor, sha256, piece)
            cursor.execute(prepared.NOT_LAST, {"of": size, "of_number": stamped.number - 1})
            cursor.execute(prepared.ADD_TOKEN, row)

        self._messages.writer.run(work, "evidence.token")


def payloads_of(octets: bytes) -> list[str]:
    """The SHA-256 of each payload that an entry names, where the entry begins a message.

    What lies in our own log is not judged here, which costs ten times as much and is done for every message.
    """
    if b'"payload-' not in octets:
        return []
    try:
        entry = json.loads(octets)
    except (ValueError, RecursionError):
        return []
    kind, objects = (entry.get("kind"), entry.get("objects")) if isinstance(entry, dict) else (None, None)
    if not isinstance(kind, str) or kind not in _BEGINNINGS or not isinstance(objects, dict):
        return []
    return [one for name, one in objects.items() if name.startswith("payload-") and isinstance(one, str)]


def told_apart(rows: Iterable[Row], partner: str, direction: str) -> Iterator[Row]:
    """The entries of one partner and direction, as far as they tell them; an empty word is any."""
    for row in rows:
        if (not partner or row["partner"] in ("", partner)) and (not direction or row["direction"] in ("", direction)):
            yield row


def begun_of(row: Row) -> Begun:
    """The message that a row says has begun."""
    return Begun(row["number"], row["message_id"], row["partner"], row["direction"], read_instant(row["at"]))


def _numbered(row: Row) -> Numbered:
    return Numbered(
        row["number"],
        bytes(row["octets"]),
        bytes(row["chain"]),
        _held(row["held"]),
        _bytes(row["head"]),
        tuple(row[one] for one in SEARCHED),
    )


def _held(text: str) -> dict[str, int]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _bytes(value: bytes | None) -> bytes | None:
    return None if value is None else bytes(value)


def stamped_of(row: Row) -> Stamped:
    """The token that a row holds."""
    return Stamped(
        *(row["number"], bytes(row["note"]), bytes(row["token"])),
        *(read_instant(row["at"]), read_instant(row["ends_at"])),
    )


def signed_of(row: Row) -> Signed:
    """The checkpoint that a row holds."""
    return Signed(bytes(row["octets"]), bytes(row["signature"]), tuple(json.loads(row["signers"])))
