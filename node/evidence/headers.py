"""The container of a bundle, octet for octet: what is in front of each file says what the directory says, and nothing is anywhere else. Source: the format of evidence, 5."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_END: Final = struct.Struct("<4s4H2LH")
_END_64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64: Final = struct.Struct("<4sLQL")
#: What may be needed to read a file: nothing, deflate, ZIP64.
_VERSIONS: Final = (10, 20, 45)
_WITH_64: Final = 45
#: None, or that names are UTF-8.
_FLAGS: Final = (0, 0x800)
_METHODS: Final = (0, 8)
_MANY: Final = 0xFFFF
_FAR: Final = 0xFFFFFFFF
#: Before the place of a file that lies beyond 4 GiB: which field of ZIP64 it is, and its length.
_PLACE_64: Final = struct.pack("<2H", 1, 8)


class HeadersDiffer(ValueError):
    """The two headers of a file do not say the same, or say what a bundle has not; the text says of which file."""


@dataclass(frozen=True, slots=True)
class _Directory:
    """Where the directory begins and ends, and how many files it says there are."""

    start: int
    end: int
    count: int


def check_headers(octets: bytes) -> None:
    """Of a container without its comment, whose files are not unpacked. Raises HeadersDiffer."""
    directory = _directory(octets)
    place, at = 0, directory.start
    for _ in range(directory.count):
        if at + _CENTRAL.size > directory.end or octets[at : at + 4] != b"PK\x01\x02":
            raise HeadersDiffer("the directory has fewer files than it says")
        place, at = _check_file(octets, directory, place, at)
    if at != directory.end:
        raise HeadersDiffer("the directory has more than its files")
    if place != directory.start:
        raise HeadersDiffer("something stands between the last file and the directory")


def _check_file(octets: bytes, directory: _Directory, place: int, at: int) -> tuple[int, int]:
    """One file that begins at a place, and its row in the directory; where each of the two ends."""
    _, _, needed, flags, method, time, date, crc, packed, size, name_size, extra_size, comment, disk, _, _, told = (
        _CENTRAL.unpack_from(octets, at)
    )
    row_end = at + _CENTRAL.size + name_size + extra_size
    written = octets[at + _CENTRAL.size : at + _CENTRAL.size + name_size]
    name = written.decode("ascii", "replace")
    if row_end > directory.end:
        raise HeadersDiffer(f"{name}: its row runs out of the directory")
    if needed not in _VERSIONS or flags not in _FLAGS or method not in _METHODS or comment or disk:
        raise HeadersDiffer(f"{name}: the directory says what a bundle has not")
    if _FAR in (packed, size) or (method == 0 and packed != size):
        raise HeadersDiffer(f"{name}: {size} octets in {packed}")
    extra = octets[at + _CENTRAL.size + name_size : row_end]
    if told == _FAR and needed == _WITH_64 and extra[:4] == _PLACE_64:
        # Only its place is told by ZIP64, which the header in front of it knows nothing of.
        told, extra, needed = int.from_bytes(extra[4:], "little"), extra[12:], 20
    if extra:
        raise HeadersDiffer(f"{name}: extra fields in the directory")
    if told != place:
        raise HeadersDiffer(f"{name}: something stands in front of it, or it does not lie where the directory says")
    head = _LOCAL.pack(b"PK\x03\x04", needed, flags, method, time, date, crc, packed, size, name_size, 0) + written
    if octets[place : place + len(head)] != head:
        raise HeadersDiffer(f"{name}: in front of it stands something else than in the directory")
    end = place + len(head) + packed
    if end > directory.start:
        raise HeadersDiffer(f"{name}: it runs into the directory")
    return end, row_end


def _directory(octets: bytes) -> _Directory:
    at = len(octets) - _END.size
    if at < 0 or octets[at : at + 4] != b"PK\x05\x06":
        raise HeadersDiffer("it does not end as a container ends")
    _, disk, first, here, count, length, start, comment = _END.unpack_from(octets, at)
    if disk or first or comment or here != count:
        raise HeadersDiffer("the end tells of other disks, or of another number of files")
    end = at
    for end_64 in _ends_64(octets, at):
        end, short = end_64, (count, length, start)
        _, _, _, _, _, _, _, count, length, start = _END_64.unpack_from(octets, end)
        if short != (min(count, _MANY), min(length, _FAR), min(start, _FAR)):
            raise HeadersDiffer("the two ends differ")
    if start + length != end:
        raise HeadersDiffer("the directory is not where the end says")
    return _Directory(start, end, count)


def _ends_64(octets: bytes, at: int) -> Iterator[int]:
    """Where the end of ZIP64 begins, which stands with its locator before the other; none where there is none."""
    locator = at - _LOCATOR_64.size
    end = locator - _END_64.size
    if end < 0 or octets[locator : locator + 4] != b"PK\x06\x07":
        return
    mark, size, _, needed, disk, first, here, count, _, _ = _END_64.unpack_from(octets, end)
    if (mark, size, needed, disk, first) != (b"PK\x06\x06", _END_64.size - 12, _WITH_64, 0, 0) or here != count:
        raise HeadersDiffer("the end of ZIP64 tells of other disks, or of another number of files")
    if octets[locator:at] != _LOCATOR_64.pack(b"PK\x06\x07", 0, end, 1):
        raise HeadersDiffer("the end of ZIP64 is not where it is said to be")
    yield end
