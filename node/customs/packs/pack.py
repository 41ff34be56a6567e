"""A pack, read from its files. Source: DESIGN 9."""

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, TypeVar

from node.customs.packs.definition import TypeDefinition
from node.customs.packs.entries import texts
from node.customs.packs.lifecycle import LifeCycleRefused, Machine, read_machines
from node.customs.packs.problems import PackProblem, PackRefused
from node.customs.profile import Profile, ProfileRefused, read_profile

PACK_TOML: Final = "pack.toml"
_Read = TypeVar("_Read")
#: What this product interprets; a pack says in `needs` what it was written for.
INTERPRETER: Final = (1, 0)
_KEYS: Final = frozenset(
    {
        "id",
        "version",
        "needs",
        "partner",
        "from",
        "to",
        "adds",
        "extends",
        "service",
        "name_en",
        "name_zh",
        "codelists",
        "now",
    }
)


@dataclass(frozen=True)
class Pack:
    """One version of one pack."""

    id: str
    version: str
    #: The authority whose documents it is for; `*` for everybody's.
    partner: str
    begins: date
    ends: date | None
    #: The Service of its messages.
    service: str
    types: Mapping[str, TypeDefinition]
    #: Types of other packs to which it adds rules.
    extends: Sequence[str]
    profiles: Sequence[Profile]
    #: When its samples are judged; None for its first day.
    judged_at: datetime | None
    #: By type id.
    machines: Mapping[str, Sequence[Machine]]
    #: Everything, by name in the pack.
    files: Mapping[str, bytes] = field(repr=False)

    def in_force(self, day: date) -> bool:
        """Whether documents of that day are judged by it."""
        return self.begins <= day and (self.ends is None or day <= self.ends)

    def of_folder(self, folder: str) -> Iterator[tuple[str, bytes]]:
        """The files below a folder of the pack, by their names in the folder."""
        for name, octets in sorted(self.files.items()):
            if name.startswith(f"{folder}/"):
                yield name.removeprefix(f"{folder}/"), octets


def read_pack(files: Mapping[str, bytes], core: Mapping[str, bytes]) -> Pack:
    """A pack from its files, nothing compiled yet; `core` are the files that every pack may include.

    Raises PackRefused with every problem that shows without compiling.
    """
    table = _toml(files, PACK_TOML)
    problems = [
        PackProblem(f"{table.get('id', '?')}/{PACK_TOML}", f"{key} is no key of a pack; there are {', '.join(sorted(_KEYS))}")
        for key in sorted(set(table) - _KEYS)
    ]
    pack_id = str(table.get("id", ""))
    if not pack_id:
        raise PackRefused([*problems, PackProblem(PACK_TOML, "id is missing")])
    problems += _unfit(pack_id, str(table.get("needs", ">=1.0")))
    types, profiles, machines = {}, [], {}
    extends = _texts(table, "extends", problems)
    for type_id in _texts(table, "adds", problems):
        try:
            types[type_id] = TypeDefinition(type_id, pack_id, files, core)
        except PackRefused as error:
            problems += error.problems
    for name, octets in files.items():
        try:
            if name.startswith("profiles/") and name.endswith(".json"):
                profiles.append(read_profile(octets))
            elif name.startswith("lifecycle/") and name.endswith(".toml"):
                machines[name[len("lifecycle/") : -len(".toml")]] = read_machines(_toml(files, name, pack_id))
        except (ProfileRefused, LifeCycleRefused) as error:
            problems.append(PackProblem(f"{pack_id}/{name}", str(error)))
        except PackRefused as error:
            problems += error.problems
    begins, ends = _read(table, "from", _day, problems), _read(table, "to", _day, problems)
    judged_at = _read(table, "now", _moment, problems)
    if begins and ends and ends < begins:
        problems.append(PackProblem(f"{pack_id}/{PACK_TOML}", f"to: {ends} is before from, {begins}"))
    if problems:
        raise PackRefused(problems)
    return Pack(
        pack_id,
        str(table.get("version", "1.0")),
        str(table.get("partner", "*")),
        begins or date.min,
        ends,
        str(table.get("service", "")),
        types,
        extends,
        tuple(profiles),
        judged_at,
        machines,
        files,
    )


def _toml(files: Mapping[str, bytes], name: str, pack_id: str = "") -> dict[str, Any]:
    try:
        return tomllib.loads(files[name].decode())
    except KeyError:
        raise PackRefused([PackProblem(name, "is missing")]) from None
    except ValueError as error:
        raise PackRefused([PackProblem(f"{pack_id}/{name}" if pack_id else name, str(error))]) from None


def _read(table: Mapping[str, Any], name: str, read: Callable[[Any], _Read], problems: list[PackProblem]) -> _Read | None:
    said = table.get(name)
    if said is None or said == "":
        return None
    try:
        return read(said)
    except ValueError as error:
        problems.append(PackProblem(f"{table['id']}/{PACK_TOML}", f"{name}: {error}"))
        return None


def _texts(table: Mapping[str, Any], name: str, problems: list[PackProblem]) -> Sequence[str]:
    try:
        return texts(table, name)
    except ValueError as error:
        problems.append(PackProblem(f"{table['id']}/{PACK_TOML}", str(error)))
        return ()


def _day(said: Any) -> date:
    # A moment is a date to Python, and cannot be compared with one.
    if isinstance(said, date) and not isinstance(said, datetime):
        return said
    try:
        return date.fromisoformat(said)
    except (TypeError, ValueError):
        raise ValueError(f"{said} is no day; write it as 2026-01-31") from None


def _moment(said: Any) -> datetime:
    if isinstance(said, datetime) and said.tzinfo:
        return said
    raise ValueError(f"{said} is no moment with a zone; write it as 2026-01-31T12:00:00Z")


def _unfit(pack_id: str, needs: str) -> list[PackProblem]:
    try:
        wanted = tuple(int(part) for part in needs.removeprefix(">=").split("."))
    except ValueError:
        return [PackProblem(f"{pack_id}/{PACK_TOML}", f'needs: {needs!r}; write it as ">=1.0"')]
    if wanted > INTERPRETER:
        return [PackProblem(f"{pack_id}/{PACK_TOML}", f"needs {needs}, this node interprets {'.'.join(map(str, INTERPRETER))}")]
    return []
