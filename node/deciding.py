"""What a person decides about documents that are held: they go on file, or they are refused, and the partner is told."""

from contextlib import suppress
from dataclasses import replace
from typing import Final

from node.checking import HELD, Checking, digest_of
from node.customs.checking.check import Checked
from node.customs.checking.prior import RECORD_SET, read_unjudged
from node.customs.filing.filing import file
from node.customs.filing.looking import Looking
from node.customs.filing.moving import moving
from node.customs.filing.on_file import NoLongerThere
from node.customs.filing.registration import IN, CheckAgain, Decision, Entry, NotHeld, Recorded, Registration, registration
from node.customs.finding import Finding, Outcome, RuleText, Severity, Verdict
from node.ebms.states import InboundEvent, InboundState
from node.msh.ports import Clock
from node.store.documents import StoredDocuments
from node.store.messages import StoredMessages

#: A person's decision is the fourth step of the ladder: the third said that the document is held.
LEVEL: Final = "L4"
REFUSED: Final = RuleText("HELD", Severity.FATAL, 7, "Refused after review: {0}", "經人員審核後拒絕：{0}")
#: How often a document is checked again because another one changed what is on file meanwhile.
_TIMES: Final = 20


class NotReleasable(ValueError):
    """The document would be refused today, whoever releases it; the text says why."""


class Deciding:
    """Releases and refuses documents that are held; the same decision again completes what a crash has left."""

    def __init__(self, documents: StoredDocuments, messages: StoredMessages, checking: Checking, clock: Clock) -> None:
        self._documents, self._messages, self._checking, self._clock = documents, messages, checking, clock

    def release(self, entry: Entry, who: str, why: str) -> Recorded:
        """Put it on file with everything that it changes. Raises NotHeld, NotReleasable, NoLongerThere, StorageUnavailable."""
        if not entry.held:
            return self._released_before(entry, who, why)
        octets = self._documents.octets(entry.id)
        for _ in range(_TIMES):
            looked = self._documents.look()
            checked = self._released(entry, octets, looked)
            decision = Decision(entry.id, who, why, self._clock.now(), checked.filing)
            try:
                recorded = self._documents.decide(decision, looked, self._answer(entry, octets, checked, checked.verdict))
            except CheckAgain:
                continue
            return self._followed(recorded)
        raise NotReleasable(f"what is on file changed {_TIMES} times while document {entry.id} was checked; try again")

    def refuse(self, entry: Entry, who: str, why: str) -> Recorded:
        """It never goes on file; the partner is told why. Raises NotHeld, NoLongerThere, StorageUnavailable."""
        octets = self._documents.octets(entry.id)
        finding = REFUSED.found("", why)
        checked = self._checking.judging.judge_again(entry, octets, self._documents, self._clock.now())
        verdict = Verdict(entry.about.type_id, (finding,))
        decision = Decision(entry.id, who, why, self._clock.now(), None)
        return self._followed(self._documents.decide(decision, None, self._answer(entry, octets, checked, verdict)))

    def _released_before(self, entry: Entry, who: str, why: str) -> Recorded:
        if (entry.decided_by, entry.decided_because) != (who, why) or entry.outcome == Outcome.REFUSED.value:
            decided = f"{entry.decided_by} has decided {entry.outcome}" if entry.decided_at else f"it is {entry.outcome}"
            raise NotHeld(f"document {entry.id} is not held: {decided}")
        return self._followed(Recorded(entry, again=True, answers=tuple(self._documents.answers_of(entry.id))))

    def _followed(self, recorded: Recorded) -> Recorded:
        """What follows a decision, also one that was cut off behind it: the list takes effect, and the message goes where its documents belong."""
        entry = recorded.entry
        if entry.outcome != Outcome.REFUSED.value:
            self._take_list(entry)
        if not any(one.held for one in self._documents.carried_by(IN, entry.carried.message_id) if _of_one_message(one, entry)):
            self._leave_held(entry)
        return recorded

    def _leave_held(self, entry: Entry) -> None:
        """Whoever serves hands the message over again, to the place that the decision has given it."""
        for message in self._messages.inbound(entry.carried.message_id):
            if message.partner != entry.carried.partner or message.state is not InboundState.DELIVERED:
                continue
            places = [step.detail for step in self._messages.inbound_history(message.id) if step.event == InboundEvent.DELIVERED]
            if places[-1].startswith(f"{HELD}/"):
                said = f"document {entry.id}: {entry.decided_by} has decided {entry.outcome}"
                self._messages.decided(message.id, self._clock.now(), said, entry.decided_by)

    def _take_list(self, entry: Entry) -> None:
        """The records of a list that was released go to their register, and its octets go when they are there."""
        if entry.about.type_id == RECORD_SET:
            with suppress(NoLongerThere):
                self._checking.take_list(self._documents.octets(entry.id), entry)
                self._documents.forget_octets(entry.id)

    def _released(self, entry: Entry, octets: bytes, looked: Looking) -> Checked:
        """The document as if nobody had held it."""
        now = self._clock.now()
        checked = self._checking.judging.judge_again(entry, octets, looked, now)
        if checked.duplicate:
            raise NotReleasable(f"the same document is on file already: {entry.about.document_id}")
        if checked.verdict.outcome is Outcome.REFUSED:
            why = "; ".join(f"{one.rule}: {one.en}" for one in checked.verdict.findings if one.severity is Severity.FATAL)
            raise NotReleasable(f"it would be refused today: {why}")
        if checked.filing is not None:
            return checked
        packs = self._checking.packs
        document, named = read_unjudged(octets, packs)
        verdict = Verdict(checked.verdict.type_id, _warnings(checked.verdict.findings))
        moves = moving(document, packs, looked).moves
        return replace(checked, verdict=verdict, filing=file(document, verdict, moves, packs, looked, now, named))

    def _answer(self, entry: Entry, octets: bytes, checked: Checked, verdict: Verdict) -> Registration | None:
        if not self._checking.responding.answers(entry.carried.partner):
            return None
        at = self._clock.now()
        received = registration(octets, digest_of(octets), checked, entry.carried, at)
        return self._checking.responding.response(entry.carried, received.about, received.digest, LEVEL, verdict, at)


def _warnings(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return tuple(one for one in findings if one.severity is Severity.WARNING)


def _of_one_message(one: Entry, other: Entry) -> bool:
    return one.carried.partner == other.carried.partner
