"""An archive is read only where every reader would find the same files in it, and no more than is allowed."""

from io import BytesIO
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.customs.seal.archive import DOCUMENTS, MIME_TYPE, ArchiveRefused, Bounds, is_archive, read_archive, write_archive
from tests.seals import NOW

NAMES = st.text("abAB01.關 _-", min_size=1, max_size=8).filter(lambda name: name not in (".", ".."))


def made(*entries, mime=MIME_TYPE, mime_packed=ZIP_STORED, comment=b""):
    """An archive with these (name or ZipInfo, octets, packing)."""
    written = BytesIO()
    with ZipFile(written, "w") as archive:
        if mime is not None:
            archive.writestr(ZipInfo("mimetype"), mime, mime_packed)
        for entry, octets, packing in entries:
            # A name alone would bring the time of day along, and a test id with it.
            archive.writestr(entry if isinstance(entry, ZipInfo) else ZipInfo(entry), octets, packing)
        archive.comment = comment
    return written.getvalue()


@given(st.dictionaries(NAMES, st.binary(max_size=300), max_size=5))
def test_what_is_written_is_read(files):
    distinct = {name: octets for name, octets in files.items() if sum(name.casefold() == one.casefold() for one in files) == 1}
    octets = write_archive(distinct, NOW)
    assert is_archive(octets)
    assert read_archive(octets) == distinct


GOOD = made(("a.pdf", b"text" * 100, ZIP_DEFLATED))


def without_directory_entry():
    """A file that stands there and that the directory at the end does not name."""
    hidden = made(("a.pdf", b"other", ZIP_STORED), mime=None)
    start = hidden.index(b"PK\x01\x02")
    local = hidden[:start]
    head = GOOD.index(b"PK\x03\x04", 4)
    shifted = bytearray(GOOD[:head] + local + GOOD[head:])
    directory = shifted.index(b"PK\x01\x02")
    second = shifted.index(b"PK\x01\x02", directory + 4)
    shifted[second + 42 : second + 46] = (head + len(local)).to_bytes(4, "little")
    end = shifted.index(b"PK\x05\x06")
    shifted[end + 16 : end + 20] = directory.to_bytes(4, "little")
    return bytes(shifted)


def wrong_size():
    octets = bytearray(GOOD)
    at = octets.rindex(b"PK\x01\x02")
    octets[at + 24 : at + 28] = (200).to_bytes(4, "little")
    return bytes(octets)


def two_of_one_name():
    with pytest.warns(UserWarning, match="Duplicate"):
        return made(("a", b"1", ZIP_STORED), ("a", b"2", ZIP_STORED))


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"", "cannot be read"),
        (b"PK\x03\x04", "cannot be read"),
        (GOOD[:-1], "cannot be read"),
        (b"x" + GOOD, "before the first"),
        (GOOD + b"x", "cannot be read|behind"),
        (made(("a", b"", ZIP_STORED), comment=b"PK"), "behind"),
        (made(("a", b"", ZIP_STORED), mime=None), "mimetype"),
        (made(mime=b"application/zip"), "ASiC-E"),
        (made(mime_packed=ZIP_DEFLATED), "compressed"),
        (made(("a", b"1", ZIP_STORED), ("A", b"2", ZIP_STORED)), "one name"),
        (made(("../a", b"1", ZIP_STORED)), "name"),
        (made(("/a", b"1", ZIP_STORED)), "name"),
        (made(("a/../b", b"1", ZIP_STORED)), "name"),
        (made(("C:a", b"1", ZIP_STORED)), "name"),
        (made(("a\nb", b"1", ZIP_STORED)), "name"),
        (made(("aXb", b"1", ZIP_STORED)).replace(b"aXb", b"a\0b"), "name"),
        (made(("folder/", b"", ZIP_STORED)), "name"),
        (made(("a", b"1", ZIP_BZIP2)), "another way"),
        (made(*[(f"f{number}", b"", ZIP_STORED) for number in range(DOCUMENTS.files)]), "201 files"),
        (wrong_size(), "cannot be read|size"),
        (without_directory_entry(), "between"),
    ],
)
def test_what_is_read_in_two_ways_is_refused(octets, why):
    with pytest.raises(ArchiveRefused, match=why):
        read_archive(octets)


def test_two_files_of_one_name_are_refused():
    with pytest.raises(ArchiveRefused, match="one name"):
        read_archive(two_of_one_name())


def test_a_bomb_is_not_unpacked():
    bomb = made(("bomb", bytes(40 << 20), ZIP_DEFLATED), ("bomb2", bytes(40 << 20), ZIP_DEFLATED))
    assert len(bomb) < 100_000
    with pytest.raises(ArchiveRefused, match="octets in all files"):
        read_archive(bomb)
    assert read_archive(GOOD, Bounds(octets=1000))
    with pytest.raises(ArchiveRefused, match="at most 100"):
        read_archive(GOOD, Bounds(octets=100))


def test_the_good_one_is_good():
    assert read_archive(GOOD) == {"a.pdf": b"text" * 100}


def test_a_header_that_tells_other_sizes_than_the_directory_is_refused():
    at = GOOD.index(b"PK\x03\x04", 4)
    for place in (14, 18, 22):
        changed = bytearray(GOOD)
        changed[at + place] ^= 1
        with pytest.raises(ArchiveRefused, match="another size or sum"):
            read_archive(bytes(changed))
