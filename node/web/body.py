"""A large body on its way from the event loop to a thread: a bounded queue, so that back-pressure reaches the socket."""

import asyncio
import threading
from collections import deque
from collections.abc import Iterator

#: The event loop waits while the thread has this much unread.
CAPACITY = 1 << 20
#: Small reads from the socket are joined to pieces of about this size: less switching, larger calls into C.
PIECE = 256 * 1024


class PeerGone(Exception):
    """The peer closed the connection before its message was complete."""


class TooLarge(Exception):
    """A body without declared length grew over the limit."""


class BodyQueue:
    """`put`, `end` and `fail` belong to the event loop; iteration belongs to one thread."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._loop = asyncio.get_running_loop()
        self._capacity = capacity
        self._pieces: deque[bytes] = deque()
        self._waiting = 0
        self._ended = False
        self._failure: Exception | None = None
        self._changed = threading.Condition()
        self._room = asyncio.Event()
        self._room.set()

    async def put(self, piece: bytes) -> None:
        """Hand one piece over, then wait until there is room for the next."""
        with self._changed:
            self._pieces.append(piece)
            self._waiting += len(piece)
            if self._waiting >= self._capacity:
                self._room.clear()
            self._changed.notify()
        await self._room.wait()

    def end(self) -> None:
        """The body is complete."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    def fail(self, failure: Exception) -> None:
        """The body will never be complete; the reader gets `failure` in place of further octets."""
        with self._changed:
            self._failure = failure
            self._pieces.clear()
            self._changed.notify()

    def __iter__(self) -> Iterator[bytes]:
        while (piece := self._next()) is not None:
            yield piece

    def _next(self) -> bytes | None:
        with self._changed:
            while not self._pieces and not self._ended and self._failure is None:
                self._changed.wait()
            if self._failure is not None:
                raise self._failure
            if not self._pieces:
                return None
            piece = self._pieces.popleft()
            full = self._waiting >= self._capacity
            self._waiting -= len(piece)
            if full and self._waiting < self._capacity:
                self._loop.call_soon_threadsafe(self._room.set)
            return piece
