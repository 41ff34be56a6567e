"""Conformance cases against a partner's test service: what is sent, and which answer is right."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from node.onboarding.gates import Look


@dataclass(frozen=True, slots=True)
class Case:
    """One case. `refused_with` are the error codes that a partner may answer; none where a receipt is right."""

    id: str
    says: str
    source: str
    refused_with: tuple[str, ...] = ()


# fmt: off
CASES: Final = (
    Case("POS-1", "a signed test message gets a signed receipt that repeats its digests", "A 5.1.8"),
    Case("POS-2", "the same message again gets the same receipt",                        "A 3.2"),
    Case("NEG-1", "a message that was changed after it was signed is refused",           "C 6.7.2", ("EBMS:0101", "EBMS:0103", "EBMS:0004")),
    Case("NEG-2", "a message of an action that was not agreed is refused",               "C 6.7.1", ("EBMS:0010", "EBMS:0001")),
    Case("NEG-3", "a message without a signature is refused",                            "C 6.7.2", ("EBMS:0103", "EBMS:0101")),
)
# fmt: on


@dataclass(frozen=True, slots=True)
class Answered:
    """What a partner answered: a receipt that proves the message, or an error code, or neither."""

    receipt: bool
    code: str | None
    status: int | None
    detail: str
    #: SHA-256 of what was sent and of what came back.
    sent: str
    received: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case with its answer."""

    case: Case
    answer: Answered

    @property
    def passed(self) -> bool:
        if not self.case.refused_with:
            return self.answer.receipt
        if self.answer.receipt or self.answer.status is None:
            # Nobody answered: that is no refusal.
            return False
        # A partner may refuse at the door without an ebMS error; another error than the standard's is shown, and is no pass.
        return self.answer.code in self.case.refused_with or (self.answer.code is None and 400 <= self.answer.status < 500)

    def row(self) -> dict[str, Any]:
        """For the record."""
        said = self.answer
        return {
            "case": self.case.id,
            "says": self.case.says,
            "source": self.case.source,
            "passed": self.passed,
            "receipt": said.receipt,
            "code": said.code,
            "http_status": said.status,
            "detail": said.detail,
            "sent_sha256": said.sent,
            "received_sha256": said.received,
        }


def conformance(outcomes: Sequence[Outcome]) -> Look:
    """Gate 4."""
    missing = tuple(f"{one.case.id}, {one.case.says}: {one.answer.detail}" for one in outcomes if not one.passed)
    rows = [one.row() for one in outcomes]
    first, again = (next((one for one in outcomes if one.case.id == name), None) for name in ("POS-1", "POS-2"))
    same = first is not None and again is not None and first.answer.received == again.answer.received
    return Look({"cases": rows, "same_receipt_octet_for_octet": same}, missing)
