"""The headers of a container's files, which stand twice and must say the same: no octet of them is left to whoever reads. Source: the format of evidence, 5."""

import io
import struct
from typing import Final
from zipfile import BadZipFile, ZipFile

_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_END: Final = struct.Struct("<4s4H")
#: What may be needed to read a file: nothing, deflate, ZIP64.
_VERSIONS: Final = (10, 20, 45)
#: None, or that names are UTF-8.
_FLAGS: Final = (0, 0x800)
_METHODS: Final = (0, 8)
_MANY: Final = 0xFFFF


class HeadersDiffer(ValueError):
    """The two headers of a file do not say the same, or say what a bundle has not; the text says of which file."""


def check_headers(octets: bytes) -> None:
    """Of a container that could be read. Raises HeadersDiffer."""
    try:
        archive = ZipFile(io.BytesIO(octets))
    except (BadZipFile, ValueError, OSError) as problem:
        raise HeadersDiffer(str(problem)) from None
    at = archive.start_dir
    for entry in archive.infolist():
        _, _, needed, flags, method, time, date, crc, packed, size, name, extra, comment, disk, _, _, _ = _CENTRAL.unpack_from(
            octets, at
        )
        if needed not in _VERSIONS or flags not in _FLAGS or method not in _METHODS or comment or disk:
            raise HeadersDiffer(f"{entry.filename}: the directory says what a bundle has not")
        head = _LOCAL.pack(b"PK\x03\x04", needed, flags, method, time, date, crc, packed, size, name, 0)
        if octets[entry.header_offset : entry.header_offset + _LOCAL.size] != head:
            raise HeadersDiffer(f"{entry.filename}: in front of it stands something else than in the directory")
        at += _CENTRAL.size + name + extra + comment
    _, disk, start, here, all_of_them = _END.unpack_from(octets, octets.rindex(b"PK\x05\x06"))
    count = len(archive.infolist())
    if disk or start or {here, all_of_them} != {min(count, _MANY)}:
        raise HeadersDiffer("the end tells of other disks, or of another number of files")
