"""What a report tells of each exchange."""

from dataclasses import replace
from datetime import timedelta

import pytest

from node.evidence.bundle import files_of, open_bundle, redacted
from node.evidence.entry import Entry, Kind
from node.evidence.report import examined
from node.evidence.signed import open_signed
from node.evidence.story import Story, stories
from tests.bundles import BEGAN, IN, NOW, OUT, PAYLOAD, BundleWorld, Material, suite_of, told_references
from tests.lying import lies, taken


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


@pytest.mark.parametrize(("lie", "outcomes"), [("delivered", ["delivered", "told"]), ("purged-envelope", ["delivered", "told"])])
def test_what_only_the_log_says_is_told_so(world: BundleWorld, lie: str, outcomes: list[str]) -> None:
    (found,) = [one for one in lies() if one.name == lie]
    assert [one.outcome for one in stories(*examined(open_bundle(found.make(world)).files, NOW))] == outcomes


def test_a_receipt_for_what_was_removed_proves_its_digests(world: BundleWorld) -> None:
    material = world.material()
    packaged = material.entries[1]
    digest = packaged.objects["envelope"]
    references = told_references(open_signed(material.objects[digest]).references)
    algorithm = suite_of(world.own).signature_algorithm
    signs = {"signature_algorithm": algorithm, "signer": packaged.objects["signer"], "references": references}
    material.entries[1] = replace(packaged, facts={"signed": signs})
    said = {"who": "retention", "what": "everything", "why": "10 years"}
    material.entries[2] = Entry(Kind.PURGED, NOW, packaged.about, {"envelope.2": digest}, said)
    story = told(world, material, lambda evidence: taken(evidence, digest, "purged"))[0]
    assert (story.outcome, story.message) == ("recorded", None)
