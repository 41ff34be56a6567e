"""The answer to a CertificateQuery: what the issuing side knows of one certificate now. Source: DESIGN 5.1."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from node.customs.making.heading import Heading, said
from node.customs.making.origin import NAMESPACE
from node.customs.making.writer import Item, write_document

FOUND, NOT_FOUND, NOT_YOURS, LATER = "FOUND", "NOT-FOUND", "NOT-YOURS", "LATER"


@dataclass(frozen=True, slots=True)
class ItemState:
    """One item of a certificate, and what is left of it; empty texts where no quantity is certified."""

    number: int
    classification: str
    origin: str
    remaining: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class CertificateState:
    """What is known of a certificate, by its three life cycles."""

    number: str
    version: int
    issued_on: date
    expires_on: date
    issue: str
    use: str
    verification: str
    #: Of the latest of the three.
    since: datetime
    exporter: str
    import_country: str
    #: SHA-256 of the octets as issued.
    digest: bytes
    items: Sequence[ItemState]


def make_certificate_answer(heading: Heading, profile: str, result: str, state: CertificateState | None) -> bytes:
    """The octets of a CertificateQueryResponse; `state` exactly with FOUND."""
    items: tuple[Item | None, ...] = (heading.item(), ("ResultCode", result), _state(state) if state is not None else None)
    return write_document(NAMESPACE, "CertificateQueryResponse", {"schemaVersion": "1.0", "profile": profile}, items)


def _state(state: CertificateState) -> Item:
    return (
        "CertificateState",
        (
            ("ID", state.number),
            ("VersionID", str(state.version)),
            ("IssueDate", state.issued_on.isoformat()),
            ("ExpiryDate", state.expires_on.isoformat()),
            ("IssuerStateCode", state.issue),
            ("UseStateCode", state.use),
            ("VerificationStateCode", state.verification),
            ("StateDateTime", said(state.since)),
            ("ExporterName", state.exporter),
            ("ImportCountryCode", state.import_country),
            ("DocumentDigest", base64.b64encode(state.digest).decode()),
            *map(_item, state.items),
        ),
    )


def _item(item: ItemState) -> Item:
    return (
        "Item",
        (
            ("SequenceNumeric", str(item.number)),
            ("ClassificationID", item.classification),
            ("OriginCountryCode", item.origin),
            ("RemainingQuantity", item.remaining, {"unitCode": item.unit}) if item.remaining else None,
        ),
    )
