"""How far each long send is, for whoever looks from another process: a small file, written at most once a second while something long is under way."""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from node.workers.rest import rest

#: How often the file is written.
SECONDS: Final = 1.0
#: A file that has not been written for so long is a dead process's.
STALE_SECONDS: Final = 10.0
#: The rate is that of so many last looks.
LOOKS: Final = 10
_MEGABYTE: Final = 1_000_000

log = logging.getLogger("node.workers.progress")


@dataclass(frozen=True, slots=True)
class Progress:
    """One long send: octets that the partner has taken, of how many, and how many a second lately."""

    octets: int
    of: int
    octets_a_second: float

    def __str__(self) -> str:
        rate = self.octets_a_second / _MEGABYTE
        taken, size = self.octets // _MEGABYTE, -(-self.of // _MEGABYTE)
        return (
            f"{taken:,} of {size:,} MB sent, {rate:.0f} MB/s" if rate >= 10 else f"{taken:,} of {size:,} MB sent, {rate:.1f} MB/s"
        )


class ProgressFile:
    """Writes what `under_way` says, octets taken and their number by MessageId, into the file; removes it when nothing is under way."""

    def __init__(self, path: Path, under_way: Mapping[str, tuple[int, int]], pool: Executor, now: Callable[[], float]) -> None:
        self._path, self._under_way, self._pool, self._now = path, under_way, pool, now
        self._seen: dict[str, deque[tuple[float, int]]] = {}
        self._written = False
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Work until `stop`; what the disk does not take is left out, since nothing depends on it."""
        # What a process left that was killed.
        self._remove()
        while not await rest(self._stop, SECONDS):
            if not self._under_way and not self._written:
                continue
            try:
                await asyncio.get_running_loop().run_in_executor(self._pool, self._write, self._look())
            except OSError as error:
                log.info("how far long sends are cannot be written: %s", error)
        self._remove()

    def stop(self) -> None:
        """End `run` at once."""
        self._stop.set()

    def _look(self) -> dict[str, tuple[int, int, float]]:
        """Octets taken, their number, and the rate, by MessageId."""
        now, found = self._now(), {}
        self._seen = {one: looks for one, looks in self._seen.items() if one in self._under_way}
        for message_id, (taken, size) in self._under_way.items():
            looks = self._seen.setdefault(message_id, deque(maxlen=LOOKS))
            if looks and taken < looks[-1][1]:
                # Another attempt.
                looks.clear()
            looks.append((now, taken))
            seconds = now - looks[0][0]
            found[message_id] = (taken, size, (taken - looks[0][1]) / seconds if seconds else 0.0)
        return found

    def _write(self, found: Mapping[str, tuple[int, int, float]]) -> None:
        if not found:
            self._remove()
            return
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps(found), "utf-8")
        # Whoever reads sees the one or the other.
        new.replace(self._path)
        self._written = True

    def _remove(self) -> None:
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
        self._written = False


def read_progress(path: Path, now: float) -> Mapping[str, Progress]:
    """What a serving process wrote a moment before `now` (seconds since the epoch), by MessageId; nothing where none writes."""
    try:
        if now - path.stat().st_mtime > STALE_SECONDS:
            return {}
        return {message_id: Progress(*one) for message_id, one in json.loads(path.read_text("utf-8")).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
