"""The client against a scripted server: every failure is a sentence, and the octets arrive as they were."""

import asyncio
import gzip
import hashlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from node.msh.ports import HttpAnswer, Outgoing, TransportError
from node.security.trust import Untrusted
from node.transport.client import MAX_ANSWER, SMALL, HttpTransport
from node.transport.tls import TlsIdentity, client_context, server_context

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Lump:
    """Kept octets in memory."""

    octets: bytes

    @property
    def size(self) -> int:
        return len(self.octets)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.octets).hexdigest()

    def chunks(self, size: int = 262_144) -> Iterable[bytes]:
        return (self.octets[i : i + size] for i in range(0, len(self.octets), size))

    def discard(self) -> None:
        return


@asynccontextmanager
async def server(handler: Handler, context: Any = None) -> AsyncIterator[str]:
    writers: list[asyncio.StreamWriter] = []

    async def handled(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await handler(reader, writer)

    running = await asyncio.start_server(handled, "127.0.0.1", 0, ssl=context)
    port = running.sockets[0].getsockname()[1]
    try:
        yield f"{'https' if context else 'http'}://127.0.0.1:{port}/as4"
    finally:
        running.close()
        # Python 3.11 leaves open what a handler has not closed, and says so later.
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0.01)


def outgoing(url: str, *octets: bytes, connect: float = 5.0, read: float = 5.0) -> Outgoing:
    return Outgoing("id@a", "partner", url, 'multipart/related; boundary="b"', tuple(map(Lump, octets)), connect, read)


def plain() -> HttpTransport:
    return HttpTransport(lambda partner: client_context(None, ()))


async def post(transport: HttpTransport, message: Outgoing) -> HttpAnswer:
    try:
        return await transport.post(message)
    finally:
        await transport.close()


async def read_request(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    return head, await reader.readexactly(length)


def answering(raw: bytes, seen: list[tuple[bytes, bytes]] | None = None) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await read_request(reader)
                if seen is not None:
                    seen.append(request)
                writer.write(raw)
        except asyncio.IncompleteReadError:
            writer.close()

    return handler


def http(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@pytest.mark.parametrize(
    "segments",
    [
        pytest.param((b"whole",), id="one segment"),
        pytest.param((b"head", b"ciphertext", b"tail"), id="segments follow each other"),
        pytest.param((b"h" * 10, b"x" * (3 * SMALL), b"t"), id="large is streamed"),
    ],
)
def test_the_body_arrives_octet_for_octet_with_its_length(segments: tuple[bytes, ...]) -> None:
    seen: list[tuple[bytes, bytes]] = []

    async def story() -> HttpAnswer:
        async with server(answering(http("200 OK", b"<r/>", "Content-Type: application/soap+xml"), seen)) as url:
            return await post(plain(), outgoing(url, *segments))

    answer = asyncio.run(story())
    assert answer == HttpAnswer(200, "application/soap+xml", b"<r/>")
    head, body = seen[0]
    assert body == b"".join(segments)
    assert b"transfer-encoding" not in head.lower()
    assert b'Content-Type: multipart/related; boundary="b"' in head


def test_a_large_body_tells_how_far_it_is_and_is_forgotten_in_the_end() -> None:
    size = 40 * SMALL
    seen: list[dict[str, tuple[int, int]]] = []

    async def run() -> None:
        transport = plain()

        async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(size // 2)
            seen.append(dict(transport.progress))
            await reader.readexactly(size - size // 2)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        async with server(slow) as url:
            await transport.post(outgoing(url, bytes(size)))
            assert transport.progress == {}
            await transport.close()

    asyncio.run(run())
    ((taken, whole),) = [one["id@a"] for one in seen]
    assert size // 3 < taken < whole == size


def test_a_connection_is_kept_for_the_next_message() -> None:
    seen: list[tuple[bytes, bytes]] = []
    connections = 0

    async def story() -> None:
        nonlocal connections
        inner = answering(http("200 OK"), seen)

        async def counting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            await inner(reader, writer)

        async with server(counting) as url:
            transport = plain()
            for _ in range(3):
                await transport.post(outgoing(url, b"x"))
            await transport.close()

    asyncio.run(story())
    assert (len(seen), connections) == (3, 1)


def test_a_kept_connection_that_was_closed_meanwhile_costs_no_attempt() -> None:
    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(http("200 OK", b"1"))
        # Close when the next request has been read, as a server does whose idle timer fires at that moment.
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async def story() -> list[bytes]:
        async with server(once) as url:
            transport = plain()
            answers = [(await transport.post(outgoing(url, b"x"))).octets for _ in range(2)]
            await transport.close()
            return answers

    assert asyncio.run(story()) == [b"1", b"1"]


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    seen: list[tuple[bytes, bytes]] = []

    async def story() -> HttpAnswer:
        async with server(answering(http("307 Temporary Redirect", b"", "Location: /elsewhere"), seen)) as url:
            return await post(plain(), outgoing(url, b"x"))

    assert asyncio.run(story()).status == 307
    assert len(seen) == 1


def test_a_gzip_coding_of_the_answer_is_removed() -> None:
    async def story() -> HttpAnswer:
        async with server(answering(http("200 OK", gzip.compress(b"<receipt/>"), "Content-Encoding: gzip"))) as url:
            return await post(plain(), outgoing(url, b"x"))

    assert asyncio.run(story()).octets == b"<receipt/>"


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def _hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.close()


async def _never_reads(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


FAILURES: list[tuple[str, Handler, bytes, str]] = [
    ("answer over the cap", answering(http("200 OK", b"x" * (MAX_ANSWER + 1))), b"x", "larger than"),
    # A small gzip of a large answer counts by what it inflates to.
    (
        "gzip bomb",
        answering(http("200 OK", gzip.compress(b"0" * (MAX_ANSWER + 1)), "Content-Encoding: gzip")),
        b"x",
        "larger than",
    ),
    ("broken gzip", answering(http("200 OK", b"no gzip at all", "Content-Encoding: gzip")), b"x", "wrongly coded|no valid HTTP"),
    ("not HTTP", answering(b"\x16\x03\x01 hello\r\n\r\n"), b"x", "no valid HTTP"),
    ("no answer", _silent, b"x", "no answer in time"),
    ("hang up", _hang_up, b"x", "closed without an answer"),
    ("peer that does not read", _never_reads, b"x" * 30_000_000, "no answer in time"),
]


@pytest.mark.parametrize(("handler", "octets", "sentence"), [row[1:] for row in FAILURES], ids=[row[0] for row in FAILURES])
def test_each_failure_is_told_in_a_sentence(handler: Handler, octets: bytes, sentence: str) -> None:
    async def story() -> None:
        async with server(handler) as url:
            await post(plain(), outgoing(url, octets, connect=0.2, read=0.3))

    with pytest.raises(TransportError, match=sentence) as caught:
        asyncio.run(story())
    assert caught.value.retryable


def test_a_refused_connection_names_host_and_port() -> None:
    with pytest.raises(TransportError, match=r"127\.0\.0\.1:1: nothing listens there"):
        asyncio.run(post(plain(), outgoing("http://127.0.0.1:1/as4", b"x")))


def test_an_unknown_host_is_told() -> None:
    with pytest.raises(TransportError, match=r"as4\.invalid: the host name cannot be resolved"):
        asyncio.run(post(plain(), outgoing("https://as4.invalid/as4", b"x")))


@pytest.mark.parametrize("url", ["", "as4", "ftp://example.org/x"])
def test_an_address_that_is_no_http_url_is_not_worth_a_second_try(url: str) -> None:
    with pytest.raises(TransportError, match="no http or https URL") as caught:
        asyncio.run(post(plain(), outgoing(url, b"x")))
    assert not caught.value.retryable


# -- TLS -------------------------------------------------------------------------------------------------------------


async def _post_over_tls(client: Any, serving: Any) -> HttpAnswer:
    async with server(answering(http("200 OK", b"ok")), serving) as url:
        return await post(HttpTransport(lambda partner: client), outgoing(url, b"x"))


def _identity(material: Any) -> TlsIdentity:
    return TlsIdentity(material.pem)


def test_mutual_tls_reaches_the_partner(authority: Any) -> None:
    serving = server_context(_identity(authority.issue("b")), [authority.der])
    client = client_context(_identity(authority.issue("a")), [authority.der])
    assert asyncio.run(_post_over_tls(client, serving)).octets == b"ok"


def test_a_server_of_an_unknown_authority_is_refused(authority: Any, stranger: Any) -> None:
    serving = server_context(_identity(stranger.issue("b")), [authority.der], client_certificates="none")
    with pytest.raises(TransportError, match="certificate is not trusted"):
        asyncio.run(_post_over_tls(client_context(None, [authority.der]), serving))


def test_a_server_with_another_name_is_refused(authority: Any) -> None:
    serving = server_context(_identity(authority.issue("elsewhere", ("elsewhere.example",))), [], client_certificates="none")
    with pytest.raises(TransportError, match=r"certificate is not trusted.*127\.0\.0\.1"):
        asyncio.run(_post_over_tls(client_context(None, [authority.der]), serving))


def test_a_pinned_certificate_needs_no_authority_and_no_name(authority: Any, stranger: Any) -> None:
    material = stranger.issue("pinned", ("elsewhere.example",))
    serving = server_context(_identity(material), [], client_certificates="none")
    assert asyncio.run(_post_over_tls(client_context(None, [authority.der], [material.der]), serving)).status == 200


def test_a_certificate_that_a_pinned_authority_issued_is_not_the_pinned_one(authority: Any) -> None:
    serving = server_context(_identity(authority.issue("b")), [], client_certificates="none")
    with pytest.raises(TransportError, match="not the one pinned"):
        asyncio.run(_post_over_tls(client_context(None, [], [authority.der]), serving))


def test_a_partner_that_refuses_our_certificate_is_told_so(authority: Any, stranger: Any) -> None:
    serving = server_context(_identity(authority.issue("b")), [authority.der])
    for client in (client_context(None, [authority.der]), client_context(_identity(stranger.issue("x")), [authority.der])):
        with pytest.raises(TransportError, match=r"refused our TLS certificate|closed without|reset"):
            asyncio.run(_post_over_tls(client, serving))


def test_new_connections_are_opened_after_a_renewal_and_what_is_under_way_goes_on() -> None:
    release, arrived = asyncio.Event(), asyncio.Event()
    contexts: list[str] = []
    connections = 0

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while True:
            await read_request(reader)
            arrived.set()
            await release.wait()
            writer.write(http("200 OK", b"done"))
            await writer.drain()

    def context_of(partner: str) -> Any:
        contexts.append(partner)
        return client_context(None, ())

    async def story() -> None:
        async with server(handler) as url:
            transport = HttpTransport(context_of)
            slow = asyncio.create_task(transport.post(outgoing(url, b"1")))
            await arrived.wait()
            await transport.renew()
            release.set()
            assert (await slow).octets == b"done"
            assert (await transport.post(outgoing(url, b"2"))).octets == b"done"
            assert (connections, len(contexts)) == (2, 2)
            # The old session went with its last request, and the new one is kept.
            assert transport._retired == []
            assert (await transport.post(outgoing(url, b"3"))).octets == b"done"
            assert connections == 2
            await transport.renew()
            await transport.close()

    asyncio.run(story())


def test_a_connection_whose_verdict_no_longer_stands_is_not_used_again(authority: Any) -> None:
    material, judged, seen = authority.issue("server"), list[int](), list[tuple[bytes, bytes]]()

    class Judge:
        good = True

        def __call__(self, shown: Any) -> None:
            judged.append(len(shown))
            if not Judge.good:
                raise Untrusted("CN=server: revoked")

        def stands(self) -> bool:
            return len(judged) != 1 or Judge.good

        is_behind = False

        def catch_up(self) -> None:
            raise AssertionError("nothing is behind")

    context = server_context(TlsIdentity(material.pem), [authority.der], client_certificates="none")
    ok = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    transport = HttpTransport(lambda partner: client_context(None, [authority.der], judge=Judge()))

    async def story() -> None:
        async with server(answering(ok, seen), context) as url:
            for _ in range(3):
                await transport.post(outgoing(url, b"a message"))
            assert len(judged) == 1
            Judge.good = False
            with pytest.raises(TransportError, match="the server's TLS certificate is not trusted: CN=server: revoked"):
                await post(transport, outgoing(url, b"a secret"))

    asyncio.run(story())
    assert len(judged) == 2
    assert [body for _, body in seen] == [b"a message"] * 3


def test_what_has_landed_is_read_in_a_thread_before_the_next_request_and_once_for_many(authority: Any) -> None:
    material, read_in, judged_after = authority.issue("server"), list[str](), list[int]()

    class Judge:
        is_behind = True

        def __call__(self, shown: Any) -> None:
            judged_after.append(len(read_in))

        def stands(self) -> bool:
            return True

        def catch_up(self) -> None:
            read_in.append(threading.current_thread().name)
            self.is_behind = False

    context = server_context(TlsIdentity(material.pem), [authority.der], client_certificates="none")
    ok = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    async def story() -> None:
        with ThreadPoolExecutor(2, "reading") as pool:
            transport = HttpTransport(lambda partner: client_context(None, [authority.der], judge=judge), pool)
            async with server(answering(ok, []), context) as url:
                await asyncio.gather(*(transport.post(outgoing(url, b"a message")) for _ in range(3)))
                assert [one.partition("_")[0] for one in read_in] == ["reading"]
                assert set(judged_after) == {1}
                judge.is_behind = True
                await transport.post(outgoing(url, b"a message"))
                assert len(read_in) == 2
            await transport.close()

    judge = Judge()
    asyncio.run(story())


def test_what_a_partner_wants_closed_and_does_not_close_is_closed_with_the_rest(authority: Any) -> None:
    material = authority.issue("server")
    context = server_context(TlsIdentity(material.pem), [authority.der], client_certificates="none")

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(http("200 OK", b"", "Connection: close"))
        await writer.drain()
        # It reads no further, so it never says its last word.
        writer.transport.pause_reading()

    async def story() -> None:
        transport = HttpTransport(lambda partner: client_context(None, [authority.der]))
        async with server(silent, context) as url:
            await transport.post(outgoing(url, b"x"))
            (over,) = transport._let_go
            ours = over.get_extra_info("socket")
            assert ours.fileno() != -1
            await transport.close()
            assert ours.fileno() == -1

    asyncio.run(story())


def test_the_date_of_an_answer_is_heard_with_how_long_it_took() -> None:
    date = "Sat, 28 Nov 2026 09:14:07 GMT"
    heard: list[tuple[str, str, float]] = []

    async def story() -> None:
        transport = HttpTransport(lambda partner: client_context(None, ()), heard=lambda *one: heard.append(one))
        async with server(answering(http("200 OK", b"", f"Date: {date}"))) as url:
            await transport.post(outgoing(url, b"x"))
            with ThreadPoolExecutor(1) as pool:
                await transport.fetch(outgoing(url, b"x"), lambda *_: None, pool)
        async with server(answering(http("200 OK"))) as url:
            await post(transport, outgoing(url, b"x"))

    asyncio.run(story())
    # One that tells no date is not heard.
    assert [one[:2] for one in heard] == [("partner", date)] * 2
    assert all(seconds > 0 for _, _, seconds in heard)


@pytest.mark.parametrize("field", ["Date", "Retry-After"])
def test_an_absurd_date_of_an_answer_is_no_failure(field: str) -> None:
    absurd = "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"
    headers = {"Date": "Sat, 28 Nov 2026 09:14:07 GMT", "Retry-After": "Sat, 28 Nov 2026 09:15:07 GMT", field: absurd}

    async def story() -> HttpAnswer:
        async with server(answering(http("503 Busy", b"", *(f"{name}: {value}" for name, value in headers.items())))) as url:
            return await post(plain(), outgoing(url, b"x"))

    answer = asyncio.run(story())
    assert (answer.status, answer.retry_after) == (503, None)
