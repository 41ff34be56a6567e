"""The archive: one tar file for each message of which something is about to be removed, read back and hashed before anything goes."""

import hashlib
import json
import os
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from io import RawIOBase
from pathlib import Path
from typing import Any, Final, Protocol

from node.bucket import Bucket
from node.durable import sync
from node.ebms.errors import EbmsError
from node.failpoints import failpoint
from node.msh.octets import HeldOctets
from node.msh.ports import Kept, StorageUnavailable
from node.msh.retention import Goes
from node.store.files import FileOctets
from node.store.header_json import user_message_json
from node.store.kept import RemovedOctets
from node.store.messages import StoredMessages
from node.store.objects import ObjectOctets, Objects
from node.store.purging import Candidate
from node.store.rows import OUT
from node.store.values import Step

FORMAT: Final = "n2n-archive-1"
#: Closes each file: one without it is not complete.
INDEX: Final = "message.json"


class Place(Protocol):
    """Where the archive lies."""

    def put(self, name: str, path: Path, size: int) -> None:
        """Copy a file there for good, in the place of one of the same name. Raises StorageUnavailable."""
        ...

    def open(self, name: str, size: int) -> Kept:
        """What lies there."""
        ...

    def trouble(self) -> str | None:
        """Why nothing can be written there now, or None."""
        ...


class FolderPlace:
    """The archive in a folder, on another disk as a rule."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, name: str, path: Path, size: int) -> None:
        """See `Place`. The folder itself must be there: a disk that is not mounted must not be taken for an empty one."""
        if not self.folder.is_dir():
            raise StorageUnavailable(f"archive {self.folder}: no such folder")
        target = self.folder / name
        part = target.with_name(f".{target.name}.part")
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with part.open("wb") as file:
                for chunk in FileOctets(path, size).chunks():
                    file.write(chunk)
            part.chmod(0o600)
            sync(part, data_only=True)
            part.replace(target)
            # Every folder that may be new.
            for folder in (target.parent, *target.parent.parents):
                sync(folder)
                if folder == self.folder:
                    break
        except OSError as error:
            raise StorageUnavailable(f"archive {self.folder}: {error}") from error

    def open(self, name: str, size: int) -> Kept:
        """See `Place`."""
        return FileOctets(self.folder / name, size, durable=True)

    def trouble(self) -> str | None:
        """See `Place`."""
        if not self.folder.is_dir():
            return f"archive {self.folder}: no such folder"
        return None if os.access(self.folder, os.W_OK | os.X_OK) else f"archive {self.folder} is not writable"


class BucketPlace:
    """The archive in a bucket."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def put(self, name: str, path: Path, size: int) -> None:
        """See `Place`."""
        self._objects.put(name, path, size)

    def open(self, name: str, size: int) -> Kept:
        """See `Place`."""
        return ObjectOctets(self._objects, name, size, None)

    def trouble(self) -> str | None:
        """See `Place`."""
        return self._objects.trouble()


@dataclass(frozen=True, slots=True)
class Part:
    """One member of the file besides the index."""

    name: str
    octets: Kept
    about: dict[str, Any] = field(default_factory=dict)


class Archive:
    """Puts messages into the archive. Doing it twice brings the same file once more."""

    def __init__(self, messages: StoredMessages, place: Place, unique: Callable[[], str]) -> None:
        self._messages, self._place, self._unique = messages, place, unique

    def put(self, candidate: Candidate, goes: Goes) -> str:
        """Archive what is there of a message, and read it back; the name of its file. Raises StorageUnavailable, and then nothing may go."""
        name = archive_name(candidate, goes)
        scratch = self._messages.files.quarantine.folder / f"{self._unique()}.part"
        try:
            written = self._write(scratch, candidate, goes)
            size = scratch.stat().st_size
            self._place.put(name, scratch, size)
            found = dict(members(self._place.open(name, size)))
        except (OSError, EbmsError, LookupError, tarfile.TarError) as error:
            raise StorageUnavailable(f"archive {name}: {error}") from error
        finally:
            scratch.unlink(missing_ok=True)
        if found != written:
            raise StorageUnavailable(f"archive {name}: what is read back is not what was written")
        failpoint("keep.archive.written")
        return name

    def _write(self, path: Path, candidate: Candidate, goes: Goes) -> dict[str, str]:
        """The file; the hash of each member."""
        document, parts = self._contents(candidate, goes)
        hashes: dict[str, str] = {}
        with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
            for part in parts:
                hashes[part.name] = _add(tar, part.name, part.octets)
                if part.octets.sha256 and part.octets.sha256 != hashes[part.name]:
                    raise StorageUnavailable(f"{part.name} has changed since it was kept")
            document["parts"] = [
                {"name": one.name, "size": one.octets.size, "sha256": hashes[one.name], **one.about} for one in parts
            ]
            index = HeldOctets(json.dumps(document, ensure_ascii=False, indent=1).encode())
            hashes[INDEX] = _add(tar, INDEX, index)
        path.chmod(0o600)
        return hashes

    def _contents(self, candidate: Candidate, goes: Goes) -> tuple[dict[str, Any], list[Part]]:
        facts = {name: value for name, value in asdict(candidate).items() if name not in {"id", "due", "held", "kept_because"}}
        document = {"format": FORMAT, **facts, "removes": goes.what.value, "rule": goes.why}
        read = self._sent if candidate.direction == OUT else self._received
        header, parts, steps = read(candidate)
        document["header"] = json.loads(header)
        document["history"] = [_step(one) for one in steps]
        answers = [
            Part(f"answers/{n}", one.answer, {"media_type": one.answer_content_type}) for n, one in enumerate(steps) if one.answer
        ]
        gone = [one for one in parts if isinstance(one.octets, RemovedOctets)]
        document["removed"] = [
            {"name": one.name, "size": one.octets.size, "sha256": one.octets.sha256, **one.about} for one in gone
        ]
        return document, [*(one for one in parts if one not in gone), *answers]

    def _sent(self, candidate: Candidate) -> tuple[str, list[Part], list[Step]]:
        messages = self._messages
        exchange = messages.exchange(candidate.message_id)
        if exchange is None:
            raise LookupError(f"no message {candidate.message_id}")
        parts = [
            Part(f"payloads/{n}", one.octets, {"media_type": one.media_type, "href": one.part_info.href})
            for n, one in enumerate(exchange.payloads)
        ]
        envelope = messages.sent_envelope(candidate)
        if envelope is not None:
            parts.append(Part("envelope", HeldOctets(envelope)))
        return user_message_json(exchange.user_message), parts, messages.history(candidate.message_id)

    def _received(self, candidate: Candidate) -> tuple[str, list[Part], list[Step]]:
        messages = self._messages
        one = next(one for one in messages.inbound(candidate.message_id) if one.id == candidate.id)
        parts = [
            Part(
                f"payloads/{n}",
                part.octets,
                {"media_type": part.media_type, "href": part.part_info.href, "gzip": part.compressed},
            )
            for n, part in enumerate(one.payloads)
        ]
        parts += [Part("envelope", one.envelope), Part("receipt", one.receipt, {"media_type": one.receipt_content_type})]
        return user_message_json(one.user_message), parts, messages.inbound_history(one.id)


def place_of_archive(place: Path | Bucket) -> Place:
    """A folder or a bucket. Raises ConfigurationError where a bucket cannot be."""
    return FolderPlace(place) if isinstance(place, Path) else BucketPlace(Objects(place))


def archive_name(candidate: Candidate, goes: Goes) -> str:
    """`sent/2026/11/24/HASH-all.tar`: by the day on which the message began; the hash is that of direction, sender and MessageId."""
    key = json.dumps([candidate.direction, candidate.from_party, candidate.message_id]).encode()
    day = candidate.began_at[:10].replace("-", "/")
    direction = "sent" if candidate.direction == OUT else "received"
    return f"{direction}/{day}/{hashlib.sha256(key).hexdigest()}-{goes.what.value}.tar"


def members(octets: Kept) -> Iterator[tuple[str, str]]:
    """Name and hash of each member, in little memory. Raises TarError, StorageUnavailable."""
    with tarfile.open(fileobj=Reading(octets.chunks()), mode="r|") as tar:
        for one in tar:
            digest, file = hashlib.sha256(), tar.extractfile(one)
            while file is not None and (chunk := file.read(262_144)):
                digest.update(chunk)
            yield one.name, digest.hexdigest()


class Reading(RawIOBase):
    """Chunks as a file that is read once."""

    def __init__(self, chunks: Iterable[bytes | memoryview]) -> None:
        self._chunks, self._left = iter(chunks), memoryview(b"")
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next octets; 0 at the end."""
        while not self._left:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._left = memoryview(chunk)
        room = memoryview(buffer).cast("B")
        taken = min(len(room), len(self._left))
        room[:taken] = self._left[:taken]
        self.digest.update(self._left[:taken])
        self._left = self._left[taken:]
        return taken

    def read(self, size: int = -1) -> bytes:
        """As many octets as were asked for, fewer at the end alone: tarfile takes a short answer for the end."""
        pieces = []
        while size and (piece := super().read(size)):
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)


def _add(tar: tarfile.TarFile, name: str, octets: Kept) -> str:
    """Add one member; its hash."""
    about, reading = tarfile.TarInfo(name), Reading(octets.chunks())
    about.size, about.mode = octets.size, 0o600
    tar.addfile(about, reading)
    return reading.digest.hexdigest()


def _step(step: Step) -> dict[str, Any]:
    names = ("from_state", "event", "to_state", "detail", "http_status", "error_code")
    return {"at": step.at.isoformat(), **{name: getattr(step, name) for name in names}}
