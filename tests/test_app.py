"""Two whole nodes over real mutual TLS on loopback, and what is refused before a node starts."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from node.app import Delivering, Node, Sending, Service, Setting
from node.configuration import ConfigurationError
from node.ebms.states import InboundState, OutboundState
from node.keyring.demo_authority import DemoAuthority
from node.msh.ports import TransportError
from node.msh.submit import Submission
from node.workers.breaker import Circuit
from tests.conftest import FixtureClock
from tests.homes import ACTION, Side, agree, make_pair, make_side


@asynccontextmanager
async def serving(side: Side) -> AsyncIterator[Service]:
    node = Node.open(side.folder)
    try:
        service = Service(node)
        started = asyncio.Event()
        task = asyncio.create_task(service.run(lambda _: started.set()))
        waiting = asyncio.create_task(started.wait())
        await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
        try:
            yield service
        finally:
            waiting.cancel()
            service.stop()
            await task
    finally:
        node.close()


def submission(node: Node, path: Path, partner: str = "kr") -> Submission:
    return Submission(partner, ACTION, (node.payload(path, "application/xml"),))


async def ended(node: Node, message_id: str, wanted: OutboundState) -> None:
    async with asyncio.timeout(20):
        while (exchange := node.messages.exchange(message_id)) is None or exchange.state is not wanted:  # noqa: ASYNC110 - the store has no event to wait for
            await asyncio.sleep(0.02)


async def delivered(node: Node, message_id: str) -> Path:
    """The inbox folder of a message."""
    async with asyncio.timeout(20):
        while not any(one.state is InboundState.DELIVERED for one in node.messages.inbound(message_id)):  # noqa: ASYNC110 - the store has no event to wait for
            await asyncio.sleep(0.02)
    detail = node.messages.inbound_history(node.messages.inbound(message_id)[0].id)[-1].detail
    return node.home.data / detail


def run(story: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(story())  # type: ignore[arg-type]


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "certificate.xml"
    path.write_text("<certificate>產地證明書</certificate>" * 20, "utf-8")
    return path


def test_a_message_is_acknowledged_and_delivered_in_both_directions(tmp_path: Path, document: Path) -> None:
    tw, kr = make_pair(tmp_path)
    octets = document.read_bytes()

    async def story() -> None:
        async with serving(tw) as here, serving(kr) as there:
            for sender, receiver, partner in ((here, there, "kr"), (there, here, "tw")):
                exchange = sender.node.submit(submission(sender.node, document, partner))
                sender.push.offer(exchange)
                await ended(sender.node, exchange.message_id, OutboundState.ACKNOWLEDGED)
                inbox = await delivered(receiver.node, exchange.message_id)
                assert (inbox / "payload-1.xml").read_bytes() == octets
                told = json.loads((inbox / "message.json").read_text())
                assert told["message_id"] == exchange.message_id
                assert told["from"]["party_ids"][0]["value"] == sender.node.home.party_ids[0].value

    run(story)


def test_what_another_process_submits_is_noticed_and_sent(
    tmp_path: Path, document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Only the watch can wake the worker.
    monkeypatch.setattr("node.workers.push.POLL_SECONDS", 3600)
    tw, kr = make_pair(tmp_path)

    async def story() -> None:
        async with serving(tw) as here, serving(kr):
            await asyncio.sleep(0.3)
            other = Node.open(tw.folder)
            assert other.served()
            exchange = other.submit(submission(other, document))
            other.close()
            await ended(here.node, exchange.message_id, OutboundState.ACKNOWLEDGED)

    run(story)


def test_the_store_s_version_tells_others_writing_from_our_own(tmp_path: Path, document: Path) -> None:
    tw, _ = make_pair(tmp_path)
    ours, other = Node.open(tw.folder), Node.open(tw.folder)
    before = ours.version()
    ours.submit(submission(ours, document))
    assert ours.version() == before
    other.submit(submission(other, document))
    assert ours.version() != before
    ours.close()
    other.close()


def test_a_large_payload_streams_through_and_arrives_octet_for_octet(tmp_path: Path) -> None:
    tw, kr = make_pair(tmp_path)
    large = tmp_path / "large.bin"
    large.write_bytes(os.urandom(5_000_000))

    async def story() -> None:
        async with serving(tw) as here, serving(kr) as there:
            node = here.node
            exchange = node.submit(Submission("kr", ACTION, (node.payload(large, "application/octet-stream"),)))
            here.push.wake()
            await ended(node, exchange.message_id, OutboundState.ACKNOWLEDGED)
            inbox = await delivered(there.node, exchange.message_id)
            assert (inbox / "payload-1.bin").read_bytes() == large.read_bytes()

    run(story)
    assert list((kr.folder / "data" / "quarantine").iterdir()) == []


def test_pinned_certificates_need_no_authority(tmp_path: Path, document: Path) -> None:
    first, second, unknown = (DemoAuthority(datetime.now(UTC)) for _ in range(3))
    tw = make_side(tmp_path, "tw", first, unknown.certificate)
    kr = make_side(tmp_path, "kr", second, unknown.certificate)
    agree(tw, kr, trust="pinned")
    agree(kr, tw, trust="pinned")

    async def story() -> None:
        async with serving(tw) as here, serving(kr):
            exchange = here.node.submit(submission(here.node, document))
            here.push.wake()
            await ended(here.node, exchange.message_id, OutboundState.ACKNOWLEDGED)

    run(story)


def test_a_partner_without_a_trusted_tls_certificate_is_not_let_in(tmp_path: Path, document: Path) -> None:
    """The stranger has everything but a certificate that the other side trusts."""
    trusted, own = DemoAuthority(datetime.now(UTC)), DemoAuthority(datetime.now(UTC))
    kr = make_side(tmp_path, "kr", trusted)
    tw = make_side(tmp_path, "tw", own, trusted.certificate)
    agree(tw, kr, more="\n[leg.reception_awareness]\nretry = false\n")

    async def story() -> None:
        async with serving(tw) as here, serving(kr) as there:
            exchange = here.node.submit(submission(here.node, document))
            here.push.wake()
            await ended(here.node, exchange.message_id, OutboundState.FAILED)
            details = [step.detail for step in here.node.messages.history(exchange.message_id)]
            assert any("localhost" in detail for detail in details)
            assert there.node.messages.inbound(exchange.message_id) == []

    run(story)


def test_a_message_to_a_partner_that_is_down_waits_or_is_given_up(tmp_path: Path, document: Path) -> None:
    authority = DemoAuthority(datetime.now(UTC))
    tw, kr, jp = (make_side(tmp_path, name, authority) for name in ("tw", "kr", "jp"))
    agree(tw, kr)
    agree(tw, jp, more="\n[leg.reception_awareness]\nretry = false\n")

    async def story() -> None:
        async with serving(tw) as here:
            node = here.node
            waits, ends = (node.submit(submission(node, document, partner)) for partner in ("kr", "jp"))
            here.push.wake()
            await ended(node, ends.message_id, OutboundState.FAILED)
            await ended(node, waits.message_id, OutboundState.READY)
            assert "nothing listens there" in node.messages.history(waits.message_id)[-1].detail
            assert "given up after 1 of 1" in node.messages.history(ends.message_id)[-1].detail

    run(story)


def test_only_one_process_serves_a_home(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)

    async def story() -> None:
        async with serving(tw):
            second = Node.open(tw.folder)
            with pytest.raises(ConfigurationError, match="another n2n serve"):
                Service(second)
            second.close()

    run(story)
    after = Node.open(tw.folder)
    assert not after.served()
    after.close()


def test_a_port_that_is_taken_is_told_and_frees_the_home(tmp_path: Path) -> None:
    tw, kr = make_pair(tmp_path)
    text = (kr.folder / "node.toml").read_text().replace(str(kr.port), str(tw.port))
    (kr.folder / "node.toml").write_text(text)

    async def story() -> None:
        async with serving(tw):
            node = Node.open(kr.folder)
            with pytest.raises(ConfigurationError, match=r"listen\.port: cannot listen"):
                Service(node)
            assert not node.served()
            node.close()

    run(story)


def test_health_and_status_are_told_to_this_machine(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    text = (tw.folder / "node.toml").read_text()
    (tw.folder / "node.toml").write_text(text.replace("[listen]", "[listen]\nadmin_port = 1", 1))

    async def get(address: tuple[str, int], path: str) -> tuple[int, dict[str, object]]:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        return int(head.split()[1]), json.loads(body)

    async def story(monkeypatch: pytest.MonkeyPatch) -> None:
        from node import app

        bind = app.bind
        monkeypatch.setattr(app, "bind", lambda host, port: bind(host, 0 if port == 1 else port))
        async with serving(tw) as here:
            assert here.admin
            assert here.admin.address[0] == "127.0.0.1"
            assert await get(here.admin.address, "/health") == (200, {"live": True, "ready": True})
            code, status = await get(here.admin.address, "/status")
            assert (code, status["party_ids"], status["outbound"]) == (200, ["TW-CUSTOMS"], {})
            here._transport.progress["m@tw"] = (3, 9)
            _, status = await get(here.admin.address, "/status")
            assert status["sending"] == [{"message_id": "m@tw", "octets": 3, "of": 9}]

    with pytest.MonkeyPatch.context() as patch:
        asyncio.run(story(patch))


def test_partners_are_answered_503_while_too_much_waits_for_the_consumer(
    tmp_path: Path, document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tw, kr = make_pair(tmp_path, more='\n[leg.reception_awareness]\nretry_parameters = "retries=9"\n')
    with (kr.folder / "node.toml").open("a") as toml:
        toml.write("\n[limits]\nwaiting = 2\n")

    async def story() -> None:
        async with serving(tw) as here, serving(kr) as there:
            # The Consumer is away.
            monkeypatch.setattr(there.delivery, "_deliver", lambda batch: True)
            sent = []
            for _ in range(3):
                sent.append(here.node.submit(submission(here.node, document)).message_id)
                here.push.wake()
                wanted = OutboundState.ACKNOWLEDGED if len(sent) < 3 else OutboundState.READY
                await ended(here.node, sent[-1], wanted)
            assert here.node.messages.history(sent[2])[-1].http_status == 503
            assert there.node.messages.counts()["inbound"] == {"ACCEPTED": 2}
            monkeypatch.undo()
            for message_id in sent[:2]:
                await delivered(there.node, message_id)
            async with asyncio.timeout(5):
                while there._waiting.full:  # noqa: ASYNC110 - the count has no event to wait for
                    await asyncio.sleep(0.02)

    run(story)


def test_the_one_message_that_was_in_hand_at_a_crash_has_used_up_an_attempt(
    tmp_path: Path, document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tw, kr = make_pair(tmp_path)

    async def story() -> None:
        async with serving(tw) as here, serving(kr) as there:
            monkeypatch.setattr(there.delivery, "_deliver", lambda batch: False)
            ids = [here.node.submit(submission(here.node, document)).message_id for _ in range(2)]
            here.push.wake()
            for message_id in ids:
                await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)

    run(story)
    node = Node.open(kr.folder)
    one, two = node.messages.deliverable(9)
    making = kr.folder / "data" / "inbox" / "tw"
    names = [Delivering(node).name(message) for message in (one, two)]
    for several in (True, False):
        for name in names if several else names[:1]:
            (making / f".making-{name}").mkdir(parents=True)
        delivering = Delivering(node)
        assert delivering.tried(one)
        assert delivering.tried(two) is several
        assert [found.delivery_attempts for found in node.messages.deliverable(9)] == [0 if several else 1, 0]
    node.close()


def test_a_clock_that_goes_back_makes_due_what_it_had_put_off(
    tmp_path: Path, document: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tw, _ = make_pair(tmp_path)
    node = Node.open(tw.folder)
    right = node.clock.now()
    node.ports = replace(node.ports, clock=FixtureClock(right + timedelta(days=3650)))
    node.clock = node.ports.clock  # type: ignore[assignment]
    message_id = node.submit(submission(node, document)).message_id
    node.clock.advance(days=-3650)  # type: ignore[attr-defined]
    node.recover()
    assert [one.message_id for one in Sending(node).sendable(9, ())] == [message_id]
    node.close()


def test_every_problem_of_a_home_is_told_at_once(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    (tw.folder / "certs" / "own" / "tls.pem").unlink()
    (tw.folder / "certs" / "trust" / "ca.pem").unlink()
    (tw.folder / "partners" / "kr" / "agreement.toml").write_text("profile = 'nonsense'\n")
    with pytest.raises(ConfigurationError) as caught:
        Node(Setting(tw.folder))
    text = str(caught.value)
    for place in (
        "node.toml: listen.tls",
        "node.toml: keys.tls",
        "node.toml: listen.client_ca",
        "partners/kr/agreement.toml",
        "nonsense",
    ):
        assert place in text


def test_a_worker_that_dies_takes_the_node_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tw, _ = make_pair(tmp_path)

    async def story() -> None:
        node = Node.open(tw.folder)
        service = Service(node)

        async def dies() -> None:
            raise ZeroDivisionError("a bug of ours")

        monkeypatch.setattr(service.delivery, "run", dies)
        with pytest.raises(ZeroDivisionError):
            async with asyncio.timeout(10):
                await service.run()
        node.close()

    run(story)


# -- the machine's clock is set ------------------------------------------------------------------------------------------


class SetClock:
    """A machine's clock, wrong by what a test says."""

    wrong = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + SetClock.wrong


@pytest.mark.parametrize("jump", [timedelta(days=n) for n in (-1, 1, 3650)] + [timedelta(hours=n) for n in (-1, 1)], ids=str)
def test_a_clock_that_is_set_neither_hastens_nor_loses_what_waits(
    tmp_path: Path, document: Path, jump: timedelta, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    authority = DemoAuthority(datetime.now(UTC))
    tw, kr = make_side(tmp_path, "tw", authority), make_side(tmp_path, "kr", authority)
    agree(tw, kr, more='[leg.x]\nretry = {period = "20m", horizon = "2h"}\n')
    monkeypatch.setattr("node.app.SystemClock", SetClock)
    monkeypatch.setattr(SetClock, "wrong", timedelta())
    node = Node.open(tw.folder)
    sending = Sending(node)
    waits, fresh = (node.submit(submission(node, document)) for _ in range(2))
    sending.prepare(waits)
    sending.settle(waits, TransportError("kr: nothing listens there"))
    before = node.messages.exchange(waits.message_id)
    assert before is not None
    assert before.due_at is not None
    SetClock.wrong = jump
    # Not even before the jump is noticed does anything fall due, or wait longer.
    assert [one.message_id for one in sending.sendable(9, ())] == [fresh.message_id]
    assert sending.clock_was_set()
    assert not sending.clock_was_set()
    assert "the machine's clock was set by" in caplog.text
    after = node.messages.exchange(waits.message_id)
    assert after is not None
    for was, is_now in ((before.due_at, after.due_at), (before.give_up_at, after.give_up_at)):
        assert was is not None
        assert is_now is not None
        assert abs(is_now - was - jump) < timedelta(seconds=1)
    assert [one.message_id for one in sending.sendable(9, ())] == [fresh.message_id]
    assert sending.expired() == 0
    # After a restart only the machine's clock is left, and it says the same.
    node.close()
    node = Node.open(tw.folder)
    sending = Sending(node)
    assert [one.message_id for one in sending.sendable(9, ())] == [fresh.message_id]
    monkeypatch.setattr(SetClock, "wrong", jump + timedelta(minutes=21))
    node.steady.follow()
    assert {one.message_id for one in sending.sendable(9, ())} == {fresh.message_id, waits.message_id}
    node.close()


def test_what_was_never_tried_ends_only_if_its_partner_was_asked_in_vain_all_along(
    tmp_path: Path, document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = DemoAuthority(datetime.now(UTC))
    tw, kr = make_side(tmp_path, "tw", authority), make_side(tmp_path, "kr", authority)
    agree(tw, kr, more='[leg.x]\nretry = {period = "20m", horizon = "2h"}\n')
    monkeypatch.setattr("node.app.SystemClock", SetClock)
    monkeypatch.setattr(SetClock, "wrong", timedelta())
    node = Node.open(tw.folder)
    sending = Sending(node)
    exchange = node.submit(submission(node, document))
    monkeypatch.setattr(SetClock, "wrong", timedelta(hours=3))
    node.steady.follow()
    # The node was off, perhaps; nobody has asked the partner.
    assert sending.expired() == 0
    sending.circuit(Circuit("kr", 5, "nothing listens there", 1.0))
    assert sending.expired() == 0
    # Ten years by a clock that is set are no time at all.
    monkeypatch.setattr(SetClock, "wrong", timedelta(days=3650))
    assert sending.clock_was_set()
    assert sending.expired() == 0
    monkeypatch.setattr(SetClock, "wrong", timedelta(days=3650, hours=3))
    node.steady.follow()
    assert sending.expired() == 1
    last = node.messages.history(exchange.message_id)[-1]
    assert (last.event, last.error_code) == ("GAVE_UP", "EBMS:0301")
    assert "kr could not be reached in time, asked in vain since" in last.detail
    sending.circuit(Circuit("kr"))
    assert node.messages.circuits() == {}
    node.close()
