"""The conformance cases against a product of another make: it is conformant, so no case may fail because it is not ours."""

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


def test_phase4_passes_every_case_that_applies_to_it(peer_keys: Path, tmp_path: Path, kind: str) -> None:
    phase4 = Receiver(peer_keys, kind, tmp_path / "got", free_port())
    home = tmp_path / "home"
    make_home(home, peer_keys, free_port(), [Partner("phase4", kind, f"http://127.0.0.1:{phase4.port}/as4")])
    node = Node.open(home)
    try:
        with node.posting_directly() as post:
            around = Surroundings(post, time.sleep, node.messages, node.setting.agreements.pmodes("phase4"), lambda: None, False)
            found = {one.case.id: one for one in Conforming(Probing("phase4", node.ports), around).outcomes()}
    finally:
        node.close()
        phase4.stop()
    for one in found.values():
        print(one.case.id, one.result.value, one.answer and (one.answer.receipt, one.answer.code, one.answer.status, one.answer.detail[:150]), one.note)
    assert {name: one.sentence() for name, one in found.items() if not one.passed and name != "PNG-06"} == {}
