"""The lock of a home: one process alone serves it."""

import fcntl
import os
import time
from pathlib import Path
from typing import Final

from node.configuration import refuse

#: Below the data folder; held by the process that serves.
LOCK: Final = "serve.lock"
#: Below the data folder; written when somebody begins to serve: under which name he claims what he sends.
WORKER: Final = "worker"
#: Whoever looks whether the lock is held has it himself for an instant, so a start tries more than once.
LOOKS: Final = 5
LOOK_SECONDS: Final = 0.02


def take_lock(data: Path) -> int:
    """The descriptor that holds the lock until it is closed. Raises ConfigurationError where another process has it.

    Only one process serves a home: it alone sends, and recovers what a dead one left.
    """
    path = data / LOCK
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    for _ in range(LOOKS):
        if not _held_elsewhere(descriptor):
            break
        time.sleep(LOOK_SECONDS)
    else:
        os.close(descriptor)
        refuse(str(path), "", "another n2n serve runs on this home", "stop it first")
    return descriptor


def is_locked(data: Path) -> bool:
    """Whether a process holds the lock; the file is not made."""
    try:
        descriptor = os.open(data / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return _held_elsewhere(descriptor)
    finally:
        os.close(descriptor)


def _held_elsewhere(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
