"""Whatever phase4 and our node exchange is proven to both verifiers, and the DSS of the European Commission passes the seal."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from node.ebms.states import OutboundState
from node.evidence.entry import Kind
from node.evidence.finding import Check
from node.evidence.verify import Verdict
from tests.judged_bundles import failed, holds, holds_by_hand
from tests.peers.counterparty import Wire
from tests.peers.our_node import OurNode, until
from tests.peers.test_phase4 import (
    DAMAGE,
    FAULTS,
    INCOMING,
    KINDS,
    SENT,
    World,
    documents,
    send,
    world,
)
from tests.peers.test_phase4_pull import DOCUMENT, handing_out, pull, serve, submission

__all__ = ["documents", "world"]
pytestmark = pytest.mark.java
#: Of 20 MB once is enough; SOAP 1.1 wants a receiver of its own.
LONG = ("20 MB", "20 MB, signed", "20 MB of XML")


def bundle(ours: OurNode, message_id: str, *, redact: bool = False) -> bytes:
    """By the node beside the one that serves."""
    retrieving = ours.node.proof.retrieving()
    messages = retrieving.named(message_id)
    assert len(messages) == 1
    return retrieving.bundle(retrieving.gather(messages, {"messages": [message_id]}), redact=redact)


def proven(ours: OurNode, messages: Mapping[str, str], *, by_hand: bool = False) -> dict[str, Verdict]:
    """The verdict on a bundle of each message, whole; without its payloads it holds as well. All that does not is told at once."""
    wrong, found = {}, {}
    for name, message_id in messages.items():
        try:
            octets = bundle(ours, message_id)
            found[name] = holds(octets)
            if by_hand:
                with TemporaryDirectory() as folder:
                    holds_by_hand(octets, Path(folder))
            holds(bundle(ours, message_id, redact=True))
        except AssertionError as problem:
            wrong[name] = str(problem)
    assert wrong == {}
    return found


def whole(names: Sequence[str], kind: str) -> list[str]:
    return [one for one in names if kind == "rsa" or one not in LONG]


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_phase4_took_is_proven_with_its_receipt(world: World, kind: str) -> None:
    world.phase4(kind)
    messages = {}
    for name in whole(list(SENT), kind):
        sent = SENT[name]
        messages[name] = world.submit(
            f"{kind}-{sent.terms}",
            world.payloads(*sent.payloads),
            service=sent.service,
            properties=sent.properties,
            **sent.what,
        )
    for message_id in messages.values():
        assert world.ours.ended(message_id).state is OutboundState.ACKNOWLEDGED
    for name, verdict in proven(world.ours, messages, by_hand=kind == "rsa").items():
        assert [one.step for one in verdict.of(Check.RECEIPTS) if one.step and not one.fails] == [1, 2, 3, 4, 5, 6], name


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_phase4_sent_is_proven_with_our_receipt(world: World, kind: str) -> None:
    messages = {name: send(world, kind, INCOMING[name])["messageId"] for name in whole(list(INCOMING), kind)}
    proven(world.ours, messages, by_hand=kind == "rsa")


def test_whatever_phase4_made_of_our_message_is_proven(world: World) -> None:
    kinds = [(kind, name) for name, fault in FAULTS.items() for kind in fault.kinds]
    for kind in KINDS:
        world.phase4(kind)
    messages = {f"{kind} {name}": world.submit(f"{kind}-{name}") for kind, name in kinds}
    for name, message_id in messages.items():
        assert world.ours.ended(message_id).state is FAULTS[name.partition(" ")[2]].last, name
    proven(world.ours, messages)


def test_whatever_was_damaged_on_the_way_proves_nothing_and_is_told_as_it_was(world: World, tmp_path: Path) -> None:
    world.phase4("rsa")
    messages = {}
    for name in DAMAGE:
        wire = Wire.start(tmp_path, world.ports["rsa"], "--tamper", name, listen=world.ports[name])
        try:
            messages[name] = world.submit(f"rsa-{name}")
            assert world.ours.ended(messages[name]).state is OutboundState.FAILED
        finally:
            wire.stop()
    for name, verdict in proven(world.ours, messages).items():
        assert not any(one.step for one in verdict.of(Check.RECEIPTS)), name
        entries = world.ours.node.evidence.of_message(messages[name])
        assert Kind.ACKNOWLEDGED not in {one.entry.kind for one in entries}


@pytest.mark.parametrize("kind", KINDS)
def test_what_phase4_pulled_from_us_is_proven_with_its_receipt(
    peer: Callable[[str], Path], peer_keys: Path, tmp_path: Path, kind: str
) -> None:
    peer("phase4")
    ours = serve(tmp_path, peer_keys, kind, "http://127.0.0.1:9/as4")
    try:
        message_id = ours.node.submit(submission(DOCUMENT)).message_id
        assert pull(peer_keys, kind, ours.url, tmp_path / "pulled")["userMessage"]["messageId"] == message_id
        assert ours.ended(message_id).state is OutboundState.ACKNOWLEDGED
        (verdict,) = proven(ours, {"pulled": message_id}, by_hand=kind == "rsa").values()
        assert [one.step for one in verdict.of(Check.RECEIPTS) if one.step and not one.fails] == [1, 2, 3, 4, 5, 6]
    finally:
        ours.stop()


@pytest.mark.parametrize("kind", KINDS)
def test_what_we_pulled_from_phase4_is_proven_with_our_receipt(
    peer: Callable[[str], Path], peer_keys: Path, tmp_path: Path, kind: str
) -> None:
    peer("phase4")
    theirs = handing_out(peer_keys, kind, tmp_path, 2)
    try:
        ours = serve(tmp_path, peer_keys, kind, theirs.url)
        try:
            folders = until(lambda: ((found := ours.folders("puller")) and len(found) == 2 and found) or None)
            messages = {one.name: str(json.loads((one / "message.json").read_text("utf-8"))["message_id"]) for one in folders}
            for verdict in proven(ours, messages, by_hand=kind == "rsa").values():
                words = [one.word for one in verdict.of(Check.SIGNATURES)]
                # One authority issued for both sides, which is told.
                assert words == ["signatures.received", "signatures.receipt-good", "signatures.shared"]
        finally:
            ours.stop()
    finally:
        theirs.stop()


def test_dss_passes_the_seal(
    world: World, dss: Callable[[Sequence[Sequence[str | Path]]], list[tuple[int, Any]]], tmp_path: Path
) -> None:
    world.phase4("rsa")
    message_id = world.submit("rsa-whole")
    world.ours.ended(message_id)
    octets = bundle(world.ours, message_id)
    holds(octets)
    (tmp_path / "good.asice").write_bytes(octets)
    at = octets.index(b"message.acknowledged") if b"message.acknowledged" in octets else len(octets) // 2
    other = octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :]
    (tmp_path / "bad.asice").write_bytes(other)
    assert all(failed(other))
    trust = ["--trust", world.keys / "ca.pem", "--revocation", "ignore"]
    (status, said), (refused, _) = dss([["verify", tmp_path / name, *trust] for name in ("good.asice", "bad.asice")])
    (one,) = said["signatures"]
    assert (status, one["indication"], one["level"]) == (0, "TOTAL_PASSED", "XAdES-BASELINE-B"), one
    assert refused != 0
