"""Stages 1 and 2 in one run of a parser that builds nothing: are the octets safe XML, and which root element do they have? Source: DESIGN 3.2."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from xml.parsers import expat

from node.ebms.xml import XmlLimits

#: GEN-01.
MOST_OCTETS: Final = 20 << 20
#: Of a document that has been judged, when it is read again as a whole.
DOCUMENT_LIMITS: Final = XmlLimits(octets=21 << 20, elements=300_000, text=1 << 20, only_elements=False)
DEEPEST: Final = 64
#: Elements that are in memory at the same time: those outside of rows, or those of one row. No type of ours comes near.
MOST_AT_ONCE: Final = 200_000
#: Different names of elements and attributes; the parser behind keeps each name for ever.
MOST_NAMES: Final = 2_000
#: So many equal signs in a tag and the text behind it. Possessive, so that nothing is looked at twice.
_ATTRIBUTES: Final = re.compile(rb"<(?:[^<=]*+=){%d}" % (MOST_NAMES + 1))
#: How deep a child of the root is.
_CHILD: Final = 2


class Unsafe(Exception):
    """GEN-01: the octets are not read any further; the text says why and where."""


class Oversized(Exception):
    """GEN-03: no schema allows what is there; the text says what."""


@dataclass(frozen=True, slots=True)
class Root:
    """The root element, and how much is below it."""

    namespace: str
    name: str
    elements: int
    #: For each name of a child of the root: elements in all of them together, and in the largest.
    children: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def at_once(self, rows: Sequence[str]) -> int:
        """Elements that are in memory at the same time, when rows are let go."""
        sizes = {name.rpartition("}")[2]: size for name, size in self.children.items()}
        return sum(sizes[name][1 if name in rows else 0] for name in sizes)


class _Run:
    def __init__(self) -> None:
        self.depth = self.elements = 0
        self.root = ""
        self.names: set[str] = set()
        self.children: dict[str, tuple[int, int]] = {}
        self._begun = 0

    def start(self, name: str, attributes: list[str]) -> None:
        self.depth += 1
        self.elements += 1
        if self.depth > DEEPEST:
            raise Unsafe(f"elements nested more than {DEEPEST} deep")
        if self.depth == 1:
            self.root = name
        elif self.depth == _CHILD:
            self._begun = self.elements
        if name not in self.names or attributes:
            self._note(name, attributes)

    def _note(self, name: str, attributes: list[str]) -> None:
        self.names.add(name)
        self.names.update(attributes[::2])
        if len(self.names) > MOST_NAMES:
            raise Oversized(f"more than {MOST_NAMES} different names")

    def end(self, name: str) -> None:
        if self.depth == _CHILD:
            size = self.elements - self._begun + 1
            together, largest = self.children.get(name, (0, 0))
            self.children[name] = together + size, max(largest, size)
        self.depth -= 1

    def instruction(self, target: str, _data: str) -> None:
        raise Unsafe(f"the processing instruction {target[:40]}")

    def doctype(self, name: str, *_rest: Any) -> None:
        raise Unsafe(f"a document type declaration ({name[:40]})")

    def declaration(self, version: str, encoding: str | None, _standalone: int) -> None:
        if version != "1.0":
            raise Unsafe(f"XML version {version[:10]}")
        if encoding is not None and encoding.upper() != "UTF-8":
            raise Unsafe(f"encoding {encoding[:40]}")


def read_safely(octets: bytes, most: int = MOST_OCTETS) -> Root:
    """The root of safe octets. Raises Unsafe, Oversized."""
    if len(octets) > most:
        raise Unsafe(f"{len(octets)} octets, at most {most}")
    if b"\x00" in octets:
        # UTF-16, which expat would read whatever it is told, has them in every tag.
        raise Unsafe("octets of nought, which UTF-8 has none of")
    if _ATTRIBUTES.search(octets) is not None:
        raise Oversized(f"more than {MOST_NAMES} attributes in one tag")
    run = _Run()
    parser = expat.ParserCreate("utf-8", "}")
    parser.buffer_text = True
    parser.ordered_attributes = True
    parser.StartElementHandler = run.start
    parser.EndElementHandler = run.end
    parser.ProcessingInstructionHandler = run.instruction
    parser.StartDoctypeDeclHandler = run.doctype
    parser.XmlDeclHandler = run.declaration
    try:
        parser.Parse(octets, True)
    except expat.ExpatError as error:
        raise Unsafe(f"line {error.lineno}, column {error.offset + 1}: {expat.errors.messages[error.code]}") from None
    namespace, _, name = run.root.rpartition("}")
    return Root(namespace, name, run.elements, run.children)
