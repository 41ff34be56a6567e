"""Whatever chance does to an archive is found, and what it was done to is named."""

import os
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from node.evidence.archive_check import check_archive
from node.store.evidence_places import EvidenceFolder
from tests.archives import Archive

#: Set N2N_CAMPAIGN=1000 for the figure of the manual.
TAMPERINGS = int(os.environ.get("N2N_CAMPAIGN", "120"))


@dataclass
class Held:
    """An archive in memory."""

    files: dict[str, bytes]

    def lying(self) -> Mapping[str, int]:
        return {name: len(octets) for name, octets in self.files.items()}

    def read(self, name: str) -> bytes:
        return self.files[name]


def edit(held: Held, chance: random.Random) -> set[str]:
    name = chance.choice(sorted(held.files))
    octets = bytearray(held.files[name])
    octets[chance.randrange(len(octets))] ^= 1 << chance.randrange(8)
    held.files[name] = bytes(octets)
    return {name}


def cut(held: Held, chance: random.Random) -> set[str]:
    name = chance.choice(sorted(held.files))
    held.files[name] = held.files[name][: chance.randrange(len(held.files[name]))]
    return {name}


def delete(held: Held, chance: random.Random) -> set[str]:
    name = chance.choice(sorted(held.files))
    del held.files[name]
    return {name}


def swap(held: Held, chance: random.Random) -> set[str]:
    kind = chance.choice(["index/", "volumes/"])
    one, other = chance.sample(sorted(name for name in held.files if name.startswith(kind)), 2)
    held.files[one], held.files[other] = held.files[other], held.files[one]
    return {one, other}


def copy(held: Held, chance: random.Random) -> set[str]:
    """One in the place of another, which is lost."""
    kind = chance.choice(["index/", "volumes/"])
    one, other = chance.sample(sorted(name for name in held.files if name.startswith(kind)), 2)
    held.files[one] = held.files[other]
    return {one}


def add(held: Held, chance: random.Random) -> set[str]:
    octets = held.files[chance.choice(sorted(held.files))]
    name = f"{chance.choice(['index', 'volumes', 'leaves'])}/{chance.randrange(50, 999):06}.{chance.choice(['json', 'asice', 'bin'])}"
    held.files[name] = octets
    return {name}


def close_up(held: Held, chance: random.Random) -> set[str]:
    """A page and its volume left out, and all behind it moved up by one."""
    numbers = sorted(int(name[6:12]) for name in held.files if name.startswith("index/"))
    gone = chance.choice(numbers[:-1])
    for number in numbers[numbers.index(gone) : -1]:
        for name in (f"index/{number:06}.json", f"volumes/{number:06}.asice"):
            held.files[name] = held.files[name.replace(f"{number:06}", f"{number + 1:06}")]
    for name in (f"index/{numbers[-1]:06}.json", f"volumes/{numbers[-1]:06}.asice"):
        del held.files[name]
    return {f"index/{gone:06}.json"}


WAYS = (edit, cut, delete, swap, copy, add, close_up)


@pytest.mark.slow
def test_chance_is_found_and_named(tmp_path: Path, document: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.archiving.TOGETHER", 1)
    archive = Archive(tmp_path, document, 3)
    archive.run()
    archive.send(3)
    archive.run()
    folder = EvidenceFolder(archive.folder)
    whole = {name: folder.read(name) for name in folder.lying()}
    assert len(whole) == 6 + 6 + 2 + 1
    now, found = datetime.now(UTC), 0
    assert check_archive(Held(dict(whole)), now).troubles == []
    for seed in range(TAMPERINGS):
        chance, held = random.Random(seed), Held(dict(whole))
        way = WAYS[seed % len(WAYS)]
        touched = way(held, chance)
        if held.files == whole:
            continue
        places = {one.place for one in check_archive(held, now).troubles}
        assert touched <= places, (seed, way.__name__, touched, places)
        found += 1
    assert found == TAMPERINGS
