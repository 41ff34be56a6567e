"""What a rule has removed stays proven: bundles of it are accepted by both verifiers, of what was sent and of what came."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from node.app import Node
from node.evidence.bundle import open_bundle
from node.evidence.entry import Kind
from node.evidence.finding import Check
from node.msh.retention import Goes, Removes
from node.store.log_audit import audit
from tests.archives import bundled
from tests.exchanged import exchanged
from tests.homes import Side, make_pair
from tests.judged_bundles import holds

WIRE = Goes(Removes.WIRE, "sent = 1d, by the standard rule")
PAYLOADS = Goes(Removes.PAYLOADS, "payload = 30d, by the standard rule")
ALL = Goes(Removes.ALL, "evidence = 10y, by the standard rule")


@pytest.fixture
def pair(tmp_path: Path, document: Path) -> tuple[Side, Side, str]:
    tw, kr = make_pair(tmp_path)
    exchanged(tw, kr, document)
    return tw, kr, "m1@tw.example"


def purge(side: Side, what: Goes) -> set[str]:
    """Remove it from the only message; by which names the log says what went."""
    node = Node.open(side.folder)
    at: datetime = node.clock.now()
    (candidate,) = [one for way in ("in", "out") for one in node.messages.oldest(way, at + timedelta(days=1), 9)]
    removes = {
        Removes.WIRE: node.messages.remove_wire,
        Removes.PAYLOADS: node.messages.remove_payloads,
        Removes.ALL: node.messages.remove_all,
    }
    assert removes[what.what](candidate, what, at)
    assert not list(audit(node.messages))
    (*_, last) = [one.entry for one in node.evidence.of_message(candidate.message_id) if one.entry.kind is Kind.PURGED]
    node.close()
    return {name.partition(".")[0] for name in last.objects}


def absent(octets: bytes) -> list[tuple[str, str]]:
    return sorted({(one.why, one.rule) for one in holds(octets).manifest.absent})


def test_a_bundle_of_what_lost_its_payloads_holds_and_says_by_which_rule(pair: Any) -> None:
    tw, kr, message_id = pair
    before = {side.folder: open_bundle(bundled(side, message_id)).files for side in (tw, kr)}
    for side, names in ((tw, {"payload-1", "wire"}), (kr, {"payload-1"})):
        assert purge(side, PAYLOADS) == names
        octets = bundled(side, message_id)
        assert absent(octets) == [("purged", PAYLOADS.why)]
        files = open_bundle(octets).files
        gone = {name for name in before[side.folder] if name.startswith("objects/")} - set(files)
        assert len(gone) == len(names)
        verdict = holds(octets)
        assert not [one for one in verdict.of(Check.SIGNATURES) if "absent" in one.word]
        # Every entry of before is there, with the one that tells of the purge.
        assert {name for name in before[side.folder] if name.startswith("log/")} < set(files)


def test_a_bundle_of_what_lost_its_wire_octets_holds_with_envelope_and_payloads(pair: Any) -> None:
    tw, _, message_id = pair
    before = open_bundle(bundled(tw, message_id)).files
    assert purge(tw, WIRE) == {"wire"}
    octets = bundled(tw, message_id)
    assert absent(octets) == [("purged", WIRE.why)]
    files = open_bundle(octets).files
    # The body alone: envelope and payloads are there as they were signed.
    assert len({name for name in before if name.startswith("objects/")} - set(files)) == 1
    assert not [one for one in holds(octets).of(Check.SIGNATURES) if "absent" in one.word]
    assert {one.word for one in holds(octets).of(Check.RECEIPTS)} == {
        one.word for one in holds(bundled(tw, message_id)).of(Check.RECEIPTS)
    }
    # Then the payloads, of which the log alone speaks.
    assert purge(tw, PAYLOADS) == {"payload-1"}
    assert absent(bundled(tw, message_id)) == [("purged", PAYLOADS.why), ("purged", WIRE.why)]
    purge(tw, ALL)
    holds(bundled(tw, message_id))


def test_a_bundle_of_what_lost_everything_still_proves_the_receipt(pair: Any) -> None:
    tw, kr, message_id = pair
    for side in (tw, kr):
        gone = purge(side, ALL)
        assert {"envelope", "payload-1"} < gone and "receipt" not in gone
        octets = bundled(side, message_id)
        assert absent(octets) == [("purged", ALL.why)]
    six = {one.step: one.word for one in holds(bundled(tw, message_id)).of(Check.RECEIPTS) if not one.is_note}
    assert {1: "receipt.1.recorded", 2: "receipt.2.good", 3: "receipt.3.good", 5: "receipt.5.recorded"}.items() <= six.items()
    assert len(six) == 6


def test_what_lost_its_payloads_first_and_the_rest_later_holds(pair: Any) -> None:
    tw, kr, message_id = pair
    for side in (tw, kr):
        purge(side, PAYLOADS)
        purge(side, ALL)
        assert {why for why, _ in absent(bundled(side, message_id))} == {"purged"}
        assert {why for why, _ in absent(bundled(side, message_id, redact=True))} == {"purged"}
