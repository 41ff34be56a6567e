"""The conformance cases against a product of another make: it is conformant, so no case may fail because it is not ours; what it lets through by itself is found."""

import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from node.app import Node
from node.conforming import Conforming, Surroundings
from node.probing import Probing, text
from node.security import encrypt
from tests.peers.counterparty import PRESETS, Receiver, free_port
from tests.peers.our_node import Partner, make_home

pytestmark = pytest.mark.java


@pytest.fixture(params=PRESETS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_what_phase4_does_otherwise_is_no_failure_and_what_it_lets_through_is(peer_keys: Path, tmp_path: Path, kind: str) -> None:
    port = free_port()
    phase4 = Receiver(peer_keys, kind, tmp_path / "got", port, "--require", "sign")
    home = tmp_path / "home"
    make_home(home, peer_keys, free_port(), [Partner("phase4", kind, f"http://127.0.0.1:{port}/as4")])
    node = Node.open(home)
    try:
        with node.posting_directly() as post:
            around = Surroundings(post, time.sleep, node.messages, node.setting.agreements.pmodes("phase4"), lambda: None, False)
            found = {one.case.id: one for one in Conforming(Probing("phase4", node.ports), around).outcomes()}
    finally:
        node.close()
        phase4.stop()
    wrong = {name: one.sentence() for name, one in found.items() if not one.passed}
    # By itself it takes test messages of any party and service, signed or not: what a deployment must not, and the gate is to find.
    assert set(wrong) == {"HDR-08", "HDR-09", "HDR-10", "HDR-11", "SIG-17", "PNG-06"}, wrong
    assert wrong["HDR-10"].endswith("got a receipt (the receipt repeats every digest we signed)")
    # It says of a duplicate that it has it, and drops in silence what it cannot read.
    noted = {name: one.note for name, one in found.items() if one.result.value == "passed with a note"}
    assert {"RLY-05", "RLY-06", "NEG-01", "SIG-19"} <= set(noted)


def test_the_keys_that_we_never_choose_are_the_ones_that_it_misreads(
    peer_keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    phase4 = Receiver(peer_keys, "ed", tmp_path / "got", port, "--require", "sign")
    home = tmp_path / "home"
    make_home(home, peer_keys, free_port(), [Partner("phase4", "ed", f"http://127.0.0.1:{port}/as4")])
    node = Node.open(home)
    try:
        with node.posting_directly() as post:
            probing = Probing("phase4", node.ports)

            def refused_with(*begin: int) -> str | None:
                """What it says to a message whose ephemeral key begins so."""
                keys = iter(X25519PrivateKey.generate, None)
                fitting = next(one for one in keys if one.public_key().public_bytes_raw().startswith(bytes(begin)))
                monkeypatch.setattr(encrypt, "ephemeral_for", lambda _recipient: fitting)
                return probing.ask(probing.probe([text(b"a certificate")]), post)[0].code

            # An INTEGER as long as what follows allows: a DSA key to Java. Where this is None some day, the exception may go.
            assert refused_with(0x02, 0x14) == "EBMS:0102"
            assert refused_with(0x02, 0xFF) is None
            assert refused_with(0x04) is None
    finally:
        node.close()
        phase4.stop()
