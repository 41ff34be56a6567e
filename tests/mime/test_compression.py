"""Gzip is made the same each time and undone within caps, by ISA-L and by zlib alike."""

import gzip
import importlib
import io
import random
import sys
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.ebms.errors import DecompressionFailure, EbmsError
from node.mime import compression
from node.mime.compression import CHUNK, Deflater, Inflater

isal_zlib = pytest.importorskip("isal.isal_zlib")

ENGINES = [pytest.param(isal_zlib, id="isal"), pytest.param(zlib, id="zlib")]
every_engine = pytest.mark.parametrize("engine", ENGINES)
engines = st.sampled_from([isal_zlib, zlib])

TEXT = b"<co>" + b"certificate of origin; " * 500 + b"</co>"
GZIP = gzip.compress(TEXT, mtime=0)
EMPTY = gzip.compress(b"", mtime=0)
NOISE = random.Random(1).randbytes(300_000)


def deflate(octets: bytes, engine, step: int = 1 << 20) -> bytes:
    deflater = Deflater(engine)
    return b"".join([deflater.feed(octets[start : start + step]) for start in range(0, len(octets), step)]) + deflater.finish()


def inflate(octets: bytes, engine, step: int = 1 << 20, max_octets: int = 1 << 30, max_ratio: int = 1 << 20) -> bytes:
    inflater = Inflater(max_octets, max_ratio, engine)
    pieces = [piece for start in range(0, len(octets), step) for piece in inflater.feed(octets[start : start + step])]
    inflater.finish()
    assert max(map(len, pieces), default=0) <= CHUNK
    return b"".join(pieces)


# -- making ------------------------------------------------------------------------------------------------------------


def test_ISA_L_is_used_where_it_is_present():
    assert compression.ENGINE is isal_zlib


def test_zlib_is_used_where_ISA_L_is_not_present(monkeypatch):
    monkeypatch.setitem(sys.modules, "isal", None)
    spec = importlib.util.spec_from_file_location("compression_without_isal", compression.__file__)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.ENGINE is zlib
    deflater, inflater = module.Deflater(), module.Inflater(1 << 20, 200)
    octets = deflater.feed(TEXT) + deflater.finish()
    assert gzip.decompress(octets) == TEXT
    assert b"".join(inflater.feed(octets)) == TEXT
    with pytest.raises(EbmsError):
        list(module.Inflater(1 << 20, 200).feed(TEXT))


@every_engine
@pytest.mark.parametrize("octets", [b"", b"a", TEXT, NOISE], ids=["empty", "one", "text", "noise"])
def test_what_is_deflated_is_one_gzip_member_of_those_octets(octets, engine):
    deflated = deflate(octets, engine)
    reader = zlib.decompressobj(31)
    assert (reader.decompress(deflated), reader.eof, reader.unused_data) == (octets, True, b"")


@every_engine
def test_the_gzip_header_names_no_file_and_no_time(engine):
    # RFC 1952 2.3: magic, deflate, no flags, MTIME 0.
    assert deflate(TEXT, engine)[:8] == b"\x1f\x8b\x08\x00" + bytes(4)


@every_engine
def test_the_same_octets_are_deflated_the_same_each_time(engine):
    assert deflate(TEXT, engine) == deflate(TEXT, engine)


@every_engine
def test_a_deflater_takes_views(engine):
    deflater = Deflater(engine)
    assert gzip.decompress(deflater.feed(memoryview(TEXT)) + deflater.finish()) == TEXT


@given(st.binary(max_size=2000), st.integers(1, 500), engines, engines)
def test_what_is_deflated_is_inflated(octets, step, by, to):
    assert inflate(deflate(octets * 9, by, step), to, step) == octets * 9


# -- undoing -----------------------------------------------------------------------------------------------------------


def with_fields(flags: int) -> bytes:
    """A header with these of FHCRC (2), FEXTRA (4), FNAME (8) and FCOMMENT (16)."""
    head = b"\x1f\x8b\x08" + bytes([flags]) + b"\x01\x02\x03\x04\x00\x03"
    head += (
        (b"\x04\x00AB\x00\x00" if flags & 4 else b"") + (b"abc\x00" if flags & 8 else b"") + (b"xyz\x00" if flags & 16 else b"")
    )
    return head + ((zlib.crc32(head) & 0xFFFF).to_bytes(2, "little") if flags & 2 else b"") + GZIP[10:]


def stored() -> bytes:
    deflater = zlib.compressobj(0, zlib.DEFLATED, 31)
    return deflater.compress(TEXT) + deflater.flush()


def in_many_blocks() -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, 31)
    pieces = [deflater.compress(TEXT[n : n + 100]) + deflater.flush(zlib.Z_FULL_FLUSH) for n in range(0, len(TEXT), 100)]
    return b"".join(pieces) + deflater.flush()


def with_a_name() -> bytes:
    file = io.BytesIO()
    with gzip.GzipFile("co.xml", "wb", fileobj=file) as gzipped:
        gzipped.write(TEXT)
    return file.getvalue()


INFLATED = {
    "empty": (EMPTY, b""),
    "text": (GZIP, TEXT),
    "noise": (gzip.compress(NOISE), NOISE),
    "larger than a chunk": (gzip.compress(TEXT * 100), TEXT * 100),
    "exactly a chunk": (gzip.compress(bytes(CHUNK)), bytes(CHUNK)),
    "exactly two chunks": (gzip.compress(bytes(2 * CHUNK)), bytes(2 * CHUNK)),
    # CMP-14: all members, never only the first.
    "two members": (GZIP + gzip.compress(b"more"), TEXT + b"more"),
    "an empty member last": (GZIP + EMPTY, TEXT),
    "empty members": (EMPTY * 3 + GZIP + EMPTY, TEXT),
    "many members": (b"".join(gzip.compress(NOISE[n : n + 2000]) for n in range(0, 300_000, 2000)), NOISE),
    # CMP-16
    "all header fields": (with_fields(31), TEXT),
    "members with and without header fields": (GZIP + with_fields(31) + EMPTY + with_fields(8) + GZIP, TEXT * 4),
    "a file name": (with_a_name(), TEXT),
    "level 0": (stored(), TEXT),
    "many blocks": (in_many_blocks(), TEXT),
}


@every_engine
@pytest.mark.parametrize("step", [1, 1000, 1 << 20])
@pytest.mark.parametrize("case", INFLATED)
def test_gzip_is_inflated(case, step, engine):
    octets, inflated = INFLATED[case]
    if step == 1 and len(octets) > 100_000:
        step = 7
    assert inflate(octets, engine, step) == inflated


@every_engine
@pytest.mark.parametrize("flags", range(32))
def test_a_header_may_come_in_two_chunks(flags, engine):
    octets = with_fields(flags)
    for cut in range(1, 40):
        inflater = Inflater(1 << 20, 200, engine)
        assert b"".join([*inflater.feed(octets[:cut]), *inflater.feed(octets[cut:])]) == TEXT
        inflater.finish()


@every_engine
def test_all_octets_come_out_as_soon_as_they_went_in(engine):
    # Around a full chunk an engine keeps octets back although it has taken all that went in.
    for size in range(CHUNK, CHUNK + 300):
        without_trailer = gzip.compress(bytes(size), mtime=0)[:-8]
        assert sum(map(len, Inflater(1 << 20, 1 << 20, engine).feed(without_trailer))) == size


@every_engine
def test_an_inflater_takes_views(engine):
    assert b"".join(Inflater(1 << 20, 200, engine).feed(memoryview(GZIP))) == TEXT


REFUSED = {
    "nothing": b"",
    "plain text": TEXT,
    "plain octets": NOISE[:1000],
    "zlib, not gzip": zlib.compress(TEXT),
    "raw deflate": GZIP[10:-8],
    "zip": b"PK\x03\x04" + bytes(100),
    "the header alone": GZIP[:10],
    "half a header": GZIP[:5],
    "truncated in the middle": GZIP[: len(GZIP) // 2],
    "without its trailer": GZIP[:-8],
    "without its last octet": GZIP[:-1],
    "wrong checksum": GZIP[:-8] + bytes([GZIP[-8] ^ 1]) + GZIP[-7:],
    "wrong length": GZIP[:-4] + bytes([GZIP[-4] ^ 1]) + GZIP[-3:],
    "a damaged block": GZIP[:12] + bytes([GZIP[12] ^ 0xFF]) + GZIP[13:],
    "another method": GZIP[:2] + b"\x07" + GZIP[3:],
    # CMP-15, trap 52: not even padding.
    "one octet more": GZIP + b"x",
    "zeros after the end": GZIP + bytes(512),
    "text after the end": GZIP + TEXT,
    "a second member that breaks off": GZIP + GZIP[:-1],
    "a second member that is damaged": GZIP + GZIP[:-8] + bytes(8),
    "half a header after the end": GZIP + b"\x1f\x8b",
    "reserved flags": GZIP[:3] + b"\x20" + GZIP[4:],
    "a header field that breaks off": with_fields(8)[:12],
}


@every_engine
@pytest.mark.parametrize("step", [1, 100, 1 << 20])
@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_exactly_gzip_is_refused(case, step, engine):
    with pytest.raises(EbmsError) as refusal:
        inflate(REFUSED[case], engine, step)
    assert refusal.value.definition is DecompressionFailure


@every_engine
def test_a_bomb_within_a_bomb_is_opened_once(engine):
    inner = gzip.compress(bytes(1 << 20))
    assert inflate(gzip.compress(inner), engine) == inner


@every_engine
@pytest.mark.parametrize("step", [1, 1 << 20])
def test_the_cap_on_octets_holds_exactly(step, engine):
    assert inflate(GZIP, engine, step, max_octets=len(TEXT)) == TEXT
    assert inflate(EMPTY, engine, step, max_octets=0) == b""
    for octets, most in ((GZIP, len(TEXT) - 1), (GZIP + gzip.compress(b"x"), len(TEXT)), (gzip.compress(b"x"), 0)):
        with pytest.raises(EbmsError, match="inflates to more than"):
            inflate(octets, engine, step, max_octets=most)


@every_engine
def test_the_ratio_is_not_judged_below_one_mebibyte(engine):
    zeros = gzip.compress(bytes(1 << 20), mtime=0)
    assert inflate(zeros, engine, max_ratio=1) == bytes(1 << 20)
    with pytest.raises(EbmsError, match="more than 1 times"):
        inflate(gzip.compress(bytes((1 << 20) + 1)), engine, max_ratio=1)


@every_engine
def test_an_honest_ratio_is_accepted(engine):
    octets = NOISE * 20
    assert inflate(gzip.compress(octets), engine, max_ratio=20) == octets


def bomb() -> bytes:
    """About 2 MB that hold about 2 GiB."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(1 << 20)
    return b"".join([deflater.compress(block) for _ in range(64)] + [deflater.flush(zlib.Z_FULL_FLUSH)])


def feed_all(inflater: Inflater, octets: bytes) -> int:
    size = 0
    for piece in inflater.feed(octets):
        size += len(piece)
    return size


@every_engine
@pytest.mark.parametrize(
    ("max_octets", "max_ratio", "why"), [(1 << 40, 200, "more than 200 times"), (16 << 20, 1 << 20, "more than 16777216")]
)
def test_a_bomb_of_2_MB_stops_early_within_little_memory(max_octets, max_ratio, why, engine):
    octets = bomb()
    octets += octets[10:] * (2_000_000 // len(octets))
    inflater = Inflater(max_octets, max_ratio, engine)
    tracemalloc.start()
    try:
        with pytest.raises(EbmsError, match=why) as refusal:
            feed_all(inflater, octets)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert refusal.value.definition is DecompressionFailure
    assert inflater._given <= 17 << 20
    assert peak < 2 << 20


@every_engine
def test_members_without_content_have_an_end(engine):
    with pytest.raises(EbmsError, match="members in"):
        inflate(EMPTY * 1002, engine)
    assert inflate(EMPTY * 1000, engine) == b""


@every_engine
@pytest.mark.parametrize(
    ("max_octets", "octets"), [(10, GZIP), (1 << 20, REFUSED["a damaged block"]), (1 << 20, REFUSED["wrong checksum"])]
)
def test_a_refusal_is_final(max_octets, octets, engine):
    inflater = Inflater(max_octets, 200, engine)
    with pytest.raises(EbmsError) as refusal:
        list(inflater.feed(octets))
    with pytest.raises(EbmsError) as again:
        list(inflater.feed(GZIP))
    with pytest.raises(EbmsError) as at_the_end:
        inflater.finish()
    assert refusal.value is again.value is at_the_end.value


@given(st.data(), engines)
def test_a_damaged_gzip_is_inflated_or_refused(data, engine):
    octets = bytearray(GZIP + EMPTY)
    for _ in range(data.draw(st.integers(1, 3))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    step = data.draw(st.integers(1, 40))
    assert inflated_or_refused(bytes(octets), engine, step)


@given(st.binary(max_size=100), engines)
def test_any_octets_are_inflated_or_refused(octets, engine):
    assert inflated_or_refused(octets, engine, 7)
    assert inflated_or_refused(b"\x1f\x8b\x08\x00" + octets, engine, 7)


def inflated_or_refused(octets: bytes, engine, step: int) -> bool:
    try:
        # Whatever passed its checksum is what zlib makes of it too.
        return inflate(octets, engine, step) == gzip.decompress(octets)
    except EbmsError as refusal:
        return refusal.definition is DecompressionFailure
