"""Our own list goes out to each partner: recorded with the documents that say so, then submitted set after set; by hand or by the arrangement."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from threading import Event
from typing import Final

from node.agreements.arrangements import Arrangements
from node.checking import Checking, why
from node.customs.checking.prior import RECORD_SET
from node.customs.checking.safe import MOST_OCTETS
from node.customs.filing.on_file import NoLongerThere
from node.customs.filing.registration import IN, OUT
from node.customs.ladder import Reached
from node.customs.making.heading import carrier_of, following
from node.customs.making.response import TYPE as RESPONSE
from node.customs.operators import outbound
from node.customs.operators.arrangement import Arrangement, OwnProgramme
from node.customs.operators.board import LastOut
from node.customs.operators.outbound import MOST_URGENT, Publication, RecordTooLarge, plan
from node.customs.operators.record_set import DELTA, FULL, URGENT, SetHead
from node.customs.operators.rejections import Rejection, Said, read_response
from node.customs.operators.schedule import DUE, FAILED, HELD, READ, REFUSED, SENT, TAKEN, Looked, SetOut, due
from node.ebms.states import OUTBOUND_ENDS, OutboundState
from node.failpoints import failpoint
from node.msh.octets import HeldOctets
from node.msh.ports import MOST_URGENT as FIRST
from node.msh.ports import SubmissionError
from node.msh.submit import Payload, Submission
from node.store.compressed import deflated
from node.store.documents import StoredDocuments
from node.store.ladders import StoredLadders
from node.store.lists_out import ListsOut, NewPart, PartOut
from node.store.own_operators import Overtaken, OwnOperators

#: The latest sets of a partner that are followed; nobody answers one so late.
FOLLOWED: Final = 20
#: Documents with the number of our programme that are looked through for lists that were handed in.
HANDED_IN: Final = 200
#: What may still be answered; what never arrived too, since somebody may send it once more.
_OPEN: Final = frozenset({SENT, READ, HELD, FAILED})
#: Octets by which two seals of one key may differ: a timestamp has numbers that grow.
_SEALS_DIFFER: Final = 256

log = logging.getLogger("node.publishing")


class NothingYet(Exception):
    """The partner holds nothing of our list, so that there is nothing to which a change could be told."""


class Stopped(Exception):
    """The process ends; nothing was recorded, and the next one makes the set."""


class Publishing:
    """Makes sets, and submits them; harmless when done twice or by two processes at once."""

    def __init__(
        self,
        own: OwnOperators,
        lists: ListsOut,
        documents: StoredDocuments,
        ladders: StoredLadders,
        checking: Callable[[], Checking],
        arrangements: Arrangements,
        submit: Callable[[Submission], object],
        state_of: Callable[[str], OutboundState | None],
        host: str,
        unique: Callable[[], str],
    ) -> None:
        """`checking` is asked where there is something to tell, since it reads packs; `state_of` tells how far a message has come, None for one that
        was never submitted; `host` is the right-hand side of the MessageIds.
        """
        self._own_operators, self._lists, self._ladders, self._checking = own, lists, ladders, checking
        self._documents = documents
        self._arrangements, self._submit, self._state_of = arrangements, submit, state_of
        self._host, self._unique = host, unique
        self._stopping = Event()
        self._looked: dict[str, Looked] = {}
        #: What we refused ourselves, by partner: it is not tried again before our list has changed, or the time of the arrangement is over.
        self._wrong: dict[str, Looked] = {}

    def stop(self) -> None:
        """End what is under way after the part that is in hand; the next process goes on."""
        self._stopping.set()

    # -- one set -------------------------------------------------------------------------------------------------

    def publish(self, own: OwnProgramme, arrangement: Arrangement, mode: str, now: datetime) -> Publication:
        """Make what a partner is to be told and record it with its documents, all or nothing; `send` submits them.

        Raises NothingYet, Overtaken, Stopped, SubmissionError with what our own rules refuse, StorageUnavailable.
        """
        partner, programme = arrangement.partner, own.programme
        since = self._own_operators.sequence(partner, programme)
        if since == 0 and mode != FULL:
            raise NothingYet("holds nothing of our list yet")
        held = self._own_operators.held(partner, programme)
        publication = plan(arrangement, mode, since, self._own_operators.records(own), held, now)
        if not publication.empty:
            parts = [
                self._part(head, octets, partner, now) for head, octets in self.documents(publication, arrangement, own, now)
            ]
            failpoint("aeo.publish.made")
            self._own_operators.published(partner, programme, publication, now, parts)
        return publication

    def documents(
        self, publication: Publication, arrangement: Arrangement, own: OwnProgramme, now: datetime
    ) -> Iterator[tuple[SetHead, bytes]]:
        """The parts of a set, not yet sealed, none larger than its profile lets it be. Raises SubmissionError before the first part."""
        most = self._most(arrangement.profile)
        room = None if most is None else most - self._around(publication, arrangement, own, now)
        try:
            yield from outbound.documents(publication, arrangement, own, self._id, room)
        except RecordTooLarge as error:
            raise SubmissionError(
                f"{error}, and maxBytes {most} of profile {arrangement.profile} leaves {max(room or 0, 0)} for records beside head and seal;"
                f" agree on a profile with a larger maxBytes, and name it in aeo.toml for {arrangement.partner}"
            ) from error

    def _most(self, profile_id: str) -> int | None:
        """The octets of a document under a profile that lets it have fewer than any document may have; None for any other."""
        profile = self._checking().packs.profile(profile_id)
        most: int = profile.values.get("maxBytes", MOST_OCTETS) if profile is not None else MOST_OCTETS
        return most if most < MOST_OCTETS else None

    def _around(self, publication: Publication, arrangement: Arrangement, own: OwnProgramme, now: datetime) -> int:
        """The octets that the head and the seal of a part need at most."""
        empty = outbound.without_records(publication, arrangement, own, self._id())
        return len(self._checking().responding.sealed(empty, RECORD_SET, arrangement.partner, now)) + _SEALS_DIFFER

    def _id(self) -> str:
        return f"urn:uuid:{self._unique()}"

    def _part(self, head: SetHead, octets: bytes, partner: str, now: datetime) -> NewPart:
        if self._stopping.is_set():
            raise Stopped
        checking = self._checking()
        sealed = checking.responding.sealed(octets, RECORD_SET, partner, now)
        if checking.judging.judges(partner, checking.judging.service_of(partner, RECORD_SET)):
            # Before anything counts as told: what is submitted later must not be refused by ourselves.
            found = checking.judging.trial(sealed, partner, RECORD_SET, now)
            if found:
                raise SubmissionError(why(found))
        message_id = carrier_of(following("list", partner, head.document_id), self._host)
        return NewPart(head.part, head.document_id, message_id, deflated(sealed))

    # -- what is recorded goes out -------------------------------------------------------------------------------

    def send(self) -> int:
        """Submit the parts that are due, a set of a partner when the one before has arrived or failed; how many. Raises StorageUnavailable."""
        done, waits = 0, set[str]()
        for part in self._lists.due():
            if self._stopping.is_set():
                break
            if part.partner in waits:
                continue
            if self._overtakes(part) or not self._sent(part):
                waits.add(part.partner)
            else:
                done += 1
        return done

    def _overtakes(self, part: PartOut) -> bool:
        """Whether an earlier set is under way: two that come in the wrong order are a gap (AEO-12)."""
        sets = self._lists.sets(part.partner, part.programme, FOLLOWED)
        parts = self._lists.since(part.partner, part.programme, sets[-1].sequence) if sets else []
        return any(one.sequence < part.sequence and self._is_under_way(one) for one in parts)

    def _is_under_way(self, part: PartOut) -> bool:
        return part.state == DUE or (part.state == SENT and self._state_of(part.message_id) not in {*OUTBOUND_ENDS, None})

    def _sent(self, part: PartOut) -> bool:
        if self._state_of(part.message_id) is None:
            octets = self._lists.octets(part.id)
            # None: another process has handed it over meanwhile.
            if octets is not None and not self._submitted(part, octets):
                return False
        failpoint("aeo.publish.submitted")
        self._lists.moved(part.id, SENT)
        return True

    def _submitted(self, part: PartOut, octets: bytes) -> bool:
        pack = self._checking().packs.pack_of(RECORD_SET)
        submission = Submission(
            part.partner,
            RECORD_SET,
            (Payload(HeldOctets(octets), "application/xml"),),
            pack.service if pack is not None else None,
            message_id=part.message_id,
            priority=FIRST if part.mode == URGENT else None,
        )
        try:
            self._submit(submission)
        except SubmissionError as error:
            if self._state_of(part.message_id) is None:
                # It stays due: an agreement that is mended lets it go.
                log.error("%s %d part %d to %s cannot be sent: %s", part.mode, part.sequence, part.part, part.partner, error)
                return False
        return True

    # -- by the arrangement --------------------------------------------------------------------------------------

    def sweep(self, now: datetime) -> int:
        """Tell each partner what is due, and submit what is recorded; the number of messages. Raises StorageUnavailable."""
        own = self._arrangements.own
        version = self._own_operators.version(own) if own is not None else 0
        if own is not None and version:
            for arrangement in self._arrangements.by_partner.values():
                if arrangement.receives and arrangement.state == "in force":
                    self._tell(own, arrangement, version, now)
        return self.send()

    def _tell(self, own: OwnProgramme, arrangement: Arrangement, version: int, now: datetime) -> None:
        partner = arrangement.partner
        self.follow(own, partner)
        looked, wrong = self._looked.get(partner, Looked()), self._wrong.get(partner)
        if wrong is not None and wrong.version == version and wrong.at is not None and now - wrong.at < arrangement.every:
            return
        mode = due(arrangement, self._lists.sets(partner, own.programme, FOLLOWED), version, looked, now)
        if not mode:
            return
        try:
            told = self.publish(own, arrangement, mode, now)
        except (Overtaken, Stopped):
            # Another process has told it, or will.
            return
        except SubmissionError as error:
            log.error("%s gets no %s of %s: %s", partner, mode, own.programme, error)
            self._wrong[partner] = Looked(version, now)
            return
        self._wrong.pop(partner, None)
        if not told.empty:
            log.info("%s of %s for %s: %d to %d, %d records", mode, own.programme, partner, told.since, told.to, len(told.told))
        if mode == DELTA:
            looked = replace(looked, at=now)
        elif mode == FULL or len(told.told) < MOST_URGENT:
            looked = replace(looked, version=version)
        self._looked[partner] = looked

    # -- what partners answer ------------------------------------------------------------------------------------

    def follow(self, own: OwnProgramme, partner: str) -> None:
        """Note what has become of the latest sets: what the partner answered, and what never arrived. Raises StorageUnavailable."""
        sets = self._lists.sets(partner, own.programme, FOLLOWED)
        if not sets:
            return
        for part in self._lists.since(partner, own.programme, sets[-1].sequence):
            if part.state in _OPEN:
                state = self._state(own, part, sets)
                if state != part.state:
                    self._lists.moved(part.id, state)
                    self._tell_state(part, state)

    def _state(self, own: OwnProgramme, part: PartOut, sets: Sequence[SetOut]) -> str:
        state = state_heard(self._ladders.heard(own.authority, part.document_id))
        if state == SENT and part.state == FAILED:
            # Nobody has told anything of it.
            return FAILED
        if state in {SENT, READ} and any(one.sequence > part.sequence and one.state in {READ, TAKEN} for one in sets):
            # A later one follows it there, or took its place.
            return TAKEN
        if state == SENT and self._state_of(part.message_id) is OutboundState.FAILED:
            return FAILED
        return state

    def rejected(self, own: OwnProgramme, partner: str, most: int) -> list[tuple[PartOut, Rejection]]:
        """What a partner said is wrong with the latest sets, and with records of them, the latest set first. Raises StorageUnavailable."""
        sets = self._lists.sets(partner, own.programme, most)
        parts = self._lists.since(partner, own.programme, sets[-1].sequence) if sets else []
        return [(part, one) for part in reversed(parts) for said in self.said(part.document_id) for one in said.rejections]

    def last_out(self, own: OwnProgramme | None, partners: Iterable[str]) -> dict[str, LastOut]:
        """The last list that went to each partner: made here, or by a system that hands in its own lists. Raises StorageUnavailable."""
        found = dict(self._own_operators.last_out())
        entries = self._documents.with_number(own.programme, HANDED_IN) if own is not None else []
        wanted = set(partners)
        # The oldest first, so that the latest stays.
        for entry in reversed(entries):
            about, carried = entry.about, entry.carried
            if carried.direction == OUT and carried.partner in wanted and about.type_id == RECORD_SET:
                one = LastOut("", about.version, entry.registered_at, None)
                if carried.partner not in found or found[carried.partner].sequence < one.sequence:
                    found[carried.partner] = one
        return found

    def said(self, document_id: str) -> list[Said]:
        """The responses that came for a document of ours, the latest first."""
        found = []
        for entry in self._documents.correlated(document_id):
            if entry.about.type_id == RESPONSE and entry.carried.direction == IN:
                try:
                    found.append(read_response(self._documents.octets(entry.id)))
                except NoLongerThere:
                    continue
        return found

    def _tell_state(self, part: PartOut, state: str) -> None:
        named = f"{part.mode} {part.sequence} part {part.part} of {part.programme} ({part.document_id})"
        if state == REFUSED:
            log.warning("%s refused %s; the whole list is sent: n2n aeo board", part.partner, named)
        elif state == FAILED:
            log.warning("%s never got %s; the whole list is sent", part.partner, named)
        elif state == HELD:
            log.warning("%s holds %s until a person there has decided; nothing follows it until then", part.partner, named)


def state_heard(heard: Sequence[Reached]) -> str:
    """The state of a part by what documents have told of it, in the order in which they came."""
    state, decided = SENT, False
    for one in heard:
        if one.outcome == "RE":
            return REFUSED
        final = one.level in {"L4", "LX"}
        if final and one.outcome != "AJ":
            return TAKEN
        if final or not decided:
            state = HELD if one.outcome == "AJ" else READ
        # A decision that is held is followed by another one, and by no lower step.
        decided |= final
    return state
