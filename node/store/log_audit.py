"""Whether the log of evidence is what was written: each entry, its place, the tree above, what was signed and stamped, and the octets that are named.

What is removed from the end together with every checkpoint that covers it cannot be missed from inside of the store: whoever holds a later checkpoint, a token or a
bundle can tell. Entries written after the last checkpoint are chained and not signed yet.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from node.customs.seal.token import read_token
from node.evidence.chain import NOTHING, leaf_hash, link
from node.evidence.checkpoint import CheckpointRefused, check_signature
from node.evidence.entry import Entry, EntryRefused, Kind, instant
from node.evidence.merkle import EMPTY, node_hash
from node.evidence.notes import make_note
from node.msh.ports import Kept, StorageUnavailable
from node.security.certificates import Certificate, CertificateRefused
from node.security.der import DerRefused
from node.security.names import normal_name
from node.store import prepared
from node.store.evidence import Absent, Evidence, Numbered, Signed, payloads_of
from node.store.finding import Finding
from node.store.messages import StoredMessages
from node.store.tree import HASH, WIDE, root_of

ID: Final = "LOG"
SAYS: Final = "the log of evidence is what was written"
#: Of a log that was changed in very many places so many are named.
MOST: Final = 50
_KEEP: Final = "somebody has changed the log: keep the database as it is, and compare with a backup, an archive or a bundle"
_LOST: Final = "evidence is missing: restore it from a backup or an archive"
Findings = Iterator[Finding]


class Roots:
    """The root over all leaves so far, from a handful of hashes."""

    def __init__(self) -> None:
        self._complete: list[tuple[int, bytes]] = []

    def add(self, leaf: bytes) -> None:
        """The next leaf."""
        level, found = 0, leaf
        while self._complete and self._complete[-1][0] == level:
            found = node_hash(self._complete.pop()[1], found)
            level += 1
        self._complete.append((level, found))

    @property
    def root(self) -> bytes:
        """As RFC 9162 has it."""
        if not self._complete:
            return EMPTY
        found = self._complete[-1][1]
        for _, one in reversed(self._complete[:-1]):
            found = node_hash(one, found)
        return found


@dataclass(slots=True)
class _Walked:
    """What the entries were that have been walked over."""

    number: int = 0
    chain: bytes = NOTHING
    roots: Roots = field(default_factory=Roots)
    #: The hashes of each level that are in no complete tile yet.
    levels: list[bytes] = field(default_factory=lambda: [b""])


class LogAudit:
    """One examination; everything is read, nothing is written."""

    def __init__(self, messages: StoredMessages) -> None:
        self._messages, self._evidence = messages, Evidence(messages)
        self._walked = _Walked()
        self._last_tile = -1

    def findings(self) -> Findings:
        """Every place at which the log is not what was written, the first of them first."""
        try:
            yield from self._first()
        except (TypeError, UnicodeDecodeError) as problem:
            # SQLite puts anything into any column.
            where = f"entry {self._walked.number + 1} of the log of evidence"
            yield Finding(ID, f"here, or after it, a column holds what nobody wrote into it: {problem}", where, _KEEP)

    def _first(self) -> Findings:
        for told, one in enumerate(self._all(), 1):
            yield one
            if told >= MOST:
                yield Finding(ID, "more than this is wrong with the log", "the log of evidence", _KEEP)
                return

    def _all(self) -> Findings:
        last = self._messages.all(prepared.LAST_TILE, level=0)[0][0]
        self._last_tile = -1 if last is None else last
        checkpoints = self._checkpoints()
        coming = next(checkpoints, None)
        for one in self._evidence.walk():
            yield from self._entry(one)
            while coming is not None and coming.size <= one.number:
                yield from self._checkpoint(coming)
                coming = next(checkpoints, None)
        while coming is not None:
            yield from self._cut_off(coming)
            coming = next(checkpoints, None)
        yield from self._head()
        yield from self._last_signed()
        yield from self._tiles_beyond()
        yield from self._objects()
        yield from self._tokens_of_none()

    # -- entries ---------------------------------------------------------------------------------------------------

    def _entry(self, one: Numbered) -> Findings:
        walked, where = self._walked, f"entry {one.number} of the log of evidence"
        expected, leaf = walked.number + 1, leaf_hash(one.octets)
        if one.number != expected:
            missing = f"entry {expected}" if one.number == expected + 1 else f"entries {expected} to {one.number - 1}"
            yield Finding(ID, f"{missing} of the log is missing", f"entry {expected} of the log of evidence", _LOST)
        elif one.chain != link(walked.chain, leaf):
            yield Finding(ID, "it is not what was written, or not at its place: the chain breaks here", where, _KEEP)
        walked.number, walked.chain = one.number, one.chain
        walked.roots.add(leaf)
        yield from self._tile(one.number, leaf)
        try:
            entry = one.entry
        except EntryRefused as problem:
            yield Finding(ID, f"it {problem}", where, _KEEP)
            return
        yield from self._columns(one, entry, where)
        yield from self._named(one, entry, where)

    def _columns(self, one: Numbered, entry: Entry, where: str) -> Findings:
        """What the log is searched by is what the entry says."""
        about = entry.about
        said = (
            *(entry.kind.value, instant(entry.at)),
            *(about.get("message_id", ""), about.get("partner", ""), about.get("direction", "")),
        )
        if said != one.searched:
            yield Finding(ID, "what it is searched by is not what it says", where, _KEEP)
        if one.number <= (self._last_tile + 1) * WIDE:
            for sha256 in payloads_of(one.octets):
                numbers = [row["number"] for row in self._messages.all(prepared.NUMBERS_OF_DIGEST, sha256=sha256)]
                if one.number not in numbers:
                    yield Finding(ID, f"it is not found by its payload {sha256}", where, _KEEP)

    def _named(self, one: Numbered, entry: Entry, where: str) -> Findings:
        """The octets that it names are here, or a rule has removed them."""
        if entry.kind is Kind.PURGED:
            return
        found = self._evidence.objects(one)
        for name, kept in found.items():
            if isinstance(kept, Absent):
                if kept.why != "purged":
                    yield Finding(ID, f"the octets that it names {name} are not here", where, _LOST)
            elif not self._is(kept, entry.objects[name]):
                yield Finding(ID, f"the octets that it names {name} are others", where, _KEEP)
        for name in one.held:
            if name not in entry.objects and not (name == "answer" and "receipt" in entry.objects):
                yield Finding(ID, f"octets lie with it that it does not name: {name}", where, _KEEP)
        if one.head is not None and "http" not in entry.objects:
            yield Finding(ID, "a head of HTTP lies with it that it does not name", where, _KEEP)

    def _is(self, kept: Kept, sha256: str) -> bool:
        digest = hashlib.sha256()
        try:
            for chunk in kept.chunks():
                digest.update(chunk)
        except (OSError, StorageUnavailable):
            return False
        return digest.hexdigest() == sha256

    def _head(self) -> Findings:
        row, walked = self._messages.one(prepared.LOG), self._walked
        number, chain = (row["number"], bytes(row["chain"])) if row else (0, NOTHING)
        where = f"entry {min(number, walked.number) + 1} of the log of evidence"
        if number > walked.number:
            yield Finding(ID, f"the log ends at {walked.number} and was {number} entries long", where, _LOST)
        elif number < walked.number:
            yield Finding(ID, f"the log goes on to {walked.number} beyond its end at {number}", where, _KEEP)
        elif chain != walked.chain:
            yield Finding(
                ID, "the end of the log has another chain value than its last entry", f"entry {number} of the log", _KEEP
            )

    # -- the tree --------------------------------------------------------------------------------------------------

    def _tile(self, number: int, leaf: bytes) -> Findings:
        levels = self._walked.levels
        levels[0] += leaf
        level, last = 0, number
        while len(levels[level]) == WIDE * HASH:
            place = (last - 1) // WIDE
            yield from self._stored_tile(level, place, levels[level], number)
            root = root_of(levels[level])
            levels[level] = b""
            if level + 1 == len(levels):
                levels.append(b"")
            levels[level + 1] += root
            level, last = level + 1, place + 1

    def _stored_tile(self, level: int, place: int, hashes: bytes, number: int) -> Findings:
        first = place * WIDE ** (level + 1) + 1
        if number > (self._last_tile + 1) * WIDE:
            # No sweep was there yet.
            return
        row = self._messages.one(prepared.TILE, level=level, place=place)
        stored = bytes(row["hashes"]) if row else b""
        if stored != hashes:
            what = "is not that of its entries" if stored else "is missing"
            where = f"entries {first} to {number} of the log of evidence"
            yield Finding(ID, f"tile {place} of level {level} of the tree {what}", where, _KEEP)

    def _tiles_beyond(self) -> Findings:
        """Tiles that grow still, and tiles of entries that are not there."""
        for row in self._messages.all(prepared.TILES):
            level, place = row["level"], row["place"]
            first = place * WIDE ** (level + 1) + 1
            where = f"entries from {first} on of the log of evidence"
            if first > self._walked.number:
                yield Finding(ID, f"tile {place} of level {level} of the tree is of entries that are not there", where, _LOST)
        for level, hashes in enumerate(self._walked.levels[1:], 1):
            done = (self._last_tile + 1) // WIDE ** (level - 1)
            place = done // WIDE
            expected = hashes[: done % WIDE * HASH]
            growing = self._messages.one(prepared.TILE, level=level, place=place)
            if (bytes(growing["hashes"]) if growing else b"") != expected:
                first = place * WIDE ** (level + 1) + 1
                where = f"entries from {first} on of the log of evidence"
                yield Finding(ID, f"tile {place} of level {level} of the tree is not that of its entries", where, _KEEP)

    # -- what is signed and stamped --------------------------------------------------------------------------------

    def _checkpoints(self) -> "Iterator[_Row]":
        after = 0
        while rows := self._messages.all(prepared.CHECKPOINTS_AFTER, after=after, most=100):
            for row in rows:
                yield _Row(
                    row["size"], bytes(row["octets"]), bytes(row["signature"]), row["signers"], row["at"], row["previous"], after
                )
                after = row["size"]

    def _checkpoint(self, one: "_Row") -> Findings:
        where = f"checkpoint {one.size} of the log of evidence"
        if one.previous != one.before:
            yield Finding(ID, f"the checkpoint before it, {one.previous}, is missing", f"checkpoint {one.previous}", _LOST)
        yield from self._signature(one, where)
        yield from self._tokens(one, where)
        if self._walked.number != one.size:
            # The entry is missing, which was said.
            return
        try:
            said = one.signed.checkpoint
        except (CheckpointRefused, ValueError):
            return
        if (said.root, said.chain) != (self._walked.roots.root, self._walked.chain):
            yield Finding(ID, f"the first {one.size} entries are not those that were signed", where, _KEEP)

    def _last_signed(self) -> Findings:
        row, last = self._messages.one(prepared.LOG), self._evidence.last_checkpoint_size()
        signed = row["signed"] if row else 0
        if signed > last:
            yield Finding(ID, "it was signed and is missing", f"checkpoint {signed} of the log of evidence", _LOST)
        elif signed < last:
            yield Finding(
                ID, f"the log says that checkpoint {signed} is the last one", f"checkpoint {last} of the log of evidence", _KEEP
            )

    def _signature(self, one: "_Row", where: str) -> Findings:
        row = self._messages.one(prepared.LOG)
        try:
            signed = one.signed
            said = signed.checkpoint
            if said.size != one.size or instant(said.at) != one.at:
                yield Finding(ID, "its row is not what it says", where, _KEEP)
            if row is not None and said.log != row["log"]:
                yield Finding(ID, f"it is of the log {said.log}, and this is {row['log']}", where, _KEEP)
            octets = [self._octets(sha256) for sha256 in signed.signers]
            check_signature(said, one.signature, Certificate(octets[0]))
            chain = [Certificate(der) for der in octets]
            if any(chain[at].issuer_name != _subject(chain[at + 1]) for at in range(len(chain) - 1)):
                yield Finding(ID, "its certificates are no path", where, _KEEP)
        except (CheckpointRefused, CertificateRefused, LookupError, ValueError, TypeError, StorageUnavailable) as problem:
            yield Finding(ID, f"it is not what was signed: {problem}", where, _KEEP)

    def _tokens(self, one: "_Row", where: str) -> Findings:
        tokens: list[bytes] = []
        rows = self._messages.all(prepared.TOKENS, size=one.size)
        for number, row in enumerate(rows):
            at = f"token {number} over {where}"
            note, octets = bytes(row["note"]), bytes(row["token"])
            try:
                evidence = json.loads(note)["evidence"]
                verifying = [self._octets(sha256) for sha256 in evidence]
                if row["number"] != number:
                    yield Finding(ID, f"token {number} is missing before it", at, _LOST)
                    break
                if note != make_note(one.octets, one.signature, tokens, verifying):
                    yield Finding(ID, "its note is not over what came before", at, _KEEP)
                token = read_token(octets)
                if token.imprint != ("sha256", hashlib.sha256(note).digest()):
                    yield Finding(ID, "it stamps something else than its note", at, _KEEP)
                carried = [Certificate(der) for der in token.certificates]
                token.check(next(each for each in carried if token.is_signed_by(each)))
                ends = min(each.x509.not_valid_after_utc for each in carried)
                if (row["at"], row["ends_at"], bool(row["last"])) != (
                    instant(token.time),
                    instant(ends),
                    number == len(rows) - 1,
                ):
                    yield Finding(ID, "its row is not what it says", at, _KEEP)
            except (
                DerRefused,
                CertificateRefused,
                LookupError,
                ValueError,
                TypeError,
                StopIteration,
                StorageUnavailable,
            ) as problem:
                yield Finding(ID, f"it cannot be verified: {problem}", at, _KEEP)
            tokens.append(octets)

    def _cut_off(self, one: "_Row") -> Findings:
        number = self._walked.number + 1
        what = f"{one.size} entries were signed, and the log ends at {self._walked.number}"
        yield Finding(ID, what, f"entry {number} of the log of evidence", _LOST)
        yield from self._signature(one, f"checkpoint {one.size} of the log of evidence")

    def _tokens_of_none(self) -> Findings:
        known = {one.size for one in self._checkpoints()}
        for row in self._messages.all(prepared.STAMPED_SIZES):
            if row["size"] not in known:
                where = f"checkpoint {row['size']} of the log of evidence"
                yield Finding(ID, "it was stamped and is missing", where, _LOST)

    # -- octets that are kept once ---------------------------------------------------------------------------------

    def _objects(self) -> Findings:
        after = ""
        while rows := self._messages.all(prepared.WALK_OBJECTS, after=after, most=500):
            for row in rows:
                where = f"object {row['sha256']} of the log of evidence"
                try:
                    self._octets(row["sha256"])
                except (LookupError, StorageUnavailable, ValueError) as problem:
                    yield Finding(ID, str(problem), where, _LOST)
            after = rows[-1]["sha256"]

    def _octets(self, sha256: str) -> bytes:
        """Raises LookupError, StorageUnavailable, ValueError for others than were kept."""
        kept = self._evidence.object(sha256)
        if kept is None:
            raise LookupError(f"the octets {sha256} are not here")
        octets = b"".join(kept.chunks())
        if hashlib.sha256(octets).hexdigest() != sha256:
            raise ValueError(f"the octets {sha256} are others")
        return octets


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a checkpoint, and the size of the one before it that is there."""

    size: int
    octets: bytes
    signature: bytes
    signers: str
    at: str
    previous: int
    before: int

    @property
    def signed(self) -> Signed:
        return Signed(self.octets, self.signature, tuple(json.loads(self.signers)))


def audit(messages: StoredMessages) -> Findings:
    """Every place at which the log is not what was written."""
    return LogAudit(messages).findings()


def _subject(certificate: Certificate) -> Any:
    return normal_name(certificate.x509.subject)
