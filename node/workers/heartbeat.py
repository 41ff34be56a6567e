"""Says that this process is alive, from a thread of its own: whatever else is slow, its leases hold."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from node.workers.rest import rest

#: Much more often than a lease lasts.
SECONDS = 10.0

log = logging.getLogger("node.workers.heartbeat")


class Heartbeat:
    """`beat` is blocking; until it succeeds again, others take over what this process has claimed."""

    def __init__(self, beat: Callable[[], object]) -> None:
        self._beat = beat
        self._pool = ThreadPoolExecutor(1, "heartbeat")
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Beat until `stop`."""
        try:
            while not self._stop.is_set():
                try:
                    await asyncio.get_running_loop().run_in_executor(self._pool, self._beat)
                except Exception:
                    log.exception("the store does not take that this process is alive; next try in %g s", SECONDS)
                await rest(self._stop, SECONDS)
        finally:
            self._pool.shutdown(wait=False)

    def stop(self) -> None:
        """End `run` at once."""
        self._stop.set()
