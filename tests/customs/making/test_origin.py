"""Documents about a certificate pass the check of their pack, against the certificate on file."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from node.customs.making import origin
from node.customs.making.heading import Heading, following
from tests.documents import NOW, offline, rules

PROFILE = "rcep.1"
CERTIFICATE = origin.Certificate("26-R00418207", 1, date(2026, 11, 16), "JP-CCI-01")
IMPORTER = Heading(following("x"), "9", NOW, "VN-CUSTOMS", "JP-CUSTOMS")
USE = origin.Use("PARTLY-USED", "D1", date(2026, 11, 20), "GIVEN", quantities=[origin.Quantity(1, "12.5", "NAR")])
QUESTIONS = [origin.Question("AUTHENTIC"), origin.Question("CRITERION", 2, "Which inputs?")]


@pytest.fixture
def desk():
    return offline("co-rcep-multi-item")


def test_a_use_is_accepted_and_counts(desk):
    octets = origin.make_utilisation(IMPORTER, PROFILE, CERTIFICATE, USE)
    assert rules(octets, desk) == []
    desk.put_on_file(octets, NOW)
    too_much = replace(USE, quantities=[origin.Quantity(1, "27.6", "NAR")])
    again = replace(IMPORTER, message_id=following("y"))
    assert rules(origin.make_utilisation(again, PROFILE, CERTIFICATE, too_much), desk) == ["CO-18"]


def test_a_refusal_of_preference_has_its_reason(desk):
    use = origin.Use("PRESENTED", "D1", date(2026, 11, 20), "NOT-GIVEN", "DOCUMENT")
    assert rules(origin.make_utilisation(IMPORTER, PROFILE, CERTIFICATE, use), desk) == []


def test_a_request_and_its_reply_are_accepted(desk):
    asked = replace(IMPORTER, function="13")
    due = NOW.date() + timedelta(days=90)
    request = origin.make_request(asked, PROFILE, "V1", CERTIFICATE, "DOUBT", due, QUESTIONS)
    assert rules(request, desk) == []
    desk.put_on_file(request, NOW)
    heading = Heading(following("z"), "11", NOW, "JP-CUSTOMS", "VN-CUSTOMS", IMPORTER.message_id)
    answers = [origin.Answer(1, "Y"), origin.Answer(2, "N", "None.")]
    assert rules(origin.make_reply(heading, PROFILE, "V1", CERTIFICATE, "PARTLY", answers), desk) == []
    assert rules(origin.make_reply(heading, PROFILE, "V1", CERTIFICATE, "PARTLY", answers[:1]), desk) == ["CO-31"]


def test_a_query_is_accepted():
    heading = replace(IMPORTER, function="13")
    assert rules(origin.make_query(heading, PROFILE, "26-R00418207", date(2026, 11, 16), "CLEARANCE")) == []
