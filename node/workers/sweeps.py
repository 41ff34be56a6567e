"""The clock of everything that is to happen again and again; APScheduler tells the time, and the store alone knows what there is to do."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from node.workers.rest import rest

#: How often it is asked whether the machine's clock was set.
LOOK_SECONDS = 1.0

log = logging.getLogger("node.workers.sweeps")


@dataclass(frozen=True, slots=True)
class Sweep:
    """Work that is harmless when done twice, also by two nodes at once: it finds in the store what is to be done."""

    name: str
    seconds: float
    #: Blocking; how many things it did.
    work: Callable[[], int]


class Sweeps:
    """Runs each sweep at the start and then every so often, in `pool`, none beside itself.

    `clock_was_set` runs in `pool` too, and says whether the machine's clock was set; the scheduler goes by it and is then begun anew, since it would
    otherwise rest for as long as the clock was set back. `mine` runs in `pool` before each sweep: whether this process is the one that does it.
    """

    def __init__(
        self,
        sweeps: Sequence[Sweep],
        pool: Executor,
        clock_was_set: Callable[[], bool] = lambda: False,
        *,
        mine: Callable[[str], bool] = lambda _name: True,
    ) -> None:
        self._mine = mine
        self._sweeps = sweeps
        self._pool = pool
        self._clock_was_set = clock_was_set
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Work until `stop`."""
        scheduler = AsyncIOScheduler(timezone=UTC)
        scheduler.start()
        try:
            self._begin(scheduler)
            while not self._stop.is_set():
                if not await rest(self._stop, LOOK_SECONDS) and await self._look():
                    self._begin(scheduler)
        finally:
            scheduler.shutdown(wait=False)

    def stop(self) -> None:
        """End `run` at once; a sweep that has begun ends by itself."""
        self._stop.set()

    def _begin(self, scheduler: AsyncIOScheduler) -> None:
        for sweep in self._sweeps:
            scheduler.add_job(
                self._sweep,
                "interval",
                args=(sweep,),
                seconds=sweep.seconds,
                id=sweep.name,
                replace_existing=True,
                # One late run is worth as much as many.
                coalesce=True,
                misfire_grace_time=None,
                max_instances=1,
                next_run_time=datetime.now(UTC),  # noqa: TID251 - the scheduler goes by the machine's clock
            )

    async def _sweep(self, sweep: Sweep) -> None:
        try:
            done = await asyncio.get_running_loop().run_in_executor(self._pool, self._work, sweep)
        except asyncio.CancelledError:
            # The scheduler was shut down; what runs in the pool ends by itself.
            return
        except Exception:
            log.exception("%s failed; next try in %g s", sweep.name, sweep.seconds)
            return
        if done:
            log.info("%s: %d", sweep.name, done)

    def _work(self, sweep: Sweep) -> int:
        return sweep.work() if self._mine(sweep.name) else 0

    async def _look(self) -> bool:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._clock_was_set)
        except Exception:
            log.exception("what waits cannot be moved after the clock was set; next try in %g s", LOOK_SECONDS)
            return False
