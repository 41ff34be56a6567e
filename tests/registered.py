"""Documents of origin by the dozen, and the three registers that take them."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from node.app import Node
from node.codelists import open_lists
from node.customs.checking.check import Checked, Desk, check
from node.customs.checking.prior import take_in
from node.customs.checking.programs import programs
from node.customs.filing.filing import Filing
from node.customs.filing.in_memory import DocumentsInMemory
from node.customs.filing.looking import Looking
from node.customs.filing.registration import IN, OUT, About, Carried, Recorded, Registration, registration, unjudged
from node.customs.finding import Severity, Verdict
from node.customs.making.heading import Heading
from node.customs.making.response import Answered, function_of, make_response
from node.customs.operators.in_memory import InMemoryOperators
from node.customs.packs.library import Packs
from node.customs.rulebook import RULEBOOK
from node.library import open_packs
from node.store.documents import StoredDocuments
from node.store.messages import Store
from tests.customs_pair import make_customs_pair
from tests.homes import Side

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SAMPLES = Path(__file__).parents[1] / "profiles/documents"
_CERTIFICATE = (SAMPLES / "n2n-co/samples/good/co-utilisation-part.prior/01.xml").read_text()
NUMBER, ISSUER = "013-26-0771204", "KR-CCI-01"
#: The life of the certificate of the sample.
SUBJECT = ("co.certificate", NUMBER, ISSUER)


@cache
def packs() -> Packs:
    return open_packs(None, open_lists(None))


def message_id(name: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, name)}"


def certificate(
    number: str = NUMBER, version: int = 1, function: str = "9", name: str = "", goods: str = "Frozen mackerel"
) -> bytes:
    """One from KR to TW, of 9000 KGM; functions 9, 4 (amend), 1 (cancel)."""
    text = _CERTIFICATE.replace(NUMBER, number).replace(
        "urn:uuid:d50f3a75-a557-47d1-9046-80f9bde4e384", message_id(name or f"{number}.{version}")
    )
    text = text.replace("<FunctionCode>9<", f"<FunctionCode>{function}<").replace("<VersionID>1<", f"<VersionID>{version}<")
    text = text.replace("Frozen mackerel", goods)
    if function in {"4", "1"}:
        text = text.replace("</AgreementCode>", "</AgreementCode>\n  <StatusReasonCode>DATA-ERROR</StatusReasonCode>")
    return text.encode()


def utilisation(name: str, amount: str, *, number: str = NUMBER, code: str = "PARTLY-USED", version: int = 1) -> bytes:
    """TW says how much of a certificate was used."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<CertificateUtilisation xmlns="urn:n2n:customs:co:1" schemaVersion="1.0" profile="tw-kr.eco.1">
  <DocumentHeader>
    <MessageID>{message_id(name)}</MessageID>
    <FunctionCode>9</FunctionCode>
    <IssueDateTime>2026-11-02T14:00:00+08:00</IssueDateTime>
    <SenderAuthority>TW-CUSTOMS</SenderAuthority>
    <RecipientAuthority>KR-KCS</RecipientAuthority>
  </DocumentHeader>
  <ReferencedCertificate>
    <ID>{number}</ID>
    <VersionID>{version}</VersionID>
    <IssueDate>2026-10-05</IssueDate>
    <IssuingAuthorityID>{ISSUER}</IssuingAuthorityID>
  </ReferencedCertificate>
  <UtilisationCode>{code}</UtilisationCode>
  <Declaration>
    <ID>{name}</ID>
    <OfficeID>TWKHH1</OfficeID>
    <AcceptanceDate>2026-11-02</AcceptanceDate>
  </Declaration>
  <PreferenceCode>GIVEN</PreferenceCode>
  <Item>
    <SequenceNumeric>1</SequenceNumeric>
    <QuantityQuantity unitCode="KGM">{amount}</QuantityQuantity>
  </Item>
</CertificateUtilisation>
""".encode()


def question(name: str, number: str = NUMBER) -> bytes:
    """TW asks whether a certificate is right."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<OriginVerificationRequest xmlns="urn:n2n:customs:co:1" schemaVersion="1.0" profile="tw-kr.eco.1">
  <DocumentHeader>
    <MessageID>{message_id(name)}</MessageID>
    <FunctionCode>13</FunctionCode>
    <IssueDateTime>2026-11-03T09:00:00+08:00</IssueDateTime>
    <SenderAuthority>TW-CUSTOMS</SenderAuthority>
    <RecipientAuthority>KR-KCS</RecipientAuthority>
  </DocumentHeader>
  <ID>{name}</ID>
  <ReferencedCertificate>
    <ID>{number}</ID>
    <VersionID>1</VersionID>
    <IssueDate>2026-10-05</IssueDate>
    <IssuingAuthorityID>{ISSUER}</IssuingAuthorityID>
  </ReferencedCertificate>
  <ReasonCode>RANDOM</ReasonCode>
  <DueDate>2027-02-03</DueDate>
  <Question>
    <SequenceNumeric>1</SequenceNumeric>
    <QuestionCode>AUTHENTIC</QuestionCode>
  </Question>
</OriginVerificationRequest>
""".encode()


def reply(name: str, to: str, outcome: str = "CONFIRMED", number: str = NUMBER) -> bytes:
    """KR answers a question."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<OriginVerificationReply xmlns="urn:n2n:customs:co:1" schemaVersion="1.0" profile="tw-kr.eco.1">
  <DocumentHeader>
    <MessageID>{message_id(name)}</MessageID>
    <FunctionCode>11</FunctionCode>
    <IssueDateTime>2026-11-04T10:00:00+09:00</IssueDateTime>
    <SenderAuthority>KR-KCS</SenderAuthority>
    <RecipientAuthority>TW-CUSTOMS</RecipientAuthority>
    <CorrelationID>{message_id(to)}</CorrelationID>
  </DocumentHeader>
  <RequestID>{to}</RequestID>
  <ReferencedCertificate>
    <ID>{number}</ID>
    <VersionID>1</VersionID>
    <IssueDate>2026-10-05</IssueDate>
    <IssuingAuthorityID>{ISSUER}</IssuingAuthorityID>
  </ReferencedCertificate>
  <OutcomeCode>{outcome}</OutcomeCode>
  <Answer>
    <SequenceNumeric>1</SequenceNumeric>
    <AnswerCode>Y</AnswerCode>
  </Answer>
</OriginVerificationReply>
""".encode()


class OnStore(StoredDocuments):
    """The register of a store that takes a filing as the twin in memory does, for whoever puts documents on file unjudged."""

    def file(self, filing: Filing) -> None:
        filed = filing.filed
        about = _about(filing)
        carried = Carried(IN, f"{filed.message_id}@{filed.sender}", "kr")
        self.record(
            Registration(carried, filed.octets, filed.digest, about, Verdict(filed.type_id), filed.filed_at, filing), None
        )


def _about(filing: Filing) -> About:
    filed = filing.filed
    return About(
        filed.type_id,
        filed.message_id,
        filed.sender,
        filed.recipient,
        filed.function,
        filing.profile,
        number=filed.number,
        version=filed.version,
        issuer=filed.issuer,
    )


def documents_of(store: Store) -> OnStore:
    return OnStore(store.messages.database, store.messages.writer)


class Clerk:
    """Checks what comes and puts it on file when it is accepted, whichever register there is."""

    def __init__(self, register: StoredDocuments | DocumentsInMemory) -> None:
        self.register, self.operators = register, InMemoryOperators()
        self._programs, self._messages = programs(self.operators), count(1)

    def desk(self, on_file) -> Desk:
        return Desk(packs(), on_file, self._programs)

    def put_on_file(self, octets: bytes, at: datetime = NOW) -> None:
        take_in(octets, packs(), self.register, self.operators, at)

    def check(self, octets: bytes, at: datetime = NOW) -> Checked:
        return check(octets, self.desk(self.register), at)

    def accept(self, octets: bytes, carried: Carried | None = None, at: datetime = NOW) -> Checked:
        if isinstance(self.register, DocumentsInMemory):
            checked = self.check(octets, at)
            if checked.filing is not None:
                self.register.file(checked.filing)
            return checked
        checked, looked = self.looked(octets, at)
        self.record(octets, checked, looked, carried or Carried(IN, f"{next(self._messages)}@kr", "kr"), at)
        return checked

    def looked(self, octets: bytes, at: datetime = NOW) -> tuple[Checked, Looking]:
        looked = Looking(self.register)
        return check(octets, self.desk(looked), at), looked

    def record(
        self, octets: bytes, checked: Checked, looked: Looking, carried: Carried | None = None, at: datetime = NOW, answer=None
    ) -> Recorded:
        digest = hashlib.sha256(octets).digest()
        carried = carried or Carried(IN, f"{digest.hex()[:16]}@kr", "kr")
        return self.register.record(registration(octets, digest, checked, carried, at), looked, answer)


def response(checked: Checked, digest: bytes, name: str, *, level: str = "L2", at: datetime = NOW) -> bytes:
    """Our response to a document that was checked."""
    document = checked.document
    header = document.header
    outcome = checked.verdict.outcome
    heading = Heading(message_id(name), function_of(outcome), at, header.recipient, header.sender, header.message_id)
    answered = Answered(header.message_id, document.definition.id, digest, document.number, document.version)
    return make_response(heading, answered, level, outcome, findings=checked.verdict.findings)


def answering(clerk: Clerk, checked: Checked, octets: bytes, name: str, **how) -> Registration:
    """The same as a registration that the register is to owe."""
    answer = response(checked, hashlib.sha256(octets).digest(), name, **how)
    return unjudged(answer, packs(), clerk.register, Carried(OUT, f"{name}@tw", "kr"), how.get("at", NOW))


def later(**time: float) -> datetime:
    return NOW + timedelta(**time)


def rules(checked: Checked) -> Sequence[str]:
    return sorted(finding.rule for finding in checked.verdict.findings)


#: The story of docs/howto/follow-a-certificate.md: what came to TW, and what TW sent, at which instant of November.
def _story() -> list[tuple[str, bytes, str, datetime]]:
    origin, manifest = SAMPLES / "n2n-co/samples/good", SAMPLES / "n2n-man/samples/good"
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    return [
        (IN, (origin / "co-tw-kr-replaced.prior/01.xml").read_bytes(), "1", at),
        (IN, (origin / "co-tw-kr-replaced.xml").read_bytes(), "2", at + timedelta(minutes=5)),
        (OUT, (origin / "co-utilisation-part.xml").read_bytes(), "3", at + timedelta(hours=1)),
        (OUT, question("TW-VER-1", "013-26-0771339"), "4", at + timedelta(hours=2)),
        (IN, (manifest / "man-arrival-short.prior/01.xml").read_bytes(), "5", at + timedelta(days=1)),
        (OUT, (manifest / "man-arrival-short.xml").read_bytes(), "6", at + timedelta(days=1, hours=3)),
        (IN, utilisation("nothing", "1", number="013-26-0000000"), "7", at + timedelta(days=2)),
    ]


def tell_story(store: Store) -> Clerk:
    """Put the story on file."""
    clerk = Clerk(documents_of(store))
    for direction, octets, name, at in _story():
        checked, looked = clerk.looked(octets, at)
        clerk.record(octets, checked, looked, Carried(direction, f"m{name}@tw.example", "kr"), at)
    return clerk


def hold(clerk: Clerk, octets: bytes, carried: Carried, at: datetime = NOW) -> Recorded:
    """Register a document as if a rule held it."""
    checked, looked = clerk.looked(octets, at)
    finding = replace(RULEBOOK["GEN-06"].found("/CertificateOfOrigin"), severity=Severity.HOLD)
    checked = replace(checked, verdict=Verdict(checked.verdict.type_id, (finding,)), filing=None)
    return clerk.record(octets, checked, looked, carried, at)


def home_with_story(folder: Path) -> Side:
    """TW, which exchanges every type of document with KR, with the story on file."""
    tw, _ = make_customs_pair(folder)
    node = Node.open(tw.folder)
    tell_story(node.store)
    node.close()
    return tw
