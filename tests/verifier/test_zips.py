"""A container that could be read in two ways, or that would fill the memory, is read by neither verifier; what both read has the same octets."""

import struct
import tracemalloc
import zipfile
from io import BytesIO

import pytest

from node.customs.seal.archive import ArchiveRefused, Bounds, read_archive, write_archive
from node.evidence.bundle import BundleRefused, Opened, open_bundle
from tests.bundles import NOW
from tests.verifier.made import packed, summed
from tests.verifier.zips import MIMETYPE, OBJECT, Packed, container, deflated, files
from verifier import n2n_verify as second

BIG = 40 << 20


def opened(octets: bytes) -> Opened | None:
    try:
        found = open_bundle(octets)
    except BundleRefused:
        return None
    return None if found.problem else found


def both(octets: bytes) -> list[dict[str, bytes] | None]:
    """The files as each of them reads them; None where one refuses the container."""
    first = opened(octets)
    try:
        other = second.read_zip(octets)
    except second.Refused:
        other = {}
    said = bool(other) and next(iter(other)) == "mimetype" and other.pop("mimetype") == MIMETYPE
    return [{**first.files, **first.meta} if first else None, other if said else None]


def lying(where: str, **fields: object) -> list[Packed]:
    held = files()
    getattr(held[1], where).update(fields)
    return held


def with_packed(octets: bytes, held: bytes, method: int = 8) -> list[Packed]:
    return files(Packed(OBJECT.encode(), octets, method, held))


WIDE = struct.pack("<2HQ", 1, 8, 0)
LYING = {
    "two files of one name": container(files(Packed(b"manifest.json", b"[]"))),
    "a name that differs in its case": container(files(Packed(b"Manifest.json", b"[]"))),
    "another name in front": container(lying("local", name=b"manifest.jsoN")),
    "another size in front": container(lying("local", size=1)),
    "another method in front": container(lying("local", method=0)),
    "encrypted": container(lying("central", flags=1)),
    "encrypted, in front alone": container(lying("local", flags=1)),
    "sizes behind the file": container(lying("central", flags=8)),
    "extra field in the directory": container(lying("central", extra=b"\x99\x99\x02\x00hi")),
    "extra field in front": container(lying("local", extra=b"\x99\x99\x02\x00hi")),
    "place as ZIP64 where it is not needed": container(lying("central", extra=WIDE)),
    "size as ZIP64": container(lying("central", size=0xFFFFFFFF, extra=struct.pack("<2HQ", 1, 8, 100))),
    "comment of a file": container(lying("central", comment=b"hi")),
    "another disk": container(lying("central", disk=1)),
    "octets between files": container([Packed(b"mimetype", MIMETYPE, after=b"x" * 12), *files()[1:]]),
    "octets before the directory": container(files(), gap=bytes(16)),
    "octets before all": container(files(), before=b"MZ" * 9),
    "octets before all, places told alike": container(files(), before=b"MZ" * 9, shift=-18),
    "octets behind the directory": container(files(), behind=b"PK\x05\x05\x00\x00"),
    "all places too high": container(files(), shift=5),
    "a place inside of another file": container(lying("central", place=3)),
    "directory in another order": container(files(), rows=[1, 0]),
    "mimetype is not first": container(files()[::-1]),
    "mimetype packed": container([Packed(b"mimetype", MIMETYPE, 8), *files()[1:]]),
    "mimetype of something else": container([Packed(b"mimetype", MIMETYPE[:-1]), *files()[1:]]),
    "octets hidden behind what is deflated": container(with_packed(b"abc", deflated(b"abc") + b"hidden")),
    "deflated without its end": container(with_packed(b"abc", deflated(b"abc")[:-1])),
    "stored, and larger than told": container(with_packed(b"abc", b"abchidden", 0)),
    "stored, and smaller than told": container(with_packed(b"abc", b"ab", 0)),
    "deflated, and larger than told": container(with_packed(b"abc", deflated(b"abcd"))),
    "a wrong sum of a file": container(lying("central", crc=1)),
    "more files than the end tells": container(files(), end={"count": 1}),
    "fewer files than the end tells": container(files(), end={"count": 3}),
    "another place of the directory": container(files(), end={"start": 1}),
    "another length of the directory": container(files(), end={"length": 46}),
    "another disk of the directory": container(files(), end={"disk": 1}),
    "the two ends differ in the count": container(files(), end_64={"count": 3}),
    "the two ends differ in the length": container(files(), end_64={"length": 46}),
    "the two ends differ in the place": container(files(), end_64={"start": 1}),
    "the wide end is of another width": container(files(), end_64={"width": 45}),
    "the wide end needs another version": container(files(), end_64={"needed": 20}),
    "the wide end lies elsewhere": container(files(), end_64={"end": 1}),
    "the wide end is on several disks": container(files(), end_64={"disks": 2}),
    "the wide end is told and not there": container(files(), end={"start": 0xFFFFFFFF}),
    "the short end tells of a wide place": container(files(), end={"start": 0xFFFFFFFF}, end_64={}),
    "the short end tells of a wide length": container(files(), end={"length": 0xFFFFFFFF}, end_64={}),
    "no files": container([]),
    "a file in a folder above": container(files(Packed(b"../" + OBJECT.encode(), b"x"))),
    "an absolute name": container(files(Packed(b"/objects/x", b"x"))),
}


def test_what_is_right_is_read_by_both_and_alike() -> None:
    for good in (container(files()), container(files(), end_64={})):
        first, other = both(good)
        assert first == other == {"manifest.json": b"{}" * 50}


@pytest.mark.parametrize("octets", LYING.values(), ids=LYING)
def test_a_container_that_lies_is_refused_by_both(octets: bytes) -> None:
    # The second judges names once it has read the files.
    first, other = both(octets)
    assert first is None
    assert other is None or not all(second.ALLOWED.fullmatch(name) for name in other)


def bomb(many: int) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", MIMETYPE)
        for number in range(many):
            archive.writestr(zipfile.ZipInfo(f"objects/{number:064x}"), bytes(BIG), zipfile.ZIP_DEFLATED)
    return summed(out.getvalue())


def test_a_bomb_costs_no_more_than_a_light_bundle() -> None:
    octets = bomb(8)
    assert len(octets) < 1 << 19
    for read in (opened, lambda held: second.verify_bundle(held, NOW)):
        tracemalloc.start()
        found = read(octets)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert most < (256 << 20) + BIG + 4 * len(octets)
        assert found is None or "made to fill the memory" in found.failures[0][2]  # type: ignore[union-attr]


def test_a_bundle_of_too_many_files_is_refused_before_they_are_unpacked() -> None:
    many = {"mimetype": MIMETYPE, **{f"objects/{number:064x}": b"" for number in range(100_000)}}
    octets = packed(many)
    with pytest.raises(BundleRefused, match="100001 files, at most 100000"):
        open_bundle(octets)
    with pytest.raises(second.Refused, match="100001 files in it, and a bundle has at most 100000"):
        second.read_zip(octets)


def test_what_would_look_like_a_bomb_is_written_without_being_packed() -> None:
    bounds = Bounds(light=1000)
    octets = write_archive({"a": bytes(1_000_000)}, NOW, bounds)
    assert len(octets) > 1_000_000
    assert read_archive(octets, bounds) == {"a": bytes(1_000_000)}
    with pytest.raises(ArchiveRefused, match="at most 100 times as many"):
        read_archive(write_archive({"a": bytes(1_000_000)}, NOW), bounds)


def test_a_file_larger_than_any_bundle_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    octets = container(files())
    monkeypatch.setattr("node.evidence.bundle.MOST_READ", len(octets) - 1)
    monkeypatch.setattr(second, "MOST_READ", len(octets) - 1)
    assert both(octets) == [None, None]
