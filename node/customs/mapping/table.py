"""A map as its pack writes it: `map/<name>.csv`, with what it is for in its first lines.

    # type: co.certificate
    # root: ubl:CertificateOfOrigin
    # ns ubl: urn:oasis:names:specification:ubl:schema:xsd:CertificateOfOrigin-2
    source_path,target_path,direction,transform,condition,needed,loss_note
    ID,cbc:ID,both,,,yes,

`source_path` is ours, `target_path` theirs. A row without a target says that the source does not go across, and why. The rows stand in the order that the other form wants
of its elements, and `# order cac:Party: cbc:ID cac:PartyName` says it for the children of one; ours is that of our schema. A condition is an XPath at the innermost occurrence of the side that is read.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from node.customs.mapping.path import Path, PathRefused, read_path
from node.customs.mapping.transform import Transform, TransformRefused, read_transform
from node.customs.xpath.expression import Expression, ExpressionRefused, compile_expression

COLUMNS: Final = ("source_path", "target_path", "direction", "transform", "condition", "needed", "loss_note")
_DIRECTIONS: Final = frozenset({"in", "out", "both"})
_HEAD: Final = frozenset({"type", "root", "title"})


class MapRefused(ValueError):
    """The octets are no map; the text has one line for each problem."""


class Way(Enum):
    """Which form is read and which is written."""

    #: Ours is read.
    OUT = "out"
    #: Ours is written.
    IN = "in"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what stands here stands there."""

    line: int
    #: None for a value that only the other form has.
    ours: Path | None
    theirs: Path | None
    direction: str
    transform: Transform
    condition: Expression | None
    needed: bool
    loss: str

    def goes(self, way: Way) -> bool:
        """Whether the row is read in that direction."""
        return self.direction in {"both", way.value}

    def read(self, way: Way) -> Path | None:
        """The path on the side that is read."""
        return self.ours if way is Way.OUT else self.theirs

    def written(self, way: Way) -> Path | None:
        """The path on the side that is written."""
        return self.theirs if way is Way.OUT else self.ours


@dataclass(frozen=True, slots=True)
class MapTable:
    """A whole map between one of our types and one foreign form."""

    name: str
    title: str
    #: Our type.
    type_id: str
    #: The root elements, as lxml spells them.
    ours: str
    theirs: str
    #: By prefix, for what is written in the other form.
    namespaces: Mapping[str, str]
    rows: Sequence[Row]
    #: The children of an element of the other form, where the rows cannot say their order; as lxml spells them.
    orders: Mapping[str, Sequence[str]]


def read_table(name: str, octets: bytes, ours: str, codes: Mapping[str, bytes]) -> MapTable:
    """A map from its file; `ours` is the root element of our type, `codes` the tables ours,theirs by name. Raises MapRefused."""
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MapRefused(f"not UTF-8: {error}") from None
    said, namespaces, orders, rows = _parts(text)
    own = ours.partition("}")[0].removeprefix("{") if ours.startswith("{") else ""
    problems: list[str] = []
    reader = _Reader({"": own}, namespaces, own, _code_tables(codes))
    found = list(reader.rows(rows, problems))
    root = _tag(said.get("root", ""), namespaces, problems)
    ordered = {
        _tag(name, namespaces, problems): [_tag(one, namespaces, problems) for one in names] for name, names in orders.items()
    }
    if "type" not in said:
        problems.append("the first lines do not say the type")
    if problems:
        raise MapRefused("\n".join(problems))
    return MapTable(name, said.get("title", name), said["type"], ours, root, namespaces, found, ordered)


def _tag(said: str, namespaces: Mapping[str, str], problems: list[str]) -> str:
    try:
        steps = read_path(said, namespaces).steps
    except PathRefused as error:
        problems.append(f"in the first lines: {error}")
        return ""
    if len(steps) != 1:
        problems.append(f"in the first lines: {said!r} is no element")
    return steps[0].tag if steps else ""


_Lines = Iterator[tuple[int, list[str]]]


def _parts(text: str) -> tuple[dict[str, str], dict[str, str], dict[str, list[str]], _Lines]:
    said: dict[str, str] = {}
    orders: dict[str, list[str]] = {}
    namespaces = {"": ""}
    lines = text.splitlines()
    for line in _leading(lines):
        key, _, value = line.removeprefix("#").strip().partition(": ")
        if key.startswith("order "):
            orders[key.removeprefix("order ")] = value.split()
        elif key == "ns" or key.startswith("ns "):
            namespaces[key.removeprefix("ns").strip()] = value.strip()
        elif key in _HEAD:
            said[key] = value.strip()
        else:
            known = ", ".join(sorted(_HEAD))
            raise MapRefused(f"{key!r} is nothing that a map says of itself; there are ns PREFIX, order ELEMENT, {known}")
    start = sum(1 for _ in _leading(lines))
    reader = csv.reader(io.StringIO("\n".join(lines[start:])))
    if tuple(next(reader, ())) != COLUMNS:
        raise MapRefused(f"line {start + 1}: the columns are not {','.join(COLUMNS)}")
    return said, namespaces, orders, ((start + reader.line_num, cells) for cells in reader)


def _leading(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        if not line.startswith("#"):
            return
        yield line


def _code_tables(files: Mapping[str, bytes]) -> Mapping[str, Mapping[str, str]]:
    tables = {}
    for name, octets in files.items():
        rows = list(csv.reader(io.StringIO(octets.decode("utf-8-sig"))))
        if not rows or rows[0] != ["ours", "theirs"] or any(len(row) != 2 for row in rows):
            raise MapRefused(f"{name}: the columns are not ours,theirs")
        tables[name] = {row[0]: row[1] for row in rows[1:]}
    return tables


class _Reader:
    """Rows with everything that they name."""

    def __init__(
        self, ours: Mapping[str, str], theirs: Mapping[str, str], own: str, codes: Mapping[str, Mapping[str, str]]
    ) -> None:
        self._ours, self._theirs, self._own, self._codes = ours, theirs, own, codes

    def rows(self, rows: Iterator[tuple[int, list[str]]], problems: list[str]) -> Iterator[Row]:
        """The rows that are right; what is wrong with the others goes to `problems`."""
        for line, cells in rows:
            if not cells or cells[0].startswith("#"):
                continue
            if len(cells) != len(COLUMNS):
                problems.append(f"line {line}: {len(cells)} cells under {len(COLUMNS)} columns")
                continue
            try:
                yield self._row(line, [cell.strip() for cell in cells])
            except (PathRefused, TransformRefused, ExpressionRefused, MapRefused) as error:
                problems.append(f"line {line}: {error}")

    def _row(self, line: int, cells: list[str]) -> Row:
        source, target, direction, transform, condition, needed, loss = cells
        if direction not in _DIRECTIONS:
            raise MapRefused(f"direction {direction!r} is not in, out or both")
        ours = read_path(source, self._ours) if source else None
        theirs = read_path(target, self._theirs) if target else None
        change = read_transform(transform, self._codes)
        if (ours is None or theirs is None) and change.constant is None and not loss:
            raise MapRefused("a row with one path has a const, or a loss_note that says why the other is missing")
        if condition and direction == "both":
            raise MapRefused("a condition looks at the side that is read: write one row in and one out")
        asked = None
        if condition:
            spaces = self._theirs if direction == "in" else self._ours
            named = {prefix: space for prefix, space in spaces.items() if prefix}
            asked = compile_expression(condition, named, spaces.get("", "") if direction == "in" else self._own)
        return Row(line, ours, theirs, direction, change, asked, needed == "yes", loss)
