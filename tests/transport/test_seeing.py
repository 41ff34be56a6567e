"""What evidence keeps of a connection that we opened: whom we reached, how it was protected, and the head of the answer."""

import asyncio
import ssl

import aiohttp

from node.msh.ports import Tls
from node.transport.seeing import SeenResponse, peer_of
from node.transport.tls import TlsIdentity, client_context, server_context

ANSWER = b"HTTP/1.1 202 Taken\r\nX-Kind: A B\r\ncontent-length: 2\r\n\r\nok"


async def seen(context, trust, response_class):
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    url = f"{'https' if context else 'http'}://127.0.0.1:{port}/"
    async with (
        aiohttp.ClientSession(response_class=response_class) as session,
        session.get(url, ssl=trust) as response,
    ):
        await response.read()
        found = peer_of(response)
    server.close()
    return found


def test_the_certificate_the_cipher_and_the_head_are_seen(authority):
    serving = authority.issue("b")
    context = server_context(TlsIdentity(serving.pem), [], client_certificates="none")
    peer = asyncio.run(seen(context, client_context(None, [authority.der]), SeenResponse))
    assert peer.certificate == serving.der
    assert peer.head == b"HTTP/1.1 202 Taken\r\nX-Kind: A B\r\ncontent-length: 2"
    assert isinstance(peer.tls, Tls)
    assert peer.tls.version == "TLSv1.3"
    assert peer.tls.cipher in {one["name"] for one in ssl.create_default_context().get_ciphers()}
    assert (peer.address, peer.called) == ("127.0.0.1", True)


def test_without_tls_only_the_head_is_seen():
    peer = asyncio.run(seen(None, True, SeenResponse))
    assert (peer.certificate, peer.tls) == (None, None)
    assert peer.head.startswith(b"HTTP/1.1 202 Taken\r\n")


def test_a_response_that_does_not_look_saw_nobody():
    assert asyncio.run(seen(None, True, aiohttp.ClientResponse)) is None
