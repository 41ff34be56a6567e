"""An answer of any size read in a thread while it arrives; a real server on loopback."""

import asyncio
import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from aiohttp import web

from node.msh.octets import HeldOctets
from node.msh.ports import Outgoing, TransportError
from node.transport.client import HttpTransport


def fetch(answer: Any, take: Any, patience: float = 5.0) -> Any:
    """What `take` makes of the answer of a server."""

    async def story() -> Any:
        app = web.Application()
        app.router.add_post("/as4", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        transport = HttpTransport(lambda _partner: False)  # type: ignore[arg-type,return-value]
        outgoing = Outgoing("p@h", "a", f"http://127.0.0.1:{port}/as4", "text/plain", (HeldOctets(b"ask"),), 5.0, patience)
        try:
            with ThreadPoolExecutor(1) as pool:
                return await transport.fetch(outgoing, take, pool)
        finally:
            await transport.close()
            await runner.cleanup()

    return asyncio.run(story())


def test_every_octet_arrives_in_order_and_none_is_held_back_in_memory():
    piece = bytes(range(256)) * 4096
    waiting: list[int] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/x"})
        await response.prepare(request)
        for n in range(64):
            await response.write(piece)
            waiting.append(n)
        return response

    def take(
        outgoing: Outgoing, status: int, content_type: str | None, chunks: Iterator[bytes]
    ) -> tuple[int, str | None, str, bool]:
        found, size = hashlib.sha256(), 0
        for chunk in chunks:
            found.update(chunk)
            size += len(chunk)
        return status, content_type, found.hexdigest(), size == 64 * len(piece)

    assert fetch(answer, take) == (200, "application/x", hashlib.sha256(piece * 64).hexdigest(), True)


def test_what_is_not_wanted_is_not_read():
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            for _ in range(10_000):
                await response.write(b"x" * 65536)
        except ConnectionError:
            stopped.append(True)
        return response

    stopped: list[bool] = []
    assert len(fetch(answer, lambda _o, _s, _c, chunks: next(chunks))) > 0


@pytest.mark.parametrize("how", ["cut", "silent"])
def test_an_answer_that_breaks_off_is_the_networks_fault(how):
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000000"})
        await response.prepare(request)
        await response.write(b"x" * 1000)
        if how == "silent":
            await asyncio.sleep(0.6)
        assert request.transport is not None
        request.transport.close()
        return response

    with pytest.raises(TransportError):
        fetch(answer, lambda _o, _s, _c, chunks: b"".join(chunks), patience=0.3 if how == "silent" else 5.0)


def test_what_take_raises_is_raised():
    def take(*_: object) -> None:
        raise LookupError("mine")

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=b"x")

    with pytest.raises(LookupError, match="mine"):
        fetch(answer, take)
