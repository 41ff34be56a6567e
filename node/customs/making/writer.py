"""Writing a document: elements in one namespace, in the order in which they are given."""

from collections.abc import Iterable, Mapping
from typing import Final
from xml.sax.saxutils import escape, quoteattr

#: An element: its name, then a text, its children, or nothing; and attributes at the end where it has some. None leaves it out.
Item = tuple[str, "str | Iterable[Item | None] | None"] | tuple[str, "str | Iterable[Item | None] | None", Mapping[str, str]]

_INDENT: Final = "  "


def write_document(namespace: str, name: str, attributes: Mapping[str, str], children: Iterable[Item | None]) -> bytes:
    """UTF-8 octets with the declaration; every element without a value is left out."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    said = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    lines.append(f"<{name} xmlns={quoteattr(namespace)}{said}>")
    for child in children:
        if child is not None:
            _write(child, 1, lines)
    lines.append(f"</{name}>")
    return ("\n".join(lines) + "\n").encode()


def _write(item: Item, depth: int, lines: list[str]) -> None:
    name, value = item[0], item[1]
    attributes = item[2] if len(item) == 3 else {}
    if value is None:
        return
    indent = _INDENT * depth
    tag = name + "".join(f" {key}={quoteattr(said)}" for key, said in attributes.items())
    if isinstance(value, str):
        lines.append(f"{indent}<{tag}>{escape(value)}</{name}>")
        return
    lines.append(f"{indent}<{tag}>")
    for child in value:
        if child is not None:
            _write(child, depth + 1, lines)
    lines.append(f"{indent}</{name}>")
