"""A question to a partner about one of its operators, and what it answers. Source: DESIGN 4.1."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from node.customs.making.heading import Heading
from node.customs.making.writer import write_document
from node.customs.operators.outbound import instant_text
from node.customs.operators.record import NAMESPACE, OperatorRecord, read_instant, read_record
from node.ebms.xml import parse_xml

QUERY: Final = "aeo.query"
RESPONSE: Final = "aeo.query-response"
FOUND: Final = "FOUND"


@dataclass(frozen=True, slots=True)
class Told:
    """The answer of a partner."""

    result: str
    day: date
    known_at: datetime
    records: tuple[OperatorRecord, ...] = ()


def make_query(
    heading: Heading, profile: str, scheme: str, identifier: str, day: date, known_at: datetime | None, purpose: str
) -> bytes:
    """The octets of an AeoQuery, not yet sealed; `known_at` is None for now."""
    return write_document(
        NAMESPACE,
        "AeoQuery",
        {"schemaVersion": "1.0", "profile": profile},
        (
            heading.item(),
            ("IdentifierSchemeCode", scheme),
            ("IdentifierID", identifier),
            ("AsOfDate", day.isoformat()),
            ("KnownAt", instant_text(known_at) if known_at is not None else None),
            ("PurposeCode", purpose),
        ),
    )


def read_answer(octets: bytes) -> Told:
    """The values of an accepted AeoQueryResponse."""
    root = parse_xml(octets)
    said = {name: " ".join((root.findtext(f"{{*}}{name}") or "").split()) for name in ("ResultCode", "AsOfDate", "KnownAt")}
    return Told(
        said["ResultCode"],
        date.fromisoformat(said["AsOfDate"]),
        read_instant(said["KnownAt"]),
        tuple(map(read_record, root.iterfind("{*}Record"))),
    )


def holding(told: Told) -> Iterator[OperatorRecord]:
    """The records by which an operator has its status that day, and has benefits by it."""
    return (one for one in told.records if one.status == "ACTIVE")
