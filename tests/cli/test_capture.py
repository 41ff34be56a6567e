"""Captures as people have them: whole requests, bodies, envelopes."""

from pathlib import Path

import pytest

from node.cli.capture import read_capture
from node.cli.problems import CommandFailed

BODY = b"--x\r\nContent-Type: application/soap+xml\r\n\r\n<e/>\r\n--x--\r\n"
HEAD = b"POST /as4 HTTP/1.1\r\nHost: kr\r\nContent-Type: multipart/related;\r\n boundary=x\r\n"


@pytest.mark.parametrize(
    ("octets", "content_type", "body"),
    [
        (HEAD + b"\r\n" + BODY, "multipart/related; boundary=x", BODY),
        (HEAD.replace(b"\r\n", b"\n") + b"\n" + BODY, "multipart/related; boundary=x", BODY),
        (HEAD.partition(b"\r\n")[2] + b"\r\n" + BODY, "multipart/related; boundary=x", BODY),
        (
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n",
            "multipart/related; boundary=x",
            b"abcdefg",
        ),
        (BODY, 'multipart/related; boundary="x"; type="application/soap+xml"', BODY),
        (b"<e/>", "application/soap+xml", b"<e/>"),
        (b'<e xmlns="http://schemas.xmlsoap.org/soap/envelope/"/>', "text/xml", None),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n<e/>", "text/xml", b"<e/>"),
    ],
)
def test_a_capture_is_read(tmp_path: Path, octets: bytes, content_type: str, body: bytes | None) -> None:
    (tmp_path / "capture").write_bytes(octets)
    found = read_capture(tmp_path / "capture", None)
    assert (found.content_type, found.body) == (content_type, octets if body is None else body)
    assert b"".join(found.chunks()) == found.body
    assert read_capture(tmp_path / "capture", "text/plain").content_type == "text/plain"


@pytest.mark.parametrize("octets", [b"", b"no capture", HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", HEAD])
def test_what_says_nothing_of_itself_is_told(tmp_path: Path, octets: bytes) -> None:
    (tmp_path / "capture").write_bytes(octets)
    with pytest.raises(CommandFailed):
        read_capture(tmp_path / "capture", None)
    with pytest.raises(CommandFailed):
        read_capture(tmp_path, None)
