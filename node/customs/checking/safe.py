"""Stages 1 and 2 in one run of a parser that builds nothing: are the octets safe XML, and which root element do they have? Source: DESIGN 3.2."""

from dataclasses import dataclass
from typing import Any, Final
from xml.parsers import expat

#: GEN-01.
MOST_OCTETS: Final = 20 << 20
DEEPEST: Final = 64
#: Elements that are in memory at the same time: those outside of rows, or those of one row. No type of ours comes near.
MOST_AT_ONCE: Final = 250_000
#: Different names of elements and attributes; the parser behind keeps each name for ever.
MOST_NAMES: Final = 2_000


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


class _Run:
    def __init__(self) -> None:
        self.depth = self.elements = 0
        self.root = ""
        self.names: set[str] = set()

    def start(self, name: str, attributes: list[str]) -> None:
        self.depth += 1
        self.elements += 1
        if self.depth > DEEPEST:
            raise Unsafe(f"elements nested more than {DEEPEST} deep")
        if self.elements == 1:
            self.root = name
        if name not in self.names or attributes:
            self._note(name, attributes)

    def _note(self, name: str, attributes: list[str]) -> None:
        self.names.add(name)
        self.names.update(attributes[::2])
        if len(self.names) > MOST_NAMES:
            raise Oversized(f"more than {MOST_NAMES} different names")

    def end(self, _name: str) -> None:
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
    return Root(namespace, name, run.elements)
