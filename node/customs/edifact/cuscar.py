"""The canonical manifest to CUSCAR: the story of one document, and what it loses. Source: DESIGN 7.3, 7.4."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from node.customs.edifact.cargo_report import CONSIGNMENT, EQUIPMENT, Measure, Values
from node.customs.edifact.found import Found
from node.customs.edifact.mapping import Level, Mapping
from node.customs.edifact.outgoing import Outgoing, References
from node.customs.edifact.placing import Holder, Placing
from node.customs.edifact.report_reader import ReadPart, ReportRefused, read_parts
from node.customs.edifact.table import Node
from node.customs.edifact.terms import Terms
from node.customs.edifact.values import NoMoment, written_moment
from node.customs.finding import Finding


@dataclass(frozen=True, slots=True)
class Written:
    """An interchange with one message, and all that the document holds and the message does not."""

    octets: bytes
    #: EDI-06: the place in the document, and what stood there.
    losses: tuple[Finding, ...]
    not_listed: int = 0


class _Wider(Exception):
    """The text needs more characters than ISO 8859-1 has."""


def to_cuscar(octets: bytes, mapping: Mapping, terms: Terms, references: References) -> Written:
    """A canonical manifest as an interchange. Raises ReportRefused if the octets are no manifest.

    Where the profile fixes no syntax, the message is written in UNOC if ISO 8859-1 holds it, else in UNOY.
    """
    if terms.syntax:
        return _Writer(mapping, terms, references, terms.syntax, fixed=True).write(octets)
    try:
        return _Writer(mapping, terms, references, "UNOC:3", fixed=False).write(octets)
    except _Wider:
        return _Writer(mapping, terms, references, "UNOY:4", fixed=False).write(octets)


class _Writer:
    def __init__(self, mapping: Mapping, terms: Terms, references: References, syntax: str, *, fixed: bool) -> None:
        self._out = Outgoing(mapping.table.kind, references, syntax)
        self._fixed = fixed
        self._mapping = mapping
        self._terms = terms
        self._found = Found()
        self._placing = Placing(mapping, terms, self._lose)
        self._report = Holder(Level.REPORT, {}, 1, "/CargoReport")
        #: How many children of the table's root are written.
        self._written = 0

    def write(self, octets: bytes) -> Written:
        envelope: tuple[str, str, str] | None = None
        for part in read_parts(octets, self._lose, self._clean):
            if part.part is EQUIPMENT or part.part is CONSIGNMENT:
                envelope = envelope or self._envelope(part.profile)
                self._row(part)
            elif part.part.most > 1:
                self._report.values.setdefault(part.part.name, []).append(part.value)
            else:
                self._report.values[part.part.name] = part.value
        if envelope is None:
            raise ReportRefused("no Consignment")
        self._children(len(self._mapping.table.root.children) - 1)
        self._lose_rest(self._report)
        return Written(self._out.octets(*envelope), self._found.findings, self._found.not_listed)

    # -- texts -----------------------------------------------------------------------------------------------------------

    def _lose(self, place: str, said: str) -> None:
        name = place.rpartition("/")[2]
        self._found.tell("EDI-06", place, f"{name}: {said}")

    def _clean(self, place: str, text: str) -> str:
        characters = self._out.characters
        if not (outside := characters.outside(text)):
            return text
        if not self._fixed and not self._out.wide and any(ord(char) > 0xFF for char in outside):
            raise _Wider
        kept = text
        for char in outside:
            capital = char.upper()
            kept = kept.replace(char, capital if not characters.outside(capital) else "?" if char.isprintable() else "")
        self._lose(place, text)
        return " ".join(filter(None, kept.split(" ")))

    # -- segments --------------------------------------------------------------------------------------------------------

    def _envelope(self, profile: str) -> tuple[str, str, str]:
        """Sender, recipient and moment for UNB, once the header fields have been read; what the envelope says leaves them."""
        values = self._report.values
        if profile != self._terms.profile.id:
            self._lose("/CargoReport/@profile", profile)
        told: Values = values.get("DocumentHeader", {})
        told.pop("MessageID", None)
        sender, recipient = (self._terms.party(told.pop(name, "")) for name in ("SenderAuthority", "RecipientAuthority"))
        try:
            digits, _, _ = written_moment(told.get("IssueDateTime", ""), self._terms.zone)
        except NoMoment:
            raise ReportRefused("no IssueDateTime") from None
        self._placing.mode = values.get("BorderTransportMeans", {}).get("ModeCode", "")
        self._placing.report_id = values.get("ID", "")
        return sender, recipient, digits

    def _row(self, part: ReadPart) -> None:
        level = Level.EQUIPMENT if part.part is EQUIPMENT else Level.CONSIGNMENT
        place = f"/CargoReport/{part.part.name}[{part.number}]"
        holder = Holder(level, part.value, part.number, place)
        node = self._outer(level)
        self._children(self._mapping.table.root.children.index(node))
        _take_number(holder)
        self._group(node, holder)
        self._lose_rest(holder)

    def _outer(self, level: Level) -> Node:
        """The child of the root in which a level lies."""
        group = self._mapping.group(level)
        return next(child for child in self._mapping.table.root.children if _within(child, group))

    def _children(self, end: int) -> None:
        """Writes the header's segments and groups up to a child of the root."""
        children = self._mapping.table.root.children
        for child in children[self._written : end]:
            if not child.is_group:
                self._kind("", child, self._report)
            elif not any(_within(child, group) for group in self._mapping.levels):
                self._subgroup(child, self._report)
        self._written = max(self._written, end)

    def _group(self, node: Node, holder: Holder) -> None:
        for child in node.children:
            if not child.is_group:
                self._kind(node.name, child, holder)
            elif (level := self._mapping.levels.get(child.name)) is holder.level:
                self._group(child, holder)
            elif level is not None:
                self._items(child, level, holder)
            else:
                self._subgroup(child, holder)

    def _items(self, node: Node, level: Level, holder: Holder) -> None:
        for number, values in enumerate(holder.values.pop(level.value, ()), 1):
            item = Holder(level, values, number, f"{holder.place}/{level.value}[{number}]")
            _take_number(item)
            self._group(node, item)
            self._lose_rest(item)

    def _kind(self, group: str, node: Node, holder: Holder) -> None:
        for tag, elements in self._placing.segments(group, node, holder):
            self._out.segment(tag, elements)

    def _subgroup(self, node: Node, holder: Holder) -> None:
        """The segments that open a group each, and below them, as far as there is room, what else the group holds."""
        if not self._placing.has(node.name):
            return
        openers = list(self._placing.segments(node.name, node.children[0], holder))
        below: list[tuple[int, list[tuple[str, list[list[str]]]]]] = []
        if openers:
            below = [
                (child.most, list(self._placing.segments(node.name, child, holder)))
                for child in node.children[1:]
                if not child.is_group
            ]
        for number, (tag, elements) in enumerate(openers):
            self._out.segment(tag, elements)
            for most, segments in below:
                for told in segments[number * most : (number + 1) * most]:
                    self._out.segment(*told)

    def _lose_rest(self, holder: Holder) -> None:
        for place, said in _leaves(holder.values, holder.place):
            self._lose(place, said)


def _take_number(holder: Holder) -> None:
    if holder.values.get("SequenceNumeric") == str(holder.number):
        del holder.values["SequenceNumeric"]


def _within(node: Node, group: str) -> bool:
    return node.name == group or any(_within(child, group) for child in node.children)


def _leaves(values: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(values, dict):
        for name, value in values.items():
            if not isinstance(value, list):
                yield from _leaves(value, f"{place}/{name}")
                continue
            for number, one in enumerate(value, 1):
                yield from _leaves(one, f"{place}/{name}[{number}]")
    elif isinstance(values, Measure):
        yield place, f"{values.value} {values.unit}"
    else:
        yield place, values
