"""What a report tells of each exchange."""

from dataclasses import replace
from datetime import timedelta

import pytest

from node.evidence.bundle import files_of, redacted
from node.evidence.entry import Entry, Kind
from node.evidence.report import examined
from node.evidence.story import Story, stories
from tests.bundles import BEGAN, IN, NOW, OUT, PAYLOAD, BundleWorld, Material


@pytest.fixture(scope="module")
def world() -> BundleWorld:
    return BundleWorld()


def told(world: BundleWorld, material: Material | None = None, change=lambda evidence: evidence) -> list[Story]:
    return stories(*examined(files_of(change(world.evidence(material))), NOW))


def test_who_what_when_and_by_whose_clock(world: BundleWorld) -> None:
    out, came = told(world)
    assert (out.exchange.message_id, out.outcome, came.exchange.message_id, came.outcome) == (OUT, "delivered", IN, "received")
    assert out.message is not None
    assert out.message.collaboration_info.action == "Submit"
    assert [(one.number, one.kind) for one in out.moments] == [(2, Kind.PACKAGED), (3, Kind.ATTEMPTED), (4, Kind.ACKNOWLEDGED)]
    assert {one.before for one in out.moments} == {BEGAN + timedelta(minutes=10)}
    assert out.moments[0].clock is not None
    assert out.moments[0].clock.offset_ms == 12
    assert [(one.name, one.size) for one in out.parts] == [("payload-1", len(PAYLOAD)), ("payload-2", 23)]
    assert [one.step for one in out.six] == [1, 2, 3, 4, 5, 6]
    assert (len(out.signatures), len(came.signatures), came.six) == (1, 2, ())


def test_a_redacted_payload_is_absent(world: BundleWorld) -> None:
    assert [one.size for one in told(world, change=redacted)[0].parts] == [None, None]


def test_how_an_exchange_may_have_ended(world: BundleWorld) -> None:
    from tests.vectors.evidence.make import tamperings

    assert told(world, world.material(**tamperings(world)[0][2]))[0].outcome == "doubtful"
    material = world.material()
    material.entries[3] = Entry(Kind.ATTEMPTED, BEGAN + timedelta(seconds=2), material.entries[2].about)
    assert told(world, material)[0].outcome == "waiting"
    material.entries[3] = replace(material.entries[3], kind=Kind.FAILED)
    assert told(world, material)[0].outcome == "refused"
    assert told(world, world.material(payload=b"another"))[0].outcome == "unsound"


def test_without_tokens_no_time_is_proven() -> None:
    story = stories(*examined(files_of(BundleWorld().evidence(stamped=False)), NOW))[0]
    assert {one.before for one in story.moments} == {None}
