"""Which version counts is asked with the time; where two overlap, both are taken in and the newer one goes out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from node.agreements.agreement import Said, Term, read_tables
from node.agreements.agreements import Agreements
from node.configuration import Problems
from node.ebms.errors import ProcessingModeMismatch
from node.ebms.message import AgreementRef
from node.msh.ports import PModeNotFound, SubmissionError

NOW = datetime(2026, 12, 1, tzinfo=UTC)
DAY = timedelta(days=1)
TABLES = {
    "profile": "edelivery-as4-1.15",
    "partner": {"party_id": "XX-CUSTOMS", "party_type": "urn:x", "url": "https://as4.example.xx/as4"},
    "certificates": {"sign": ["b-sign"], "encrypt": ["b-enc"]},
    "service": [{"value": "urn:co", "actions": ["Submit"]}],
}


@pytest.fixture
def version(known):
    def make(number, since, until, **changed):
        problems = Problems()
        made = read_tables(Said("xx", "f", {**TABLES, **changed}, term=Term(number, since, until)), known, problems)
        assert made is not None, problems.found
        return made

    return make


@pytest.fixture
def message(a):
    return lambda agreement=None: a.message(agreement=AgreementRef(agreement) if agreement else None)


def at(agreements, when):
    agreements.told_by(lambda: when)
    return agreements


def test_before_it_begins_and_after_it_has_ended_nothing_is_taken_and_nothing_goes_out(version, message):
    found = Agreements([version(1, NOW, NOW + DAY)], now=lambda: NOW)
    assert found.find(message()).partner == "xx"
    assert found.for_submission("xx", None, "Submit").id == "xx/send/urn:co/Submit"
    for when, said in (
        (NOW - DAY, "agreement begins on 2026-12-01T00:00:00Z"),
        (NOW + DAY, "agreement ended on 2026-12-02T00:00:00Z"),
    ):
        at(found, when)
        with pytest.raises(PModeNotFound) as refused:
            found.find(message())
        assert refused.value.definition is ProcessingModeMismatch
        assert refused.value.nearest.pmode_id == "xx/receive/urn:co/Submit"
        assert refused.value.nearest.differences == (("Agreement", "one that is in force", said),)
        with pytest.raises(SubmissionError, match=said):
            found.for_submission("xx", None, "Submit")
        # What is under way is ended with what it began with.
        assert found.get("xx/send/urn:co/Submit").partner == "xx"
        assert found.agreements["xx"].partner == "xx"
        assert found.pmodes() == []


def test_in_the_overlap_both_are_taken_and_the_newer_goes_out(version, message):
    old = version(1, NOW, NOW + 3 * DAY)
    new = version(
        2,
        NOW + 2 * DAY,
        None,
        certificates={"sign": ["c-sign"], "encrypt": ["b-enc"]},
        leg={"security": {"x509": {"signature": {"hash_function": "http://www.w3.org/2001/04/xmlenc#sha512"}}}},
    )
    found = Agreements([new, old], now=lambda: NOW)
    names, goes_out = [], []
    for days in (1, 2, 3):
        at(found, NOW + days * DAY)
        security = found.find(message()).leg.security
        names.append(security.signature.certificate)
        goes_out.append(found.for_submission("xx", None, "Submit").leg.security)
    assert names == [("b-sign",), ("c-sign", "b-sign"), ("c-sign",)]
    sha256, sha512 = (f"http://www.w3.org/2001/04/xmlenc#sha{one}" for one in (256, 512))
    assert [one.signature.hash_function for one in goes_out] == [sha256, sha512, sha512]
    # The receipt of what goes out may still be signed with the old key.
    assert [one.signal_signature.certificate for one in goes_out] == [("b-sign",), ("c-sign", "b-sign"), ("c-sign",)]
    at(found, NOW + 2 * DAY)
    assert sha256 in found.find(message()).leg.security.also_allowed
    assert found.versions("xx") == [old, new]


def test_another_reference_in_the_overlap_is_another_way_in(version, message, known):
    old = version(1, NOW, NOW + 3 * DAY, agreement_ref={"value": "urn:1"})
    new = version(2, NOW + 2 * DAY, None, agreement_ref={"value": "urn:2"})
    found = Agreements([old, new], now=lambda: NOW + 2 * DAY)
    for one in ("urn:1", "urn:2"):
        assert found.find(message(agreement=one)).agreement.value == one
    assert found.for_submission("xx", None, "Submit").agreement.value == "urn:2"
    with pytest.raises(PModeNotFound, match="agreement ended on"):
        at(found, NOW + 3 * DAY).find(message(agreement="urn:1"))


def test_what_the_newer_wants_more_is_not_wanted_while_the_older_holds(version, message):
    wants = {"leg": {"business_info": {"properties": ["extra"]}}}
    found = Agreements([version(1, NOW, NOW + 3 * DAY), version(2, NOW + 2 * DAY, None, **wants)], now=lambda: NOW + 2 * DAY)
    assert found.find(message()).leg.business_info.properties == ()
    assert [one.name for one in at(found, NOW + 3 * DAY).find(message()).leg.business_info.properties] == ["extra"]


def test_what_has_neither_begin_nor_end_asks_no_clock(version, message):
    def never():
        raise AssertionError

    found = Agreements([replace(version(0, None, None), term=Term())], now=lambda: NOW)
    found.told_by(never)
    assert found.find(message()).partner == "xx"


def test_without_a_clock_the_newest_version_counts(version, message):
    found = Agreements([version(1, NOW, NOW + DAY), version(2, NOW + DAY, None, title="new")])
    assert found.agreements["xx"].title == "new"
    assert found.find(message()).partner == "xx"
