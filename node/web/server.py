"""uvicorn around an ASGI application on a socket that is already bound, stopping when told and never touching signals."""

import asyncio
import contextlib
import functools
import socket
import ssl
import weakref
from collections.abc import Generator
from typing import Any

import uvicorn

from node.web.protocol import MshProtocol

#: Longer than what clients keep, so that it is the client who closes.
KEEP_ALIVE = 75
TLS_HANDSHAKE_SECONDS = 10.0
TLS_SHUTDOWN_SECONDS = 2.0
TICK_SECONDS = 1.0
#: How often a server that stops looks for handshakes that have ended.
GREETED_SECONDS = 0.02


class WebServer(uvicorn.Server):
    """Serves one application: `serve()` runs until `stop()`."""

    def __init__(
        self,
        app: Any,
        listener: socket.socket,
        context: ssl.SSLContext | None = None,
        *,
        graceful: int = 8,
        connections: int = 2000,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=MshProtocol,
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE,
                timeout_graceful_shutdown=graceful,
                limit_concurrency=connections,
            )
        )
        self._listener = listener
        self._context = context
        host, port = listener.getsockname()[:2]
        #: Set once connections are taken.
        self.ready = asyncio.Event()
        self._told_to_stop = asyncio.Event()
        # A connection whose handshake fails is never told so; it is only forgotten.
        self._greeting: weakref.WeakSet[MshProtocol] = weakref.WeakSet()
        #: Host and port that this server listens on.
        self.address: tuple[str, int] = (host, port)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - uvicorn's signature
        """Listen; uvicorn's own way has no time limit for a TLS handshake."""
        self.servers = [await self._listen()]
        self.started = True
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Nobody connects any more, and whoever is connected is served to the end."""
        self._listener.close()
        for one in self.servers:
            await _let_go(one)
        await self._greeted()
        await super().shutdown(sockets)

    async def renew(self, context: ssl.SSLContext | None) -> None:
        """Speak another TLS with whoever connects from now on; connections that are open go on as they began."""
        self._context = context
        if not self.servers or self.should_exit:
            return
        # The new one takes from the same queue of the system before the old one lets go of it, so that nobody is turned away.
        before, self.servers = self.servers, [await self._listen()]
        for one in before:
            await _let_go(one)

    async def _listen(self) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(
            functools.partial(self._greet, loop),
            # Closing a server closes its descriptor; ours stays open for the next.
            sock=self._listener.dup(),
            ssl=self._context,
            backlog=self.config.backlog,
            ssl_handshake_timeout=TLS_HANDSHAKE_SECONDS if self._context else None,
            ssl_shutdown_timeout=TLS_SHUTDOWN_SECONDS if self._context else None,
        )

    def _greet(self, loop: asyncio.AbstractEventLoop) -> MshProtocol:
        protocol = MshProtocol(config=self.config, server_state=self.server_state, app_state={}, _loop=loop)
        self._greeting.add(protocol)
        return protocol

    async def _greeted(self) -> None:
        """Wait until every handshake that was begun has become a connection, which uvicorn knows, or has failed."""
        loop = asyncio.get_running_loop()
        due = loop.time() + TLS_SHUTDOWN_SECONDS
        while any(not one.made for one in self._greeting) and loop.time() < due:  # noqa: ASYNC110 - a handshake that fails tells nobody
            await asyncio.sleep(GREETED_SECONDS)

    async def main_loop(self) -> None:
        """Once a second renew the Date header and look for connections that dawdle; uvicorn's own loop wakes ten times as often."""
        loop = asyncio.get_running_loop()
        while not await self.on_tick(0):
            for connection in list(self.server_state.connections):
                if isinstance(connection, MshProtocol):
                    connection.check_pace(loop.time())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):
                    await self._told_to_stop.wait()

    def stop(self) -> None:
        """Take nothing new, finish what was begun; `serve()` then returns."""
        self.should_exit = True
        self._told_to_stop.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Signals belong to the process as a whole (node.app), not to one of its servers."""
        yield


async def _let_go(server: asyncio.Server) -> None:
    """Take no more connections; those that the system has handed over become transports first."""
    loop = asyncio.get_running_loop()
    for one in server.sockets:
        loop.remove_reader(one.fileno())
    # asyncio makes the transport of an accepted connection one round later; a server that is closed in between drops it, unclosed.
    await asyncio.sleep(0)
    server.close()


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Connections inherit it. An event loop sets it only on sockets that name their protocol; without it the second piece of an answer waits
        # for the peer's delayed acknowledgement of the first, forty milliseconds.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind((host, port))
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener
