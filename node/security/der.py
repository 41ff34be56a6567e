"""DER, read and written as far as time-stamps, certificates and OCSP need it: definite lengths, tags below 31, nothing after the end."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
NULL: Final = b"\x05\x00"
OID: Final = 0x06
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31


class DerRefused(ValueError):
    """The octets are no DER of the shape that is read; the text says where."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value: its tag, its content, and all of its octets."""

    tag: int
    content: bytes = field(repr=False)
    octets: bytes = field(repr=False)

    def parts(self) -> list["Value"]:
        """The values that the content is made of. Raises DerRefused."""
        return list(_values(self.content))

    def fields(self, *tags: int) -> list["Value"]:
        """The first values of a SEQUENCE, which must have these tags. Raises DerRefused."""
        found = self.expect(SEQUENCE).parts()
        if tuple([one.tag for one in found[: len(tags)]]) != tags:
            raise DerRefused(f"fields with the tags {[one.tag for one in found]}, not {list(tags)} first")
        return found

    def first(self) -> "Value":
        """The first value of the content. Raises DerRefused where there is none."""
        for found in _values(self.content):
            return found
        raise DerRefused("an empty value")

    def only(self) -> "Value":
        """The one value that the content is. Raises DerRefused."""
        return read(self.content)

    def expect(self, tag: int) -> "Value":
        """This value, which must have the tag. Raises DerRefused."""
        if self.tag != tag:
            raise DerRefused(f"the tag {self.tag}, not {tag}")
        return self

    @property
    def number(self) -> int:
        """The value of an INTEGER."""
        return int.from_bytes(self.expect(INTEGER).content, "big", signed=True)

    @property
    def name(self) -> str:
        """The dotted name of an OBJECT IDENTIFIER."""
        content = self.expect(OID).content
        if not content or content[-1] & 0x80 or len(content) > 40:
            raise DerRefused("an object identifier that does not end")
        arcs, value = [], 0
        for octet in content:
            value = value << 7 | octet & 0x7F
            if not octet & 0x80:
                arcs.append(value)
                value = 0
        first = min(arcs[0] // 40, 2)
        return ".".join(map(str, [first, arcs[0] - 40 * first, *arcs[1:]]))


def read(octets: bytes) -> Value:
    """The one value that the octets are. Raises DerRefused."""
    found = next(_values(octets), None)
    if found is None or len(found.octets) != len(octets):
        raise DerRefused("other octets after the value")
    return found


def _values(octets: bytes) -> Iterator[Value]:
    at = 0
    while at < len(octets):
        tag, size, length = octets[at], 2, octets[at + 1] if at + 1 < len(octets) else 0x80
        if tag & 0x1F == 0x1F:
            raise DerRefused("a tag of several octets")
        if length >= 0x80:
            count = length & 0x7F
            if not 1 <= count <= 4:
                raise DerRefused("a length that is missing, indefinite or too long")
            size, length = 2 + count, int.from_bytes(octets[at + 2 : at + 2 + count], "big")
        end = at + size + length
        if end > len(octets):
            raise DerRefused("a value that is cut off")
        yield Value(tag, octets[at + size : end], octets[at:end])
        at = end


# -- writing -------------------------------------------------------------------------------------------------------


def write(tag: int, *parts: bytes) -> bytes:
    """A value of the tag whose content is these parts."""
    content = b"".join(parts)
    if len(content) < 0x80:
        return bytes((tag, len(content))) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def write_set(*parts: bytes) -> bytes:
    """A SET OF, in the order that DER wants."""
    return write(SET, *sorted(parts))


def write_number(number: int) -> bytes:
    """An INTEGER that is not negative."""
    return write(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def write_name(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    arcs = [int(one) for one in dotted.split(".")]
    octets = bytearray()
    for arc in [40 * arcs[0] + arcs[1], *arcs[2:]]:
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | arc & 0x7F)
        octets += bytes(reversed(groups))
    return write(OID, bytes(octets))
