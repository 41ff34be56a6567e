"""XML that we write for others: elements with attributes and text, indented for people."""

from collections.abc import Mapping
from typing import Any

from lxml import etree

from node.ebms.xml import Element, new_root


def root(namespace: str, name: str, prefix: str | None = None, **attributes: str) -> Element:
    """The root of a document. With a prefix only the root has the namespace."""
    return new_root(f"{{{namespace}}}{name}", {prefix: namespace}, attributes)


def add(above: Element, name: str, attributes: Mapping[str, Any] | None = None, text: Any = None) -> Element:
    """One more element; attributes that are None are left out."""
    element = etree.SubElement(above, name)
    for key, value in (attributes or {}).items():
        if value is not None:
            element.set(key, written(value))
    if text is not None:
        element.text = written(text)
    return element


def written(value: Any) -> str:
    """A value as XML Schema writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def octets(element: Element) -> bytes:
    """The document."""
    found: bytes = etree.tostring(element, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return found
