"""What becomes of the documents in messages: each is judged, registered, and answered as was agreed."""

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from node.agreements.agreements import Agreements
from node.agreements.documents import STANDARD_DOCUMENTS, AgreedDocuments
from node.customs.checking.agreed import judge_action, judge_agreed, judge_production
from node.customs.checking.check import Checked, Desk, check
from node.customs.checking.document import Document
from node.customs.checking.prior import RECORD_SET, read_unjudged, take_records
from node.customs.checking.programs import programs
from node.customs.checking.safe import MOST_OCTETS
from node.customs.checking.sealing import REQUIRED, SealJudge
from node.customs.checking.withdrawn import judge_withdrawn
from node.customs.edifact.cusres import KIND as CUSRES
from node.customs.edifact.cusres import ResponseRefused, answer_of_response, to_cusres
from node.customs.edifact.interchange import canonical_documents, references_from
from node.customs.edifact.terms import terms_of
from node.customs.filing.filing import Filing, Named, file, filed
from node.customs.filing.registration import IN, OUT, About, Carried, CheckAgain, Entry, Recorded, Registration, registration
from node.customs.finding import Finding, Outcome, RuleText, Severity, Verdict
from node.customs.making.heading import Heading, carrier_of, following
from node.customs.making.response import TYPE, Answered, RecordResult, function_of, make_response
from node.customs.operators.port import OperatorRegister
from node.customs.operators.telling import Told
from node.customs.packs.library import Packs
from node.customs.reconciling.batch import Mark, MarkRefused, read_mark
from node.customs.urgency import Urgency, urgency
from node.ebms.message import CollaborationInfo
from node.msh.deliver import payload_chunks
from node.msh.ports import MOST_URGENT, AcceptedPayload, SubmissionError
from node.replying import Replying
from node.results import Results
from node.store.documents import StoredDocuments
from node.store.values import InboundMessage

#: Where the Consumer finds a message, below the data folder: the worst of its documents decides.
INBOX: Final = "inbox"
CAMPAIGN: Final = "campaign"
HELD: Final = "held"
REFUSED: Final = "refused"
DUPLICATE: Final = "duplicate"
PLACES: Final = (INBOX, CAMPAIGN, DUPLICATE, HELD, REFUSED)
#: Media types that are documents; everything else is carried as it is.
_DOCUMENTS: Final = ("application/xml", "text/xml")
#: How a MessageID begins that was made from an interchange.
_INTERCHANGED: Final = "edi:"
#: How often a document is checked again because another one changed what is on file meanwhile.
_TIMES: Final = 20

#: The name of an own key, a document, now; gives the sealed document.
Seal = Callable[[str, bytes, datetime], bytes]

log = logging.getLogger("node.checking")


@dataclass(frozen=True, slots=True)
class Taken:
    """Where a message goes, and what was found in each of its documents."""

    place: str
    documents: tuple[Mapping[str, Any], ...] = ()
    #: Whether an answer is owed now.
    owes: bool = False
    #: Whether somebody waits for it.
    prompt: bool = False
    #: Further files for the Consumer, by name.
    files: Mapping[str, bytes] = field(default_factory=dict)


class Checking:
    """Judges and registers the documents of messages; harmless when done twice."""

    def __init__(
        self,
        packs: Packs,
        documents: StoredDocuments,
        operators: OperatorRegister,
        agreements: Agreements,
        host: str,
        goes_out: Callable[[str], bool],
        replying: Replying,
        seal: Seal = lambda _, octets, __: octets,
        keep: Callable[[bytes], object] = lambda _: None,
        batched: Callable[[str, Mark, int], object] = lambda *_: None,
        in_production: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """`host` is the right-hand side of the MessageIds of answers; `goes_out` tells whether a message of that MessageId was submitted; `seal`
        seals what we make with the own key of a name; `keep` keeps an interchange that becomes a document;
        `batched` notes that a document of a partner came as one of a batch; `in_production` tells whether business with a partner has begun.
        """
        self._in_production = in_production
        self._replying, self._seal, self._keep, self._batched = replying, seal, keep, batched
        self.packs, self._documents, self._operators = packs, documents, operators
        self._agreements, self._host, self._goes_out = agreements, host, goes_out
        self._services = frozenset(pack.service for pack in packs.all if pack.service)
        self._seals: dict[str, SealJudge] = {}
        self._results = Results(documents, operators, self._told, self._told_arrival)

    @property
    def host(self) -> str:
        """The right-hand side of the MessageIds that it makes."""
        return self._host

    def agreed(self, partner: str) -> AgreedDocuments:
        """What was agreed with a partner about documents; the standard for one that is no partner any more."""
        agreement = self._agreements.agreements.get(partner)
        return agreement.documents if agreement is not None else STANDARD_DOCUMENTS

    def judges(self, partner: str, service: str) -> bool:
        """Whether the payloads of such a message are documents that are judged."""
        return service in self._services and self.agreed(partner).check

    def check_production(self, partner: str) -> None:
        """Whether business that nobody judges may go out. Raises SubmissionError as long as production waits for gate 8."""
        if not self._in_production(partner):
            raise SubmissionError(
                f"{partner}: the agreement lets business begin with gate 8, production: n2n partner gates {partner}"
            )

    # -- what comes in -------------------------------------------------------------------------------------------

    def take(self, one: InboundMessage) -> Taken:
        """Judge and register the documents of an accepted message. Raises StorageUnavailable, and whatever a broken pack does."""
        collaboration = one.user_message.collaboration_info
        if one.test_service or not self.judges(one.partner, collaboration.service.value):
            return Taken(INBOX if one.test_service or self._in_production(one.partner) else REFUSED)
        found = [
            self._taken(one, place, one.payloads[place], collaboration)
            for place in places_of_documents([payload.media_type for payload in one.payloads])
        ]
        if not found:
            return Taken(INBOX)
        self._note_batch(one, found[0].entry)
        place = max((self._place(recorded.entry) for recorded in found), key=PLACES.index)
        owes = any(answer.sending == "DUE" for recorded in found for answer in recorded.answers)
        prompt = owes and any(self._replying.answers(recorded.entry.about.type_id) for recorded in found)
        files = {name: octets for recorded in found for name, octets in self._for_the_carrier(recorded.entry)}
        return Taken(place, tuple(told(recorded.entry) for recorded in found), owes, prompt, files)

    def _note_batch(self, one: InboundMessage, entry: Entry) -> None:
        """Also when the document was recorded before: a crash may have come between."""
        try:
            mark = read_mark({each.name: each.value for each in one.user_message.message_properties})
        except MarkRefused as error:
            log.warning("message %s of %s came with a wrong mark of a batch: %s", one.message_id, one.partner, error)
            return
        if mark is not None:
            self._batched(one.partner, mark, entry.id)

    def _for_the_carrier(self, entry: Entry) -> Iterator[tuple[str, bytes]]:
        """A response to what came as an interchange, in the form that its sender reads. Source: DESIGN 7.4."""
        about = entry.about
        if about.type_id != TYPE or not entry.accepted or not about.correlation.startswith(_INTERCHANGED):
            return
        answered = self._documents.message(about.recipient, about.correlation)
        table, profile = self.packs.edifact.tables.get(CUSRES), self.packs.profile(self._profile_of(about.correlation))
        if answered is None or table is None or profile is None or "edifact" not in profile.values:
            return
        octets = self._documents.octets(entry.id)
        try:
            yield "cusres.edi", to_cusres(answer_of_response(octets), table, terms_of(profile), references_from(octets))
        except ResponseRefused as error:
            log.warning("the response %s has no CUSRES: %s", about.document_id, error)

    def _profile_of(self, document_id: str) -> str:
        found = (entry.about.profile for entry in self._documents.said(document_id) if entry.carried.direction == OUT)
        return next(found, "")

    def _taken(self, one: InboundMessage, place: int, payload: AcceptedPayload, under: CollaborationInfo) -> Recorded:
        carried = Carried(IN, one.message_id, one.partner, place, under.conversation_id)
        octets = octets_of(payload)
        recorded = self._registered(octets, carried, under.action, one.received_at)
        entry = recorded.entry
        rehearsed = bool(entry.about.campaign)
        if entry.about.type_id == RECORD_SET and entry.accepted and entry.duplicate_of is None and not rehearsed:
            # A rehearsal makes nobody an operator. Also when the document was recorded before: a crash may have come between.
            take_records(octets, self._operators, one.message_id, one.received_at)
        if not recorded.again and entry.accepted and entry.duplicate_of is None:
            self._tell_if_urgent(entry, octets)
        return recorded

    def _tell_if_urgent(self, entry: Entry, octets: bytes) -> None:
        """A person must look: whoever watches the log is told. Its text may be for named officers alone, so it is not told here."""
        wanted = self.wanted(entry, octets)
        if wanted.priority == MOST_URGENT:
            by = "".join(f", {level} until {at:%Y-%m-%dT%H:%M:%S%z}" for level, at in wanted.deadlines.items())
            log.warning(
                "URGENT: %s %s from %s%s: n2n notice list", entry.about.type_id, entry.about.number, entry.about.sender, by
            )

    def _registered(self, octets: bytes, carried: Carried, action: str, at: datetime) -> Recorded:
        before = [entry for entry in self._documents.carried_by(IN, carried.message_id) if _is(entry, carried)]
        if before:
            return Recorded(before[0], again=True, answers=tuple(self._documents.answers_of(before[0].id)))
        agreed = self.agreed(carried.partner)
        for _ in range(_TIMES):
            looked = self._documents.look()
            checked = self._judged(octets, carried.partner, looked, at, agreed.theirs, agreed.ours, action)
            received = registration(octets, digest_of(octets), checked, carried, at)
            try:
                return self._documents.record(received, looked, self._answer(checked, received, at))
            except CheckAgain as error:
                log.info("document of message %s: %s; checking again", carried.message_id, error)
        raise CheckAgain(f"what is on file changed {_TIMES} times while the document of {carried.message_id} was checked")

    def _judged(
        self,
        octets: bytes,
        partner: str,
        on_file: Any,
        at: datetime,
        senders: tuple[str, ...],
        recipients: tuple[str, ...],
        action: str,
        *,
        ours: bool = False,
    ) -> Checked:
        desk = Desk(self.packs, on_file, programs(None if ours else self._operators), self._seal_judge(partner))
        checked = check(octets, desk, at)
        if checked.document is None or checked.verdict.outcome is Outcome.REFUSED:
            return checked
        name = checked.document.definition.name
        found = tuple(judge_action(name, checked.document.definition.id, action))
        found += tuple(judge_agreed(name, checked.document.header, senders, recipients))
        if not self._in_production(partner):
            found += tuple(judge_production(checked.document.definition, checked.document.header))
        if checked.filing is not None:
            found += tuple(judge_withdrawn(name, checked.filing, on_file))
        if not found:
            return checked
        verdict = replace(checked.verdict, findings=(*found, *checked.verdict.findings))
        filing = replace(checked.filing, outcome=verdict.outcome) if checked.filing is not None and verdict.accepted else None
        return replace(checked, verdict=verdict, filing=filing)

    def judge_again(self, entry: Entry, octets: bytes, on_file: Any, at: datetime) -> Checked:
        """The verdict about a document that came before, by what is on file now."""
        agreed = self.agreed(entry.carried.partner)
        # It is on file, so it came under its action.
        return self._judged(octets, entry.carried.partner, on_file, at, agreed.theirs, agreed.ours, entry.about.type_id)

    def foresee(self, octets: bytes, partner: str, action: str, at: datetime) -> Checked:
        """The verdict about a document as if a partner's message brought it now; nothing is registered."""
        agreed = self.agreed(partner)
        return self._judged(octets, partner, self._documents.look(), at, agreed.theirs, agreed.ours, action)

    def answers(self, partner: str) -> bool:
        """Whether we tell this partner what becomes of its documents."""
        return bool(self.agreed(partner).answers) and self._may_send(partner, TYPE)

    def take_list(self, octets: bytes, entry: Entry) -> None:
        """Put the records of an accepted list into their register; twice is once. Raises StorageUnavailable."""
        take_records(octets, self._operators, entry.carried.message_id, entry.registered_at)

    def _seal_judge(self, partner: str) -> SealJudge:
        # Kept, because it remembers certificates and paths that held.
        if partner not in self._seals:
            agreed = self.agreed(partner)
            self._seals[partner] = SealJudge(agreed.partners, agreed.seals)
        return self._seals[partner]

    def _place(self, entry: Entry) -> str:
        if entry.outcome == Outcome.REFUSED.value:
            return REFUSED
        if entry.outcome == Outcome.HELD.value:
            return HELD
        if entry.duplicate_of is not None:
            return DUPLICATE
        return CAMPAIGN if entry.about.campaign else INBOX

    # -- the answer ----------------------------------------------------------------------------------------------

    def _answer(self, checked: Checked, received: Registration, at: datetime) -> Registration | None:
        """The response that a document is owed: L2, or L3 while a person holds it; none where none was agreed."""
        carried, agreed = received.carried, self.agreed(received.carried.partner)
        definition = checked.document.definition if checked.document is not None else None
        if definition is not None and not definition.reply:
            return None
        if (
            definition is not None
            and checked.document is not None
            and self._replying.answers(definition.id)
            and checked.verdict.accepted
        ):
            return self._reply(checked.document, carried, at)
        held = checked.verdict.outcome is Outcome.HELD
        level = "L3" if held else "L2"
        if level not in agreed.answers and not (held and "L2" in agreed.answers):
            return None
        if not self._may_send(carried.partner, TYPE):
            log.warning("%s is owed a response, and the agreement has no action %s to send it", carried.partner, TYPE)
            return None
        return self.response(carried, received.about, received.digest, level, checked.verdict, at)

    def _reply(self, document: Document, carried: Carried, at: datetime) -> Registration | None:
        """The answer to a query, in place of a response."""
        if not self._may_send(carried.partner, document.definition.reply):
            log.warning("%s is owed a %s, and the agreement has no action to send it", carried.partner, document.definition.reply)
            return None
        octets = self._replying.reply(document, carried.partner, at)
        message_id = carrier_of(following("reply", carried.partner, carried.message_id), self._host)
        return self.outgoing(
            octets, document.definition.reply, Carried(OUT, message_id, carried.partner, 0, carried.conversation_id), at
        )

    def _may_send(self, partner: str, type_id: str) -> bool:
        pack = self.packs.pack_of(type_id)
        try:
            self._agreements.for_submission(partner, pack.service if pack else None, type_id)
        except SubmissionError:
            return False
        return True

    def arrived(self, message_id: str, partner: str, now: datetime) -> bool:
        """Owe the step L3 for the documents of a message that the Consumer has now, where that was agreed, and what a list has come to; whether
        one is owed.

        Raises StorageUnavailable.
        """
        answers = self.agreed(partner).answers
        if not answers or not self._may_send(partner, TYPE):
            return False
        owed = False
        for entry in self._documents.carried_by(IN, message_id):
            definition = self.packs.named(entry.about.type_id)
            if entry.carried.partner != partner or definition is None or definition.reply != TYPE or self._place(entry) != INBOX:
                continue
            if "L3" in answers:
                verdict = Verdict(entry.about.type_id)
                answer = self.response(entry.carried, entry.about, entry.digest, "L3", verdict, now)
                owed = (answer is not None and self._documents.owe(entry.id, answer)) or owed
            owed = self._results.owe(entry, now) or owed
        return owed

    def _told_arrival(self, entry: Entry) -> bool:
        """Whether L3 was told of a document, or never will be."""
        if "L3" not in self.agreed(entry.carried.partner).answers:
            return True
        first = following(entry.carried.partner, entry.carried.message_id, str(entry.carried.payload), "L3")
        return any(one.about.document_id == first for one in self._documents.answers_of(entry.id))

    def _told(self, entry: Entry, told: Told, last: bool, now: datetime) -> Registration | None:
        """The response that says what a list has come to; what was not applied is told whatever steps were agreed."""
        about = entry.about
        findings: tuple[Finding, ...] = ()
        if told.level == "L4" and not told.rule and "L4" not in self.agreed(entry.carried.partner).answers:
            return None
        if told.rule:
            findings = (self._rule_of(about, told.rule).found(told.location, *told.args),)
        verdict = Verdict(about.type_id, findings)
        records = [RecordResult(one.tin, one.tier, one.version, "AP") for one in told.records] if last else []
        return self.response(entry.carried, about, entry.digest, told.level, verdict, now, status=told.status, records=records)

    def _rule_of(self, about: About, rule_id: str) -> RuleText:
        definition, day = self.packs.named(about.type_id), about.issued_at
        if definition is not None and day is not None:
            for rule in self.packs.rules(definition, about.sender, about.recipient, day.date()):
                if rule.text.id == rule_id:
                    return rule.text
        # Of a pack that has left the rule out.
        return RuleText(rule_id, Severity.FATAL, 7, "The list was not taken.", "名單未予採用。")

    def response(
        self,
        carried: Carried,
        about: About,
        digest: bytes,
        level: str,
        verdict: Verdict,
        at: datetime,
        *,
        status: str = "",
        records: Sequence[RecordResult] = (),
    ) -> Registration | None:
        """A response to a document of the register, as it goes out; None where nobody knows between which authorities."""
        agreed = self.agreed(carried.partner)
        sender = about.recipient or next(iter(agreed.ours), "")
        recipient = about.sender or next(iter(agreed.theirs), "")
        if not sender or not recipient or sender == recipient:
            return None
        answered = about.document_id or carried.message_id
        heading = Heading(
            following(carried.partner, carried.message_id, str(carried.payload), level),
            function_of(verdict.outcome),
            at,
            sender,
            recipient,
            answered,
            about.campaign,
        )
        octets = make_response(
            heading,
            Answered(answered, about.type_id or "unknown", digest, about.number, about.version),
            level,
            verdict.outcome,
            findings=verdict.findings,
            not_listed=verdict.not_listed,
            status=status,
            records=records,
        )
        message_id = carrier_of(heading.message_id, self._host)
        return self.outgoing(octets, TYPE, Carried(OUT, message_id, carried.partner, 0, carried.conversation_id), at)

    def outgoing(self, octets: bytes, type_id: str, carried: Carried, at: datetime) -> Registration:
        """A document that the node made itself and need not judge; sealed when its type demands that."""
        octets = self.sealed(octets, type_id, carried.partner, at)
        document, named = read_unjudged(octets, self.packs)
        verdict = Verdict(document.definition.id)
        filing = file(document, verdict, (), self.packs, self._documents, at, named)
        return registration(octets, document.digest, Checked(verdict, document, filing), carried, at)

    def sealed(self, octets: bytes, type_id: str, partner: str, at: datetime) -> bytes:
        """Octets that we made, sealed with the key of the agreement where their type demands a seal and the agreement names a key."""
        key, definition = self.agreed(partner).seal, self.packs.named(type_id)
        # Sealing a response would cost more than judging what it answers; the message that carries it is signed.
        demanded = definition is not None and definition.signature == REQUIRED
        return self._seal(key, octets, at) if key and demanded else octets

    # -- what goes out -------------------------------------------------------------------------------------------

    def canonical(self, octets: bytes) -> bytes:
        """The document that an interchange holds; the interchange is kept beside it. Raises SubmissionError with everything that is wrong with it."""
        converted = canonical_documents(octets, self.packs.edifact, self.packs.profiles())
        if not converted.verdict.accepted:
            raise SubmissionError(why(_worst(converted.verdict.findings)))
        found = [one.octets for one in converted.mapped if one.octets is not None]
        if len(found) != 1:
            raise SubmissionError(
                f"the interchange has {len(found)} messages; n2n document convert makes a document of each: submit them"
            )
        self._keep(octets)
        return found[0]

    def announce(self, octets: bytes, carried: Carried, at: datetime, action: str, original: str = "") -> Recorded:
        """Judge and register a document that we are about to send under an Action, which is its type.

        `original` is the SHA-256, hexadecimal, of the interchange that it was made from.

        Raises SubmissionError with everything that is wrong with it.
        """
        agreed = self.agreed(carried.partner)
        for _ in range(_TIMES):
            looked = self._documents.look()
            checked = self._judged(octets, carried.partner, looked, at, agreed.ours, agreed.theirs, action, ours=True)
            if not checked.verdict.accepted:
                raise SubmissionError(why(_worst(checked.verdict.findings)))
            if checked.duplicate and checked.document is not None:
                self._check_new(checked.document, carried)
            if original and checked.filing is not None:
                named = (*checked.filing.named, Named("original", original))
                checked = replace(checked, filing=replace(checked.filing, named=named))
            try:
                return self._documents.record(registration(octets, digest_of(octets), checked, carried, at), looked)
            except CheckAgain as error:
                log.info("document to be sent as %s: %s; checking again", carried.message_id, error)
        raise SubmissionError("what is on file changes too quickly; submit the document once more")

    def expose(self, octets: bytes, carried: Carried, at: datetime, action: str, rule: str) -> str:
        """Register a document that one rule refuses at once, and nothing else does, as refused; empty, or why it is not such a one.

        It goes out to see whether the partner refuses it. Raises StorageUnavailable.
        """
        agreed = self.agreed(carried.partner)
        checked = self._judged(octets, carried.partner, self._documents, at, agreed.ours, agreed.theirs, action, ours=True)
        found = {one.rule for one in _worst(checked.verdict.findings)}
        if found != {rule}:
            return f"{rule} alone is to refuse it, and here {', '.join(sorted(found)) or 'nothing'} does"
        if checked.verdict.outcome is not Outcome.REFUSED:
            return f"{rule} would have a person at the partner's decide"
        assert checked.document is not None
        # On file as refused, so that the answer finds it; it begins no life and moves none.
        filing = Filing(filed(checked.document, at), Outcome.REFUSED)
        self._documents.record(registration(octets, digest_of(octets), replace(checked, filing=filing), carried, at), None)
        return ""

    def trial(self, octets: bytes, partner: str, action: str, at: datetime) -> tuple[Finding, ...]:
        """What keeps a document from going out to a partner under an Action, by what is on file now; nothing is registered."""
        agreed = self.agreed(partner)
        checked = self._judged(octets, partner, self._documents, at, agreed.ours, agreed.theirs, action, ours=True)
        return () if checked.verdict.accepted else tuple(_worst(checked.verdict.findings))

    def service_of(self, partner: str, action: str) -> str:
        """The one agreed service that has an action. Raises SubmissionError."""
        return self._agreements.for_submission(partner, None, action).leg.business_info.service.value

    def wanted(self, entry: Entry, octets: bytes) -> Urgency:
        """How urgent a document says it is: nothing where its type does not say where that stands."""
        definition = self.packs.named(entry.about.type_id)
        if definition is None or (definition.priority is None and not definition.deadlines):
            return Urgency()
        document, _ = read_unjudged(octets, self.packs)
        return urgency(definition, document.root)

    def _check_new(self, document: Document, carried: Carried) -> None:
        for entry in self._documents.said(document.header.message_id):
            # One that was registered and never submitted is what a crash has left.
            if entry.carried.direction == OUT and entry.carried != carried and self._goes_out(entry.carried.message_id):
                where = f"message {entry.carried.message_id} to {entry.carried.partner}"
                raise SubmissionError(
                    f"document {document.header.message_id} went out already in {where}; give a new document a new MessageID"
                )


def _is(entry: Entry, carried: Carried) -> bool:
    return entry.carried.partner == carried.partner and entry.carried.payload == carried.payload


def places_of_documents(media_types: Sequence[str]) -> tuple[int, ...]:
    """Which payloads of a message are judged: those of an XML media type; the first where none has one.

    A wrong label must not carry a document past its rules.
    """
    found = tuple(place for place, media_type in enumerate(media_types) if _is_xml(media_type))
    return found or tuple(range(len(media_types)))[:1]


def _is_xml(media_type: str) -> bool:
    bare = media_type.partition(";")[0].strip().lower()
    return bare in _DOCUMENTS or bare.endswith("+xml")


def octets_of(payload: AcceptedPayload) -> bytes:
    """The octets of a payload; one octet more than a document may have where it has more, so that it is refused and not read."""
    if payload.inflated_size > MOST_OCTETS:
        return b" " * (MOST_OCTETS + 1)
    return b"".join(map(bytes, payload_chunks(payload)))


def told(entry: Entry) -> Mapping[str, Any]:
    """What message.json says about a document."""
    return {
        "payload": entry.carried.payload + 1,
        "type": entry.about.type_id,
        "outcome": entry.outcome,
        "document_id": entry.about.document_id,
        "number": entry.about.number,
        "version": entry.about.version or None,
        "duplicate": entry.duplicate_of is not None,
        "findings": [dict(finding) for finding in entry.findings],
    }


def why(findings: Iterable[Finding]) -> str:
    """What is wrong with a document, in one line: the first five findings, and how many there are more."""
    said = [f"{one.rule} at {one.location or 'the document'}: {one.en}" for one in findings]
    more = f" and {len(said) - 5} more" if len(said) > 5 else ""
    return f"{'; '.join(said[:5])}{more}"


def _worst(findings: tuple[Finding, ...]) -> Iterator[Finding]:
    return (finding for finding in findings if finding.severity is not Severity.WARNING)


def digest_of(octets: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(octets).digest()
