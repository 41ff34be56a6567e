"""A certificate on file, as a query about it is answered."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from node.customs.filing.certificate import certified, left, state_of
from node.ebms.xml import parse_xml
from tests.documents import NOW, offline, sample

OCTETS = sample("co-rcep-multi-item").read_bytes()
ROOT = parse_xml(OCTETS)
FILED = offline().check(OCTETS, NOW).filing.filed
LATER = datetime(2026, 12, 1, tzinfo=UTC)


def state(states, on=date(2026, 11, 20), used=Decimal(0)):
    return state_of(FILED, ROOT, states, lambda item: used if item == "1 NAR" else Decimal(0), on)


def test_a_fresh_certificate_is_whole():
    found = state({})
    assert (found.issue, found.use, found.verification, found.since) == ("ISSUED", "NONE", "NONE", FILED.filed_at)
    assert [(one.number, one.classification, one.origin, one.remaining, one.unit) for one in found.items] == [
        (1, "846693", "JP", "40", "NAR"),
        (2, "848210", "JP", "3600", "NAR"),
        (3, "090210", "JP", "280", "KGM"),
    ]


def test_what_was_used_is_taken_away_and_never_more_than_there_is():
    assert state({}, used=Decimal("12.50")).items[0].remaining == "27.5"
    assert state({}, used=Decimal(41)).items[0].remaining == "0"


@pytest.mark.parametrize(
    ("issue", "on", "shown"),
    [
        ("ISSUED", date(2027, 11, 15), "ISSUED"),
        ("ISSUED", date(2027, 11, 16), "EXPIRED"),
        ("AMENDED", date(2027, 11, 16), "EXPIRED"),
        ("CANCELLED", date(2027, 11, 16), "CANCELLED"),
    ],
)
def test_a_certificate_expires_by_its_day_unless_it_has_ended_before(issue, on, shown):
    found = state({"issue": (issue, NOW), "use": ("USED", LATER)}, on)
    assert (found.issue, found.since) == (shown, LATER)


def test_an_item_without_a_measure_has_nothing_to_be_used():
    item = parse_xml(b"<GoodsItem><GoodsMeasure/></GoodsItem>")
    assert certified(item) is None
    assert left(item, 1, lambda _: Decimal(0)) is None
