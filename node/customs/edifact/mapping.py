"""Mappings: which element of a message is which field of the canonical document, in both directions; read from a file of a pack. Source: DESIGN 7.4, 9."""

import csv
import io
import re
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Final

from node.customs.edifact.table import Node, Position, Table, TableRefused

_COLUMNS: Final = ("source_path", "target_path", "direction", "transform", "condition", "needed", "loss_note")
_SOURCE: Final = re.compile(
    r"(?:(SG[0-9]+)(?:\+([A-Z0-9]+))?/)?([A-Z]{3}|\*)(?:\+([A-Z0-9|*]+))?/(\*|(?:[CS][0-9]{3}\.)?[0-9]{4})"
)
_CONDITION: Final = re.compile(r"((?:[CS][0-9]{3}\.)?[0-9]{4})(?:=([A-Z0-9|]*))?")
#: What a row may ask for; `codes` and `const` and `pad` have an argument after a colon.
TRANSFORMS: Final = frozenset(
    (
        "authority",
        "carrier",
        "codes",
        "commodity",
        "const",
        "copy",
        "counter",
        "date",
        "document",
        "identification",
        "ignore",
        "join",
        "master",
        "measure",
        "number",
        "packages",
        "pad",
        "party",
        "regulation",
        "version",
    )
)


class Level(Enum):
    """Which part of the document a row fills."""

    REPORT = ""
    EQUIPMENT = "TransportEquipment"
    CONSIGNMENT = "Consignment"
    ITEM = "ConsignmentItem"


@dataclass(frozen=True, slots=True)
class Condition:
    """What must stand in another element of the same segment."""

    element: str
    positions: tuple[Position, ...]
    #: Empty: anything.
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a mapping, with the places of its elements looked up in the table."""

    #: Its line in the file: earlier rows go first.
    number: int
    #: Empty for the message itself.
    group: str
    #: The qualifier of the segment that opens the group; empty for any.
    opened_by: str
    segment: str
    #: In the order of preference; empty for any.
    qualifiers: tuple[str, ...]
    #: The one that is written.
    qualifier: str
    element: str
    positions: tuple[Position, ...]
    level: Level
    #: Below the level; the group that the segment repeats is told apart.
    path: tuple[str, ...]
    #: Each segment makes one more of the group that the path begins with.
    repeated: bool
    read: bool
    written: bool
    transform: str
    argument: str
    condition: Condition | None
    needed: bool
    note: str

    @property
    def field(self) -> str:
        """The field in words of the document: `Consignment/Consignor`."""
        above = {Level.ITEM: "Consignment/ConsignmentItem"}.get(self.level, self.level.value)
        return "/".join(filter(None, (above, *self.path)))

    @property
    def codes(self) -> MappingOf[str, str]:
        """Code in the message to code in the document; a lone `*` lets all others pass."""
        return dict(pair.split("=") for pair in self.argument.split() if pair != "*")

    @property
    def lets_others_pass(self) -> bool:
        """Whether a code that is not listed stays as it is."""
        return "*" in self.argument.split()


@dataclass(frozen=True, eq=False)
class Mapping:
    """The rows of one kind of message."""

    table: Table
    rows: tuple[Row, ...]
    #: By group and segment: the rows that may read it.
    reading: MappingOf[tuple[str, str], tuple[Row, ...]]
    #: Segment to elements that are left aside without a word.
    ignored: MappingOf[str, frozenset[str]]
    #: The group that opens a level.
    levels: MappingOf[str, Level]

    @cached_property
    def needed(self) -> MappingOf[Level, tuple[Row, ...]]:
        """By level the rows whose field must be filled, one for each field; parties too, which need a name."""
        fields: dict[Level, dict[tuple[str, ...], Row]] = {level: {} for level in Level}
        for row in self.rows:
            if row.read and (row.needed or row.transform == "party"):
                fields[row.level].setdefault(row.path, row)
        return {level: tuple(rows.values()) for level, rows in fields.items()}

    @cached_property
    def masters(self) -> frozenset[str]:
        """The groups over several references that may hold the number of their master."""
        return frozenset(row.group for row in self.rows if row.transform == "master")

    def group(self, level: Level) -> str:
        """The group of a level."""
        return next(group for group, opened in self.levels.items() if opened is level)


def read_mapping(octets: bytes, table: Table) -> Mapping:
    """A mapping from its file. Raises TableRefused."""
    try:
        lines = csv.DictReader(io.StringIO(octets.decode(), newline=""))
        if tuple(lines.fieldnames or ()) != _COLUMNS:
            raise TableRefused(f"line 1: the columns are not {','.join(_COLUMNS)}")
        rows = tuple(_row(number, line, table) for number, line in enumerate(lines, 2))
    except (UnicodeDecodeError, csv.Error) as error:
        raise TableRefused(str(error)) from None
    reading: dict[tuple[str, str], list[Row]] = {}
    ignored: dict[str, set[str]] = {}
    for row in rows:
        if row.transform == "ignore":
            ignored.setdefault(row.segment, set()).add(row.element)
        elif row.read:
            reading.setdefault((row.group, row.segment), []).append(row)
    levels = {_opener(rows, level): level for level in (Level.EQUIPMENT, Level.CONSIGNMENT, Level.ITEM)}
    return Mapping(
        table,
        rows,
        {key: tuple(several) for key, several in reading.items()},
        {segment: frozenset(elements) for segment, elements in ignored.items()},
        levels,
    )


_OPENS: Final = {Level.EQUIPMENT: ("ID",), Level.CONSIGNMENT: ("TransportContractDocument", "ID"), Level.ITEM: ("Description",)}


def _opener(rows: tuple[Row, ...], level: Level) -> str:
    for row in rows:
        if row.level is level and row.path == _OPENS[level]:
            return row.group
    raise TableRefused(f"no row for {level.value}/{'/'.join(_OPENS[level])}")


def _row(number: int, line: MappingOf[str, str], table: Table) -> Row:
    try:
        return _checked_row(number, line, table)
    except (TableRefused, TypeError, AttributeError) as error:
        raise TableRefused(f"line {number}: {error}") from None


def _checked_row(number: int, line: MappingOf[str, str], table: Table) -> Row:
    source = _SOURCE.fullmatch(line["source_path"])
    if source is None:
        raise TableRefused(f"{line['source_path']!r} is no path of an element")
    group, opened_by, segment, qualifiers, element = source.groups(default="")
    if segment != "*" and not _stands(table.root, group, segment):
        raise TableRefused(f"{segment} does not stand in {group or 'the message'}")
    transform, _, argument = line["transform"].partition(":")
    if transform not in TRANSFORMS or line["direction"] not in {"in", "out", "both"}:
        raise TableRefused(f"{line['direction']} {line['transform']} is not known")
    level, path, repeated = _target(line["target_path"])
    alternatives = tuple(qualifiers.split("|")) if qualifiers else ()
    chosen = next((one for one in alternatives if one.endswith("*")), alternatives[0] if alternatives else "")
    return Row(
        number,
        group,
        opened_by,
        segment,
        tuple(one.rstrip("*") for one in alternatives),
        chosen.rstrip("*"),
        element,
        table.positions(segment, element) if segment != "*" and element != "*" else (),
        level if path else _level_of(group, table),
        path,
        repeated,
        line["direction"] != "out",
        line["direction"] != "in",
        transform,
        argument,
        _condition(line["condition"], segment, table),
        line["needed"] == "yes",
        line["loss_note"],
    )


def _level_of(group: str, table: Table) -> Level:
    """A row without a field follows the group it stands in: the trigger of the group tells which."""
    triggers = {"EQD": Level.EQUIPMENT, "CNI": Level.CONSIGNMENT, "RFF": Level.CONSIGNMENT, "GID": Level.ITEM}
    path = _path(table.root, group)
    if path and path[0].tag not in {"EQD", "CNI"}:
        return Level.REPORT
    return next((triggers[node.tag] for node in reversed(path) if node.tag in triggers), Level.REPORT)


def _path(node: Node, group: str) -> list[Node]:
    for child in node.children:
        if child.is_group:
            if child.name == group:
                return [child]
            if below := _path(child, group):
                return [child, *below]
    return []


def _stands(root: Node, group: str, segment: str) -> bool:
    path = _path(root, group)
    node = path[-1] if path else root
    return (not group or bool(path)) and any(child.name == segment for child in node.children if not child.is_group)


def _condition(text: str, segment: str, table: Table) -> Condition | None:
    if not text:
        return None
    told = _CONDITION.fullmatch(text)
    if told is None:
        raise TableRefused(f"{text!r} is no condition")
    return Condition(told[1], table.positions(segment, told[1]), tuple(told[2].split("|")) if told[2] is not None else ())


def _target(text: str) -> tuple[Level, tuple[str, ...], bool]:
    names = [name for name in text.split("/") if name]
    level = Level.REPORT
    if names[:2] == ["Consignment", "ConsignmentItem"]:
        level, names = Level.ITEM, names[2:]
    elif names and names[0] in {"Consignment", "TransportEquipment"}:
        level, names = Level(names[0]), names[1:]
    repeated = bool(names) and names[0].endswith("[]")
    return level, tuple(name.removesuffix("[]") for name in names), repeated
