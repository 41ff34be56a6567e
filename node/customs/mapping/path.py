"""Paths of a map: `GoodsItem[]/Packaging[]/TypeCode`, `cac:Party[cbc:Role='EX']/cbc:Name`, `.../@unitCode`.

`[]` stands for every occurrence, in order; the n-th `[]` of one side is the n-th of the other. A step without it takes the first. A predicate says what a child or an
attribute holds: on reading it selects, on writing it makes it so.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from node.ebms.xml import Element

_STEP: Final = re.compile(r"(?P<name>@?[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?)(?P<tests>(?:\[[^\]]*\])*)")
_TEST: Final = re.compile(r"\[(?:(?P<name>@?[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?)='(?P<value>[^']*)')?\]")


class PathRefused(ValueError):
    """The text is no path; it says why."""


@dataclass(frozen=True, slots=True)
class Step:
    """One element below another."""

    #: As lxml spells it.
    tag: str
    #: Child tag or `@attribute`, and the text it has.
    tests: tuple[tuple[str, str], ...] = ()
    #: Every occurrence, not only the first.
    every: bool = False

    def fits(self, element: Element) -> bool:
        """Whether the element is meant."""
        return element.tag == self.tag and all(_text_of(element, name) == value for name, value in self.tests)


@dataclass(frozen=True, slots=True)
class Path:
    """Elements from the root down, and an attribute of the last."""

    said: str
    steps: tuple[Step, ...]
    attribute: str = ""

    @property
    def depth(self) -> int:
        """How many steps stand for every occurrence."""
        return sum(step.every for step in self.steps)

    @property
    def within(self) -> tuple[Step, ...]:
        """The steps to the innermost occurrence."""
        last = max((place for place, step in enumerate(self.steps) if step.every), default=-1)
        return self.steps[: last + 1]

    @property
    def rest(self) -> tuple[Step, ...]:
        """The steps from there on."""
        return self.steps[len(self.within) :]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An element that the path stands for, and which occurrence of each `[]` it is."""

    element: Element
    places: tuple[int, ...]
    #: The elements on the way that a predicate chose, with what it asked of them.
    chosen: tuple[tuple[Element, str], ...] = ()


def read_path(said: str, namespaces: Mapping[str, str]) -> Path:
    """A path; names without a prefix are in the namespace of the empty prefix. Raises PathRefused."""
    steps: list[Step] = []
    attribute = ""
    for word in _words(said):
        found = _STEP.fullmatch(word)
        if found is None or attribute:
            raise PathRefused(f"{said!r}: {word!r} is no step of a path")
        if found["name"].startswith("@"):
            attribute = found["name"].removeprefix("@")
            continue
        tests = list(_TEST.finditer(found["tests"]))
        if sum(map(len, (test[0] for test in tests))) != len(found["tests"]):
            raise PathRefused(f"{said!r}: {found['tests']!r} is no predicate; write [Name='value']")
        held = tuple((_qualified(test["name"], namespaces, said), test["value"]) for test in tests if test["name"])
        steps.append(Step(_qualified(found["name"], namespaces, said), held, any(test["name"] is None for test in tests)))
    return Path(said, tuple(steps), attribute)


def _words(said: str) -> Iterator[str]:
    # A slash inside of a predicate is part of a value.
    word, quoted = "", False
    for sign in said:
        if sign == "'":
            quoted = not quoted
        if sign == "/" and not quoted:
            yield word
            word = ""
        else:
            word += sign
    yield word


def _qualified(name: str, namespaces: Mapping[str, str], said: str) -> str:
    if name.startswith("@"):
        return name
    prefix, _, local = name.rpartition(":")
    if prefix not in namespaces:
        raise PathRefused(f"{said!r}: nothing says what the prefix {prefix!r} stands for")
    return f"{{{namespaces[prefix]}}}{local}" if namespaces[prefix] else local


def occurrences(root: Element, path: Path) -> Iterator[Occurrence]:
    """The innermost occurrences, in the order of the document; the root itself when the path has no `[]`."""
    yield from _below(Occurrence(root, ()), path.within)


def end(at: Occurrence, steps: tuple[Step, ...]) -> Occurrence | None:
    """The first element at the end of the steps; None when there is none."""
    return next(_below(at, steps), None)


def _below(at: Occurrence, steps: tuple[Step, ...]) -> Iterator[Occurrence]:
    if not steps:
        yield at
        return
    step = steps[0]
    place = 0
    for child in at.element:
        if step.fits(child):
            chosen = (*at.chosen, *((child, name) for name, _ in step.tests))
            yield from _below(Occurrence(child, (*at.places, place) if step.every else at.places, chosen), steps[1:])
            place += 1
            if not step.every:
                return


def _text_of(element: Element, name: str) -> str | None:
    if name.startswith("@"):
        return element.get(name.removeprefix("@"))
    child = element.find(name)
    return None if child is None else plain(child.text)


def plain(text: Any) -> str:
    """The text with white space collapsed."""
    return " ".join((text or "").split())
