"""Segments: cut out of a text and split, or joined and released, in one pass whose cost is the length of the text. Source: ISO 9735, DESIGN 7.2."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

#: Far more elements than any segment has: what lies beyond stays in one piece, which the table refuses.
_MOST: Final = 200
#: The components of each element after the tag.
Elements = list[list[str]]


@dataclass(frozen=True, slots=True)
class Separators:
    """The service characters of an interchange."""

    component: str = ":"
    element: str = "+"
    #: `.`, `,`, or both where the defaults hold.
    decimal: str = ".,"
    #: Empty for none.
    release: str = "?"
    #: Between repeated elements, from syntax version 4 on; empty for none.
    repetition: str = ""
    terminator: str = "'"

    @property
    def characters(self) -> str:
        """All of them that carry structure."""
        return self.component + self.element + self.release + self.repetition + self.terminator


DEFAULTS: Final = Separators()


@dataclass(slots=True)
class Segment:
    """A segment as it stands in the text."""

    tag: str
    elements: Elements
    #: In its message: UNH is 1.
    number: int
    #: Whether an element is repeated, as syntax version 4 can; no table here has such elements.
    repeats: bool = False

    def value(self, element: int, component: int = 0) -> str:
        """A component, counted from 0; empty when it is left out."""
        try:
            return self.elements[element][component]
        except IndexError:
            return ""


class Unterminated(ValueError):
    """The text ends before its segment does."""


def pieces(text: str, start: int, separators: Separators) -> Iterator[tuple[int, int]]:
    """Where each segment begins and where its terminator stands. Raises Unterminated after the last whole one, if more than line ends follow it."""
    terminator, release = separators.terminator, separators.release
    at, size = start, len(text)
    while True:
        while at < size and text[at] in "\r\n":
            at += 1
        if at == size:
            return
        end = text.find(terminator, at)
        if release:
            while end > at and text[end - 1] == release and _released(text, at, end, release):
                end = text.find(terminator, end + 1)
        if end < 0:
            raise Unterminated
        yield at, end
        at = end + 1


def _released(text: str, start: int, at: int, release: str) -> bool:
    """Whether an odd number of release characters stands before `at`. Each run of them is counted once, for the terminator that follows it."""
    run = at
    while run > start and text[run - 1] == release:
        run -= 1
    return (at - run) % 2 == 1


class Splitter:
    """Splits segments: by plain splits where nothing is released, else by one expression that never steps back."""

    def __init__(self, separators: Separators) -> None:
        self._component = separators.component
        self._element = separators.element
        self._release = separators.release
        self._repetition = separators.repetition
        special = "".join(map(re.escape, separators.component + separators.element + separators.release + separators.repetition))
        released = f"{re.escape(separators.release)}(.)|" if separators.release else "(?!)(.)|"
        self._parts = re.compile(f"{released}([^{special}]+)|(.)", re.DOTALL)

    def split(self, piece: str, number: int) -> Segment:
        """The segment that a piece of text holds."""
        component = self._component
        if not self._release or self._release not in piece:
            tag, *elements = piece.split(self._element, _MOST)
            repeats = self._repetition != "" and self._repetition in piece
            return Segment(tag, [element.split(component, _MOST) for element in elements], number, repeats)
        return self._split_released(piece, number)

    def _split_released(self, piece: str, number: int) -> Segment:
        elements: Elements = [[]]
        value: list[str] = []
        repeats = False
        for match in self._parts.finditer(piece):
            released, plain, special = match.groups()
            if special is None:
                value.append(plain if released is None else released)
            elif special == self._release:
                continue  # nothing follows that it could release
            elif special == self._repetition:
                repeats = True
            else:
                elements[-1].append("".join(value))
                value = []
                if special == self._element:
                    elements.append([])
        elements[-1].append("".join(value))
        return Segment(":".join(elements[0]), elements[1:], number, repeats)


def written(tag: str, elements: Sequence[Sequence[str]], separators: Separators = DEFAULTS) -> str:
    """A segment with its terminator: what is special is released, what is empty at an end is left out."""
    joined = [_joined([_released_value(value, separators) for value in element], separators.component) for element in elements]
    return _joined([tag, *joined], separators.element) + separators.terminator


def _joined(parts: list[str], separator: str) -> str:
    while parts and not parts[-1]:
        parts.pop()
    return separator.join(parts)


def _released_value(value: str, separators: Separators) -> str:
    if value.isalnum():
        return value
    # The release character first, or it would release those that are added after it.
    for special in separators.release + separators.component + separators.element + separators.repetition + separators.terminator:
        value = value.replace(special, separators.release + special)
    return value
