"""What the headers of a package and of its parts may say, and what they say then."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.ebms.errors import EbmsError, MimeInconsistency
from node.mime.headers import MediaType, PartHeaders, bare_content_id, cid_of


def block(*lines: str) -> bytes:
    return "\r\n".join(lines).encode("utf-8")


MEDIA_TYPES = [
    ("text/xml", "text/xml", {}),
    ("Application/SOAP+XML", "application/soap+xml", {}),
    (" text/xml ; charset=UTF-8 ", "text/xml", {"charset": "UTF-8"}),
    # Parameter names in any case and order; values as they are.
    (
        'multipart/related; TYPE="application/soap+xml"; Boundary="----=_b.7f3c"',
        "multipart/related",
        {"type": "application/soap+xml", "boundary": "----=_b.7f3c"},
    ),
    # Unquoted though RFC 2045 wants quotes: common, and unambiguous.
    (
        "multipart/related;type=application/soap+xml;boundary=----=_1;start=<a@b>",
        "multipart/related",
        {"type": "application/soap+xml", "boundary": "----=_1", "start": "<a@b>"},
    ),
    # A quoted `;` does not end a parameter, and a quoted pair is one character.
    ('a/b; x="1;2"; y="say \\"hi\\""; z="\\\\"', "a/b", {"x": "1;2", "y": 'say "hi"', "z": "\\"}),
    ('a/b; x=""', "a/b", {"x": ""}),
    ("a/b; charset = utf-8", "a/b", {"charset": "utf-8"}),
    # Nothing after a semicolon.
    ("a/b;", "a/b", {}),
    ("a/b; ; x=1;", "a/b", {"x": "1"}),
    ("a/b;\tx=1", "a/b", {"x": "1"}),
    # Of interest to others: start-info and action are read and mean nothing here.
    ('a/b; start-info="text/xml"; action="urn:x"', "a/b", {"start-info": "text/xml", "action": "urn:x"}),
    ('application/pdf; name="é.pdf"', "application/pdf", {"name": "é.pdf"}),
]


@pytest.mark.parametrize(("text", "essence", "parameters"), MEDIA_TYPES)
def test_a_media_type_is_read(text, essence, parameters):
    media_type = MediaType.parse(text)
    assert (media_type.essence, dict(media_type.parameters)) == (essence, parameters)


NO_MEDIA_TYPES = [
    "",
    "text",
    "text/",
    "/xml",
    "text /xml",
    "text/xml charset=utf-8",
    "text/xml; charset",
    "text/xml; charset=",
    "text/xml; =utf-8",
    'text/xml; charset="utf-8',
    'text/xml; charset="utf-8"x',
    "text/xml; charset=a b",
    "text/xml (a comment)",
    # Which of the two counts?
    "text/xml; charset=utf-8; charset=utf-16",
    "text/xml; charset=utf-8; CHARSET=utf-8",
    "text/xml; charset=utf-8\r\nX: y",
    "text/xml\r\n ; charset=utf-8",
    "text/xml\x00",
    "text/xml; a=\x7f",
    "té/xml",
    "text/xml; " + "x" * 200,
]


@pytest.mark.parametrize("text", NO_MEDIA_TYPES)
def test_what_is_no_media_type_is_refused(text):
    with pytest.raises(EbmsError) as refusal:
        MediaType.parse(text)
    assert refusal.value.definition is MimeInconsistency


def test_parameters_that_were_read_cannot_be_changed():
    with pytest.raises(TypeError):
        MediaType.parse("a/b; x=1").parameters["x"] = "2"  # type: ignore[index]


def read_or_refused(read, text) -> bool:
    try:
        read(text)
    except EbmsError as refusal:
        return refusal.definition is MimeInconsistency
    return True


@given(st.text(max_size=200))
def test_a_media_type_is_read_or_refused(text):
    assert read_or_refused(MediaType.parse, text)


WITH_ALL_HEADERS = PartHeaders.parse(
    block(
        "Content-Type: Application/XML; charset=UTF-8",
        "Content-Transfer-Encoding: Binary",
        "Content-ID: <p1.5f0e@node-a.example>",
        'Content-Disposition: attachment; filename="co.xml"',
    )
)


def test_all_headers_of_a_part_are_read():
    expected = PartHeaders(
        content_id="p1.5f0e@node-a.example",
        content_type="Application/XML; charset=UTF-8",
        media_type="application/xml",
        charset="UTF-8",
        transfer_encoding="binary",
        filename="co.xml",
        raw=WITH_ALL_HEADERS.raw,
    )
    assert expected == WITH_ALL_HEADERS
    assert WITH_ALL_HEADERS.raw.startswith(b"Content-Type: Application/XML")


def test_a_part_without_headers_has_those_of_RFC_2045():
    assert PartHeaders.parse(b"") == PartHeaders(
        None, "text/plain; charset=us-ascii", "text/plain", "us-ascii", "7bit", None, b""
    )


SAME_CONTENT_ID = [
    # Other case, no space, more space.
    block("content-id: <a@b>"),
    block("CONTENT-ID:<a@b>"),
    block("Content-ID: \t <a@b> \t "),
    # Trap 6: no brackets.
    block("Content-ID: a@b"),
    # Folded, before and after the value.
    block("Content-ID:", " <a@b>"),
    block("Content-ID: <a@b>", "\t"),
    # Among unknown headers, in any order.
    block("X-Foo: bar", "Content-ID: <a@b>", "Content-Type: a/b", "Content-Description: caf\u00e9"),
    block("Content-Type: a/b", "X-Empty:", "Content-ID: <a@b>"),
    # Octets that are no UTF-8, in a header that nobody reads.
    b"Content-Description: caf\xe9\r\nContent-ID: <a@b>",
]


@pytest.mark.parametrize("octets", SAME_CONTENT_ID)
def test_a_content_id_is_read_however_its_header_is_written(octets):
    assert PartHeaders.parse(octets).content_id == "a@b"


def test_a_folded_content_type_is_unfolded():
    folded = PartHeaders.parse(block("Content-Type: application/soap+xml;", "  charset=UTF-8"))
    assert (folded.media_type, folded.charset) == ("application/soap+xml", "UTF-8")


def test_content_ids_are_compared_as_written():
    # RFC 2392: case-sensitive, and a percent sign in the header is itself.
    assert bare_content_id("<A@b>") != bare_content_id("<a@b>")
    assert bare_content_id("<a%40b>") == "a%40b"


REFUSED_BLOCKS = [
    # Duplicates of what we read.
    (block("Content-ID: <a@b>", "Content-ID: <a@b>"), "twice"),
    (block("Content-ID: <a@b>", "content-id: <c@d>"), "twice"),
    (block("Content-Type: a/b", "Content-type: a/b"), "twice"),
    (block("Content-Transfer-Encoding: binary", "Content-Transfer-Encoding: base64"), "twice"),
    (block("Content-Disposition: attachment", "Content-Disposition: inline"), "twice"),
    # Content-IDs.
    (block("Content-ID:"), "neither <id> nor id"),
    (block("Content-ID: <>"), "neither <id> nor id"),
    (block("Content-ID: <a@b"), "neither <id> nor id"),
    (block("Content-ID: a@b>"), "neither <id> nor id"),
    (block("Content-ID: <<a@b>>"), "neither <id> nor id"),
    (block("Content-ID: < a@b >"), "neither <id> nor id"),
    (block("Content-ID: <a", " @b>"), "neither <id> nor id"),
    (block("Content-ID: <a@b> <c@d>"), "neither <id> nor id"),
    (block("Content-ID: (x) <a@b>"), "neither <id> nor id"),
    (block("Content-ID: <\u00e4@b>"), "neither <id> nor id"),
    # Transfer encodings that nobody defined.
    (block("Content-Transfer-Encoding: gzip"), "unknown"),
    (block("Content-Transfer-Encoding: x-uuencode"), "unknown"),
    (block("Content-Transfer-Encoding:"), "unknown"),
    (block("Content-Transfer-Encoding: base64, binary"), "unknown"),
    # Shape.
    (block("Content-Type"), "no `Name: value`"),
    (block(": a/b"), "no `Name: value`"),
    (block("Content-Type : a/b"), "no `Name: value`"),
    (block("Content Type: a/b"), "no `Name: value`"),
    (block(" Content-Type: a/b"), "no `Name: value`"),
    (block("Cont\u00ebnt-Type: a/b"), "no `Name: value`"),
    (block("Content-Type: text"), "no type/subtype"),
    # Line ends and controls.
    (b"Content-Type: a/b\nContent-ID: <a@b>", "bare LF"),
    (b"Content-Type: a/b\rContent-ID: <a@b>", "bare LF or CR"),
    (b"X: \r\r\nContent-ID: <a@b>", "bare LF or CR"),
    (b"Content-ID: <a\x00@b>", "control characters"),
    (b"X: \x1b[2J", "control characters"),
    (b"X: \x7f", "control characters"),
    (b"X: \x0b", "control characters"),
]


@pytest.mark.parametrize(("octets", "why"), REFUSED_BLOCKS)
def test_part_headers_that_two_readers_could_read_in_two_ways_are_refused(octets, why):
    with pytest.raises(EbmsError) as refusal:
        PartHeaders.parse(octets)
    assert refusal.value.definition is MimeInconsistency
    assert why in refusal.value.detail


FILENAMES = [
    ("attachment", None),
    ("attachment; filename=co.xml", "co.xml"),
    ('attachment; filename="co 1.xml"', "co 1.xml"),
    ('inline; FileName="co.xml"', "co.xml"),
    # Text, whatever it looks like; nobody opens it.
    ('attachment; filename="../../etc/passwd"', "../../etc/passwd"),
    ('attachment; filename="產地證明.xml"', "產地證明.xml"),
    # RFC 6266 4.3: the extended form is preferred.
    ("attachment; filename=co.xml; filename*=UTF-8''%E7%94%A2.xml", "產.xml"),
    ("attachment; filename*=utf-8'zh-TW'%E7%94%A2%20%E5%9C%B0.xml", "產 地.xml"),
    ("attachment; filename*=ISO-8859-1''caf%E9.xml", "café.xml"),
    # Not valid: what else there is.
    ("attachment; filename=co.xml; filename*=UTF-8''%E7%94.xml", "co.xml"),
    ("attachment; filename=co.xml; filename*=UTF-7''a.xml", "co.xml"),
    ("attachment; filename=co.xml; filename*=a.xml", "co.xml"),
    ("attachment; filename*=UTF-8''%E7", None),
    # Not to be shown: line ends, NUL, right-to-left marks.
    ("attachment; filename*=UTF-8''a%0D%0AX:%20y", None),
    ("attachment; filename*=UTF-8''a%00.xml", None),
    ("attachment; filename*=UTF-8''a%E2%80%AElmx.exe; filename=b.xml", "b.xml"),
    ('attachment; filename="a\u202elmx.exe"', None),
    ('attachment; filename="a\tb"', None),
    ('attachment; filename=""', None),
    # Not readable: a name is a courtesy.
    ("attachment; filename=my file.xml", None),
    ("attachment; filename=a; filename=b", None),
    ("", None),
]


@pytest.mark.parametrize(("disposition", "filename"), FILENAMES)
def test_a_file_name_is_text(disposition, filename):
    assert PartHeaders.parse(block(f"Content-Disposition: {disposition}")).filename == filename


@given(st.binary(max_size=300))
def test_any_header_block_is_read_or_refused(octets):
    assert read_or_refused(PartHeaders.parse, octets)


@given(
    st.lists(
        st.sampled_from(["Content-ID: <a@b>", "Content-Type: a/b;", " c=d", "Content-Disposition: x; filename*=", "UTF-8''%"])
    )
)
def test_any_pile_of_header_lines_is_read_or_refused(lines):
    assert read_or_refused(PartHeaders.parse, block(*lines))


CIDS = [
    ("cid:a@b", "a@b"),
    # Trap 5: some senders escape @, others do not.
    ("cid:a%40b", "a@b"),
    ("CID:a%40b", "a@b"),
    ("cid:a%2540b", "a%40b"),
    # A plus sign is a plus sign in a URL.
    ("cid:a+b@c", "a+b@c"),
    ("cid:a%2Bb@c", "a+b@c"),
    ("cid:a+b%40c", "a+b@c"),
    ("cid:%zz", "%zz"),
    ("cid:A@b", "A@b"),
    ("cid:", ""),
    ("cid:%E4", "\ufffd"),
    ("cid:a%00b", "a\x00b"),
    ("http://example.org/a", "http://example.org/a"),
]


@pytest.mark.parametrize(("href", "content_id"), CIDS)
def test_a_cid_url_names_a_content_id(href, content_id):
    assert cid_of(href) == content_id
