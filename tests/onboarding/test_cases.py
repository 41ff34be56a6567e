"""Which answer is right for which case, and what a product of another make may answer instead."""

import pytest

from node.onboarding.cases import CASES, Answered, Expects, Outcome, Result, conformance

BY_ID = {one.id: one for one in CASES}


def outcome(name, alive=None, **said):
    answer = Answered(**{"receipt": False, "code": None, "status": 200, "detail": "d", "sent": "s", "received": "r", **said})
    return Outcome(BY_ID[name], answer, alive=alive)


@pytest.mark.parametrize(
    ("name", "said", "result"),
    [
        ("PNG-01", {"receipt": True}, "passed"),
        ("PNG-01", {"taken": True}, "passed"),
        ("PNG-01", {"code": "EBMS:0101"}, "failed"),
        ("PNG-01", {}, "failed"),
        ("PNG-01", {"status": None}, "inconclusive"),
        # Who has it already may say so in its own words.
        ("RLY-05", {"receipt": True}, "passed"),
        ("RLY-05", {"code": "EBMS:4001"}, "passed with a note"),
        ("RLY-05", {"code": "PRODUCT:17"}, "passed with a note"),
        ("RLY-05", {"code": "EBMS:0101"}, "failed"),
        ("PKG-01", {"code": "EBMS:0010"}, "passed with a note"),
        ("PKG-01", {"code": "EBMS:0101"}, "failed"),
        ("RLY-07", {"receipt": True}, "passed with a note"),
        ("SIG-14", {"code": "EBMS:0101"}, "passed"),
        ("SIG-14", {"code": "EBMS:0010"}, "failed"),
        ("SIG-14", {"receipt": True}, "failed"),
        ("SIG-14", {"receipt": True, "code": "EBMS:0101"}, "failed"),
        # Nobody who answers is nobody who refuses.
        ("SIG-14", {"status": None}, "inconclusive"),
        ("HDR-11", {"code": "EBMS:0010"}, "passed"),
        ("HDR-11", {"status": 403}, "passed"),
        ("HDR-11", {"status": 500}, "failed"),
        ("HDR-13", {"receipt": True}, "passed with a note"),
        ("SIG-17", {"code": "EBMS:0103"}, "passed"),
        ("SIG-17", {"status": 200}, "failed"),
        ("NEG-01", {"status": 500}, "passed"),
        ("NEG-01", {"status": 202}, "failed"),
        ("NEG-01", {"receipt": True}, "failed"),
        ("NEG-01", {"status": None, "alive": True}, "passed with a note"),
        ("NEG-01", {"status": None, "alive": False}, "failed"),
        ("NEG-01", {"status": 204, "alive": True}, "passed with a note"),
        ("NEG-01", {"status": 204, "alive": False}, "failed"),
        ("HDR-26", {"receipt": True, "alive": True}, "passed with a note"),
        ("SIG-19", {"code": "EBMS:0102"}, "passed with a note"),
        ("NEG-01", {"status": 400, "alive": False}, "failed"),
        ("RCT-14", {"status": 202}, "passed"),
        ("RCT-14", {"code": "EBMS:0003", "status": 500}, "passed"),
        ("RCT-14", {"status": 500}, "failed"),
        ("RCT-14", {"receipt": True}, "failed"),
        ("PUL-04", {"code": "EBMS:0006"}, "passed"),
        ("PUL-04", {"message": True}, "passed"),
        ("PUL-04", {"code": "EBMS:0101"}, "failed"),
        ("PUL-04", {"receipt": True}, "failed"),
        ("PUL-05", {"message": True}, "failed"),
        ("PNG-06", {"receipt": True}, "passed"),
    ],
)
def test_an_answer(name, said, result):
    found = outcome(name, **said)
    assert found.result.value == result
    assert found.passed is (result in ("passed", "passed with a note"))


def test_what_does_not_apply_keeps_the_gate_open_and_what_could_not_be_asked_shuts_it():
    left_out = Outcome(BY_ID["ENC-10"], why="no encryption is agreed", applies=False)
    not_sent = Outcome(BY_ID["ENC-10"], why="nobody serves this home")
    assert (left_out.result, left_out.passed) == (Result.NOT_APPLICABLE, True)
    assert (not_sent.result, not_sent.passed) == (Result.INCONCLUSIVE, False)
    assert left_out.row()["note"] == "no encryption is agreed"
    dropped = outcome("NEG-01", alive=True, status=204)
    assert dropped.note == "it drops the message in silence: no receipt, no error"
    assert conformance([not_sent]).missing == (f"ENC-10, {BY_ID['ENC-10'].says}: nobody serves this home",)


def test_the_record_says_what_was_sent_expected_and_got():
    row = outcome("SIG-14", code="EBMS:0101", message_id="m@x", octets=7).row()
    assert row["sent"] == {"message_id": "m@x", "octets": 7, "sha256": "s"}
    assert row["expected"]["what"] == "error"
    assert "EBMS:0101" in row["expected"]["codes"]
    assert row["got"] == {"receipt": False, "code": "EBMS:0101", "http_status": 200, "detail": "d", "sha256": "r"}


def test_the_gate_names_what_failed_and_whether_the_receipt_was_the_same():
    right = [outcome("PNG-01", receipt=True), outcome("RLY-05", receipt=True), outcome("SIG-14", code="EBMS:0101")]
    assert conformance(right).passed
    assert conformance(right).facts["same_receipt_octet_for_octet"]
    assert conformance(right).facts["counts"]["passed"] == 3
    wrong = conformance(
        [
            outcome("PNG-01", receipt=True),
            outcome("RLY-05", receipt=True, received="other"),
            outcome("HDR-11", receipt=True, detail="it took it"),
        ]
    )
    says = (
        "HDR-11, a message of an action that was not agreed: expected EBMS:0010, EBMS:0001, EBMS:0003, got a receipt (it took it)"
    )
    assert wrong.missing == (says,)
    assert not wrong.facts["same_receipt_octet_for_octet"]


@pytest.mark.parametrize(
    ("name", "said", "got"),
    [("PNG-01", {"code": "EBMS:0004"}, "EBMS:0004"), ("PNG-01", {}, "HTTP 200"), ("PNG-01", {"status": None}, "no answer")],
)
def test_a_failure_says_what_came(name, said, got):
    assert f"got {got} (" in outcome(name, **said).sentence()


def test_each_case_has_its_source_and_what_is_refused_its_code():
    assert len({one.id for one in CASES}) == len(CASES)
    assert len(CASES) >= 45
    for one in CASES:
        assert one.source, one.id
        assert bool(one.codes) == (one.expects is Expects.ERROR), one.id
        assert one.note or not (one.tolerated or one.receipt_too), one.id
