"""One bar: a goal of reliability 5.1 as a program of its own, whose last line ends with the figure and whose exit status says whether it held."""

import argparse
import logging
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """What a bar measured; `problems` are the reasons why it did not hold."""

    figure: str
    problems: tuple[str, ...] = ()

    @property
    def held(self) -> bool:
        return not self.problems


Run = Callable[[Path, bool], Outcome]


def main(run: Run) -> int:
    """`python -m tests.bars.NAME [--full] [--in FOLDER]`; the exit status."""
    options = argparse.ArgumentParser()
    options.add_argument("--full", action="store_true", help="the sizes of the full column")
    options.add_argument("--in", dest="folder", type=Path, help="where to work; what is left there can be looked at")
    given = options.parse_args()
    # The figure is what counts; each process under test has a log of its own.
    logging.disable(logging.CRITICAL)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="n2n-bar-") as made:
        folder = given.folder or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        outcome = run(folder, given.full)
    for problem in outcome.problems[:20]:
        print(f"  {problem}")
    name = Path(sys.argv[0]).stem
    print(f"{name}: {'held' if outcome.held else 'NOT HELD'} in {time.monotonic() - began:.0f} s: {outcome.figure}", flush=True)
    return 0 if outcome.held else 1


def until(look: Callable[[], Any], patience: float = 60.0, every: float = 0.02) -> Any:
    """What `look` finds as soon as it is true; what it says at the end of patience otherwise."""
    end = time.monotonic() + patience
    while not (found := look()) and time.monotonic() < end:
        time.sleep(every)
    return found
