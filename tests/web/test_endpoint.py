"""The endpoint over a real connection: what is refused before the story runs, and how bodies reach it."""

import asyncio
import hashlib
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import pytest

from node.msh.ports import Answer, Awaited, Peer
from node.web import endpoint as module
from node.web.body import PeerGone
from node.web.endpoint import SMALL, MshEndpoint
from node.web.server import WebServer, bind

Story = Callable[[str, Iterable[bytes], Peer], Answer]
SOAP = "application/soap+xml; charset=UTF-8"


def digest(content_type: str, chunks: Iterable[bytes], peer: Peer) -> Answer:
    """Answers the digest of what it got."""
    total = hashlib.sha256()
    for chunk in chunks:
        total.update(chunk)
    return Answer(200, "text/plain", total.hexdigest().encode())


@asynccontextmanager
async def serving(story: Story = digest, **options: Any) -> AsyncIterator[tuple[WebServer, MshEndpoint]]:
    free_for = options.pop("free_for", lambda size: True)
    with ThreadPoolExecutor(2) as small, ThreadPoolExecutor(2) as large:
        app = MshEndpoint(story, free_for, small, large, **options)
        server = WebServer(app, bind("127.0.0.1", 0))
        task = asyncio.create_task(server.serve())
        await server.ready.wait()
        try:
            yield server, app
        finally:
            server.stop()
            await task


async def exchange(server: WebServer, raw: bytes, *, half_close: bool = False) -> bytes:
    """Send raw octets, read until the server closes."""
    reader, writer = await asyncio.open_connection(*server.address)
    writer.write(raw)
    if half_close:
        writer.write_eof()
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return answer


def request(body: bytes = b"", *headers: str, method: str = "POST", path: str = "/as4", kind: str | None = SOAP) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: x", "Connection: close", *headers]
    if kind is not None:
        lines.append(f"Content-Type: {kind}")
    if not any(line.lower().startswith(("content-length", "transfer-encoding")) for line in headers):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


REFUSALS = [
    ("another method", request(method="GET"), {}, 405, b"allow: POST"),
    ("another path", request(path="/elsewhere"), {}, 404, b""),
    ("no media type", request(kind=None), {}, 415, b""),
    ("another media type", request(kind="application/json"), {}, 415, b""),
    # A content coding would let a peer hide what it sends from every limit.
    ("coded body", request(b"x", "Content-Encoding: gzip"), {}, 415, b""),
    ("declared length over the limit", request(b"", "Content-Length: 1000"), {"max_request": 999}, 413, b""),
    ("no room on the disk", request(b"x"), {"free_for": lambda size: False}, 503, b"retry-after: 5"),
    ("too much waits for the Consumer", request(b"x"), {"full": lambda: True}, 503, b"retry-after: 5"),
]


@pytest.mark.parametrize(
    ("raw", "options", "expected", "header"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS]
)
def test_what_is_refused_never_reaches_the_story(
    raw: bytes, options: dict[str, Any], expected: int, header: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LINGER_SECONDS", 0.05)
    called: list[str] = []

    def story(content_type: str, chunks: Iterable[bytes], peer: Peer) -> Answer:
        called.append(content_type)
        return Answer(200)

    async def run() -> bytes:
        async with serving(story, **options) as (server, _):
            return await exchange(server, raw)

    answer = asyncio.run(run())
    assert status(answer) == expected
    assert header in answer
    assert called == []


AMBIGUOUS = [
    ("length and transfer encoding", request(b"0\r\n\r\n", "Content-Length: 5", "Transfer-Encoding: chunked")),
    ("two lengths", request(b"ab", "Content-Length: 2", "Content-Length: 1")),
    ("negative length", request(b"", "Content-Length: -1")),
    ("obscured transfer encoding", request(b"0\r\n\r\n", "Transfer-Encoding: xchunked")),
    ("bad chunk size", request(b"zz\r\n\r\n", "Transfer-Encoding: chunked")),
    ("not HTTP", b"\x16\x03\x01\x00\x00\r\n\r\n"),
]


@pytest.mark.parametrize("raw", [row[1] for row in AMBIGUOUS], ids=[row[0] for row in AMBIGUOUS])
def test_an_ambiguous_request_is_answered_400_and_closed(raw: bytes) -> None:
    completed: list[bytes] = []

    def story(content_type: str, chunks: Iterable[bytes], peer: Peer) -> Answer:
        completed.append(b"".join(chunks))
        return Answer(200)

    async def run() -> bytes:
        async with serving(story) as (server, _):
            return await exchange(server, raw)

    assert status(asyncio.run(run())) == 400
    assert completed == []


@pytest.mark.parametrize(
    "size",
    [pytest.param(0, id="empty"), 100, SMALL, pytest.param(SMALL + 1, id="just large"), pytest.param(5 * SMALL, id="large")],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_every_body_reaches_the_story_octet_for_octet(size: int, chunked: bool) -> None:
    body = bytes(range(256)) * (size // 256 + 1)
    body = body[:size]
    if chunked:
        coded = b"".join(b"%x\r\n%b\r\n" % (len(body[i : i + 50_000]), body[i : i + 50_000]) for i in range(0, size, 50_000))
        raw = request(coded + b"0\r\n\r\n", "Transfer-Encoding: chunked")
    else:
        raw = request(body)

    async def run() -> bytes:
        async with serving() as (server, _):
            return await exchange(server, raw)

    answer = asyncio.run(run())
    assert status(answer) == 200
    assert answer.endswith(hashlib.sha256(body).hexdigest().encode())


def test_a_chunked_body_over_the_limit_ends_the_story_and_is_413(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LINGER_SECONDS", 0.05)
    raw = request(b"%x\r\n%b\r\n0\r\n\r\n" % (3 * SMALL, bytes(3 * SMALL)), "Transfer-Encoding: chunked")

    async def run() -> bytes:
        async with serving(max_request=2 * SMALL) as (server, _):
            return await exchange(server, raw)

    assert status(asyncio.run(run())) == 413


def test_a_story_that_answers_early_is_heard_by_a_peer_that_still_sends() -> None:
    def refuse(content_type: str, chunks: Iterable[bytes], peer: Peer) -> Answer:
        next(iter(chunks))
        return Answer(200, "text/plain", b"refused")

    async def run() -> bytes:
        async with serving(refuse) as (server, _):
            return await exchange(server, request(bytes(20 * SMALL)))

    answer = asyncio.run(run())
    assert answer.endswith(b"refused")
    assert b"connection: close" in answer


def test_back_pressure_reaches_the_socket() -> None:
    release = threading.Event()
    taken: list[int] = []

    def slow(content_type: str, chunks: Iterable[bytes], peer: Peer) -> Answer:
        release.wait(10)
        taken.extend(len(chunk) for chunk in chunks)
        return Answer(200)

    async def run() -> None:
        async with serving(slow) as (server, _):
            reader, writer = await asyncio.open_connection(*server.address)
            body = bytes(40 * SMALL)
            writer.write(request(body))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(writer.drain(), 0.5)
            # What the kernel and the queue hold is far less than what was offered.
            assert writer.transport.get_write_buffer_size() > 20 * SMALL
            release.set()
            assert status(await asyncio.wait_for(reader.read(), 10)) == 200
            writer.close()

    asyncio.run(run())
    assert sum(taken) == 40 * SMALL


@pytest.mark.parametrize("size", [100, 4 * SMALL])
def test_a_peer_that_leaves_ends_the_story_with_an_error(size: int) -> None:
    ended: list[BaseException] = []

    def story(content_type: str, chunks: Iterable[bytes], peer: Peer) -> Answer:
        try:
            for _ in chunks:
                continue
        except BaseException as error:
            ended.append(error)
            raise
        return Answer(200)

    async def run() -> None:
        async with serving(story) as (server, _):
            _, writer = await asyncio.open_connection(*server.address)
            writer.write(request(bytes(size // 2), f"Content-Length: {size}"))
            await writer.drain()
            await asyncio.sleep(0.05)
            writer.transport.abort()
            await asyncio.sleep(0.1)

    asyncio.run(run())
    # A small body never reached the story at all.
    assert [type(error) for error in ended] == ([PeerGone] if size > SMALL else [])


def test_a_crash_in_the_story_is_500_and_a_traceback_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    def crash(content_type: str, chunks: Iterable[bytes], peer: Peer) -> Answer:
        raise ZeroDivisionError("a bug of ours")

    async def run() -> list[bytes]:
        async with serving(crash) as (server, _):
            return [await exchange(server, request(b"x")), await exchange(server, request(bytes(2 * SMALL)))]

    with caplog.at_level(logging.ERROR, "node.web"):
        answers = asyncio.run(run())
    assert [status(answer) for answer in answers] == [500, 500]
    assert all(b"ZeroDivision" not in answer for answer in answers)
    assert caplog.text.count("ZeroDivisionError: a bug of ours") == 2


def test_slow_uploads_do_not_keep_a_small_message_waiting() -> None:
    release = threading.Event()

    def story(content_type: str, chunks: Iterable[bytes], peer: Peer) -> Answer:
        if content_type.startswith("multipart"):
            release.wait(10)
        return digest(content_type, chunks, peer)

    async def run() -> bytes:
        async with serving(story) as (server, _):
            uploads = [
                asyncio.create_task(exchange(server, request(bytes(2 * SMALL), kind="multipart/related; boundary=b")))
                for _ in range(4)
            ]
            await asyncio.sleep(0.05)
            answer = await exchange(server, request(b"small"))
            release.set()
            await asyncio.gather(*uploads)
            return answer

    assert asyncio.run(run()).endswith(hashlib.sha256(b"small").hexdigest().encode())


def test_while_the_node_stops_nothing_new_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LINGER_SECONDS", 0.05)

    async def run() -> bytes:
        async with serving() as (server, app):
            app.closing = True
            return await exchange(server, request(b"x"))

    assert status(asyncio.run(run())) == 503


def test_a_message_is_taken_before_its_answer_is_waited_for():
    """Whoever hands messages over hears of one first; the answer then takes the place of the receipt."""

    async def body() -> None:
        told: list[bytes] = []

        async def second_leg(answer: Answer) -> Answer:
            assert told == [b"receipt"]
            return Answer(200, SOAP, b"answer")

        def story(content_type: str, chunks: Iterable[bytes], peer: Peer) -> Answer:
            return Answer(200, SOAP, b"receipt", awaited=Awaited("p", "m@h", 1.0))

        async with serving(story, answered=lambda one: told.append(one.octets), second_leg=second_leg) as (server, _):
            assert (await exchange(server, request(b"<x/>"))).endswith(b"answer")
            assert told == [b"receipt"]

    asyncio.run(body())


def test_nobody_waits_for_a_peer_that_has_gone():
    """What would answer it is then not taken from where it lies."""

    async def body() -> None:
        waits, ended = asyncio.Event(), asyncio.Event()

        async def second_leg(answer: Answer) -> Answer:
            waits.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()
            return answer

        def story(content_type: str, chunks: Iterable[bytes], peer: Peer) -> Answer:
            return Answer(200, SOAP, b"receipt", awaited=Awaited("p", "m@h", 1000.0))

        async with serving(story, second_leg=second_leg) as (server, _), asyncio.timeout(10):
            _, writer = await asyncio.open_connection(*server.address)
            writer.write(request(b"<x/>"))
            await waits.wait()
            writer.close()
            await ended.wait()

    asyncio.run(body())
