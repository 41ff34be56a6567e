"""Two whole nodes over real mutual TLS on loopback, and what is refused before a node starts."""

import asyncio
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from node.app import Node
from node.configuration import ConfigurationError
from node.ebms.states import OutboundState
from node.keyring.demo_authority import DemoAuthority
from node.msh.submit import Submission
from node.service import Service
from tests.homes import ACTION, agree, make_pair, make_side
from tests.services import delivered, ended, run, serving, submission

NO_RETRY = """
[leg.reception_awareness]
retry = false
[[weakened]]
parameter = "leg.reception_awareness.retry"
reason = "nothing is waited for"
"""


def test_a_message_is_acknowledged_and_delivered_in_both_directions(tmp_path: Path, document: Path) -> None:
    tw, kr = make_pair(tmp_path)
    octets = document.read_bytes()

    async def story() -> None:
        async with serving(tw) as here, serving(kr) as there:
            for sender, receiver, partner in ((here, there, "kr"), (there, here, "tw")):
                exchange = sender.node.submit(submission(sender.node, document, partner))
                sender.push.wake()
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
    agree(tw, kr, more=NO_RETRY)

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
    agree(tw, jp, more=NO_RETRY)

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
        from node import service

        bind = service.bind
        monkeypatch.setattr(service, "bind", lambda host, port: bind(host, 0 if port == 1 else port))
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


def test_how_far_a_long_send_is_can_be_seen_from_another_process_while_it_lasts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tw, _ = make_pair(tmp_path)
    monkeypatch.setattr("node.workers.progress.SECONDS", 0.01)

    async def story() -> None:
        file = tw.folder / "data" / "progress.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text('{"dead@tw": [1, 2, 3.0]}')
        other = Node.open(tw.folder)
        async with asyncio.timeout(10), serving(tw) as here:
            while file.exists():  # noqa: ASYNC110 - another process has no event to wait for
                await asyncio.sleep(0.01)
            here._transport.progress["m@tw"] = (3_000_000, 9_000_000)
            while not (found := other.sending()):  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.01)
            assert str(found["m@tw"]) == "3 of 9 MB sent, 0.0 MB/s"
            here._transport.progress.clear()
            while file.exists():  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.01)
            here._transport.progress["m@tw"] = (4_000_000, 9_000_000)
            while not other.sending():  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.01)
        assert (other.sending(), file.exists()) == ({}, False)
        other.close()

    run(story)


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
