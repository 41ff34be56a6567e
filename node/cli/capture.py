"""A captured message as people have it: a whole HTTP request, a MIME body with its Content-Type, or an envelope alone."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from node.cli.problems import CommandFailed, ExitCode
from node.ebms.namespaces import SOAP_11, SOAP_12

_REQUEST_LINE: Final = re.compile(rb"[A-Z]{3,8} \S+ HTTP/\d(?:\.\d)?\r?\n|HTTP/\d(?:\.\d)? \d{3}[^\n]*\n")
_HEADER: Final = re.compile(rb"[A-Za-z][A-Za-z0-9-]*:[^\n]*\n")
_BOUNDARY: Final = re.compile(rb"--([^\r\n]{1,70})\r?\n")
#: A head is no longer; what is longer is no head.
_LONGEST_HEAD: Final = 65_536
#: Octets that are handed on at a time.
_PIECE: Final = 262_144


@dataclass(frozen=True, slots=True)
class Capture:
    """Content-Type and body of one message."""

    content_type: str
    body: bytes

    def chunks(self) -> Iterator[bytes]:
        """The body as it would arrive."""
        for at in range(0, len(self.body), _PIECE):
            yield self.body[at : at + _PIECE]


def read_capture(file: Path, content_type: str | None) -> Capture:
    """What a file holds; `content_type` goes over what it says itself. Raises CommandFailed where nothing says what it is."""
    try:
        octets = file.read_bytes()
    except OSError as error:
        raise CommandFailed(ExitCode.USAGE, str(file), error.strerror or str(error)) from None
    headers, body = _split(octets)
    if "chunked" in headers.get("transfer-encoding", "").lower():
        body = _joined(body, file)
    found = content_type or headers.get("content-type") or _guessed(body)
    if not found:
        raise CommandFailed(
            ExitCode.USAGE,
            str(file),
            "says no Content-Type",
            "--content-type 'multipart/related; boundary=...' as the request had it",
        )
    return Capture(found, body)


def _split(octets: bytes) -> tuple[Mapping[str, str], bytes]:
    """The headers and the body; no headers where the octets begin with neither a request line nor a header."""
    line = _REQUEST_LINE.match(octets)
    start = line.end() if line else 0
    if not line and not _HEADER.match(octets):
        return {}, octets
    ends = [(at, len(mark)) for mark in (b"\r\n\r\n", b"\n\n") if (at := octets.find(mark, 0, _LONGEST_HEAD)) >= 0]
    if not ends:
        return {}, octets
    end, length = min(ends)
    # A header may go on in the next line.
    text = re.sub(r"\r?\n[ \t]+", " ", octets[start:end].decode("latin-1"))
    pairs = (one.partition(":") for one in text.splitlines())
    return {name.strip().lower(): value.strip() for name, _, value in pairs}, octets[end + length :]


def _joined(body: bytes, file: Path) -> bytes:
    """The body without the sizes of a chunked transfer."""
    pieces: list[bytes] = []
    at = 0
    while True:
        end = body.find(b"\r\n", at)
        size = body[at:end].partition(b";")[0].strip()
        if end < 0 or not re.fullmatch(rb"[0-9A-Fa-f]{1,15}", size):
            raise CommandFailed(
                ExitCode.USAGE, str(file), "is not chunked as its head says", "capture the request once more, as octets"
            )
        length = int(size, 16)
        if length == 0:
            return b"".join(pieces)
        pieces.append(body[end + 2 : end + 2 + length])
        at = end + 4 + length


def _guessed(body: bytes) -> str:
    """What the first octets tell: a boundary, or an envelope."""
    if found := _BOUNDARY.match(body.lstrip(b"\r\n")[:100]):
        boundary = found[1].decode("latin-1").rstrip()
        kind = SOAP_11 if re.search(rb"(?im)^content-type:\s*text/xml", body[:2000]) else SOAP_12
        return f'multipart/related; boundary="{boundary}"; type="{kind}"'
    if body.lstrip()[:1] == b"<":
        return SOAP_11 if b"http://schemas.xmlsoap.org/soap/envelope/" in body[:2000] else SOAP_12
    return ""
