"""The ZIP of an ASiC-E container, read so that no two readers find different files in it, and no more than is allowed. Source: EN 319 162-1 4.4, annex A."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from itertools import pairwise
from typing import Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

MIME_TYPE: Final = b"application/vnd.etsi.asic-e+zip"
MIME_FILE: Final = "mimetype"
META: Final = "META-INF/"


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many files a container has at most, how many octets all of them together, and how many of those may come out of nearly nothing."""

    files: int = 200
    octets: int = 64 << 20
    #: A container of few octets costs no more to read, whatever it says.
    light: int = 256 << 20


#: Of what partners send.
DOCUMENTS: Final = Bounds()
#: So many times its own octets may be in a container that has more than what is light.
_TIMES: Final = 100
#: Deflate makes a file at most about this much smaller; more than that is no document.
_MOST_TIMES: Final = 1032
_LOCAL: Final = 30
#: The record that ends an archive without a comment.
_END: Final = 22
_ENCRYPTED: Final = 0x1
_SIZES_BEHIND: Final = 0x8
#: Between a file and the next: nothing, or the sizes written behind it (with or without their mark, in 32 or 64 bits).
_GAPS: Final = frozenset({0, 12, 16, 20, 24})


class ArchiveRefused(ValueError):
    """The octets are no container that is read here; the text says why."""


def is_archive(octets: bytes) -> bool:
    """Whether the octets look like a container rather than a document in XML."""
    return octets[:4] == b"PK\x03\x04"


def read_archive(octets: bytes, bounds: Bounds = DOCUMENTS) -> dict[str, bytes]:
    """The files by name, `mimetype` left out. Raises ArchiveRefused."""
    try:
        with ZipFile(BytesIO(octets)) as archive:
            entries = archive.infolist()
            _check_entries(octets, archive, entries, bounds)
            return {entry.filename: _read(octets, archive, entry) for entry in entries if entry.filename != MIME_FILE}
    except (BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, OSError, zlib.error) as problem:
        raise ArchiveRefused(f"the container cannot be read: {problem}") from None


def _check_entries(octets: bytes, archive: ZipFile, entries: list[ZipInfo], bounds: Bounds) -> None:
    if len(entries) > bounds.files:
        raise ArchiveRefused(f"{len(entries)} files, at most {bounds.files}")
    names = [entry.filename for entry in entries]
    # Some systems know no difference between capitals and small letters.
    if len({name.casefold() for name in names}) != len(names):
        raise ArchiveRefused("two files of one name")
    size = sum(entry.file_size for entry in entries)
    if size > bounds.octets:
        raise ArchiveRefused(f"{size} octets in all files, at most {bounds.octets}")
    if size > max(bounds.light, _TIMES * len(octets)):
        raise ArchiveRefused(f"{size} octets in all files, out of {len(octets)}: at most {_TIMES} times as many")
    for entry in entries:
        # As it is written: Python's reader cuts a name at a zero.
        _check_name(entry.orig_filename)
        if entry.flag_bits & _ENCRYPTED or entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise ArchiveRefused(f"{entry.filename}: encrypted, or packed in another way than deflated")
        if entry.file_size > _MOST_TIMES * entry.compress_size:
            raise ArchiveRefused(f"{entry.filename}: {entry.file_size} octets out of {entry.compress_size}")
    _check_places(octets, archive, entries)
    first = min(entries, key=lambda entry: entry.header_offset, default=None)
    if first is None or first.filename != MIME_FILE or first.compress_type != ZIP_STORED:
        raise ArchiveRefused("mimetype is not the first file, or it is compressed")
    if _read(octets, archive, first) != MIME_TYPE:
        raise ArchiveRefused("mimetype does not say ASiC-E")


def _check_name(name: str) -> None:
    parts = name.split("/")
    if (
        not name.isprintable()
        or "\\" in name
        or ":" in name
        or name.startswith("/")
        or {"", ".", ".."} & set(parts)
        or len(name) > 200
    ):
        raise ArchiveRefused(f"a file with the name {name[:80]!r}")


def _check_places(octets: bytes, archive: ZipFile, entries: list[ZipInfo]) -> None:
    """The files follow one another from the first octet on, so that who reads them in turn finds what the directory at the end names."""
    found = sorted((entry.header_offset, _end(octets, entry)) for entry in entries)
    found.append((archive.start_dir, archive.start_dir))
    if found[0][0] != 0 or octets[-_END:][:4] != b"PK\x05\x06":
        raise ArchiveRefused("something stands before the first file or behind the last")
    for (_, end), (start, _) in pairwise(found):
        if start - end not in _GAPS:
            raise ArchiveRefused("something stands between two files, or they overlap")


def _end(octets: bytes, entry: ZipInfo) -> int:
    at = entry.header_offset
    name, extra = (int.from_bytes(octets[at + where : at + where + 2], "little") for where in (26, 28))
    if entry.filename == MIME_FILE and extra:
        raise ArchiveRefused("mimetype has extra fields")
    if not entry.flag_bits & _SIZES_BEHIND and octets[at + 14 : at + 26] != _sizes(entry):
        raise ArchiveRefused(f"{entry.filename}: another size or sum in front of it than in the directory")
    return at + _LOCAL + name + extra + entry.compress_size


def _sizes(entry: ZipInfo) -> bytes:
    return b"".join(number.to_bytes(4, "little") for number in (entry.CRC, entry.compress_size, entry.file_size))


def _read(octets: bytes, archive: ZipFile, entry: ZipInfo) -> bytes:
    """The file, of which every packed octet is a part: what follows the end of what is deflated would be read by nobody."""
    with archive.open(entry):
        # Opening compares the name in front of the file with that in the directory.
        end = _end(octets, entry)
    packed = octets[end - entry.compress_size : end]
    whole, found = True, packed
    if entry.compress_type == ZIP_DEFLATED:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        # The size that was counted is the most that is read, whatever the packed octets hold.
        found = inflater.decompress(packed, entry.file_size + 1)
        whole = inflater.eof and not inflater.unused_data
    if not whole or len(found) != entry.file_size or zlib.crc32(found) != entry.CRC:
        raise ArchiveRefused(f"{entry.filename}: not of the size or the sum that is told")
    return found


def write_archive(files: Mapping[str, bytes], now: datetime, bounds: Bounds = DOCUMENTS) -> bytes:
    """A container of these files in their order, after `mimetype`. Raises ArchiveRefused for a name that would be refused."""
    octets = _written(files, now, ZIP_DEFLATED)
    # What would look like a bomb is not deflated.
    if sum(map(len, files.values())) > max(bounds.light, _TIMES * len(octets)):
        return _written(files, now, ZIP_STORED)
    return octets


def _written(files: Mapping[str, bytes], now: datetime, packing: int) -> bytes:
    written = BytesIO()
    at = now.astimezone(UTC)
    date = (max(at.year, 1980), at.month, at.day, at.hour, at.minute, at.second)
    with ZipFile(written, "w") as archive:
        archive.writestr(ZipInfo(MIME_FILE, date), MIME_TYPE, ZIP_STORED)
        for name, octets in files.items():
            _check_name(name)
            archive.writestr(ZipInfo(name, date), octets, packing)
    return written.getvalue()
