"""What makes written octets survive a power cut: two system calls, which of them waits, and a file that is there whole or not at all."""

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path


def start_writing(descriptor: int) -> None:
    """Let the disk begin with what was written to a file, without waiting for it; a hint that some systems do not know."""
    # Linux starts writing back the range, and drops from memory what the disk has by then.
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def put(file: Path, octets: bytes, at: datetime | None = None) -> None:
    """Lay octets down under a name: whoever looks there sees all of them or what was there before, also after a power cut.

    `at` is the time that the file is to have. Raises OSError.
    """
    growing = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        growing.write_bytes(octets)
        if at is not None:
            os.utime(growing, (at.timestamp(), at.timestamp()))
        sync(growing)
        growing.rename(file)
    except OSError:
        # A disk that is full stays so as long as half of a file lies on it.
        with suppress(OSError):
            growing.unlink()
        raise
    sync(file.parent)


def sync(path: Path | str, *, data_only: bool = False) -> None:
    """Return when a file, or the names in a folder, are on disk. Raises OSError, after which nothing is known of what the disk has."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if data_only and hasattr(os, "fdatasync"):
            os.fdatasync(descriptor)
        else:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
