"""The multipart/related reader: chunks of octets in, events out; it knows nothing of where they come from.

The grammar is RFC 2046 5.1.1, with these decisions. Line ends are CRLF; a delimiter line that ends in a bare LF is refused by name. A delimiter
is a whole line: `--boundary`, `--` for the last one, white space, CRLF; a longer line that only begins so is content. White space after the
boundary is transport padding, added on the way. The CRLF before a delimiter belongs to the delimiter.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, NamedTuple

from node.ebms.errors import EbmsError, MimeInconsistency
from node.mime.headers import MediaType, PartHeaders
from node.mime.transfer_encoding import decoder_for

MULTIPART_RELATED: Final = "multipart/related"
_BLANK_LINE: Final = b"\r\n\r\n"
_MOST_PADDING: Final = 256


@dataclass(frozen=True, slots=True)
class MimeLimits:
    """Caps of one package, in octets where not said otherwise."""

    #: One part's header block.
    header_octets: int = 16 * 1024
    #: Number of parts beside the root.
    parts: int = 100
    # spec: RFC 2046 5.1.1
    boundary: int = 70
    #: The root part as it is on the wire; what may precede it, likewise.
    root_octets: int = 1 << 20
    #: The preamble; the epilogue, likewise.
    preamble: int = 64 * 1024


DEFAULT_LIMITS: Final = MimeLimits()


class PartStart(NamedTuple):
    """A part begins."""

    headers: PartHeaders


class PartData(NamedTuple):
    """Some of a part: its octets decoded, and how many they were on the wire. Views live on the chunk that was fed."""

    octets: bytes | memoryview
    wire: int


class PartEnd(NamedTuple):
    """A part is complete."""


class PackageEnd(NamedTuple):
    """The last delimiter was seen."""


Event = PartStart | PartData | PartEnd | PackageEnd
_PART_END: Final = PartEnd()
_PACKAGE_END: Final = PackageEnd()


class _Line(Enum):
    """What follows the octets that were scanned."""

    UNDECIDED = auto()
    PART = auto()
    CLOSE = auto()
    CONTENT = auto()


#: The script pauses with None where it needs more octets.
_Script = Generator[Event | None, None, None]


class MultipartReader:
    """Reads one multipart body. Feed it chunks of any size, then close it; both give events.

    A refusal is final: whoever goes on gets it again.
    """

    def __init__(self, content_type: str | MediaType, limits: MimeLimits = DEFAULT_LIMITS) -> None:
        """Raises EbmsError (0007) when the Content-Type names no usable boundary."""
        media_type = MediaType.parse(content_type) if isinstance(content_type, str) else content_type
        if media_type.essence != MULTIPART_RELATED:
            raise EbmsError(MimeInconsistency, f"Content-Type {media_type.essence}: {MULTIPART_RELATED} is required")
        self._limits = limits
        self._delimiter: Final = b"\r\n--" + boundary_of(media_type, limits)
        # The body may open with its first delimiter: this CRLF stands for the line end that is not there.
        self._buffer = b"\r\n"
        self._at = 0
        #: Octets at the position that stand before the content: a line end that may also be the delimiter's.
        self._lead = 2
        self._ended = False
        self._refusal: EbmsError | None = None
        self._script: Final = self._package()

    def feed(self, chunk: bytes | bytearray | memoryview) -> Iterator[Event]:
        """The events that these octets complete. Raises EbmsError (0007), while iterating."""
        rest = self._buffer[self._at :]
        self._buffer = rest + chunk if rest else bytes(chunk)
        self._at = 0
        return self._events()

    def close(self) -> Iterator[Event]:
        """The last events, once the octets have ended. Raises EbmsError (0007), while iterating, when the package has not."""
        self._ended = True
        return self._events()

    def _events(self) -> Iterator[Event]:
        if self._refusal is not None:
            raise self._refusal
        try:
            for event in self._script:
                if event is None:
                    if self._ended:
                        raise self._broken_off()
                    return
                yield event
        except EbmsError as refusal:
            self._refusal = refusal
            raise

    def _broken_off(self) -> EbmsError:
        rest = self._buffer[self._at : self._at + 40]
        return EbmsError(
            MimeInconsistency,
            f"the octets end before the closing delimiter, at {rest!r} (a line that ends in a bare LF is no delimiter)",
        )

    # -- the grammar ---------------------------------------------------------------------------------------------------

    def _package(self) -> _Script:
        yield from self._preamble()
        seen: set[str] = set()
        parts, more = 0, True
        while more:
            parts += 1
            # The root is one part more than the limit counts.
            if parts > self._limits.parts + 1:
                raise EbmsError(MimeInconsistency, f"more than {self._limits.parts} parts beside the root")
            headers = yield from self._headers()
            _check_part(headers, seen)
            yield PartStart(headers)
            more = yield from self._content(headers.transfer_encoding)
            yield _PART_END
        yield _PACKAGE_END
        yield from self._epilogue()

    def _preamble(self) -> _Script:
        size, line = 0, _Line.UNDECIDED
        while line is _Line.UNDECIDED:
            octets, line = self._scan()
            size += len(octets)
            if size > self._limits.preamble:
                raise EbmsError(MimeInconsistency, f"more than {self._limits.preamble} octets before the first delimiter")
            if line is _Line.UNDECIDED:
                yield None
        if line is _Line.CLOSE:
            raise EbmsError(MimeInconsistency, "the first delimiter is the closing one: no parts")

    def _headers(self) -> Generator[None, None, PartHeaders]:
        # The delimiter's CRLF is still there, so a part without any header shows its blank line too.
        most = self._limits.header_octets
        while True:
            start = self._at
            end = self._buffer.find(_BLANK_LINE, start, start + 2 + most + len(_BLANK_LINE))
            if end >= 0:
                break
            block = self._buffer[start + 2 : start + 2 + most + len(_BLANK_LINE)]
            if len(block) >= most + len(_BLANK_LINE) or self._ended:
                raise _unfinished(block, most)
            yield None
        self._at, self._lead = end + 2, 2
        return PartHeaders.parse(self._buffer[start + 2 : end])

    def _content(self, transfer_encoding: str) -> Generator[Event | None, None, bool]:
        """The octets of one part; gives whether another part follows."""
        decoder, line = decoder_for(transfer_encoding), _Line.UNDECIDED
        while line is _Line.UNDECIDED:
            octets, line = self._scan()
            if octets:
                yield PartData(decoder.feed(octets) if decoder else octets, len(octets))
            if line is _Line.UNDECIDED:
                yield None
        if decoder and (rest := decoder.finish()):
            yield PartData(rest, 0)
        return line is _Line.PART

    def _epilogue(self) -> _Script:
        size = 0
        while True:
            size += len(self._buffer) - self._at
            self._at = len(self._buffer)
            if size > self._limits.preamble:
                raise EbmsError(MimeInconsistency, f"more than {self._limits.preamble} octets after the closing delimiter")
            if self._ended:
                return
            yield None

    # -- delimiters ----------------------------------------------------------------------------------------------------

    def _scan(self) -> tuple[bytes | memoryview, _Line]:
        """The octets before the next delimiter, or before the first octet that could belong to one; and which it was."""
        buffer, delimiter, start = self._buffer, self._delimiter, self._at + self._lead
        found = buffer.find(delimiter, self._at)
        line, past = _Line.UNDECIDED, found
        while found >= 0:
            line, past = self._line(found + len(delimiter))
            if line is not _Line.CONTENT:
                break
            found = buffer.find(delimiter, found + 1)
        else:
            line, found = _Line.UNDECIDED, self._possible()
        self._at = found if line is _Line.UNDECIDED else past
        if found < start:
            return b"", line
        self._lead = 0
        # The usual chunk of a large part is handed on as it came.
        return (buffer if start == 0 and found == len(buffer) else memoryview(buffer)[start:found]), line

    def _possible(self) -> int:
        """Where a delimiter may begin that is not complete yet; a delimiter holds one CR, its first octet."""
        buffer, delimiter = self._buffer, self._delimiter
        begin = buffer.rfind(b"\r", max(self._at, len(buffer) - len(delimiter) + 1))
        return begin if begin >= 0 and delimiter.startswith(buffer[begin:]) else len(buffer)

    def _line(self, at: int) -> tuple[_Line, int]:
        """What the octets after `--boundary` make of the line, and where the next thing begins."""
        buffer = self._buffer
        if buffer.startswith(b"\r\n", at):
            return _Line.PART, at
        closing = buffer.startswith(b"--", at)
        begin = at + 2 if closing else at
        padding = buffer[begin : begin + _MOST_PADDING + 1]
        end = begin + len(padding) - len(padding.lstrip(b" \t"))
        if end - begin > _MOST_PADDING:
            raise EbmsError(MimeInconsistency, f"more than {_MOST_PADDING} octets of white space after a boundary")
        rest = buffer[end : end + 2]
        if rest == b"\r\n":
            return (_Line.CLOSE, end + 2) if closing else (_Line.PART, end)
        if rest[:1] == b"\n":
            raise EbmsError(MimeInconsistency, "a delimiter line ends in a bare LF; CRLF is required")
        if closing and not rest and self._ended:
            return _Line.CLOSE, end
        # A lone hyphen may become the second of two.
        undecided = rest in (b"", b"\r") or (rest == b"-" and end == at)
        return (_Line.UNDECIDED if undecided else _Line.CONTENT), at


def boundary_of(media_type: MediaType, limits: MimeLimits) -> bytes:
    """The boundary parameter as octets. Raises EbmsError (0007)."""
    boundary = media_type.parameters.get("boundary", "")
    # spec: RFC 2046 5.1.1; of the characters we only want them printable, since mail gateways and .NET stretch `bchars`.
    if not 1 <= len(boundary) <= limits.boundary:
        raise EbmsError(MimeInconsistency, f"boundary of {len(boundary)} characters; 1 to {limits.boundary} are allowed")
    if not (boundary.isascii() and boundary.isprintable()) or boundary.endswith(" "):
        raise EbmsError(MimeInconsistency, f"boundary {boundary!r}: not printable ASCII, or ends in a space")
    return boundary.encode("ascii")


def _check_part(headers: PartHeaders, seen: set[str]) -> None:
    """A part is no package itself, and its Content-ID is its own."""
    if headers.media_type.startswith("multipart/"):
        raise EbmsError(MimeInconsistency, f"part of type {headers.media_type}: packages are not nested")
    if headers.content_id is None:
        return
    # spec: RFC 2045 7
    if headers.content_id in seen:
        raise EbmsError(MimeInconsistency, f"Content-ID {headers.content_id[:80]!r}: two parts have it")
    seen.add(headers.content_id)


def _unfinished(block: bytes, most: int) -> EbmsError:
    """Part headers that do not end."""
    if block.count(b"\n") != block.count(b"\r\n"):
        return EbmsError(MimeInconsistency, "part headers: a line ends in a bare LF; CRLF is required")
    if len(block) > most:
        return EbmsError(MimeInconsistency, f"part headers of more than {most} octets")
    return EbmsError(MimeInconsistency, "the octets end within part headers")
