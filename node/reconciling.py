"""What both sides have exchanged, night by night: our list goes out, theirs is compared with the register, and they are told whether both agree."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Final

from node.agreements.agreements import Agreements
from node.checking import Checking
from node.customs.filing.on_file import Filed, NoLongerThere
from node.customs.filing.registration import IN, OUT, Carried, Registration
from node.customs.filing.registration import Entry as Document
from node.customs.ladder import Reached
from node.customs.making.heading import Heading, carrier_of, following
from node.customs.making.manifest import FUNCTION, PROFILE, make_manifest
from node.customs.reconciling.comparing import MANIFEST, Reconciliation, reconcile
from node.customs.reconciling.entry import Entry, Period, View
from node.customs.reconciling.manifest import ManifestPart, ManifestRefused, WholeManifest
from node.customs.reconciling.nights import joined, manifest_id, nights
from node.customs.reconciling.registered import Taken, entry_of
from node.customs.reconciling.telling import MOST, as_json
from node.ebms.states import OutboundEvent
from node.ebms.xml import XmlRefused
from node.msh.ports import Clock, SubmissionError
from node.store.documents import StoredDocuments
from node.store.ladders import StoredLadders
from node.store.messages import StoredMessages
from node.store.nights import Night, StoredNights

#: The step of the ladder that says whether both sides agree.
LEVEL: Final = "L4"
#: Nights that are looked at again as long as nothing was compared, and that are caught up with after a long stop.
MOST_NIGHTS: Final = 31
_DAY: Final = timedelta(days=1)
#: What the profile says when it says nothing.
_ENDS_AT: Final = "16:00Z"
_GRACE_MINUTES: Final = 60

log = logging.getLogger("node.reconciling")


class NoNight(ValueError):
    """There is no such night to be reconciled; the text says why."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When nights end, and how far apart both sides may register one document."""

    #: A time of UTC.
    ends_at: time
    grace: timedelta


class Reconciling:
    """Makes and compares the lists of nights; everything is harmless when done twice."""

    def __init__(
        self,
        documents: StoredDocuments,
        ladders: StoredLadders,
        messages: StoredMessages,
        nights: StoredNights,
        checking: Checking,
        agreements: Agreements,
        host: str,
        clock: Clock,
    ) -> None:
        """`host` is the right-hand side of the MessageIds of manifests."""
        self._documents, self._ladders, self._messages, self.nights = documents, ladders, messages, nights
        self._checking, self._agreements, self._host, self._clock = checking, agreements, host, clock

    @property
    def rhythm(self) -> Rhythm:
        """By the profile of the manifests."""
        profile = self._checking.packs.profile(PROFILE)
        values = profile.values if profile is not None else {}
        ends_at = time.fromisoformat(str(values.get("nightEndsAt", _ENDS_AT)).removesuffix("Z"))
        return Rhythm(ends_at, timedelta(minutes=float(values.get("graceMinutes", _GRACE_MINUTES))))

    # -- what is due ---------------------------------------------------------------------------------------------

    def sweep(self) -> int:
        """Owe every partner the list of each night that has ended, and the answer to each list that has come; how many of both."""
        return sum(self._with(partner) for partner in partners(self._agreements))

    def _with(self, partner: str) -> int:
        try:
            done = sum(self.send(partner, night) for night in self.ended(partner))
        except NoNight as error:
            log.error("%s; no list of a night is sent to %s", error, partner)
            return 0
        waiting = [night for night in self.nights.nights(partner, MOST_NIGHTS) if night.compared_at is None]
        return done + sum(self.compare(night) is not None for night in reversed(waiting))

    def ended(self, partner: str) -> Iterator[Period]:
        """The nights that have ended since the last one that was listed, the oldest first; the first one is one in which something was exchanged."""
        now, last = self._clock.now(), self.nights.nights(partner, 1)
        if last:
            yield from nights(self.rhythm.ends_at, max(last[0].period.ends, now - (MOST_NIGHTS + 1) * _DAY), now)
            return
        # Of two days one night is whole, whenever it ends.
        for night in nights(self.rhythm.ends_at, now - 2 * _DAY + timedelta.resolution, now):
            if any(True for _ in self._documents.registered(partner, night.begins, night.ends)):
                yield night

    def ending(self, on: datetime) -> Period:
        """The night that ends on the day of a moment, by UTC. Raises NoNight as long as it has not ended."""
        ends = datetime.combine(on.date(), self.rhythm.ends_at, on.tzinfo)
        if ends > self._clock.now():
            raise NoNight(f"the night that ends {ends:%Y-%m-%dT%H:%MZ} has not ended")
        return Period(ends - _DAY, ends)

    # -- our list ------------------------------------------------------------------------------------------------

    def send(self, partner: str, period: Period) -> bool:
        """Owe the partner our list of a period; false when it was owed or sent before. Raises NoNight, StorageUnavailable."""
        number = manifest_id(period)
        if self.nights.night(partner, number) is not None:
            return False
        us, them = self._sides(partner)
        # To the second, as documents say when they were made: the state is never later than that.
        seen_at = self._clock.now().replace(microsecond=0)
        heading = Heading(following("manifest", us, them, number, seen_at.isoformat()), FUNCTION, seen_at, us, them)
        parts = make_manifest(heading, number, self.view(partner, us, period, seen_at))
        made = (self._part(partner, number, place, octets, seen_at) for place, octets in enumerate(parts, 1))
        return self.nights.begin(partner, number, period, seen_at, made)

    def _part(self, partner: str, number: str, place: int, octets: bytes, at: datetime) -> Registration:
        # Without the moment at which it was made: whoever makes it, there is one message for each part.
        message_id = carrier_of(following("manifest", partner, number, str(place)), self._host)
        return self._checking.responding.outgoing(octets, MANIFEST, Carried(OUT, message_id, partner), at)

    def _sides(self, partner: str) -> tuple[str, str]:
        agreed = self._checking.judging.agreed(partner)
        if not agreed.ours or not agreed.theirs:
            raise NoNight(f"the agreement with {partner} names no authorities: ours and theirs of [documents]")
        return agreed.ours[0], agreed.theirs[0]

    def view(self, partner: str, authority: str, period: Period, seen_at: datetime) -> View:
        """What is on file here of a period; read from the register in pages, as often as it is gone through."""
        return View(authority, period, seen_at, _Registered(self, partner, period, seen_at))

    def entries(self, partner: str, period: Period, seen_at: datetime) -> Iterator[Entry]:
        """Every document that was exchanged with a partner in a period, as it stood at a moment."""
        for document in self._documents.registered(partner, period.begins, period.ends):
            definition = self._checking.packs.named(document.about.type_id)
            about = replace(document.about, reply=definition.reply if definition is not None else "")
            heard = self._ladders.heard(about.sender, about.document_id) if about.reply else []
            known = [one for one in heard if one.heard_at <= seen_at]
            entry = entry_of(
                replace(document, about=about), map(_taken, known), None if known else self._receipt(document, seen_at)
            )
            if entry is not None and entry.registered_at <= seen_at:
                # A partner whose clock goes ahead tells of a moment that has not come.
                yield replace(entry, level_at=min(entry.level_at, seen_at))

    def _receipt(self, document: Document, seen_at: datetime) -> datetime | None:
        if document.carried.direction == IN:
            return None
        steps = self._messages.history(document.carried.message_id)
        return next((one.at for one in steps if one.event == OutboundEvent.RECEIPT_MATCHED and one.at <= seen_at), None)

    # -- theirs --------------------------------------------------------------------------------------------------

    def compare(self, night: Night) -> Reconciliation | None:
        """Compare their list of a night with what is on file now, keep the result and owe the answer; None as long as theirs is not whole.

        Raises StorageUnavailable.
        """
        whole = self._theirs(night.partner, night.number)
        if whole is None:
            return None
        now, grace = self._clock.now(), self.rhythm.grace
        before = self._theirs(night.partner, manifest_id(night.period.earlier(_DAY)))
        if before is None:
            theirs, period = whole.view(), Period(night.period.begins, night.period.ends - grace)
        else:
            theirs, period = joined([before.view(), whole.view()]), night.period.earlier(grace)
        ours = self.view(night.partner, whole.head.recipient, period.widened(grace), now)
        result = reconcile(ours, theirs, period, grace)
        self._answer(night, whole, result, now)
        self.nights.compared(night, now, result.verdict.outcome.value, as_json(result, MOST))
        if not result.agrees:
            log.warning("%s and we differ about the night %s: n2n reconcile show %s", night.partner, night.number, night.partner)
        return result

    def _theirs(self, partner: str, number: str) -> WholeManifest | None:
        """Their manifest of a night, the one that was made last; None as long as a part is missing."""
        first = self._parts(partner, number, 1)
        if not first:
            return None
        found = [first[-1]]
        for place in range(2, first[-1].head.parts + 1):
            same = [part for part in self._parts(partner, number, place) if part.head.snapshot_at == first[-1].head.snapshot_at]
            if not same:
                return None
            found.append(same[-1])
        try:
            return WholeManifest(found)
        except (ManifestRefused, XmlRefused) as error:
            log.error("the list of the night %s from %s cannot be compared: %s", number, partner, error)
            return None

    def _parts(self, partner: str, number: str, place: int) -> list[ManifestPart]:
        agreed = self._checking.judging.agreed(partner)
        filed = [
            one
            for one in self._documents.numbered(MANIFEST, f"{number}/{place}", None)
            if one.sender in agreed.theirs and one.recipient in agreed.ours
        ]
        return [part for part in map(_read, filed) if part is not None]

    def _answer(self, night: Night, whole: WholeManifest, result: Reconciliation, now: datetime) -> None:
        """Every part is answered: each is a document with a ladder of its own."""
        if not self._checking.responding.answers(night.partner):
            return
        for document_id in whole.document_ids:
            for entry in self._documents.said(document_id):
                if entry.carried.direction == IN and entry.carried.partner == night.partner and entry.duplicate_of is None:
                    answer = self._checking.responding.response(
                        entry.carried, entry.about, entry.digest, LEVEL, result.verdict, now
                    )
                    if answer is not None:
                        self._documents.owe(entry.id, answer)


class _Registered:
    """The documents of a period, as often as they are gone through."""

    def __init__(self, reconciling: Reconciling, partner: str, period: Period, seen_at: datetime) -> None:
        self._reconciling, self._of = reconciling, (partner, period, seen_at)

    def __iter__(self) -> Iterator[Entry]:
        return self._reconciling.entries(*self._of)


def partners(agreements: Agreements) -> list[str]:
    """Those with whom it was agreed that we send lists of nights."""
    return [one.partner for one in agreements.partners() if _may_send(agreements, one.partner)]


def _may_send(agreements: Agreements, partner: str) -> bool:
    try:
        agreements.for_submission(partner, None, MANIFEST)
    except SubmissionError:
        return False
    return True


def _taken(step: Reached) -> Taken:
    return Taken(step.level, step.outcome, step.at)


def _read(filed: Filed) -> ManifestPart | None:
    try:
        return ManifestPart(filed.octets)
    except NoLongerThere:
        return None
