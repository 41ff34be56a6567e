"""A partner's question about one of our operators, and the answer: what held on a day as we knew it at an instant. Source: DESIGN 4.1."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from node.customs.operators.arrangement import Arrangement, OwnProgramme
from node.customs.operators.history import OperatorHistory, as_of
from node.customs.operators.outbound import element_xml, instant_text, projected, record_xml
from node.customs.operators.port import OperatorRegister
from node.customs.operators.record import NAMESPACE, OperatorRecord, RecordRefused, read_instant
from node.ebms.xml import Element, escape_attribute

#: Records of one answer. Source: DESIGN 4.1.
MOST = 5


@dataclass(frozen=True, slots=True)
class OperatorQuery:
    """What a partner asks."""

    document_id: str
    sender: str
    recipient: str
    profile: str
    scheme: str
    identifier: str
    day: date
    #: None for now.
    known_at: datetime | None
    purpose: str
    #: Of a rehearsal; its answer belongs to it too.
    campaign: str = ""


@dataclass(frozen=True, slots=True)
class OperatorAnswer:
    """What it is told; records only where it is FOUND."""

    result: str
    known_at: datetime
    records: tuple[OperatorRecord, ...] = ()


def read_query(root: Element) -> OperatorQuery:
    """The values of a checked AeoQuery. Raises RecordRefused for what its schema would not have let through."""
    said = {one.tag.rpartition("}")[2]: " ".join((one.text or "").split()) for one in root.iter("{*}*")}
    try:
        return OperatorQuery(
            said["MessageID"],
            said["SenderAuthority"],
            said["RecipientAuthority"],
            root.get("profile", ""),
            said["IdentifierSchemeCode"],
            said["IdentifierID"],
            date.fromisoformat(said["AsOfDate"]),
            read_instant(said["KnownAt"]) if "KnownAt" in said else None,
            said["PurposeCode"],
            said.get("ConformanceCampaign", ""),
        )
    except (KeyError, ValueError) as error:
        raise RecordRefused(f"no AeoQuery: {error}") from None


def answer(
    query: OperatorQuery, own: OwnProgramme, arrangement: Arrangement, register: OperatorRegister, now: datetime
) -> OperatorAnswer:
    """What the partner may know. An operator whose consent does not cover it is not found, as one that is none."""
    known_at = query.known_at or now.replace(microsecond=now.microsecond // 1000 * 1000)
    found = register.find(query.identifier, query.scheme)
    ours = [one for one in found if (one.sender, one.programme) == (own.authority, own.programme)]
    if not ours and (found or _of_another_country(query, own)):
        return OperatorAnswer("NOT-YOURS", known_at)
    records = [one for history in ours if (one := _record(query, history, arrangement, known_at, now)) is not None]
    return OperatorAnswer("FOUND" if records else "NOT-FOUND", known_at, tuple(records[:MOST]))


def _of_another_country(query: OperatorQuery, own: OwnProgramme) -> bool:
    return query.scheme == "TIN" and query.identifier[:2] != own.authority[:2]


def _record(
    query: OperatorQuery, history: OperatorHistory, arrangement: Arrangement, known_at: datetime, now: datetime
) -> OperatorRecord | None:
    row = as_of(history.rows, query.day, known_at)
    if row is None or not row.record.carries(query.scheme, query.identifier):
        return None
    # Consent that was withdrawn since ends the disclosure of what was known before, too.
    current = history.current
    if current is None or projected(arrangement, current.record, now) is None:
        return None
    seen = projected(arrangement, row.record, now)
    return None if seen is None else replace(seen, operation="ADD")


def response_octets(query: OperatorQuery, told: OperatorAnswer, message_id: str, now: datetime) -> bytes:
    """The AeoQueryResponse, not yet sealed."""
    header = (
        ("MessageID", message_id),
        ("FunctionCode", "11"),
        ("IssueDateTime", instant_text(now.replace(microsecond=now.microsecond // 1000 * 1000))),
        ("SenderAuthority", query.recipient),
        ("RecipientAuthority", query.sender),
        ("CorrelationID", query.document_id),
        *((("ConformanceCampaign", query.campaign),) if query.campaign else ()),
    )
    body = (("ResultCode", told.result), ("AsOfDate", query.day), ("KnownAt", instant_text(told.known_at)))
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<AeoQueryResponse xmlns="{NAMESPACE}" schemaVersion="1.0" profile="{escape_attribute(query.profile)}">\n'
        "  <DocumentHeader>\n"
        + "".join(f"    {element_xml(name, value)}\n" for name, value in header)
        + "  </DocumentHeader>\n"
        + "".join(f"  {element_xml(name, value)}\n" for name, value in body)
        + "".join(map(record_xml, told.records))
        + "</AeoQueryResponse>\n"
    )
    return text.encode()
