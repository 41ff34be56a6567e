"""The multipart/related writer: the octets around the parts; the same input always gives the same octets."""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

# spec: RFC 2046 5.1.1, without the space
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=?-]{1,70}")
# spec: C 5.1.1, RFC 2392: needs no escaping in a cid: URL
_SAFE_ID = re.compile(r"[0-9A-Za-z._@-]{1,250}")
_MEDIA_TYPE = re.compile(
    r"[!#$&^_.+0-9A-Za-z-]+/[!#$&^_.+0-9A-Za-z-]+(?:; ?[0-9A-Za-z-]+=(?:[0-9A-Za-z._+:-]+|\"[ !#-\[\]-~]*\"))*"
)


def content_id(unique: str, host: str) -> str:
    """A Content-ID without angle brackets. Raises ValueError unless it is safe in a header and in a URL as it stands."""
    return _safe_id(f"{unique}@{host}")


def _safe_id(value: str) -> str:
    if not _SAFE_ID.fullmatch(value):
        raise ValueError(f"Content-ID {value[:80]!r}: only A-Z a-z 0-9 . _ - @ are sent")
    return value


def _media_type(value: str) -> str:
    if not _MEDIA_TYPE.fullmatch(value):
        raise ValueError(f"Content-Type {value[:80]!r}: not a media type")
    return value


class MultipartWriter:
    """Writes what stands around the root part and the attachments; the caller pastes the octets of the attachments in between.

    The boundary must be one that nobody can guess: then no content holds it.
    """

    #: Follows the octets of each attachment.
    part_tail: Final = b"\r\n"

    def __init__(self, boundary: str, root_content_id: str, soap_media_type: str) -> None:
        """Raises ValueError for a boundary, Content-ID or media type that is not safe in a header."""
        if not _BOUNDARY.fullmatch(boundary):
            raise ValueError(f"boundary {boundary[:80]!r}: 1 to 70 characters of RFC 2046's bchars, no space")
        self._root_id = _safe_id(root_content_id)
        self._soap_media_type = _media_type(soap_media_type)
        self._dashed = b"--" + boundary.encode("ascii")
        #: One line, as HTTP wants it.
        # spec: C 5.1.1, RFC 2387 3, RFC 9112 5.2; start-info is left out
        self.content_type: Final = (
            f'multipart/related; type="{soap_media_type}"; boundary="{boundary}"; start="<{root_content_id}>"'
        )

    def root(self, octets: bytes) -> bytes:
        """The root part, complete: always written first."""
        # spec: C 5.1.1, ED 3.4.6
        return b"".join((self._head(self._root_id, f"{self._soap_media_type}; charset=UTF-8"), octets, b"\r\n"))

    def part_head(self, content_id: str, content_type: str, filename: str | None = None) -> bytes:
        """What stands before the octets of an attachment. Raises ValueError for what is not safe in a header."""
        return self._head(_safe_id(content_id), _media_type(content_type), filename)

    def close(self) -> bytes:
        """The closing delimiter."""
        return self._dashed + b"--\r\n"

    def content_length(self, root: bytes, parts: Iterable[tuple[bytes, int]] = ()) -> int:
        """The size of the whole body: `root` as root() wrote it, of each attachment its head and the size of its octets."""
        return len(root) + sum(len(head) + size + len(self.part_tail) for head, size in parts) + len(self.close())

    def _head(self, content_id: str, content_type: str, filename: str | None = None) -> bytes:
        disposition = "" if filename is None else f"Content-Disposition: {_disposition(filename)}\r\n"
        headers = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <{content_id}>\r\n{disposition}\r\n"
        return self._dashed + b"\r\n" + headers.encode("ascii")


def _disposition(filename: str) -> str:
    """An attachment's Content-Disposition (A 5.1.9). Raises ValueError for control characters."""
    if not filename or any(ord(c) < 32 or ord(c) == 127 for c in filename):
        raise ValueError(f"file name {filename[:80]!r}: empty, or holds control characters")
    if filename.isascii():
        escaped = filename.replace("\\", "\\\\").replace('"', '\\"')
        return f'attachment; filename="{escaped}"'
    # spec: RFC 8187 3.2.1
    return f"attachment; filename*=UTF-8''{quote(filename, safe='')}"
