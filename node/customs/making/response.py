"""A Response: how far a document has come here, and what was found in it. Source: DESIGN 8."""

import base64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from node.customs.finding import Finding, Outcome, Pointer
from node.customs.making.heading import Heading, said
from node.customs.making.writer import Item, write_document

NAMESPACE: Final = "urn:n2n:customs:res:1"
PROFILE: Final = "response.1"
TYPE: Final = "gen.response"
#: Errors of one response; the others are counted.
MOST_ERRORS: Final = 999
_LONGEST_TEXT: Final = 512
_LONGEST_CODE: Final = 8


@dataclass(frozen=True, slots=True)
class Answered:
    """The message that is answered."""

    message_id: str
    type_id: str
    #: SHA-256 of its octets.
    digest: bytes = b""
    #: What it is about; empty where it has no number.
    number: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class RecordResult:
    """What became of one record of a list."""

    tin: str
    tier: str
    version: int
    outcome: str
    rule: str = ""
    local_id: str = ""


def function_of(outcome: Outcome) -> str:
    """UN 1225 of a response: 27 refuses, 11 answers. Source: RES-02."""
    return "27" if outcome is Outcome.REFUSED else "11"


def make_response(
    heading: Heading,
    answered: Answered,
    level: str,
    outcome: Outcome,
    *,
    findings: Sequence[Finding] = (),
    not_listed: int = 0,
    status: str = "",
    records: Iterable[RecordResult] = (),
) -> bytes:
    """The octets. `status` only with level LX; findings of severity H are told with AJ, none with AP. Source: RES-01, RES-02."""
    listed = [] if outcome is Outcome.ACCEPTED else list(findings)[:MOST_ERRORS]
    more = not_listed + max(len(findings) - MOST_ERRORS, 0)
    items: tuple[Item | None, ...] = (
        heading.item(),
        (
            "ReferencedMessage",
            (
                ("MessageID", answered.message_id),
                ("TypeID", answered.type_id),
                ("MessageDigest", base64.b64encode(answered.digest).decode() or None),
            ),
        ),
        ("LadderLevelCode", level),
        ("OutcomeCode", outcome.value),
        ("EffectiveDateTime", said(heading.issued_at)),
        ("StatusCode", status or None),
        _document(answered),
        *(_error(number, finding) for number, finding in enumerate(listed, 1)),
        ("ErrorsNotListedQuantity", str(more)) if more and len(listed) == MOST_ERRORS else None,
        *map(_record, records),
    )
    return write_document(NAMESPACE, "Response", {"schemaVersion": "1.0", "profile": PROFILE}, items)


def _document(answered: Answered) -> Item | None:
    if not answered.number:
        return None
    return ("Document", (("ID", answered.number), ("VersionID", str(answered.version) if answered.version else None)))


def _error(number: int, finding: Finding) -> Item:
    return (
        "Error",
        (
            ("SequenceNumeric", str(number)),
            ("ValidationCode", finding.rule[:_LONGEST_CODE]),
            ("SeverityCode", finding.severity.value),
            ("Description", _short(finding.en), {"languageID": "en"}),
            ("Description", _short(finding.zh), {"languageID": "zh-Hant"}),
            *_pointer(finding.location, finding.pointer),
        ),
    )


def _pointer(location: str, pointer: Pointer) -> Iterator[Item]:
    if location or pointer != Pointer():
        yield (
            "Pointer",
            (
                ("DocumentSectionCode", pointer.section or None),
                ("TagID", pointer.tag.split()[0] if pointer.tag else None),
                ("Location", _short(location) if location else None),
            ),
        )


def _short(text: str) -> str:
    # White space is collapsed by the schema's types, and a control character is no XML.
    plain = " ".join("".join(sign for sign in text if sign.isprintable() or sign.isspace()).split())
    return plain if len(plain) <= _LONGEST_TEXT else plain[: _LONGEST_TEXT - 1] + "…"


def _record(record: RecordResult) -> Item:
    return (
        "RecordResult",
        (
            ("TIN", record.tin),
            ("TierCode", record.tier),
            ("RecordVersion", str(record.version)),
            ("OutcomeCode", record.outcome),
            ("ValidationCode", record.rule or None),
            ("LocalID", record.local_id or None),
        ),
    )
