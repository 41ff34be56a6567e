"""Takes an archive of evidence into an empty node: its log stays what it was, under its own name, with its original proofs. Source: decision 26."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from node.customs.seal.token import read_token
from node.evidence.archive import HEAD, ArchiveRefused, Page, index_name, leaves_name, read_head, read_page, volume_name
from node.evidence.archive_check import Checked, Trouble, check_archive
from node.evidence.bundle import open_bundle
from node.evidence.checkpoint import CheckpointRefused, check_signature, read_checkpoint
from node.evidence.entry import instant, read_entry
from node.evidence.manifest import FILE, Manifest, read_manifest
from node.evidence.notes import read_note, sha256
from node.msh.ports import StorageUnavailable
from node.security.certificates import Certificate, CertificateRefused
from node.store.evidence import Signed, Stamped
from node.store.evidence_places import EvidencePlace
from node.store.imported import Brought, Imports
from node.store.tree import WIDE

_TILE = WIDE * 32


class ImportRefused(Exception):
    """Nothing was imported; the text says why, and what to do."""


class ArchiveDamaged(ImportRefused):
    """The archive is not as it was put there."""

    def __init__(self, troubles: Iterable[Trouble]) -> None:
        self.troubles = tuple(troubles)
        super().__init__(f"the archive is not as it was put there: {self.troubles[0]}")


@dataclass(frozen=True, slots=True)
class Imported:
    """What was taken in."""

    log: str
    messages: int
    volumes: int
    newest: str
    #: What a bundle says that does not hold today, such as a time-stamp that nobody renewed; its octets are those that were put there.
    notes: tuple[Trouble, ...]


@dataclass(slots=True)
class _Signers:
    """On whose certificates all bundles rest."""

    node: dict[str, None] = field(default_factory=dict)
    partners: dict[str, dict[str, None]] = field(default_factory=dict)
    time: dict[str, None] = field(default_factory=dict)
    beside: dict[str, None] = field(default_factory=dict)

    def add(self, manifest: Manifest, beside: Iterable[str]) -> None:
        signers = manifest.signers
        self.node |= dict.fromkeys(signers.node)
        self.time |= dict.fromkeys(signers.time)
        self.beside |= dict.fromkeys(beside)
        for name, digests in signers.partners.items():
            self.partners.setdefault(name, {}).update(dict.fromkeys(digests))

    def as_json(self) -> dict[str, Any]:
        return {
            "node": list(self.node),
            "time": list(self.time),
            "beside": list(self.beside),
            "partners": {name: list(digests) for name, digests in self.partners.items()},
        }


class Importing:
    """One archive into one store."""

    def __init__(self, place: EvidencePlace, imports: Imports) -> None:
        self._place, self._imports = place, imports

    def run(self, at: datetime, who: str, *, known: frozenset[str] | None = None, newest: str = "") -> Imported:
        """Verify all of the archive, then take it in; what a crash cuts off is done once more. Raises ImportRefused, StorageUnavailable."""
        # A node that is not empty is told so before a large archive is read.
        if trouble := self._imports.trouble(self._name()):
            raise ImportRefused(f"only an empty node takes an archive, and {trouble}: make a new home with n2n init")
        checked = check_archive(self._place, at, known=known, newest=newest)
        if damage := [one for one in checked.troubles if not one.verdict]:
            raise ArchiveDamaged(damage)
        # What cannot be taken in is found before anything is.
        for _ in self._all(checked, _Signers()):
            pass
        self._imports.begin(checked.log, at, who, self._place.shown)
        try:
            self._take(checked)
        except ImportRefused:
            self._imports.drop(checked.log)
            raise
        return _imported(checked)

    def _take(self, checked: Checked) -> None:
        signers = _Signers()
        self._imports.add_leaves(checked.log, self._tiles(checked))
        for brought in self._all(checked, signers):
            self._imports.add(checked.log, brought)
        self._imports.end(checked.log, checked.leaves, signers.as_json())

    def _all(self, checked: Checked, signers: _Signers) -> Iterator[Brought]:
        """What each bundle brings. Raises ImportRefused."""
        for page in self._pages(checked):
            if page.bundle is None:
                continue
            name = volume_name(page.number)
            octets = self._same(name, page.bundle.sha256)
            try:
                yield _brought(octets, signers)
            except (ValueError, KeyError) as problem:
                raise ImportRefused(f"{name} holds what cannot be taken in: {problem}") from None

    def _pages(self, checked: Checked) -> Iterator[Page]:
        for number, own in sorted(checked.pages.items()):
            yield read_page(self._same(index_name(number), own)).page

    def _same(self, name: str, own: str) -> bytes:
        """The octets that were verified. Raises ImportRefused where there are others by now."""
        octets = self._place.read(name)
        if sha256(octets) != own:
            raise ImportRefused(f"{name} was changed since it was verified: nothing was imported")
        return octets

    def _name(self) -> str:
        """The log of the archive, as far as its head says so."""
        with suppress(ArchiveRefused, StorageUnavailable):
            return read_head(self._place.read(HEAD)).head.log
        return ""

    def _tiles(self, checked: Checked) -> Iterator[tuple[int, bytes]]:
        """The hashes of all entries, 256 at a time."""
        left, place = b"", 0
        for page in self._pages(checked):
            if not page.leaves.count:
                continue
            held = left + self._same(leaves_name(page.number), page.leaves.sha256)
            whole = len(held) // _TILE
            yield from ((place + one, held[one * _TILE : (one + 1) * _TILE]) for one in range(whole))
            left, place = held[whole * _TILE :], place + whole
        if left:
            yield place, left


def _imported(checked: Checked) -> Imported:
    notes = (*checked.noted, *checked.troubles)
    return Imported(checked.log, len(checked.messages), checked.volumes, checked.newest, notes)


def _brought(octets: bytes, signers: _Signers) -> Brought:
    """What a bundle that was verified brings."""
    files = open_bundle(octets).files
    manifest = read_manifest(files[FILE])
    objects = {name.removeprefix("objects/"): held for name, held in files.items() if name.startswith("objects/")}
    entries = {number: files[f"log/{number}.json"] for one in manifest.exchanges for number in one.entries}
    named = set(manifest.signers.named())
    searched = {}
    for number, one in entries.items():
        entry = read_entry(one)
        about = entry.about
        searched[number] = (
            *(entry.kind.value, instant(entry.at)),
            *(about.get(name, "") for name in ("message_id", "partner", "direction")),
        )
        named |= set(entry.objects.values())
    sizes = [int(name.split("/")[1].removesuffix(".sig")) for name in files if name.endswith(".sig")]
    tokens = [(size, one) for size in sizes for one in _tokens(files, size)]
    for _, token in tokens:
        named |= set(read_note(token.note).evidence)
    certificates = _certificates(objects)
    signers.add(manifest, [digest for digest in certificates if digest not in named])
    checkpoints = [(size, _signed(files, size, manifest, certificates)) for size in sizes]
    return Brought(entries, searched, checkpoints, tokens, objects)


def _certificates(objects: Mapping[str, bytes]) -> dict[str, Certificate]:
    found = {}
    for digest, octets in objects.items():
        if octets[:1] == b"\x30":
            with suppress(CertificateRefused):
                found[digest] = Certificate(octets)
    return found


def _signed(files: Mapping[str, bytes], size: int, manifest: Manifest, certificates: Mapping[str, Certificate]) -> Signed:
    """A checkpoint with its signer first, which of the signers of the bundle it is."""
    octets, signature = files[f"checkpoints/{size}.json"], files[f"checkpoints/{size}.sig"]
    checkpoint, order = read_checkpoint(octets), list(manifest.signers.checkpoints)
    for digest in order:
        with suppress(CheckpointRefused, KeyError):
            check_signature(checkpoint, signature, certificates[digest])
            return Signed(octets, signature, (digest, *(one for one in order if one != digest)))
    return Signed(octets, signature, tuple(order))


def _tokens(files: Mapping[str, bytes], size: int) -> Iterator[Stamped]:
    number = 0
    while (token := files.get(f"checkpoints/{size}.stamp-{number}.tst")) is not None:
        read = read_token(token)
        ends = [Certificate(der).x509.not_valid_after_utc for der in read.certificates]
        yield Stamped(number, files[f"checkpoints/{size}.stamp-{number}.json"], token, read.time, min(ends, default=read.time))
        number += 1
