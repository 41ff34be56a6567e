"""Octets on disk: waiting in quarantine until they are proven, then lying for ever in payload files named by their hash."""

import hashlib
import os
import shutil
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from node.durable import start_writing, sync
from node.failpoints import failpoint
from node.msh.octets import HeldOctets
from node.msh.ports import Kept, StorageUnavailable

#: Octets up to this size are kept in the database row itself.
INLINE: Final = 256 * 1024
_CHUNK: Final = 256 * 1024
#: A growing file is handed to the disk in stretches of this size, so that the sync at its end has little left to wait for.
STRETCH: Final = 8 * 1024 * 1024


class Lying(NamedTuple):
    """One payload file or object: the name that a row gives it, and when it was written last."""

    name: str
    written_at: datetime


class FileOctets:
    """`ports.Kept` over a file: in quarantine until a store transaction names it, then among the payload files."""

    def __init__(self, path: Path, size: int, sha256: str | None = None, *, durable: bool = False) -> None:
        self.path, self.durable = path, durable
        self._size, self.known_sha256 = size, sha256
        self._descriptor: int | None = None

    @property
    def size(self) -> int:
        return self._size

    @property
    def sha256(self) -> str:
        """The hash; read from the whole file where nobody computed it before."""
        if self.known_sha256 is None:
            digest = hashlib.sha256()
            for chunk in self.chunks():
                digest.update(chunk)
            self.known_sha256 = digest.hexdigest()
        return self.known_sha256

    def chunks(self, size: int = _CHUNK) -> Iterator[bytes | memoryview]:
        """The octets in order. Raises StorageUnavailable when the file is not as long as what was kept."""
        left = self._size
        for chunk in self._pieces(size):
            left -= len(chunk)
            yield chunk
        if left:
            raise StorageUnavailable(f"{self.path.name}: {self._size} octets were kept, {self._size - left} are there")

    def _pieces(self, size: int) -> Iterator[bytes]:
        if self._descriptor is None:
            with self.path.open("rb", buffering=0) as file:
                while chunk := file.read(size):
                    yield chunk
            return
        at = 0
        while chunk := os.pread(self._descriptor, size, at):
            at += len(chunk)
            yield chunk

    def unlink(self) -> None:
        """Take the file's name away, since its octets lie elsewhere now; through this object they are read from here until it goes."""
        self._descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._descriptor)
        self.path.unlink(missing_ok=True)
        self.durable = True

    def discard(self) -> None:
        """Remove the file unless a transaction has named it."""
        if not self.durable:
            self.path.unlink(missing_ok=True)


class FileSink:
    """`ports.Sink` that stays in memory up to `INLINE` octets and spills to a quarantine file above."""

    def __init__(self, path: Callable[[], Path]) -> None:
        self._new_path = path
        self._held: list[bytes] = []
        self._size = 0
        self._file: BinaryIO | None = None
        self._path: Path | None = None
        self._kept: Kept | None = None
        #: Octets of the file that the disk has been asked to take.
        self._handed = 0

    def write(self, octets: bytes | bytearray | memoryview) -> None:
        """Raises StorageUnavailable when the disk takes no more."""
        self._size += len(octets)
        if self._file is None:
            if self._size <= INLINE:
                self._held.append(bytes(octets))
                return
            self._spill()
        self._put(octets)

    def _spill(self) -> None:
        self._path = self._new_path()
        try:
            # Nobody else reads what is not proven yet.
            self._file = os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", _CHUNK)
        except OSError as error:
            raise StorageUnavailable(f"quarantine: {error}") from error
        for octets in self._held:
            self._put(octets)
        self._held.clear()

    def _put(self, octets: bytes | bytearray | memoryview) -> None:
        assert self._file is not None
        try:
            self._file.write(octets)
            if self._size - self._handed >= STRETCH:
                self._file.flush()
                start_writing(self._file.fileno())
                self._handed = self._size
        except OSError as error:
            raise StorageUnavailable(f"quarantine: {error}") from error

    def keep(self, sha256: str | None = None) -> Kept:
        """Close and return what was written. Raises StorageUnavailable when the last octets do not go to the file."""
        if self._kept is None:
            self._kept = self._close(sha256)
        return self._kept

    def _close(self, sha256: str | None) -> Kept:
        if self._file is None or self._path is None:
            held = self._held[0] if len(self._held) == 1 else b"".join(self._held)
            self._held.clear()
            return HeldOctets(held, sha256)
        try:
            self._file.close()
        except OSError as error:
            raise StorageUnavailable(f"quarantine: {error}") from error
        return FileOctets(self._path, self._size, sha256)

    def discard(self) -> None:
        """Remove every octet, those returned by `keep` too unless a transaction has named them."""
        self._held.clear()
        if self._kept is not None:
            self._kept.discard()
        elif self._file is not None and self._path is not None:
            # A full disk makes close() fail; the file goes all the same.
            with suppress(OSError):
                self._file.close()
            self._path.unlink(missing_ok=True)


class FileQuarantine:
    """`ports.Quarantine` over a folder of the node's data."""

    def __init__(self, folder: Path, unique: Callable[[], str], *, make: bool = True) -> None:
        self.folder = folder
        self._unique = unique
        if make:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def sink(self) -> FileSink:
        return FileSink(self._path)

    def _path(self) -> Path:
        return self.folder / f"{self._unique()}.part"

    def free_for(self, size: int) -> bool:
        return shutil.disk_usage(self.folder).free >= size * 3 // 2

    def sweep(self, older_than: float) -> int:
        """Remove what a dead process left here before `older_than` (seconds since the epoch); how many files went."""
        count = 0
        for path in self.folder.glob("*.part"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < older_than:
                    path.unlink()
                    count += 1
        return count


class PayloadFiles:
    """The files that rows name, below one folder: `ab/abcdef...`, named by SHA-256 where that is known, else by a unique name."""

    def __init__(self, folder: Path, quarantine: FileQuarantine, *, make: bool = True) -> None:
        self.folder, self.quarantine = folder, quarantine
        if make and not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Else a power cut could take the folder with every file that was synced in it.
            sync(folder.parent)

    def adopt(self, kept: Kept, claim: Callable[[str], None] = lambda name: None) -> tuple[str, FileOctets]:
        """Make octets durable as a payload file: its name, and what reads it. Raises StorageUnavailable.

        The file and its folder are on disk when this returns; a crash before the row is committed leaves an orphan, never a row without
        its file.
        """
        own = self.own(kept)
        name = own.known_sha256 or own.path.stem
        if own.known_sha256:
            claim(f"{name[:2]}/{name}")
        folder = self.folder / name[:2]
        try:
            failpoint("in.14.after_write")
            sync(own.path, data_only=True)
            failpoint("in.14.after_fdatasync")
            if not folder.is_dir():
                folder.mkdir(mode=0o700, exist_ok=True)
                sync(self.folder)
            # The same octets again take the place of themselves.
            own.path.replace(folder / name)
            failpoint("in.14.after_rename")
            sync(folder)
            failpoint("in.14.after_directory_fsync")
        except OSError as error:
            # A failed fsync is never tried again on the same file: the message is refused and comes anew.
            raise StorageUnavailable(f"payload file: {error}") from error
        own.path, own.durable = folder / name, True
        return f"{name[:2]}/{name}", own

    def own(self, kept: Kept) -> FileOctets:
        """The octets as a quarantine file of ours. Raises StorageUnavailable."""
        return kept if isinstance(kept, FileOctets) and kept.path.parent == self.quarantine.folder else self._copy(kept)

    def _copy(self, kept: Kept) -> FileOctets:
        """Octets that lie elsewhere, such as a Producer's file, in a quarantine file of ours."""
        sink = self.quarantine.sink()
        try:
            for chunk in kept.chunks():
                sink.write(chunk)
            copied = sink.keep(known_sha256(kept))
        except BaseException:
            sink.discard()
            raise
        if not isinstance(copied, FileOctets):
            raise ValueError(f"only octets above {INLINE} are kept in files")
        return copied

    def open(self, name: str, size: int, sha256: str | None) -> FileOctets:
        """The payload file that a row names."""
        return FileOctets(self.folder / name, size, sha256, durable=True)

    def lying(self) -> Iterator[Lying]:
        """Every payload file."""
        for path in self.folder.glob("??/*"):
            with suppress(FileNotFoundError):
                yield Lying(str(path.relative_to(self.folder)), datetime.fromtimestamp(path.stat().st_mtime, UTC))

    def remove(self, name: str) -> None:
        """Remove a payload file; harmless for what is gone already. Raises StorageUnavailable."""
        try:
            (self.folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise StorageUnavailable(f"payload file: {error}") from error

    def tidy(self, before: datetime, now: datetime) -> int:  # noqa: ARG002 - a bucket is told the time
        """Remove what a request left in quarantine before an instant; how many."""
        return self.quarantine.sweep(before.timestamp())

    def where(self, name: str) -> str:
        """The place of one, for people."""
        return str(self.folder / name)

    def trouble(self) -> str | None:
        """Why nothing can be written there now, or None."""
        # A folder that is not there at all is told by integrity.py.
        return None if os.access(self.folder, os.W_OK | os.X_OK) or not self.folder.is_dir() else f"{self.folder} is not writable"


def known_sha256(kept: Kept) -> str | None:
    """The hash where somebody computed it: nothing is hashed twice, and ciphertext not once."""
    if isinstance(kept, FileOctets):
        return kept.known_sha256
    return vars(kept).get("sha256") if isinstance(kept, HeldOctets) else None
