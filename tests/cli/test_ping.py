"""`n2n partner ping` between two nodes that serve: answered, not answered in time, and without anybody who serves."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bars.bar import until
from tests.bars.nodes import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.stop()


def test_a_partner_answers_and_its_consumer_gets_nothing(n2n: Any, world: World) -> None:
    for side in (world.tw, world.kr):
        world.start(side)
    ended = n2n("--home", world.tw.folder, "partner", "ping", "kr", "--json")
    assert ended.code == 0, ended.err
    told = ended.document
    assert (told["answered"], told["attempts"], told["error_code"]) == (True, 1, None)
    assert told["milliseconds"] < 30_000
    shown = n2n("--home", world.tw.folder, "message", "show", told["message_id"], "--json").document
    assert (shown["state"], shown["payloads"]) == ("ACKNOWLEDGED", [])
    from node.security.certificates import load_certificates

    (expected,) = load_certificates(world.kr.issued["sign"].certificate)
    assert told["signed_by"] == {"subject": str(expected.subject), "sha256": expected.sha256}
    out = n2n("--home", world.tw.folder, "partner", "ping", "kr").out
    assert "kr answered in" in out
    assert expected.sha256 in out
    assert "its clock is the same as ours within" in out
    assert (told["clock"]["partner"], told["clock"]["off"]) == ("kr", False)
    assert told["clock"]["latest_least_ms"] <= 0 <= told["clock"]["latest_most_ms"]
    # What comes after the tests is handed over, so they would have been.
    with world.sender() as node:
        message_id = world.submit(node, world.file("later.xml", b"<later/>"))
    until(world.consumed, 20)
    assert [one for _, one, _ in world.consumed()] == [message_id]


def test_a_partner_that_is_down_is_told_and_the_test_is_cancelled(n2n: Any, world: World) -> None:
    world.start(world.tw)
    ended = n2n("--home", world.tw.folder, "partner", "ping", "kr", "--wait", "1.5", "--json")
    assert ended.code == 6
    assert not ended.document["answered"]
    assert "nothing listens there" in ended.document["detail"]
    shown = n2n("--home", world.tw.folder, "message", "show", ended.document["message_id"], "--json").document
    assert shown["state"] == "FAILED"


def test_somebody_must_serve(n2n: Any, world: World) -> None:
    ended = n2n("--home", world.tw.folder, "partner", "ping", "kr")
    assert ended.code == 4
    assert "nobody serves this home" in ended.err


def test_an_unknown_partner_is_not_found(n2n: Any, world: World) -> None:
    world.start(world.tw)
    ended = n2n("--home", world.tw.folder, "partner", "ping", "jp")
    assert ended.code == 7
    assert "kr" in ended.err
