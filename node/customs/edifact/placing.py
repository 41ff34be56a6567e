"""Fields into segments: where a row of the mapping puts a value, and what has no room. Source: DESIGN 7.3, 7.4."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from node.customs.edifact.cargo_report import Measure, Values
from node.customs.edifact.mapping import Level, Mapping, Row
from node.customs.edifact.table import Component, Node, Position, Table
from node.customs.edifact.terms import Terms
from node.customs.edifact.values import NoMoment, cut, number, written_moment

#: Places of a segment and what stands there.
Cells = dict[Position, str]
_OUTSIDE_DATA: Final = frozenset({"const", "counter", "regulation"})
_LONGEST_TEXT: Final = 512
_HOUSES: Final = {"703", "714"}


@dataclass(slots=True)
class Form:
    """One segment that the mapping writes: the rows that fill it."""

    group: str
    segment: str
    qualifier: str
    #: The group of the document that makes one segment each; empty: the segment stands once.
    repeated: str
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Holder:
    """A part of the document on its way out: what is placed leaves it, what stays is lost."""

    level: Level
    values: Values
    #: Which of its kind.
    number: int
    place: str


class Placing:
    """Makes the segments of parts of the document."""

    def __init__(self, mapping: Mapping, terms: Terms, lose: Callable[[str, str], None]) -> None:
        self._table: Table = mapping.table
        self._terms = terms
        self._lose = lose
        self._forms = _forms(mapping.rows)
        #: Asked for by what is written far from the header.
        self.mode = self.report_id = ""

    def segments(self, group: str, node: Node, holder: Holder) -> Iterator[tuple[str, list[list[str]]]]:
        """The segments of one kind that a part of the document fills, in the order of the mapping."""
        for form in self._forms.get((group, node.name), ()):
            if form.repeated:
                yield from self._repeated(form, node, holder)
            else:
                for cells in self._filled(form, node, holder, holder.values, holder.place):
                    yield node.name, _elements(cells)

    def has(self, group: str) -> bool:
        """Whether anything is written to a group."""
        return any(place[0] == group for place in self._forms)

    def _repeated(self, form: Form, node: Node, holder: Holder) -> Iterator[tuple[str, list[list[str]]]]:
        left = []
        for index, group in enumerate(holder.values.get(form.repeated, ()), 1):
            place = f"{holder.place}/{form.repeated}[{index}]"
            if group.get("SequenceNumeric") == str(index):
                del group["SequenceNumeric"]
            for cells in self._filled(form, node, holder, group, place):
                yield node.name, _elements(cells)
            left.append(group)
        holder.values[form.repeated] = left

    # -- one segment -----------------------------------------------------------------------------------------------------

    def _filled(self, form: Form, node: Node, holder: Holder, values: Values, place: str) -> Iterable[Cells]:
        cells: Cells = {}
        done: list[tuple[str, ...]] = []
        for row in form.rows:
            if row.transform in _OUTSIDE_DATA:
                continue
            if row.transform == "packages":
                cells.update(self._packages(row, values))
                continue
            path = row.path[1:] if row.repeated else row.path
            if row.transform == "join":
                return self._joined(form, row, node, values, place)
            if row.transform == "party":
                return self._party(form, row, holder, values, place)
            value = _at(values, path)
            if value is None:
                if row.needed and form.repeated:
                    return ()
                if row.transform == "identification" and cells:
                    self._unidentified(row, place, cells)
                continue
            filled = self._placed(row, value, values, cells)
            if filled is not None:
                cells.update(filled)
                done.append(path)
            elif row.needed:
                return ()
        for path in done:
            _drop(values, path)
        # A value that is the rule when nothing is said needs no segment; one that counts opens a group and is needed always.
        counts = any(row.transform == "counter" for row in form.rows)
        return [self._completed(form, holder, cells)] if counts or any(cells.values()) else ()

    def _placed(self, row: Row, value: Any, values: Values, cells: Cells) -> Cells | None:
        """Where a value goes; None if it cannot."""
        match row.transform:
            case "measure":
                return self._measure(row, value)
            case "date":
                return self._date(row, value)
            case "codes":
                code = (
                    value if row.lets_others_pass else next((code for code, meant in row.codes.items() if meant == value), None)
                )
                return None if code is None else self._fits(row, code)
            case "version":
                return {} if value == "1" else self._fits(row, value)
            case "number":
                return self._fits(row, number(value))
            case "identification":
                return self._identification(row, value, cells)
            case "master":
                kind = values.get("TransportContractDocument", {}).get("TypeCode")
                return self._fits(row, value) if kind in _HOUSES else None
            case "commodity":
                return self._commodity(row, value, values)
            case _:
                pass
        return self._fits(row, value)

    def _fits(self, row: Row, value: str, position: Position | None = None) -> Cells | None:
        at = position or row.positions[0]
        return {at: value} if _keeps(self._component(row.segment, at), value) else None

    def _component(self, segment: str, position: Position) -> Component:
        return self._table.segments[segment].at(position)

    def _completed(self, form: Form, holder: Holder, cells: Cells) -> Cells:
        """The segment with its qualifier, and with what follows from the rest."""
        told: Cells = {(0, 0): form.qualifier} if form.qualifier else {}
        told.update(cells)
        for row in form.rows:
            if row.condition is not None and row.transform not in _OUTSIDE_DATA and row.condition.values:
                told.setdefault(row.condition.positions[0], row.condition.values[0])
        for row in form.rows:
            if row.transform not in _OUTSIDE_DATA or not _met(row, told):
                continue
            if row.transform == "counter":
                told[row.positions[0]] = str(holder.number)
            elif row.transform == "regulation":
                told[row.positions[0]] = "IMD" if self.mode == "1" else "ICA"
            else:
                told[row.positions[0]] = row.argument.replace("{ID}", self.report_id)
        return told

    # -- values ----------------------------------------------------------------------------------------------------------

    def _measure(self, row: Row, value: Any) -> Cells | None:
        if not isinstance(value, Measure):
            return None
        (unit_at,) = self._table.positions(row.segment, "6411")
        placed = self._fits(row, number(value.value))
        unit = self._fits(row, value.unit, unit_at)
        return None if placed is None or unit is None else placed | unit

    def _date(self, row: Row, value: str) -> Cells | None:
        try:
            digits, form, inexact = written_moment(value, self._terms.zone)
        except NoMoment:
            return None
        if inexact:
            self._lose("/" + "/".join(("CargoReport", *row.path)), f"the part of a second of {value}")
        (form_at,) = self._table.positions(row.segment, "2379")
        return {row.positions[0]: digits, form_at: form}

    def _identification(self, row: Row, value: str, cells: Cells) -> Cells | None:
        (identifier,) = self._table.positions(row.segment, "8213")
        codes = {"IMO": "146", "CALLSIGN": "103", "REGISTRATION" if self.mode == "4" else "OTHER": ""}
        return {row.positions[0]: codes[value]} if cells.get(identifier) and value in codes else None

    def _unidentified(self, row: Row, place: str, cells: Cells) -> None:
        (identifier,) = self._table.positions(row.segment, "8213")
        if cells.get(identifier):
            kind = "REGISTRATION" if self.mode == "4" else "OTHER"
            self._lose(f"{place}/{'/'.join(row.path)}", f"absent, and read back as {kind}")

    def _packages(self, row: Row, values: Values) -> Cells:
        """As many kinds of packages as the segment has room for; the rest stays."""
        cells: Cells = {}
        several = values.get("Packaging", [])
        if row.path[-1] != "QuantityQuantity":
            return cells
        kinds = self._table.positions(row.segment, "7065")
        for index, packaging in enumerate(several[: len(kinds)]):
            quantity, kind = packaging.get("QuantityQuantity"), packaging.get("TypeCode")
            if quantity is None or kind is None:
                break
            cells |= {row.positions[index]: number(quantity), kinds[index]: kind}
            packaging.clear()
        return cells

    def _commodity(self, row: Row, value: str, values: Values) -> Cells | None:
        placed = self._fits(row, value)
        if placed is not None and values["Classification"].get("EditionCode") == self._terms.hs_edition:
            del values["Classification"]["EditionCode"]
        return placed

    def _joined(self, form: Form, row: Row, node: Node, values: Values, place: str) -> Iterable[Cells]:
        text = values.pop(row.path[0], None)
        if text is None:
            return ()
        size = self._component(row.segment, row.positions[0]).most
        pieces, split = cut(text, size)
        room = node.most * len(row.positions)
        joined = " ".join(pieces)
        if len(joined) > _LONGEST_TEXT:
            # A word that is split is read back with a space more, for which there may be no room.
            pieces, _ = cut(joined[:_LONGEST_TEXT].rstrip(" "), size)
        if split or len(pieces) > room:
            what = joined[len(" ".join(pieces[:room])) :].strip(" ") or "a word longer than a piece is split"
            self._lose(f"{place}/{row.path[0]}", what)
        holder = Holder(row.level, values, 0, place)
        width = len(row.positions)
        chunks = [pieces[at : at + width] for at in range(0, min(len(pieces), room), width)]
        return [self._completed(form, holder, dict(zip(row.positions, chunk, strict=False))) for chunk in chunks]

    def _party(self, form: Form, row: Row, holder: Holder, values: Values, place: str) -> Iterable[Cells]:
        name = row.path[0]
        if row.repeated:
            return [self._party_cells(form, row, holder, values, place)]
        party = values.get(name)
        if name == "Carrier" and party and "Address" not in party and len(party.get("Name", "")) <= 35:
            return ()  # the main transport has room for it
        return [self._party_cells(form, row, holder, party, f"{place}/{name}")] if party else ()

    def _party_cells(self, form: Form, row: Row, holder: Holder, party: Values, place: str) -> Cells:
        cells: Cells = {}

        def put(tag: str, texts: Sequence[str], what: str) -> None:
            # Some directories have room for a fourth line, of which an address has none.
            positions = self._table.positions(row.segment, tag)[: 3 if tag == "3042" else None]
            size = self._component(row.segment, positions[0]).most
            pieces: list[str] = []
            changed = False
            for text in texts:
                more, split = cut(text, size)
                # A name is joined again when it is read; lines and single fields are not.
                changed = changed or split or (tag != "3036" and len(more) > 1)
                pieces += more
            if changed or len(pieces) > len(positions):
                self._lose(f"{place}/{what}", " ".join(pieces[len(positions) :]) or "cut into pieces: " + " / ".join(pieces))
            cells.update(zip(positions, pieces, strict=False))

        for tag, what in (("3039", "ID"), ("3036", "Name")):
            if text := party.pop(what, ""):
                put(tag, [text], what)
        address = party.pop("Address", None)
        if address is not None:
            put("3042", address.get("Line", ()), "Address/Line")
            for tag, what in (
                ("3164", "CityName"),
                ("3229", "CountrySubDivisionCode"),
                ("3251", "PostcodeID"),
                ("3207", "CountryCode"),
            ):
                if text := address.get(what, ""):
                    put(tag, [text], f"Address/{what}")
        return self._completed(form, holder, cells)


def _keeps(component: Component, value: str) -> bool:
    size = sum(char.isdigit() for char in value) if component.kind == "n" else len(value)
    return 0 < size <= component.most


def _met(row: Row, cells: Cells) -> bool:
    condition = row.condition
    if condition is None:
        return True
    told = [cells.get(position, "") for position in condition.positions]
    return any(value in condition.values for value in told) if condition.values else any(told)


def _at(values: Values, path: tuple[str, ...]) -> Any:
    found: Any = values
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _drop(values: Values, path: tuple[str, ...]) -> None:
    for name in path[:-1]:
        values = values[name]
    values.pop(path[-1], None)


def _forms(rows: Iterable[Row]) -> dict[tuple[str, str], list[Form]]:
    forms: dict[tuple[str, str, str, str, str], Form] = {}
    written = [row for row in rows if row.written]
    for row in written:
        if row.transform in _OUTSIDE_DATA:
            continue
        condition = row.condition.element + "|".join(row.condition.values) if row.condition else ""
        repeated = row.path[0] if row.repeated and row.transform != "packages" else ""
        whole = row.path[0] if row.transform == "party" else repeated
        key = (row.group, row.segment, row.qualifier, condition, whole)
        forms.setdefault(key, Form(row.group, row.segment, row.qualifier, repeated)).rows.append(row)
    for row in written:
        if row.transform in _OUTSIDE_DATA:
            for form in forms.values():
                if (form.group, form.segment) == (row.group, row.segment) and row.qualifier in {"", form.qualifier}:
                    form.rows.append(row)
    told: dict[tuple[str, str], list[Form]] = {}
    for form in forms.values():
        told.setdefault((form.group, form.segment), []).append(form)
    return told


def _elements(cells: Cells) -> list[list[str]]:
    elements: list[list[str]] = []
    for (element, component), value in sorted(cells.items()):
        elements += [[] for _ in range(element + 1 - len(elements))]
        elements[element] += [""] * (component - len(elements[element])) + [value]
    return elements
