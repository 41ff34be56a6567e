"""Stage 3, and the run that feeds stages 4 to 6: a document through the parser with its schema, row by row."""

from collections.abc import Iterator
from copy import deepcopy  # noqa: TID251 - what `read_rows` is parsing in this thread
from typing import Any, Final, Protocol

from lxml import etree

from node.customs.checking.places import Places
from node.customs.checking.spaces import collapse, is_padded
from node.customs.finding import Finding, Pointer
from node.customs.packs.definition import TypeDefinition
from node.customs.rulebook import RULEBOOK
from node.ebms.xml import new_root

_PIECE: Final = 1 << 16
_MOST_FINDINGS: Final = 1_000
_LONGEST: Final = 300
#: Elements that are compared with the schema when each row is looked at with the head of its document.
_MOST_COMPARED: Final = 2_000_000


class Reader(Protocol):
    """Who looks at the rows."""

    def row(self, element: Any, place: int) -> None:
        """One row, complete; `place` is 1 for the first of its name. It is let go afterwards."""
        ...


class Malformed(Exception):
    """The document does not follow its schema; `difference` is what the parser says first."""

    def __init__(self, difference: str) -> None:
        self.difference = difference
        super().__init__(difference)


def read_rows(octets: bytes, definition: TypeDefinition, reader: Reader) -> Any:
    """The root element without its rows, each of which the reader has seen. Raises Malformed, after the reader has seen rows."""
    # What the parser behind `parse_xml` refuses has been refused in stage 1.
    parser = etree.XMLPullParser(  # noqa: TID251 - the rows of a long document are not held in memory
        events=("end",),
        tag=definition.row_tags or definition.tag,
        schema=definition.schema.for_parser(),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        huge_tree=True,
    )
    places: dict[str, int] = {}
    padded = is_padded(octets)
    try:
        for start in range(0, len(octets), _PIECE):
            parser.feed(octets[start : start + _PIECE])
            if len(parser.feed_error_log):
                # Known at once and raised only at the end: no reader sees a row that does not follow the schema, and nothing more is kept.
                raise Malformed(str(parser.feed_error_log[0].message))
            if definition.rows:
                _take(parser, reader, places, padded=padded)
        root = parser.close()
    except etree.XMLSyntaxError as error:
        raise Malformed(str(error.msg)) from None
    if padded:
        collapse(root)
    return root


def _take(parser: Any, reader: Reader, places: dict[str, int], *, padded: bool = False) -> None:
    for _, element in parser.read_events():
        parent = element.getparent()
        if parent is None or parent.getparent() is not None:
            # A row's name deeper inside: the schema has something to say about it, or it is no row.
            continue
        if padded:
            # With the head: the first row is judged by what stands before it.
            collapse(parent if not places else element)
        place = places[element.tag] = places.get(element.tag, 0) + 1
        reader.row(element, place)
        # Emptied first: what lxml does to take a whole row out grows with the square of the row.
        element.clear()
        parent.remove(element)


def differences(octets: bytes, definition: TypeDefinition, first: str, *, whole: bool) -> Iterator[Finding]:
    """Every difference from the schema with its place, as findings of GEN-03: of the whole document, or of one row after the other.

    Only a document with a difference is read this way.
    """
    found = _of_tree(octets, definition) if whole else _of_rows(octets, definition)
    told = False
    for finding in found:
        told = True
        yield finding
    if not told:
        yield RULEBOOK["GEN-03"].found(f"/{definition.name}", _plain(first, definition), pointer=Pointer())


def _of_tree(octets: bytes, definition: TypeDefinition) -> Iterator[Finding]:
    root = _tree(octets)
    yield from _judged(root, root, definition, Places(definition.schema.places))


def _tree(octets: bytes) -> Any:
    # Stage 1 has refused what parse_xml refuses, and a document may be larger than an envelope.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, huge_tree=True)  # noqa: TID251
    return etree.fromstring(octets, parser)  # noqa: TID251


class _OneByOne:
    """Each row in a document of its own: the head of this one and the row."""

    def __init__(self, definition: TypeDefinition) -> None:
        self._definition = definition
        self._places = Places(definition.schema.places)
        self._head = self._end = b""
        self._in_head = self._compared = 0
        self.findings: list[Finding] = []

    def row(self, element: Any, place: int) -> None:
        root = element.getparent()
        if not self._head:
            self._keep_head(root)
        self._compared += self._in_head + sum(1 for _ in element.iter())
        if len(self.findings) < _MOST_FINDINGS and self._compared < _MOST_COMPARED:
            # As octets: what lxml does to move an element into another document grows with the square of the element.
            alone = _tree(self._head + etree.tostring(element, with_tail=False) + self._end)
            self._places.row, self._places.place = alone[-1], place
            self.findings += _judged(alone, alone[-1], self._definition, self._places)

    def _keep_head(self, root: Any) -> None:
        """The rows that came in the same piece of octets are left out."""
        head = new_root(root.tag, root.nsmap, root.attrib)
        head.text = "\n"
        head.extend(deepcopy(child) for child in root if child.tag not in self._definition.row_tags)
        self._in_head = sum(1 for _ in head.iter())
        begins, _, self._end = etree.tostring(head).rpartition(b"</")
        self._head, self._end = begins, b"</" + self._end


def _of_rows(octets: bytes, definition: TypeDefinition) -> Iterator[Finding]:
    one_by_one = _OneByOne(definition)
    parser = etree.XMLPullParser(  # noqa: TID251 - the rows of a long document are not held in memory
        events=("end",),
        tag=definition.row_tags or definition.tag,
        resolve_entities=False,
        no_network=True,
        remove_comments=True,
        huge_tree=True,
    )
    counted: dict[str, int] = {}
    for start in range(0, len(octets), _PIECE):
        parser.feed(octets[start : start + _PIECE])
        _take(parser, one_by_one, counted)
    yield from one_by_one.findings


def _judged(root: Any, within: Any, definition: TypeDefinition, places: Places) -> list[Finding]:
    schema = definition.schema.for_parser()
    if schema.validate(root):
        return []
    findings = []
    log: Any = schema.error_log
    prefixes = _prefixes(root)
    for entry in list(log)[:_MOST_FINDINGS]:
        nodes = root.xpath(entry.path, namespaces=prefixes) if entry.path else []
        node = nodes[0] if nodes else within
        if within is not root and node is not within and within not in node.iterancestors():
            continue
        findings.append(
            RULEBOOK["GEN-03"].found(places.path(node), _plain(str(entry.message), definition), pointer=places.pointer(node))
        )
    return findings


def _prefixes(root: Any) -> dict[str, str]:
    """The prefixes of the document, by which the parser writes a path."""
    return {prefix: uri for element in root.iter() for prefix, uri in element.nsmap.items() if prefix}


def _plain(message: str, definition: TypeDefinition) -> str:
    return message.replace(f"{{{definition.namespace}}}", "")[:_LONGEST]
