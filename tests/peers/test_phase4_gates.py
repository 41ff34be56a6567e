"""The conformance cases against a product of another make: it is conformant, so no case may fail because it is not ours; what it lets through by itself is found."""

import time
from pathlib import Path

import pytest

from node.app import Node
from node.conforming import Conforming, Surroundings
from node.probing import Probing
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
