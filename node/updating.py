"""Certificates that change by message: what we ask of partners, what they ask of us, and when nobody answers. Source: ebCore AU 1.0; decision 23."""

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count, pairwise
from typing import Final

from node.agreements.agreement import Agreement
from node.agreements.replacing import Replacement, replaced
from node.agreements.suitability import check
from node.checking import INBOX, REFUSED, Taken, octets_of
from node.configuration import Problems
from node.customs.making.heading import carrier_of, following
from node.ebms.message import Property
from node.failpoints import failpoint
from node.keyring.folder import PartnerCertificate
from node.keyring.judging import Judging
from node.msh.octets import HeldOctets
from node.msh.ports import Clock, SubmissionError
from node.msh.submit import Payload, Submission
from node.security.certificates import Certificate
from node.security.path import check_purpose
from node.security.succession import PURPOSES
from node.security.trust import Purpose, Untrusted
from node.setting import Setting
from node.sheets.fingerprint import agrees
from node.store.people import Acted
from node.store.steps import NotAgreed
from node.store.updates import DUE, Answer, Asked, Carrier, KeptUpdate, StoredUpdates
from node.store.values import InboundMessage
from node.updates.identifiers import current_identifier, updated_identifier
from node.updates.judging import Agreed, judge
from node.updates.reading import UpdateRefused, read_update
from node.updates.states import UpdateDirection, UpdateEvent, UpdateState
from node.updates.update import (
    CONFIRM,
    NOT_WANTED,
    REJECT,
    REQUEST,
    SERVICE,
    CertificateUpdate,
    UpdateError,
    UpdateException,
    UpdateRequest,
    UpdateResponse,
)
from node.updates.writing import replacing, write_update

#: So long before its time an update that nobody has accepted is told once more.
SOON: Final = timedelta(days=1)
#: What is accepted later than so long before its time may not be taken in by both sides when it comes.
TAKEN_IN: Final = timedelta(seconds=10)
#: Updates of one partner that wait for people at most; a further one is refused.
MOST_WAITING: Final = 20
#: As answers to documents.
_PRIORITY: Final = 7
_ENDED: Final = (UpdateState.REJECTED, UpdateState.EXPIRED)
_PURPOSES: Final[Mapping[str, tuple[Purpose, ...]]] = {
    "sign": (Purpose.SIGN,),
    "encrypt": (Purpose.ENCRYPT,),
    "tls": (Purpose.TLS_SERVER, Purpose.TLS_CLIENT),
}
_REMEDY: Final = (
    f'agree on [[service]] value = "{SERVICE}", actions = ["{REQUEST}", "{CONFIRM}", "{REJECT}"], on both sides; '
    "or change the certificate by hand: docs/howto/change-a-key.md"
)

log = logging.getLogger("node.updating")


@dataclass(frozen=True, slots=True)
class Proposed:
    """One request of ours, and whether it is new."""

    kept: KeptUpdate
    purpose: str
    name: str
    certificate: Certificate
    is_new: bool


@dataclass(frozen=True, slots=True)
class _Next:
    """One key of ours that takes over from another one."""

    purpose: str
    name: str
    old: Certificate
    new: Certificate
    chain: tuple[Certificate, ...]
    since: datetime


class Updating:
    """Asks, answers and waits, over one setting and one store."""

    def __init__(
        self,
        setting: Setting,
        updates: StoredUpdates,
        clock: Clock,
        submit: Callable[[Submission], object],
        known: Callable[[str], bool],
    ) -> None:
        """`known` tells whether a message of that MessageId went out already."""
        self._setting, self._updates, self._clock, self._submit, self._known = setting, updates, clock, submit, known
        #: What was told of updates of ours that nobody has accepted, so that it is told once.
        self._told: set[int] = set()

    # -- what we ask ---------------------------------------------------------------------------------------------

    def propose(self, partner: str, purposes: Sequence[str], respond_by: datetime | None, by: Acted) -> list[Proposed]:
        """Ask a partner to take each certificate of ours that follows one day; what was asked already is not asked again.

        Raises NotAgreed, StorageUnavailable.
        """
        agreement = self._agreement(partner)
        self._check_service(partner)
        nexts = [one for purpose in purposes for one in self._nexts(agreement, purpose, by.at)]
        if not nexts:
            raise NotAgreed(
                f"node.toml names no key that is to {' or '.join(purposes)} towards {partner} one day",
                "n2n cert switch --purpose sign --name NAME --from TIME",
            )
        return [self._proposed(agreement, one, respond_by, by) for one in nexts]

    def _check_service(self, partner: str) -> None:
        allowed = {
            (not one.inbound, one.leg.business_info.action)
            for one in self._setting.agreements.pmodes(partner)
            if one.leg.business_info.service.value == SERVICE
        }
        missing = {(True, REQUEST), (False, CONFIRM), (False, REJECT)} - allowed
        if missing:
            said = ", ".join(sorted(f"{'send' if out else 'receive'} {action}" for out, action in missing))
            raise NotAgreed(f"the agreement with {partner} has no service for updates: we may not {said}", _REMEDY)

    def _nexts(self, agreement: Agreement, purpose: str, now: datetime) -> Iterator[_Next]:
        keys, held = self._setting.own, self._setting.certificates.own
        agreed = {"sign": agreement.us.sign, "encrypt": agreement.us.encrypt, "tls": keys.tls}[purpose]
        if agreed is None or agreed != keys.first(purpose):
            # This partner has a key of its own, which none of node.toml follows.
            return
        turns = keys.turns(purpose)
        for before, turn in pairwise(turns):
            if turn.since is not None and turn.since > now and before.name in held and turn.name in held:
                key = held[turn.name]
                above = tuple(one for one in reversed(key.chain) if one != key.certificate)
                yield _Next(purpose, turn.name, held[before.name].certificate, key.certificate, above, turn.since)

    def _proposed(self, agreement: Agreement, one: _Next, respond_by: datetime | None, by: Acted) -> Proposed:
        partner = agreement.partner
        if respond_by is not None and respond_by <= by.at:
            raise NotAgreed("an answer is wanted by a time that is over", "--respond-by names a later one")
        for number in count():
            message_id = following(
                "update", partner, one.purpose, one.old.sha256, one.new.sha256, f"{one.since:%Y%m%dT%H%M%S.%f}", str(number)
            )
            carrier = carrier_of(message_id, self._setting.home.host)
            before = self._updates.named(partner, UpdateDirection.OUT, message_id)
            if before is None:
                break
            # What was refused, or never answered, may be asked anew; what waits or was accepted may not.
            if before.state not in _ENDED:
                return Proposed(before, one.purpose, one.name, one.new, is_new=False)
        current = self._identifier(agreement)
        request = UpdateRequest(
            *(message_id, by.at, min(respond_by or one.since, one.since), one.since),
            *(current, updated_identifier(current, one.since, one.new.sha256), (replacing(one.old, one.new, one.chain, 1),)),
        )
        kept, is_new = self._updates.record(
            _asked(partner, UpdateDirection.OUT, request, Carrier(carrier)), by, sending_id=carrier
        )
        self._sent(kept)
        return Proposed(self._updates.get(kept.id), one.purpose, one.name, one.new, is_new)

    # -- what comes in -------------------------------------------------------------------------------------------

    def takes(self, one: InboundMessage) -> bool:
        """Whether a message is about updates."""
        return not one.test_service and one.user_message.collaboration_info.service.value == SERVICE

    def take(self, one: InboundMessage) -> Taken:
        """Record a request, or what the partner answers; harmless when done twice. Raises StorageUnavailable."""
        try:
            if len(one.payloads) != 1:
                raise UpdateRefused(f"{len(one.payloads)} payloads, expected one")
            octets = octets_of(one.payloads[0])
            update = read_update(octets)
        except UpdateRefused as error:
            log.warning("message %s of %s is no update: %s", one.message_id, one.partner, error)
            return Taken(REFUSED)
        if isinstance(update, UpdateRequest):
            return self._take_request(one, update, octets)
        return self._take_answer(one, update, octets)

    def _take_request(self, one: InboundMessage, request: UpdateRequest, octets: bytes) -> Taken:
        carrier = Carrier(one.message_id, one.user_message.collaboration_info.conversation_id)
        asked = _asked(one.partner, UpdateDirection.IN, request, carrier, octets)
        before = self._updates.named(one.partner, UpdateDirection.IN, request.id)
        same = self._updates.exact(asked) if before is not None else None
        if same is not None:
            # It was judged when it came first, and its answer goes out once.
            return Taken(REFUSED if same.state is UpdateState.REJECTED else INBOX)
        if self._updates.waiting(one.partner) >= MOST_WAITING:
            errors: Sequence[UpdateError] = (UpdateError(*NOT_WANTED, f"{MOST_WAITING} others wait already"),)
        else:
            errors = judge(request, self._agreed(self._agreement(one.partner), reused=before is not None), one.received_at)
        refusal = self._refusal(asked, request, errors, one.received_at) if errors else None
        why = "; ".join(f"{error.short}: {error.description}" for error in errors)
        kept, _ = self._updates.record(asked, Acted("n2n", one.received_at, why), refusal)
        shown = f"update {kept.id} of {one.partner}"
        if errors:
            log.warning("%s is refused: %s", shown, why)
        else:
            by = f" until {kept.ends_at:%Y-%m-%dT%H:%M:%SZ}" if kept.ends_at else ""
            log.warning("%s waits for two people%s: n2n partner update-accept %d", shown, by, kept.id)
        return Taken(REFUSED if errors else INBOX, owes=bool(errors))

    def _take_answer(self, one: InboundMessage, answer: UpdateResponse | UpdateException, octets: bytes) -> Taken:
        row = self._updates.named(one.partner, UpdateDirection.OUT, answer.request_id)
        request = read_update(row.asked.content) if row is not None else None
        if (
            row is None
            or not isinstance(request, UpdateRequest)
            or (answer.current, answer.updated) != (request.current, request.updated)
        ):
            log.warning(
                "message %s of %s answers no update that we asked for: %s", one.message_id, one.partner, answer.request_id
            )
            return Taken(REFUSED)
        event, why = UpdateEvent.ACCEPT, ""
        if isinstance(answer, UpdateException):
            event, why = UpdateEvent.REJECT, "; ".join(f"{each.short}: {each.description}" for each in answer.errors)
        if row.answer == octets:
            return Taken(INBOX)
        try:
            self._updates.answered(row.id, event, Acted(one.partner, one.received_at, why), octets)
        except NotAgreed as error:
            log.warning("message %s of %s changes nothing: %s", one.message_id, one.partner, error)
            return Taken(REFUSED)
        if event is UpdateEvent.ACCEPT:
            log.info("%s accepts update %d", one.partner, row.id)
        else:
            self._told.add(row.id)
            log.warning("%s refuses update %d (%s); %s", one.partner, row.id, why, _still(row))
        return Taken(INBOX)

    # -- what people decide --------------------------------------------------------------------------------------

    def accept(self, row_id: int, fingerprints: Sequence[str], by: Acted) -> KeptUpdate:
        """Somebody has compared the fingerprint of each new certificate; the second one accepts the update.

        Raises NotAgreed, StorageUnavailable.
        """
        kept, request = self._theirs(row_id)
        for one in request.updates:
            if not any(agrees(said, one.certificate.sha256) for said in fingerprints):
                problem = "is not the one that was given" if fingerprints else "was not given"
                raise NotAgreed(
                    f"the fingerprint of {one.certificate.subject} {problem}",
                    "call the partner on a number that you know, let them read out theirs (n2n partner update shows it), "
                    "and type its first four groups: --fingerprint XXXX-XXXX-XXXX-XXXX",
                )
        if kept.state is UpdateState.PROPOSED:
            # The agreement, or what is known of the certificate, may be another one by now.
            errors = judge(request, self._agreed(self._agreement(kept.partner)), by.at)
            if not errors and request.activate_by is not None and request.activate_by - by.at < TAKEN_IN:
                raise NotAgreed(
                    "it begins in a moment, too soon for both sides to take it in", "let the partner ask for a later time"
                )
            if errors:
                raise NotAgreed(
                    "; ".join(f"{one.short}: {one.description}" for one in errors), f"n2n partner update-reject {row_id}"
                )
        response = UpdateResponse(self._answer_id(kept.asked), request.id, by.at, request.current, request.updated)
        return self._updates.approve(row_id, by, self._answer(kept.asked, response))

    def reject(self, row_id: int, reason: str, by: Acted) -> KeptUpdate:
        """Refuse what a partner asks, and tell it why. Raises NotAgreed, StorageUnavailable."""
        kept, request = self._theirs(row_id)
        refusal = self._refusal(kept.asked, request, [UpdateError(*NOT_WANTED, reason)], by.at)
        return self._updates.reject(row_id, replace(by, why=reason), refusal)

    def _theirs(self, row_id: int) -> tuple[KeptUpdate, UpdateRequest]:
        kept = self._updates.get(row_id)
        request = read_update(kept.asked.content)
        if kept.is_ours or not isinstance(request, UpdateRequest):
            raise NotAgreed(f"update {row_id} is ours: {kept.partner} answers it", "n2n partner updates shows whether it has")
        return kept, request

    # -- what happens by itself ----------------------------------------------------------------------------------

    def sweep(self) -> int:
        """Send what is owed, and end what nobody answered in time; how many of both. Raises StorageUnavailable."""
        now, done = self._clock.now(), 0
        for kept in self._updates.expire(now):
            done += 1
            self._told.add(kept.id)
            still = _still(kept) if kept.is_ours else "nothing changes, and the partner may ask again"
            log.warning("update %d %s %s has expired: nobody answered in time; %s", kept.id, _whose(kept), kept.partner, still)
        for kept in self._updates.due():
            done += self._sent(kept)
        for kept in self._updates.unanswered():
            since = kept.asked.activate_by
            if since is None or kept.id in self._told:
                continue
            # Half of the time is over where the whole is short.
            if since - min(SOON, (since - kept.at) / 2) <= now:
                self._told.add(kept.id)
                log.warning("%s has not answered update %d yet; %s", kept.partner, kept.id, _still(kept))
        return done

    def _sent(self, kept: KeptUpdate) -> bool:
        if not kept.sending_id or kept.sending != DUE:
            return False
        if not self._known(kept.sending_id):
            action = REQUEST if kept.is_ours else CONFIRM if kept.state is UpdateState.ACCEPTED else REJECT
            octets = kept.asked.content if kept.is_ours else kept.answer or b""
            submission = Submission(
                partner=kept.partner,
                action=action,
                payloads=(Payload(HeldOctets(octets), "application/xml"),),
                service=SERVICE,
                properties=self._properties(kept.partner, action),
                conversation_id=kept.asked.carrier.conversation_id or None,
                message_id=kept.sending_id,
                ref_to_message_id=None if kept.is_ours else kept.asked.carrier.message_id,
                priority=_PRIORITY,
            )
            try:
                self._submit(submission)
            except SubmissionError as error:
                # Who else sends at the same time may have been quicker.
                if not self._known(kept.sending_id):
                    # It stays owed: an agreement that is mended lets it go.
                    log.error("what is owed to %s about update %d cannot be sent: %s", kept.partner, kept.id, error)
                    return False
        failpoint("update.sent.before_commit")
        self._updates.sent(kept.id)
        return True

    def _properties(self, partner: str, action: str) -> tuple[Property, ...]:
        """Who wrote it and for whom it is, where that is wanted: the two parties themselves."""
        try:
            pmode = self._setting.agreements.for_submission(partner, SERVICE, action)
        except SubmissionError:
            # Told when it is submitted.
            return ()
        agreement = self._agreement(partner)
        said = {"originalSender": agreement.us.party_ids[0], "finalRecipient": agreement.party_ids[0]}
        wanted = {one.name for one in pmode.leg.business_info.properties}
        return tuple(Property(name, one.value, one.type) for name, one in said.items() if name in wanted)

    # -- small things --------------------------------------------------------------------------------------------

    def _agreement(self, partner: str) -> Agreement:
        found = self._setting.agreements.agreements.get(partner)
        if found is None:
            raise NotAgreed(f"there is no partner {partner!r}", "n2n partner list")
        return found

    def _identifier(self, agreement: Agreement) -> str:
        parties = (agreement.party_ids[0].value, agreement.us.party_ids[0].value)
        return current_identifier(agreement.agreement_ref.value if agreement.agreement_ref else None, parties)

    def _agreed(self, agreement: Agreement, *, reused: bool = False) -> Agreed:
        held = self._setting.certificates.partners
        names = dict.fromkeys(name for every in agreement.certificates.named().values() for name in every)
        updated = [
            request.updated
            for kept in self._updates.accepted(agreement.partner)
            if isinstance(request := read_update(kept.asked.content), UpdateRequest)
        ]
        return Agreed(
            frozenset((self._identifier(agreement), *updated)),
            [held[name].certificate for name in names if name in held],
            lambda update, present, at: self._why_not(agreement, update, present, at),
            reused,
        )

    def _why_not(self, agreement: Agreement, update: CertificateUpdate, present: Certificate, at: datetime) -> str:
        """Why the agreement cannot be kept with the new certificate; empty where it can."""
        setting, new = self._setting, update.certificate
        held = {name: one.certificate for name, one in setting.certificates.partners.items()}
        if beside := self._why_not_beside(agreement, present, new, held):
            return beside
        name = f"{agreement.partner}/update"
        trial = Replacement(agreement.partner, present, new, update.chain, at, name, setting.home.keys.keep)
        brought = {trial.named(purpose): PartnerCertificate(trial.named(purpose), new, update.chain) for purpose in PURPOSES}
        known = {**held, **dict.fromkeys(brought, new)}
        after, problems = replaced(agreement, [trial], known), Problems()
        check(after, replace(setting.known, partners=known), problems)
        if problems.found:
            return "; ".join(one.problem for one in problems.found)
        used = {
            purpose: trial.named(purpose) for purpose in PURPOSES if trial.named(purpose) in after.certificates.named()[purpose]
        }
        agreed = after.certificates
        judging = Judging(
            replace(setting.certificates, partners=brought),
            used.values() if agreed.trust == "pinned" else (),
            dict.fromkeys(used.values(), agreed.trusting),
        )
        try:
            for purpose, each in used.items():
                for wanted in _PURPOSES[purpose]:
                    if purpose != "tls" or _allows(present, wanted):
                        judging.check(brought[each], wanted, at)
        except Untrusted as error:
            return str(error)
        told = Judging(setting.certificates, (), {}, setting.revocations, setting.judgements)
        return next((why for each in used.values() if (why := told.taken_back(brought[each], self._clock.now()))), "")

    def _why_not_beside(
        self, agreement: Agreement, present: Certificate, new: Certificate, held: Mapping[str, Certificate]
    ) -> str:
        """Why the agreements with others keep this one from the new certificate; `held` are the partners' certificates by name."""
        old = {name for every in agreement.certificates.named().values() for name in every if held.get(name) == present}
        for other in self._setting.agreements.partners():
            if other.partner == agreement.partner:
                continue
            theirs = {name for every in other.certificates.named().values() for name in every}
            if any(held.get(name) == new for name in theirs):
                return "it is agreed with another partner"
            if theirs & old:
                return "the present one is kept for several partners, so it is changed by hand"
        return ""

    def _answer_id(self, asked: Asked) -> str:
        return following("update-answer", asked.partner, asked.request_id, asked.digest)

    def _answer(self, asked: Asked, answer: UpdateResponse | UpdateException) -> Answer:
        return Answer(write_update(answer), carrier_of(self._answer_id(asked), self._setting.home.host))

    def _refusal(self, asked: Asked, request: UpdateRequest, errors: Sequence[UpdateError], at: datetime) -> Answer:
        exception = UpdateException(self._answer_id(asked), request.id, at, request.current, request.updated, tuple(errors))
        return self._answer(asked, exception)


def subjects_of(kept: KeptUpdate) -> list[str]:
    """Whose the new certificates are."""
    request = read_update(kept.asked.content)
    return [one.certificate.subject for one in request.updates] if isinstance(request, UpdateRequest) else []


def _asked(
    partner: str, direction: UpdateDirection, request: UpdateRequest, carrier: Carrier, octets: bytes | None = None
) -> Asked:
    content = write_update(request) if octets is None else octets
    digest = hashlib.sha256(content).hexdigest() if direction is UpdateDirection.IN else ""
    return Asked(partner, direction, request.id, digest, content, carrier, request.respond_by, request.activate_by)


def _allows(certificate: Certificate, purpose: Purpose) -> bool:
    try:
        check_purpose(certificate, purpose)
    except Untrusted:
        return False
    return True


def _whose(kept: KeptUpdate) -> str:
    return "to" if kept.is_ours else "of"


def _still(kept: KeptUpdate) -> str:
    """What a switch of ours that a partner did not take in would do."""
    at = f"{kept.asked.activate_by:%Y-%m-%dT%H:%M:%SZ}" if kept.asked.activate_by else "its time"
    return f"the switch at {at} still stands in node.toml: talk to {kept.partner}, or take its [[keys.next]] out"
