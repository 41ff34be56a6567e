"""Our register against the partner's manifest: what is missing on which side, what differs, and who does what about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Final

from node.customs.finding import Finding, RuleText, Severity, Verdict
from node.customs.reconciling.entry import Direction, Entry, Key, Period, View

#: The type of the document that is answered with what is found here.
MANIFEST: Final = "rec.manifest"


class Kind(Enum):
    """What differs."""

    #: The partner has it, we do not.
    MISSING_HERE = "REC-21"
    #: We have it, the partner does not.
    MISSING_THERE = "REC-22"
    #: One MessageID, and other octets on each side.
    OTHER_DOCUMENT = "REC-23"
    #: Each side knows another step of the ladder.
    OTHER_LEVEL = "REC-24"
    #: It is too early to tell: it was registered, or took its step, so late or so near to an edge that the other side cannot show it.
    UNDECIDED = "REC-25"


class Remedy(Enum):
    """What is done about a difference, by the one who is named with it."""

    #: Send the AS4 message again; a receiver that has it gives back its stored receipt, and the document counts once.
    RESEND = "resend"
    #: Send the answer again that the other side does not know.
    ANSWER_AGAIN = "answer again"
    #: People on both sides compare what they have; nothing is sent before.
    INVESTIGATE = "investigate"
    #: Compare again when both sides can know.
    WAIT = "wait"


_WHAT: Final = {
    Kind.MISSING_HERE: ("Document {0} ({1}) from {2} is not on file at {3}.", "{3} 查無 {2} 所發文件 {0}（{1}）。"),
    Kind.MISSING_THERE: ("Document {0} ({1}) from {2} is not on file at {3}.", "{3} 查無 {2} 所發文件 {0}（{1}）。"),
    Kind.OTHER_DOCUMENT: (
        "Document {0} ({1}) from {2} has other octets at {3} than at {4}.",
        "{2} 所發文件 {0}（{1}）於 {3} 與 {4} 之內容不同。",
    ),
    Kind.OTHER_LEVEL: (
        "Document {0} ({1}) from {2} stands at {5} for {3} and at {6} for {4}.",
        "{2} 所發文件 {0}（{1}）於 {3} 為 {5}，於 {4} 為 {6}。",
    ),
    Kind.UNDECIDED: (
        "Whether {3} agrees about document {0} ({1}) from {2} cannot be told yet.",
        "{2} 所發文件 {0}（{1}）尚無法確認 {3} 之紀錄是否相符。",
    ),
}
_ABOUT_IT: Final = {
    Remedy.RESEND: ("Remedy: {7} sends AS4 message {8} again.", "處理：請 {7} 重新傳送 AS4 訊息 {8}。"),
    Remedy.ANSWER_AGAIN: ("Remedy: {7} sends its answer again.", "處理：請 {7} 重新傳送回應。"),
    Remedy.INVESTIGATE: (
        "Remedy: people on both sides compare what they have before anything is sent.",
        "處理：雙方須先由人員比對資料，再行傳送。",
    ),
    Remedy.WAIT: ("Remedy: compare again with the next manifest.", "處理：俟下一份清單再行比對。"),
}
_TEXTS: Final = {
    (kind, remedy): RuleText(
        kind.value,
        Severity.WARNING if kind is Kind.UNDECIDED else Severity.HOLD,
        7,
        f"{what_en} {about_en}",
        f"{what_zh}{about_zh}",
    )
    for kind, (what_en, what_zh) in _WHAT.items()
    for remedy, (about_en, about_zh) in _ABOUT_IT.items()
}
#: An AS4 message that is not known, in texts.
_UNKNOWN: Final = "?"


@dataclass(frozen=True, slots=True)
class Difference:
    """One document about which the sides do not say the same."""

    kind: Kind
    ours: Entry | None
    theirs: Entry | None
    remedy: Remedy
    #: Who is to do it; empty when both are.
    actor: str
    #: With words in both languages.
    finding: Finding

    @property
    def message_id(self) -> str:
        """The MessageID of the document."""
        return self._either.message_id

    @property
    def type_id(self) -> str:
        """The type of the document."""
        return self._either.type_id

    @property
    def direction(self) -> Direction:
        """Which way the document went, as we see it."""
        if self.ours is not None:
            return self.ours.direction
        return self._either.direction.mirrored

    @property
    def transport_id(self) -> str:
        """The AS4 message, from whichever side knows it."""
        return next((entry.transport_id for entry in (self.ours, self.theirs) if entry is not None and entry.transport_id), "")

    @property
    def _either(self) -> Entry:
        entry = self.ours or self.theirs
        assert entry is not None
        return entry


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What the comparison of a period comes to."""

    us: str
    them: str
    period: Period
    #: Documents about which both sides say the same.
    agreed: int
    #: By direction, then by MessageID.
    differences: tuple[Difference, ...]

    @property
    def agrees(self) -> bool:
        """Whether nothing differs; what cannot be told yet does not count against it."""
        return all(difference.kind is Kind.UNDECIDED for difference in self.differences)

    @property
    def verdict(self) -> Verdict:
        """For the answer of level L4: AP when both agree, CA when something cannot be told yet, AJ when they differ."""
        return Verdict(MANIFEST, tuple(difference.finding for difference in self.differences))


def reconcile(ours: View, theirs: View, period: Period, grace: timedelta) -> Reconciliation:
    """Compare both views of the documents that either side registered in the period.

    The grace is how far apart both sides may register one document, and how long an answer may be under way. Of what lies within it from an edge of what the other
    side knows nothing can be told; `Period.earlier` says how nights leave no such edge. Our view needs the period widened by the grace.

    Takes time and memory for as many entries as there are, in whatever order they come.
    """
    return _Comparison(ours, theirs, period, grace).result()


def _by_key(entries: Mapping[tuple[Key, bytes], Entry | None]) -> dict[Key, list[Entry]]:
    found: dict[Key, list[Entry]] = {}
    for (key, _), entry in entries.items():
        if entry is not None:
            found.setdefault(key, []).append(entry)
    return found


class _Comparison:
    def __init__(self, ours: View, theirs: View, period: Period, grace: timedelta) -> None:
        self._ours, self._theirs, self._period, self._grace = ours, theirs, period, grace
        self._agreed = 0
        self._found: list[Difference] = []

    def result(self) -> Reconciliation:
        # What both sides have is let go at once, and only remembered.
        held: dict[tuple[Key, bytes], Entry | None] = {
            ((entry.direction, entry.message_id), entry.digest): entry for entry in self._ours.entries
        }
        strays: dict[tuple[Key, bytes], Entry] = {}
        for entry in self._theirs.entries:
            at = (entry.direction.mirrored, entry.message_id), entry.digest
            if at not in held:
                strays[at] = entry
                continue
            mine = held[at]
            if mine is not None:
                held[at] = None
                self._both(mine, entry)
        left, alone = _by_key(held), _by_key(strays)
        for key in {**left, **alone}:
            self._apart(left.get(key, []), alone.get(key, []))
        found = sorted(self._found, key=lambda one: (one.direction is Direction.RECEIVED, one.message_id, one.kind.value))
        return Reconciliation(self._ours.authority, self._theirs.authority, self._period, self._agreed, tuple(found))

    def _both(self, mine: Entry, other: Entry) -> None:
        """One document that both sides have."""
        if not (self._period.holds(mine.registered_at) or self._period.holds(other.registered_at)):
            return
        if mine.standing == other.standing:
            self._agreed += 1
            return
        we_know_more = mine.progress > other.progress
        ahead, behind, view = (mine, other, self._theirs) if we_know_more else (other, mine, self._ours)
        if ahead.level_at + self._grace > (behind.seen_at or view.seen_at):
            self._add(Kind.UNDECIDED, mine, other, Remedy.WAIT, "", missing_at=view.authority)
            return
        self._add(Kind.OTHER_LEVEL, mine, other, *self._about_level(mine, other, we_know_more=we_know_more))

    def _about_level(self, mine: Entry, other: Entry, *, we_know_more: bool) -> tuple[Remedy, str]:
        sender, receiver = self._ends(mine.direction)
        if we_know_more != (mine.direction is Direction.RECEIVED):
            # The sender has an answer that the receiver does not know to have given.
            return Remedy.INVESTIGATE, ""
        received = mine if mine.direction is Direction.RECEIVED else other
        # Where only the receipt is missing, the receiver gives it again for the same message.
        return (Remedy.RESEND, sender) if received.level == "L1" else (Remedy.ANSWER_AGAIN, receiver)

    def _ends(self, direction: Direction) -> tuple[str, str]:
        us, them = self._ours.authority, self._theirs.authority
        return (us, them) if direction is Direction.SENT else (them, us)

    def _apart(self, mine: list[Entry], other: list[Entry]) -> None:
        """Entries of one MessageID whose octets the other side does not have."""
        pairs = min(len(mine), len(other))
        for one, another in zip(mine, other, strict=False):
            if self._period.holds(one.registered_at) or self._period.holds(another.registered_at):
                self._add(Kind.OTHER_DOCUMENT, one, another, Remedy.INVESTIGATE, "")
        for entry in mine[pairs:]:
            self._alone(entry, entry.direction, self._theirs, Kind.MISSING_THERE)
        for entry in other[pairs:]:
            self._alone(entry, entry.direction.mirrored, self._ours, Kind.MISSING_HERE)

    def _alone(self, entry: Entry, direction: Direction, absent_from: View, kind: Kind) -> None:
        if not self._period.holds(entry.registered_at):
            return
        mine, other = (entry, None) if kind is Kind.MISSING_THERE else (None, entry)
        if not absent_from.known.holds_around(entry.registered_at, self._grace):
            self._add(Kind.UNDECIDED, mine, other, Remedy.WAIT, "", missing_at=absent_from.authority)
            return
        sender, receiver = self._ends(direction)
        if absent_from.authority == receiver:
            self._add(kind, mine, other, Remedy.RESEND, sender, missing_at=receiver)
        else:
            # Received, and never sent: nobody can send that again.
            self._add(kind, mine, other, Remedy.INVESTIGATE, "", missing_at=sender)

    def _add(
        self, kind: Kind, mine: Entry | None, other: Entry | None, remedy: Remedy, actor: str, *, missing_at: str = ""
    ) -> None:
        us, them = self._ours.authority, self._theirs.authority
        entry = mine or other
        assert entry is not None
        sender, _ = self._ends(mine.direction if mine is not None else entry.direction.mirrored)
        transport = next((one.transport_id for one in (mine, other) if one is not None and one.transport_id), _UNKNOWN)
        finding = _TEXTS[kind, remedy].found(
            "",
            entry.message_id,
            entry.type_id,
            sender,
            missing_at or us,
            them,
            mine.standing if mine is not None else "",
            other.standing if other is not None else "",
            actor,
            transport,
        )
        self._found.append(Difference(kind, mine, other, remedy, actor, finding))
