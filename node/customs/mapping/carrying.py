"""A document from one form into another by its map, both ways, with everything that did not go across."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from node.customs.mapping.growing import Growing, Order
from node.customs.mapping.path import Occurrence, Path, end, occurrences, plain
from node.customs.mapping.table import MapTable, Row, Way
from node.customs.mapping.transform import TransformRefused
from node.customs.xpath.plan import truth
from node.ebms.xml import Element

SIGNATURE: Final = "{http://www.w3.org/2000/09/xmldsig#}Signature"
#: Losses that are told; a manifest has thousands of rows.
_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that the document says and the other form does not."""

    #: XPath with local names and positions.
    location: str
    value: str
    #: Why, as the map says it; empty where the map does not know the element.
    note: str


@dataclass(frozen=True, slots=True)
class Carried:
    """The other form of a document."""

    root: Element
    losses: Sequence[Loss]
    #: What is needed and missing, or does not fit; the result is not whole when there is any.
    problems: Sequence[str]


def carry(document: Element, table: MapTable, way: Way, order: Order | None = None) -> Carried:
    """The document in the other form. `order` is that of our schema, needed on the way in."""
    return _Carrying(document, table, way, order).done()


def order_of(places: Iterable[tuple[str, str]]) -> Order:
    """The order of children by (parent, child) in the order of a schema, local names."""
    found: dict[tuple[str, str], int] = {}
    for place in places:
        found.setdefault(place, len(found))

    def order(parent: str, child: str) -> int:
        return found.get((_local(parent), _local(child)), len(found))

    return order


def _order_of_rows(table: MapTable) -> Order:
    found: dict[tuple[str, str], int] = {}
    for row in table.rows:
        parent = table.theirs
        for step in row.theirs.steps if row.theirs is not None else ():
            found.setdefault((parent, step.tag), len(found))
            for name, _ in step.tests:
                found.setdefault((step.tag, name), len(found))
            parent = step.tag
    said = {(parent, child): place for parent, children in table.orders.items() for place, child in enumerate(children)}
    return lambda parent, child: said.get((parent, child), found.get((parent, child), len(found)) + len(said))


class _Carrying:
    """One document on its way."""

    def __init__(self, document: Element, table: MapTable, way: Way, order: Order | None) -> None:
        self._document, self._table, self._way = document, table, way
        if way is Way.OUT:
            self._growing = Growing(table.theirs, table.namespaces, order or _order_of_rows(table))
        else:
            space = table.ours.partition("}")[0].removeprefix("{") if table.ours.startswith("{") else ""
            self._growing = Growing(table.ours, {"": space}, order or (lambda _parent, _child: 0))
        #: Elements and attributes that a row has taken.
        self._taken: set[tuple[Element, str]] = set()
        self._losses: list[Loss] = []
        self._problems: list[str] = []

    def done(self) -> Carried:
        """All rows, and what none of them took."""
        for row in self._table.rows:
            if row.goes(self._way):
                self._row(row)
        for element, name, value in self._untaken():
            self._lose(element, name, value, "")
        for seal in self._document.iterchildren(SIGNATURE):
            self._lose(seal, "", "", "a seal is of the document as it was written")
        return Carried(self._growing.done(), self._losses, self._problems)

    def _row(self, row: Row) -> None:
        read, written = row.read(self._way), row.written(self._way)
        if read is None:
            if written is not None and row.transform.constant is not None:
                self._growing.put(written, (), row.transform.constant)
            return
        joins = written is not None and written.depth < read.depth and row.transform.joins and self._way is Way.OUT
        groups: dict[tuple[int, ...], list[tuple[Occurrence, str]]] = {}
        for at in occurrences(self._document, read):
            if row.condition is not None and not truth(row.condition.ask(at.element, {})):
                continue
            found = end(at, read.rest)
            value = _value(read, found)
            if found is None or value is None:
                if row.needed:
                    self._problem(at.element, "", f"{read.said} is needed and missing")
            elif written is None:
                self._leave(row, read, found, value)
            elif joins:
                groups.setdefault(at.places[: written.depth], []).append((found, value))
            elif not any(at.places[written.depth :]):
                # Where the other form has room for the first alone, the others stay and are told as losses.
                groups[at.places] = [(found, value)]
        for places, members in groups.items():
            self._go(row, read, places, members)

    def _go(self, row: Row, read: Path, places: tuple[int, ...], members: Sequence[tuple[Occurrence, str]]) -> None:
        written = row.written(self._way)
        assert written is not None
        for found, _ in members:
            self._take(read, found)
        first, values = members[0][0], [value for _, value in members]
        if row.transform.numbers and places:
            values = [str(places[-1] + 1)]
        self._put(row, written, places, self._changed(row, values, first.element, read.attribute))
        if row.loss:
            self._lose(first.element, read.attribute, "; ".join(values), row.loss)

    def _problem(self, element: Element, attribute: str, problem: str) -> None:
        # A place costs a look at all siblings.
        if len(self._problems) < _MOST:
            self._problems.append(f"{_place(element, attribute)}: {problem}")

    def _changed(self, row: Row, values: Sequence[str], element: Element, attribute: str) -> Sequence[str]:
        way = row.transform.outward if self._way is Way.OUT else row.transform.inward
        try:
            return way(values)
        except TransformRefused as error:
            self._problem(element, attribute, str(error))
            return []

    def _put(self, row: Row, written: Path, places: tuple[int, ...], values: Sequence[str]) -> None:
        if len(values) > 1 and written.depth <= len(places) and not written.steps[-1].every:
            self._problem(self._document, "", f"line {row.line}: {written.said} has room for one value, there are {len(values)}")
            return
        within = places[: written.depth]
        for place, value in enumerate(values):
            self._growing.put(written, (*within, place) if written.depth > len(within) else within, value)

    # -- what is read --------------------------------------------------------------------------------------------------

    def _take(self, read: Path, found: Occurrence) -> None:
        self._taken.add((found.element, read.attribute))
        # What a predicate asked for is known on the other side by the row alone.
        for element, name in found.chosen:
            child = element if name.startswith("@") else element.find(name)
            if child is not None:
                self._taken.add((child, name.removeprefix("@") if name.startswith("@") else ""))

    def _leave(self, row: Row, read: Path, found: Occurrence, value: str) -> None:
        self._take(read, found)
        if not read.attribute:
            # What an element has inside, and its attributes, stay with it.
            words = list(_words(found.element))
            self._taken.update((element, name) for element, name, _ in words)
            value = " ".join(word for _, _, word in words)
        self._lose(found.element, read.attribute, value, row.loss)

    def _lose(self, element: Element, attribute: str, value: str, note: str) -> None:
        if len(self._losses) < _MOST:
            self._losses.append(Loss(_place(element, attribute), value, note))

    def _untaken(self) -> Iterator[tuple[Element, str, str]]:
        return (word for word in _words(self._document) if (word[0], word[1]) not in self._taken)


def _words(root: Element) -> Iterator[tuple[Element, str, str]]:
    """Every text and attribute: element, name of the attribute, value. Seals are left out, and attributes of foreign namespaces."""
    for element in root.iter("*"):
        if element.tag == SIGNATURE or _sealed(element):
            continue
        if text := plain(element.text):
            yield element, "", text
        for name, value in element.attrib.items():
            if not str(name).startswith("{"):
                yield element, str(name), str(value)


def words_of(root: Element) -> Iterator[tuple[str, str]]:
    """Every text and attribute of a document with its place, as losses name it."""
    return ((_place(element, name), value) for element, name, value in _words(root))


def _value(read: Path, found: Occurrence | None) -> str | None:
    if found is None:
        return None
    if read.attribute:
        return found.element.get(read.attribute)
    return plain(found.element.text) or ("" if len(found.element) else None)


def _sealed(element: Element) -> bool:
    return next(element.iterancestors(SIGNATURE), None) is not None


def _place(element: Element, attribute: str = "") -> str:
    words = [f"@{attribute}"] if attribute else []
    for at in (element, *element.iterancestors()):
        before = sum(1 for _ in at.itersiblings(at.tag, preceding=True))
        alone = not before and next(at.itersiblings(at.tag), None) is None
        words.append(_local(at.tag) if alone else f"{_local(at.tag)}[{before + 1}]")
    return "/" + "/".join(reversed(words))


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def losses_as_json(losses: Iterable[Loss]) -> Iterator[Mapping[str, str]]:
    """One value for each line that the command line writes."""
    for loss in losses:
        yield {"location": loss.location, "value": loss.value, "note": loss.note or "the map has no place for it"}
