"""The schema of a document type, compiled from octets alone, with what it says about places: which elements repeat, and their ids in the WCO Data Model."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

from node.customs.finding import Pointer
from node.ebms.xml import XmlLimits, XmlRefused, compile_schema, parse_xml

#: The type has no public name in lxml.
Element = etree._Element  # noqa: SLF001
_XS: Final = "{http://www.w3.org/2001/XMLSchema}"
#: `source` of the xs:appinfo that holds a WCO id.
WCO_ID: Final = "urn:n2n:wco-id"
_LIMITS: Final = XmlLimits(octets=8 << 20, elements=200_000, text=1 << 20, names=1 << 20, only_elements=False)
#: A class of the WCO Data Model ends with a letter, an element id has three digits or a letter and three digits.
_LONGEST_CLASS: Final = 3
#: lxml puts its loader of included files in place for the whole process and takes it away again, while another thread may be loading: what a schema
#: includes is then not found, although it is there. What is really not there is missing each time.
_TIMES: Final = 8


class SchemaRefused(ValueError):
    """The octets are no schema that can be used; the text says what and where."""


@dataclass(frozen=True, slots=True)
class Place:
    """What the schema says about an element below its parent."""

    repeats: bool = False
    pointer: Pointer = field(default=Pointer())


class DocumentSchema:
    """One compiled schema. May be asked by several threads: each compiles its own, because lxml keeps the error log on the schema."""

    def __init__(self, name: str, files: Mapping[str, bytes]) -> None:
        """`name` is the file of the root element, `files` all that it may include or import. Raises SchemaRefused."""
        self._name, self._files = name, files
        self._compiled = threading.local()
        self._compiled.schema = self._compile()
        #: By parent and child, local names. Elements of one name and parent have one place.
        self.places: Mapping[tuple[str, str], Place] = dict(_Walk(name, files).places())

    def for_parser(self) -> etree.XMLSchema:
        """The schema for this thread, to be asked while parsing."""
        schema = getattr(self._compiled, "schema", None)
        if schema is None:
            schema = self._compiled.schema = self._compile()
        return schema

    def _compile(self) -> etree.XMLSchema:
        for _ in range(_TIMES - 1):
            with suppress(SchemaRefused):
                return self._compile_once()
        return self._compile_once()

    def _compile_once(self) -> etree.XMLSchema:
        parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)  # noqa: TID251 - parse_xml has no resolvers
        parser.resolvers.add(_Only(self._files))
        try:
            root = etree.fromstring(self._files[self._name], parser, base_url=f"pack:/{self._name}")  # noqa: TID251 - the same octets have passed parse_xml
            return compile_schema(root)
        except KeyError:
            raise SchemaRefused(f"{self._name} is missing") from None
        except (etree.XMLSyntaxError, etree.XMLSchemaParseError) as error:
            raise SchemaRefused(str(error)) from None


class _Only(etree.Resolver):
    """Finds the files of the pack and nothing else."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def resolve(self, system_url: str, public_id: str, context: Any = None) -> Any:  # noqa: ARG002 - lxml's own signature
        name = system_url.rpartition("/")[2]
        # What is not there is empty, which the compiler refuses; without an answer lxml would look for it on the disk.
        return self.resolve_string(self._files.get(name, b""), context, base_url=f"pack:/{name}")


class _Walk:
    """Goes through the schema documents from the root elements down."""

    def __init__(self, name: str, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._types: dict[str, Element] = {}
        self._elements: dict[str, Element] = {}
        self._roots: list[Element] = []
        self._seen: set[tuple[str | Element, str]] = set()
        self._read(name, set())

    def _read(self, name: str, seen: set[str]) -> None:
        if name in seen or name not in self._files:
            return
        seen.add(name)
        try:
            root = parse_xml(self._files[name], _LIMITS)
        except XmlRefused as error:
            raise SchemaRefused(f"{name}: {error}") from None
        for child in root:
            if child.tag == f"{_XS}complexType":
                self._types[child.get("name", "")] = child
            elif child.tag == f"{_XS}element":
                self._elements[child.get("name", "")] = child
                self._roots.append(child)
            elif child.tag in {f"{_XS}include", f"{_XS}import"} and child.get("schemaLocation"):
                self._read(child.get("schemaLocation", "").rpartition("/")[2], seen)

    def places(self) -> Iterator[tuple[tuple[str, str], Place]]:
        for root in self._roots:
            yield ("", root.get("name", "")), Place(pointer=_pointer(root, ""))
            yield from self._below(root)

    def _below(self, root: Element) -> Iterator[tuple[tuple[str, str], Place]]:
        # A stack, not recursion: how deep types hold types is for the pack to say.
        ahead = [(root, root.get("name", ""), _wco_id(root))]
        while ahead:
            element, name, section = ahead.pop()
            # Once for each name: types that hold each other would be gone through without end, and one place for a name and parent is kept.
            what = (element.get("type") or element, name)
            if what in self._seen:
                continue
            self._seen.add(what)
            for child in self._children(element):
                child_name = child.get("name") or child.get("ref", "").rpartition(":")[2]
                own = _wco_id(child)
                yield (name, child_name), Place(child.get("maxOccurs", "1") not in {"0", "1"}, _pointer(child, section))
                holder = self._elements.get(child_name, child) if child.get("ref") else child
                ahead.append((holder, child_name, own if _is_class(own) else section))

    def _children(self, element: Element) -> Iterator[Element]:
        named = self._types.get(element.get("type", "").rpartition(":")[2])
        for holder in (element, named):
            if holder is not None:
                yield from _declared(holder)


def _declared(holder: Element) -> Iterator[Element]:
    for child in holder:
        if child.tag == f"{_XS}element":
            yield child
        elif child.tag in {
            f"{_XS}{name}" for name in ("complexType", "sequence", "choice", "all", "complexContent", "extension")
        }:
            yield from _declared(child)


def _wco_id(element: Element) -> str:
    for info in element.iterfind(f"{_XS}annotation/{_XS}appinfo"):
        if info.get("source") == WCO_ID:
            return (info.text or "").strip()
    return ""


def _is_class(wco_id: str) -> bool:
    return 0 < len(wco_id) <= _LONGEST_CLASS and wco_id[-1].isalpha()


def _pointer(element: Element, section: str) -> Pointer:
    own = _wco_id(element)
    if _is_class(own):
        return Pointer(own)
    return Pointer(section, own) if own else Pointer()
