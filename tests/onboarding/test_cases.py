"""Which answer is right for which case."""

import pytest

from node.onboarding.cases import CASES, Answered, Outcome, conformance


def outcome(name, **said):
    case = next(one for one in CASES if one.id == name)
    return Outcome(
        case, Answered(**{"receipt": False, "code": None, "status": 200, "detail": "d", "sent": "s", "received": "r", **said})
    )


@pytest.mark.parametrize(
    ("name", "said", "passed"),
    [
        ("POS-1", {"receipt": True}, True),
        ("POS-1", {"code": "EBMS:0101"}, False),
        ("POS-1", {"status": None}, False),
        ("NEG-1", {"code": "EBMS:0101"}, True),
        ("NEG-1", {"code": "EBMS:0010"}, False),
        ("NEG-1", {"receipt": True}, False),
        ("NEG-1", {"receipt": True, "code": "EBMS:0101"}, False),
        # Nobody who answers is nobody who refuses.
        ("NEG-1", {"status": None}, False),
        ("NEG-2", {"code": "EBMS:0010"}, True),
        ("NEG-2", {"status": 403}, True),
        ("NEG-2", {"status": 500}, False),
        ("NEG-3", {"code": "EBMS:0103"}, True),
        ("NEG-3", {"status": 200}, False),
    ],
)
def test_an_answer(name, said, passed):
    assert outcome(name, **said).passed is passed


def test_the_gate_names_what_failed_and_whether_the_receipt_was_the_same():
    right = [outcome("POS-1", receipt=True), outcome("POS-2", receipt=True), outcome("NEG-1", code="EBMS:0101")]
    assert conformance(right).passed
    assert conformance(right).facts["same_receipt_octet_for_octet"]
    wrong = conformance(
        [
            outcome("POS-1", receipt=True),
            outcome("POS-2", receipt=True, received="other"),
            outcome("NEG-2", receipt=True, detail="it took it"),
        ]
    )
    assert wrong.missing == ("NEG-2, a message of an action that was not agreed is refused: it took it",)
    assert not wrong.facts["same_receipt_octet_for_octet"]
    assert wrong.facts["cases"][0]["case"] == "POS-1"


def test_each_case_has_its_source():
    assert all(one.source for one in CASES)
    assert len({one.id for one in CASES}) == len(CASES)
