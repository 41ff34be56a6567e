"""A disk that keeps what was synced and, of the rest, whatever it likes: replayed from the system calls of a real process.

Strict POSIX: the octets of a file are safe after fsync or fdatasync of the file, a name after fsync of its folder, and nothing else is.
"""

import random
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tests.bars.trace import Call

PAGE = 4096
SECTOR = 512
TRACED = (
    "trace=open,openat,creat,write,pwrite64,ftruncate,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat"
)
_FD = re.compile(r"^\d+<(?P<path>[^>]*)>")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass
class Inode:
    """One file: what the disk has for certain, and what was written since."""

    durable: bytearray = field(default_factory=bytearray)
    #: (offset, octets), or (size, None) for a truncation.
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)
    size: int = 0


@dataclass(frozen=True)
class Naming:
    """One change of a folder: a name now means this inode (None: a folder), or nothing."""

    name: str
    inode: Inode | None
    kind: str


class Disk:
    """The files below `root`; feed it calls in their order, then ask what a power cut leaves."""

    def __init__(self, root: Path) -> None:
        self.root = str(root)
        self.names: dict[str, Inode | None] = {self.root: None}
        self.durable_names: dict[str, Inode | None] = {self.root: None}
        self.pending_names: dict[str, list[Naming]] = {}

    def feed(self, call: Call) -> None:
        """What one successful call did."""
        if call.result < 0:
            return
        strings = [unhex(one) for one in _STRING.findall(call.arguments)]
        fd = _FD.match(call.arguments)
        path = fd["path"] if fd else ""
        match call.name:
            case "open" | "openat" | "creat":
                self._open(strings[0].decode(), call.arguments)
            case "write" | "pwrite64" if path in self.names and (inode := self.names[path]) is not None:
                octets = strings[0][: call.result]
                offset = int(call.arguments.rpartition(",")[2]) if call.name == "pwrite64" else inode.size
                inode.pending.append((offset, octets))
                inode.size = max(inode.size, offset + len(octets))
            case "ftruncate" if path in self.names and (inode := self.names[path]) is not None:
                self._truncate(inode, int(call.arguments.rpartition(",")[2]))
            case "fsync" | "fdatasync" if path in self.names:
                self._sync(path)
            case "rename" | "renameat" | "renameat2" if strings[0].decode() in self.names:
                self._rename(strings[0].decode(), strings[1].decode())
            case "unlink" | "unlinkat" if strings[0].decode() in self.names:
                self._name(strings[0].decode(), None, "unlink")
            case "mkdir" | "mkdirat" if strings[0].decode().startswith(self.root):
                self._name(strings[0].decode(), None, "mkdir")

    def _open(self, path: str, arguments: str) -> None:
        if not path.startswith(self.root) or "O_DIRECTORY" in arguments or path.endswith("-shm"):
            return
        if "O_CREAT" in arguments and path not in self.names:
            self._name(path, Inode(), "link")
        inode = self.names.get(path)
        if "O_TRUNC" in arguments and inode is not None:
            self._truncate(inode, 0)

    def _truncate(self, inode: Inode, size: int) -> None:
        inode.pending.append((size, None))
        inode.size = size

    def _sync(self, path: str) -> None:
        inode = self.names[path]
        if inode is None:
            for one in self.pending_names.pop(path, []):
                apply(self.durable_names, one)
            return
        for offset, octets in inode.pending:
            write(inode.durable, offset, octets)
        inode.pending.clear()

    def _rename(self, old: str, new: str) -> None:
        inode = self.names[old]
        self._name(new, inode, "link")
        self._name(old, None, "unlink")

    def _name(self, path: str, inode: Inode | None, kind: str) -> None:
        one = Naming(path, inode, kind)
        apply(self.names, one)
        self.pending_names.setdefault(str(PurePosixPath(path).parent), []).append(one)

    # -- the power cut ---------------------------------------------------------------------------------------------

    def cut(self, into: Path, chance: random.Random) -> None:
        """Write what the disk has after a power cut: what was synced, and any part of the rest."""
        names = dict(self.durable_names)
        keep = chance.choice((0.0, 0.3, 0.7, 1.0))
        for pending in self.pending_names.values():
            for one in pending:
                if chance.random() < keep:
                    apply(names, one)
        for path, inode in sorted(names.items()):
            # A name in a folder that is lost is lost.
            parents = [str(parent) for parent in PurePosixPath(path).parents if str(parent).startswith(self.root)]
            if not all(parent in names for parent in parents):
                continue
            target = into / PurePosixPath(path).relative_to(self.root)
            if inode is None:
                target.mkdir(parents=True, exist_ok=True)
            else:
                target.write_bytes(survived(inode, chance, keep))


def survived(inode: Inode, chance: random.Random, keep: float) -> bytes:
    """The durable octets, some pages of the unsynced writes, and one of them torn."""
    octets = bytearray(inode.durable)
    pages: list[tuple[int, bytes | None]] = []
    for offset, written in inode.pending:
        if written is None:
            pages.append((offset, None))
            continue
        begin = 0
        while begin < len(written):
            end = begin + PAGE - (offset + begin) % PAGE
            pages.append((offset + begin, written[begin:end]))
            begin = end
    kept = [one for one in pages if chance.random() < keep]
    for place, (offset, page) in enumerate(kept):
        torn = page is not None and place == len(kept) - 1
        write(octets, offset, page[: chance.randrange(0, len(page) + 1, SECTOR)] if torn and page else page)
    return bytes(octets)


def write(octets: bytearray, offset: int, new: bytes | None) -> None:
    """A write or, with None, a truncation; what lies between is zeros."""
    if new is None:
        del octets[offset:]
    if len(octets) < offset:
        octets.extend(bytes(offset - len(octets)))
    if new is not None:
        octets[offset : offset + len(new)] = new


def apply(names: dict[str, Inode | None], one: Naming) -> None:
    if one.kind == "unlink":
        names.pop(one.name, None)
    else:
        names[one.name] = one.inode


def unhex(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))
