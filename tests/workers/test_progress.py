"""How far long sends are: written now and then while there are any, with the rate of the last looks, and read only while somebody writes."""

import asyncio
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from node.workers import progress as module
from node.workers.progress import Progress, ProgressFile, read_progress


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (Progress(412_345_678, 1_024_000_000, 14_200_000), "412 of 1,024 MB sent, 14 MB/s"),
        (Progress(0, 2_000_001, 0), "0 of 3 MB sent, 0.0 MB/s"),
        (Progress(5_000_000, 9_000_000, 1_260_000), "5 of 9 MB sent, 1.3 MB/s"),
    ],
)
def test_it_is_told_in_megabytes(progress: Progress, words: str) -> None:
    assert str(progress) == words


def written(tmp_path: Path, steps: list[Callable[[dict[str, tuple[int, int]]], object]]) -> list[dict[str, list[float]] | None]:
    """What lies in the file after each look; a second passes between two of them."""
    found: list[dict[str, list[float]] | None] = []
    under_way: dict[str, tuple[int, int]] = {}
    path = tmp_path / "progress.json"

    async def body() -> None:
        with ThreadPoolExecutor(1) as pool:
            seconds = iter(range(1000))
            file = ProgressFile(path, under_way, pool, lambda: float(next(seconds)))

            async def resting(_event: asyncio.Event, _seconds: float) -> bool:
                found.append(json.loads(path.read_text()) if path.exists() else None)
                if steps:
                    steps.pop(0)(under_way)
                    return False
                return True

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(module, "rest", resting)
                await file.run()

    path.write_text("left by a process that was killed")
    asyncio.run(body())
    assert not path.exists()
    return found[1:]


def test_the_rate_is_that_of_the_last_looks_and_begins_anew_with_another_attempt(tmp_path: Path) -> None:
    taken = [0, 10, 40, 5, 25]
    steps = [lambda under_way, one=one: under_way.update(m=(one, 100)) for one in taken]
    found = written(tmp_path, [*steps, lambda under_way: under_way.clear(), lambda under_way: None])
    rates = [one["m"] for one in found[:5] if one]
    assert rates == [[0, 100, 0.0], [10, 100, 10.0], [40, 100, 20.0], [5, 100, 0.0], [25, 100, 20.0]]
    assert found[5:] == [None, None]


def test_nothing_is_written_while_nothing_is_under_way(tmp_path: Path) -> None:
    assert written(tmp_path, [lambda under_way: None] * 3) == [None] * 3


def test_a_disk_that_takes_nothing_stops_nobody(tmp_path: Path) -> None:
    # A folder stands where the new file is to be.
    (tmp_path / "progress.new").mkdir()
    assert written(tmp_path, [lambda under_way: under_way.update(m=(1, 2))] * 2) == [None] * 2


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"m": [1]}', '{"m": 7}'])
def test_what_is_no_progress_counts_as_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "progress.json"
    assert read_progress(path, 0.0) == {}
    path.write_text(text)
    assert read_progress(path, path.stat().st_mtime) == {}


def test_what_nobody_writes_any_more_counts_as_none(tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    path.write_text('{"m": [1, 2, 3.5]}')
    os.utime(path, (1000, 1000))
    assert read_progress(path, 1009.0) == {"m": Progress(1, 2, 3.5)}
    assert read_progress(path, 1011.0) == {}
