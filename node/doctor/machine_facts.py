"""Facts about the machine and the files of a home, as the system tells them."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Final

from node.doctor.facts import Machine, Place, Places
from node.home import Home
from node.timekeeping.offset import Unusable
from node.timekeeping.tracking import read_tracking

#: What a question to the system may cost.
PATIENCE: Final = 1.0
_DAY: Final = 86_400.0
#: Payload files that are measured: what lies beyond makes the estimate too low, and nobody wait.
MOST_FILES: Final = 200_000


def gather_machine(home: Home, environment: Mapping[str, str]) -> Machine:
    """Room, memory, the clock's keeper and switches."""
    folder = next(one for one in (home.data, *home.data.parents) if one.exists())
    disk = os.statvfs(folder)
    return Machine(
        free=disk.f_bavail * disk.f_frsize,
        size=disk.f_blocks * disk.f_frsize,
        free_inodes=disk.f_favail,
        inodes=disk.f_files,
        memory=_from_proc("/proc/meminfo", "MemAvailable", 1024),
        umask=_from_proc("/proc/self/status", "Umask", 1, 8) or 0,
        synchronised=synchronised(),
        offset=offset(),
        user=os.geteuid(),
        environment=environment,
        debug=tuple(debug(environment)),
    )


def _from_proc(file: str, name: str, factor: int, base: int = 10) -> int | None:
    try:
        for line in Path(file).read_text().splitlines():
            key, _, value = line.partition(":")
            if key == name:
                return int(value.split()[0], base) * factor
    except (OSError, ValueError, IndexError):
        return None
    return None


def debug(environment: Mapping[str, str]) -> Iterator[str]:
    """Python's switches for developers that are on."""
    if sys.flags.dev_mode or environment.get("PYTHONDEVMODE"):
        yield "PYTHONDEVMODE"
    if environment.get("PYTHONASYNCIODEBUG"):
        yield "PYTHONASYNCIODEBUG"
    if environment.get("PYTHONOPTIMIZE") or sys.flags.optimize:
        yield "PYTHONOPTIMIZE"
    if environment.get("SSLKEYLOGFILE"):
        yield "SSLKEYLOGFILE"


def asked(*words: str) -> str | None:
    """What a program says; None where it is not there, fails, or takes its time."""
    program = shutil.which(words[0])
    if program is None:
        return None
    try:
        ended = subprocess.run([program, *words[1:]], capture_output=True, text=True, timeout=PATIENCE, check=False)  # noqa: S603 - fixed words
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ended.stdout if ended.returncode == 0 else None


def synchronised() -> bool | None:
    """Whether something keeps the clock right; None where nobody tells."""
    said = asked("timedatectl", "show", "-p", "NTPSynchronized", "--value")
    if said is not None and said.strip() in {"yes", "no"}:
        return said.strip() == "yes"
    tracking = asked("chronyc", "-c", "tracking")
    return None if tracking is None else not tracking.rstrip().endswith("Not synchronised")


def offset() -> timedelta | None:
    """How far the clock is from that of chrony's sources: positive where it is ahead."""
    tracking = asked("chronyc", "-c", "-n", "tracking")
    try:
        return read_tracking(tracking)[0].offset if tracking is not None else None
    except Unusable:
        return None


# -- files -----------------------------------------------------------------------------------------------------------------


def gather_places(home: Home, now: datetime) -> Places:
    """Modes, owners, what cannot be written, and how much there is."""
    data = home.data
    return Places(
        own=[_place(one, home.folder) for one in (home.certs / "own", *_keys(home.certs / "own"))]
        if (home.certs / "own").is_dir()
        else [],
        data=[_place(one, home.folder) for one in (data, data / "node.db") if one.exists()],
        settings=[_place(one, home.folder) for one in _settings(home)],
        closed=dict(_closed(home)),
        partners=sum(one.is_dir() and not one.name.startswith(".") for one in home.partners.glob("*")),
        quarantine=sum(1 for one in _files(data / "quarantine") if now.timestamp() - one.st_mtime > _DAY),
        owner=home.folder.stat().st_uid,
        octets=sum(one.st_size for one in chain(_files(data), islice(_files(data / "payloads", deep=True), MOST_FILES))),
        backup=newest(home.backups, now),
    )


def _place(path: Path, home: Path) -> Place:
    found = path.stat()
    name = str(path.relative_to(home)) if path.is_relative_to(home) else str(path)
    return Place(name, stat.S_IMODE(found.st_mode), found.st_uid, stat.S_ISDIR(found.st_mode))


def _keys(own: Path) -> Iterator[Path]:
    for path in sorted(own.iterdir()):
        if path.is_file() and path.suffix.lower() in {".pem", ".p12", ".pfx", ".password"}:
            yield path


def _settings(home: Home) -> Iterator[Path]:
    for path in (
        home.folder,
        home.folder / "node.toml",
        home.partners,
        home.certs,
        home.certs / "partners",
        home.certs / "trust",
    ):
        if path.exists():
            yield path
    yield from sorted(home.partners.glob("*/agreement.toml"))


def _closed(home: Home) -> Iterator[tuple[str, str]]:
    for path in (home.data, *(home.data / name for name in ("quarantine", "payloads", "inbox"))):
        name = str(path.relative_to(home.folder)) if path.is_relative_to(home.folder) else str(path)
        if path.is_symlink() and not path.exists():
            yield name, f"leads to {path.readlink()}, which is not there"
        elif path.exists() and not path.is_dir():
            yield name, "is no folder"
        elif path.exists() and (os.statvfs(path).f_flag & os.ST_RDONLY or not os.access(path, os.W_OK | os.X_OK)):
            yield name, "cannot be written"


def _files(folder: Path, *, deep: bool = False) -> Iterator[os.stat_result]:
    if not folder.is_dir():
        return
    for path in folder.rglob("*") if deep else folder.iterdir():
        try:
            if not path.is_dir():
                yield path.stat()
        except OSError:
            # It went meanwhile.
            continue


def newest(folder: Path | None, now: datetime) -> timedelta | None:
    """How old the newest file of a folder is."""
    times = [one.st_mtime for one in _files(folder)] if folder is not None else []
    return timedelta(seconds=now.timestamp() - max(times)) if times else None
