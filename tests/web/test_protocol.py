"""One connection: limits on the head and on slowness, and the peer's certificate."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from node.transport.tls import TlsIdentity, client_context, server_context
from node.web import protocol as module
from node.web import server as serving_module
from node.web.server import WebServer, bind
from tests.tls_material import TlsAuthority


async def echo_certificate(scope: Any, receive: Any, send: Any) -> None:
    """Answers the DER of the peer's certificate."""
    der = scope["extensions"]["tls"]["peer_certificate"] or b"none"
    while (await receive()).get("more_body", False):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(der))]})
    await send({"type": "http.response.body", "body": der})


@asynccontextmanager
async def serving(context: Any = None) -> AsyncIterator[WebServer]:
    server = WebServer(echo_certificate, bind("127.0.0.1", 0), context, graceful=2)
    task = asyncio.create_task(server.serve())
    await server.ready.wait()
    try:
        yield server
    finally:
        server.stop()
        await task


async def ask(server: WebServer, raw: bytes, context: Any = None) -> bytes:
    reader, writer = await asyncio.open_connection(*server.address, ssl=context)
    writer.write(raw)
    try:
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()


GET = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("shows", [True, False])
def test_the_application_sees_the_certificate_of_the_connection(authority: TlsAuthority, shows: bool) -> None:
    server_side, client_side = authority.issue("server"), authority.issue("client")
    identity = TlsIdentity(client_side.pem) if shows else None

    async def run() -> bytes:
        context = server_context(TlsIdentity(server_side.pem), [authority.der], client_certificates="optional")
        async with serving(context) as server:
            return await ask(server, GET, client_context(identity, [authority.der]))

    assert asyncio.run(run()).endswith(client_side.der if shows else b"none")


async def echo_seen(scope: Any, receive: Any, send: Any) -> None:
    """Answers the head of the request and how the connection is protected."""
    seen = scope["extensions"]
    while (await receive()).get("more_body", False):
        pass
    told = seen["http"]["head"] + b"|%s|" % str(seen["tls"].get("version")).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(told))]})
    await send({"type": "http.response.body", "body": told})


def test_the_application_sees_the_head_as_it_came(monkeypatch: pytest.MonkeyPatch, authority: TlsAuthority) -> None:
    monkeypatch.setitem(globals(), "echo_certificate", echo_seen)
    side = authority.issue("server")

    async def run() -> tuple[bytes, bytes]:
        raw = b"POST /as4 HTTP/1.1\r\nHost:  x\r\nX-KiND: a\r\ncontent-length: 2\r\n\r\nok"
        async with serving() as server:
            reader, writer = await asyncio.open_connection(*server.address)
            answers = b""
            # In two pieces, then twice on one connection, then two requests in one piece.
            writer.write(raw[:30])
            await asyncio.sleep(0.05)
            writer.write(raw[30:])
            answers += await reader.readuntil(b"|None|")
            writer.write(raw + GET)
            answers += await asyncio.wait_for(reader.read(), 10)
            writer.close()
        context = server_context(TlsIdentity(side.pem), [authority.der], client_certificates="none")
        async with serving(context) as server:
            return answers, await ask(server, GET, client_context(None, [authority.der]))

    plain, protected = asyncio.run(run())
    head = b"POST /as4 HTTP/1.1\r\nHost:  x\r\nX-KiND: a\r\ncontent-length: 2|None|"
    assert plain.count(head) == 2
    # Behind another in one piece it is written as it was understood.
    assert b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close|None|" in plain
    assert protected.endswith(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close|TLSv1.3|")


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(GET[:-2] + b"X: " + b"a" * module.HEAD_OCTETS + b"\r\n\r\n", id="complete"),
        pytest.param(GET[:-2] + b"X: " + b"a" * module.HEAD_OCTETS, id="still open"),
    ],
)
def test_a_head_over_its_limit_is_431(raw: bytes) -> None:
    async def run() -> bytes:
        async with serving() as server:
            return await ask(server, raw)

    assert asyncio.run(run()).startswith(b"HTTP/1.1 431 ")


CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(CHUNKED + b"0\r\n" + b"A: b\r\n" * 200_000, id="many trailers"),
        pytest.param(CHUNKED + b"0\r\nA: " + b"b" * 1_000_000, id="one long trailer"),
        pytest.param(CHUNKED + b"3;" + b"b" * 1_000_000, id="an extension of a chunk"),
    ],
)
def test_what_stands_between_and_behind_chunks_is_limited_like_a_head(raw: bytes) -> None:
    async def run() -> bytes:
        async with serving() as server:
            try:
                return await ask(server, raw)
            except ConnectionError:
                # Closed before everything was read, which may overtake the answer.
                return b""

    # Never the answer of the application, nor waiting for more.
    assert asyncio.run(run())[:13] in (b"HTTP/1.1 431 ", b"")


def test_trailers_are_not_headers() -> None:
    async def run() -> bytes:
        async with serving() as server:
            raw = CHUNKED.replace(b"Host: x", b"Host: x\r\nConnection: close") + b"0\r\nContent-Type: text/xml\r\n\r\n"
            return await ask(server, raw)

    assert asyncio.run(run()).endswith(b"none")


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing at all"),
        pytest.param(b"POST /as4 HT", id="half a head"),
        pytest.param(b"POST /as4 HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc", id="half a body"),
    ],
)
def test_a_connection_that_dawdles_is_closed(raw: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving_module, "TICK_SECONDS", 0.02)
    monkeypatch.setattr(module, "HEAD_SECONDS", 0.01)
    monkeypatch.setattr(module, "RATE_WINDOW", 0.01)

    async def run() -> bytes:
        async with serving() as server:
            try:
                return await ask(server, raw)
            except ConnectionResetError:
                return b""

    assert asyncio.run(run()) == b""


def test_a_kept_connection_may_rest_between_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving_module, "TICK_SECONDS", 0.02)
    monkeypatch.setattr(module, "HEAD_SECONDS", 0.01)

    async def run() -> bytes:
        async with serving() as server:
            reader, writer = await asyncio.open_connection(*server.address)
            writer.write(GET.replace(b"close", b"keep-alive"))
            await reader.readuntil(b"none")
            # Two rounds of the watch.
            await asyncio.sleep(0.1)
            writer.write(GET)
            answer = await asyncio.wait_for(reader.read(), 5)
            writer.close()
            return answer

    assert asyncio.run(run()).endswith(b"none")


def test_pieces_of_a_body_are_gathered_without_copying_a_single_one() -> None:
    body = module.Pieces()
    assert not body
    whole = b"x" * 100_000
    body += whole
    assert (len(body), bytes(body) is whole) == (100_000, True)
    body += b"yz"
    assert (len(body), bytes(body)) == (100_002, whole + b"yz")


async def echo_body(scope: Any, receive: Any, send: Any) -> None:
    """Answers the body."""
    body, more = b"", True
    while more:
        event = await receive()
        # Later, so that further pieces have come.
        await asyncio.sleep(0.001)
        body, more = body + event.get("body", b""), event.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


def test_a_body_arrives_whole_however_it_is_cut() -> None:
    content = bytes(range(256)) * 3000

    async def run() -> bytes:
        server = WebServer(echo_body, bind("127.0.0.1", 0), None, graceful=2)
        task = asyncio.create_task(server.serve())
        await server.ready.wait()
        reader, writer = await asyncio.open_connection(*server.address)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(content))
        for start, size in ((0, 1), (1, 99_999), (100_000, 400_000), (500_000, len(content) - 500_000)):
            writer.write(content[start : start + size])
            await writer.drain()
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        server.stop()
        await task
        return answer

    assert asyncio.run(run()).endswith(b"\r\n\r\n" + content)
