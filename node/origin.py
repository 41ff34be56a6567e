"""What an administration does about a certificate of origin: report its use, ask whether it is right, reply, query the issuing side."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from node.checking import Checking
from node.customs.checking.safe import DOCUMENT_LIMITS
from node.customs.filing.certificate import CERTIFICATE
from node.customs.filing.on_file import Filed
from node.customs.making import origin
from node.customs.making.heading import Heading
from node.ebms.xml import parse_xml
from node.msh.octets import HeldOctets
from node.msh.ports import Identifiers, SubmissionError
from node.msh.submit import Payload, Submission
from node.store.documents import StoredDocuments

_REQUEST: Final = "co.verification-request"


@dataclass(frozen=True, slots=True)
class Made:
    """A document to be submitted, and the MessageID that it has."""

    submission: Submission
    document_id: str


@dataclass(frozen=True, slots=True)
class _Known:
    """A certificate on file, and the partner through whom it is talked about."""

    filed: Filed
    root: Any
    partner: str

    @property
    def profile(self) -> str:
        return str(self.root.get("profile"))

    @property
    def reference(self) -> origin.Certificate:
        issued = date.fromisoformat(self.root.findtext("{*}IssueDate"))
        return origin.Certificate(self.filed.number, self.filed.version, issued, self.filed.issuer)


class Origin:
    """Makes documents about certificates, sealed with the key of the agreement; whoever calls submits them."""

    def __init__(self, documents: StoredDocuments, checking: Checking, identifiers: Identifiers) -> None:
        self._documents, self._checking, self._identifiers = documents, checking, identifiers

    def use(self, number: str, issuer: str | None, use: origin.Use, now: datetime) -> Made:
        """A report of use to the side that sent the certificate. Raises SubmissionError when none or several are on file."""
        known = self._known(number, issuer)
        heading = self._heading(known.filed.recipient, known.filed.sender, "9", now)
        octets = origin.make_utilisation(heading, known.profile, known.reference, use)
        return self._made(octets, heading, "co.utilisation", known.partner, now)

    def ask(
        self, number: str, issuer: str | None, reason: str, due_on: date, questions: Sequence[origin.Question], now: datetime
    ) -> Made:
        """A verification request to the side that sent the certificate. Raises SubmissionError."""
        known = self._known(number, issuer)
        heading = self._heading(known.filed.recipient, known.filed.sender, "13", now)
        request = f"VR-{number}-{now:%Y%m%d%H%M%S}"[:35]
        octets = origin.make_request(heading, known.profile, request, known.reference, reason, due_on, questions)
        return self._made(octets, heading, _REQUEST, known.partner, now)

    def reply(self, request: str, outcome: str, answers: Sequence[origin.Answer], now: datetime) -> Made:
        """The reply to a verification request that came. Raises SubmissionError."""
        asked = self._documents.numbered(_REQUEST, request, None)
        if not asked:
            raise SubmissionError(f"no verification request {request!r} is on file; see: n2n co list")
        filed = asked[-1]
        root = parse_xml(filed.octets, DOCUMENT_LIMITS)
        said = {name: root.findtext(f"{{*}}ReferencedCertificate/{{*}}{name}") or "" for name in _REFERENCE}
        certificate = origin.Certificate(
            said["ID"], int(said["VersionID"]), date.fromisoformat(said["IssueDate"]), said["IssuingAuthorityID"]
        )
        heading = self._heading(filed.recipient, filed.sender, "11", now, filed.message_id)
        octets = origin.make_reply(heading, str(root.get("profile")), request, certificate, outcome, answers)
        return self._made(octets, heading, "co.verification-reply", self._partner_of(filed), now)

    def query(self, number: str, issuer: str | None, purpose: str, now: datetime) -> Made:
        """A query to the side that sent the certificate: is it genuine, and what is left of it. Raises SubmissionError."""
        known = self._known(number, issuer)
        heading = self._heading(known.filed.recipient, known.filed.sender, "13", now)
        octets = origin.make_query(heading, known.profile, number, known.reference.issued_on, purpose)
        return self._made(octets, heading, "co.query", known.partner, now)

    def _known(self, number: str, issuer: str | None) -> _Known:
        found = self._documents.numbered(CERTIFICATE, number, issuer)
        if not found:
            raise SubmissionError(f"no certificate {number!r} is on file" + (f" of {issuer}" if issuer else ""))
        if len({one.issuer for one in found}) > 1:
            issuers = ", ".join(sorted({one.issuer for one in found}))
            raise SubmissionError(f"several issuers have a certificate {number!r}; name one: --issuer {issuers}")
        latest = found[-1]
        return _Known(latest, parse_xml(latest.octets, DOCUMENT_LIMITS), self._partner_of(found[0]))

    def _partner_of(self, filed: Filed) -> str:
        for entry in self._documents.said(filed.message_id):
            if entry.about.sender == filed.sender and entry.duplicate_of is None:
                return entry.carried.partner
        raise SubmissionError(f"document {filed.message_id} is on file, and no message is known that brought it")

    def _heading(self, sender: str, recipient: str, function: str, now: datetime, correlation: str = "") -> Heading:
        return Heading(f"urn:uuid:{self._identifiers.unique()}", function, now, sender, recipient, correlation)

    def _made(self, octets: bytes, heading: Heading, type_id: str, partner: str, now: datetime) -> Made:
        sealed = self._checking.responding.sealed(octets, type_id, partner, now)
        pack = self._checking.packs.pack_of(type_id)
        payload = Payload(HeldOctets(sealed), "application/xml")
        submission = Submission(partner, type_id, (payload,), pack.service if pack else None)
        return Made(submission, heading.message_id)


_REFERENCE: Final = ("ID", "VersionID", "IssueDate", "IssuingAuthorityID")
