"""What is written is exact, is read by every reader, and nothing unsafe gets into a header."""

import email
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.mime.headers import bare_content_id, cid_of
from node.mime.package import Package
from node.mime.writer import MultipartWriter, content_id

ENVELOPE = b"<S12:Envelope/>"


def writer() -> MultipartWriter:
    return MultipartWriter("----=_n2n.7f3c", "root.1@node-a.example", "application/soap+xml")


def test_a_package_is_written_octet_for_octet():
    w = writer()
    body = (
        w.root(ENVELOPE)
        + w.part_head("p1.5f0e@node-a.example", "application/octet-stream")
        + b"\x00\r\n"
        + w.part_tail
        + w.close()
    )
    assert w.content_type == (
        'multipart/related; type="application/soap+xml"; boundary="----=_n2n.7f3c"; start="<root.1@node-a.example>"'
    )
    assert body == (
        b"------=_n2n.7f3c\r\n"
        b"Content-Type: application/soap+xml; charset=UTF-8\r\n"
        b"Content-Transfer-Encoding: binary\r\n"
        b"Content-ID: <root.1@node-a.example>\r\n"
        b"\r\n"
        b"<S12:Envelope/>\r\n"
        b"------=_n2n.7f3c\r\n"
        b"Content-Type: application/octet-stream\r\n"
        b"Content-Transfer-Encoding: binary\r\n"
        b"Content-ID: <p1.5f0e@node-a.example>\r\n"
        b"\r\n"
        b"\x00\r\n\r\n"
        b"------=_n2n.7f3c--\r\n"
    )


def test_the_content_type_stands_on_one_line_and_names_no_start_info():
    assert re.fullmatch(r"[ -~]+", writer().content_type)
    assert "start-info" not in writer().content_type


PARTS = st.lists(
    st.tuples(st.text("ab1._-", min_size=1, max_size=9), st.binary(max_size=40)), max_size=4, unique_by=lambda p: p[0]
)


def written(
    parts: list[tuple[str, bytes]], filename: str | None = None
) -> tuple[MultipartWriter, bytes, list[tuple[bytes, int]]]:
    w = writer()
    heads = [w.part_head(content_id(name, "a.example"), "application/gzip", filename) for name, _ in parts]
    attachments = b"".join(head + octets + w.part_tail for head, (_, octets) in zip(heads, parts, strict=True))
    sizes = [(head, len(octets)) for head, (_, octets) in zip(heads, parts, strict=True)]
    return w, w.root(ENVELOPE) + attachments + w.close(), sizes


@given(PARTS, st.integers(1, 80))
def test_what_is_written_is_read(parts, step):
    w, body, _ = written(parts)
    package = Package.open(w.content_type, [body[start : start + step] for start in range(0, len(body), step)])
    assert package.root.octets == ENVELOPE
    read = [(a.headers.content_id, a.headers.media_type, b"".join(a.chunks())) for a in package.attachments()]
    assert read == [(f"{name}@a.example", "application/gzip", octets) for name, octets in parts]


@given(PARTS)
def test_the_content_length_is_known_before_the_octets_are(parts):
    w, body, sizes = written(parts)
    assert w.content_length(w.root(ENVELOPE), sizes) == len(body)


def test_the_same_package_is_the_same_octets():
    assert written([("a", b"one")])[1] == written([("a", b"one")])[1]


def test_the_standard_library_reads_what_is_written():
    w, body, _ = written([("p1", b"one\r\n"), ("p2", b"")])
    message = email.message_from_bytes(f"MIME-Version: 1.0\r\nContent-Type: {w.content_type}\r\n\r\n".encode() + body)
    assert message.get_param("start") == "<root.1@node-a.example>"
    assert [(p.get_content_type(), p["Content-ID"], p.get_payload(decode=True)) for p in message.get_payload()] == [
        ("application/soap+xml", "<root.1@node-a.example>", ENVELOPE),
        ("application/gzip", "<p1@a.example>", b"one\r\n"),
        ("application/gzip", "<p2@a.example>", b""),
    ]


def test_a_soap_11_package_says_so():
    w = MultipartWriter("b", "root@a", "text/xml")
    assert Package.open(w.content_type, [w.root(ENVELOPE) + w.close()]).root.media_type == "text/xml"


def test_a_content_id_needs_no_escape_in_a_url():
    name = content_id("0b1c-2d", "node-a.example")
    assert name == "0b1c-2d@node-a.example"
    assert cid_of(f"cid:{name}") == bare_content_id(f"<{name}>") == name


UNSAFE_IDS = ["", "a b", "a<b", "a>b", "a\r\nX: y", "a\x00", "a%40b", "a+b", "ä", "a/b", 'a"b', "a;b", "a:b", "a" * 251, "a\n"]


@pytest.mark.parametrize("unsafe", UNSAFE_IDS)
def test_an_unsafe_content_id_is_refused(unsafe):
    with pytest.raises(ValueError, match="Content-ID"):
        writer().part_head(unsafe, "text/xml")
    with pytest.raises(ValueError, match="Content-ID"):
        MultipartWriter("b", unsafe, "text/xml")
    if unsafe:
        with pytest.raises(ValueError, match="Content-ID"):
            content_id(unsafe, "a.example")
        with pytest.raises(ValueError, match="Content-ID"):
            content_id("1", unsafe)


@pytest.mark.parametrize("unsafe", ["", "x" * 71, "a b", "a ", 'a"', "a\\", "a\r\n", "é", "a\n", "a;b", "a*"])
def test_an_unsafe_boundary_is_refused(unsafe):
    with pytest.raises(ValueError, match="boundary"):
        MultipartWriter(unsafe, "root@a", "text/xml")


SENT_TYPES = ["text/xml", "application/xml; charset=UTF-8", 'a/b; x="1 2"', "application/vnd.x-y.z+xml", "a/b;x=1; y=2"]


@pytest.mark.parametrize("content_type", SENT_TYPES)
def test_a_media_type_is_sent_as_it_is(content_type):
    assert f"Content-Type: {content_type}\r\n".encode() in writer().part_head("a@b", content_type)


@pytest.mark.parametrize(
    "unsafe", ["", "text", "text/xml\r\nX: y", "text/xml\n", "text/xml;", 'a/b; x="\r\n"', "a/b\x00", "é/b", 'a/b; x="']
)
def test_what_is_no_media_type_is_refused(unsafe):
    with pytest.raises(ValueError, match="not a media type"):
        writer().part_head("a@b", unsafe)
    with pytest.raises(ValueError, match="not a media type"):
        MultipartWriter("b", "root@a", unsafe)


@pytest.mark.parametrize("filename", ["co.xml", "co 1.xml", 'a"b\\c.xml', "a;b=c.xml", "產地證明.xml", "café %.xml", "../x"])
def test_a_file_name_that_is_sent_is_read(filename):
    w, body, _ = written([("p1", b"one")], filename)
    (attachment,) = Package.open(w.content_type, [body]).attachments()
    assert attachment.headers.filename == filename


@pytest.mark.parametrize("unsafe", ["", "a\r\nX: y", "a\x00", "a\tb", "\x7f"])
def test_an_unsafe_file_name_is_refused(unsafe):
    with pytest.raises(ValueError, match="file name"):
        writer().part_head("a@b", "text/xml", unsafe)
