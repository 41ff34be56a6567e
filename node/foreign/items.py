"""A foreign file as a tree of items, one for each element, attribute and member, whatever it is written in: XML or JSON."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from node.ebms.namespaces import DS, XML
from node.ebms.xml import Element, XmlLimits, XmlRefused, parse_xml

#: A P-Mode file of hundreds of partners is a few megabytes; comments are usual in it.
LIMITS: Final = XmlLimits(octets=8 << 20, elements=100_000, depth=16, only_elements=False)
#: Elements, attributes and members: each is told with its whole path.
MOST_ITEMS: Final = 100_000
_DEEPEST: Final = 16
_LONGEST_NAME: Final = 80
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_TRUE: Final = ("true", "1")
_FALSE: Final = ("false", "0")
_PREFIXES: Final = {XML: "xml", _XSI: "xsi", DS: "ds"}


class ForeignRefused(ValueError):
    """A file cannot be read as what it claims to be; the text says what and where."""


@dataclass(slots=True)
class Item:
    """One element, attribute (`@name`) or member. `shape` is its path without counts: what a table of rules calls it."""

    name: str
    path: str
    shape: str
    value: Any = None
    items: "list[Item]" = field(default_factory=list)

    def all(self, name: str) -> "list[Item]":
        """The items of this name directly below."""
        return [one for one in self.items if one.name == name]

    def first(self, *names: str) -> "Item | None":
        """The first item at this way down, or None."""
        found: Item | None = self
        for name in names:
            found = next((one for one in found.items if one.name == name), None) if found else None
        return found

    def text(self, *names: str) -> str:
        """The value at this way down as text; empty where there is none."""
        found = self.first(*names)
        return "" if found is None or found.value is None else said(found.value)

    def walk(self) -> "Iterator[Item]":
        """This item and all below it, in the order of the file."""
        pending = [self]
        while pending:
            one = pending.pop()
            yield one
            pending.extend(reversed(one.items))


def said(value: Any) -> str:
    """A value as its file would write it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


# -- XML -------------------------------------------------------------------------------------------------------------


def read_xml(octets: bytes, namespace: str) -> Item:
    """The tree of an XML file of this namespace; names of another one carry it. Raises ForeignRefused."""
    try:
        root = parse_xml(octets, LIMITS)
    except XmlRefused as error:
        raise ForeignRefused(str(error)) from None
    _check_number(sum(1 + len(one.attrib) for one in root.iter()))
    return _element(root, namespace, "", "", 0)


def _check_number(items: int) -> None:
    if items > MOST_ITEMS:
        raise ForeignRefused(f"{items} elements and attributes, at most {MOST_ITEMS}")


def namespace_of(octets: bytes) -> str:
    """The namespace of the root element. Raises ForeignRefused."""
    try:
        tag: str = parse_xml(octets, LIMITS).tag
    except XmlRefused as error:
        raise ForeignRefused(str(error)) from None
    return tag[1:].partition("}")[0] if tag.startswith("{") else ""


def _element(element: Element, namespace: str, above: str, shape: str, nth: int) -> Item:
    name = _name(element.tag, namespace)
    path = f"{above}/{name}" + (f"[{nth}]" if nth else "")
    shape = f"{shape}/{name}" if shape else name
    # Comments have no name.
    children: list[Element] = [one for one in list[Any](element) if isinstance(one.tag, str)]
    text = "".join((element.text or "", *((one.tail or "") for one in element))).strip()
    item = Item(name, path, shape, text or None)
    for key, value in element.attrib.items():
        attribute = "@" + _name(str(key), namespace)
        item.items.append(Item(attribute, f"{path}/{attribute}", f"{shape}/{attribute}", value))
    totals: dict[str, int] = {}
    for one in children:
        totals[one.tag] = totals.get(one.tag, 0) + 1
    counts: dict[str, int] = {}
    for one in children:
        counts[one.tag] = counts.get(one.tag, 0) + 1
        item.items.append(_element(one, namespace, path, shape, counts[one.tag] if totals[one.tag] > 1 else 0))
    return item


def _name(tag: str, namespace: str) -> str:
    """A name of the format bare, of an expected other namespace with its prefix, of any other with the namespace."""
    if not tag.startswith("{"):
        return tag[:_LONGEST_NAME]
    uri, _, local = tag[1:].partition("}")
    if uri == namespace:
        return local[:_LONGEST_NAME]
    return (f"{_PREFIXES[uri]}:{local}" if uri in _PREFIXES else tag)[:_LONGEST_NAME]


# -- JSON ------------------------------------------------------------------------------------------------------------


def read_json(octets: bytes) -> Item:
    """The tree of a JSON file; the elements of an array are called `*`. Raises ForeignRefused."""
    if len(octets) > LIMITS.octets:
        raise ForeignRefused(f"{len(octets)} octets, at most {LIMITS.octets}")
    try:
        found = json.loads(octets, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise ForeignRefused(f"no JSON: {str(error)[:200]}") from None
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        raise ForeignRefused("a text in it is no Unicode, or it is nested too deep") from None
    _check_number(_count(found))
    return _member("$", found, "$", "", 0)


def _count(found: Any) -> int:
    """How many members a document has; those below the deepest level are refused later."""
    number, level = 0, [found]
    for _ in range(_DEEPEST + 2):
        number += len(level)
        level = [
            one
            for value in level
            for one in (value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
        ]
    return number


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names are all different: what is said twice is read by each reader as it likes."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object says one name twice")
    return found


def _member(name: str, value: Any, path: str, shape: str, depth: int) -> Item:
    if depth > _DEEPEST:
        raise ForeignRefused(f"{path[:80]}: nested more than {_DEEPEST} deep")
    if isinstance(value, dict):
        named = [(key[:_LONGEST_NAME], one) for key, one in value.items()]
        below = [_member(k, v, f"{path}.{k}", f"{shape}/{k}" if shape else k, depth + 1) for k, v in named]
        return Item(name, path, shape, None, below)
    if isinstance(value, list):
        # The elements of an array at the top have the shape of a single document.
        below = [_member("*", v, f"{path}[{i}]", f"{shape}/*" if shape else "", depth + 1) for i, v in enumerate(value)]
        return Item(name, path, shape, None, below)
    return Item(name, path, shape, value)


def boolean(item: Item | None) -> bool | None:
    """The truth of an item; None where it is absent or says neither."""
    if item is None:
        return None
    word = item.value if isinstance(item.value, bool) else str(item.value).strip().lower()
    if isinstance(word, bool):
        return word
    return True if word in _TRUE else False if word in _FALSE else None


def integer(item: Item | None) -> int | None:
    """The whole number of an item; None where it is absent or none."""
    if item is None or isinstance(item.value, bool | None):
        return None
    word = str(item.value).strip()
    return int(word) if word.isascii() and word.isdigit() and len(word) <= 12 else None
