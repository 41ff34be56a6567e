"""Where document packs lie: those that came with the node, and those that a home has made active. Folders in, `Packs` out."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from node.configuration import ConfigurationError, Problem, refuse
from node.customs.packs.library import Packs
from node.customs.packs.pack import PACK_TOML, Pack, read_pack
from node.customs.packs.problems import PackProblem, PackRefused
from node.customs.profile import Profile, ProfileRefused, read_profile
from node.customs.xpath.scope import Lists
from node.durable import sync
from node.home import shipped_profiles

#: What every pack may include; no pack itself.
CORE: Final = "core"
#: Below a home's `profiles/documents`: a frozen copy of each pack that was made active, one folder for each version.
ACTIVE: Final = "active"
ACTIVATED: Final = "activated.json"
#: Octets of a pack on the disk.
_MOST_OCTETS: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class PackFolder:
    """A pack on the disk."""

    folder: Path
    #: `shipped`, `active` (a frozen copy) or `home` (being written, not used).
    state: str
    #: When it was made active; empty for others.
    since: str = ""


def read_files(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by its name in it, hidden ones left out. Raises ConfigurationError when they are too many octets for a pack."""
    files: dict[str, bytes] = {}
    octets = 0
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or any(part.startswith(".") for part in name.split("/")):
            continue
        octets += path.stat().st_size
        if octets > _MOST_OCTETS:
            refuse(
                str(folder), "", f"more than {_MOST_OCTETS} octets", "a pack has schemas, rules, lists and samples, nothing large"
            )
        files[name] = path.read_bytes()
    return files


def shipped_documents() -> Path:
    """The folder of the packs that came with the node."""
    return shipped_profiles() / "documents"


def core_files() -> dict[str, bytes]:
    """What every pack may include."""
    return read_files(shipped_documents() / CORE)


def pack_folders(home: Path | None) -> Iterator[PackFolder]:
    """The packs on the disk: shipped, active in the home, and being written in the home."""
    for folder in _packs_below(shipped_documents()):
        yield PackFolder(folder, "shipped")
    # The repository's root is a home too, whose own folder is the shipped one.
    if home is None or _same(home / "profiles" / "documents", shipped_documents()):
        return
    own = home / "profiles" / "documents"
    for folder in _packs_below(own / ACTIVE):
        yield PackFolder(folder, "active", _activated(folder).get("at", ""))
    for folder in _packs_below(own):
        yield PackFolder(folder, "home")


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def _packs_below(folder: Path) -> list[Path]:
    found = (path.parent for path in folder.glob(f"*/{PACK_TOML}"))
    # A hidden folder is a copy that did not come to its end.
    return sorted(path for path in found if path.name != ACTIVE and not path.name.startswith("."))


def open_pack(folder: Path) -> Pack:
    """The pack of a folder. Raises ConfigurationError with every problem."""
    try:
        return read_pack(read_files(folder), core_files())
    except PackRefused as error:
        raise _refused(error.problems, folder) from None


def _refused(problems: Iterable[PackProblem], folder: Path) -> ConfigurationError:
    # A problem names the pack by its id; the folder may be called otherwise, as every active copy is.
    return ConfigurationError(
        Problem(str(folder / (one.file.partition("/")[2] or one.file)), "", one.problem) for one in problems
    )


def open_packs(
    home: Path | None, lists: Callable[[Sequence[Pack]], Lists], more: Sequence[Pack] = (), profiles: Path | None = None
) -> Packs:
    """The packs that a node uses, with `more` of them and a folder of further profiles. Raises ConfigurationError with every problem."""
    packs = [open_pack(one.folder) for one in pack_folders(home) if one.state in {"shipped", "active"} and _unharmed(one)]
    packs += more
    return Packs(packs, lists(packs), read_profiles(profiles) if profiles is not None else ())


def _unharmed(one: PackFolder) -> bool:
    if one.state == "active" and digest_of(read_files(one.folder)) != _activated(one.folder).get("digest"):
        refuse(
            str(one.folder),
            "",
            "has changed since it was made active",
            "n2n pack activate the pack again; the folder is not for editing",
        )
    return True


def read_profiles(folder: Path) -> list[Profile]:
    """The profiles of a folder. Raises ConfigurationError with every problem."""
    found, problems = [], []
    for file in sorted(folder.glob("*.json")):
        try:
            found.append(read_profile(file.read_bytes()))
        except ProfileRefused as error:
            problems.append(Problem(str(file), "", str(error)))
    if problems:
        raise ConfigurationError(problems)
    return found


def digest_of(files: Mapping[str, bytes]) -> str:
    """SHA-256 over names and octets, hexadecimal; what says when and by whom is left out."""
    digest = hashlib.sha256()
    for name, octets in sorted(files.items()):
        if name != ACTIVATED:
            digest.update(f"{len(name)} {name} {len(octets)}\n".encode() + octets)
    return digest.hexdigest()


def _activated(folder: Path) -> Mapping[str, Any]:
    try:
        said = json.loads((folder / ACTIVATED).read_bytes())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def activate(folder: Path, home: Path, at: datetime) -> Path:
    """Freeze a copy of a pack in the home; from now on it is used, beside its earlier versions. The pack has passed its trial.

    Returns the copy. Raises ConfigurationError when another pack of this id and version is active.
    """
    files = read_files(folder)
    pack = open_pack(folder)
    target = home / "profiles" / "documents" / ACTIVE / f"{pack.id}-{pack.version}"
    digest = digest_of(files)
    if target.exists():
        if _activated(target).get("digest") == digest and digest_of(read_files(target)) == digest:
            return target
        refuse(
            str(target), "", f"version {pack.version} of {pack.id} is active with other content", "raise `version` in pack.toml"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    growing = target.parent / f".{target.name}"
    shutil.rmtree(growing, ignore_errors=True)
    for name, octets in files.items():
        _write(growing / name, octets)
    said = {"id": pack.id, "version": pack.version, "digest": digest, "at": at.isoformat(timespec="seconds"), "from": str(folder)}
    _write(growing / ACTIVATED, json.dumps(said, indent=1).encode())
    growing.rename(target)
    sync(target.parent)
    return target


def _write(path: Path, octets: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(octets)
    sync(path)
