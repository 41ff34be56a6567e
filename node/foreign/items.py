"""A foreign file as a tree of items, one for each element, attribute and member, whatever it is written in: XML or JSON."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from node.ebms.namespaces import DS, XML
from node.ebms.xml import Element, XmlLimits, XmlRefused, parse_xml

#: A P-Mode file of hundreds of partners is a few megabytes; comments are usual in it.
LIMITS: Final = XmlLimits(octets=8 << 20, elements=200_000, only_elements=False)
_DEEPEST: Final = 32
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
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
    return _element(root, namespace, "", "", 0)


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
        return tag
    uri, _, local = tag[1:].partition("}")
    if uri == namespace:
        return local
    return f"{_PREFIXES[uri]}:{local}" if uri in _PREFIXES else tag


# -- JSON ------------------------------------------------------------------------------------------------------------


def read_json(octets: bytes) -> Item:
    """The tree of a JSON file; the elements of an array are called `*`. Raises ForeignRefused."""
    if len(octets) > LIMITS.octets:
        raise ForeignRefused(f"{len(octets)} octets, at most {LIMITS.octets}")
    try:
        found = json.loads(octets, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise ForeignRefused(f"no JSON: {str(error)[:200]}") from None
    return _member("$", found, "$", "", 0)


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
        below = [_member(k, v, f"{path}.{k}", f"{shape}/{k}" if shape else k, depth + 1) for k, v in value.items()]
        return Item(name, path, shape, None, below)
    if isinstance(value, list):
        # The elements of an array at the top have the shape of a single document.
        below = [_member("*", v, f"{path}[{i}]", f"{shape}/*" if shape else "", depth + 1) for i, v in enumerate(value)]
        return Item(name, path, shape, None, below)
    return Item(name, path, shape, value)
