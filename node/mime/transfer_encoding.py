"""Undoing a Content-Transfer-Encoding, chunk by chunk."""

import binascii
import re
from typing import Final, Protocol

from node.ebms.errors import EbmsError, MimeInconsistency

_WHITE_SPACE: Final = b" \t\r\n"
_BROKEN_ESCAPE = re.compile(rb"=(?![0-9A-Fa-f]{2})")
#: RFC 2045 6.7 allows 76 octets; mail systems stop at 998. The cap bounds what is held while no line end comes.
LONGEST_LINE: Final = 16 * 1024


class Decoder(Protocol):
    """Octets on the wire to octets of the part."""

    def feed(self, octets: bytes | memoryview) -> bytes:
        """What could be decoded so far. Raises EbmsError (0007)."""
        ...

    def finish(self) -> bytes:
        """The rest. Raises EbmsError (0007) when the encoding breaks off."""
        ...


def decoder_for(transfer_encoding: str) -> Decoder | None:
    """A decoder for one part, or None for the identity encodings."""
    # spec: RFC 2045 6.2: `7bit` and `8bit` only promise something of the octets, which digests prove better.
    match transfer_encoding:
        case "base64":
            return Base64()
        case "quoted-printable":
            return QuotedPrintable()
        case _:
            return None


class Base64:
    """Base64 in lines of any length; anything but its alphabet, white space and final padding is refused."""

    def __init__(self) -> None:
        self._held = b""
        self._padded = False

    def feed(self, octets: bytes | memoryview) -> bytes:
        text = self._held + bytes(octets).translate(None, _WHITE_SPACE)
        whole = len(text) - len(text) % 4
        self._held = text[whole:]
        if not whole and not self._held:
            return b""
        if self._padded:
            raise EbmsError(MimeInconsistency, "base64: octets after the padding")
        self._padded = text.endswith(b"=", 0, whole)
        try:
            return binascii.a2b_base64(text[:whole], strict_mode=True) if whole else b""
        except binascii.Error as problem:
            raise EbmsError(MimeInconsistency, f"base64: {problem}") from None

    def finish(self) -> bytes:
        # spec: RFC 2045 6.8; a missing padding looks exactly like a missing end.
        if self._held:
            raise EbmsError(MimeInconsistency, "base64: breaks off within a group of four")
        return b""


class QuotedPrintable:
    """Quoted-printable, decoded line by line."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, octets: bytes | memoryview) -> bytes:
        lines = (self._held + bytes(octets)).split(b"\r\n")
        self._held = lines.pop()
        # Of a line not yet ended only the octets before a CR count, or the verdict would hang on where a chunk ends.
        if len(self._held.removesuffix(b"\r")) > LONGEST_LINE:
            raise EbmsError(MimeInconsistency, f"quoted-printable: a line of more than {LONGEST_LINE} octets")
        return b"".join(map(_decoded_line, lines))

    def finish(self) -> bytes:
        last, self._held = self._held, b""
        # The CRLF before a delimiter belongs to the delimiter, so the last line has none.
        return _decoded_line(last)[:-2] if not last.rstrip(b" \t").endswith(b"=") else _decoded_line(last)


def _decoded_line(line: bytes) -> bytes:
    if len(line) > LONGEST_LINE:
        raise EbmsError(MimeInconsistency, f"quoted-printable: a line of more than {LONGEST_LINE} octets")
    # spec: RFC 2045 6.7 (3): white space at the end of a line was added on the way.
    text = line.rstrip(b" \t")
    # spec: RFC 2045 6.7 (5)
    text, end = (text[:-1], b"") if text.endswith(b"=") else (text, b"\r\n")
    if b"=" not in text:
        return text + end
    if _BROKEN_ESCAPE.search(text):
        raise EbmsError(MimeInconsistency, f"quoted-printable: {text[:40]!r} holds = without two hexadecimal digits")
    return binascii.a2b_qp(text) + end
