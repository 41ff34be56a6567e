"""Everything about one consignment is found by any of its names, in order, and what many share leads nowhere."""

import pytest

from node.customs.filing.registration import IN, OUT, Carried
from node.store.lives import StoredLives
from node.store.messages import open_store
from node.timeline import Timelines
from tests.registered import NOW, Clerk, answering, certificate, documents_of, later, packs, tell_story, utilisation
from tests.store import samples as a


@pytest.fixture
def store(tmp_path):
    store = open_store(tmp_path / "data", lambda: "unique", NOW)
    yield store
    store.close()


def about(store, value):
    documents = documents_of(store)
    return Timelines(documents, StoredLives(store.messages.database), store.messages, packs()).about(value)


def types(found):
    return [one.about.type_id for one in found.documents]


MANIFEST = ["man.cargo-report", "man.arrival"]


def test_a_ucr_leads_to_its_bill_of_lading_and_that_to_the_arrival(store):
    tell_story(store)
    found = about(store, "6JPKSL26-00007")
    assert (found.kinds, found.names, types(found)) == (("ucr",), (("transport-document", "KSL26000007"),), MANIFEST)
    assert about(store, "KSL26000007").names == (("ucr", "6JPKSL26-00007"),)
    assert [(one.kind, one.turn and one.turn.after) for one in found.happenings] == [
        ("document", None),
        ("state", "ON-FILE"),
        ("document", None),
        ("state", "ARRIVED"),
    ]


def test_another_consignment_of_the_same_manifest_is_not_led_to_the_arrival_of_this_one(store):
    tell_story(store)
    assert types(about(store, "6JPKSL26-00001")) == ["man.cargo-report"]


def test_a_manifest_is_found_by_its_number(store):
    tell_story(store)
    assert types(about(store, "JPTYO-KSL-2026-1118")) == MANIFEST


@pytest.mark.parametrize("name", ["013-26-0771204", "013-26-0771339", "BD15AH1234"])
def test_a_certificate_its_replacement_and_its_uses_belong_together(store, name):
    tell_story(store)
    found = about(store, name)
    assert types(found) == ["co.certificate", "co.certificate", "co.utilisation", "co.verification-request"]
    assert [one.at for one in found.happenings] == sorted(one.at for one in found.happenings)
    moved = [(one.number, one.turn.machine, one.turn.after) for one in found.happenings if one.turn]
    assert ("013-26-0771204", "issue", "REPLACED") in moved
    assert ("013-26-0771339", "use", "PARTLY-USED") in moved


def test_responses_and_messages_are_part_of_it(store):
    clerk, octets = Clerk(documents_of(store)), certificate()
    clerk.accept(octets, Carried(IN, "c1@kr", "kr"))
    use = utilisation("u1", "5")
    store.messages.submit(a.exchange("u1@tw", (use,), submitted_at=later(minutes=1)))
    store.messages.claim("w", 9, later(days=1))
    checked, looked = clerk.looked(use, later(minutes=1))
    clerk.record(use, checked, looked, Carried(OUT, "u1@tw", "kr"), later(minutes=1), answering(clerk, checked, use, "r1"))
    found = about(store, checked.document.number)
    assert types(found) == ["co.certificate", "co.utilisation", "gen.response"]
    store.messages.packaged(a.packaged("u1@tw", lease=1), later(minutes=2))
    assert [one.event for one in about(store, checked.document.number).happenings if one.kind == "message"] == [
        "PACKAGED",
        "ATTEMPT_STARTED",
    ]


def test_what_was_refused_is_found_by_its_number_and_leads_nowhere(store):
    tell_story(store)
    found = about(store, "013-26-0000000")
    assert ([one.outcome for one in found.documents], found.names, found.kinds) == (["RE"], (), ())


def test_nothing_is_nothing(store):
    found = about(store, "x")
    assert (found.documents, found.happenings, found.more) == ((), (), False)
