"""A disk that forgets: SQLite writes to real files through it, and a power cut undoes any of the writes that nobody has synced."""

import os
import random
from dataclasses import dataclass
from itertools import count

import apsw

_names = count(1)


class Gone(BaseException):
    """The node this code runs for has crashed: nothing of it may go on, not even what cleans up after errors."""


@dataclass(slots=True)
class _Undo:
    """What lay under one write: `old` octets at `offset`, and how long the file was."""

    path: str
    offset: int
    old: bytes
    size: int
    length: int


class SimulatedDisk:
    """One node's disk, of which `vfs` is the name for SQLite.

    `crash` is the end of the process: what was written stays. `power_cut` also takes back some of what was not synced. Both make every later access by
    the dead process fail; `start` lets the next process in.
    """

    def __init__(self) -> None:
        self.vfs = f"simulated-{next(_names)}"
        self.down = False
        #: A disk that says it has synced and has not: for showing that the simulation notices.
        self.lies = False
        self._unsynced: list[_Undo] = []
        self._registered = _Vfs(self)

    def crash(self) -> None:
        """The process dies; the operating system goes on."""
        self.down = True

    def power_cut(self, chance: random.Random) -> None:
        """The machine dies: each unsynced write is undone, kept, or torn in the middle."""
        self.down = True
        for undo in reversed(self._unsynced):
            fate = chance.random()
            if fate < 0.6:
                self._take_back(undo, 0)
            elif fate < 0.75:
                self._take_back(undo, chance.randrange(undo.length + 1))
        self._unsynced.clear()

    def start(self) -> None:
        """A new process may use the disk."""
        self.down = False

    def writing(self, undo: _Undo) -> None:
        """Note what lies under a write that is about to be made."""
        self._unsynced.append(undo)

    def synced(self, path: str) -> None:
        """What was written to this file is safe from now on."""
        if not self.lies:
            self._unsynced = [one for one in self._unsynced if one.path != path]

    def check(self) -> None:
        """Raises an I/O error for a process that is dead."""
        if self.down:
            raise apsw.IOError("the simulated machine is down")

    def _take_back(self, undo: _Undo, kept: int) -> None:
        if not os.path.exists(undo.path):  # noqa: PTH110 - a hot path
            return
        with open(undo.path, "r+b") as file:  # noqa: PTH123 - a hot path
            if kept < len(undo.old):
                file.seek(undo.offset + kept)
                file.write(undo.old[kept:])
            if undo.offset + undo.length > undo.size:
                file.truncate(max(undo.size, undo.offset + kept))


class _Vfs(apsw.VFS):
    def __init__(self, disk: SimulatedDisk) -> None:
        super().__init__(disk.vfs, "unix")
        self._disk = disk

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> "_File":  # noqa: N802 - APSW's name
        self._disk.check()
        return _File(self._disk, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802 - APSW's name
        self._disk.check()
        super().xDelete(filename, syncdir)


class _File(apsw.VFSFile):
    def __init__(self, disk: SimulatedDisk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self._disk = disk
        self._path = name.filename() if isinstance(name, apsw.URIFilename) else name or ""

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - APSW's name
        self._disk.check()
        if self._path:
            size = self.xFileSize()
            # Most writes are appended to the log: nothing lies under them.
            old = super().xRead(min(len(data), size - offset), offset) if offset < size else b""
            self._disk.writing(_Undo(self._path, offset, old, size, len(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - APSW's name
        self._disk.check()
        super().xTruncate(newsize)

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802 - APSW's name
        self._disk.check()
        return super().xRead(amount, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802, ARG002 - APSW's name
        # Not the real one: what the machine under the simulation keeps is not the question.
        self._disk.check()
        self._disk.synced(self._path)
