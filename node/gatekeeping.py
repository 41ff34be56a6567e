"""Runs the gates of a partner: looks, sends test messages that nobody keeps, and writes down what it found."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from node.conforming import Conforming, Surroundings
from node.customs.packs.library import Packs
from node.msh.ports import HttpAnswer, Ports, SubmissionError
from node.onboarding import facts
from node.onboarding.cases import Answered, conformance
from node.onboarding.documents import NotSent, Shown, documents
from node.onboarding.gates import GATES, GateStanding, Look, missing, opens_next, standings
from node.probing import LOOK_SECONDS, Post, Probe, Probing, time_of
from node.rehearsing import Rehearsed
from node.security.path import Purpose
from node.setting import Setting
from node.sheets import shapes
from node.sheets.fingerprint import agrees
from node.sheets.sheet import SIDES
from node.sheets.signing import verify
from node.showing import Showing
from node.store.agreed import KeptVersion, StoredVersions
from node.store.documents import StoredDocuments
from node.store.gates import GateRecord, StoredGates
from node.store.ladders import StoredLadders
from node.store.messages import StoredMessages
from node.store.nights import StoredNights
from node.store.people import Acted

#: So many messages are looked through at a time.
_PAGE: Final = 200
#: Above the id of any message.
_LAST: Final = (1 << 63) - 1
_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Ways:
    """What a run of a gate needs of the world, and how far it goes."""

    #: Posts one message and returns what came. Raises TransportError.
    post: Post
    #: Waits so many seconds.
    rest: Callable[[float], None]
    #: What the partner read out.
    fingerprint: str = ""
    messages: int = facts.VOLUME
    #: For how long the partner is waited for to stop and to come back; 0 for no break.
    outage: float = 0
    nights: int = facts.NIGHTS
    #: Sends samples of a type to a partner in a campaign, but none of the functions that were shown; None for looking at the register alone.
    rehearse: Callable[[str, str, str, Collection[str]], Sequence[Rehearsed]] | None = None
    #: For so many seconds the answers to what was sent are awaited.
    wait: float = 0
    #: Whether some process serves this home.
    served: bool = False
    #: Types that gate 5 leaves out, each with its reason.
    without: Mapping[str, str] = field(default_factory=dict)


class Gatekeeping:
    """The gates of one node's partners."""

    def __init__(
        self,
        setting: Setting,
        versions: StoredVersions,
        gates: StoredGates,
        ports: Ports,
        documents: StoredDocuments,
        ladders: StoredLadders,
        nights: StoredNights,
        messages: StoredMessages,
        packs: Callable[[], Packs],
    ) -> None:
        """`packs` reads the document packs when they are first asked for."""
        self._packs = packs
        self._begun: set[str] = set()
        self._setting, self._versions, self._gates, self._ports = setting, versions, gates, ports
        self._documents, self._ladders, self._nights, self._messages = documents, ladders, nights, messages

    def standings(self, partner: str) -> list[GateStanding]:
        """Where a partner stands. Raises SubmissionError for one that is none."""
        return standings(self._gates.of(partner), self._digest(partner))

    def opens_next(self, partner: str) -> str:
        """What opens the next gate."""
        return opens_next(self.standings(partner))

    def in_production(self, partner: str) -> bool:
        """Whether business has begun: at once, unless the agreement says that the gates come first; then once gate 8 was passed, under whatever
        version, so that a change does not stop what runs.
        """
        agreement = self._setting.agreements.agreements.get(partner)
        if agreement is None or not agreement.parameters["leg.x.onboarding.required"]:
            return True
        # Asked for each document; what has begun stays begun.
        if partner not in self._begun and any(one.gate == len(GATES) and one.passed for one in self._gates.of(partner)):
            self._begun.add(partner)
        return partner in self._begun

    def run(self, partner: str, number: int, ways: Ways, by: Acted) -> tuple[GateRecord, Look]:
        """Look at one gate and write down what was found. Raises KeyError for a number that is none, SubmissionError, StorageUnavailable."""
        version = self._version(partner)
        look = self._looks()[number](partner, ways)
        found = {**look.facts, "missing": list(look.missing)}
        return self._gates.record(partner, number, (version, self._digest(partner)), look.passed, found, by), look

    def _looks(self) -> Mapping[int, Callable[[str, Ways], Look]]:
        return {
            1: self._agreement,
            2: self._certificates,
            3: self._clock,
            4: self._conformance,
            5: self._valid_documents,
            6: self._drill,
            7: self._parallel_run,
            8: self._production,
        }

    def _version(self, partner: str) -> int:
        agreement = self._setting.agreements.agreements.get(partner)
        if agreement is None:
            raise SubmissionError(f"partner {partner!r}: nothing is agreed; n2n partner list shows with whom something is")
        return agreement.term.version

    def _kept(self, partner: str) -> KeptVersion | None:
        number = self._version(partner)
        found = [one for one in self._versions.of(partner) if one.sheet.version == number and one.was_active]
        return found[-1] if found else None

    def _digest(self, partner: str) -> str:
        kept = self._kept(partner)
        return kept.sheet.digest if kept is not None else ""

    # -- gates 1 and 2 -------------------------------------------------------------------------------------------

    def _agreement(self, partner: str, _: Ways) -> Look:
        kept, now = self._kept(partner), self._ports.clock.now()
        if kept is None:
            return facts.agreement(0, "", (), in_force=True)
        known = self._signers_before(kept)
        signatures = [
            facts.Signed(side, shapes.write_instant(one.time), one.certificate.subject, one.certificate.sha256)
            for side, one in verify(kept.signed, known).items()
        ]
        return facts.agreement(kept.sheet.version, kept.sheet.digest, signatures, kept.holds(now))

    def _signers_before(self, kept: KeptVersion) -> Mapping[str, Any]:
        before = next(
            (one.sheet for one in self._versions.of_sheet(kept.sheet.id) if one.sheet.digest == kept.sheet.before), None
        )
        return {side: before.certificates(side, "sign") for side in SIDES} if before else {}

    def _certificates(self, partner: str, ways: Ways) -> Look:
        agreement, now = self._setting.agreements.agreements[partner], self._ports.clock.now()
        held, named = self._setting.certificates.partners, agreement.certificates
        sign = [held[name].certificate.sha256 for name in named.sign if name in held]
        compared = next((one for one in sign if agrees(ways.fingerprint, one)), "")
        earlier = [str(one.facts.get("compared", "")) for one in self._gates.of(partner) if one.gate == 2]
        keyring = self._setting.keyring
        unusable = {
            **keyring.why_not(named.sign, now, Purpose.SIGN),
            **keyring.why_not(named.encrypt, now, Purpose.ENCRYPT),
        }
        look = facts.certificates(compared, unusable, sign, agreement.url, earlier)
        if ways.fingerprint and not compared:
            return replace(
                look, missing=(*look.missing, "what was read out is the fingerprint of none of the agreed certificates")
            )
        return look

    # -- gates 3, 4 and 6: test messages that nobody keeps -----------------------------------------------------------

    def _clock(self, partner: str, ways: Ways) -> Look:
        probing = self._probing(partner)
        probe = probing.probe()
        sent = self._ports.clock.now()
        answer, raw = self._asked(probing, probe, ways)
        received = self._ports.clock.now()
        evidence = {"message_id": probe.outgoing.message_id, "sent_sha256": answer.sent, "received_sha256": answer.received}
        return facts.clock(answer.receipt, answer.detail, sent, time_of(raw), received, evidence)

    def _conformance(self, partner: str, ways: Ways) -> Look:
        around = Surroundings(
            *(ways.post, ways.rest, self._messages, self._setting.agreements.pmodes(partner)),
            lambda: self._came(partner),
            ways.served,
        )
        return conformance(list(Conforming(self._probing(partner), around).outcomes()))

    def _came(self, partner: str) -> tuple[str, datetime] | None:
        """The last test message that the partner sent us under the version in force."""
        since, before = self._setting.agreements.agreements[partner].term.since or _LONG_AGO, _LAST
        while lines := self._messages.inbounds(_PAGE, before=before, partner=partner):
            for one in lines:
                if one.received_at < since:
                    return None
                if one.test_service:
                    return one.message_id, one.received_at
            before = lines[-1].id
        return None

    def _drill(self, partner: str, ways: Ways) -> Look:
        probing, began = self._probing(partner), self._ports.clock.now()
        receipted = sum(self._asked(probing, probing.probe(), ways)[0].receipt for _ in range(ways.messages))
        seconds = (self._ports.clock.now() - began).total_seconds()
        return facts.drill(ways.messages, receipted, seconds, self._break(probing, ways) if ways.outage else None)

    def _break(self, probing: Probing, ways: Ways) -> Mapping[str, Any]:
        """Send until the partner is gone, and what was sent then until it is back: the same octets, one receipt."""
        end = self._ports.clock.now() + timedelta(seconds=ways.outage)
        lost: Probe | None = None
        began: datetime | None = None
        while self._ports.clock.now() < end:
            probe = lost or probing.probe()
            answer, _ = probing.ask(probe, ways.post)
            now = self._ports.clock.now()
            # Where receipts come by callback, that it takes the message is enough to know that it is there.
            there = answer.receipt or (probing.by_callback and answer.status in (200, 202, 204))
            if lost is None and not there:
                lost, began = probe, now
            elif lost is not None and there:
                lasted = (now - began).total_seconds() if began else 0
                return {
                    "broke": True,
                    "receipted_after": True,
                    "seconds": round(lasted, 1),
                    "message_id": probe.outgoing.message_id,
                }
            ways.rest(LOOK_SECONDS)
        return {"broke": lost is not None, "receipted_after": False, "seconds": None, "message_id": None}

    def _probing(self, partner: str) -> Probing:
        return Probing(partner, self._ports)

    def _asked(self, probing: Probing, probe: Probe, ways: Ways) -> tuple[Answered, HttpAnswer | None]:
        """What the partner says to a probe, on the connection or by callback."""
        if not probing.by_callback:
            return probing.ask(probe, ways.post)
        if not ways.served:
            return Answered(False, None, None, "the partner answers by callback, and nobody serves this home: n2n serve"), None
        return probing.ask_and_wait(probe, ways.post, self._messages, ways.rest)

    # -- gates 5, 7 and 8: what the register has, after a rehearsal if one is wanted -------------------------------

    def _valid_documents(self, partner: str, ways: Ways) -> Look:
        wanted, showing = self._wanted(partner), Showing(self._documents, self._ladders, self._packs())
        since = self._setting.agreements.agreements[partner].term.since
        found = list(showing.shown(partner, wanted, since, self._ports.clock.now()))
        not_sent: list[NotSent] = []
        if ways.rehearse is not None:
            campaign = f"gate-5-{self._ports.clock.now():%Y%m%dT%H%M%SZ}"
            made = set(showing.answers(wanted))
            for type_id in (one for one, direction in wanted.items() if direction == "out" and one not in made):
                right = {one.function for one in found if one.type_id == type_id and one.right}
                sent = ways.rehearse(partner, type_id, campaign, right)
                not_sent += [NotSent(type_id, one.what, one.why) for one in sent if one.why]
            found = self._await_answers(lambda: list(showing.shown(partner, wanted, since, self._ports.clock.now())), ways)
        names = {(one.type_id, one.function): showing.function_of(one.type_id, one.function) for one in found}
        return documents(wanted, found, not_sent, ways.without, names)

    def _wanted(self, partner: str) -> dict[str, str]:
        """The agreed types, each with the direction in which it is looked at."""
        services = self._setting.agreements.agreements[partner].services
        types = [action for service in services for action in service.actions]
        answers = Showing(self._documents, self._ladders, self._packs()).answers(types)
        wanted: dict[str, str] = {}
        for service in services:
            for action in service.actions:
                if service.direction == "receive" or (service.direction == "both" and action in answers):
                    # Nobody answers an answer: the one that comes shows that both sides can make and read it.
                    wanted.setdefault(action, "in")
                else:
                    wanted[action] = "out"
        return wanted

    def _await_answers(self, look: Callable[[], list[Shown]], ways: Ways) -> list[Shown]:
        """What is shown, once every document of a campaign has its answer or the time is over."""
        end = self._ports.clock.now() + timedelta(seconds=ways.wait)
        while True:
            found = look()
            if all(one.outcome for one in found) or self._ports.clock.now() >= end:
                return found
            ways.rest(LOOK_SECONDS)

    def _parallel_run(self, partner: str, ways: Ways) -> Look:
        nights = [(one.number, one.outcome, one.result) for one in self._nights.nights(partner, ways.nights)]
        return facts.parallel_run(nights, ways.nights)

    def _production(self, partner: str, _: Ways) -> Look:
        return facts.production(missing(self.standings(partner), 8))
