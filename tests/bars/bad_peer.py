"""Goal 7: a partner that answers with every kind of garbage, or not at all: each message is acknowledged, or failed and reported; none is silent."""

import asyncio
import contextlib
import gzip
import re
import struct
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from node.app import Node
from node.ebms.states import OutboundState
from node.msh.inbound import receive
from node.msh.ports import Peer
from node.msh.submit import Submission
from node.service import Service
from node.workers import breaker, push
from tests.bars.bar import Outcome, main
from tests.homes import ACTION, Side, agree, make_side

#: Three attempts in quick succession, and little patience.
QUICK = """
[leg.x]
retry = {period = "100ms", max_retries = 2}
http = {connect_timeout = 0.7, read_timeout = 0.8}
"""
#: How long a kind may take; what has not ended then is silent.
PATIENCE = 60.0
SOAP = "application/soap+xml; charset=UTF-8"
ENDED = frozenset({OutboundState.ACKNOWLEDGED, OutboundState.FAILED})


# -- one connection ----------------------------------------------------------------------------------------------------


@dataclass
class Line:
    """One connection on which a whole request has come, and what an honest partner would answer."""

    writer: asyncio.StreamWriter
    request: bytes
    #: Makes the honest answer: status, media type, octets.
    honest: Callable[[], tuple[int, str, bytes]]
    #: The honest answer to an earlier message.
    earlier: bytes

    async def answer(
        self, status: int = 200, content_type: str | None = SOAP, octets: bytes = b"", length: int | None = None, more: str = ""
    ) -> None:
        head = (
            f"HTTP/1.1 {status} X\r\nContent-Length: {len(octets) if length is None else length}\r\nConnection: close\r\n{more}"
        )
        self.writer.write((head + (f"Content-Type: {content_type}\r\n" if content_type else "") + "\r\n").encode() + octets)
        await self.writer.drain()

    def receipt(self) -> bytes:
        return self.honest()[2]

    def reset(self) -> None:
        """RST instead of FIN."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(1, 13, struct.pack("ii", 1, 0))  # SOL_SOCKET, SO_LINGER
        self.writer.transport.abort()


Kind = Callable[[Line], Awaitable[None]]


# -- the kinds of garbage ----------------------------------------------------------------------------------------------


async def no_answer(line: Line) -> None:
    await asyncio.sleep(3)


async def closed(line: Line) -> None:
    line.honest()


async def reset_before_the_answer(line: Line) -> None:
    line.reset()


async def reset_in_the_answer(line: Line) -> None:
    receipt = line.receipt()
    await line.answer(octets=receipt[:200], length=len(receipt))
    line.reset()


async def dripping(line: Line) -> None:
    receipt = line.receipt()
    await line.answer(octets=receipt[:1], length=len(receipt))
    for at in range(1, 30):
        await asyncio.sleep(0.1)
        line.writer.write(receipt[at : at + 1])


async def no_http(line: Line) -> None:
    line.writer.write(b"\x00\x01SSH-2.0-garbage\r\n\r\n")


async def html(line: Line) -> None:
    await line.answer(200, "text/html", b"<html><body>It works!</body></html>")


async def empty_200(line: Line) -> None:
    await line.answer(200, None)


async def empty_202(line: Line) -> None:
    await line.answer(202, None)


async def error_500(line: Line) -> None:
    await line.answer(500, "text/plain", b"java.lang.NullPointerException")


async def busy_503(line: Line) -> None:
    await line.answer(503, None, more="Retry-After: 1\r\n")


async def redirect(line: Line) -> None:
    await line.answer(302, None, more="Location: https://127.0.0.1:1/elsewhere\r\n")


async def forbidden(line: Line) -> None:
    await line.answer(403, "text/html", b"<h1>Forbidden</h1>")


async def other_soap_version(line: Line) -> None:
    octets = line.receipt().replace(b"http://www.w3.org/2003/05/soap-envelope", b"http://schemas.xmlsoap.org/soap/envelope/")
    await line.answer(octets=octets, content_type="text/xml; charset=UTF-8")


async def no_soap(line: Line) -> None:
    await line.answer(octets=b"<?xml version='1.0'?><hello/>")


async def cut_xml(line: Line) -> None:
    await line.answer(octets=line.receipt()[:-300])


async def entity_bomb(line: Line) -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b "' + b"c" * 1000 + b'">]><a>' + b"&b;" * 1000 + b"</a>"
    await line.answer(octets=bomb)


async def two_receipts(line: Line) -> None:
    octets = line.receipt()
    signal = re.search(rb"<(\w+:)?SignalMessage.*</(\w+:)?SignalMessage>", octets, re.DOTALL)
    assert signal is not None
    await line.answer(octets=octets.replace(signal[0], signal[0] * 2))


async def receipt_and_error(line: Line) -> None:
    octets = line.receipt()
    end = re.search(rb"</((?:\w+:)?)Receipt>", octets)
    assert end is not None
    error = b'<%bError errorCode="EBMS:0004" severity="failure" category="Content"/>' % end[1]
    await line.answer(octets=octets.replace(end[0], end[0] + error))


async def endless(line: Line) -> None:
    await line.answer(octets=b"<", length=1 << 30)
    # Many times what anybody may read of it; not every event loop says that the other side has gone.
    with contextlib.suppress(ConnectionError):
        for _ in range(256):
            line.writer.write(b"x" * 65536)
            await line.writer.drain()


async def longer_than_it_says(line: Line) -> None:
    receipt = line.receipt()
    await line.answer(octets=receipt, length=len(receipt) - 100)


async def shorter_than_it_says(line: Line) -> None:
    receipt = line.receipt()
    await line.answer(octets=receipt, length=len(receipt) + 100)


async def receipt_of_another(line: Line) -> None:
    line.honest()
    await line.answer(octets=line.earlier)


async def unsigned_receipt(line: Line) -> None:
    await line.answer(octets=re.sub(rb"<(\w+:)?Security.*</(\w+:)?Security>", b"", line.receipt(), flags=re.DOTALL))


async def changed_digest(line: Line) -> None:
    octets = line.receipt()
    digest = re.search(rb"DigestValue>(.)", octets[octets.index(b"NonRepudiation") :])
    assert digest is not None
    at = octets.index(b"NonRepudiation") + digest.start(1)
    await line.answer(octets=octets[:at] + (b"A" if octets[at : at + 1] != b"A" else b"B") + octets[at + 1 :])


async def unsigned_error(line: Line) -> None:
    message_id = re.search(rb"MessageId>([^<]+)<", line.request)
    assert message_id is not None
    await line.answer(
        500,
        octets=b'<S:Envelope xmlns:S="http://www.w3.org/2003/05/soap-envelope" xmlns:e="http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/">'
        b'<S:Header><e:Messaging S:mustUnderstand="true"><e:SignalMessage><e:MessageInfo><e:Timestamp>2026-11-24T08:00:00Z</e:Timestamp>'
        b"<e:MessageId>x@y</e:MessageId><e:RefToMessageId>%b</e:RefToMessageId></e:MessageInfo>"
        b'<e:Error errorCode="EBMS:0101" severity="failure" category="Processing"/></e:SignalMessage></e:Messaging></S:Header><S:Body/></S:Envelope>'
        % message_id[1],
    )


async def echo(line: Line) -> None:
    head, _, body = line.request.partition(b"\r\n\r\n")
    kind = re.search(rb"(?im)^content-type: *(.+?)\r?$", head)
    assert kind is not None
    await line.answer(content_type=kind[1].decode(), octets=body)


async def wrongly_coded(line: Line) -> None:
    await line.answer(octets=gzip.compress(line.receipt())[:-20], more="Content-Encoding: gzip\r\n")


#: Kinds of a partner that speaks TLS and reads the whole request.
ANSWERS: dict[str, Kind] = {
    one.__name__: one
    for one in (
        *(
            no_answer,
            closed,
            reset_before_the_answer,
            reset_in_the_answer,
            dripping,
            no_http,
            html,
            empty_200,
            empty_202,
            error_500,
        ),
        *(busy_503, redirect, forbidden, other_soap_version, no_soap, cut_xml, entity_bomb, two_receipts, receipt_and_error),
        *(endless, longer_than_it_says, shorter_than_it_says, receipt_of_another, unsigned_receipt, changed_digest),
        *(unsigned_error, echo, wrongly_coded),
    )
}
#: Kinds of a partner that does not get as far.
LINES = ("nothing_listens", "no_tls", "closed_before_tls", "certificate_of_a_stranger")
KINDS = (*LINES, *ANSWERS)


# -- the peer ----------------------------------------------------------------------------------------------------------


class BadPeer:
    """Stands at the address of kr: bad in one way while `kind` is set, honest otherwise."""

    def __init__(self, kr: Side, stranger: Side) -> None:
        self.node, self._port = Node.open(kr.folder), kr.port
        self._tls = self.node.setting.server_tls(self.node.clock.now())
        self._stranger = Node.open(stranger.folder)
        self.kind: str | None = None
        self.requests = 0
        self._earlier = b""
        self._servers: list[asyncio.Server] = []

    async def become(self, kind: str | None) -> None:
        """Be bad in this way from now on, or honest."""
        await self.down()
        self.kind = kind
        if kind == "nothing_listens":
            return
        tls: Any = self._tls
        if kind in ("no_tls", "closed_before_tls"):
            tls = None
        elif kind == "certificate_of_a_stranger":
            tls = self._stranger.setting.server_tls(self._stranger.clock.now())
        self._servers = [await asyncio.start_server(self._connected, "127.0.0.1", self._port, ssl=tls)]

    async def down(self) -> None:
        for server in self._servers:
            server.close()
            server.close_clients() if hasattr(server, "close_clients") else None
        self._servers = []

    async def close(self) -> None:
        await self.down()
        await asyncio.sleep(0.05)
        self.node.close()
        self._stranger.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError, asyncio.IncompleteReadError):
            if self.kind == "no_tls":
                await asyncio.sleep(3)
            elif self.kind != "closed_before_tls":
                await self._answer(reader, writer)
        writer.transport.abort() if self.kind == "no_tls" else writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        kind = re.search(rb"(?im)^content-type: *(.+?)\r?$", head)
        assert length is not None
        assert kind is not None
        body = await reader.readexactly(int(length[1]))
        self.requests += 1
        certificate = writer.get_extra_info("ssl_object").getpeercert(True)

        def honest() -> tuple[int, str, bytes]:
            answer = receive(kind[1].decode(), (body,), Peer("127.0.0.1", certificate), self.node.ports)
            return answer.status, answer.content_type or "", answer.octets

        line = Line(writer, head + body, honest, self._earlier)
        if self.kind in ANSWERS:
            await ANSWERS[self.kind](line)
            return
        status, content_type, octets = honest()
        self._earlier = octets
        await line.answer(status, content_type, octets)


# -- the story ---------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def world(folder: Path) -> AsyncIterator[tuple[Service, BadPeer]]:
    """A real node tw that serves, and a bad peer for its partner kr."""
    from datetime import UTC, datetime

    from node.keyring.demo_authority import DemoAuthority

    authority, other = DemoAuthority(datetime.now(UTC)), DemoAuthority(datetime.now(UTC))
    tw, kr = make_side(folder, "tw", authority), make_side(folder, "kr", authority)
    stranger = make_side(folder / "strange", "kr", other)
    agree(tw, kr, more=QUICK)
    agree(kr, tw)
    rests = breaker.LEAST_SECONDS, breaker.MOST_SECONDS, push.POLL_SECONDS
    breaker.LEAST_SECONDS = breaker.MOST_SECONDS = push.POLL_SECONDS = 0.1
    peer, node = BadPeer(kr, stranger), Node.open(tw.folder)
    service, started = Service(node), asyncio.Event()
    task = asyncio.create_task(service.run(lambda _: started.set()))
    try:
        await started.wait()
        yield service, peer
    finally:
        service.stop()
        await task
        await peer.close()
        node.close()
        breaker.LEAST_SECONDS, breaker.MOST_SECONDS, push.POLL_SECONDS = rests


def submit(service: Service, document: Path) -> str:
    node = service.node
    message_id = node.submit(Submission("kr", ACTION, (node.payload(document, "application/xml"),))).message_id
    service.push.wake()
    return message_id


async def until(look: Callable[[], bool], patience: float = PATIENCE) -> bool:
    """Whether it came true in time."""
    end = asyncio.get_running_loop().time() + patience
    while not look():
        if asyncio.get_running_loop().time() > end:
            return False
        await asyncio.sleep(0.02)
    return True


async def try_kind(service: Service, peer: BadPeer, kind: str, document: Path, always: int, once: int) -> list[str]:
    """Some messages to a peer that stays bad, and some to one that comes to its senses; what is wrong with their ends."""
    messages = service.node.messages

    def state(message_id: str) -> OutboundState:
        exchange = messages.exchange(message_id)
        assert exchange is not None
        return exchange.state

    await peer.become(kind)
    bad = [submit(service, document) for _ in range(always)]
    ended = await until(lambda: all(state(one) in ENDED for one in bad))
    problems = [] if ended else [f"{kind}: silent: {one} is {state(one)}" for one in bad if state(one) not in ENDED]
    for one in bad:
        problems += [f"{kind}: {problem}" for problem in judge_failure(messages.history(one))]
    later = [submit(service, document) for _ in range(once)]
    await until(lambda: all(any(step.event == "ATTEMPT_FAILED" for step in messages.history(one)) for one in later))
    await peer.become(None)
    await until(lambda: all(state(one) in ENDED for one in later))
    for one in later:
        # Under heavy load all three attempts may have fallen into the bad time.
        if state(one) is not OutboundState.ACKNOWLEDGED:
            problems += [f"{kind}: {problem}" for problem in judge_failure(messages.history(one))]
            problems.append(f"{kind}: not acknowledged when the partner was honest again: {one} is {state(one)}")
        if len(peer.node.messages.inbound(one)) > 1:
            problems.append(f"{kind}: {one} was accepted twice")
    return problems


def judge_failure(history: list[Any]) -> list[str]:
    """What is wrong with the story of a message to a partner that was bad all along: it must fail, with a reason at every step."""
    problems = []
    failed = [step for step in history if step.event == "ATTEMPT_FAILED"]
    if sum(step.event == "ATTEMPT_STARTED" for step in history) != len(failed):
        problems.append("an attempt has no end in the history")
    if not all(step.detail for step in failed):
        problems.append("an attempt failed without a reason")
    last = history[-1]
    if (last.event, last.error_code, last.to_state) != ("GAVE_UP", "EBMS:0301", "FAILED"):
        problems.append(f"it ended with {last.event}: {last.detail}")
    return problems


def run(folder: Path, full: bool, kinds: tuple[str, ...] = KINDS, always: int = 2, once: int = 3) -> Outcome:
    """5 messages for each kind, 200 in full."""
    if full:
        always, once = 80, 120

    async def story() -> list[str]:
        document = folder / "document.xml"
        document.write_text("<certificate>" + "x" * 2000 + "</certificate>")
        problems: list[str] = []
        async with world(folder) as (service, peer):
            await peer.become(None)
            first = submit(service, document)
            if not await until(lambda: any(step.to_state == "ACKNOWLEDGED" for step in service.node.messages.history(first))):
                problems.append(f"the honest peer is not understood: {service.node.messages.history(first)}")
            for kind in kinds:
                problems += await try_kind(service, peer, kind, document, always, once)
        return problems

    problems = asyncio.run(story())
    silent = sum("silent" in one for one in problems)
    return Outcome(f"{len(kinds)} kinds x {always + once} messages: {len(problems)} wrong ends, {silent} silent", tuple(problems))


if __name__ == "__main__":
    sys.exit(main(run))
