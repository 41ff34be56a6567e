"""What we say ourselves about documents: responses, replies to queries, and what becomes of lists; sealed where their type demands it."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from node.customs.checking.check import Checked
from node.customs.checking.document import Document
from node.customs.checking.prior import read_unjudged
from node.customs.checking.sealing import REQUIRED
from node.customs.filing.filing import file
from node.customs.filing.registration import OUT, About, Carried, Entry, Registration, registration
from node.customs.finding import Finding, Outcome, RuleText, Severity, Verdict
from node.customs.making.heading import Heading, carrier_of, following
from node.customs.making.response import TYPE, Answered, RecordResult, function_of, make_response
from node.customs.operators.telling import Told
from node.customs.packs.library import Packs
from node.judging import Judging
from node.replying import Replying
from node.store.documents import StoredDocuments

#: The name of an own key, a document, now; gives the sealed document.
Seal = Callable[[str, bytes, datetime], bytes]

log = logging.getLogger("node.responding")


class Responding:
    """Makes documents of ours, ready to be registered; keeps none."""

    def __init__(
        self,
        packs: Packs,
        judging: Judging,
        documents: StoredDocuments,
        replying: Replying,
        host: str,
        seal: Seal = lambda _, octets, __: octets,
    ) -> None:
        """`host` is the right-hand side of the MessageIds of answers; `seal` seals with the own key of a name."""
        self._packs, self._judging, self._documents, self._replying = packs, judging, documents, replying
        self.host, self._seal = host, seal

    def is_query(self, type_id: str) -> bool:
        """Whether documents of a type ask for a reply, and not for a response."""
        return self._replying.answers(type_id)

    def answers(self, partner: str) -> bool:
        """Whether we tell this partner what becomes of its documents."""
        return bool(self._judging.agreed(partner).answers) and self._judging.may_send(partner, TYPE)

    def answer(self, checked: Checked, received: Registration, at: datetime) -> Registration | None:
        """The response that a document is owed: L2, or L3 while a person holds it; none where none was agreed."""
        carried, agreed = received.carried, self._judging.agreed(received.carried.partner)
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
        if not self._judging.may_send(carried.partner, TYPE):
            log.warning("%s is owed a response, and the agreement has no action %s to send it", carried.partner, TYPE)
            return None
        return self.response(carried, received.about, received.digest, level, checked.verdict, at)

    def _reply(self, document: Document, carried: Carried, at: datetime) -> Registration | None:
        """The answer to a query, in place of a response."""
        if not self._judging.may_send(carried.partner, document.definition.reply):
            log.warning("%s is owed a %s, and the agreement has no action to send it", carried.partner, document.definition.reply)
            return None
        octets = self._replying.reply(document, carried.partner, at)
        message_id = carrier_of(following("reply", carried.partner, carried.message_id), self.host)
        return self.outgoing(
            octets, document.definition.reply, Carried(OUT, message_id, carried.partner, 0, carried.conversation_id), at
        )

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
        agreed = self._judging.agreed(carried.partner)
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
        message_id = carrier_of(heading.message_id, self.host)
        return self.outgoing(octets, TYPE, Carried(OUT, message_id, carried.partner, 0, carried.conversation_id), at)

    def result(self, entry: Entry, told: Told, last: bool, now: datetime) -> Registration | None:
        """The response that says what a list has come to; what was not applied is told whatever steps were agreed."""
        about = entry.about
        findings: tuple[Finding, ...] = ()
        if told.level == "L4" and not told.rule and "L4" not in self._judging.agreed(entry.carried.partner).answers:
            return None
        if told.rule:
            findings = (self._rule_of(about, told.rule).found(told.location, *told.args),)
        verdict = Verdict(about.type_id, findings)
        records = [RecordResult(one.tin, one.tier, one.version, "AP") for one in told.records] if last else []
        return self.response(entry.carried, about, entry.digest, told.level, verdict, now, status=told.status, records=records)

    def told_arrival(self, entry: Entry) -> bool:
        """Whether L3 was told of a document, or never will be."""
        if "L3" not in self._judging.agreed(entry.carried.partner).answers:
            return True
        first = following(entry.carried.partner, entry.carried.message_id, str(entry.carried.payload), "L3")
        return any(one.about.document_id == first for one in self._documents.answers_of(entry.id))

    def _rule_of(self, about: About, rule_id: str) -> RuleText:
        definition, day = self._packs.named(about.type_id), about.issued_at
        if definition is not None and day is not None:
            for rule in self._packs.rules(definition, about.sender, about.recipient, day.date()):
                if rule.text.id == rule_id:
                    return rule.text
        # Of a pack that has left the rule out.
        return RuleText(rule_id, Severity.FATAL, 7, "The list was not taken.", "名單未予採用。")

    def outgoing(self, octets: bytes, type_id: str, carried: Carried, at: datetime) -> Registration:
        """A document that the node made itself and need not judge; sealed when its type demands that."""
        octets = self.sealed(octets, type_id, carried.partner, at)
        document, named = read_unjudged(octets, self._packs)
        verdict = Verdict(document.definition.id)
        filing = file(document, verdict, (), self._packs, self._documents, at, named)
        return registration(octets, document.digest, Checked(verdict, document, filing), carried, at)

    def sealed(self, octets: bytes, type_id: str, partner: str, at: datetime) -> bytes:
        """Octets that we made, sealed with the key of the agreement where their type demands a seal and the agreement names a key."""
        key, definition = self._judging.agreed(partner).seal, self._packs.named(type_id)
        # Sealing a response would cost more than judging what it answers; the message that carries it is signed.
        demanded = definition is not None and definition.signature == REQUIRED
        return self._seal(key, octets, at) if key and demanded else octets
