"""Bundles of what real nodes exchanged, which both verifiers accept."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from node.app import Node
from node.evidence.bundle import open_bundle
from node.evidence.finding import Check
from node.retrieving import Message, NothingThere, NotRetrievable
from node.store.sqlite import Connection
from tests.exchanged import exchanged
from tests.homes import Side, make_pair
from tests.judged_bundles import holds


def bundled(side: Side, *message_ids: str, redact: bool = False) -> bytes:
    """What a node that is not served says of some messages."""
    node = Node.open(side.folder)
    try:
        retrieving = node.proof.retrieving()
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


def test_both_verifiers_run_with_nothing_of_ours_around_them(tmp_path: Path, document: Path) -> None:
    """No home, no environment, and no network where the machine can take that away."""
    tw, kr = make_pair(tmp_path)
    exchanged(tw, kr, document)
    bundle = tmp_path / "bundle.asice"
    bundle.write_bytes(bundled(kr, "m1@tw.example"))
    (tmp_path / "damaged.asice").write_bytes(bundle.read_bytes()[:-1])
    # In a network of its own, which leads nowhere.
    away = ["unshare", "-rn"] if subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode == 0 else []
    root = Path(__file__).parents[1]
    first = [sys.executable, "-P", "-c", "import sys; from node.cli import main; sys.exit(main())", "evidence", "verify"]
    second = [sys.executable, "-I", str(root / "verifier" / "n2n_verify.py")]
    for command, environment in ((first, {"PYTHONPATH": str(root)}), (second, {})):
        for name, code in (("bundle", 0), ("damaged", 1)):
            words = [*away, *command, str(tmp_path / f"{name}.asice")]
            ended = subprocess.run(words, env=environment, cwd=tmp_path, capture_output=True, text=True)
            assert ended.returncode == code, ended.stdout + ended.stderr


def test_what_was_damaged_since_is_named_and_not_bundled(tmp_path: Path, document: Path) -> None:
    tw, kr = make_pair(tmp_path)
    exchanged(tw, kr, document)
    with closing(Connection(str(kr.folder / "data" / "node.db"))) as store:
        store.execute("UPDATE octets SET content = x'00' WHERE id IN (SELECT octets_id FROM payload)")
    with pytest.raises(
        NotRetrievable, match=r"entry \d+, payload-1 names \w{64}, and what lies there has \w{64}: n2n doctor --store"
    ):
        bundled(kr, "m1@tw.example")


def test_a_log_that_is_no_chain_any_more_is_not_signed_and_not_bundled(tmp_path: Path, document: Path) -> None:
    tw, kr = make_pair(tmp_path)
    exchanged(tw, kr, document)
    node = Node.open(kr.folder)
    node.evidence.act(node.clock.now(), "lin", "message keep", "a case", {"message_id": "m1@tw.example"})
    node.close()
    with closing(Connection(str(kr.folder / "data" / "node.db"))) as store:
        store.execute("UPDATE evidence_entry SET octets = CAST(replace(octets, 'lin', 'lim') AS BLOB) WHERE kind = 'act'")
    with pytest.raises(NotRetrievable, match="is under no checkpoint, and none can be signed now"):
        bundled(kr, "m1@tw.example")


def test_an_entry_that_is_none_any_more_is_named(tmp_path: Path, document: Path) -> None:
    tw, kr = make_pair(tmp_path)
    exchanged(tw, kr, document)
    with closing(Connection(str(kr.folder / "data" / "node.db"))) as store:
        store.execute("UPDATE evidence_entry SET octets = x'7b7d' WHERE kind = 'message.delivered'")
    with pytest.raises(NotRetrievable, match=r"entry \d+ .*n2n doctor --store"):
        bundled(kr, "m1@tw.example")


def test_a_tree_that_has_a_gap_is_named(tmp_path: Path, document: Path) -> None:
    tw, kr = make_pair(tmp_path)
    exchanged(tw, kr, document)
    node = Node.open(kr.folder)
    for _ in range(300):
        node.evidence.act(node.clock.now(), "lin", "x", "y")
    node.evidence.add_tiles()
    assert node.proof.proving().checkpoint(now=True)
    node.close()
    with closing(Connection(str(kr.folder / "data" / "node.db"))) as store:
        store.execute("UPDATE evidence_tile SET hashes = x'00'")
        store.execute("DELETE FROM evidence_entry WHERE number > 5 AND number < 200")
    with pytest.raises(NotRetrievable, match="the tree of the log has a gap"):
        bundled(kr, "m1@tw.example")


def test_no_more_than_a_bundle_may_hold(tmp_path: Path, document: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tw, kr = make_pair(tmp_path)
    exchanged(tw, kr, document)
    node = Node.open(kr.folder)
    try:
        retrieving = node.proof.retrieving()
        messages = retrieving.named("m1@tw.example")
        with pytest.raises(NotRetrievable, match="a bundle is made in memory: make several, each of a shorter time"):
            retrieving.gather(messages, {"messages": ["m1@tw.example"]}, octets=1000)
        monkeypatch.setattr("node.retrieving.MOST_ENTRIES", 1)
        with pytest.raises(NotRetrievable, match="more than 1 entries"):
            retrieving.gather(messages, {"messages": ["m1@tw.example"]})
        with pytest.raises(NothingThere, match="no entry about message m2"):
            retrieving.gather([Message("m2@tw.example", "tw", "in")], {"messages": ["m2@tw.example"]})
        with pytest.raises(NothingThere, match="no message of that time"):
            retrieving.gather([], {"messages": []})
    finally:
        node.close()


def test_a_year_of_times_and_checkpoints(tmp_path: Path, document: Path) -> None:
    """Entries under different checkpoints, each with its own; the chain of these is proven between them."""
    tw, kr = make_pair(tmp_path)
    ids = ["m1@tw.example", "m2@tw.example", "m3@tw.example"]
    octets = b""
    for one in ids:
        exchanged(tw, kr, document, [one])
        octets = bundled(kr, one)
    octets = bundled(kr, *ids)
    verdict = holds(octets)
    sizes = [name for name in open_bundle(octets).files if name.endswith(".proof.json") and name.startswith("checkpoints/")]
    assert len(sizes) >= 2
    assert [one.word for one in verdict.of(Check.CONSISTENCY)] == ["consistency.good"]
