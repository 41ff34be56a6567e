"""Where code lists lie: in the core, in packs, and in `profiles/codelists/<list>/<version>.csv` of a home, whose versions come first."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from node.configuration import ConfigurationError, Problem, refuse
from node.customs.packs.codelist import CodeList, ListRefused
from node.customs.packs.codelists import CodeLists
from node.customs.packs.pack import Pack
from node.durable import put
from node.home import shipped_profiles

#: What a list and a version of one may be called.
NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?")
VERSION: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")


def open_lists(home: Path | None) -> Callable[[Sequence[Pack]], CodeLists]:
    """Gives the lists of the home, of the packs that it is called with, and of the core. Raises ConfigurationError with every problem."""

    def lists(packs: Sequence[Pack]) -> CodeLists:
        held = [*of_home(home), *of_packs(packs), *of_core()]
        problems = []
        for one in held:
            try:
                _ = one.head
            except ListRefused as error:
                problems.append(Problem(f"{one.origin}: {one.name}", "", str(error)))
        if problems:
            raise ConfigurationError(problems)
        return CodeLists(held)

    return lists


def of_home(home: Path | None) -> Iterator[CodeList]:
    """The versions that were imported."""
    if home is not None:
        for file in sorted((home / "profiles" / "codelists").glob("*/*.csv"), reverse=True):
            yield CodeList(file.parent.name, file.read_bytes, str(file))


def of_packs(packs: Sequence[Pack]) -> Iterator[CodeList]:
    """The lists, and changes of lists, that packs bring."""
    for pack in packs:
        for name, octets in pack.of_folder("codelists"):
            if name.endswith(".csv"):
                yield CodeList(name.removesuffix(".csv"), _reader(octets), pack.id, pack.partner)


def _reader(octets: bytes) -> Callable[[], bytes]:
    return lambda: octets


def of_core() -> Iterator[CodeList]:
    """The lists that came with the node."""
    for file in sorted((shipped_profiles() / "documents" / "core" / "codelists").glob("*.csv")):
        yield CodeList(file.stem, file.read_bytes, "core")


def keep(home: Path, name: str, version: str, octets: bytes) -> Path:
    """Write a version of a list into the home; whoever reads meanwhile sees all of it or nothing. Raises ConfigurationError."""
    folder = home / "profiles" / "codelists" / name
    file = folder / f"{version}.csv"
    if not NAME.fullmatch(name):
        refuse(str(file), "", f"{name!r} is no name of a list", "small letters, digits, dots and hyphens: un-locode")
    if not VERSION.fullmatch(version):
        refuse(str(file), "", f"{version!r} is no version", "letters, digits, dots and hyphens: 2024-2")
    if file.exists():
        if file.read_bytes() == octets:
            return file
        refuse(
            str(file),
            "",
            "is there with other content",
            "give the new content another version; what was judged by the old one can still be explained",
        )
    folder.mkdir(parents=True, exist_ok=True)
    put(file, octets)
    return file
