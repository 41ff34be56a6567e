"""Answers to queries pass the check of their pack."""

from datetime import date

import pytest

from node.customs.making.answers import FOUND, LATER, NOT_FOUND, NOT_YOURS, CertificateState, ItemState, make_certificate_answer
from node.customs.making.heading import Heading, following
from node.ebms.xml import parse_xml
from tests.documents import NOW, rules

HEADING = Heading(following("q"), "11", NOW, "JP-CUSTOMS", "VN-CUSTOMS", "urn:uuid:1")
STATE = CertificateState(
    *("26-R00418207", 1, date(2026, 11, 16), date(2027, 11, 15), "ISSUED", "PARTLY-USED", "NONE", NOW),
    *("Hokuto Seiki Works Co., Ltd.", "VN", bytes(32)),
    [ItemState(1, "846693", "JP", "27.5", "NAR"), ItemState(2, "848210", "JP")],
)


def test_a_certificate_that_is_known_is_told_with_what_is_left():
    octets = make_certificate_answer(HEADING, "rcep.1", FOUND, STATE)
    assert rules(octets) == []
    left = parse_xml(octets).findall("{*}CertificateState/{*}Item/{*}RemainingQuantity")
    assert [(one.text, one.get("unitCode")) for one in left] == [("27.5", "NAR")]


@pytest.mark.parametrize("result", [NOT_FOUND, NOT_YOURS, LATER])
def test_without_a_certificate_only_the_result_is_told(result):
    octets = make_certificate_answer(HEADING, "rcep.1", result, None)
    assert rules(octets) == []
    assert parse_xml(octets).find("{*}CertificateState") is None
