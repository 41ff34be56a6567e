"""The server stops when told: it finishes what it began and takes nothing new."""

import asyncio
import contextlib
import gc
import socket
from typing import Any

import pytest

from node.transport.tls import TlsIdentity, client_context, server_context
from node.web.server import WebServer, bind


def test_what_was_begun_is_answered_before_the_server_ends() -> None:
    begun = asyncio.Event()
    release = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        begun.set()
        await release.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"done"})

    async def run() -> bytes:
        server = WebServer(app, bind("127.0.0.1", 0))
        task = asyncio.create_task(server.serve())
        await server.ready.wait()
        reader, writer = await asyncio.open_connection(*server.address)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await begun.wait()
        server.stop()
        await asyncio.sleep(0.3)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*server.address)
        release.set()
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        await asyncio.wait_for(task, 5)
        return answer

    assert asyncio.run(run()).endswith(b"done")


@pytest.mark.parametrize("rounds", range(6))
def test_a_connection_that_arrives_as_the_server_stops_is_closed(authority: Any, rounds: int) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("nobody asks")

    async def run() -> None:
        context = server_context(TlsIdentity(authority.issue("server").pem), [authority.der], client_certificates="none")
        server = WebServer(app, bind("127.0.0.1", 0), context)
        task = asyncio.create_task(server.serve())
        await server.ready.wait()
        loop = asyncio.get_running_loop()
        client = socket.socket()
        client.connect(server.address)
        client.setblocking(False)
        # At one of these the connection has been accepted and has no transport yet.
        for _ in range(rounds):
            await asyncio.sleep(0)
        server.stop()
        # It never begins a handshake.
        with client, contextlib.suppress(OSError, TimeoutError):
            await asyncio.wait_for(loop.sock_recv(client, 1), 0.3)
        await asyncio.wait_for(task, 5)

    asyncio.run(run())
    # What nobody closed says so when it is collected, and that fails the test.
    gc.collect()


def test_port_0_takes_a_free_port() -> None:
    with bind("127.0.0.1", 0) as one, bind("127.0.0.1", 0) as other:
        assert one.getsockname() != other.getsockname()


def test_a_port_that_is_taken_is_an_error() -> None:
    with bind("127.0.0.1", 0) as taken:
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            bind("127.0.0.1", taken.getsockname()[1])


def test_the_second_piece_of_an_answer_does_not_wait_for_an_acknowledgement_of_the_first() -> None:
    listener = bind("127.0.0.1", 0)
    listener.listen()
    listener.setblocking(True)
    with listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


def test_another_tls_is_spoken_with_whoever_connects_next_and_nobody_is_cut_off(authority: Any) -> None:
    first, second = (authority.issue(name) for name in ("first", "second"))
    begun, release = asyncio.Event(), asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        begun.set()
        await release.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"done"})

    def context(material: Any) -> Any:
        return server_context(TlsIdentity(material.pem), [authority.der], client_certificates="none")

    async def shown(server: WebServer) -> tuple[bytes, asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(
            *server.address, ssl=client_context(None, [authority.der]), server_hostname="localhost"
        )
        return writer.get_extra_info("ssl_object").getpeercert(binary_form=True), reader, writer

    async def run() -> None:
        server = WebServer(app, bind("127.0.0.1", 0), context(first))
        task = asyncio.create_task(server.serve())
        await server.ready.wait()
        der, reader, writer = await shown(server)
        assert der == first.der
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await begun.wait()
        connecting = [asyncio.create_task(shown(server)) for _ in range(20)]
        await server.renew(context(second))
        # Whoever knocks at that moment is let in, by the one or by the other.
        assert {(await one)[0] for one in connecting} <= {first.der, second.der}
        der, _, last = await shown(server)
        assert der == second.der
        release.set()
        assert (await asyncio.wait_for(reader.readuntil(b"done"), 5)).endswith(b"done")
        for one in (writer, last, *(one.result()[2] for one in connecting)):
            one.close()
            await one.wait_closed()
        server.stop()
        await asyncio.wait_for(task, 10)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*server.address)
        # Too late, and harmless.
        await server.renew(context(first))

    asyncio.run(run())
