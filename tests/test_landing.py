"""What arrived is held against what was reported."""

import re

import pytest

from node.customs.filing.registration import OUT, Carried
from node.landing import Landings
from node.store.lives import StoredLives
from node.store.messages import open_store
from tests.registered import NOW, SAMPLES, Clerk, documents_of, packs

FOLDER = SAMPLES / "n2n-man/samples/good"
REPORT, ARRIVAL = (FOLDER / "man-arrival-short.prior/01.xml").read_bytes(), (FOLDER / "man-arrival-short.xml").read_bytes()
NUMBER = "JPTYO-KSL-2026-1118"


@pytest.fixture
def store(tmp_path):
    store = open_store(tmp_path / "data", lambda: "unique", NOW)
    yield store
    store.close()


def landings(store):
    return Landings(documents_of(store), StoredLives(store.messages.database), packs())


def arrival(*told):
    rows = "".join(
        f"<Consignment><DocumentID>{document}</DocumentID><LandingCode>{code}</LandingCode>"
        f"<PackageQuantity>{found}</PackageQuantity></Consignment>"
        for document, code, found in told
    )
    return re.sub(rb"<Consignment>.*</Consignment>", rows.encode(), ARRIVAL, flags=re.DOTALL)


def only(store):
    (found,) = landings(store).find(NUMBER)
    return found


def test_before_the_arrival_everything_is_awaited(store):
    Clerk(documents_of(store)).accept(REPORT)
    found = only(store)
    assert (found.arrival, found.state, found.zh, len(found.consignments)) == (None, "ON-FILE", "已收存", 20)
    assert {(one.code, one.found, one.differs) for one in found.consignments} == {("AWAITED", None, False)}


def test_what_is_not_told_to_differ_has_landed_in_full(store):
    clerk = Clerk(documents_of(store))
    clerk.accept(REPORT)
    told = arrival(
        ("KSL26000007", "SHORT", 3), ("KSL26000002", "NOT-LANDED", 0), ("KSL26999999", "OVER", 12), ("KSL26000003", "OVER", 999)
    )
    clerk.accept(told, Carried(OUT, "a@tw", "kr"))
    found = only(store)
    assert (found.state, found.arrival.carried.message_id) == ("ARRIVED", "a@tw")
    differing = {one.document: (one.code, one.found) for one in found.consignments if one.differs}
    assert differing == {
        "KSL26000007": ("SHORT", 3),
        "KSL26000002": ("NOT-LANDED", 0),
        "KSL26000003": ("OVER", 999),
        "KSL26999999": ("OVER", 12),
    }
    first, *_, last = found.consignments
    assert (first.document, first.ucr, first.code, first.reported, first.found) == (
        *("KSL26000001", "6JPKSL26-00001", "LANDED"),
        *(182, 182),
    )
    # What was not reported comes last.
    assert (last.document, last.reported) == ("KSL26999999", None)


def test_a_manifest_that_is_not_there_is_none(store):
    assert landings(store).find("x") == []
