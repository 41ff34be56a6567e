"""Rehearsals: samples of a document type, made fresh for two authorities of an agreement, sent in a conformance campaign.

A sample that needs other documents before it gets them: ours are sent first, the partner's are those that it has sent in a campaign.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from node.checking import Checking
from node.customs.checking.document import Document
from node.customs.checking.prior import NotOnFile, read_unjudged
from node.customs.checking.trial import Sample, samples
from node.customs.filing.on_file import NoLongerThere
from node.customs.filing.registration import IN, OUT, Carried, Entry
from node.customs.making.heading import said
from node.customs.moment import read_moment
from node.customs.packs.definition import TypeDefinition
from node.msh.octets import HeldOctets
from node.msh.ports import Clock, SubmissionError
from node.msh.submit import Payload, Submission
from node.onboarding.documents import BAD
from node.store.documents import StoredDocuments

#: For how long a document stays good that says for how long.
_GOOD_FOR: Final = timedelta(days=360)
#: How far back a document of a campaign may lie on which another one rests.
_LOOK_BACK: Final = timedelta(days=31)
_ROOT: Final = re.compile(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)[\s>]")
_HEADER: Final = re.compile(r"<(?:[\w.-]+:)?DocumentHeader>.*?</(?:[\w.-]+:)?DocumentHeader>", re.DOTALL)
_TEXT: Final = re.compile(r">([^<>]+)<")
#: An element with text alone: what stands for it, and the text.
_LEAF: Final = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)[^<>]*>([^<>]*)</")
#: A day, or a moment of it.
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:T|$)")
#: What a document says of itself and of those that it names, and others say of it.
_NAMING: Final = ("ID", "IssueDate", "IssuingAuthorityID", "RequestID", "ReportID", "DocumentID", "JourneyID", "CorrelationID")
#: So many of the partner's documents are tried, the latest first.
_CANDIDATES: Final = 5
#: For how long the answer to a document is awaited on which another one rests.
_PATIENCE: Final = timedelta(seconds=30)
_LOOK_SECONDS: Final = 0.1
#: What makes a number another one: its last digits, where it has enough of them.
_DIGITS: Final = re.compile(r"\d{4,}(?=\D*$)")


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What became of one sample: the document that was sent, or why there is none."""

    document_id: str = ""
    why: str = ""
    #: What the document does: issue, amend, withdraw ...; for a bad one, that it is bad.
    what: str = ""
    #: The rule that is to refuse it; empty for a good one.
    rule: str = ""
    function: str = ""


class _Dates(StrEnum):
    """What becomes of the days of a sample."""

    #: All moved by as much as the sample is old, so that they hang together as before.
    SHIFTED = "shifted"
    #: Those of issue, departure and expiry set as of today.
    TODAY = "today"
    KEPT = "kept"


class _NotYet(SubmissionError):
    """What the sample rests on has not come, or was not answered: later it may go."""


@dataclass(frozen=True, slots=True)
class _Made:
    """A document of this rehearsal, and what stands in it in place of what its sample says."""

    octets: bytes
    type_id: str
    document_id: str
    instead: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Course:
    """For whom, and in which campaign."""

    partner: str
    campaign: str
    now: datetime
    dates: "_Dates" = field(default_factory=lambda: _Dates.SHIFTED)
    #: By so much the moments of the sample lie back,
    age: timedelta = timedelta()
    #: and by so much its days: as the header of the sample has its day of issue, and as a fresh one has it.
    days: timedelta = timedelta()
    #: Of the partner's documents that may do, the one before so many later ones.
    back: int = 0
    instead: Mapping[str, str] = field(default_factory=dict)


class Rehearsing:
    """Sends samples of our packs, which are ours to change: no document of a partner is touched."""

    def __init__(
        self,
        checking: Checking,
        documents: StoredDocuments,
        submit: Callable[[Submission], object],
        submit_unjudged: Callable[[Submission], object],
        clock: Clock,
        unique: Callable[[], str],
        rest: Callable[[float], None],
    ) -> None:
        """`submit` judges first; `submit_unjudged` sends what our own judge refuses; `rest` waits so many seconds."""
        self._rest = rest
        self._checking, self._documents, self._clock, self._unique = checking, documents, clock, unique
        self._submit, self._submit_unjudged = submit, submit_unjudged

    def send(self, partner: str, type_id: str, campaign: str, shown: Collection[str] = ()) -> Sequence[Rehearsed]:
        """Send a good document of each function that this type has a sample of, and a bad one; `shown` are functions of which none is needed any
        more, and BAD for the bad one. Raises StorageUnavailable.
        """
        definition, pack = self._checking.packs.named(type_id), self._checking.packs.pack_of(type_id)
        if definition is None or pack is None:
            return (Rehearsed(why="no document pack of this node has this type"),)
        of_pack = list(samples(pack))
        found = [one for one in of_pack if _fits(one, definition)]
        by_function: dict[str, list[Sample]] = {}
        for one in sorted(found, key=lambda one: len(one.prior)):
            if not one.refused_by:
                by_function.setdefault(_value(one, "FunctionCode"), []).append(one)
        if not by_function:
            return (Rehearsed(why="its pack has no good sample"),)
        rested_on = set(self._rested_on(of_pack))
        sent = [
            one
            for name, some in sorted(by_function.items(), reverse=True)
            if name not in shown
            for one in self._of_function(partner, definition, campaign, name, some, rested_on)
        ]
        bad = [one for one in found if one.refused_by] if BAD not in shown else []
        return (*sent, *self._bad(partner, definition, campaign, bad))

    def _rested_on(self, of_pack: Iterable[Sample]) -> Iterator[str]:
        """The MessageIDs of samples on which documents of the other side rest."""
        for one in of_pack:
            for _, octets in one.prior if one.file.endswith(".xml") else ():
                before = self._described(octets)
                if before.header.sender != _value(one, "SenderAuthority"):
                    yield before.header.message_id

    # -- good ones -------------------------------------------------------------------------------------------------

    def _of_function(
        self,
        partner: str,
        definition: TypeDefinition,
        campaign: str,
        function: str,
        found: Sequence[Sample],
        rested_on: Collection[str],
    ) -> Iterator[Rehearsed]:
        """Those on which the partner's own samples rest, else the first that goes out."""
        wanted = [one for one in found if _value(one, "MessageID") in rested_on]
        sent = [self._good(partner, definition, campaign, function, [one]) for one in wanted]
        went = [one for one in sent if one.document_id]
        others = [one for one in found if one not in wanted] or found
        yield from went or [self._good(partner, definition, campaign, function, others)]

    def _good(self, partner: str, definition: TypeDefinition, campaign: str, function: str, found: Sequence[Sample]) -> Rehearsed:
        what, why = definition.functions.get(function, function), ""
        for sample in found:
            for course in self._courses(sample, partner, campaign):
                try:
                    made = self._sent(sample, definition, course)
                except _NotYet as error:
                    why = str(error)
                    break
                except (SubmissionError, NotOnFile, NoLongerThere) as error:
                    why = why or f"{sample.file.rpartition('/')[2]}: {error}"
                else:
                    return Rehearsed(made.document_id, what=what, function=function)
        return Rehearsed(why=why, what=what, function=function)

    def _courses(self, sample: Sample, partner: str, campaign: str) -> Iterator[_Course]:
        now = self._clock.now()
        made_at = read_moment(_value(sample, "IssueDateTime")) or now
        age, days = now - made_at, now.date() - made_at.date()
        rests = any(self._described(octets).header.sender != _value(sample, "SenderAuthority") for _, octets in sample.prior)
        for back in range(_CANDIDATES if rests else 1):
            for dates in _Dates:
                yield _Course(partner, campaign, now, dates, age, days, back)

    def _sent(self, sample: Sample, definition: TypeDefinition, course: _Course) -> _Made:
        """Send a sample after what it needs before it. Raises SubmissionError."""
        sender, instead = _value(sample, "SenderAuthority"), dict(course.instead)
        before = [(name, self._described(octets)) for name, octets in sample.prior]
        theirs = [place for place, (_, one) in enumerate(before) if one.header.sender != sender]
        # The last one of the partner names those before it, so that they are on file already.
        for name, one in before[theirs[-1] :] if theirs else before:
            where = f"{sample.file.rpartition('/')[2]} rests on {name.rpartition('/')[2]}"
            if one.header.sender != sender:
                instead |= self._theirs(one, course, where)
                continue
            made = self._made(one.octets, one.definition, replace(course, instead=instead))
            self._put_out(made, course.partner)
            self._await_answer(made, where)
            instead |= made.instead
        made = self._made(sample.octets, definition, replace(course, instead=instead))
        self._put_out(made, course.partner)
        return made

    def _put_out(self, made: _Made, partner: str) -> None:
        self._submit(Submission(partner, made.type_id, (Payload(HeldOctets(made.octets), "application/xml"),)))

    def _await_answer(self, made: _Made, where: str) -> None:
        """Documents may overtake each other, and what comes before the one on which it rests is refused."""
        end = self._clock.now() + _PATIENCE
        while not self._documents.correlated(made.document_id):
            if self._clock.now() >= end:
                raise _NotYet(f"{where}, which was sent as {made.document_id}, and no answer has come: run this gate again")
            self._rest(_LOOK_SECONDS)

    def _theirs(self, sample: Document, course: _Course, where: str) -> Mapping[str, str]:
        """What the partner's own document of a campaign has in place of what the sample of it says. Raises SubmissionError where there is none."""
        type_id, header = sample.definition.id, sample.header
        came = [
            one
            for one in self._documents.registered(course.partner, course.now - _LOOK_BACK, course.now + timedelta(seconds=1))
            if (one.carried.direction, one.about.type_id, one.about.function) == (IN, type_id, header.function)
            and one.about.campaign
            and one.about.profile == header.profile
            and one.accepted
        ]
        if course.back >= len(came):
            raise _NotYet(
                f"{where}, a {type_id} of the partner under {header.profile}, and none that fits has come in a campaign: "
                "the partner runs its gate 5 first, then this one is run again"
            )
        return self._in_place_of(sample, came[-1 - course.back])

    def _in_place_of(self, sample: Document, entry: Entry) -> Mapping[str, str]:
        theirs = self._described(self._documents.octets(entry.id))
        instead = {sample.header.message_id: theirs.header.message_id, sample.number: theirs.number, sample.issuer: theirs.issuer}
        old, new = (_LEAF.findall(one.octets.decode("utf-8", "replace")) for one in (sample, theirs))
        for name in _NAMING:
            # The same element, as often as both have it.
            pairs = zip(*([value for of, value in one if of == name] for one in (old, new)), strict=False)
            instead |= {was: now for was, now in pairs if was not in instead}
        return {was: now for was, now in instead.items() if was and now}

    # -- bad ones --------------------------------------------------------------------------------------------------

    def _bad(self, partner: str, definition: TypeDefinition, campaign: str, found: Sequence[Sample]) -> Iterator[Rehearsed]:
        """A document that its rule refuses, and nothing else: sent past our own judge, and in our register as what it is."""
        why = ""
        # Those that rest on others would need those on file at both sides for their one rule to speak.
        for sample in (one for one in found if not one.prior):
            for course in self._courses(sample, partner, campaign):
                made = self._made(sample.octets, definition, course)
                carried = Carried(OUT, f"{self._unique()}@{self._checking.responding.host}", partner)
                why = self._checking.expose(made.octets, carried, course.now, definition.id, sample.refused_by)
                if not why:
                    payload = Payload(HeldOctets(made.octets), "application/xml")
                    self._submit_unjudged(Submission(partner, definition.id, (payload,), message_id=carried.message_id))
                    yield Rehearsed(made.document_id, what=BAD, function=BAD, rule=sample.refused_by)
                    return
        if why:
            yield Rehearsed(why=f"no bad sample could be sent: {why}", what=BAD, function=BAD)

    # -- making a sample fresh -------------------------------------------------------------------------------------

    def _described(self, octets: bytes) -> Document:
        return read_unjudged(octets, self._checking.packs)[0]

    def _made(self, octets: bytes, definition: TypeDefinition, course: _Course) -> _Made:
        described, document_id = self._described(octets), f"urn:uuid:{self._unique()}"
        instead = {**course.instead, described.header.message_id: document_id}
        if described.number and described.number not in instead:
            instead[described.number] = self._other_number(described.number)
        text = _TEXT.sub(lambda found: f">{_changed(found[1], instead, course)}<", octets.decode("utf-8"))
        for name, value in _dates(course.now) if course.dates is _Dates.TODAY else ():
            if _first(text, name) not in course.instead.values():
                text = _with(text, name, value)
        fresh = self._fresh(text, course, document_id)
        return _Made(
            self._checking.responding.sealed(fresh, definition.id, course.partner, course.now),
            definition.id,
            document_id,
            # What follows speaks of this document as it is now.
            {**instead, **self._dates_instead(described, fresh)},
        )

    def _dates_instead(self, described: Document, fresh: bytes) -> Mapping[str, str]:
        old, new = (_first(one.decode("utf-8"), "IssueDate") for one in (described.octets, fresh))
        return {old: new} if old and new else {}

    def _other_number(self, number: str) -> str:
        """Another number of the same form: that of the sample may be on file from a campaign before."""
        drawn = int.from_bytes(self._unique().encode(), "big")
        return _DIGITS.sub(lambda found: f"{drawn % 10 ** len(found[0]):0{len(found[0])}d}", number)

    def _fresh(self, text: str, course: _Course, document_id: str) -> bytes:
        agreed = self._checking.judging.agreed(course.partner)
        header = _HEADER.search(text)
        assert header is not None
        made = header[0]
        for name, value in (
            ("MessageID", document_id),
            ("IssueDateTime", said(course.now)),
            *((("SenderAuthority", agreed.ours[0]),) if agreed.ours else ()),
            *((("RecipientAuthority", agreed.theirs[0]),) if agreed.theirs else ()),
        ):
            made = _with(made, name, value)
        made = re.sub(r"\s*<ConformanceCampaign>[^<]*</ConformanceCampaign>", "", made)
        campaign = f"<ConformanceCampaign>{course.campaign}</ConformanceCampaign>"
        made = made.replace("</DocumentHeader>", f"{campaign}</DocumentHeader>")
        return (text[: header.start()] + made + text[header.end() :]).encode()


def _fits(sample: Sample, definition: TypeDefinition) -> bool:
    if not sample.file.endswith(".xml"):
        return False
    text = sample.octets.decode("utf-8", "replace")
    root = _ROOT.search(text)
    return root is not None and root[1] == definition.name and _HEADER.search(text) is not None


def _value(sample: Sample, name: str) -> str:
    return _first(sample.octets.decode("utf-8", "replace"), name)


def _changed(text: str, instead: Mapping[str, str], course: _Course) -> str:
    bare = text.strip()
    if bare in instead:
        return instead[bare]
    return text if course.dates is not _Dates.SHIFTED or not _DAY.match(bare) else _moved(bare, course)


def _moved(text: str, course: _Course) -> str:
    """A day by whole days; a moment by exactly as much as the sample is old, so that a deadline is as far from the issue as before."""
    moment = read_moment(text)
    try:
        return said(moment + course.age) if moment else f"{date.fromisoformat(text[:10]) + course.days}{text[10:]}"
    except (ValueError, OverflowError):
        return text


def _first(text: str, name: str) -> str:
    found = re.search(rf"<{name}>([^<]*)<", text)
    return found[1].strip() if found else ""


def _dates(now: datetime) -> Iterator[tuple[str, str]]:
    yield "IssueDate", f"{now:%Y-%m-%d}"
    yield "DepartureDate", f"{now + timedelta(days=1):%Y-%m-%d}"
    yield "ExpiryDate", f"{now + _GOOD_FOR:%Y-%m-%d}"


def _with(text: str, name: str, value: str) -> str:
    return re.sub(rf"<{name}>[^<]*<", f"<{name}>{value}<", text, count=1)
