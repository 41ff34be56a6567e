"""Puts evidence into an archive in another place: what is new, bundle by bundle, each read back and verified before the index names it. Source: decision 26."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Final

from node.evidence.archive import (
    HEAD,
    ArchiveRefused,
    Head,
    Leaves,
    Left,
    Page,
    Scope,
    Volume,
    digest,
    index_name,
    leaves_name,
    read_head,
    read_page,
    signed_file,
    volume_name,
)
from node.evidence.chain import leaf_hash
from node.evidence.entry import Kind, read_instant
from node.evidence.manifest import Exchange
from node.evidence.notes import sha256
from node.evidence.verify import verify
from node.msh.ports import Clock, StorageUnavailable
from node.retrieving import Message, NotRetrievable, Retrieving
from node.security.certificates import Certificate
from node.security.keys import SigningKey
from node.security.path import find_path
from node.security.trust import Untrusted
from node.store.evidence import Evidence
from node.store.evidence_places import EvidencePlace

#: Messages in one bundle: they share certificates, lists, checkpoints and tokens, and one is still found fast.
TOGETHER: Final = 200
#: Octets of several messages in one bundle; a larger message has one for itself.
OCTETS: Final = 64 << 20
#: What happened to a message, and what people did with it; that somebody looked at it makes no new bundle.
_NEWS: Final = frozenset(one.value for one in Kind if one is not Kind.RETRIEVED)
_BEGINS: Final = (Kind.PACKAGED.value, Kind.RECEIVED.value)


class NotArchivable(Exception):
    """The place cannot take this archive; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Signing:
    """By whom pages are signed."""

    key: Callable[[], SigningKey]
    trusted: Callable[[], Sequence[Certificate]]
    made_by: str


@dataclass(slots=True)
class Archived:
    """What one run did."""

    volumes: int = 0
    messages: int = 0
    left: list[Left] = field(default_factory=list)
    #: The number and the SHA-256 of the last page; 0 and empty in an archive that is still empty.
    last: int = 0
    newest: str = ""


@dataclass(frozen=True, slots=True)
class _State:
    """Where an archive ends."""

    last: int = 0
    sha256: str = ""
    covers: int = 0
    leaves: int = 0


class Archiving:
    """One log and one place."""

    def __init__(
        self, evidence: Evidence, retrieving: Callable[[], Retrieving], place: EvidencePlace, signing: Signing, clock: Clock
    ) -> None:
        self._evidence, self._retrieving, self._place = evidence, retrieving, place
        self._signing, self._clock = signing, clock

    def run(self, scope: Scope, prove: Callable[[], object], note: Callable[[str], None]) -> Archived:
        """Archive what is new since the last run.

        `prove` signs the log as it is, `note` puts on record what is about to be taken away. Raises NotArchivable, StorageUnavailable, and NotRetrievable where nothing
        can be sealed.
        """
        prove()
        log, size = self._evidence.log(), self._evidence.last_checkpoint_size()
        state = self._state(scope, log.name if log else "")
        if log is None or not size:
            return Archived(last=state.last, newest=state.sha256)
        leaves = bytearray()
        new = self._new(state, size, scope, leaves)
        done = Archived(last=state.last, newest=state.sha256)
        if not new:
            return done
        # A key that cannot seal is no damage of messages: nothing is left out for it.
        self._retrieving().sealer()
        note(f"archive {len(new)} messages to {self._place.shown}, from page {state.last + 1} on")
        brought = Leaves(state.leaves, len(leaves) // 32, sha256(bytes(leaves)) if leaves else "")
        rows = [new[at : at + TOGETHER] for at in range(0, len(new), TOGETHER)]
        for row, following in pairwise([*rows, []]):
            covers = following[0][0] - 1 if following else size
            parts = list(self._bundles([message for _, message in row]))
            for place, (octets, exchanges, left) in enumerate(parts):
                # Of a row in several parts, the last alone is all of it.
                until = covers if place == len(parts) - 1 else row[0][0] - 1
                page = self._page(done, log.name, scope, max(until, state.covers), octets, exchanges, left, brought)
                self._put(done, page, octets, bytes(leaves) if brought.count else b"")
                brought = Leaves(state.leaves + len(leaves) // 32, 0)
        return done

    # -- what is new -----------------------------------------------------------------------------------------------

    def _state(self, scope: Scope, log: str) -> _State:
        """Where the archive ends. Raises NotArchivable for one that this log does not continue."""
        lying, shown = self._place.lying(), self._place.shown
        if HEAD not in lying:
            # What a first run left that was cut off is written anew.
            if set(lying) - {index_name(1), volume_name(1), leaves_name(1)}:
                raise NotArchivable(f"{shown} has no {HEAD} and is not empty: it is no archive of evidence; name another place")
            return _State()
        try:
            head = read_head(self._place.read(HEAD)).head
            file = self._place.read(index_name(head.last)) if index_name(head.last) in lying else b""
            page = read_page(file).page
        except ArchiveRefused as refused:
            raise NotArchivable(
                f"{shown} is damaged: {HEAD} or its last page {refused}; n2n evidence archive-check says more"
            ) from None
        if digest(file) != head.sha256:
            raise NotArchivable(f"{shown} is damaged: its head names another page; n2n evidence archive-check says more")
        if page.log != log:
            raise NotArchivable(f"{shown} is an archive of another log, {page.log}: name another place")
        if page.scope != scope:
            raise NotArchivable(f"{shown} is an archive of {_said(page.scope)}: say the same, or name another place")
        return _State(head.last, head.sha256, page.covers, page.leaves.after + page.leaves.count)

    def _new(self, state: _State, size: int, scope: Scope, leaves: bytearray) -> list[tuple[int, Message]]:
        """The messages of which entries were written since, each with the number of the first of these; the hashes of new entries go to `leaves`."""
        found: dict[Message, int] = {}
        for one in self._evidence.walk(min(state.covers, state.leaves)):
            if one.number > size:
                break
            if one.number > state.leaves:
                leaves += leaf_hash(one.octets)
            kind, _, message_id, partner, direction = one.searched
            if one.number > state.covers and kind in _NEWS and message_id and partner and direction:
                found.setdefault(Message(message_id, partner, direction), one.number)
        return [(number, message) for message, number in found.items() if self._fits(message, scope)]

    def _fits(self, message: Message, scope: Scope) -> bool:
        if scope.partner and message.partner != scope.partner:
            return False
        about = self._evidence.of_message(message.message_id, message.partner, message.direction)
        began = next((read_instant(one.searched[1]) for one in about if one.searched[0] in _BEGINS), None)
        # What began before there was a log has no beginning in it.
        if began is None:
            return scope.since is None and bool(about)
        return (scope.since is None or began >= scope.since) and (scope.until is None or began < scope.until)

    # -- bundles ---------------------------------------------------------------------------------------------------

    def _bundles(self, messages: Sequence[Message]) -> Iterator[tuple[bytes | None, tuple[Exchange, ...], tuple[Left, ...]]]:
        """Some messages in one bundle, or in several where they are too large for one; or none, of what is damaged."""
        retrieving, scope = self._retrieving(), {"messages": list(dict.fromkeys(one.message_id for one in messages))}
        limit = {"octets": OCTETS} if len(messages) > 1 else {}
        try:
            if len(scope["messages"]) < len(messages):
                raise NotRetrievable("two messages of one MessageId are in two bundles")
            evidence = retrieving.gather(messages, scope, ask=False, **limit)
            octets = retrieving.bundle(evidence)
        except NotRetrievable as problem:
            if len(messages) > 1:
                half = len(messages) // 2
                yield from self._bundles(messages[:half])
                yield from self._bundles(messages[half:])
                return
            (one,) = messages
            yield None, (), (Left(one.message_id, one.partner, one.direction, str(problem)),)
            return
        yield octets, evidence.exchanges, ()

    def _page(
        self,
        done: Archived,
        log: str,
        scope: Scope,
        covers: int,
        octets: bytes | None,
        exchanges: tuple[Exchange, ...],
        left: tuple[Left, ...],
        leaves: Leaves,
    ) -> Page:
        now, key = self._clock.now(), self._signing.key()
        return Page(
            *(log, done.last + 1, done.newest, now, self._signing.made_by, scope, covers),
            bundle=None if octets is None else Volume(sha256(octets), len(octets), self._fails(octets)),
            exchanges=exchanges,
            leaves=leaves,
            certificates=self._chain(key, now),
            left=left,
        )

    def _chain(self, key: SigningKey, now: datetime) -> tuple[bytes, ...]:
        """The signer, and those above it up to whom this node trusts."""
        signer, *above = key.chain[::-1]
        try:
            return tuple(one.der for one in find_path(signer, above, self._signing.trusted(), now))
        except Untrusted:
            return tuple(one.der for one in (signer, *above))

    # -- writing ---------------------------------------------------------------------------------------------------

    def _put(self, done: Archived, page: Page, octets: bytes | None, leaves: bytes) -> None:
        """Lay a volume down; the head is last, so that what a crash cuts off is written anew. Raises StorageUnavailable."""
        key = self._signing.key()
        if leaves:
            self._write(leaves_name(page.number), leaves)
        if octets is not None:
            self._write(volume_name(page.number), octets)
        file = signed_file(page.octets(), key)
        self._write(index_name(page.number), file)
        head = Head(page.log, page.number, digest(file), page.made_at, page.certificates)
        self._write(HEAD, signed_file(head.octets(), key))
        done.last, done.newest = page.number, head.sha256
        done.volumes += octets is not None
        done.messages += len(page.exchanges)
        done.left += page.left

    def _fails(self, octets: bytes) -> tuple[str, ...]:
        """The checks of a bundle that fail: what is read back has the same octets."""
        return tuple(one.value for one in verify(octets, self._clock.now()).failed)

    def _write(self, name: str, octets: bytes) -> None:
        self._place.put(name, octets)
        if self._place.read(name) != octets:
            raise StorageUnavailable(f"{self._place.shown}: {name}: what is read back is not what was written")


def _said(scope: Scope) -> str:
    said = " ".join(f"--{name} {value}" for name, value in scope.as_json().items() if value)
    return said or "all messages"
