"""The multipart grammar, decision by decision, in chunks of any size, against two other readers."""

import email
import re

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser

from node.ebms.errors import EbmsError, MimeInconsistency
from node.mime.headers import MediaType
from node.mime.reader import DEFAULT_LIMITS, MimeLimits, MultipartReader, PackageEnd, PartData, PartEnd, PartStart

TYPE = 'multipart/related; type="application/soap+xml"; boundary="b"'
STEPS = [1, 2, 7, 1 << 20]


def wire(*lines: bytes) -> bytes:
    return b"\r\n".join(lines)


def read(body: bytes, step: int = 1 << 20, content_type: str = TYPE, limits: MimeLimits = DEFAULT_LIMITS):
    """The parts as (headers, content), once the package has been seen to end."""
    reader, parts, ended = MultipartReader(content_type, limits), [], False
    chunks = (body[start : start + step] for start in range(0, len(body), step))
    for events in (*map(reader.feed, chunks), reader.close()):
        for event in events:
            match event:
                case PartStart(headers):
                    parts.append((headers, bytearray()))
                case PartData(octets):
                    parts[-1][1].extend(octets)
                case PackageEnd():
                    ended = True
                case PartEnd():
                    assert not ended
    assert ended
    return [(headers, bytes(octets)) for headers, octets in parts]


def contents(body: bytes, step: int = 1 << 20) -> list[bytes]:
    return [octets for _, octets in read(body, step)]


ACCEPTED = [
    # The plain case, and the same without the line end that ends the body.
    (wire(b"--b", b"", b"one", b"--b", b"", b"two", b"--b--", b""), [b"one", b"two"]),
    (wire(b"--b", b"", b"one", b"--b--"), [b"one"]),
    # PKG-09: preamble and epilogue; phase4's preamble is one empty line.
    (wire(b"", b"--b", b"", b"one", b"--b--", b""), [b"one"]),
    (wire(b"This is MIME", b"--bX", b" --b", b"--b", b"", b"one", b"--b--", b"--b", b"", b"two", b"--b--"), [b"one"]),
    (b"preamble\n\n\r\n--b\r\n\r\none\r\n--b--\r\n\r\n\r\n", [b"one"]),
    # Transport padding (RFC 2046).
    (wire(b"--b \t ", b"", b"one", b"--b\t", b"", b"two", b"--b--  ", b""), [b"one", b"two"]),
    (wire(b"--b", b"", b"one", b"--b-- \t"), [b"one"]),
    (wire(b"--b" + b" " * 256, b"", b"one", b"--b--"), [b"one"]),
    # The last CRLF is the delimiter's, every other one the part's.
    (wire(b"--b", b"", b"", b"--b--"), [b""]),
    (wire(b"--b", b"", b"", b"", b"--b--"), [b"\r\n"]),
    (wire(b"--b", b"", b"", b"one", b"", b"--b--"), [b"\r\none\r\n"]),
    # A part without content may leave out the CRLF between blank line and delimiter.
    (wire(b"--b", b"", b"--b", b"X: y", b"", b"--b--"), [b"", b""]),
    # PKG-10: lines that begin like a delimiter.
    (wire(b"--b", b"", b"--", b"--bb", b"--b-", b"--b-x", b"--b--x", b"--b x", b"--b -- ", b"-b", b"--b--"), [
        b"--\r\n--bb\r\n--b-\r\n--b-x\r\n--b--x\r\n--b x\r\n--b -- \r\n-b"
    ]),
    (wire(b"--b", b"", b"--bb", b"--b--"), [b"--bb"]),
    (wire(b"--b", b"", b"x--b", b" --b", b"--B", b"--b--"), [b"x--b\r\n --b\r\n--B"]),
    # Bare line ends are content like any other (trap 51).
    (wire(b"--b", b"", b"a\nb\rc\r\r\n\n", b"--b--"), [b"a\nb\rc\r\r\n\n"]),
    (wire(b"--b", b"", b"one\n--b\r", b"--b--"), [b"one\n--b\r"]),
    (wire(b"--b", b"", b"one\r", b"--b--"), [b"one\r"]),
    (wire(b"--b", b"", b"one\r\n\r\n--\r", b"--b--"), [b"one\r\n\r\n--\r"]),
    (wire(b"--b", b"", bytes(range(256)), b"--b--"), [bytes(range(256))]),
]  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(("body", "expected"), ACCEPTED)
def test_a_package_is_split_into_its_parts(body, expected, step):
    assert contents(body, step) == expected


@pytest.mark.parametrize("step", STEPS)
def test_transfer_encodings_are_undone(step):
    body = wire(
        *(b"--b", b"Content-Transfer-Encoding: base64", b"", b"VGVz", b"dA==", b""),
        *(b"--b", b"content-transfer-encoding: QUOTED-PRINTABLE", b"", b"a=3D=", b"b", b"c"),
        *(b"--b", b"Content-Transfer-Encoding: 8bit", b"", b"a=3D\xff"),
        *(b"--b", b"Content-Transfer-Encoding: 7bit", b"", b"a=3D\xff"),
        *(b"--b", b"Content-Transfer-Encoding: Binary", b"", b"a=3D\xff", b"--b--"),
    )
    assert contents(body, step) == [b"Test", b"a=b\r\nc", b"a=3D\xff", b"a=3D\xff", b"a=3D\xff"]


@pytest.mark.parametrize(
    ("encoding", "octets"), [(b"base64", b"VGVz\r\ndA==\r\n"), (b"quoted-printable", b"a=3D=\r\n\r\n"), (b"binary", b"a\r\n")]
)
@pytest.mark.parametrize("step", STEPS)
def test_the_octets_on_the_wire_are_counted(encoding, octets, step):
    reader = MultipartReader(TYPE)
    body = b"--b\r\nContent-Transfer-Encoding: " + encoding + b"\r\n\r\n" + octets + b"\r\n--b--\r\n"
    events = [event for start in range(0, len(body), step) for event in reader.feed(body[start : start + step])]
    assert sum(event.wire for event in events if isinstance(event, PartData)) == len(octets)


REFUSED = [
    # NEG-07: no boundary in sight, no end in sight.
    (b"", "before the closing delimiter"),
    (b"<Envelope/>", "before the closing delimiter"),
    (b"--b", "before the closing delimiter"),
    (wire(b"--b", b""), "within part headers"),
    (wire(b"--b", b"X: y", b""), "within part headers"),
    (wire(b"--b", b"", b"one"), "before the closing delimiter"),
    (wire(b"--b", b"", b"one", b"--b"), "before the closing delimiter"),
    (wire(b"--b", b"", b"one", b"--b", b""), "within part headers"),
    (wire(b"--b", b"", b"one", b"--b-"), "before the closing delimiter"),
    (wire(b"--b", b"", b"one", b"--b- -", b""), "before the closing delimiter"),
    (wire(b"--b", b"", b"one", b"--b--x", b""), "before the closing delimiter"),
    (wire(b"--b", b"", b"one", b"--b--\r"), "before the closing delimiter"),
    (wire(b"--b", b"", b"one--b--", b""), "before the closing delimiter"),
    (wire(b"--c", b"", b"one", b"--c--", b""), "before the closing delimiter"),
    # No part at all.
    (wire(b"--b--", b""), "no parts"),
    # Bare LF: in delimiters, in headers, everywhere.
    (b"--b\n\none\n--b--\n", "a delimiter line ends in a bare LF"),
    (b"--b \n\r\none\r\n--b--\r\n", "a delimiter line ends in a bare LF"),
    (b"--b\r\n\r\none\r\n--b\n\r\ntwo\r\n--b--", "a delimiter line ends in a bare LF"),
    (b"--b\r\n\r\none\r\n--b--\n", "a delimiter line ends in a bare LF"),
    (b"--b\r\n\r\none\n--b--\r\n", "a line that ends in a bare LF is no delimiter"),
    (b"--b\r\nX: y\n\none\r\n--b--\r\n", "part headers: a line ends in a bare LF"),
    (b"--b\r\nX: y\nZ: y\r\n\r\none\r\n--b--\r\n", "part headers: a line ends in a bare LF"),
    (b"--b\r\nX: y\rZ: y\r\n\r\none\r\n--b--\r\n", "part headers: a line ends in a bare LF or CR"),
    # No blank line: the content is read as headers.
    (wire(b"--b", b"one", b"", b"--b--"), "no `Name: value`"),
    (wire(b"--b", b"X: y", b"--b--", b""), "within part headers"),
    # Two parts of one name, however it is written.
    (wire(b"--b", b"Content-ID: <a>", b"", b"", b"--b", b"Content-ID: <a>", b"", b"", b"--b--"), "two parts have it"),
    (wire(b"--b", b"Content-ID: <a>", b"", b"", b"--b", b"content-id:  a", b"", b"", b"--b--"), "two parts have it"),
    # A package in a package.
    (wire(b"--b", b"Content-Type: multipart/mixed; boundary=c", b"", b"", b"--b--"), "not nested"),
    (wire(b"--b", b"Content-Type: Multipart/Related; boundary=c", b"", b"", b"--b--"), "not nested"),
    # Transport padding has an end.
    (wire(b"--b" + b" " * 257, b"", b"one", b"--b--"), "white space after a boundary"),
    # Encodings that break off.
    (wire(b"--b", b"Content-Transfer-Encoding: base64", b"", b"VGV", b"--b--"), "base64"),
    (wire(b"--b", b"Content-Transfer-Encoding: base64", b"", b"VGVz=", b"--b--"), "base64"),
    (wire(b"--b", b"Content-Transfer-Encoding: quoted-printable", b"", b"=4", b"--b--"), "quoted-printable"),
]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(("body", "why"), REFUSED)
def test_what_is_no_package_is_refused(body, why, step):
    with pytest.raises(EbmsError) as refusal:
        read(body, step)
    assert refusal.value.definition is MimeInconsistency
    assert why in refusal.value.detail


def test_content_ids_that_differ_in_case_are_two():
    body = wire(b"--b", b"Content-ID: <a>", b"", b"1", b"--b", b"Content-ID: <A>", b"", b"2", b"--b", b"", b"3", b"--b--")
    assert [headers.content_id for headers, _ in read(body)] == ["a", "A", None]


SMALL = MimeLimits(header_octets=20, parts=2, root_octets=30, preamble=10)
PART = b"--b\r\n\r\n\r\n"
AT_THE_LIMIT = [
    # Row by row: the part of the body that is at its limit, what one octet (or part) more looks like, and the refusal.
    (b"--b\r\nX: 45678901234567890\r\n\r\n\r\n--b--", b"--b\r\nX: 456789012345678901\r\n\r\n\r\n--b--", "part headers of more than 20"),
    (PART * 3 + b"--b--", PART * 4 + b"--b--", "more than 2 parts"),
    (b"12345678\r\n" + PART + b"--b--", b"123456789012\r\n" + PART + b"--b--", "before the first delimiter"),
    (PART + b"--b--\r\n1234567890", PART + b"--b--\r\n12345678901", "after the closing delimiter"),
]  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(("within", "beyond", "why"), AT_THE_LIMIT)
def test_limits_hold_exactly(within, beyond, why, step):
    assert read(within, step, limits=SMALL)
    with pytest.raises(EbmsError, match=why):
        read(beyond, step, limits=SMALL)


@pytest.mark.parametrize(
    ("lead", "endless"), [(b"", b"x"), (b"--b\r\n", b"X"), (b"--b\r\n\r\n--b--\r\n", b"x"), (b"", b"\r\n--bb"), (b"--b", b" ")]
)
def test_what_never_ends_is_refused_before_it_is_kept(lead, endless):
    reader = MultipartReader(TYPE)
    list(reader.feed(lead))
    with pytest.raises(EbmsError):
        feed_for_ever(reader, endless * 1000)


def feed_for_ever(reader, chunk):
    for _ in range(1000):
        list(reader.feed(chunk))
        assert len(reader._buffer) - reader._at < 64 * 1024


def test_a_reader_keeps_no_more_than_could_be_a_delimiter():
    reader = MultipartReader(TYPE)
    list(reader.feed(b"--b\r\n\r\n"))
    for _ in range(100):
        events = list(reader.feed(b"x" * 1000 + b"\r\n--"))
        assert sum(event.wire for event in events) in (1000, 1004)
        assert len(reader._buffer) - reader._at == 4


def test_a_chunk_of_a_large_part_is_handed_on_without_a_copy():
    reader, chunk = MultipartReader(TYPE), bytes(1000)
    list(reader.feed(b"--b\r\n\r\nx"))
    (event,) = reader.feed(chunk)
    assert event.octets is chunk


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_chunks_may_be_any_octets(kind):
    reader = MultipartReader(TYPE)
    events = [*reader.feed(kind(b"--b\r\n\r\none")), *reader.feed(kind(b"two\r\n--b--\r\n"))]
    assert b"".join(event.octets for event in events if isinstance(event, PartData)) == b"onetwo"


def test_a_buffer_that_is_used_again_does_not_change_what_was_read():
    reader, buffer = MultipartReader(TYPE), bytearray(b"--b\r\n\r\none")
    events = list(reader.feed(buffer))
    buffer[:] = bytes(len(buffer))
    assert bytes(events[1].octets) == b"one"


def test_events_that_were_not_drawn_come_with_the_next_chunk():
    reader = MultipartReader(TYPE)
    reader.feed(b"--b\r\n\r\none\r\n")
    reader.feed(b"--b\r\n\r\ntwo\r\n")
    events = list(reader.feed(b"--b--\r\n"))
    assert [bytes(event.octets) for event in events if isinstance(event, PartData)] == [b"one", b"two"]


def test_a_refusal_is_final():
    reader = MultipartReader(TYPE)
    with pytest.raises(EbmsError):
        list(reader.feed(b"--b\n"))
    for events in (lambda: reader.feed(wire(b"--b", b"", b"one", b"--b--", b"")), reader.close):
        with pytest.raises(EbmsError, match="bare LF"):
            list(events())


BOUNDARIES = [
    "b",
    "----=_Part_0_977522995.1795394276532",
    "=-PHQq1fuE9QxpIWax7CKj5w==",
    "uuid:1/2 3",
    "x" * 70,
    "'()+_,-./:=?",
    "{7}*@",
    "--",
    "a--",
]


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("step", STEPS)
def test_a_boundary_is_any_printable_text_of_70_characters(boundary, step):
    dash = b"--" + boundary.encode()
    body = wire(dash, b"", b"one", dash[:-1], dash + b"x", dash, b"", b"two", dash + b"--", b"")
    parts = read(body, step, f'multipart/related; type="text/xml"; boundary="{boundary}"')
    assert [octets for _, octets in parts] == [wire(b"one", dash[:-1], dash + b"x"), b"two"]


NO_BOUNDARY = [
    "multipart/related",
    'multipart/related; boundary=""',
    f'multipart/related; boundary="{"x" * 71}"',
    'multipart/related; boundary="a "',
    'multipart/related; boundary="a\tb"',
    'multipart/related; boundary="é"',
    'multipart/related; boundary="a"; boundary="b"',
    'multipart/related; boundary="a\r\nb"',
    "multipart/related; boundary*=utf-8''b",
    "multipart/related; boundary*0=b",
    'multipart/mixed; boundary="b"',
    "text/xml; boundary=b",
    "",
]


@pytest.mark.parametrize("content_type", NO_BOUNDARY)
def test_a_content_type_without_a_usable_boundary_is_refused(content_type):
    with pytest.raises(EbmsError) as refusal:
        MultipartReader(content_type)
    assert refusal.value.definition is MimeInconsistency


def test_a_media_type_that_was_parsed_before_is_taken_as_it_is():
    assert list(MultipartReader(MediaType.parse(TYPE)).feed(wire(b"--b", b"", b"", b"--b--", b"")))[-1] == PackageEnd()


# -- properties ----------------------------------------------------------------------------------------------------------

#: Octets that look like the grammar, so that chance finds its corners.
PIECES = st.lists(
    st.sampled_from(
        [b"\r", b"\n", b"\r\n", b"-", b"--", b"--b", b"b", b" ", b"X: y", b"\r\n\r\n", b"\r\n--b", b"\r\n--b--", b"\x00", b"="]
    )
)
CONTENT = PIECES.map(b"".join)


def outcome(body: bytes, step: int, content_type: str = TYPE):
    """The parts, or the refusal as (definition, detail)."""
    try:
        return read(body, step, content_type)
    except EbmsError as refusal:
        return refusal.definition, refusal.detail


def read_or_refused(result) -> bool:
    return isinstance(result, list) or result[0] is MimeInconsistency


@settings(max_examples=400)
@given(PIECES.map(b"".join), st.integers(1, 9))
@example(b"--b\r\n\r\n\r\n--b-", 1)
def test_chunks_do_not_change_what_is_read(body, step):
    whole = b"--b\r\n\r\n" + body
    assert outcome(whole, step) == outcome(whole, 1 << 20)
    assert outcome(body, step) == outcome(body, 1 << 20)


def safe(content: bytes) -> bool:
    """Whether the grammar lets this stand in a part: no line of it is a delimiter, for readers that are lax about line ends too."""
    lines = (b"\r\n" + content + b"\r\n").replace(b"\r", b"\n").split(b"\n")
    return not any(line.startswith(b"--b") for line in lines)


def written(parts: list[bytes]) -> bytes:
    return b"".join(b"--b\r\nX: y\r\n\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"


@given(st.lists(CONTENT.filter(safe), min_size=1, max_size=4), st.integers(1, 9))
def test_what_is_written_is_read(parts, step):
    assert contents(written(parts), step) == parts


def by_email(body: bytes) -> list[bytes]:
    message = email.message_from_bytes(b"MIME-Version: 1.0\r\nContent-Type: " + TYPE.encode() + b"\r\n\r\n" + body)
    assert not message.defects
    return [part.get_payload(decode=True) for part in message.get_payload()]


def by_python_multipart(body: bytes, step: int) -> list[bytes]:
    parts: list[bytearray] = []
    callbacks = {
        "on_part_begin": lambda: parts.append(bytearray()),
        "on_part_data": lambda data, start, end: parts[-1].extend(data[start:end]),
    }
    parser = MultipartParser(b"b", callbacks)
    for start in range(0, len(body), step):
        parser.write(body[start : start + step])
    parser.finalize()
    return list(map(bytes, parts))


@given(st.lists(CONTENT.filter(safe), min_size=1, max_size=4), st.integers(1, 9))
def test_the_standard_library_and_python_multipart_read_the_same_parts(parts, step):
    body = written(parts)
    assert by_email(body) == contents(body, step) == by_python_multipart(body, step)


@settings(max_examples=300)
@given(PIECES.map(b"".join))
def test_what_python_multipart_reads_too_is_read_alike(body):
    whole = b"--b\r\nX: y\r\n\r\n" + body + b"\r\n--b--\r\n"
    # It ends at `--b--` whatever follows on that line, and knows no part whose blank line is also the delimiter's.
    assume(not re.search(rb"\r\n--b--(?!\r\n)|\r\n\r\n--b", whole))
    try:
        theirs = by_python_multipart(whole, len(whole))
    except MultipartParseError:
        return
    ours = outcome(whole, len(whole))
    # Of what we refuse it reads some (bare LF, duplicate names); what both read is the same.
    assert isinstance(ours, tuple) or ours[0][1] == theirs[0]


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from([b"\r\n", b"--b", b"--b--", b"-", b"b", b" ", b"X: y\r\n\r\n", b"\r\n--b\r\n\r\n"])).map(b"".join)
)
def test_what_we_read_the_standard_library_reads_alike(body):
    ours = outcome(b"--b\r\n\r\n" + body + b"\r\n--b--\r\n", 1 << 20)
    if isinstance(ours, list):
        assert by_email(b"--b\r\n\r\n" + body + b"\r\n--b--\r\n") == [octets for _, octets in ours]


@given(st.binary(max_size=200), st.integers(1, 50))
def test_any_octets_are_read_or_refused(body, step):
    assert read_or_refused(outcome(body, step))
    assert read_or_refused(outcome(b"--b\r\n" + body, step))


# -- seeds of other projects ---------------------------------------------------------------------------------------------


def test_messages_of_other_projects_are_read_or_refused(shared):
    files = [file for file in sorted((shared / "vectors" / "mime").rglob("*")) if file.suffix in (".msg", ".http")]
    assert len(files) > 50
    read_ones = 0
    for file in files:
        octets = file.read_bytes()
        for boundary in boundaries(octets):
            for body in (octets, octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")):
                content_type = f'multipart/related; boundary="{boundary}"'
                results = [outcome(body, step, content_type) for step in (1, 5, len(body) or 1)]
                assert read_or_refused(results[0]), file.name
                assert results[0] == results[1] == results[2], file.name
                read_ones += isinstance(results[0], list)
    assert read_ones > 20


def boundaries(octets: bytes) -> set[str]:
    """Whatever begins a line with two hyphens may be a boundary."""
    lines = (line.strip()[2:].removesuffix(b"--") for line in octets.split(b"\n") if line.startswith(b"--"))
    return {line.decode("latin-1").replace("\\", "\\\\").replace('"', '\\"') for line in lines if line}
