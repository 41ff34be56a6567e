"""Nights on both databases."""

from datetime import timedelta

import pytest

from node.customs.filing.registration import OUT, Carried, unjudged
from node.customs.reconciling.entry import Period
from node.customs.reconciling.nights import manifest_id
from node.store.nights import StoredNights
from tests.manifests import NIGHT, octets_of, ours
from tests.registered import NOW, documents_of, later, packs


def world(store):
    documents = documents_of(store)
    return documents, StoredNights(store.messages.database, store.messages.writer, documents)


def manifest(documents, name="m", octets=None):
    (octets,) = octets or octets_of(ours([], NIGHT), "KR-CUSTOMS")
    return [unjudged(octets, packs(), documents, Carried(OUT, f"{name}@tw", "kr"), NOW)]


NUMBER = manifest_id(NIGHT)


def test_a_night_begins_once_with_its_manifest(store):
    documents, nights = world(store)
    assert nights.night("kr", NUMBER) is None
    assert nights.begin("kr", NUMBER, NIGHT, NOW, manifest(documents))
    assert not nights.begin("kr", NUMBER, NIGHT, later(hours=1), manifest(documents, "other"))
    night = nights.night("kr", NUMBER)
    assert (night.period, night.sent_at, night.compared_at, night.outcome, night.result) == (NIGHT, NOW, None, "", {})
    (owed,) = documents.owed(9)
    assert (owed.entry.carried.message_id, owed.entry.about.type_id, owed.ref_to_message_id) == ("m@tw", "rec.manifest", "")
    # Its steps are followed.
    assert store.messages.database.read("SELECT COUNT(*) AS n FROM document_standing WHERE document IS NOT NULL", {})[0][0] == 1


def test_when_a_part_cannot_be_kept_nothing_has_begun(store):
    documents, nights = world(store)
    made = manifest(documents)
    with pytest.raises(ValueError, match="m@tw carries another document already"):
        nights.begin("kr", NUMBER, NIGHT, NOW, [*made, *made])
    assert nights.night("kr", NUMBER) is None
    assert documents.owed(9) == []
    assert nights.begin("kr", NUMBER, NIGHT, NOW, made)


def test_the_latest_night_is_first_and_keeps_what_came_of_it(store):
    _, nights = world(store)
    for days in (0, 1, 2):
        period = Period(NIGHT.begins + timedelta(days=days), NIGHT.ends + timedelta(days=days))
        nights.begin("kr", manifest_id(period), period, NOW, [])
    nights.begin("ca", NUMBER, NIGHT, NOW, [])
    first, second = nights.nights("kr", 2)
    assert (first.period.begins - second.period.begins, second.period.begins - NIGHT.begins) == (timedelta(days=1),) * 2
    nights.compared(first, later(hours=2), "AJ", {"differences": ["對帳"]})
    nights.compared(first, later(hours=3), "AP", {"agreed": 3})
    again = nights.night("kr", first.number)
    assert (again.compared_at, again.outcome, again.result) == (later(hours=3), "AP", {"agreed": 3})
    assert nights.night("kr", second.number) == second


def test_documents_are_read_by_when_they_were_registered_page_by_page(store, monkeypatch):
    documents, _ = world(store)
    monkeypatch.setattr("node.store.documents._PAGE", 2)
    for number, minutes in enumerate((5, 0, 0, 0, 9, 10)):
        octets = octets_of(ours([], NIGHT), "KR-CUSTOMS")
        (one,) = octets
        one = one.replace(b"urn:uuid:of-TW-CUSTOMS", f"urn:uuid:{number}".encode())
        carried = Carried(OUT, f"d{number}@tw", "kr" if number != 2 else "ca")
        documents.record(unjudged(one, packs(), documents, carried, later(minutes=minutes)), None)
    found = documents.registered("kr", NOW, later(minutes=10))
    assert [one.carried.message_id for one in found] == ["d1@tw", "d3@tw", "d0@tw", "d4@tw"]
    assert list(documents.registered("kr", later(minutes=10, seconds=1), later(minutes=20))) == []
