"""The values of a long JSON list one by one, so that it never lies in memory whole. Source: RFC 8259."""

import codecs
import json
from collections.abc import Iterator
from json.decoder import JSONDecoder
from typing import Any, Final

#: Octets that are decoded in one go; more where one value is longer.
PIECE: Final = 1 << 16
_SPACE: Final = " \t\n\r"
#: What may follow a value in a list.
_BEHIND: Final = frozenset(f"{_SPACE},]")


class NoList(ValueError):
    """It is JSON, as far as it was read, and no list."""


def each_of(octets: bytes, piece: int = PIECE) -> Iterator[Any]:
    """The values of a list, each as the reader comes to it. Raises NoList, and another ValueError for what is no JSON."""
    text = _Text(octets, piece)
    opening = text.sign()
    if opening != "[":
        # Says where it is broken; a text that is not is no list.
        json.loads(octets)
        raise NoList
    if text.sign(look=True) == "]":
        text.sign()
    else:
        yield text.value()
        while (sign := text.sign()) != "]":
            if sign != ",":
                raise ValueError(f"a comma or the end of the list is missing at sign {text.place}")
            yield text.value()
    if text.sign():
        raise ValueError(f"something stands behind the list at sign {text.place}")


class _Text:
    """What is decoded so far and not read yet."""

    def __init__(self, octets: bytes, piece: int) -> None:
        # As json.loads does: RFC 8259 8.1 wants UTF-8, and others are known by their first octets.
        self._decoder = codecs.getincrementaldecoder(json.detect_encoding(octets))("surrogatepass")
        self._octets, self._at, self._piece = memoryview(octets), 0, piece
        self._text, self._read, self._before = "", 0, 0
        self._json = JSONDecoder()

    @property
    def place(self) -> int:
        """How many signs have been read."""
        return self._before + self._read

    def sign(self, *, look: bool = False) -> str:
        """The next sign that is no space, or nothing at the end; with `look` it is read again by the next."""
        while True:
            while self._read < len(self._text) and self._text[self._read] in _SPACE:
                self._read += 1
            if self._read < len(self._text):
                found = self._text[self._read]
                self._read += not look
                return found
            if not self._more(self._piece):
                return ""

    def value(self) -> Any:
        """The next value. Raises ValueError."""
        self.sign(look=True)
        piece = self._piece
        while True:
            try:
                found, end = self._json.raw_decode(self._text, self._read)
            except ValueError as error:
                # It may only be cut off here; twice as much each time, so that a long one is not read over and over.
                if not self._more(piece):
                    raise ValueError(f"{error} (counted from sign {self._before})") from None
                piece *= 2
                continue
            # A number may go on behind the piece.
            if self._text[end : end + 1] not in _BEHIND and self._more(piece):
                piece *= 2
                continue
            self._read = end
            return found

    def _more(self, piece: int) -> bool:
        if self._at >= len(self._octets):
            return False
        some = self._octets[self._at : self._at + piece]
        self._at += len(some)
        self._before += self._read
        self._text = self._text[self._read :] + self._decoder.decode(some, final=self._at >= len(self._octets))
        self._read = 0
        return True
