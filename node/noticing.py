"""Notices to and from partners: what is sent, what came, until when it is to be acknowledged, and whether it was."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from node.checking import Checking
from node.customs.checking.safe import DOCUMENT_LIMITS
from node.customs.filing.on_file import NoLongerThere
from node.customs.filing.registration import IN, Entry
from node.customs.finding import Verdict
from node.customs.making.heading import Heading, carrier_of, following
from node.customs.making.notice import TYPE, Notice, Said, make_notice
from node.ebms.xml import parse_xml
from node.msh.octets import HeldOctets
from node.msh.ports import Identifiers, SubmissionError
from node.msh.submit import Payload, Submission
from node.origin import Made
from node.store.documents import StoredDocuments
from node.store.ladders import StoredLadders
from node.store.lives import StoredLives

#: The step that acknowledges a notice.
LEVEL: Final = "L4"
#: Its text is for named officers.
RESTRICTED: Final = "RESTRICTED"
MACHINE: Final = "notice"
SENT: Final = "SENT"
WITHDRAWN: Final = "WITHDRAWN"
#: What a withdrawal says when nobody says why, in the languages in which the node itself speaks.
WORDS: Final[Mapping[str, str]] = {"en": "The notice is withdrawn.", "zh-Hant": "本通報撤回。"}
#: The functions of a notice and of its withdrawal.
_SEND: Final = "9"
_WITHDRAW: Final = "1"


@dataclass(frozen=True, slots=True)
class Known:
    """A notice on file, as it was first sent."""

    entry: Entry
    withdrawn: bool
    #: Empty when its octets are no longer kept.
    priority: str
    category: str
    handling: str
    acknowledge_by: datetime | None
    #: When level L4 was told, by us or to us.
    acknowledged_at: datetime | None
    subjects: tuple[Said, ...]
    texts: tuple[Said, ...]

    @property
    def ours(self) -> bool:
        """Whether we have sent it."""
        return self.entry.carried.direction != IN

    @property
    def restricted(self) -> bool:
        """Whether lists leave out what it says; so they do when nobody knows who may see it."""
        return self.handling != "GENERAL"

    def overdue(self, now: datetime) -> bool:
        """Whether it should have been acknowledged."""
        by = self.acknowledge_by
        return by is not None and by <= now and self.acknowledged_at is None and not self.withdrawn


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The withdrawal of a notice of ours, and the AS4 message that carries it."""

    known: Known
    message_id: str
    #: What is still to be submitted; None when it was before.
    made: Made | None


class Noticing:
    """Makes, acknowledges and withdraws notices; whoever calls submits them."""

    def __init__(
        self,
        documents: StoredDocuments,
        lives: StoredLives,
        ladders: StoredLadders,
        checking: Checking,
        identifiers: Identifiers,
        host: str,
        was_submitted: Callable[[str], bool],
        is_under_way: Callable[[str], bool],
    ) -> None:
        """`host` is the right-hand side of the MessageIds of withdrawals; `was_submitted` tells whether a message of a MessageId ever was,
        `is_under_way` whether it may still arrive for the first time.
        """
        self._host, self._was_submitted, self._is_under_way = host, was_submitted, is_under_way
        self._documents, self._lives, self._ladders = documents, lives, ladders
        self._checking, self._identifiers = checking, identifiers

    def make(self, partner: str, notice: Notice, now: datetime) -> Made:
        """A notice to a partner, sealed where the type demands it. Raises SubmissionError where the agreement names no authorities."""
        agreed = self._checking.judging.agreed(partner)
        if not agreed.ours or not agreed.theirs:
            raise SubmissionError(f"the agreement with {partner} names no authorities: ours and theirs of [documents]")
        heading = Heading(f"urn:uuid:{self._identifiers.unique()}", _SEND, now, agreed.ours[0], agreed.theirs[0])
        octets = self._checking.responding.sealed(make_notice(heading, notice), TYPE, partner, now)
        return Made(self._submission(partner, octets), heading.message_id)

    def _submission(self, partner: str, octets: bytes, message_id: str | None = None) -> Submission:
        pack = self._checking.packs.pack_of(TYPE)
        payload = Payload(HeldOctets(octets), "application/xml")
        return Submission(partner, TYPE, (payload,), pack.service if pack else None, message_id=message_id)

    def withdraw(self, number: str, texts: Sequence[Said], now: datetime) -> Withdrawal:
        """The withdrawal of a notice of ours; without texts it says in the words of the node that it is withdrawn.

        Asked again it is the same message, so that nothing goes out twice and what a crash has left is submitted. Raises SubmissionError for a notice
        that is not ours, or was withdrawn with other texts.
        """
        known = self.one(number)
        if not known.ours:
            raise SubmissionError(
                f"notice {number} is of {known.entry.about.sender}, who alone withdraws it; to acknowledge it: n2n notice ack {number}"
            )
        on_file = self._withdrawal_of(known.entry)
        if on_file is not None:
            return self._again(known, on_file, texts)
        if not known.subjects:
            raise SubmissionError(
                f"notice {number} is no longer kept here, nor what it was about; send a new one: n2n notice send"
            )
        self._check_arrived(known.entry)
        about, partner = known.entry.about, known.entry.carried.partner
        # It follows from the notice: made twice at a time, it goes out once.
        heading = Heading(following("withdraw", partner, about.document_id), _WITHDRAW, now, about.sender, about.recipient)
        said = tuple(texts) or _own_words(number, known.subjects)
        notice = Notice(
            *(about.number, known.category, known.priority, known.subjects, said, known.handling),
            version=(about.version or 1) + 1,
        )
        octets = self._checking.responding.sealed(make_notice(heading, notice, profile=about.profile), TYPE, partner, now)
        message_id = carrier_of(heading.message_id, self._host)
        return Withdrawal(known, message_id, Made(self._submission(partner, octets, message_id), heading.message_id))

    def _check_arrived(self, notice: Entry) -> None:
        """Messages may overtake each other, and a withdrawal before its notice is refused (LC-01), for good."""
        message_id = notice.carried.message_id
        if self._is_under_way(message_id):
            raise SubmissionError(
                f"notice {notice.about.number} is still on its way, and {notice.carried.partner} would refuse a withdrawal that comes before it; "
                f"withdraw it when it has arrived, or first: n2n message cancel {message_id}"
            )

    def _withdrawal_of(self, notice: Entry) -> Entry | None:
        found = self._lives.on_file(TYPE, notice.about.number)
        return next((one for one in found if one.about.function == _WITHDRAW and one.about.issuer == notice.about.issuer), None)

    def _again(self, known: Known, entry: Entry, texts: Sequence[Said]) -> Withdrawal:
        message_id = entry.carried.message_id
        try:
            octets = self._documents.octets(entry.id)
        except NoLongerThere:
            return Withdrawal(known, message_id, None)
        if texts and {*texts} != {*_said(parse_xml(octets, DOCUMENT_LIMITS), "Text")}:
            raise SubmissionError(
                f"notice {entry.about.number} is withdrawn already, with another text, in message {message_id}; "
                "what is to be added goes into a new notice: n2n notice send"
            )
        if self._was_submitted(message_id):
            return Withdrawal(known, message_id, None)
        # It was registered, and the message that carries it never submitted: a crash came between.
        return Withdrawal(
            known, message_id, Made(self._submission(entry.carried.partner, octets, message_id), entry.about.document_id)
        )

    def fresh_number(self, partner: str, now: datetime) -> str:
        """A number for a notice that has none."""
        agreed = self._checking.judging.agreed(partner)
        country = agreed.ours[0][:2] if agreed.ours else "N"
        return f"{country}-{now:%Y%m%d}-{self._identifiers.unique()[:8]}".upper()

    def acknowledge(self, number: str, now: datetime) -> tuple[Known, bool]:
        """Owe level L4 to a notice that came; whether it was not owed before. Raises SubmissionError."""
        known = self.one(number)
        entry = known.entry
        if known.ours:
            raise SubmissionError(f"notice {number} is ours; {entry.about.recipient} acknowledges it")
        if not self._checking.responding.answers(entry.carried.partner):
            raise SubmissionError(f"the agreement with {entry.carried.partner} has no action to send a response")
        answer = self._checking.responding.response(entry.carried, entry.about, entry.digest, LEVEL, Verdict(TYPE), now)
        return known, answer is not None and self._documents.owe(entry.id, answer)

    def one(self, number: str) -> Known:
        """The notice with a number, or of a document of the register. Raises SubmissionError where there is none, or several."""
        entries = self._sent(number)
        if not entries and number.isascii() and number.isdigit() and len(number) < len(str(1 << 62)):
            by_id = self._documents.entry(int(number))
            if by_id is not None and by_id.about.type_id == TYPE and by_id.accepted:
                # The document of a withdrawal leads to the notice, too.
                entries = [one for one in self._sent(by_id.about.number) if one.about.issuer == by_id.about.issuer]
        if not entries:
            raise SubmissionError(f"no notice {number!r} is on file; see: n2n notice list")
        if len(entries) > 1:
            ids = ", ".join(str(one.id) for one in entries)
            raise SubmissionError(f"several notices have the number {number!r}; name one by its document: {ids}")
        return self.of(entries[0])

    def _sent(self, number: str) -> list[Entry]:
        return [entry for entry in self._lives.on_file(TYPE, number) if entry.about.function == _SEND]

    def of(self, entry: Entry) -> Known:
        """What a notice of the register says."""
        return self._known(entry, self._is_withdrawn(entry))

    def latest(self, most: int) -> list[Known]:
        """The notices on file, the latest first."""
        found = [known for state in (SENT, WITHDRAWN) for known in self._in_state(state, most)]
        return sorted(found, key=lambda one: one.entry.id, reverse=True)[:most]

    def _in_state(self, state: str, most: int) -> Iterator[Known]:
        for one in self._lives.in_state(TYPE, MACHINE, state, most):
            for entry in self._sent(one.number):
                if entry.about.issuer == one.issuer:
                    yield self._known(entry, state == WITHDRAWN)

    def _is_withdrawn(self, entry: Entry) -> bool:
        return self._documents.state((TYPE, entry.about.number, entry.about.issuer), MACHINE) == WITHDRAWN

    def _known(self, entry: Entry, withdrawn: bool) -> Known:
        heard = self._ladders.heard(entry.about.sender, entry.about.document_id)
        told = next((one.heard_at for one in heard if one.level == LEVEL), None)
        try:
            octets = self._documents.octets(entry.id)
        except NoLongerThere:
            return Known(entry, withdrawn, "", "", "", None, told, (), ())
        root = parse_xml(octets, DOCUMENT_LIMITS)
        by = self._checking.judging.wanted(entry, octets).deadlines.get(LEVEL)
        return Known(
            *(entry, withdrawn, _text(root, "PriorityCode"), _text(root, "CategoryCode"), _text(root, "HandlingCode")),
            *(by, told, _said(root, "Subject"), _said(root, "Text")),
        )


def _own_words(number: str, subjects: Sequence[Said]) -> tuple[Said, ...]:
    """Raises SubmissionError for languages in which the node has no words."""
    languages = [one.language for one in subjects]
    if missing := [one for one in languages if one not in WORDS]:
        options = " ".join(f"--text {one}=..." for one in languages)
        raise SubmissionError(
            f"notice {number} is written in {', '.join(missing)} too; say in its languages that it is withdrawn: {options}"
        )
    return tuple(Said(one, WORDS[one]) for one in languages)


def _text(root: Any, name: str) -> str:
    return " ".join((root.findtext(f"{{*}}{name}") or "").split())


def _said(root: Any, name: str) -> tuple[Said, ...]:
    found = root.iterfind(f"{{*}}{name}")
    return tuple(Said(str(one.get("languageID")), " ".join((one.text or "").split())) for one in found)
