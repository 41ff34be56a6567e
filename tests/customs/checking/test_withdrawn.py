"""A certificate is cancelled although goods were cleared under it: both sides are told, and the cancellation stands."""

import re

import pytest

from node.customs.filing.registration import IN, OUT, Carried
from tests.documents import NOW
from tests.registered import NUMBER, SUBJECT, certificate, utilisation


@pytest.fixture
def node(taiwan):
    return taiwan


def come(node, octets, number):
    return node.checking._registered(octets, Carried(IN, f"m{number}@kr", "kr"), "co.certificate", NOW)


def go(node, octets, number):
    node.checking.announce(octets, Carried(OUT, f"m{number}@tw", "kr"), NOW, "co.utilisation")


@pytest.mark.parametrize(("code", "amount"), [("PARTLY-USED", "5000"), ("USED", "9000")])
def test_both_sides_are_told(node, code, amount):
    assert come(node, certificate(), 1).entry.outcome == "AP"
    go(node, utilisation("AA/26/1", amount, code=code), 2)
    recorded = come(node, certificate(version=2, function="1"), 3)
    assert (recorded.entry.outcome, [one["rule"] for one in recorded.entry.findings]) == ("CA", ["AGR-03"])
    assert recorded.entry.findings[0]["args"] == [NUMBER, code]
    assert node.documents.state(SUBJECT, "issue") == "CANCELLED"
    (answer,) = recorded.answers
    response = node.documents.octets(answer.id)
    assert re.search(rb"<ValidationCode>AGR-03<", response)
    assert b"<OutcomeCode>CA<" in response


def test_a_certificate_that_nobody_has_used_is_cancelled_without_a_word(node):
    come(node, certificate(), 1)
    recorded = come(node, certificate(version=2, function="1"), 2)
    assert (recorded.entry.outcome, list(recorded.entry.findings)) == ("AP", [])
    assert node.documents.state(SUBJECT, "issue") == "CANCELLED"
