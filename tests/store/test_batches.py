"""Batches on both databases."""

from node.customs.filing.registration import OUT, Carried, unjudged
from node.customs.reconciling.batch import Mark
from node.store.batches import StoredBatches
from tests.manifests import NIGHT, octets_of, ours
from tests.registered import NOW, documents_of, packs


def world(store, most=3):
    documents = documents_of(store)
    (octets,) = octets_of(ours([], NIGHT), "KR-CUSTOMS")
    rows = []
    for number in range(most):
        one = octets.replace(b"urn:uuid:of-TW-CUSTOMS", f"urn:uuid:{number}".encode())
        made = unjudged(one, packs(), documents, Carried(OUT, f"d{number}@tw", "kr"), NOW)
        rows.append(documents.record(made, None).entry.id)
    return StoredBatches(store.messages.database, store.messages.writer), rows


def test_what_came_of_a_batch_is_told_and_what_is_missing(store):
    batches, (first, second, third) = world(store)
    assert batches.state("kr", "b") is None
    for _ in range(2):
        batches.note("kr", Mark("b", 3, 4), first)
    batches.note("kr", Mark("b", 1, 4), second)
    batches.note("ca", Mark("b", 2, 4), third)
    state = batches.state("kr", "b")
    assert (state.arrived, state.total, state.missing, state.complete) == (2, 4, ((2, 2), (4, 4)), False)
    # Two documents in one place.
    batches.note("kr", Mark("b", 1, 4), third)
    assert batches.state("kr", "b").twice == (1,)


def test_the_batch_of_which_something_came_last_is_first(store):
    batches, (first, second, third) = world(store)
    batches.note("kr", Mark("b1", 1, 2), first)
    batches.note("kr", Mark("b2", 1, 1), second)
    assert batches.latest("kr", 9) == ["b2", "b1"]
    batches.note("kr", Mark("b1", 2, 2), third)
    assert (batches.latest("kr", 9), batches.latest("kr", 1), batches.latest("ca", 9)) == (["b1", "b2"], ["b1"], [])
