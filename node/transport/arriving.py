"""An HTTP answer read in a thread while it arrives on the event loop."""

import asyncio
from collections.abc import Iterator

import aiohttp


class Arriving:
    """Iterate in one thread; what is not read yet waits in the socket, so that a fast partner fills no memory."""

    def __init__(self, response: aiohttp.ClientResponse, loop: asyncio.AbstractEventLoop, patience: float) -> None:
        self._response, self._loop, self._patience = response, loop, patience

    def __iter__(self) -> Iterator[bytes]:
        """Each piece within `patience` seconds. Raises aiohttp's errors, and TimeoutError."""
        while piece := asyncio.run_coroutine_threadsafe(self._next(), self._loop).result():
            yield piece

    async def _next(self) -> bytes:
        async with asyncio.timeout(self._patience):
            return await self._response.content.readany()
