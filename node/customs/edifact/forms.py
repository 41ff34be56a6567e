"""Whether the elements of a segment keep their formats, lengths and status. Source: DESIGN 3.6 (EDI-04)."""

import re
from collections.abc import Iterator
from typing import Final

from node.customs.edifact.segments import Segment, Separators
from node.customs.edifact.table import Component, Element, SegmentForm, Table

_LETTERS: Final = re.compile("[A-Za-z ]+")


class Forms:
    """Judges segments by a table, under the decimal mark of an interchange."""

    def __init__(self, table: Table, separators: Separators) -> None:
        self._table = table
        marks = re.escape(separators.decimal)
        self._number = re.compile(f"-?(?:[0-9]+(?:[{marks}][0-9]+)?|[{marks}][0-9]+)")

    def breaches(self, segment: Segment) -> Iterator[tuple[str, str]]:
        """Each data element that does not keep its form, and where it stands: `1154`, `1.2`."""
        form = self._table.segments[segment.tag]
        if segment.repeats:
            yield segment.tag, "repeated"
        yield from _beyond(segment, form)
        for index, (element, values) in enumerate(zip(form.elements, segment.elements, strict=False), 1):
            yield from self._element(element, values, index)
        for element in form.elements[len(segment.elements) :]:
            if element.mandatory:
                yield element.tag, "missing"

    def _element(self, element: Element, values: list[str], index: int) -> Iterator[tuple[str, str]]:
        components = element.components
        if not any(values):
            if element.mandatory:
                yield element.tag, f"{index}"
            return
        for number, component in enumerate(components):
            value = values[number] if number < len(values) else ""
            if not (self._keeps(component, value) if value else not component.mandatory):
                yield component.tag, f"{index}.{number + 1}" if element.composite else f"{index}"
        if len(values) > len(components) and any(values[len(components) :]):
            yield element.tag, f"{index}.{len(components) + 1}"

    def _keeps(self, component: Component, value: str) -> bool:
        if component.kind == "an":
            return component.least <= len(value) <= component.most
        if component.kind == "n":
            # Sign and decimal mark do not count as characters. Source: ISO 9735 10.1
            digits = len(value) - value.startswith("-") - any(mark in value for mark in ".,")
            return digits <= component.most and self._number.fullmatch(value) is not None
        return component.least <= len(value) <= component.most and _LETTERS.fullmatch(value) is not None


def _beyond(segment: Segment, form: SegmentForm) -> Iterator[tuple[str, str]]:
    for index, values in enumerate(segment.elements[len(form.elements) :], len(form.elements) + 1):
        if any(values):
            yield segment.tag, f"{index}"
            return
