"""Whether a file of a home was changed since it was read."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

#: Folders of a home that its setting is read from.
FOLDERS: Final = ("partners", "certs", "profiles")

#: What stands in the files, as one value that changes whenever one of them does.
Fingerprint = frozenset[tuple[str, int, int, int]]


def fingerprint(folder: Path) -> Fingerprint:
    """Every file that the setting is read from, with its size and the times at which it or its rights were changed."""
    return frozenset(_files(folder))


def documents_of(found: Fingerprint) -> Fingerprint:
    """The part of it that document packs and code lists are read from."""
    return frozenset(one for one in found if "/profiles/documents/" in one[0] or "/profiles/codelists/" in one[0])


def _files(folder: Path) -> Iterator[tuple[str, int, int, int]]:
    places = [str(path) for path in folder.glob("*.toml")]
    for name in FOLDERS:
        for place, _, names in os.walk(folder / name, followlinks=True):
            # What is hidden is being written, and nobody reads it.
            places += [os.path.join(place, one) for one in names if one[0] != "."]  # noqa: PTH118 - tens of thousands of files
    for path in places:
        try:
            found = os.stat(path)  # noqa: PTH116 - as above
        except OSError:
            continue
        yield path, found.st_size, found.st_mtime_ns, found.st_ctime_ns
