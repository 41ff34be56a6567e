"""The tree of the log has the hashes of RFC 9162 whether its tiles are written or not."""

import pytest

from node.evidence.chain import leaf_hash
from node.evidence.entry import Entry, Kind
from node.evidence.merkle import LeafHashes, inclusion, root
from node.store import prepared, tree
from node.store.evidence import Evidence
from node.store.log import append


@pytest.fixture
def filled(store, a, monkeypatch):
    """Tiles of four hashes, so that a small log has several levels."""
    monkeypatch.setattr(tree, "WIDE", 4)
    monkeypatch.setattr(tree, "HIGH", 2)

    def fill(count):
        def work(cursor):
            for number in range(count):
                append(cursor, Entry(Kind.ACTED, a.NOW, facts={"who": "", "what": f"{number}", "why": ""}))

        store.messages.writer.run(work)
        return Evidence(store.messages)

    return fill


def leaves(evidence):
    return [leaf_hash(one.octets) for one in evidence.walk()]


@pytest.mark.parametrize("size", [1, 3, 4, 5, 16, 17, 63, 64, 70])
def test_roots_and_proofs_are_those_of_all_leaves(filled, size):
    evidence = filled(size)
    whole = LeafHashes(leaves(evidence))
    for _ in range(2):
        assert [root(evidence.hashes(), one) for one in range(1, size + 1)] == [root(whole, one) for one in range(1, size + 1)]
        assert evidence.inclusion(size, size) == inclusion(whole, size - 1, size)
        evidence.add_tiles()


def test_tiles_grow_with_the_log(filled, store):
    evidence = filled(21)
    assert [evidence.add_tiles(), evidence.add_tiles()] == [5, 0]
    filled(43)
    assert evidence.add_tiles() == 11
    tiles = {(row["level"], row["place"]) for row in store.messages.all(prepared.TILES)}
    assert tiles == {*((0, place) for place in range(16)), *((1, place) for place in range(4)), (2, 0), (3, 0)}


def test_a_hash_that_is_not_there_is_refused(filled):
    with pytest.raises(LookupError, match="has no"):
        root(filled(5).hashes(), 9)


def test_no_tile_is_made_over_a_gap(filled, store):
    evidence = filled(9)
    store.messages.writer.run(lambda cursor: cursor.execute("DELETE FROM evidence_entry WHERE number = 6") and None)
    assert evidence.add_tiles() == 1
