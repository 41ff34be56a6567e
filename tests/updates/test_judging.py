"""Every reason to refuse a request at once is found, and the standard's own code is used where it is known."""

from dataclasses import replace
from datetime import timedelta

import pytest

from node.updates.judging import Agreed, judge
from node.updates.update import ACTIVATE_BY_REJECTED, UpdateRequest
from node.updates.writing import replacing
from tests.updates.test_reading import AT, NEW, OLD, PKI

REQUEST = UpdateRequest(
    *("r1", AT, AT + timedelta(days=7), AT + timedelta(days=14), "current", "updated"), (replacing(OLD, NEW, (PKI.ca,), 1),)
)
AGREED = Agreed({"current"}, (OLD,), lambda *_: "")


def errors(request=REQUEST, agreed=AGREED, now=AT):
    return [(one.short, one.about) for one in judge(request, agreed, now)]


def test_a_good_request_waits_for_people():
    assert errors() == []


@pytest.mark.parametrize(
    ("changed", "short"),
    [
        ({"current": "other"}, "CurrentAgreementUnknown"),
        ({"updated": "current"}, "UpdatedAgreementRejected"),
        ({"respond_by": AT}, "RespondByRejected"),
        ({"activate_by": AT}, "ActivateByRejected"),
        ({"activate_by": None}, "ActivateByRejected"),
        ({"expire_by": AT}, "ExpireByRejected"),
        ({"expire_by": AT + timedelta(days=400)}, "ExpireByRejected"),
    ],
)
def test_what_is_wrong_with_the_request_is_told(changed, short):
    assert errors(replace(REQUEST, **changed)) == [(short, "")]


def test_the_code_of_the_standard_is_used_where_it_is_known():
    (error,) = judge(replace(REQUEST, activate_by=AT), AGREED, AT)
    assert (error.code, error.short) == ACTIVATE_BY_REJECTED == ("AU:0006", "ActivateByRejected")


def test_all_that_is_wrong_is_told_at_once():
    wrong = replace(REQUEST, current="other", respond_by=AT, activate_by=AT)
    assert [short for short, _ in errors(wrong)] == ["CurrentAgreementUnknown", "RespondByRejected", "ActivateByRejected"]


def test_a_request_without_a_last_moment_for_the_answer_is_good():
    assert errors(replace(REQUEST, respond_by=None)) == []


def test_an_id_that_was_used_is_refused():
    assert errors(agreed=replace(AGREED, reused=True)) == [("RequestIdReused", "")]


def test_the_present_certificate_must_be_agreed():
    assert errors(agreed=replace(AGREED, certificates=(NEW,))) == [("CurrentCertificateUnknown", "ur1")]


def test_the_new_certificate_must_be_another_one():
    assert errors(replace(REQUEST, updates=(replacing(OLD, OLD, (), 1),))) == [("CertificateRejected", "ur1")]


def test_the_new_certificate_is_judged_as_of_its_time():
    asked = []

    def why_not(update, present, at):
        asked.append((update.certificate, present, at))
        return "too weak"

    assert errors(agreed=replace(AGREED, why_not=why_not)) == [("CertificateRejected", "ur1")]
    assert asked == [(NEW, OLD, AT + timedelta(days=14))]
