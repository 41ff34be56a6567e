"""No octet of a bundle can be changed, added or taken away unseen, nor can a ZIP be read in two ways."""

import struct
import zipfile
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verifier import made
from tests.verifier.made import NOW, Maker, Stamp, World
from verifier import n2n_verify as verifier

SOON = NOW + 3 * made.DAY
#: A damaged serial number that is not positive makes the library warn; what is wrong is said all the same.
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")


@cache
def bundles() -> list[bytes]:
    """One stored, one deflated."""
    files = made.unpacked(made.usual(World()).bundle())
    return [made.packed(files), made.packed(files, zipfile.ZIP_DEFLATED)]


def failures(octets: bytes) -> list[tuple[str, str, str]]:
    return verifier.verify_bundle(octets, SOON).failures


def named(octets: bytes) -> bool:
    """Whether the bundle does not hold, each failure has the name of a check, and a sentence says why."""
    found = failures(octets)
    return bool(found) and all(check in verifier.CHECKS and why.endswith(".") for check, _, why in found)


def test_both_hold() -> None:
    assert [failures(octets) for octets in bundles()] == [[], []]


@given(which=st.integers(0, 1), where=st.integers(min_value=0), bits=st.integers(1, 255))
def test_an_octet_that_was_changed_is_noticed(which: int, where: int, bits: int) -> None:
    octets = bytearray(bundles()[which])
    octets[where % len(octets)] ^= bits
    assert named(bytes(octets))


@given(which=st.integers(0, 1), where=st.integers(min_value=0), bits=st.integers(1, 255))
def test_it_is_noticed_even_if_the_sum_is_made_anew_unless_no_file_changed(which: int, where: int, bits: int) -> None:
    original = bundles()[which]
    octets = bytearray(original[: -len(made.COMMENT) - 64])
    octets[where % (len(octets) - 22)] ^= bits
    forged = made.summed(bytes(octets))
    # Without a key, only what belongs to no file can differ: times and attributes in the list, and how a file is packed.
    assert named(forged) or list(verifier.read_zip(forged).items()) == list(verifier.read_zip(original).items())


@given(which=st.integers(0, 1), length=st.integers(min_value=0))
def test_a_cut_is_noticed(which: int, length: int) -> None:
    octets = bundles()[which]
    assert named(octets[: length % len(octets)])
    assert named(octets[length % len(octets) + 1 :])


@given(which=st.integers(0, 1), where=st.integers(min_value=0), more=st.binary(min_size=1, max_size=40))
def test_octets_put_in_are_noticed(which: int, where: int, more: bytes) -> None:
    octets = bundles()[which]
    where %= len(octets) + 1
    assert named(octets[:where] + more + octets[where:])


@given(st.binary(max_size=300))
def test_any_octets_at_all_are_judged_and_never_crash(octets: bytes) -> None:
    assert named(octets)
    assert named(made.summed(octets + b"PK\x05\x06" + bytes(18)))


def rows(octets: bytes) -> list[int]:
    """Where the rows of the list of a ZIP begin."""
    end = octets.rindex(b"PK\x05\x06")
    count, begin = struct.unpack_from("<H", octets, end + 10)[0], struct.unpack_from("<L", octets, end + 16)[0]
    found = []
    for _ in range(count):
        found.append(begin)
        begin += 46 + sum(struct.unpack_from("<3H", octets, begin + 28))
    return found


def patched(octets: bytes, at: int, new: bytes) -> bytes:
    end = octets.rindex(b"PK\x05\x06")
    return made.summed(octets[:at] + new + octets[at + len(new) : end + 22])


@pytest.mark.parametrize(
    ("offset", "new"),
    [
        (8, b"\x01\x00"),
        (8, b"\x08\x00"),
        (10, b"\x0c\x00"),
        (24, b"\x00\x00\x00\x00"),
        (20, b"\xff\xff\xff\xff"),
        (34, b"\x01\x00"),
        (42, b"\x01\x00\x00\x00"),
    ],
    ids=["encrypted", "sizes behind the file", "another way to pack", "another size", "no size", "another disk", "another place"],
)
def test_a_list_that_differs_from_the_heads_is_refused(offset: int, new: bytes) -> None:
    octets = bundles()[1]
    assert {check for check, _, _ in failures(patched(octets, rows(octets)[2] + offset, new))} == {"container"}


def test_two_files_of_one_name_are_refused() -> None:
    import io

    out = io.BytesIO(bundles()[0])
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(out, "a") as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), made.unpacked(bundles()[0])["mimetype"])
    (found,) = failures(made.summed(out.getvalue()))
    assert found[0] == "container"
    assert "two files of the name 'mimetype'" in found[2]


@pytest.mark.parametrize("attribute", ["extra", "comment"])
def test_a_file_with_more_than_its_octets_is_refused(attribute: str) -> None:
    import io

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, octets in made.unpacked(bundles()[0]).items():
            info = zipfile.ZipInfo(name)
            if name == "report.pdf":
                setattr(info, attribute, b"\x99\x99\x02\x00hi" if attribute == "extra" else b"hi")
            archive.writestr(info, octets)
    assert [check for check, _, _ in failures(made.summed(out.getvalue()))] == ["container"]


def test_sizes_behind_a_file_are_refused() -> None:
    import io

    class Stream(io.BytesIO):
        def seek(self, *_: int) -> int:
            raise OSError("a stream")

    out = Stream()
    with zipfile.ZipFile(out, "w") as archive:
        for name, octets in made.unpacked(bundles()[0]).items():
            archive.writestr(zipfile.ZipInfo(name), octets)
    assert [check for check, _, _ in failures(made.summed(out.getvalue()))] == ["container"]


def test_a_file_between_the_files_is_refused() -> None:
    octets = bundles()[0]
    list_at = rows(octets)[0]
    end = octets.rindex(b"PK\x05\x06")
    gap = octets[:list_at] + b"hidden" + octets[list_at : end + 16] + struct.pack("<L", list_at + 6) + octets[end + 20 :]
    assert [check for check, _, _ in failures(made.summed(gap[: gap.rindex(b"PK\x05\x06") + 22]))] == ["container"]


def test_a_bundle_of_more_files_than_the_short_end_can_count_is_read() -> None:
    files = {"mimetype": b"x", **{f"objects/{number:064x}": b"" for number in range(66_000)}}
    assert list(verifier.read_zip(made.packed(files))) == list(files)


def test_a_bomb_is_refused_at_its_stated_size() -> None:
    octets = made.packed({"mimetype": b"m", "manifest.json": bytes(10_000_000)}, zipfile.ZIP_DEFLATED)
    second = rows(octets)[1]
    smaller = patched(octets, second + 24, struct.pack("<L", 100))
    head = struct.unpack_from("<L", smaller, second + 42)[0]
    with pytest.raises(verifier.Refused, match="damaged"):
        verifier.read_zip(patched(smaller, head + 22, struct.pack("<L", 100)))


def test_a_log_of_many_entries_is_verified() -> None:
    maker = Maker(World())
    maker.fill(300)
    for number in range(40):
        maker.received(made.message(f"m{number}", maker.world.partner, [b"x"]))
        if number % 9 == 0:
            maker.checkpoint()
    maker.checkpoint(Stamp(maker.world.time, NOW))
    assert failures(maker.bundle()) == []
