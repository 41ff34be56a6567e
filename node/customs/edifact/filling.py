"""Segments into fields: what a row of the mapping makes of an element, and what no row takes. Source: DESIGN 7.4."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from node.customs.edifact.cargo_report import CONSIGNMENT, EQUIPMENT, ITEM, REPORT, Measure, Part, Values
from node.customs.edifact.found import Found
from node.customs.edifact.mapping import Level, Mapping, Row
from node.customs.edifact.segments import Segment, written
from node.customs.edifact.table import Position
from node.customs.edifact.terms import Terms
from node.customs.edifact.values import NoMoment, collapsed, knows, moment, number
from node.customs.edifact.walk import Walk

_PARTS: Final = {Level.REPORT: REPORT, Level.EQUIPMENT: EQUIPMENT, Level.CONSIGNMENT: CONSIGNMENT, Level.ITEM: ITEM}
_IDENTIFICATIONS: Final = {"146": "IMO", "103": "CALLSIGN"}


@dataclass(slots=True)
class _Taken:
    """A value that fills a field, and where it came from, in case a better one follows."""

    rank: int
    value: Any
    said: str
    segment: str


@dataclass(slots=True)
class _Holder:
    """The part of the document that is being filled."""

    values: Values = field(default_factory=dict)
    taken: dict[tuple[str, ...], _Taken] = field(default_factory=dict)


class Filling:
    """The fields of the document as far as they are filled, and the rows that fill them."""

    def __init__(self, mapping: Mapping, terms: Terms, walk: Walk, found: Found) -> None:
        self._mapping = mapping
        self._terms = terms
        self._walk = walk
        self._found = found
        self._holders = {level: _Holder() for level in Level}
        self._openers: dict[str, str | None] = {}
        #: Groups that the segment at hand makes; None where there is no room for one more.
        self._instances: dict[str, Values | None] = {}
        #: 3127 and 3128 of the main transport: the carrier, if no party is.
        self.carrier: dict[str, str] = {}
        #: The number over a group of references, and the segment it stands in.
        self.master: tuple[str, str] | None = None
        self._everywhere = mapping.ignored.get("*", frozenset())
        self._lengths = _lengths(mapping)
        self._transforms: dict[str, Callable[[Row, Segment], Iterable[Position]]] = {
            "authority": self._authority,
            "carrier": self._read_carrier,
            "codes": self._codes,
            "commodity": self._commodity,
            "copy": self._copy,
            "date": self._date,
            "document": self._copy,
            "identification": self._identification,
            "join": self._join,
            "master": self._read_master,
            "measure": self._measure,
            "number": self._number,
            "packages": self._read_packages,
            "pad": self._pad,
            "party": self._party,
            "version": self._number,
        }

    def values(self, level: Level) -> Values:
        """What is filled of the part of the document at hand."""
        return self._holders[level].values

    def open(self, group: str, level: Level | None) -> None:
        """A group begins, and with it a new part of the document if the level says so."""
        self._openers[group] = None
        if level is not None:
            self._holders[level] = _Holder()

    # -- segments --------------------------------------------------------------------------------------------------------

    def read(self, group: str, segment: Segment) -> None:
        """Fills what the segment says; what of it goes nowhere is told."""
        qualifier = segment.value(0)
        if self._openers.get(group, "") is None:
            self._openers[group] = qualifier
        claimed: set[Position] = set()
        carried: set[Position] = set()
        self._instances.clear()
        for row in self._mapping.reading.get((group, segment.tag), ()):
            if row.qualifiers and qualifier not in row.qualifiers:
                continue
            if row.opened_by and self._openers.get(group) != row.opened_by:
                continue
            condition = row.condition
            if condition is not None and row.transform != "commodity":
                if not any(segment.value(*position) in condition.values for position in condition.positions):
                    continue
                claimed.update(condition.positions)
            if row.qualifiers:
                claimed.add((0, 0))
            carried.update(self._transforms[row.transform](row, segment))
        self._lose_rest(segment, claimed | carried, whole=not carried)

    def _lose_rest(self, segment: Segment, claimed: set[Position], *, whole: bool) -> None:
        ignored = self._mapping.ignored.get(segment.tag, frozenset())
        if "*" in ignored:
            return
        lost = [
            (place, value)
            for index, values in enumerate(segment.elements)
            for number_in, value in enumerate(values)
            if value and (place := (index, number_in)) not in claimed
        ]
        if not lost:
            return
        form = self._mapping.table.segments[segment.tag]
        for (index, number_in), value in lost:
            if index >= len(form.elements) or number_in >= len(form.elements[index].components):
                continue  # refused by EDI-04 already
            tag = form.at((index, number_in)).tag
            if tag in ignored or tag in self._everywhere or not collapsed(value):
                continue
            if whole:
                self.lose(written(segment.tag, segment.elements)[:-1], self._walk.location(segment.tag))
                return
            self.lose(f"{segment.tag} {tag}: {value}", f"{self._walk.location(segment.tag)}/{tag}")

    def lose(self, said: str, place: str = "", segment: str = "") -> None:
        """Tells that something is not carried over."""
        self._found.tell("EDI-06", place or self._walk.location(), said, segment or self._walk.segment)

    # -- values ----------------------------------------------------------------------------------------------------------

    def _offer(self, row: Row, segment: Segment, value: Any, positions: Iterable[Position]) -> Iterable[Position]:
        """Fills the field of a row and claims the places of the value, or leaves them unclaimed, if there is no room."""
        length = self._lengths[row.number]
        if length and isinstance(value, str) and len(value) > length:
            return ()
        holder = self._holders[row.level]
        if row.repeated:
            return positions if self._put(holder, row, value) else ()
        rank = row.qualifiers.index(segment.value(0)) if row.qualifiers else 0
        known = holder.taken.get(row.path)
        if known is not None and (known.value == value or rank >= known.rank):
            return positions if known.value == value else ()
        said = value.value if isinstance(value, Measure) else str(value)
        if known is not None:
            self.lose(f"{segment.tag} {row.element}: {known.said}", segment=known.segment)
        holder.taken[row.path] = _Taken(rank, value, said, self._walk.segment)
        values = holder.values
        for name in row.path[:-1]:
            values = values.setdefault(name, {})
        values[row.path[-1]] = value
        return positions

    def _put(self, holder: _Holder, row: Row, value: Any) -> bool:
        """Puts a value into the group that this segment makes."""
        name = row.path[0]
        if name not in self._instances:
            several = holder.values.setdefault(name, [])
            part = _PARTS[row.level].part(name)
            if part is None or len(several) >= part.most:
                self._instances[name] = None
            else:
                self._instances[name] = {}
                several.append(self._instances[name])
        group = self._instances[name]
        if group is None:
            return False
        if len(row.path) > 1:
            group[row.path[1]] = value
        else:
            group.update(value)
        return True

    def _first(self, row: Row, segment: Segment) -> tuple[str, Position]:
        for position in row.positions:
            if value := collapsed(segment.value(*position)):
                return value, position
        return "", (0, 0)

    def _copy(self, row: Row, segment: Segment) -> Iterable[Position]:
        value, position = self._first(row, segment)
        return self._offer(row, segment, value, [position]) if value else ()

    def _number(self, row: Row, segment: Segment) -> Iterable[Position]:
        value, position = self._first(row, segment)
        return self._offer(row, segment, number(value), [position]) if value else ()

    def _pad(self, row: Row, segment: Segment) -> Iterable[Position]:
        value, position = self._first(row, segment)
        return self._offer(row, segment, value.rjust(int(row.argument), "0"), [position]) if value else ()

    def _codes(self, row: Row, segment: Segment) -> Iterable[Position]:
        value, position = self._first(row, segment)
        meant = row.codes.get(value, value if row.lets_others_pass else "")
        return self._offer(row, segment, meant, [position]) if meant else ()

    def _authority(self, row: Row, segment: Segment) -> Iterable[Position]:
        value, position = self._first(row, segment)
        return self._offer(row, segment, self._terms.authority(value), [position]) if value else ()

    def _date(self, row: Row, segment: Segment) -> Iterable[Position]:
        value, position = self._first(row, segment)
        (form_at,) = self._mapping.table.positions(segment.tag, "2379")
        form = segment.value(*form_at)
        if not value or not knows(form):
            return ()
        try:
            when = moment(value, form, self._terms.zone)
        except NoMoment:
            place = f"{self._walk.location(segment.tag)}/2380"
            self._found.tell("EDI-04", place, "2380", value, self._walk.segment)
            return position, form_at
        return self._offer(row, segment, when, [position, form_at])

    def _measure(self, row: Row, segment: Segment) -> Iterable[Position]:
        value, position = self._first(row, segment)
        (unit_at,) = self._mapping.table.positions(segment.tag, "6411")
        if not value:
            return ()
        unit = collapsed(segment.value(*unit_at)) or "KGM"
        return self._offer(row, segment, Measure(number(value), unit), [position, unit_at])

    def _join(self, row: Row, segment: Segment) -> Iterable[Position]:
        said = " ".join(filter(None, (collapsed(segment.value(*position)) for position in row.positions)))
        if not said:
            return ()
        values = self._holders[row.level].values
        text = f"{values[row.path[0]]} {said}" if row.path[0] in values else said
        part = _PARTS[row.level].part(row.path[0])
        most = part.length if part else len(text)
        if len(text) > most:
            self.lose(
                f"{segment.tag} {row.element}: {text[most:].strip(' ')}", f"{self._walk.location(segment.tag)}/{row.element}"
            )
        values[row.path[0]] = text[:most].rstrip(" ")
        return row.positions

    def _identification(self, row: Row, segment: Segment) -> Iterable[Position]:
        (identifier,) = self._mapping.table.positions(segment.tag, "8213")
        if not segment.value(*identifier):
            return ()
        (mode_at,) = self._mapping.table.positions(segment.tag, "8067")
        otherwise = "REGISTRATION" if segment.value(*mode_at) == "4" else "OTHER"
        return self._offer(row, segment, _IDENTIFICATIONS.get(segment.value(*row.positions[0]), otherwise), row.positions)

    def _read_carrier(self, row: Row, segment: Segment) -> Iterable[Position]:
        value, position = self._first(row, segment)
        if not value or row.element in self.carrier:
            return ()
        self.carrier[row.element] = value
        return [position]

    def _read_master(self, row: Row, segment: Segment) -> Iterable[Position]:
        value, position = self._first(row, segment)
        if not value:
            return ()
        self.master = value, self._walk.segment
        return [position]

    def _read_packages(self, row: Row, segment: Segment) -> Iterable[Position]:
        if row.path[1] != "QuantityQuantity":
            return ()
        claimed: list[Position] = []
        quantities, kinds = row.positions, self._mapping.table.positions(segment.tag, "7065")
        packaging: list[Values] = []
        for quantity_at, kind_at in zip(quantities, kinds, strict=True):
            quantity, kind = segment.value(*quantity_at), collapsed(segment.value(*kind_at))
            if quantity or kind:
                told = {"QuantityQuantity": number(quantity)} if quantity else {}
                packaging.append({**told, **({"TypeCode": kind} if kind else {})})
                claimed += [quantity_at, kind_at]
        if packaging:
            self._holders[row.level].values["Packaging"] = packaging
        return claimed

    def _commodity(self, row: Row, segment: Segment) -> Iterable[Position]:
        values = self._holders[row.level].values
        condition = row.condition
        if condition is None or "Classification" in values:
            return ()
        for code_at, list_at in zip(row.positions, condition.positions, strict=True):
            code = collapsed(segment.value(*code_at))
            if code and segment.value(*list_at) in condition.values:
                values["Classification"] = {"ID": code, "EditionCode": self._terms.hs_edition}
                return [code_at, list_at]
        return ()

    def _party(self, row: Row, segment: Segment) -> Iterable[Position]:
        claimed: list[Position] = []

        def texts(tag: str, most: int = 9) -> list[str]:
            told: list[str] = []
            for position in self._mapping.table.positions(segment.tag, tag):
                if text := collapsed(segment.value(*position)):
                    if len(told) == most:
                        break
                    told.append(text)
                    claimed.append(position)
            return told

        party: Values = {}
        (identifier_at,) = self._mapping.table.positions(segment.tag, "3039")
        identifier = collapsed(segment.value(*identifier_at))
        if 0 < len(identifier) <= 17:
            party["ID"] = identifier
            claimed.append(identifier_at)
        names = texts("3036")
        (country_at,) = self._mapping.table.positions(segment.tag, "3207")
        country = collapsed(segment.value(*country_at))
        # Without a name of its own, the first line of name and address is the name; without a country there is no address.
        lines = texts("3124", (3 if names else 4) if country else (0 if names else 1))
        if names or lines:
            party["Name"] = " ".join(names) if names else lines.pop(0)
        if country:
            claimed.append(country_at)
            party["Address"] = address = {"CountryCode": country}
            if lines := [*lines, *texts("3042", 3 - len(lines))]:
                address["Line"] = lines  # type: ignore[assignment]
            for name, tag, most in (("CityName", "3164", 35), ("CountrySubDivisionCode", "3229", 9), ("PostcodeID", "3251", 9)):
                (position,) = self._mapping.table.positions(segment.tag, tag)
                if 0 < len(text := collapsed(segment.value(*position))) <= most:
                    address[name] = text
                    claimed.append(position)
        if not party:
            return ()
        return claimed if self._offer(row, segment, party, claimed) else ()


@lru_cache(maxsize=16)
def _lengths(mapping: Mapping) -> dict[int, int]:
    return {row.number: _length(row) for row in mapping.rows}


def _length(row: Row) -> int:
    if row.transform in {"join", "party"}:
        return 0
    part: Part | None = _PARTS[row.level]
    for name in row.path:
        part = part.part(name) if part else None
    return part.length if part else 0
