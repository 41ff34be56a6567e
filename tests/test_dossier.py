"""A certificate with its versions, lives, quantities and chain, as it was at an instant."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from node.customs.filing.registration import IN, OUT, Carried
from node.dossier import Dossiers
from node.store.lives import StoredLives
from node.store.messages import open_store
from tests.registered import (
    ISSUER,
    NOW,
    NUMBER,
    SAMPLES,
    Clerk,
    answering,
    certificate,
    documents_of,
    later,
    packs,
    question,
    reply,
    tell_story,
    utilisation,
)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def store(request, tmp_path):
    url = request.getfixturevalue("postgres").database() if request.param == "postgres" else ""
    store = open_store(tmp_path / "data", lambda: "unique", NOW, url=url)
    yield store
    store.close()


def dossiers_of(store):
    documents = documents_of(store)
    return Dossiers(documents, StoredLives(store.messages.database), packs())


def put(clerk, octets, name, at, direction=IN):
    checked, looked = clerk.looked(octets, at)
    assert checked.filing is not None, checked.verdict
    clerk.record(octets, checked, looked, Carried(direction, name, "kr"), at, answering(clerk, checked, octets, f"r{name}"))


@pytest.fixture
def clerk(store):
    clerk = Clerk(documents_of(store))
    put(clerk, certificate(), "1", later(hours=0))
    put(clerk, certificate(version=2, function="4", goods="Chilled mackerel"), "2", later(hours=1))
    put(clerk, question("q1"), "3", later(hours=2), OUT)
    put(clerk, utilisation("u1", "4000.5", version=2), "4", later(hours=3), OUT)
    put(clerk, reply("a1", "q1"), "5", later(hours=4))
    put(clerk, utilisation("u2", "100", version=2), "6", later(hours=5), OUT)
    return clerk


def only(store, at, issuer=None):
    (found,) = dossiers_of(store).find(NUMBER, issuer, at)
    return found


def states(found):
    return {life.machine: life.state for life in found.lives}


def test_it_is_shown_as_it_is_now(clerk, store):
    found = only(store, later(days=1))
    assert [one.about.version for one in found.versions] == [1, 2]
    assert states(found) == {"issue": "AMENDED", "use": "PARTLY-USED", "verification": "VERIFIED"}
    assert [(life.zh, life.since) for life in found.lives] == [
        ("已更正", later(hours=1)),
        ("部分使用", later(hours=5)),
        ("查證屬實", later(hours=4)),
    ]
    (item,) = found.items
    assert (item.sequence, item.hs, item.description) == ("1", "030354", "Chilled mackerel")
    # The first measure of a unit is the one that counts: net before gross.
    (quantity,) = item.quantities
    assert (quantity.unit, quantity.certified, quantity.used, quantity.remaining) == (
        "KGM",
        Decimal(9000),
        Decimal("4100.5"),
        Decimal("4899.5"),
    )
    assert (found.issued_on, found.expires_on, found.no_items) == ("2026-10-05", "2027-10-04", "")
    # Six documents and a response to each.
    assert [one.about.type_id for one in found.about].count("gen.response") == 6
    assert len(found.about) == 12


def test_it_is_shown_as_it_was(clerk, store):
    assert dossiers_of(store).find(NUMBER, None, later(hours=-1)) == []
    found = only(store, later(hours=0.5))
    assert states(found) == {"issue": "ISSUED", "use": "NONE", "verification": "NONE"}
    assert [one.about.version for one in found.versions] == [1]
    assert found.items[0].description == "Frozen mackerel"
    found = only(store, later(hours=3.5))
    assert states(found) == {"issue": "AMENDED", "use": "PARTLY-USED", "verification": "ASKED"}
    assert found.items[0].quantities[0].used == Decimal("4000.5")
    assert [one.about.type_id for one in found.about if one.about.type_id != "gen.response"] == [
        *("co.certificate", "co.certificate", "co.verification-request", "co.utilisation")
    ]


def test_what_was_asked_is_overdue_when_its_day_has_passed_and_answered_when_it_was(clerk, store):
    (asked,) = only(store, later(hours=3.5)).verifications
    assert (asked.due, asked.answered_by, asked.overdue) == (date(2027, 2, 3), None, False)
    (answered,) = only(store, later(days=200)).verifications
    assert (answered.answered_by.about.type_id, answered.overdue) == ("co.verification-reply", False)


def test_an_unanswered_question_is_overdue(store):
    clerk = Clerk(documents_of(store))
    put(clerk, certificate(), "1", NOW)
    put(clerk, question("q1"), "3", NOW, OUT)
    assert not only(store, datetime(2027, 2, 3, 23, tzinfo=UTC)).verifications[0].overdue
    assert only(store, datetime(2027, 2, 4, tzinfo=UTC)).verifications[0].overdue


def test_expiry_is_read_from_its_date(clerk, store):
    assert states(only(store, datetime(2027, 10, 4, 23, tzinfo=UTC)))["issue"] == "AMENDED"
    found = only(store, datetime(2027, 10, 5, tzinfo=UTC))
    assert (found.lives[0].state, found.lives[0].zh, found.lives[0].since) == ("EXPIRED", "已逾期", None)


def test_the_chain_leads_both_ways(store):
    tell_story(store)
    at = NOW + timedelta(days=9)
    (old,) = dossiers_of(store).find("013-26-0771204", None, at)
    (new,) = dossiers_of(store).find("013-26-0771339", ISSUER, at)
    assert [(one.relation, one.number, one.entry.about.number) for one in old.after] == [
        ("RPL", "013-26-0771339", "013-26-0771339")
    ]
    assert [(one.relation, one.number, one.issuer) for one in new.before] == [("RPL", "013-26-0771204", ISSUER)]
    assert (old.before, new.after, states(old)["issue"]) == ((), (), "REPLACED")
    assert dossiers_of(store).find("013-26-0771339", "KR-CCI-02", at) == []


def test_what_came_before_and_is_not_on_file_is_named(store):
    clerk = Clerk(documents_of(store))
    octets = (SAMPLES / "n2n-co/samples/good/co-tw-kr-replaced.xml").read_bytes()
    clerk.put_on_file(octets)
    (found,) = dossiers_of(store).find("013-26-0771339", None, later(days=1))
    assert [(one.number, one.entry) for one in found.before] == [("013-26-0771204", None)]


def test_octets_that_are_gone_are_told(clerk, store):
    row = clerk.register.with_number(NUMBER)
    latest = next(one for one in row if one.about.type_id == "co.certificate" and one.about.version == 2)
    clerk.register.forget_octets(latest.id)
    found = only(store, later(days=1))
    assert found.items == ()
    assert found.no_items == f"the octets of document {latest.id} are not kept"
    assert states(found)["issue"] == "AMENDED"
