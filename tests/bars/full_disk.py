"""A file system of a few MB that a bar fills to the last octet."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Set in the process that has mounts of its own.
OWN_MOUNTS = "N2N_BAR_OWN_MOUNTS"


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A tmpfs; where this user may not mount, the whole program runs again in a name space in which it may."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder], capture_output=True, text=True
    )
    if mounted.returncode and OWN_MOUNTS not in os.environ:
        os.environ[OWN_MOUNTS] = "1"
        os.execvp("unshare", ["unshare", "-rm", sys.executable, *sys.orig_argv[1:]])
    if mounted.returncode:
        raise OSError(f"no tmpfs can be mounted: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(folder: Path, left: int) -> Path:
    """A file that leaves so many octets free, as far as pages allow."""
    path = folder / "filler"
    path.unlink(missing_ok=True)
    free = os.statvfs(folder)
    size = max(free.f_bavail * free.f_frsize - left, 0)
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, size) if size else None
    return path
