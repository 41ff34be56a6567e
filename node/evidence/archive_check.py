"""A whole archive of evidence, verified with nothing but what lies in it and the time: what is missing, changed, moved or cut short is named."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from node.evidence.archive import (
    HEAD,
    MARK,
    MOST_OCTETS,
    ArchiveRefused,
    Head,
    Page,
    digest,
    index_name,
    leaves_name,
    read_head,
    read_page,
    volume_name,
)
from node.evidence.bundle import open_bundle
from node.evidence.checkpoint import CheckpointRefused, read_checkpoint, signs
from node.evidence.finding import Check
from node.evidence.manifest import CHECKPOINT
from node.evidence.merkle import GrowingTree
from node.evidence.notes import sha256
from node.evidence.verify import verify
from node.security.certificates import Certificate, CertificateRefused
from node.security.path import find_path
from node.security.trust import Untrusted

_HASH: Final = 32
_OWN: Final = ("index/", "volumes/", "leaves/")
#: What no age brings about: a bundle of which one of these fails was never laid down, whatever its page says.
_EVER: Final = (Check.CONTAINER, Check.FILES, Check.INCLUSION, Check.CONSISTENCY)


class Place(Protocol):
    """Where an archive lies. Raises StorageUnavailable."""

    def lying(self) -> Mapping[str, int]:
        """The name of everything there, and how many octets it has."""
        ...

    def read(self, name: str) -> bytes:
        """The octets of one of them."""
        ...


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is not as it was put there."""

    place: str
    what: str
    #: Whether the octets are those that were put there, and what they say does not hold today.
    verdict: bool = False

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A certificate on which the signatures of an archive rest."""

    subject: str
    sha256: str
    #: Whether whoever checks knows it by another way; None where nothing was said of it.
    known: bool | None


@dataclass(slots=True)
class Checked:
    """What an archive was found to be."""

    log: str = ""
    volumes: int = 0
    #: Messages by MessageId, partner and direction, each counted once.
    messages: set[tuple[str, str, str]] = field(default_factory=set)
    #: Those of which no bundle could be made.
    left: int = 0
    #: Entries of the log of which the hashes are here.
    leaves: int = 0
    #: Of the log, up to which everything that it tells of messages is here.
    covers: int = 0
    made_at: datetime | None = None
    #: SHA-256 of the last page: whoever has it from elsewhere knows that nothing was taken away at the end.
    newest: str = ""
    #: SHA-256 of each page, by its number: whoever reads it once more knows that it is the one that was checked.
    pages: dict[int, str] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    #: What did not hold already when it was laid down, such as a receipt that had come too late.
    noted: list[Trouble] = field(default_factory=list)
    anchors: dict[str, Anchor] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.troubles


def check_archive(place: Place, at: datetime, *, known: frozenset[str] | None = None, newest: str = "") -> Checked:
    """The verdict on an archive at a moment. Raises StorageUnavailable.

    `known` are the SHA-256 of the certificates that whoever checks knows by another way: then no other anchor counts. `newest` is the SHA-256 of a page that
    must be there, as the log of the node names it: without it nobody can tell an archive from the one that it was earlier.
    """
    return _Checking(place, at, known).run(newest)


class _Checking:
    def __init__(self, place: Place, at: datetime, known: frozenset[str] | None) -> None:
        self._place, self._at, self._known = place, at, known
        self._lying = place.lying()
        self._named: set[str] = set()
        self._found = Checked()
        #: By size: the root that a checkpoint of a bundle states, and which bundle that is.
        self._roots: dict[int, tuple[bytes, str]] = {}
        self._leaves: list[bytes] = []
        #: Which volume a digest belongs to, as the pages say.
        self._volumes: dict[str, int] = {}
        self._pages: dict[int, Page] = {}

    def run(self, newest: str) -> Checked:
        if not any(name == HEAD or name.startswith(_OWN) for name in self._lying):
            # What else lies there is not of an archive, and would hide that this is another place.
            self._say(
                HEAD, "is missing, and so is every page and volume: this is no archive of evidence, or all of it was taken away"
            )
            return self._found
        head = self._head()
        last = head.last if head is not None else self._highest()
        digests = self._index(last, head)
        if newest and newest not in digests:
            self._say(HEAD, f"no page has the SHA-256 {newest}: the archive was cut back to an earlier state, or is another one")
        for number in sorted(self._pages):
            self._volume(self._pages[number])
        self._tree()
        for name in sorted(set(self._lying) - self._named):
            self._say(name, self._beside(name, last))
        return self._found

    def _say(self, where: str, what: str) -> None:
        self._found.troubles.append(Trouble(where, what))

    def _octets(self, name: str, size: int | None = None, most: int = MOST_OCTETS) -> bytes | None:
        """Octets of the right size; None where that was said not to be so."""
        self._named.add(name)
        there = self._lying.get(name)
        if there is None:
            self._say(name, "is missing")
            return None
        if size is not None and there != size:
            self._say(
                name, f"has {there} octets and had {size}: it was {'cut short' if there < size else 'added to, or changed'}"
            )
            return None
        if there > most:
            self._say(name, f"has {there} octets, more than any of its kind")
            return None
        return self._place.read(name)

    # -- the index -------------------------------------------------------------------------------------------------

    def _head(self) -> Head | None:
        file = self._octets(HEAD)
        if file is None:
            return None
        try:
            read = read_head(file)
        except ArchiveRefused as refused:
            self._say(HEAD, str(refused))
            return None
        self._signature(HEAD, read.octets, read.signature, read.head.certificates, read.head.made_at)
        self._found.log = read.head.log
        return read.head

    def _highest(self) -> int:
        numbers = (name.removeprefix("index/").removesuffix(".json") for name in self._lying if name.startswith("index/"))
        return max((int(one) for one in numbers if one.isascii() and one.isdigit()), default=0)

    def _index(self, last: int, head: Head | None) -> set[str]:
        """Read every page; their digests."""
        before, digests = "", set()
        # A head that names more pages than there are files names most of them in vain.
        for number in range(1, min(last, len(self._lying) + 1) + 1):
            name = index_name(number)
            file = self._octets(name)
            if file is None:
                before = "?"
                continue
            own = digest(file)
            digests.add(own)
            self._found.pages[number] = own
            self._page(number, name, file, before)
            before = own
        if head is not None and last > len(self._lying) + 1:
            self._say(HEAD, f"it ends at page {last}, and so many are not here")
        elif head is not None and before not in ("?", head.sha256):
            self._say(index_name(last), "is not the page that the head names as the last: one of them was changed")
        self._found.newest = before if before != "?" else ""
        return digests

    def _page(self, number: int, name: str, file: bytes, before: str) -> None:
        try:
            read = read_page(file)
        except ArchiveRefused as refused:
            self._say(name, str(refused))
            return
        page = read.page
        if page.number != number:
            self._say(name, f"is page {page.number}: it was moved here")
            return
        if before not in ("?", page.before):
            self._say(name, f"does not follow page {number - 1}: one of the two was changed, left out or moved")
        if self._found.log and page.log != self._found.log:
            self._say(name, f"is of another log, {page.log}")
            return
        self._signature(name, read.octets, read.signature, page.certificates, page.made_at)
        self._found.log, self._found.made_at = page.log, page.made_at
        if page.covers < self._found.covers:
            self._say(name, f"covers the log up to {page.covers}, and the page before up to {self._found.covers}")
        self._found.covers = max(page.covers, self._found.covers)
        self._found.left += len(page.left)
        self._pages[number] = page
        if page.bundle is not None:
            self._volumes[page.bundle.sha256] = number

    def _signature(self, name: str, octets: bytes, signature: bytes, ders: tuple[bytes, ...], at: datetime) -> None:
        try:
            signer, *above = [Certificate(der) for der in ders]
            if not signs(signer, signature, MARK + octets):
                self._say(name, f"the signature does not fit: it was changed, or another than {signer.subject} signed it")
                return
            anchors = [one for one in (above or [signer])[-1:] if self._known is None or one.sha256 in self._known]
            top = find_path(signer, above, anchors, at)[-1]
        except (CertificateRefused, CheckpointRefused) as refused:
            self._say(name, f"its signer cannot be read: {refused}")
            return
        except Untrusted as problem:
            unknown = "" if self._known is None else " (of those that you know)"
            self._say(name, f"its signer has no path to an anchor{unknown}: {problem}")
            return
        self._found.anchors[top.sha256] = Anchor(top.subject, top.sha256, None if self._known is None else True)

    # -- volumes ---------------------------------------------------------------------------------------------------

    def _volume(self, page: Page) -> None:
        self._count(page)
        if page.bundle is None:
            return
        name, bundle = volume_name(page.number), page.bundle
        octets = self._octets(name, bundle.size, most=1 << 31)
        if octets is None:
            return
        self._found.volumes += 1
        if (own := sha256(octets)) != bundle.sha256:
            other = self._volumes.get(own)
            self._say(
                name,
                f"is volume {other}: they changed places" if other else "was changed: it is not the one that the index names",
            )
            return
        self._found.troubles += self._bundle(page, octets, bundle.fails)

    def _bundle(self, page: Page, octets: bytes, fails: Sequence[str]) -> Iterator[Trouble]:
        verdict = verify(octets, self._at, known=self._known)
        for one in verdict.findings:
            if not one.fails:
                continue
            what = f"{one.check.value}: {one.place}: {one.says()}"
            if one.check.value in fails and one.check not in _EVER:
                self._found.noted.append(Trouble(volume_name(page.number), what))
            else:
                yield Trouble(volume_name(page.number), what, verdict=one.check not in _EVER)
        manifest = verdict.manifest
        if manifest is None:
            return
        if manifest.log != page.log:
            self._say(volume_name(page.number), f"is of another log, {manifest.log}")
        if manifest.exchanges != page.exchanges:
            self._say(volume_name(page.number), "holds other messages than the index says")
        for anchor in verdict.anchors:
            top = anchor.certificate
            self._found.anchors.setdefault(top.sha256, Anchor(top.subject, top.sha256, anchor.known))
        self._found.messages |= {(one.message_id, one.partner, one.direction) for one in manifest.exchanges}
        self._checkpoints(page, octets)

    def _checkpoints(self, page: Page, octets: bytes) -> None:
        """What the checkpoints of a bundle state."""
        where = volume_name(page.number)
        for file, held in open_bundle(octets).files.items():
            if (read := CHECKPOINT.match(file)) is None:
                continue
            try:
                checkpoint = read_checkpoint(held)
            except CheckpointRefused:
                continue
            if checkpoint.log != page.log:
                self._say(where, f"its checkpoint {read[1]} is of another log, {checkpoint.log}")
            stated = self._roots.setdefault(int(read[1]), (checkpoint.root, where))
            if stated[0] != checkpoint.root:
                self._say(where, f"its checkpoint {read[1]} has another root than that of {stated[1]}")

    # -- the tree --------------------------------------------------------------------------------------------------

    def _count(self, page: Page) -> None:
        """The hashes of entries that a page brought."""
        leaves, name = page.leaves, leaves_name(page.number)
        if not leaves.count:
            return
        if leaves.after != self._found.leaves:
            self._say(
                index_name(page.number),
                f"goes on after entry {leaves.after} of the log, and the page before ended at {self._found.leaves}",
            )
        self._found.leaves = leaves.after + leaves.count
        octets = self._octets(name, leaves.count * _HASH, most=1 << 33)
        if octets is None:
            self._leaves.append(b"")
        elif sha256(octets) != leaves.sha256:
            self._say(name, "was changed: these are not the hashes that the index names")
            self._leaves.append(b"")
        else:
            self._leaves.append(octets)

    def _tree(self) -> None:
        """The hashes of all entries lead to the root of every checkpoint."""
        if not all(self._leaves):
            return
        tree = GrowingTree()
        for octets in self._leaves:
            for at in range(0, len(octets), _HASH):
                tree.add(octets[at : at + _HASH])
                stated = self._roots.pop(tree.size, None)
                if stated is not None and stated[0] != tree.root():
                    self._say(stated[1], f"its checkpoint {tree.size} has another root than the hashes of all entries lead to")
        for size, (_, where) in sorted(self._roots.items()):
            self._say(where, f"its checkpoint {size} is beyond the hashes of entries that are here")

    def _beside(self, name: str, last: int) -> str:
        number = name.partition("/")[2].partition(".")[0]
        if number.isascii() and number.isdigit() and int(number) > last:
            return f"lies behind the last page, {last}: the head is older than this, or a run was cut off; n2n evidence archive goes on"
        return "no page names it"
