"""The MSH endpoint as a bare ASGI application: cheap checks on the event loop, the receiving story in a thread."""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, TypeAlias

from node.failpoints import armed, failpoint
from node.msh.ports import Answer, Peer, Tls
from node.web.body import PIECE, BodyQueue, PeerGone, TooLarge

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Story: TypeAlias = Callable[[str, Iterable[bytes], Peer], Answer]

#: Up to this size a body is read whole before the story begins.
SMALL = 1 << 20
#: How long a refused sender may go on talking before the connection is closed, so that it gets to read the answer.
LINGER_SECONDS = 2.0
#: Long enough to be of use, short enough that nothing waits long for a disk that was full for a moment.
RETRY_AFTER = b"5"
# spec: C 5.1.1; SOAP 1.1 comes as text/xml
MEDIA_TYPES = frozenset({b"multipart/related", b"application/soap+xml", b"text/xml"})

log = logging.getLogger("node.web")


@dataclass(frozen=True, slots=True)
class Head:
    """What the request's headers say of its body; `length` is None when it comes in chunks."""

    content_type: str
    length: int | None


class Incoming:
    """The body of one request as it arrives; `complete` once its last octet was read."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.complete = False

    async def next(self) -> bytes:
        """The next octets, perhaps none. Raises PeerGone."""
        event = await self._receive()
        if event["type"] != "http.request":
            raise PeerGone("the peer closed the connection")
        self.complete = not event.get("more_body", False)
        piece: bytes = event.get("body", b"")
        return piece

    async def up_to(self, limit: int) -> list[bytes]:
        """The whole body, or its beginning as soon as that is longer than `limit`."""
        pieces: list[bytes] = []
        total = 0
        while not self.complete and total <= limit:
            piece = await self.next()
            pieces.append(piece)
            total += len(piece)
        return pieces

    async def gone(self) -> None:
        """Wait until the peer closes the connection, which it has no reason to do before the answer."""
        while (await self._receive())["type"] == "http.request":
            pass

    async def drop(self) -> None:
        """Read and drop for a short while: closing at once would reset the connection under the answer."""
        with contextlib.suppress(TimeoutError, PeerGone):
            async with asyncio.timeout(LINGER_SECONDS):
                while not self.complete:
                    await self.next()


class MshEndpoint:
    """`story` is `receive` with its ports; `small` runs it on bodies that are complete, `large` on those that still arrive.

    The two pools are apart, so that slow uploads never keep a small message waiting.
    """

    def __init__(
        self,
        story: Story,
        free_for: Callable[[int], bool],
        small: Executor,
        large: Executor,
        *,
        path: str = "/as4",
        max_request: int = 5 << 30,
        answered: Callable[[Answer], None] = lambda _: None,
        full: Callable[[], bool] = lambda: False,
        second_leg: Callable[[Answer], Awaitable[Answer]] | None = None,
    ) -> None:
        """`second_leg` waits for what may take the place of an answer."""
        self._story = story
        self._free_for = free_for
        self._small = small
        self._large = large
        self._path = path
        self._max_request = max_request
        self._answered = answered
        self._full = full
        self._second_leg = second_leg
        self.closing = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one POST."""
        head, body = self._read_head(scope), Incoming(receive)
        peer = _peer(scope)
        try:
            answer = head if isinstance(head, Answer) else await self._answer(head, peer, body)
        except PeerGone:
            log.info("%s closed the connection before its message was complete", peer.address)
            return
        if answer.awaited is None or self._second_leg is None:
            # What is large may wait for the disk among the large ones.
            await _send(send, answer, body, self._large)
            self._answered(answer)
            return
        # Nobody can answer a message before it is handed over.
        self._answered(answer)
        final = await _unless_gone(self._second_leg(answer), body)
        if final is None:
            log.info("%s closed the connection before its message was answered", peer.address)
            return
        await _send(send, final, body, self._large)

    def _read_head(self, scope: Scope) -> Head | Answer:
        """The head, or the answer that refuses it."""
        if scope["path"] != self._path:
            return Answer(404)
        if scope["method"] != "POST":
            return Answer(405)
        content_type, length, coded = b"", None, False
        for name, value in scope["headers"]:
            if name == b"content-type":
                content_type = value
            elif name == b"content-length":
                length = int(value)
            elif name == b"content-encoding":
                coded = value.strip().lower() != b"identity"
        if coded or content_type.partition(b";")[0].strip().lower() not in MEDIA_TYPES:
            return Answer(415)
        if length is not None and length > self._max_request:
            return Answer(413)
        if self.closing or self._full() or not self._free_for(length or SMALL):
            return Answer(503)
        return Head(content_type.decode("latin-1"), length)

    async def _answer(self, head: Head, peer: Peer, body: Incoming) -> Answer:
        try:
            pieces = await body.up_to(SMALL) if (head.length or 0) <= SMALL else []
            if not body.complete:
                return await self._run_large(head, peer, pieces, body)
            whole = (pieces[0] if len(pieces) == 1 else b"".join(pieces),)
            return await asyncio.get_running_loop().run_in_executor(self._small, self._story, head.content_type, whole, peer)
        except PeerGone:
            raise
        except TooLarge:
            return Answer(413)
        except Exception:
            log.exception("receiving from %s failed; answered 500", peer.address)
            return Answer(500)

    async def _run_large(self, head: Head, peer: Peer, pieces: list[bytes], body: Incoming) -> Answer:
        """Run the story while the body arrives; it may answer before it has seen the end."""
        queue = BodyQueue()
        loop = asyncio.get_running_loop()
        story = loop.run_in_executor(self._large, self._story, head.content_type, queue, peer)
        pump = loop.create_task(_pump(body, queue, pieces, self._max_request))
        try:
            await asyncio.wait((story, pump), return_when=asyncio.FIRST_COMPLETED)
            if pump.done() and (failure := pump.exception()):
                queue.fail(failure if isinstance(failure, Exception) else PeerGone())
            return await story
        except asyncio.CancelledError:
            queue.fail(PeerGone("the node is stopping"))
            raise
        finally:
            pump.cancel()


def _peer(scope: Scope) -> Peer:
    """What was seen of the connection and of the head of the request."""
    seen = scope.get("extensions", {})
    tls = seen.get("tls", {})
    return Peer(
        (scope.get("client") or ("unknown",))[0],
        tls.get("peer_certificate"),
        head=seen.get("http", {}).get("head", b""),
        tls=Tls(tls["version"], tls["cipher"]) if tls.get("version") else None,
    )


async def _unless_gone(answer: Awaitable[Answer], body: Incoming) -> Answer | None:
    """The answer, or None as soon as the peer has gone: what it does not hear of is sent to it another way."""
    waiting, gone = asyncio.ensure_future(answer), asyncio.ensure_future(body.gone())
    try:
        await asyncio.wait((waiting, gone), return_when=asyncio.FIRST_COMPLETED)
        return waiting.result() if waiting.done() else None
    finally:
        waiting.cancel()
        gone.cancel()


async def _pump(body: Incoming, queue: BodyQueue, pieces: list[bytes], limit: int) -> None:
    """Move the body from the socket into the queue in pieces of a useful size."""
    total = waiting = sum(map(len, pieces))
    while not body.complete:
        piece = await body.next()
        total += len(piece)
        if total > limit:
            raise TooLarge(f"more than {limit} octets")
        pieces.append(piece)
        waiting += len(piece)
        if waiting >= PIECE or body.complete:
            joined = b"".join(pieces)
            pieces, waiting = [], 0
            await queue.put(joined)
    queue.end()


async def _send(send: Send, answer: Answer, body: Incoming, pool: Executor) -> None:
    """Send the answer; a peer that has not finished talking is listened to a little longer, then the connection is closed."""
    size = len(answer.octets) + sum(segment.size for segment in answer.body)
    headers = [(b"content-length", str(size).encode())]
    if answer.content_type:
        headers.append((b"content-type", answer.content_type.encode("latin-1")))
    if answer.status == 405:
        headers.append((b"allow", b"POST"))
    if answer.status == 503:
        # spec: RFC 9110 15.6.4; overload is 503, never a receipt
        headers.append((b"retry-after", RETRY_AFTER))
    if not body.complete:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    octets = answer.octets
    if answer.body:
        await _send_segments(send, answer, pool)
        octets = b""
    elif armed():
        half = len(octets) // 2
        await send({"type": "http.response.body", "body": octets[:half], "more_body": True})
        failpoint("in.16.half_sent")
        octets = octets[half:]
    await send({"type": "http.response.body", "body": octets, "more_body": not body.complete})
    if not body.complete:
        await body.drop()
        await send({"type": "http.response.body", "body": b""})


async def _send_segments(send: Send, answer: Answer, pool: Executor) -> None:
    """A pulled message, piece by piece from where it lies."""
    loop = asyncio.get_running_loop()
    pieces = itertools.chain([answer.octets], *(segment.chunks(PIECE) for segment in answer.body))
    while (piece := await loop.run_in_executor(pool, next, pieces, None)) is not None:
        half = len(piece) // 2 if armed() else 0
        await send({"type": "http.response.body", "body": bytes(piece[:half]), "more_body": True})
        failpoint("pull.answer.half")
        await send({"type": "http.response.body", "body": bytes(piece[half:]), "more_body": True})
