"""What a sample becomes, for the tests of single formats."""

from pathlib import Path
from typing import Any

from node.foreign.account import Fate
from node.foreign.formats import ForeignFile, read_foreign
from node.foreign.gathering import Gathered, gather
from node.foreign.we import We
from tests.foreign.conftest import FILES, SAMPLES, US


def foreign(name: str, *changes: tuple[str, str], we: We = We("", (US,))) -> ForeignFile:
    """A sample read, with texts in it replaced."""
    files = {}
    for one in FILES[name]:
        text = (SAMPLES / one).read_text("utf-8")
        for before, after in changes:
            text = text.replace(before, after)
        files[Path(one).name] = text.encode()
    return read_foreign(files, we)


def gathered(name: str, *changes: tuple[str, str], we: We = We("", (US,))) -> tuple[Gathered, ...]:
    found = foreign(name, *changes, we=we)
    return gather(found.exchanges, whole=found.whole)


def fate(found: ForeignFile, end: str) -> tuple[Fate, Any]:
    """The fate and the reason of the one item whose path ends so."""
    (line,) = [one for one in found.account if one.path.endswith(end)]
    return line.fate, line.reason
