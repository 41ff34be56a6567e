"""White space as the schema reads it: every value of our types is a token, so that `AP ` is `AP`; rules and registers read the same.

The seal is judged on the octets, which keep every space.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

_PIECE: Final = 1 << 16
_BETWEEN_TAGS: Final = re.compile(rb">\s+<")
#: Space that a token does not have: at an end of a text or an attribute, two in a row, or one that is no blank. It is found inside of tags as well.
_SPACES: Final = (b"> ", b" <", b"  ", b"\n", b"\t", b"\r", b'=" ', b"=' ", b"<![CDATA[")
_END_OF_ATTRIBUTE: Final = re.compile(rb" [\"'][\s/>]")
_REFERENCE: Final = re.compile(rb"&#(?:x0*(?:9|[aA]|[dD]|20)|0*(?:9|10|13|32));")


def is_padded(octets: bytes) -> bool:
    """Whether a value may have space that a token does not have; false means that none has."""
    return any(_is_padded(piece) for piece in _pieces(octets.strip()))


def _pieces(octets: bytes) -> Iterator[bytes]:
    """From the end of a tag to the end of a later one, each beginning where the last ends, so that a large document is never taken apart at once."""
    start = 0
    while start < len(octets):
        end = octets.find(b">", start + _PIECE) + 1 or len(octets)
        yield octets[start:end]
        start = end - 1 if end < len(octets) else end


def _is_padded(piece: bytes) -> bool:
    # One sign or word after the other is sought many times faster than all of them at once.
    tight = _BETWEEN_TAGS.sub(b"><", piece)
    return any(space in tight for space in _SPACES) or any(
        space.search(tight) is not None for space in (_END_OF_ATTRIBUTE, _REFERENCE)
    )


def collapse(element: Any) -> None:
    """Collapse the white space of every text and attribute below an element. Source: XML Schema 1.0 part 2, 4.3.6."""
    for one in element.iter():
        if len(one) == 0 and one.text:
            one.text = " ".join(_tokens(one.text))
        for name, value in one.attrib.items():
            one.set(name, " ".join(_tokens(value)))


def _tokens(text: str) -> list[str]:
    # str.split() would take signs away that are no white space to XML.
    return [token for token in re.split(r"[ \t\r\n]+", text) if token]
