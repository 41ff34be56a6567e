"""Documents about a certificate of origin that the importing side makes: its use, and questions about it. Source: DESIGN 5.1."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from node.customs.making.heading import Heading
from node.customs.making.writer import Item, write_document

NAMESPACE: Final = "urn:n2n:customs:co:1"


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate that is meant."""

    number: str
    version: int
    issued_on: date
    issuer: str

    def item(self) -> Item:
        """The element."""
        return (
            "ReferencedCertificate",
            (
                ("ID", self.number),
                ("VersionID", str(self.version)),
                ("IssueDate", self.issued_on.isoformat()),
                ("IssuingAuthorityID", self.issuer),
            ),
        )


@dataclass(frozen=True, slots=True)
class Quantity:
    """What one declaration uses of one item of the certificate."""

    item: int
    amount: str
    unit: str


@dataclass(frozen=True, slots=True)
class Use:
    """The use of a certificate by one import declaration."""

    #: PRESENTED, PARTLY-USED or USED.
    code: str
    declaration: str
    accepted_on: date
    #: GIVEN, NOT-GIVEN or PENDING.
    preference: str
    #: Only with NOT-GIVEN.
    reason: str = ""
    office: str = ""
    quantities: Sequence[Quantity] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a verification request."""

    code: str
    item: int | None = None
    text: str = ""
    language: str = "en"


def make_utilisation(heading: Heading, profile: str, certificate: Certificate, use: Use) -> bytes:
    """The octets of a CertificateUtilisation."""
    items: tuple[Item | None, ...] = (
        heading.item(),
        certificate.item(),
        ("UtilisationCode", use.code),
        (
            "Declaration",
            (("ID", use.declaration), ("OfficeID", use.office or None), ("AcceptanceDate", use.accepted_on.isoformat())),
        ),
        ("PreferenceCode", use.preference),
        ("ReasonCode", use.reason or None),
        *(
            ("Item", (("SequenceNumeric", str(one.item)), ("QuantityQuantity", one.amount, {"unitCode": one.unit})))
            for one in use.quantities
        ),
    )
    return _written("CertificateUtilisation", profile, items)


def make_request(
    heading: Heading,
    profile: str,
    number: str,
    certificate: Certificate,
    reason: str,
    due_on: date,
    questions: Sequence[Question],
) -> bytes:
    """The octets of an OriginVerificationRequest."""
    items: tuple[Item | None, ...] = (
        heading.item(),
        ("ID", number),
        certificate.item(),
        ("ReasonCode", reason),
        ("DueDate", due_on.isoformat()),
        *(_question(place, question) for place, question in enumerate(questions, 1)),
    )
    return _written("OriginVerificationRequest", profile, items)


def _question(place: int, question: Question) -> Item:
    return (
        "Question",
        (
            ("SequenceNumeric", str(place)),
            ("QuestionCode", question.code),
            ("ItemSequenceNumeric", None if question.item is None else str(question.item)),
            ("Text", question.text, {"languageID": question.language}) if question.text else None,
        ),
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to the question of that number."""

    question: int
    #: Y, N or NA.
    code: str
    text: str = ""
    language: str = "en"


def make_reply(
    heading: Heading, profile: str, request: str, certificate: Certificate, outcome: str, answers: Sequence[Answer]
) -> bytes:
    """The octets of an OriginVerificationReply; `outcome` is CONFIRMED, PARTLY or NOT-CONFIRMED."""
    items: tuple[Item | None, ...] = (
        heading.item(),
        ("RequestID", request),
        certificate.item(),
        ("OutcomeCode", outcome),
        *(
            (
                "Answer",
                (
                    ("SequenceNumeric", str(one.question)),
                    ("AnswerCode", one.code),
                    ("Text", one.text, {"languageID": one.language}) if one.text else None,
                ),
            )
            for one in answers
        ),
    )
    return _written("OriginVerificationReply", profile, items)


def make_query(heading: Heading, profile: str, number: str, issued_on: date, purpose: str) -> bytes:
    """The octets of a CertificateQuery about the present state; `purpose` is CLEARANCE, AUDIT or VERIFICATION."""
    items: tuple[Item | None, ...] = (
        heading.item(),
        ("ID", number),
        ("IssueDate", issued_on.isoformat()),
        ("PurposeCode", purpose),
    )
    return _written("CertificateQuery", profile, items)


def _written(name: str, profile: str, items: tuple[Item | None, ...]) -> bytes:
    return write_document(NAMESPACE, name, {"schemaVersion": "1.0", "profile": profile}, items)
