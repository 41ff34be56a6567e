"""A canonical manifest read part by part: its header fields, then each equipment and consignment, which are let go when they are done."""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from node.customs.edifact.cargo_report import NAMESPACE, REPORT, Measure, Part, Values
from node.ebms.xml import Element

#: Takes a place and what was lost there.
Told = Callable[[str, str], None]
#: Takes a place and its text, and returns the text that can be written.
Clean = Callable[[str, str], str]
_SPACE: Final = re.compile("[ \t\r\n]+")
_ROOT: Final = f"{{{NAMESPACE}}}{REPORT.name}"


class ReportRefused(ValueError):
    """The octets are no canonical manifest."""


@dataclass(slots=True)
class ReadPart:
    """One child of the root, as values."""

    part: Part
    #: Which of its name.
    number: int
    #: The value of a header field, or the values of a group.
    value: Any
    #: The profile that the root names.
    profile: str


def read_parts(octets: bytes, lose: Told, clean: Clean) -> Iterator[ReadPart]:
    """The children of the root in their order. Raises ReportRefused.

    What is no field of the manifest goes to `lose` with its place; every text goes through `clean`, which knows what can be written.
    """
    # A document of twenty million octets is never held as a tree; what is unsafe in it has been refused by GEN-01, and resolves to nothing here.
    events = etree.iterparse(  # noqa: TID251
        io.BytesIO(octets),
        events=("start", "end"),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    numbers: dict[str, int] = {}
    root: Element | None = None
    depth = 0
    try:
        for event, element in events:
            if event == "start":
                depth += 1
                if root is None:
                    root = _checked(element)
                continue
            depth -= 1
            if depth == 1 and root is not None:
                name = _name(element)
                numbers[name] = numbers.get(name, 0) + 1
                yield from _part(element, name, numbers[name], root.get("profile", ""), lose, clean)
                # A full element is removed in time that grows with the square of its size.
                element.clear()
                root.remove(element)
    except etree.XMLSyntaxError as error:
        raise ReportRefused(f"not well-formed: {str(error.msg)[:200]}") from None


def read_header(octets: bytes) -> tuple[str, Values]:
    """The profile that the root names, and the DocumentHeader, without reading on. Raises ReportRefused."""
    for part in read_parts(octets, lambda _place, _said: None, lambda _place, text: text):
        if part.part.name != "DocumentHeader":
            break
        return part.profile, part.value
    raise ReportRefused("no DocumentHeader")


def _checked(root: Element) -> Element:
    if root.tag != _ROOT:
        raise ReportRefused(f"{root.tag} is no CargoReport")
    return root


def _part(element: Element, name: str, number: int, profile: str, lose: Told, clean: Clean) -> Iterator[ReadPart]:
    part = REPORT.part(name)
    place = f"/{REPORT.name}/{name}"
    if part is None:
        lose(place, _said(element))
        return
    place = f"{place}[{number}]" if part.most > 1 else place
    yield ReadPart(part, number, _value(element, part, place, lose, clean), profile)


def _value(element: Element, part: Part, place: str, lose: Told, clean: Clean) -> Any:
    if not part.parts:
        text = clean(place, _SPACE.sub(" ", element.text or "").strip(" "))
        unit = element.get("unitCode")
        return text if unit is None else Measure(text, unit)
    values: Values = {}
    for child in element:
        name = _name(child)
        below = part.part(name)
        if below is None:
            lose(f"{place}/{name}", _said(child))
        elif below.most > 1:
            several = values.setdefault(name, [])
            several.append(_value(child, below, f"{place}/{name}[{len(several) + 1}]", lose, clean))
        else:
            values[name] = _value(child, below, f"{place}/{name}", lose, clean)
    return values


def _name(element: Element) -> str:
    return str(etree.QName(element).localname)


def _said(element: Element) -> str:
    text = (element.text or "").strip()
    return text or "all of it"
