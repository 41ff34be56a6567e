"""Where an archive of evidence lies: a folder or a bucket. What is put there is durable, or replaces what was there whole, when `put` returns."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from node.bucket import Bucket
from node.durable import put, sync
from node.msh.ports import StorageUnavailable
from node.store.objects import Objects


class EvidencePlace(Protocol):
    """Every method raises StorageUnavailable."""

    @property
    def shown(self) -> str:
        """The place, for people; no secret is in it."""
        ...

    def lying(self) -> Mapping[str, int]:
        """The name of everything there, and how many octets it has."""
        ...

    def read(self, name: str) -> bytes:
        """The octets of one of them."""
        ...

    def put(self, name: str, octets: bytes) -> None:
        """Lay octets down for good, in the place of others of the same name."""
        ...


class EvidenceFolder:
    """An archive in a folder. The folder itself must be there: a disk that is not mounted must not be taken for an empty one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def shown(self) -> str:
        """See `EvidencePlace`."""
        return str(self.folder)

    def lying(self) -> Mapping[str, int]:
        """See `EvidencePlace`; what a write left that was cut off is not counted."""
        self._check()
        try:
            # A folder that may not be looked into must not be taken for one where everything is missing.
            walked = os.walk(self.folder, onerror=_raise)
            files = [Path(folder, name) for folder, _, names in walked for name in names if not name.startswith(".")]
            return {one.relative_to(self.folder).as_posix(): one.stat().st_size for one in files if one.is_file()}
        except OSError as error:
            raise self._unavailable(error) from error

    def read(self, name: str) -> bytes:
        """See `EvidencePlace`."""
        try:
            return (self.folder / name).read_bytes()
        except OSError as error:
            raise self._unavailable(error) from error

    def put(self, name: str, octets: bytes) -> None:
        """See `EvidencePlace`."""
        self._check()
        file = self.folder / name
        try:
            if not file.parent.is_dir():
                file.parent.mkdir(mode=0o700)
                sync(self.folder)
            put(file, octets)
            file.chmod(0o600)
        except OSError as error:
            raise self._unavailable(error) from error

    def _check(self) -> None:
        if not self.folder.is_dir():
            raise StorageUnavailable(f"{self.shown}: no such folder", "make it, or mount the disk")

    def _unavailable(self, error: OSError) -> StorageUnavailable:
        place = error.filename or self.shown
        return StorageUnavailable(f"{place}: {error.strerror or error}", f"look at free space and permissions of {self.shown}")


def _raise(error: OSError) -> None:
    raise error


class EvidenceBucket:
    """An archive in a bucket."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    @property
    def shown(self) -> str:
        """See `EvidencePlace`."""
        return self._objects.bucket.url

    def lying(self) -> Mapping[str, int]:
        """See `EvidencePlace`."""
        return self._objects.sizes()

    def read(self, name: str) -> bytes:
        """See `EvidencePlace`."""
        return self._objects.whole(name)

    def put(self, name: str, octets: bytes) -> None:
        """See `EvidencePlace`."""
        self._objects.put_octets(name, octets)


def evidence_place(place: Path | Bucket) -> EvidencePlace:
    """A folder or a bucket. Raises ConfigurationError where a bucket cannot be."""
    return EvidenceFolder(place) if isinstance(place, Path) else EvidenceBucket(Objects(place))
