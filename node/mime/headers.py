"""The headers of a package and of its parts: media types, Content-IDs, transfer encodings, file names."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple
from urllib.parse import unquote

from node.ebms.errors import EbmsError, MimeInconsistency

# spec: RFC 2045 5.1, a `token`
_WORD: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_NAME = re.compile(_WORD)
_ESSENCE = re.compile(rf"[ \t]*({_WORD}/{_WORD})[ \t]*")
_DISPOSITION = re.compile(rf"[ \t]*({_WORD})[ \t]*")
# An unquoted value may hold more than a token: `type=application/soap+xml` and `boundary=----=_1` are common though RFC 2045 wants quotes.
_PARAMETER = re.compile(rf';[ \t]*(?:({_WORD})[ \t]*=[ \t]*(?:"([^"\\]*(?:\\.[^"\\]*)*)"|([^\s";\\]+))[ \t]*)?')
_ESCAPED = re.compile(r"\\(.)")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_FOLD = re.compile(r"\r\n(?=[ \t])")
_CONTENT_ID = re.compile(r"[!-;=?-~]+")
_CONTROL_OCTETS: Final = bytes(sorted({*range(32), 127} - set(b"\t\r\n")))

#: What RFC 2045 6.1 calls the identity encodings, and the two that change octets.
TRANSFER_ENCODINGS: Final = frozenset({"binary", "8bit", "7bit", "base64", "quoted-printable"})
#: Headers that we read; each may stand in a part once.
_READ: Final = frozenset({"content-id", "content-type", "content-transfer-encoding", "content-disposition"})
_CACHED_LENGTH: Final = 128


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type: `type/subtype` in lower case, and its parameters with their names in lower case."""

    essence: str
    parameters: Mapping[str, str]

    @staticmethod
    def parse(text: str) -> "MediaType":
        """The value of a Content-Type header. Raises EbmsError (0007)."""
        # The few short values that every message repeats are read once.
        return _parse_short(text) if len(text) <= _CACHED_LENGTH else _parse(text)


def _parse(text: str) -> MediaType:
    if not text.isprintable() and _CONTROL.search(text):
        raise EbmsError(MimeInconsistency, f"Content-Type {text[:80]!r}: control characters")
    essence = _ESSENCE.match(text)
    if essence is None:
        raise EbmsError(MimeInconsistency, f"Content-Type {text[:80]!r}: no type/subtype")
    try:
        parameters = _parameters(text, essence.end())
    except ValueError as problem:
        raise EbmsError(MimeInconsistency, f"Content-Type {text[:80]!r}: {problem}") from None
    return MediaType(essence[1].lower(), MappingProxyType(parameters))


_parse_short = lru_cache(maxsize=256)(_parse)


def _parameters(text: str, at: int) -> dict[str, str]:
    """The parameters from `at` to the end. Raises ValueError."""
    found: dict[str, str] = {}
    while at < len(text):
        match = _PARAMETER.match(text, at)
        if match is None:
            raise ValueError(f"cannot read {text[at : at + 40]!r}")
        at = match.end()
        name, quoted, plain = match.groups()
        # A `;` with nothing after it is common, and harmless.
        if name is None:
            continue
        name = name.lower()
        if name in found:
            # Two readers would differ on which one counts.
            raise ValueError(f"parameter {name} twice")
        found[name] = plain if quoted is None else _ESCAPED.sub(r"\1", quoted) if "\\" in quoted else quoted
    return found


class PartHeaders(NamedTuple):
    """What the headers of one part say."""

    #: Without angle brackets; None where the part has none.
    content_id: str | None
    #: The whole value, and its `type/subtype` in lower case.
    content_type: str
    media_type: str
    charset: str | None
    #: Lower case; one of TRANSFER_ENCODINGS. The octets handed on are decoded already.
    transfer_encoding: str
    #: What the sender calls the file: text to show, never a path.
    filename: str | None
    #: The header block as received, without the blank line.
    raw: bytes

    @staticmethod
    def parse(block: bytes) -> "PartHeaders":
        """The header block of one part, lines separated by CRLF. Raises EbmsError (0007)."""
        fields = _fields(block)
        # spec: RFC 2045 5.2
        content_type = fields.get("content-type", "text/plain; charset=us-ascii")
        media_type = MediaType.parse(content_type)
        content_id, disposition = fields.get("content-id"), fields.get("content-disposition")
        return PartHeaders(
            content_id=None if content_id is None else bare_content_id(content_id),
            content_type=content_type,
            media_type=media_type.essence,
            charset=media_type.parameters.get("charset"),
            transfer_encoding=_transfer_encoding(fields),
            filename=None if disposition is None else _filename(disposition),
            raw=block,
        )


def _fields(block: bytes) -> dict[str, str]:
    """The headers that we read, by name in lower case; all others are checked for shape and left alone."""
    text = _header_text(block)
    found: dict[str, str] = {}
    for line in text.split("\r\n") if text else ():
        name, colon, value = line.partition(":")
        lower = name.lower()
        if lower in _READ and colon:
            if lower in found:
                raise EbmsError(MimeInconsistency, f"part header {lower}: twice in one part")
            found[lower] = value.strip(" \t")
        # White space before the colon is how one header is smuggled past another reader.
        elif not colon or not _NAME.fullmatch(name):
            raise EbmsError(MimeInconsistency, f"part header {line[:80]!r}: no `Name: value`")
    return found


def _header_text(block: bytes) -> str:
    """The block as text, unfolded; line ends are CRLF and nothing else is a control character."""
    if len(block.translate(None, _CONTROL_OCTETS)) != len(block):
        raise EbmsError(MimeInconsistency, "part headers: control characters")
    lines = block.count(b"\r\n")
    if block.count(b"\n") != lines or block.count(b"\r") != lines:
        # spec: RFC 2045 2.1; a bare LF is a line end to some readers and not to others, so it is neither here.
        raise EbmsError(MimeInconsistency, "part headers: a line ends in a bare LF or CR; CRLF is required")
    try:
        text = block.decode("utf-8")
    except UnicodeDecodeError:
        text = block.decode("latin-1")
    # spec: RFC 5322 2.2.3
    return _FOLD.sub("", text) if b"\r\n " in block or b"\r\n\t" in block else text


def bare_content_id(value: str) -> str:
    """A Content-ID, or a `start` parameter, without its angle brackets. Raises EbmsError (0007)."""
    text = value.strip(" \t")
    # spec: C 5.1.1; the Core's own first example omits the brackets.
    bare = text[1:-1] if text[:1] == "<" and text[-1:] == ">" else text
    if not _CONTENT_ID.fullmatch(bare):
        raise EbmsError(MimeInconsistency, f"Content-ID {value[:80]!r}: neither <id> nor id in printable ASCII")
    return bare


def cid_of(href: str) -> str:
    """The Content-ID that a `cid:` URL names, percent-decoded; an URL that names none matches no part."""
    # spec: RFC 2392; Content-IDs are ASCII, so whatever else an escape may stand for equals none of them.
    bare = href[4:] if href[:4].lower() == "cid:" else href
    return unquote(bare) if "%" in bare else bare


def _transfer_encoding(fields: Mapping[str, str]) -> str:
    # spec: RFC 2045 6.1
    encoding = fields.get("content-transfer-encoding", "7bit").lower()
    if encoding not in TRANSFER_ENCODINGS:
        # spec: RFC 2045 6.4
        raise EbmsError(MimeInconsistency, f"Content-Transfer-Encoding {encoding[:80]!r}: unknown")
    return encoding


def _filename(disposition: str) -> str | None:
    """The file name of a Content-Disposition, the extended form first; None where there is none fit to be shown."""
    match = _DISPOSITION.match(disposition)
    try:
        parameters = _parameters(disposition, match.end()) if match else {}
    except ValueError:
        # A name is a courtesy (A 5.1.9): not worth a refusal.
        return None
    # spec: RFC 6266 4.3
    names = (_extended(parameters.get("filename*", "")), parameters.get("filename"))
    return next((name for name in names if name and _can_be_shown(name)), None)


def _extended(value: str) -> str | None:
    """An ext-value, decoded."""
    charset, _, rest = value.partition("'")
    _, quote, octets = rest.partition("'")
    # spec: RFC 8187 3.2.1
    if not quote or charset.lower() not in ("utf-8", "iso-8859-1"):
        return None
    try:
        return unquote(octets, encoding=charset, errors="strict")
    except UnicodeDecodeError:
        return None


def _can_be_shown(name: str) -> bool:
    """No control, format (RTL marks), surrogate or unassigned characters."""
    return (name.isascii() and name.isprintable()) or all(unicodedata.category(c)[0] != "C" for c in name)
