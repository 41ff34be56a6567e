"""Strict reading of elements whose shape is fixed: exact children, exact attributes, text decoded strictly."""

from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from collections.abc import Container

from lxml import etree

Element = etree._Element  # noqa: SLF001 - the type has no public name

_WHITE_SPACE = " \t\r\n"


class ShapeRefused(ValueError):
    """An element has not the one shape that is read here; the text names the place and the difference."""


def local(element: Element) -> str:
    """The local name of an element, for a log."""
    return str(element.tag).rpartition("}")[2]


def children(element: Element) -> list[Element]:
    """The child elements, between which stands nothing but white space. Raises ShapeRefused."""
    found = list(element)
    if element.text and element.text.strip(_WHITE_SPACE):
        raise ShapeRefused(f"{local(element)}: text where only elements may stand")
    for child in found:
        if child.tail and child.tail.strip(_WHITE_SPACE):
            raise ShapeRefused(f"{local(element)}: text after {local(child)}")
    return found


def exactly(element: Element, *tags: str) -> list[Element]:
    """The children, which are these and no others, in this order. Raises ShapeRefused."""
    found = children(element)
    if tuple([child.tag for child in found]) != tags:
        raise ShapeRefused(
            f"{local(element)}: its children are {[local(c) for c in found]}, not {[t.rpartition('}')[2] for t in tags]}"
        )
    return found


def by_name(element: Element, allowed: Container[str]) -> dict[str, Element]:
    """The children by tag: each of the allowed ones at most once, in any order. Raises ShapeRefused."""
    found: dict[str, Element] = {}
    for child in children(element):
        tag = str(child.tag)
        if tag not in allowed or tag in found:
            raise ShapeRefused(f"{local(element)}: unexpected or repeated child {local(child)}")
        found[tag] = child
    return found


def required(element: Element, found: dict[str, Element], tag: str) -> Element:
    """One of the children found. Raises ShapeRefused when it is missing."""
    if tag not in found:
        raise ShapeRefused(f"{local(element)}: {tag.rpartition('}')[2]} is missing")
    return found[tag]


def only_attributes(element: Element, *allowed: str) -> None:
    """No attributes but these (xml:* and others change meaning or hide something). Raises ShapeRefused."""
    for name in element.keys():  # noqa: SIM118 - an lxml element iterates over its children
        if name not in allowed:
            raise ShapeRefused(f"{local(element)}: unexpected attribute {str(name).rpartition('}')[2]}")


def attribute(element: Element, name: str) -> str:
    """An attribute that must be there. Raises ShapeRefused."""
    value = element.get(name)
    if value is None:
        raise ShapeRefused(f"{local(element)}: attribute {name.rpartition('}')[2]} is missing")
    return value


def algorithm(element: Element) -> str:
    """The Algorithm of an element that has no other attribute, exactly as written. Raises ShapeRefused."""
    only_attributes(element, "Algorithm")
    return attribute(element, "Algorithm")


def text(element: Element) -> str:
    """The text of an element without children. Raises ShapeRefused."""
    if len(element):
        raise ShapeRefused(f"{local(element)}: elements where only text may stand")
    return element.text or ""


def base64(element: Element) -> bytes:
    """The octets of a base64 text: white space anywhere, otherwise only the one canonical spelling. Raises ShapeRefused."""
    try:
        written = b"".join(text(element).encode("ascii").split())
        octets = a2b_base64(written, strict_mode=True)
    except (UnicodeEncodeError, Base64Error) as error:
        raise ShapeRefused(f"{local(element)}: no base64: {error}") from None
    # spec: XSD 2 3.2.16, the unused bits of the last character are zero; so no two spellings mean the same
    if b2a_base64(octets, newline=False) != written:
        raise ShapeRefused(f"{local(element)}: base64 with padding bits that are not zero")
    return octets


def same_document(uri: str, place: str) -> str:
    """The id that a `#id` URI names. Raises ShapeRefused for anything else: XPointer, absolute and empty URIs."""
    if len(uri) < 2 or uri[0] != "#" or "(" in uri or "%" in uri or "#" in uri[1:]:
        raise ShapeRefused(f"{place}: URI {uri[:80]!r} is no #id")
    return uri[1:]
