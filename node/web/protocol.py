"""One HTTP connection: uvicorn's protocol with the peer's certificate, a limit on the head, and a minimum rate."""

import asyncio
from typing import Self

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

#: reliability 1.3: head within 10 s and 16 KB; 1 KB/s afterwards.
HEAD_OCTETS = 16 * 1024
HEAD_SECONDS = 10.0
RATE_WINDOW = 10.0
RATE_OCTETS = 10 * 1024


class Pieces:
    """What uvicorn gathers of a body until the application asks: in place of its bytearray, which copies everything twice."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._octets = 0

    def __iadd__(self, piece: bytes) -> Self:
        self._pieces.append(piece)
        self._octets += len(piece)
        return self

    def __len__(self) -> int:
        return self._octets

    def __bytes__(self) -> bytes:
        # One piece is given as it is.
        return b"".join(self._pieces)


class MshProtocol(HttpToolsProtocol):
    """Adds `scope["extensions"]`: of `tls` the `peer_certificate` (DER or None), `version` and `cipher`, of `http` the `head`; `check_pace` closes connections that dawdle."""

    #: Whether the handshake has ended well.
    made = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.made = True
        super().connection_made(transport)
        ssl_object = transport.get_extra_info("ssl_object")
        self._tls: dict[object, object] = {"peer_certificate": None}
        if ssl_object:
            cipher = ssl_object.cipher()
            self._tls = {
                "peer_certificate": ssl_object.getpeercert(True),
                "version": ssl_object.version(),
                "cipher": cipher[0] if cipher else "",
            }
        #: Octets that came since the head began.
        self._head = b""
        self._in_head = True
        self._head_octets = 0
        self._body_octets = 0
        #: Octets since the last of the body: lengths and extensions of chunks, and trailers.
        self._beside_body = 0
        self._open_body = False
        self._refused = False
        self._since = self.loop.time()

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_octets += len(data)
            self._head = self._head + data if self._head else data
        elif self._open_body:
            self._beside_body += len(data)
        super().data_received(data)
        # A whole small request arrives in one piece, so only a head that is still open counts.
        beside = self._head_octets if self._in_head else self._beside_body if self._open_body else 0
        if beside > HEAD_OCTETS:
            self._refuse(431)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._since = self.loop.time()

    def on_header(self, name: bytes, value: bytes) -> None:
        # Trailers would be kept without a limit, and nobody reads them.
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_octets = 0
        self._open_body = True
        self._body_octets = self._beside_body = 0
        self._since = self.loop.time()
        if sum(len(name) + len(value) for name, value in self.headers) > HEAD_OCTETS:
            self._refuse(431)
            return
        seen: dict[str, dict[object, object]] = {"tls": self._tls, "http": {"head": self._whole_head()}}
        self.scope["extensions"] = seen
        super().on_headers_complete()

    def _whole_head(self) -> bytes:
        """The head as it came, without the empty line; where it came in one piece with the request before, as it was understood."""
        head, self._head = self._head, b""
        method = self.parser.get_method()
        end = head.find(b"\r\n\r\n")
        if head.startswith(method + b" ") and end >= 0:
            return head[:end]
        lines = [b"%s %s HTTP/%s" % (method, self.url, self.parser.get_http_version().encode())]
        lines += [b"%s: %s" % one for one in self.headers]
        return b"\r\n".join(lines)

    def on_body(self, body: bytes) -> None:
        self._body_octets += len(body)
        self._beside_body = 0
        if not self._refused:
            if not self.cycle.body:
                self.cycle.body = Pieces()  # type: ignore[assignment]
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._open_body = False
        self._head = b""
        # The next head of this connection may take as long as keep-alive allows, but not once it has begun.
        self._in_head = True
        if not self._refused:
            super().on_message_complete()

    def check_pace(self, now: float) -> None:
        """Close the connection if its head or body comes too slowly; called about once a second."""
        if self.transport.is_closing():
            return
        # Between two requests of a kept connection uvicorn's own timer counts.
        head_due = self._in_head and (self._head_octets > 0 or self.cycle is None)
        if head_due and now - self._since > HEAD_SECONDS:
            self.transport.close()
        elif self._open_body and now - self._since > RATE_WINDOW:
            # Octets that we ourselves hold back are not the peer's fault.
            if self._body_octets < RATE_OCTETS and not self.flow.read_paused:
                self.logger.info("closing %s: body slower than %d octets in %d s", self.client, RATE_OCTETS, RATE_WINDOW)
                self.transport.abort()
                return
            self._since, self._body_octets = now, 0

    def _refuse(self, status: int) -> None:
        self._refused = True
        if not self.transport.is_closing():
            self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
            self.transport.close()
