"""What becomes of the documents in messages: each is judged, registered, and answered as was agreed."""

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from node.customs.checking.document import Document
from node.customs.checking.prior import RECORD_SET, take_records
from node.customs.checking.safe import MOST_OCTETS
from node.customs.edifact.cusres import KIND as CUSRES
from node.customs.edifact.cusres import ResponseRefused, answer_of_response, to_cusres
from node.customs.edifact.interchange import canonical_documents, references_from
from node.customs.edifact.terms import terms_of
from node.customs.filing.filing import Filing, Named, filed
from node.customs.filing.registration import IN, OUT, Carried, CheckAgain, Entry, Recorded, registration
from node.customs.finding import Finding, Outcome, Verdict
from node.customs.making.response import TYPE
from node.customs.operators.port import OperatorRegister
from node.customs.packs.library import Packs
from node.customs.reconciling.batch import Mark, MarkRefused, read_mark
from node.ebms.message import CollaborationInfo
from node.judging import Judging, worst
from node.msh.deliver import payload_chunks
from node.msh.ports import MOST_URGENT, AcceptedPayload, SubmissionError
from node.responding import Responding
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
        judging: Judging,
        responding: Responding,
        goes_out: Callable[[str], bool],
        keep: Callable[[bytes], object] = lambda _: None,
        batched: Callable[[str, Mark, int], object] = lambda *_: None,
    ) -> None:
        """`goes_out` tells whether a message of that MessageId was submitted; `keep` keeps an interchange that becomes a document;
        `batched` notes that a document of a partner came as one of a batch.
        """
        self.packs, self.judging, self.responding = packs, judging, responding
        self._documents, self._operators = documents, operators
        self._goes_out, self._keep, self._batched = goes_out, keep, batched
        self._results = Results(documents, operators, responding.result, responding.told_arrival)

    # -- what comes in -------------------------------------------------------------------------------------------

    def take(self, one: InboundMessage) -> Taken:
        """Judge and register the documents of an accepted message. Raises StorageUnavailable, and whatever a broken pack does."""
        collaboration = one.user_message.collaboration_info
        if one.test_service or not self.judging.judges(one.partner, collaboration.service.value):
            return Taken(INBOX if one.test_service or self.judging.in_production(one.partner) else REFUSED)
        found = [
            self._taken(one, place, one.payloads[place], collaboration)
            for place in places_of_documents([payload.media_type for payload in one.payloads])
        ]
        if not found:
            return Taken(INBOX)
        self._note_batch(one, found[0].entry)
        place = max((self._place(recorded.entry) for recorded in found), key=PLACES.index)
        owes = any(answer.sending == "DUE" for recorded in found for answer in recorded.answers)
        prompt = owes and any(self.responding.is_query(recorded.entry.about.type_id) for recorded in found)
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
        wanted = self.judging.wanted(entry, octets)
        if wanted.priority == MOST_URGENT:
            by = "".join(f", {level} until {at:%Y-%m-%dT%H:%M:%S%z}" for level, at in wanted.deadlines.items())
            log.warning(
                "URGENT: %s %s from %s%s: n2n notice list", entry.about.type_id, entry.about.number, entry.about.sender, by
            )

    def _registered(self, octets: bytes, carried: Carried, action: str, at: datetime) -> Recorded:
        before = [entry for entry in self._documents.carried_by(IN, carried.message_id) if _is(entry, carried)]
        if before:
            return Recorded(before[0], again=True, answers=tuple(self._documents.answers_of(before[0].id)))
        for _ in range(_TIMES):
            looked = self._documents.look()
            checked = self.judging.incoming(octets, carried.partner, looked, at, action)
            received = registration(octets, digest_of(octets), checked, carried, at)
            try:
                return self._documents.record(received, looked, self.responding.answer(checked, received, at))
            except CheckAgain as error:
                log.info("document of message %s: %s; checking again", carried.message_id, error)
        raise CheckAgain(f"what is on file changed {_TIMES} times while the document of {carried.message_id} was checked")

    def take_list(self, octets: bytes, entry: Entry) -> None:
        """Put the records of an accepted list into their register; twice is once. Raises StorageUnavailable."""
        take_records(octets, self._operators, entry.carried.message_id, entry.registered_at)

    def _place(self, entry: Entry) -> str:
        if entry.outcome == Outcome.REFUSED.value:
            return REFUSED
        if entry.outcome == Outcome.HELD.value:
            return HELD
        if entry.duplicate_of is not None:
            return DUPLICATE
        return CAMPAIGN if entry.about.campaign else INBOX

    def arrived(self, message_id: str, partner: str, now: datetime) -> bool:
        """Owe the step L3 for the documents of a message that the Consumer has now, where that was agreed, and what a list has come to; whether
        one is owed.

        Raises StorageUnavailable.
        """
        answers = self.judging.agreed(partner).answers
        if not answers or not self.judging.may_send(partner, TYPE):
            return False
        owed = False
        for entry in self._documents.carried_by(IN, message_id):
            definition = self.packs.named(entry.about.type_id)
            if entry.carried.partner != partner or definition is None or definition.reply != TYPE or self._place(entry) != INBOX:
                continue
            if "L3" in answers:
                verdict = Verdict(entry.about.type_id)
                answer = self.responding.response(entry.carried, entry.about, entry.digest, "L3", verdict, now)
                owed = (answer is not None and self._documents.owe(entry.id, answer)) or owed
            owed = self._results.owe(entry, now) or owed
        return owed

    # -- what goes out -------------------------------------------------------------------------------------------

    def canonical(self, octets: bytes) -> bytes:
        """The document that an interchange holds; the interchange is kept beside it. Raises SubmissionError with everything that is wrong with it."""
        converted = canonical_documents(octets, self.packs.edifact, self.packs.profiles())
        if not converted.verdict.accepted:
            raise SubmissionError(why(worst(converted.verdict.findings)))
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
        for _ in range(_TIMES):
            looked = self._documents.look()
            checked = self.judging.going_out(octets, carried.partner, looked, at, action)
            if not checked.verdict.accepted:
                raise SubmissionError(why(worst(checked.verdict.findings)))
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
        checked = self.judging.going_out(octets, carried.partner, self._documents, at, action)
        found = {one.rule for one in worst(checked.verdict.findings)}
        if found != {rule}:
            return f"{rule} alone is to refuse it, and here {', '.join(sorted(found)) or 'nothing'} does"
        if checked.verdict.outcome is not Outcome.REFUSED:
            return f"{rule} would have a person at the partner's decide"
        assert checked.document is not None
        # On file as refused, so that the answer finds it; it begins no life and moves none.
        filing = Filing(filed(checked.document, at), Outcome.REFUSED)
        self._documents.record(registration(octets, digest_of(octets), replace(checked, filing=filing), carried, at), None)
        return ""

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


def digest_of(octets: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(octets).digest()
