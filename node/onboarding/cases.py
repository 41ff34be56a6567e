"""Conformance cases against a partner's test service: what is sent, which answer is right, and which other one a conformant product may give."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from node.onboarding.gates import Look


class Expects(StrEnum):
    """What a case expects."""

    RECEIPT = "receipt"
    #: An ebMS error of the case's codes, or a refusal at the door (4xx).
    ERROR = "error"
    #: Any refusal: an error of whatever code, a SOAP fault, 4xx or 5xx.
    REFUSAL = "refusal"
    #: A signal about something unknown: taken in silence or answered by an error, and nothing breaks.
    CALM = "calm"
    #: An error of severity warning that says that the channel is empty, or a message.
    CHANNEL = "channel"
    #: Something that the partner sends by itself.
    THEIRS = "theirs"


class Result(StrEnum):
    """What came of a case."""

    PASSED = "passed"
    #: Passed, and the partner does it in another way that is allowed; the note says which.
    NOTED = "passed with a note"
    FAILED = "failed"
    #: Nobody answered, or what the case needs was not there.
    INCONCLUSIVE = "inconclusive"
    #: The agreement has nothing of the kind; the note says why.
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Case:
    """One case; `id` is that of the assertion. A partner of another make may answer with `tolerated` codes, or with a receipt where `note` allows it."""

    id: str
    says: str
    source: str
    expects: Expects = Expects.RECEIPT
    codes: tuple[str, ...] = ()
    #: Codes with which a conformant product may refuse what others receipt.
    tolerated: tuple[str, ...] = ()
    #: Whether a receipt passes too where an error is expected.
    receipt_too: bool = False
    note: str = ""


def _codes(*numbers: str) -> tuple[str, ...]:
    return tuple(f"EBMS:{number}" for number in numbers)


#: A product whose test service takes no payload or property says so; the documents of gate 5 show the same.
_NO_CONTENT: Final = _codes("0010", "0001", "0004")
_BARE: Final = "its test service takes test messages without content alone; gate 5 shows this with documents"
_TWICE: Final = "it tells that it has the message already, in place of the receipt once more"
_LOOSE: Final = "its test service does not look at this; it delivers nothing of it"
_ONE_CODE: Final = "it has one code, FailedDecryption, for all that is wrong with the security of a message"
_BROKEN_SEAL: Final = _codes("0101", "0102", "0103")

# fmt: off
CASES: Final = (
    # What is right is receipted.
    Case("PNG-01", "a signed test message gets a receipt that repeats its digests", "C 5.2.2, ED 3.2.4, A 5.1.8"),
    Case("RCT-08", "the receipt comes by callback, as agreed", "C D.3.6, A 5.1.8"),
    Case("RLY-05", "the same octets again get the receipt again and are eliminated", "A 3.2",
         tolerated=(*_codes("0003", "0004", "4001"), "other"), note=_TWICE),
    Case("RLY-06", "the same MessageId, packaged anew, is eliminated too", "A 3.2",
         tolerated=(*_codes("0003", "0004", "4001"), "other"), note=_TWICE),
    Case("RLY-11", "a message that was cut off in the middle is taken when it comes again whole", "A 3.2"),
    Case("HDR-19", "an empty ConversationId is valid", "C 5.2.2.10", tolerated=_codes("0003", "0009", "0004"),
         note="it wants a ConversationId in every message; give it one"),
    Case("HDR-27", "a MessageId of 255 characters comes back whole", "C 5.2.2.1", tolerated=_codes("0003", "0009", "0004"),
         note="it takes shorter MessageIds alone"),
    Case("PRP-07", "message properties in any script are taken", "C 5.2.2.11", tolerated=_NO_CONTENT, note=_BARE),
    Case("PKG-01", "one XML payload", "C 5.1.1", tolerated=_NO_CONTENT, note=_BARE),
    Case("PKG-20", "three payloads of different types, each with its digest in the receipt", "C 5.1.1, A 5.1.8", tolerated=_NO_CONTENT, note=_BARE),
    Case("CMP-04", "a compressed payload", "A 3.1", tolerated=_NO_CONTENT, note=_BARE),
    Case("CMP-05", "a payload that is not compressed although compression is agreed", "A 3.1",
         tolerated=(*_NO_CONTENT, *_codes("0303")), note="it takes compressed payloads alone"),
    Case("CMP-18", "two payloads, one compressed and one not", "A 3.1",
         tolerated=(*_NO_CONTENT, *_codes("0303")), note="it takes compressed payloads alone"),
    Case("PRP-18", "a payload of no octets", "C 5.1.1",
         tolerated=(*_NO_CONTENT, *_codes("0303", "0003", "0007", "0011")), note="it takes no empty payload; do not send one"),
    Case("LRG-01", "a payload as large as agreed, at most 10 MB", "EN 2.2, P2 4", tolerated=_NO_CONTENT, note=_BARE),
    # What is wrong is refused, with its error.
    Case("RLY-07", "the same MessageId with other content is not taken for a new message", "A 3.2", Expects.ERROR, _codes("0003", "0004", "4001"),
         tolerated=("other",), receipt_too=True, note="it takes the second for a duplicate of the first, which stays"),
    Case("SIG-13", "a payload that was changed after it was signed", "C 7.8", Expects.ERROR, _BROKEN_SEAL),
    Case("SIG-14", "a header that was changed after it was signed", "C 7.8", Expects.ERROR, (*_BROKEN_SEAL, *_codes("0004"))),
    Case("SIG-16", "a signature that was changed", "C 7.8", Expects.ERROR, _BROKEN_SEAL),
    Case("SIG-17", "a message without a signature", "C 7.8", Expects.ERROR, _codes("0103", "0101")),
    Case("SIG-19", "a signature of a stranger who has our name", "C 7.8", Expects.ERROR, _codes("0101", "0103"),
         tolerated=_codes("0102"), note=_ONE_CODE),
    Case("SIG-20", "a signature of a certificate that has expired", "RFC 5280 6.1.3", Expects.ERROR, _codes("0101", "0103"),
         tolerated=_codes("0102"), note=_ONE_CODE),
    Case("ENC-10", "a payload in the clear although encryption is agreed", "A 5.1.6", Expects.ERROR, _codes("0103", "0102", "0101"),
         receipt_too=True, note="its test service does not insist on encryption; ask whether its other services do"),
    Case("ENC-12", "a payload that was encrypted for somebody else", "C 6.7.2", Expects.ERROR, _codes("0102", "0101", "0103")),
    Case("ENC-13", "a ciphertext that was changed on the way", "C 6.7.2", Expects.ERROR, _codes("0102", "0101")),
    Case("HDR-08", "a message of a party that nobody knows", "A 2.1.1", Expects.ERROR, _codes("0010", "0003", "0101", "0004", "0001")),
    Case("HDR-09", "a message for another party", "A 2.1.1", Expects.ERROR, _codes("0010", "0003", "0004", "0001")),
    Case("HDR-10", "a message of a service that was not agreed", "C 6.7.1", Expects.ERROR, _codes("0010", "0001", "0003")),
    Case("HDR-11", "a message of an action that was not agreed", "C 6.7.1", Expects.ERROR, _codes("0010", "0001", "0003")),
    Case("HDR-12", "a message under another agreement", "C 5.2.2.7", Expects.ERROR, _codes("0010", "0001", "0003"), receipt_too=True, note=_LOOSE),
    Case("HDR-13", "the parties in each other's roles", "A 2.1.1", Expects.ERROR, _codes("0010", "0003", "0001"), receipt_too=True, note=_LOOSE),
    Case("HDR-14", "a message on a channel that was not agreed", "C 3.4", Expects.ERROR, _codes("0010", "0001", "0003"), receipt_too=True, note=_LOOSE),
    Case("PRP-08", "a payload that lies on a web server", "C 5.2.2.12", Expects.ERROR, _codes("0011", "0003", "0010", "0004")),
    Case("PRP-09", "a payload that the header names and that did not come", "C 5.2.2.12", Expects.ERROR, _codes("0011", "0003", "0007", "0010", "0004", "0101", "0103")),
    Case("CMP-08", "a compressed payload that is damaged", "A 3.6", Expects.ERROR, _codes("0303", "0003", "0004", "0007", "0010"),
         receipt_too=True, note="its test service does not unpack what nobody reads"),
    Case("CMP-09", "a compression that nobody knows", "A 3.1", Expects.ERROR, _codes("0303", "0003", "0002", "0004", "0010")),
    Case("LRG-04", "one octet more than agreed", "C D.3.4", Expects.ERROR, _codes("0010", "0004", "0003"), receipt_too=True,
         note="its test service does not look at sizes"),
    Case("RLY-01", "a message that is cut off in the middle", "A 3.2", Expects.REFUSAL),
    Case("PKG-29", "an envelope without an ebMS header", "C 5.2", Expects.REFUSAL),
    Case("NEG-01", "an envelope with a document type declaration", "SOAP 1.2 5", Expects.REFUSAL),
    Case("HDR-26", "a message that is labelled as plain text", "C 5.1", Expects.REFUSAL, receipt_too=True, note="it reads what is inside, whatever its label"),
    # Signals.
    Case("RCT-14", "a receipt for a message that nobody sent", "A 3.6", Expects.CALM),
    Case("ERR-12", "an error about a message that nobody sent", "C 6.3", Expects.CALM),
    # The other patterns and directions.
    Case("PUL-04", "a look into the agreed channel", "C 3.2, C 6.7.1", Expects.CHANNEL),
    Case("PUL-05", "a pull that nobody signed", "ED 4.5.5", Expects.ERROR, _codes("0103", "0101", "0010", "0004")),
    Case("PUL-07", "a pull from a channel that was not agreed", "C 3.4", Expects.ERROR, _codes("0001", "0010", "0003", "0101", "0004", "0006")),
    Case("TWO-01", "a request and its answer", "C 2.2.7, ED 3.2.1"),
    Case("SPL-01", "a message in fragments", "P2 4"),
    Case("PNG-06", "a test message of the partner came here and was receipted", "ED 3.2.4", Expects.THEIRS),
    Case("PNG-99", "after all this a test message is receipted as at first", "ED 3.2.4"),
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
    sent: str = ""
    received: str = ""
    message_id: str = ""
    #: How many octets were sent.
    octets: int = 0
    #: Taken without a receipt, where none is agreed.
    taken: bool = False
    #: What came is a user message.
    message: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case with its answer; `answer` is None where nothing was sent, and `why` says why."""

    case: Case
    answer: Answered | None = None
    why: str = ""
    #: Whether nothing was sent because the agreement has nothing of the kind.
    applies: bool = True
    #: Whether a test message went through afterwards; None where that was not asked.
    alive: bool | None = None

    @property
    def result(self) -> Result:
        """What came of it."""
        if not self.applies:
            return Result.NOT_APPLICABLE
        if self.answer is None:
            return Result.INCONCLUSIVE
        if self.alive is False:
            return Result.FAILED
        if self.alive and self.case.expects is Expects.REFUSAL and _silent(self.answer):
            return Result.NOTED
        return _judged(self.case, self.answer)

    @property
    def passed(self) -> bool:
        """Whether it keeps the gate open."""
        return self.result in (Result.PASSED, Result.NOTED, Result.NOT_APPLICABLE)

    @property
    def note(self) -> str:
        """What a reader of the record must know beside the answer."""
        if self.alive is False:
            return "afterwards a plain test message got no receipt any more"
        if self.result is Result.NOTED:
            silent = self.answer is not None and _silent(self.answer) and self.case.expects is Expects.REFUSAL
            return "it drops the message in silence: no receipt, no error" if silent else self.case.note
        return self.why

    def row(self) -> dict[str, Any]:
        """For the record: what was sent, expected, and got."""
        case, said = self.case, self.answer
        return {
            "case": case.id,
            "says": case.says,
            "source": case.source,
            "result": self.result.value,
            "note": self.note,
            "expected": {"what": case.expects.value, "codes": list(case.codes)},
            "sent": {"message_id": said.message_id, "octets": said.octets, "sha256": said.sent} if said else None,
            "got": {
                "receipt": said.receipt,
                "code": said.code,
                "http_status": said.status,
                "detail": said.detail,
                "sha256": said.received,
            }
            if said
            else None,
            "alive_afterwards": self.alive,
        }

    def sentence(self) -> str:
        """What is missing, for an operator."""
        said = self.answer
        if said is None:
            return f"{self.case.id}, {self.case.says}: {self.why}"
        wanted = ", ".join(self.case.codes) or self.case.expects.value
        got = "a receipt" if said.receipt else said.code or (f"HTTP {said.status}" if said.status else "no answer")
        return f"{self.case.id}, {self.case.says}: expected {wanted}, got {got} ({self.note or said.detail})"


def _silent(said: Answered) -> bool:
    """Neither a receipt nor a refusal, whether or not the connection ended with a status."""
    return not (said.receipt or said.message or said.code) and (said.status is None or said.status < 300)


def _judged(case: Case, said: Answered) -> Result:
    if case.expects is Expects.THEIRS:
        return Result.PASSED
    if said.status is None:
        # Nobody answered: that is neither a receipt nor a refusal.
        return Result.INCONCLUSIVE
    if case.expects is Expects.RECEIPT:
        return _receipted(case, said)
    if said.receipt or said.message:
        return _taken_anyhow(case, said)
    return _REFUSED[case.expects](case, said)


def _receipted(case: Case, said: Answered) -> Result:
    if said.receipt or said.taken:
        return Result.PASSED
    return Result.NOTED if _tolerated(case, said) else Result.FAILED


def _tolerated(case: Case, said: Answered) -> bool:
    # A code that the standard does not have is a product's own word.
    foreign = said.code is not None and not said.code.startswith("EBMS:0") and "other" in case.tolerated
    return said.code in case.tolerated or foreign


def _taken_anyhow(case: Case, said: Answered) -> Result:
    if case.expects is Expects.CHANNEL:
        return Result.PASSED if said.message else Result.FAILED
    return Result.NOTED if case.receipt_too and said.receipt else Result.FAILED


def _by_code(case: Case, said: Answered) -> Result:
    if said.code in case.codes:
        return Result.PASSED
    if _tolerated(case, said):
        return Result.NOTED
    # A partner may refuse at the door without an ebMS error; another error than the standard's is shown, and is no pass.
    at_the_door = said.code is None and said.status is not None and 400 <= said.status < 500
    return Result.PASSED if at_the_door else Result.FAILED


def _at_all(_: Case, said: Answered) -> Result:
    return Result.PASSED if said.code is not None or (said.status or 0) >= 400 else Result.FAILED


def _calm(_: Case, said: Answered) -> Result:
    return Result.PASSED if said.code is not None or (said.status or 0) < 500 else Result.FAILED


def _empty(_: Case, said: Answered) -> Result:
    return Result.PASSED if said.code == "EBMS:0006" else Result.FAILED


_REFUSED: Final = {Expects.ERROR: _by_code, Expects.REFUSAL: _at_all, Expects.CALM: _calm, Expects.CHANNEL: _empty}


def conformance(outcomes: Sequence[Outcome]) -> Look:
    """Gate 4."""
    missing = tuple(one.sentence() for one in outcomes if not one.passed)
    said = {one.case.id: one.answer for one in outcomes if one.answer is not None}
    first, again = said.get("PNG-01"), said.get("RLY-05")
    same = first is not None and again is not None and first.receipt and first.received == again.received
    facts = {
        "cases": [one.row() for one in outcomes],
        "counts": counts(outcomes),
        "same_receipt_octet_for_octet": same,
    }
    return Look(facts, missing)


def counts(outcomes: Iterable[Outcome]) -> Mapping[str, int]:
    """How many cases came to which result."""
    found = dict.fromkeys((one.value for one in Result), 0)
    for one in outcomes:
        found[one.result.value] += 1
    return found
