"""The way of a message through its table: each segment is given its place once, looking forward only. Source: DESIGN 3.6 (EDI-03, EDI-04)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from node.customs.edifact.forms import Forms
from node.customs.edifact.found import Found
from node.customs.edifact.segments import Segment, Separators
from node.customs.edifact.table import Node, Table


class Event(Enum):
    """What a step of the walk says."""

    #: A group begins; its first segment follows.
    OPEN = "open"
    SEGMENT = "segment"
    #: A group is complete.
    CLOSE = "close"


@dataclass(slots=True)
class _Level:
    """How far a group has come."""

    node: Node
    #: Which of its kind, in the group above.
    number: int = 1
    #: The child that was met last, and how often.
    at: int = -1
    count: int = 0

    def find(self, tag: str) -> int:
        """The next child that a segment may belong to; -1 if there is none."""
        for index in self.node.by_tag.get(tag, ()):
            if index > self.at or (index == self.at and self.count < self.node.children[index].most):
                return index
        return -1

    def missing(self, before: int) -> Iterator[Node]:
        """The mandatory children that were left out up to a place."""
        return (child for child in self.node.children[self.at + 1 : before] if child.mandatory)


class Walk:
    """Steps through the segments of one message; what breaks EDI-03 and EDI-04 is found on the way and stepped over.

    A step costs the depth of the table, not what came before.
    """

    def __init__(self, table: Table, number: int, separators: Separators, found: Found) -> None:
        self._table = table
        self._forms = Forms(table, separators)
        self._found = found
        self._levels = [_Level(table.root, number)]
        self._segment = 0

    def steps(self, segments: Iterable[Segment]) -> Iterator[tuple[Event, str, Segment | None]]:
        """Events with the name of the group (empty for the message itself), and for SEGMENT the segment."""
        for segment in segments:
            self._segment = segment.number
            level, index = self._place(segment.tag)
            if index < 0:
                self._breach(segment.tag, "unexpected")
                continue
            yield from self._close(level + 1)
            group = self._enter(index)
            if group is not None:
                yield Event.OPEN, group.name, None
            for tag, where in self._forms.breaches(segment):
                self._found.tell("EDI-04", f"{self.location(segment.tag)}/{tag}", tag, where, f"segment {segment.number}")
            yield Event.SEGMENT, self._levels[-1].node.name, segment
        yield from self._close(0)

    def location(self, tag: str = "") -> str:
        """Where the walk stands: `/UNH[1]/SG4[2]/SG5[1]/RFF[1]`."""
        message, *groups = self._levels
        path = f"/UNH[{message.number}]" + "".join(f"/{level.node.name}[{level.number}]" for level in groups)
        last = self._levels[-1]
        return f"{path}/{tag}[{last.count}]" if tag and tag != "UNH" else path

    @property
    def segment(self) -> str:
        """Which segment of the message is being looked at: `segment 57`."""
        return f"segment {self._segment}"

    def _place(self, tag: str) -> tuple[int, int]:
        for level in range(len(self._levels) - 1, -1, -1):
            if (index := self._levels[level].find(tag)) >= 0:
                return level, index
        return -1, -1

    def _enter(self, index: int) -> Node | None:
        """Takes the segment at a child of the innermost level; the group that it opens, if it does."""
        level = self._levels[-1]
        if index == level.at:
            level.count += 1
        else:
            self._miss(level, index)
            level.at, level.count = index, 1
        child = level.node.children[index]
        if not child.is_group:
            return None
        self._levels.append(_Level(child, level.count, 0, 1))
        return child

    def _close(self, depth: int) -> Iterator[tuple[Event, str, Segment | None]]:
        while len(self._levels) > depth:
            level = self._levels[-1]
            self._miss(level, len(level.node.children))
            yield Event.CLOSE, level.node.name, None
            self._levels.pop()

    def _miss(self, level: _Level, before: int) -> None:
        for child in level.missing(before):
            self._breach(child.tag, "missing")

    def _breach(self, tag: str, how: str) -> None:
        shown = tag[:10]
        self._found.tell("EDI-03", f"{self.location()}/{shown}", shown, how, self.segment)
