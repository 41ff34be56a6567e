"""The threads of a node that serves: what may take long waits for nobody else, and nobody for it."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

#: Large messages that may arrive at the same time; further ones wait on their sockets.
LARGE_AT_ONCE: Final = 4


class Pools:
    """One pool for each kind of work; `release` lets all of them go."""

    def __init__(self, threads: int) -> None:
        """`threads` handle messages; 0 goes by the machine."""
        self.as4 = ThreadPoolExecutor(threads or (os.cpu_count() or 2) + 2, "as4")
        self.large = ThreadPoolExecutor(LARGE_AT_ONCE, "large")
        self.files = ThreadPoolExecutor(2, "files")
        #: A purge may take hours.
        self.keeping = ThreadPoolExecutor(1, "keeping")
        #: So may a night of many documents.
        self.nightly = ThreadPoolExecutor(1, "nightly")
        #: What was changed in files is taken in beside everything else.
        self.renewing = ThreadPoolExecutor(1, "renewing")
        #: A list of a hundred thousand takes a while, and what is urgent waits for no night.
        self.lists = ThreadPoolExecutor(1, "lists")
        #: An address of an authority may not answer for a while.
        self.fetching = ThreadPoolExecutor(1, "fetching")
        #: Nor may a time server.
        self.measuring = ThreadPoolExecutor(1, "measuring")
        #: What is proven of the log of evidence waits for none of these.
        self.proving = ThreadPoolExecutor(1, "proving")

    def release(self) -> None:
        """Begin nothing more; what runs ends by itself."""
        for pool in self._all():
            pool.shutdown(wait=False, cancel_futures=True)

    def _all(self) -> Iterator[ThreadPoolExecutor]:
        return (one for one in vars(self).values() if isinstance(one, ThreadPoolExecutor))
