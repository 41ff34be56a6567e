"""Stage 4, by headers alone; whole documents are in the cases of GEN-04 to GEN-09."""

from datetime import UTC, date, datetime, timedelta

import pytest

from node.customs.checking.document import Header
from node.customs.checking.heading import AHEAD, judge_header
from node.customs.profile import Profile
from tests.documents import packs

DEFINITION = packs().named("co.certificate")
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PROFILE = Profile("p.1", ("co.certificate",), "1.9", date(2026, 11, 20), date(2026, 11, 20), {})
HEADER = {
    "function": "9",
    "issued": "2026-11-20T12:00:00Z",
    "sender": "A",
    "recipient": "B",
    "profile": "p.1",
    "schema_version": "1.9",
}


def told(profile=PROFILE, now=NOW, **changes):
    return [one.rule for one in judge_header(DEFINITION, Header(**{**HEADER, **changes}), profile, now)]


def test_a_good_header_has_no_finding():
    assert told() == []


@pytest.mark.parametrize(("version", "rules"), [("1.0", []), ("1.10", ["GEN-04"]), ("1.8", []), ("2.0", ["GEN-04"])])
def test_versions_are_compared_as_numbers(version, rules):
    assert told(schema_version=version) == rules


@pytest.mark.parametrize(("issued", "rules"), [("2026-11-20T00:00:00+08:00", []), ("2026-11-19T23:59:59-08:00", ["GEN-04"])])
def test_the_day_is_that_of_the_documents_own_zone(issued, rules):
    assert told(issued=issued) == rules


def test_an_unknown_profile_is_told():
    assert told(profile=None) == ["GEN-04"]


def test_five_minutes_ahead_are_allowed():
    at = NOW - AHEAD
    assert told(now=at) == []
    assert told(now=at - timedelta(microseconds=1)) == ["GEN-05"]


def test_everything_is_told_at_once():
    found = told(profile=None, function="13", recipient="A", issued="2027-01-01T00:00:00Z")
    assert found == ["GEN-04", "GEN-05", "GEN-06", "GEN-08"]


def test_an_answer_names_what_it_answers():
    reply = packs().named("co.verification-reply")
    (found,) = judge_header(
        reply, Header(**{**HEADER, "function": "11"}), Profile("p", (reply.id,), "1.9", date.min, None, {}), NOW
    )
    assert (found.rule, found.location) == ("GEN-09", "/OriginVerificationReply/DocumentHeader")
