"""A package as the receiving story draws it: the root part first, then one attachment after the other."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from node.ebms.errors import EbmsError, MimeInconsistency, SoapFault
from node.ebms.namespaces import SOAP_11, SOAP_12
from node.mime.headers import MediaType, PartHeaders, bare_content_id
from node.mime.reader import (
    DEFAULT_LIMITS,
    MULTIPART_RELATED,
    Event,
    MimeLimits,
    MultipartReader,
    PackageEnd,
    PartData,
    PartEnd,
    PartStart,
)

_SOAP: Final = (SOAP_12, SOAP_11)
# spec: C 5.1.2.5, ED 3.2.2
_UTF_8: Final = ("utf-8", "us-ascii")
_UTF_16: Final = ("utf-16", "utf-16le", "utf-16be")
_UTF_16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")

_ONCE: Final = "the octets of an attachment are drawn once, before the next attachment"

Octets = bytes | memoryview


@dataclass(frozen=True, slots=True)
class RootPart:
    """The part that holds the SOAP envelope, complete and decoded."""

    octets: bytes
    #: `application/soap+xml` or `text/xml`.
    media_type: str
    headers: PartHeaders


class Attachment:
    """One part beside the root."""

    __slots__ = ("_drawn", "_events", "headers")

    def __init__(self, headers: PartHeaders, events: Iterator[Event]) -> None:
        self.headers = headers
        self._events: Iterator[Event] | None = events
        self._drawn = False

    def chunks(self) -> Iterator[Octets]:
        """The decoded octets as they arrive; drawn once, and before the next attachment is asked for.

        Raises EbmsError (0007) while iterating, and RuntimeError when drawn twice or too late.
        """
        if self._drawn or self._events is None:
            raise RuntimeError(_ONCE)
        self._drawn = True
        return self._draw()

    def _draw(self) -> Iterator[Octets]:
        while self._events is not None:
            event = next(self._events)
            if type(event) is not PartData:
                self._events = None
                return
            if event.octets:
                yield event.octets
        # Ending quietly here would make the part look shorter than it is.
        raise RuntimeError(_ONCE)

    def skip(self) -> None:
        """Pass over what was not drawn; nothing can be drawn afterwards."""
        events, self._events = self._events, None
        for event in events or ():
            if type(event) is not PartData:
                return


class Package:
    """One HTTP body, drawn from its chunks only as far as the story asks."""

    __slots__ = ("_attachments", "multipart", "root")

    def __init__(self, root: RootPart, multipart: bool, attachments: Iterator[Attachment]) -> None:
        self.root = root
        self.multipart = multipart
        self._attachments = attachments

    @staticmethod
    def open(content_type: str, chunks: Iterable[Octets], limits: MimeLimits = DEFAULT_LIMITS) -> "Package":
        """Reads just as far as the root part is complete.

        Raises EbmsError (0007), and SoapFault with HTTP status 415 for a media type that carries no SOAP message.
        """
        essence = content_type.partition(";")[0].strip(" \t").lower()
        # spec: C 5.1.1: both forms are accepted
        if essence in _SOAP:
            return Package(_read_whole(content_type, chunks, limits), False, iter(()))
        if essence != MULTIPART_RELATED:
            # spec: RFC 9110 15.5.16
            raise SoapFault("Sender", f"media type {essence[:80]!r} carries no SOAP message", http_status=415)
        return _open_multipart(content_type, chunks, limits)

    def attachments(self) -> Iterator[Attachment]:
        """The attachments in the order of the package; octets of one that were not drawn are skipped.

        After the last one the closing delimiter has been seen. Raises EbmsError (0007).
        """
        return self._attachments


def _read_whole(content_type: str, chunks: Iterable[Octets], limits: MimeLimits) -> RootPart:
    """A simple SOAP message: the body is the root part."""
    media_type = MediaType.parse(content_type)
    charset = media_type.parameters.get("charset")
    headers = PartHeaders(None, content_type, media_type.essence, charset, "binary", None, b"")
    pieces, size = [], 0
    for chunk in chunks:
        size += len(chunk)
        if size > limits.root_octets:
            raise EbmsError(MimeInconsistency, f"SOAP message of more than {limits.root_octets} octets")
        pieces.append(chunk)
    return _root(headers, b"".join(pieces))


def _open_multipart(content_type: str, chunks: Iterable[Octets], limits: MimeLimits) -> Package:
    media_type = MediaType.parse(content_type)
    parameters = media_type.parameters
    soap_type = parameters.get("type", "").lower()
    # spec: RFC 2387 3.1
    if not soap_type:
        raise EbmsError(MimeInconsistency, f"{MULTIPART_RELATED} without type parameter")
    if soap_type not in _SOAP:
        raise SoapFault("Sender", f"{MULTIPART_RELATED} of type {soap_type[:80]!r} carries no SOAP message", http_status=415)
    start = parameters.get("start")
    events = _events(MultipartReader(media_type, limits), chunks)
    root, before = _find_root(events, None if start is None else bare_content_id(start), limits)
    # spec: C 5.1.1, RFC 2387 3.1
    if root.media_type != soap_type:
        raise EbmsError(MimeInconsistency, f"the root part is {root.media_type}, the type parameter says {soap_type}")
    return Package(root, True, _attachments(before, events))


def _events(reader: MultipartReader, chunks: Iterable[Octets]) -> Iterator[Event]:
    for chunk in chunks:
        yield from reader.feed(chunk)
    yield from reader.close()


def _find_root(
    events: Iterator[Event], start: str | None, limits: MimeLimits
) -> tuple[RootPart, list[tuple[PartHeaders, bytes]]]:
    """The root part, and what came before it: that must wait in memory, so it is kept as small as a root part."""
    before: list[tuple[PartHeaders, bytes]] = []
    room = limits.root_octets
    for event in events:
        if type(event) is not PartStart:
            break
        headers = event.headers
        # spec: RFC 2387 3.2
        if start is None or headers.content_id == start:
            return _root(headers, _gather(events, limits.root_octets, "the root part is larger")[0]), before
        octets, size = _gather(events, room, "parts before the root part are larger")
        room -= size
        before.append((headers, octets))
    raise EbmsError(MimeInconsistency, f"start {start!r}: no part has this Content-ID")


def _gather(events: Iterator[Event], room: int, problem: str) -> tuple[bytes, int]:
    """All octets of one part, and how many they were on the wire, which is what `room` caps: an encoding may decode to nothing."""
    pieces, size = [], 0
    for event in events:
        if type(event) is not PartData:
            break
        size += event.wire
        if size > room:
            raise EbmsError(MimeInconsistency, f"{problem} than {room} octets")
        pieces.append(event.octets)
    return b"".join(pieces), size


def _root(headers: PartHeaders, octets: bytes) -> RootPart:
    """The root part, when its charset is one that an envelope may have and says what the octets are."""
    charset = (headers.charset or "").lower()
    if charset and charset not in _UTF_8 + _UTF_16:
        raise EbmsError(MimeInconsistency, f"root part: charset {charset[:40]!r} is neither UTF-8 nor UTF-16")
    if charset and (charset in _UTF_16) != octets.startswith(_UTF_16_MARKS):
        raise EbmsError(MimeInconsistency, f"root part: charset {charset} contradicts its byte order mark")
    return RootPart(octets, headers.media_type, headers)


def _attachments(before: list[tuple[PartHeaders, bytes]], events: Iterator[Event]) -> Iterator[Attachment]:
    for headers, octets in before:
        attachment = Attachment(headers, iter((PartData(octets, 0), PartEnd())))
        yield attachment
        attachment.skip()
    complete = False
    # After the last part this goes on through the epilogue, so that its cap holds.
    for event in events:
        if type(event) is PartStart:
            attachment = Attachment(event.headers, events)
            yield attachment
            attachment.skip()
        elif type(event) is PackageEnd:
            complete = True
    if not complete:
        raise EbmsError(MimeInconsistency, "the package was refused before its closing delimiter")
