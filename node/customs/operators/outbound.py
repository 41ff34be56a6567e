"""Our own list for a partner: what it must be told, as a full list, what changed, or what is urgent, and the documents that say so. Source: DESIGN 4.4."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from node.customs.operators.arrangement import Arrangement, OwnProgramme
from node.customs.operators.digest import line_of, set_digest
from node.customs.operators.record import NAMESPACE, OperatorRecord, content_hash, to_json
from node.customs.operators.record_set import DELTA, FULL, URGENT, SetHead
from node.ebms.xml import escape_attribute, escape_text

#: Records in one document. Source: DESIGN 4.1.
PART: Final = 10_000
#: Octets of the records of one document: the rest of GEN-01's 20 MiB is for its head and its seal.
OCTETS: Final = 19 << 20
#: Records of one urgent set. Source: AEO-16.
MOST_URGENT: Final = 100
_URGENT: Final = frozenset({"SUSPENDED", "REVOKED", "WITHDRAWN"})


class RecordTooLarge(ValueError):
    """No document of the agreed size holds this record; the text names it and its octets."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a partner holds of one operator as far as we have sent it; `status` is empty once it was told to delete it."""

    key: str
    status: str
    version: int
    content: str


@dataclass(frozen=True, slots=True)
class Told:
    """One record for a partner, and what it holds afterwards."""

    record: OperatorRecord
    held: Held


@dataclass(frozen=True, slots=True)
class Publication:
    """One set for one partner; nothing counts as sent before the store has it."""

    mode: str
    since: int
    to: int
    snapshot_at: datetime
    told: tuple[Told, ...]
    #: Operators that the partner holds and a full list no longer has.
    gone: tuple[Held, ...]
    digest: str

    @property
    def empty(self) -> bool:
        """Whether there is nothing to be told: an empty full list tells that nobody is left."""
        return not self.told and self.mode != FULL


def plan(
    arrangement: Arrangement,
    mode: str,
    since: int,
    own: Iterable[OperatorRecord],
    held: Iterable[Held],
    now: datetime,
) -> Publication:
    """What the partner is to be told; `own` and `held` come in the order of their keys."""
    moment = now.replace(microsecond=now.microsecond // 1000 * 1000)
    told, gone, changes = [], [], 0
    for record, before in _side_by_side(own, held):
        seen = projected(arrangement, record, moment) if record is not None else None
        one = _told(mode, seen, before, moment)
        if one is not None:
            told.append(one)
            changes += mode != FULL or before is None or before.content != one.held.content
        elif mode == FULL and before is not None and before.status:
            gone.append(replace(before, status="", content=""))
            changes += 1
    told = told[:MOST_URGENT] if mode == URGENT else told
    to = since + (max(changes, 1) if mode == FULL else len(told))
    return Publication(mode, since, to, moment, tuple(told), tuple(gone), set_digest(line_of(one.record) for one in told))


def _side_by_side(own: Iterable[OperatorRecord], held: Iterable[Held]) -> Iterator[tuple[OperatorRecord | None, Held | None]]:
    ours, theirs = iter(own), iter(held)
    record, before = next(ours, None), next(theirs, None)
    while record is not None or before is not None:
        if before is None or (record is not None and record.key < before.key):
            yield record, None
            record = next(ours, None)
        elif record is None or before.key < record.key:
            yield None, before
            before = next(theirs, None)
        else:
            yield record, before
            record, before = next(ours, None), next(theirs, None)


def projected(arrangement: Arrangement, record: OperatorRecord, now: datetime) -> OperatorRecord | None:
    """The record as the partner may see it; None where it may not."""
    if record.consent is None or not record.consent.covers(arrangement.country, now.astimezone(UTC).date()):
        return None
    if arrangement.tiers and record.tier not in arrangement.tiers:
        return None
    # Consent is judged at the record's own time too (AEO-13), and an operator's other partners are not this partner's business.
    consent = record.consent
    if consent.scope == "LIST":
        consent = replace(consent, partners=(arrangement.country,))
    left_out = {_FIELDS[name]: _EMPTY[name] for name in arrangement.withheld}
    # AEO-18: a reason class belongs to a suspension or revocation.
    if record.status in {"SUSPENDED", "REVOKED"}:
        left_out.pop("reason", None)
    return replace(record, consent=consent, **left_out)  # type: ignore[arg-type]


_FIELDS: Final = {
    "LocalName": "local_name",
    "Alias": "aliases",
    "Identifier": "identifiers",
    "ValidationDate": "validation_date",
    "StatusReasonClassCode": "reason",
}
_EMPTY: Final[dict[str, object]] = {
    "LocalName": None,
    "Alias": (),
    "Identifier": (),
    "ValidationDate": None,
    "StatusReasonClassCode": "",
}


def _told(mode: str, record: OperatorRecord | None, before: Held | None, now: datetime) -> Told | None:
    holds = before is not None and bool(before.status)
    if record is None:
        return _deletion(before, now) if mode == DELTA and before is not None and holds else None
    content = content_hash(to_json(replace(record, version=0)))
    same = before is not None and holds and before.content == content
    version = _version(record, before, same=same)
    held = Held(record.key, record.status, version, content)
    if mode == FULL:
        return Told(replace(record, operation="ADD", version=version), held)
    if same:
        return None
    if mode == DELTA:
        return Told(replace(record, operation="CHANGE" if holds else "ADD", version=version), held)
    assert mode == URGENT
    if before is None or not holds or record.status not in _URGENT or record.status == before.status:
        return None
    bare = replace(
        record,
        operation="STATUS",
        version=version,
        aeo_number="",
        identifiers=(),
        roles=(),
        name="",
        local_name=None,
        aliases=(),
        address=None,
    )
    # Whatever else has changed is told by the next delta.
    return Told(bare, replace(held, content=""))


def _version(record: OperatorRecord, before: Held | None, *, same: bool) -> int:
    """It grows with everything that this partner is told, whatever our register counts. Source: AEO-08."""
    if before is None:
        return record.version
    return before.version if same else max(record.version, before.version + 1)


def _deletion(before: Held, now: datetime) -> Told:
    tin, _, tier = before.key.rpartition(" ")
    version = before.version + 1
    record = OperatorRecord("DELETE", tin, tier, "WITHDRAWN", now.date(), now, version)
    return Told(record, Held(before.key, "", version, ""))


# -- documents -----------------------------------------------------------------------------------------------------


def documents(
    publication: Publication, arrangement: Arrangement, own: OwnProgramme, new_id: Callable[[], str], room: int | None = None
) -> Iterator[tuple[SetHead, bytes]]:
    """The parts of a set, one after the other; `room` is how many octets the records of one may have by its profile.

    Raises RecordTooLarge before the first part.
    """
    records = [one.record for one in publication.told]
    ends = [*_ends(records, room)] or [0]
    total = len(ends)
    for number, (begin, end) in enumerate(zip([0, *ends], ends, strict=False)):
        some = records[begin:end]
        head = _head(publication, arrangement, own, new_id(), number + 1, total, len(some))
        yield head, octets_of(head, some, arrangement.profile)


def without_records(publication: Publication, arrangement: Arrangement, own: OwnProgramme, document_id: str) -> bytes:
    """A document as large as the head of any part of the set."""
    most = len(publication.told) + 1
    return octets_of(_head(publication, arrangement, own, document_id, most, most, most), (), arrangement.profile)


def _head(
    publication: Publication, arrangement: Arrangement, own: OwnProgramme, document_id: str, part: int, parts: int, quantity: int
) -> SetHead:
    return SetHead(
        document_id,
        publication.snapshot_at,
        own.authority,
        arrangement.authority,
        publication.mode,
        own.programme,
        None if publication.mode == FULL else publication.since,
        publication.to,
        part,
        parts,
        quantity,
        publication.snapshot_at,
        publication.digest,
    )


def _ends(records: Sequence[OperatorRecord], room: int | None) -> Iterator[int]:
    """Where each part ends: a part has no more records than a document may have, and no more octets."""
    most = OCTETS if room is None else min(OCTETS, room)
    begin = size = 0
    for place, record in enumerate(records):
        # Written twice, since every part says how many there are; what is kept in between would be larger than the list.
        more = len(record_xml(record).encode())
        if room is not None and more > room:
            raise RecordTooLarge(f"the record of {record.tin} in tier {record.tier} has {more} octets")
        if place > begin and (place - begin == PART or size + more > most):
            yield place
            begin, size = place, 0
        size += more
    if records:
        yield len(records)


def octets_of(head: SetHead, records: Sequence[OperatorRecord], profile: str) -> bytes:
    """One part as a document, not yet sealed."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<AeoRecordSet xmlns="{NAMESPACE}" schemaVersion="1.0" profile="{escape_attribute(profile)}">',
        "  <DocumentHeader>",
        *(
            f"    {element_xml(name, value)}"
            for name, value in (
                ("MessageID", head.document_id),
                ("FunctionCode", "9"),
                ("IssueDateTime", instant_text(head.issued_at)),
                ("SenderAuthority", head.sender),
                ("RecipientAuthority", head.recipient),
            )
        ),
        "  </DocumentHeader>",
        *(
            f"  {element_xml(name, value)}"
            for name, value in (
                ("ModeCode", head.mode),
                ("ProgrammeCode", head.programme),
                ("SinceSequence", "" if head.since is None else str(head.since)),
                ("ToSequence", str(head.to)),
                ("PartNumeric", str(head.part)),
                ("PartTotalNumeric", str(head.parts)),
                ("RecordQuantity", str(head.quantity)),
                ("SnapshotDateTime", instant_text(head.snapshot_at)),
                ("SetDigest", head.digest),
            )
            if value
        ),
    ]
    text = "\n".join(lines) + "\n" + "".join(map(record_xml, records)) + "</AeoRecordSet>\n"
    return text.encode()


def record_xml(record: OperatorRecord) -> str:
    """A Record element."""
    parts = [
        element_xml("OperationCode", record.operation),
        element_xml("TIN", record.tin),
        element_xml("AeoNumber", record.aeo_number),
        *(
            _group(
                "Identifier",
                element_xml("SchemeCode", one.scheme),
                element_xml("ID", one.id),
                element_xml("IssuerCountryCode", one.issuer_country),
                element_xml("ValidFrom", one.valid_from),
                element_xml("ValidTo", one.valid_to),
            )
            for one in record.identifiers
        ),
        element_xml("TierCode", record.tier),
        *(element_xml("RoleCode", role) for role in record.roles),
        element_xml("Name", record.name),
        _local_name(record),
        *(element_xml("Alias", alias) for alias in record.aliases),
        _address(record),
        element_xml("StatusCode", record.status),
        element_xml("StatusReasonClassCode", record.reason),
        element_xml("ValidFrom", record.valid_from),
        element_xml("ValidTo", record.valid_to),
        element_xml("ValidationDate", record.validation_date),
        element_xml("RecordedAt", instant_text(record.recorded_at)),
        element_xml("RecordVersion", record.version),
        _consent(record),
    ]
    return "  <Record>\n" + "".join(f"    {part}\n" for part in parts if part) + "  </Record>\n"


def _local_name(record: OperatorRecord) -> str:
    name = record.local_name
    return (
        "" if name is None else f'<LocalName languageID="{escape_attribute(name.language)}">{escape_text(name.words)}</LocalName>'
    )


def _address(record: OperatorRecord) -> str:
    address = record.address
    if address is None:
        return ""
    return _group(
        "Address",
        *(element_xml("Line", line) for line in address.lines),
        element_xml("CityName", address.city),
        element_xml("CountrySubDivisionCode", address.subdivision),
        element_xml("PostcodeID", address.postcode),
        element_xml("CountryCode", address.country),
    )


def _consent(record: OperatorRecord) -> str:
    consent = record.consent
    if consent is None:
        return ""
    return _group(
        "Consent",
        element_xml("ScopeCode", consent.scope),
        *(element_xml("PartnerCountryCode", country) for country in consent.partners),
        element_xml("Since", consent.since),
        element_xml("WithdrawnOn", consent.withdrawn_on),
    )


def _group(name: str, *parts: str) -> str:
    return f"<{name}>{''.join(parts)}</{name}>"


def element_xml(name: str, value: object) -> str:
    """An element, or nothing where there is no value."""
    return f"<{name}>{escape_text(str(value))}</{name}>" if value not in {"", None} else ""


def instant_text(moment: datetime) -> str:
    """An instant as `xs:dateTime`, to the millisecond."""
    kind = "milliseconds" if moment.microsecond else "seconds"
    return moment.isoformat(timespec=kind).replace("+00:00", "Z")
