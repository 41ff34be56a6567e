"""Each transfer encoding is undone exactly, in chunks of any size, or refused."""

import base64
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.ebms.errors import EbmsError, MimeInconsistency
from node.mime.transfer_encoding import LONGEST_LINE, decoder_for


def decode(encoding: str, octets: bytes, step: int = 1 << 20) -> bytes:
    decoder = decoder_for(encoding)
    assert decoder is not None
    pieces = [decoder.feed(memoryview(octets)[start : start + step]) for start in range(0, len(octets), step)]
    return b"".join([*pieces, decoder.finish()])


@pytest.mark.parametrize("encoding", ["binary", "8bit", "7bit"])
def test_identity_encodings_need_no_decoder(encoding):
    assert decoder_for(encoding) is None


DECODED = [
    ("base64", b"", b""),
    ("base64", b"\r\n", b""),
    ("base64", b"VGVzdCAxMjM=", b"Test 123"),
    ("base64", b"VGVz\r\ndCAx\r\nMjM=\r\n", b"Test 123"),
    ("base64", b" V G\tV\nz ", b"Tes"),
    ("base64", b"QQ==", b"A"),
    ("quoted-printable", b"", b""),
    ("quoted-printable", b"a=3Db", b"a=b"),
    ("quoted-printable", b"a=3db=0D=0A", b"a=b\r\n"),
    ("quoted-printable", b"one\r\ntwo", b"one\r\ntwo"),
    ("quoted-printable", b"one\r\n", b"one\r\n"),
    # Soft line ends, also with white space that was added on the way, also as the very last octet.
    ("quoted-printable", b"one=\r\ntwo", b"onetwo"),
    ("quoted-printable", b"one= \t\r\ntwo", b"onetwo"),
    ("quoted-printable", b"one=", b"one"),
    # White space at the end of a line is not the sender's.
    ("quoted-printable", b"one \t\r\ntwo ", b"one\r\ntwo"),
    ("quoted-printable", b"one=20\r\ntwo", b"one \r\ntwo"),
    ("quoted-printable", b"a\nb", b"a\nb"),
    ("quoted-printable", b"_", b"_"),
]


@pytest.mark.parametrize("step", [1, 3, 1 << 20])
@pytest.mark.parametrize(("encoding", "octets", "decoded"), DECODED)
def test_octets_are_decoded(encoding, octets, decoded, step):
    assert decode(encoding, octets, step) == decoded


REFUSED = [
    ("base64", b"VGVz!dCAx"),
    ("base64", b"VGVzdCA"),
    ("base64", b"V"),
    ("base64", b"QQ==QQ=="),
    ("base64", b"QQ==\r\n="),
    ("base64", b"QQ==A"),
    ("base64", b"=QQQ"),
    ("base64", b"Q=Q="),
    ("base64", b"VGV-"),
    ("base64", b"VGVz\x00dCA"),
    ("quoted-printable", b"a=zz"),
    ("quoted-printable", b"a=4"),
    ("quoted-printable", b"a==41"),
    ("quoted-printable", b"= a\r\n"),
    ("quoted-printable", b"a" * (LONGEST_LINE + 1)),
    ("quoted-printable", b"a" * (LONGEST_LINE + 1) + b"\r\n"),
]


@pytest.mark.parametrize("step", [1, 3, 1 << 20])
@pytest.mark.parametrize(("encoding", "octets"), REFUSED)
def test_octets_that_are_not_so_encoded_are_refused(encoding, octets, step):
    with pytest.raises(EbmsError) as refusal:
        decode(encoding, octets, step)
    assert refusal.value.definition is MimeInconsistency


def test_a_line_of_the_longest_length_is_decoded():
    line = b"a" * LONGEST_LINE
    assert decode("quoted-printable", line + b"\r\n" + line, 1000) == line + b"\r\n" + line


def test_a_line_of_the_longest_length_may_come_in_two_chunks():
    line = b"a" * LONGEST_LINE
    decoder = decoder_for("quoted-printable")
    assert [decoder.feed(line + b"\r"), decoder.feed(b"\n"), decoder.finish()] == [b"", line + b"\r\n", b""]


def test_a_line_that_does_not_end_is_refused_before_it_is_kept():
    with pytest.raises(EbmsError):
        decoder_for("quoted-printable").feed(b"a" * (LONGEST_LINE + 1))


@given(st.binary(max_size=300), st.integers(1, 50))
def test_base64_of_the_standard_library_is_decoded(octets, step):
    assert decode("base64", base64.encodebytes(octets), step) == octets


@given(st.binary(max_size=300).filter(lambda octets: b"\r" not in octets), st.integers(1, 50))
def test_quoted_printable_of_the_standard_library_is_decoded(octets, step):
    encoded = quopri.encodestring(octets, quotetabs=True).replace(b"\n", b"\r\n")
    assert decode("quoted-printable", encoded, step) == octets.replace(b"\n", b"\r\n")


@given(st.sampled_from(["base64", "quoted-printable"]), st.text("AQ=4 \t\r\n!", max_size=60), st.integers(1, 7))
def test_chunks_do_not_change_the_verdict(encoding, text, step):
    assert verdict(encoding, text.encode(), step) == verdict(encoding, text.encode(), 1000)


def verdict(encoding: str, octets: bytes, step: int) -> bytes | None:
    try:
        return decode(encoding, octets, step)
    except EbmsError:
        return None
