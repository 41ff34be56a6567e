"""Bundles of what real nodes exchanged, which both verifiers accept."""

from pathlib import Path

from node.app import Node
from node.evidence.bundle import open_bundle
from node.evidence.finding import Check
from tests.exchanged import exchanged
from tests.homes import Side, make_pair
from tests.judged_bundles import holds


def bundled(side: Side, *message_ids: str, redact: bool = False) -> bytes:
    """What a node that is not served says of some messages."""
    node = Node.open(side.folder)
    try:
        retrieving = node.retrieving()
        messages = [one for message_id in message_ids for one in retrieving.named(message_id)]
        evidence = retrieving.gather(messages, {"messages": list(message_ids)})
        return retrieving.bundle(evidence, redact=redact)
    finally:
        node.close()


def test_both_sides_prove_an_exchange(tmp_path: Path, document: Path) -> None:
    tw, kr = make_pair(tmp_path)
    message_id = "m1@tw.example"
    exchanged(tw, kr, document)
    ours, theirs = bundled(tw, message_id), bundled(kr, message_id)
    for octets, way in ((ours, "out"), (theirs, "in")):
        verdict = holds(octets)
        (exchange,) = verdict.manifest.exchanges
        assert (exchange.message_id, exchange.direction) == (message_id, way)
    six = holds(ours).of(Check.RECEIPTS)
    assert [one.step for one in six if not one.is_note] == [1, 2, 3, 4, 5, 6]
    for side in (tw, kr):
        octets = bundled(side, message_id, redact=True)
        verdict = holds(octets)
        assert verdict.manifest.redacted
        assert len(open_bundle(octets).files) < len(open_bundle(ours).files)
