"""Segment tables: which segments a message has, in which order, and what their elements look like; read from a file of a pack. Source: DESIGN 7.3."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_FORM: Final = re.compile(r"(an|a|n)(\.\.)?([1-9][0-9]*)")
_PART: Final = re.compile(r"([MC]) ([0-9]{4}) (\S+)|([MC]) ([CS][0-9]{3})")
_GROUP: Final = re.compile("SG[0-9]+")
_LINE: Final = re.compile(r"( *)([A-Z0-9]{3,5}) ([MC]) ([1-9][0-9]*)")


class TableRefused(ValueError):
    """The octets are no segment table; the text says where."""


@dataclass(frozen=True, slots=True)
class Component:
    """One data element at its place."""

    #: `1004`.
    tag: str
    mandatory: bool
    #: `an`, `a` or `n`.
    kind: str
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a segment: a composite, or one data element alone."""

    #: `C506`, or the tag of its one component.
    tag: str
    mandatory: bool
    components: tuple[Component, ...]
    composite: bool


#: Element and component, each from 0.
Position = tuple[int, int]


@dataclass(frozen=True, slots=True)
class SegmentForm:
    """What one kind of segment looks like."""

    tag: str
    elements: tuple[Element, ...]
    #: By data element (`7224`), or by composite and data element (`C222.1131`): all its places, in their order.
    positions: Mapping[str, tuple[Position, ...]]

    def at(self, position: Position) -> Component:
        """The data element at a place."""
        return self.elements[position[0]].components[position[1]]


@dataclass(slots=True)
class Node:
    """A segment or a group at its place in the message."""

    #: `RFF`, `SG5`.
    name: str
    mandatory: bool
    most: int
    children: list["Node"] = field(default_factory=list)
    #: For each tag, which children a segment with that tag belongs to: it is theirs, or opens them.
    by_tag: dict[str, list[int]] = field(default_factory=dict)

    @property
    def is_group(self) -> bool:
        """Whether it holds segments."""
        return bool(self.children)

    @property
    def tag(self) -> str:
        """The tag of the segment, or of the one that opens the group."""
        return self.children[0].name if self.children else self.name


@dataclass(frozen=True, slots=True)
class Table:
    """What one message of one directory looks like."""

    #: `CUSCAR:D:95B:UN`.
    kind: str
    root: Node
    segments: Mapping[str, SegmentForm]

    def positions(self, segment: str, element: str) -> tuple[Position, ...]:
        """Where an element stands in a segment. Raises TableRefused if it is not there."""
        try:
            return self.segments[segment].positions[element]
        except KeyError:
            raise TableRefused(f"{self.kind}: {segment} has no element {element}") from None


def read_table(octets: bytes) -> Table:
    """A table from its file. Raises TableRefused."""
    try:
        told = tomllib.loads(octets.decode())
        composites = {name: tuple(map(_component, parts)) for name, parts in told["composites"].items()}
        segments = {tag: _segment(tag, parts, composites) for tag, parts in told["segments"].items()}
        kind = ":".join(str(told[name]) for name in ("type", "version", "release", "agency"))
        return Table(kind, _structure(told["structure"], segments), segments)
    except KeyError as error:
        raise TableRefused(f"{error.args[0]} is missing") from None
    except (ValueError, AttributeError, TypeError) as error:
        raise TableRefused(str(error)) from None


def _component(text: str) -> Component:
    part = _PART.fullmatch(text)
    form = _FORM.fullmatch(part[3]) if part and part[3] else None
    if part is None or form is None:
        raise TableRefused(f"{text!r} is no data element with status and format")
    most = int(form[3])
    return Component(part[2], part[1] == "M", form[1], 1 if form[2] else most, most)


def _segment(tag: str, parts: list[str], composites: Mapping[str, tuple[Component, ...]]) -> SegmentForm:
    elements = []
    positions: dict[str, list[Position]] = {}
    for index, text in enumerate(parts):
        part = _PART.fullmatch(text)
        if part and part[5]:
            element = Element(part[5], part[4] == "M", composites[part[5]], composite=True)
        else:
            alone = _component(text)
            element = Element(alone.tag, alone.mandatory, (alone,), composite=False)
        elements.append(element)
        for number, component in enumerate(element.components):
            for name in {component.tag, f"{element.tag}.{component.tag}"}:
                positions.setdefault(name, []).append((index, number))
    return SegmentForm(tag, tuple(elements), {name: tuple(places) for name, places in positions.items()})


def _structure(text: str, segments: Mapping[str, Any]) -> Node:
    root = Node("", mandatory=True, most=1)
    path = [root]
    for line in filter(str.strip, text.splitlines()):
        told = _LINE.fullmatch(line)
        if told is None or len(told[1]) % 2 or len(told[1]) // 2 >= len(path):
            raise TableRefused(f"structure: {line!r} is no segment or group with status and number")
        node = Node(told[2], told[3] == "M", int(told[4]))
        if not _GROUP.fullmatch(node.name) and node.name not in segments:
            raise TableRefused(f"structure: segment {node.name} is not described")
        del path[len(told[1]) // 2 + 1 :]
        path[-1].children.append(node)
        path.append(node)
    _index(root)
    return root


def _index(node: Node) -> None:
    for index, child in enumerate(node.children):
        if child.is_group:
            _index(child)
        elif _GROUP.fullmatch(child.name):
            raise TableRefused(f"structure: group {child.name} is empty")
        node.by_tag.setdefault(child.tag, []).append(index)
