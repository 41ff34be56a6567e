"""The HTTPS client: one pool of kept-alive connections per partner, a message posted, an answer of at most 1 MiB read."""

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

import aiohttp

from node.failpoints import armed, failpoint
from node.msh.ports import HttpAnswer, Kept, Outgoing, TransportError
from node.transport.arriving import Arriving
from node.transport.problems import explain
from node.transport.retry_after import retry_after
from node.transport.seeing import SeenResponse, peer_of
from node.transport.tls import Judge, PartnerContext

#: No ebMS signal is larger; a partner that answers more is broken or hostile.
MAX_ANSWER = 1 << 20
#: Up to this size a body is sent as one piece from memory, above it is read as it is sent.
SMALL = 1 << 20
#: Read and sent at a time.
PIECE = 1 << 20
#: Shorter than what common servers wait, so that we rarely post into a connection that is being closed.
KEEP_ALIVE = 15.0
#: Connections that are remembered until they are closed for certain; older ones have had their time.
MOST_LET_GO = 32
T = TypeVar("T")
_HEADERS = {"User-Agent": "customs-n2n-node", "Accept-Encoding": "identity"}


@dataclass(slots=True)
class Session:
    """The connections to one partner under one TLS context."""

    http: aiohttp.ClientSession
    context: ssl.SSLContext
    #: Requests that are not answered yet.
    under_way: int = 0
    #: Whoever reads what has landed, so that of many requests one does.
    reading: asyncio.Future[None] | None = None

    @property
    def judge(self) -> Judge | None:
        """Whoever believes what the partner's server shows, or does not."""
        return self.context.judge if isinstance(self.context, PartnerContext) else None

    def stands(self) -> bool:
        """Whether what was found of the partner's certificate still counts: a list may have landed since."""
        return self.judge is None or self.judge.stands()


class HttpTransport:
    """Posts messages to partners; `context_of` gives the TLS context of a partner by name.

    Must be made, used and closed on one event loop. `pool` reads large bodies from disk.
    """

    def __init__(
        self,
        context_of: Callable[[str], ssl.SSLContext],
        pool: Executor | None = None,
        *,
        connections: int | Callable[[str], int] = 8,
        heard: Callable[[str, str, float], object] = lambda _partner, _date, _seconds: None,
    ) -> None:
        """`heard` is told the Date of each answer, and how many seconds before it the request began."""
        self._context_of = context_of
        self._pool = pool
        self._connections = connections
        self._heard = heard
        self._sessions: dict[str, Session] = {}
        #: Sessions that take nothing new and still have something under way.
        self._retired: list[Session] = []
        #: Connections that partners wanted closed, the latest: aiohttp forgets them, and TLS may wait for the partner's last word.
        self._let_go: deque[asyncio.Transport] = deque(maxlen=MOST_LET_GO)
        #: Of each large body under way: octets that the partner has taken, and how many there are.
        self.progress: dict[str, tuple[int, int]] = {}

    async def post(self, outgoing: Outgoing) -> HttpAnswer:
        """Send one message and return whatever HTTP answer came. Raises TransportError."""
        where = urlsplit(outgoing.url).netloc.rpartition("@")[2] or outgoing.url or "no address"
        size = sum(segment.size for segment in outgoing.body)
        try:
            try:
                return await self._attempt(outgoing, size)
            except aiohttp.ServerDisconnectedError:
                # Most likely a kept connection that the server was just closing; the same octets again are harmless (duplicate detection).
                if size > SMALL:
                    raise
                return await self._attempt(outgoing, size)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise explain(error, where) from error
        finally:
            self.progress.pop(outgoing.message_id, None)

    async def fetch(
        self, outgoing: Outgoing, take: Callable[[Outgoing, int, str | None, Iterator[bytes]], T], pool: Executor
    ) -> T:
        """Post a small request whose answer may be of any size: `take` runs in `pool` and reads it as it arrives.

        Raises TransportError, and what `take` raises.
        """
        where = urlsplit(outgoing.url).netloc.rpartition("@")[2] or outgoing.url or "no address"
        try:
            return await self._fetch(outgoing, take, pool)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise explain(error, where) from error

    async def _fetch(
        self, outgoing: Outgoing, take: Callable[[Outgoing, int, str | None, Iterator[bytes]], T], pool: Executor
    ) -> T:
        loop, patience = asyncio.get_running_loop(), outgoing.read_timeout
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=outgoing.connect_timeout, sock_read=patience)
        data, headers = _joined(outgoing.body), {"Content-Type": outgoing.content_type}
        began = loop.time()
        async with (
            self._of(outgoing.partner) as session,
            session.post(outgoing.url, data=data, headers=headers, allow_redirects=False, timeout=timeout) as response,
        ):
            self._hear(outgoing.partner, response, began)
            kind = response.headers.get("Content-Type")
            arriving = iter(Arriving(response, loop, patience))
            return await loop.run_in_executor(pool, take, outgoing, response.status, kind, arriving)

    async def close(self) -> None:
        """Close every connection."""
        sessions, self._sessions = [*self._sessions.values(), *self._retired], {}
        for session in sessions:
            await session.http.close()
        for one in self._let_go:
            one.abort()
        # What is aborted is closed in the next round of the loop, and its socket in the one after.
        for _ in range(2 if self._let_go else 0):
            await asyncio.sleep(0)
        self._let_go.clear()

    async def renew(self) -> None:
        """Open new connections from now on, since TLS material has changed; what is under way goes on where it began."""
        before, self._sessions = self._sessions, {}
        self._retired += before.values()
        await self._close_retired()

    def _standing(self, partner: str) -> Session:
        session = self._sessions.get(partner)
        if session is not None and session.stands():
            return session
        if session is not None:
            # What is under way ends where it began.
            self._retired.append(session)
        return self._open(partner)

    async def _caught_up(self, partner: str) -> Session:
        """A session whose verdict rests on whatever has landed."""
        session = self._standing(partner)
        if session.judge is None or not session.judge.is_behind:
            return session
        if session.reading is None or session.reading.done():
            # A list of a hundred thousand entries is not read while everybody else waits.
            session.reading = asyncio.get_running_loop().run_in_executor(self._pool, session.judge.catch_up)
        await asyncio.shield(session.reading)
        return self._standing(partner)

    async def _close_retired(self) -> None:
        idle = [one for one in self._retired if not one.under_way]
        self._retired = [one for one in self._retired if one.under_way]
        for one in idle:
            await one.http.close()

    @asynccontextmanager
    async def _of(self, partner: str) -> AsyncIterator[aiohttp.ClientSession]:
        session = await self._caught_up(partner)
        session.under_way += 1
        try:
            yield session.http
        finally:
            session.under_way -= 1
            if self._retired:
                await self._close_retired()

    async def _attempt(self, outgoing: Outgoing, size: int) -> HttpAnswer:
        patience = outgoing.read_timeout
        async with self._of(outgoing.partner) as session, asyncio.timeout(outgoing.connect_timeout + patience) as deadline:
            data = _joined(outgoing.body) if size <= SMALL else self._stream(outgoing, size, deadline, patience)
            # spec: RFC 9112 6.2; Content-Length is sent, since some stacks refuse chunked, and redirects are never followed
            headers = {"Content-Type": outgoing.content_type, "Content-Length": str(size)}
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=outgoing.connect_timeout)
            began = asyncio.get_running_loop().time()
            async with session.post(outgoing.url, data=data, headers=headers, allow_redirects=False, timeout=timeout) as response:
                self._hear(outgoing.partner, response, began)
                failpoint("out.answer.half")
                octets = await _read_capped(response)
                failpoint("out.answer.after")
                asked = retry_after(response.headers)
                kind = response.headers.get("Content-Type")
                return HttpAnswer(response.status, kind, octets, asked, peer=peer_of(response))

    def _hear(self, partner: str, response: aiohttp.ClientResponse, began: float) -> None:
        if response.headers.get("Connection", "").lower() == "close" and isinstance(response, SeenResponse) and response.over:
            self._let_go.append(response.over)
        if said := response.headers.get("Date"):
            self._heard(partner, said, asyncio.get_running_loop().time() - began)

    def _open(self, partner: str) -> Session:
        limit = self._connections if isinstance(self._connections, int) else self._connections(partner)
        context = self._context_of(partner)
        connector = aiohttp.TCPConnector(ssl=context, limit=limit, keepalive_timeout=KEEP_ALIVE)
        http = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=_HEADERS,
            trust_env=False,
            response_class=SeenResponse,
            trace_configs=_traced() if armed() else None,
        )
        session = self._sessions[partner] = Session(http, context)
        return session

    async def _stream(self, outgoing: Outgoing, size: int, deadline: asyncio.Timeout, patience: float) -> AsyncIterator[bytes]:
        """The body chunk by chunk; each chunk that the partner takes gives it `patience` seconds more for the next."""
        loop = asyncio.get_running_loop()
        chunks, taken = _chunks(outgoing.body, PIECE), 0
        coming = loop.run_in_executor(self._pool, next, chunks, None)
        while (chunk := await coming) is not None:
            # The disk is read while the partner takes what was read before.
            coming = loop.run_in_executor(self._pool, next, chunks, None)
            deadline.reschedule(loop.time() + patience)
            # A copy, since the socket may hold on to it after the file's buffer is filled again.
            self.progress[outgoing.message_id] = (taken, size)
            taken += len(chunk)
            yield bytes(chunk)
            failpoint("out.body.half")
        failpoint("out.body.after")


def _traced() -> list[aiohttp.TraceConfig]:
    """Fail points inside the HTTP client."""
    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(_connected)
    trace.on_request_headers_sent.append(_head_sent)
    return [trace]


async def _connected(*_: object) -> None:
    failpoint("out.connect.after")


async def _head_sent(*_: object) -> None:
    failpoint("out.head.after")


def _chunks(body: tuple[Kept, ...], size: int = PIECE) -> Iterator[bytes | memoryview]:
    for segment in body:
        yield from segment.chunks(size)


def _joined(body: tuple[Kept, ...]) -> bytes:
    return b"".join(_chunks(body))


async def _read_capped(response: aiohttp.ClientResponse) -> bytes:
    pieces, total = [], 0
    async for piece in response.content.iter_any():
        total += len(piece)
        if total > MAX_ANSWER:
            response.close()
            raise TransportError(f"{response.url.host}: the answer is larger than {MAX_ANSWER} octets")
        pieces.append(piece)
    return b"".join(pieces)
