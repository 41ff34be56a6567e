"""A bundle of evidence: one sealed file with entries, proofs, checkpoints, tokens and octets. Source: the format of evidence, 5; EN 319 162-1."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from node.customs.seal.archive import META, ArchiveRefused, Bounds, read_archive
from node.customs.seal.container import Content, seal_files, stamp_container
from node.customs.seal.making import SealImpossible
from node.customs.seal.ports import TimestampAuthority
from node.evidence.checkpoint import read_checkpoint
from node.evidence.entry import Entry, Kind, read_entry
from node.evidence.headers import HeadersDiffer, check_headers
from node.evidence.manifest import FILE, Absent, Exchange, Manifest, Signers
from node.evidence.notes import sha256
from node.evidence.proof import CONSISTENCY, INCLUSION, write_proof
from node.security.keys import SigningKey

#: A year of a small partner; more is made in parts.
BOUNDS: Final = Bounds(files=100_000, octets=2 << 30)
#: Files and their headers take no more; whoever reads a bundle reads one octet more at most.
MOST_READ: Final = BOUNDS.octets + (1 << 28)
#: The comment of the archive: what ASiC says of it, and the SHA-256 of every octet before that number.
COMMENT: Final = b"mimetype=application/vnd.etsi.asic-e+zip sha256="
_TAIL: Final = len(COMMENT) + 64
#: The record that ends an archive, without its comment.
_END: Final = 22
_TYPES: Final = {
    "json": "application/json",
    "html": "text/html",
    "pdf": "application/pdf",
    "tst": "application/vnd.etsi.timestamp-token",
}


class BundleImpossible(ValueError):
    """The evidence cannot be bundled; the text says why."""


class BundleRefused(ValueError):
    """The octets are no bundle; the text says why."""


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """An entry with the proof that it is one of the first `size`."""

    number: int
    octets: bytes = field(repr=False)
    size: int
    #: Of RFC 9162 2.1.3.1.
    path: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A stamped note, and the token over it where one has come."""

    note: bytes = field(repr=False)
    token: bytes | None = field(repr=False, default=None)


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with all that stands over it."""

    octets: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    #: From note 0.
    stamps: tuple[Stamp, ...] = ()
    #: That the next smaller checkpoint of the bundle is its beginning, RFC 9162 2.1.4.1; empty for the smallest.
    path: tuple[bytes, ...] = field(repr=False, default=())


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that goes into a bundle, as the log and the store have it."""

    log: str
    made_at: datetime
    made_by: str
    scope: Mapping[str, Any]
    exchanges: tuple[Exchange, ...]
    entries: tuple[ProvenEntry, ...]
    #: By size, the smallest first.
    checkpoints: tuple[SignedCheckpoint, ...]
    #: By their SHA-256 in hexadecimal: whatever entries, notes and `signers` name.
    objects: Mapping[str, bytes] = field(repr=False)
    signers: Signers
    absent: tuple[Absent, ...] = ()
    redacted: bool = False


#: Writes the reports from the files of a bundle: octets by name.
Reporting = Callable[[Mapping[str, bytes]], Mapping[str, bytes]]


# -- making --------------------------------------------------------------------------------------------------------


def redacted(evidence: Evidence) -> Evidence:
    """The evidence without payloads, and without the octets in which they travelled; both stay named."""
    hidden = dict.fromkeys(
        digest for one in evidence.entries for name, digest in read_entry(one.octets).objects.items() if is_payload(name)
    )
    kept = {digest for one in evidence.entries for name, digest in read_entry(one.octets).objects.items() if not is_payload(name)}
    gone = {one.sha256 for one in evidence.absent}
    absent = tuple(Absent(one, "redacted") for one in hidden if one not in gone and one not in kept)
    left = {digest: octets for digest, octets in evidence.objects.items() if digest not in {one.sha256 for one in absent}}
    return replace(evidence, objects=left, absent=(*evidence.absent, *absent), redacted=True)


def is_payload(name: str) -> bool:
    """Whether an object of an entry holds what only the parties should read: a payload, or a body that may have carried one."""
    return name in ("wire", "answer") or name.startswith("payload-")


def files_of(evidence: Evidence) -> dict[str, bytes]:
    """The files of a bundle but its reports, the manifest first. Raises BundleImpossible for evidence that names what it does not have."""
    _check(evidence)
    files: dict[str, bytes] = {}
    for one in sorted(evidence.entries, key=lambda proven: proven.number):
        files[f"log/{one.number}.json"] = one.octets
        files[f"log/{one.number}.proof.json"] = write_proof(INCLUSION, one.number, one.size, one.path)
    before = 0
    for checkpoint in evidence.checkpoints:
        size = read_checkpoint(checkpoint.octets).size
        files |= _checkpoint_files(checkpoint, size, before)
        before = size
    files |= {f"objects/{digest}": evidence.objects[digest] for digest in sorted(evidence.objects)}
    manifest = Manifest(
        made_at=evidence.made_at,
        made_by=evidence.made_by,
        log=evidence.log,
        scope=evidence.scope,
        redacted=evidence.redacted,
        exchanges=evidence.exchanges,
        signers=evidence.signers,
        files={name: (sha256(octets), len(octets)) for name, octets in files.items()},
        absent=evidence.absent,
    )
    return {FILE: manifest.octets(), **files}


def _checkpoint_files(checkpoint: SignedCheckpoint, size: int, before: int) -> dict[str, bytes]:
    at = f"checkpoints/{size}"
    files = {f"{at}.json": checkpoint.octets, f"{at}.sig": checkpoint.signature}
    if before:
        files[f"{at}.proof.json"] = write_proof(CONSISTENCY, before, size, checkpoint.path)
    for number, stamp in enumerate(checkpoint.stamps):
        files[f"{at}.stamp-{number}.json"] = stamp.note
        if stamp.token is not None:
            files[f"{at}.stamp-{number}.tst"] = stamp.token
    return files


def _check(evidence: Evidence) -> None:
    sizes = [read_checkpoint(one.octets).size for one in evidence.checkpoints]
    if sizes != sorted(set(sizes)):
        raise BundleImpossible("the checkpoints are not in the order of their sizes")
    for digest, octets in evidence.objects.items():
        if sha256(octets) != digest:
            raise BundleImpossible(f"object {digest}: its octets have another SHA-256")
    known = {*evidence.objects, *(one.sha256 for one in evidence.absent)}
    numbers = {one.number for one in evidence.entries}
    for one in evidence.entries:
        if one.size not in sizes:
            raise BundleImpossible(f"entry {one.number}: there is no checkpoint of size {one.size}")
        for name, digest in read_entry(one.octets).objects.items():
            if digest not in known:
                raise BundleImpossible(f"entry {one.number}: {name} ({digest}) is neither among the objects nor absent")
    for digest in evidence.signers.named():
        if digest not in evidence.objects:
            raise BundleImpossible(f"the certificate {digest} of the signers is not among the objects")
    for exchange in evidence.exchanges:
        if missing := [one for one in exchange.entries if one not in numbers]:
            raise BundleImpossible(f"message {exchange.message_id}: entry {missing[0]} is not among the entries")


def make_bundle(
    evidence: Evidence,
    key: SigningKey,
    *,
    reporting: Reporting | None = None,
    authority: TimestampAuthority | None = None,
    bounds: Bounds = BOUNDS,
) -> bytes:
    """The bundle, sealed by the key, and stamped where an authority is given. Raises BundleImpossible, and what key and authority raise."""
    return seal_bundle(files_of(evidence), key, evidence.made_at, reporting=reporting, authority=authority, bounds=bounds)


def seal_bundle(
    files: Mapping[str, bytes],
    key: SigningKey,
    now: datetime,
    *,
    reporting: Reporting | None = None,
    authority: TimestampAuthority | None = None,
    bounds: Bounds = BOUNDS,
) -> bytes:
    """As `make_bundle`, of files that are there already."""
    reports = reporting(files) if reporting else {}
    held = {FILE: files[FILE], **reports, **{name: octets for name, octets in files.items() if name != FILE}}
    if len(held) + 3 > bounds.files or sum(map(len, held.values())) > bounds.octets:
        raise BundleImpossible(
            f"{len(held)} files; a bundle has at most {bounds.files} and {bounds.octets} octets: make it in parts"
        )
    contents = {name: Content(octets, mime_type(name)) for name, octets in held.items()}
    try:
        sealed = seal_files(contents, key, now, bounds)
        if authority is not None:
            sealed = stamp_container(sealed, authority, now, bounds)
    except SealImpossible as problem:
        raise BundleImpossible(str(problem)) from None
    return with_sum(sealed)


def mime_type(name: str) -> str:
    """What a file of a bundle is said to be."""
    return _TYPES.get(name.rpartition(".")[2], "application/octet-stream") if "." in name else "application/octet-stream"


def with_sum(archive: bytes) -> bytes:
    """The archive with the comment that holds the SHA-256 of all before it: so no octet is without a meaning."""
    begun = archive[:-2] + _TAIL.to_bytes(2, "little") + COMMENT
    return begun + hashlib.sha256(begun).hexdigest().encode()


# -- opening -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """A bundle taken apart; nothing of it is verified."""

    #: Those outside of META-INF.
    files: Mapping[str, bytes] = field(repr=False)
    #: Those in META-INF.
    meta: Mapping[str, bytes] = field(repr=False)
    #: The archive without its comment.
    archive: bytes = field(repr=False)
    #: Why the comment is not that of the octets before it; empty where it is.
    problem: str = ""


def open_bundle(octets: bytes, bounds: Bounds = BOUNDS) -> Opened:
    """The files of a bundle. Raises BundleRefused where it cannot be read, or in more ways than one."""
    if len(octets) > MOST_READ:
        raise BundleRefused(f"more than {MOST_READ} octets")
    archive, problem = octets, "it has no sum at its end, or something follows it"
    if octets[-_TAIL:-64] == COMMENT and octets[-_TAIL - 2 : -_TAIL] == _TAIL.to_bytes(2, "little"):
        archive = octets[: -_TAIL - 2] + bytes(2)
        right = hashlib.sha256(octets[:-64]).hexdigest().encode() == octets[-64:]
        problem = "" if right else "the sum at its end is not that of its octets"
    try:
        # What the headers say is settled before anything is unpacked.
        check_headers(archive)
        files = read_archive(archive, bounds)
    except (ArchiveRefused, HeadersDiffer) as refused:
        raise BundleRefused(str(refused)) from None
    meta = {name: files.pop(name) for name in list(files) if name.startswith(META)}
    return Opened(files, meta, archive, problem)


def about(entry: Entry, exchange: Exchange) -> bool:
    """Whether an entry is one about the message of an exchange, as far as it tells partner and direction."""
    said = entry.about
    return (
        said.get("message_id") == exchange.message_id
        and said.get("partner", exchange.partner) == exchange.partner
        and said.get("direction", exchange.direction) == exchange.direction
    )


def acknowledged(entries: Mapping[int, Entry], exchange: Exchange) -> list[tuple[int, Entry]]:
    """The entries of an exchange in which a receipt was verified."""
    return [
        (number, entries[number])
        for number in exchange.entries
        if number in entries and entries[number].kind is Kind.ACKNOWLEDGED
    ]
