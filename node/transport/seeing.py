"""Whom we reached and how: what evidence keeps of a connection that we opened."""

from typing import Any

import aiohttp

from node.msh.ports import Peer, Tls


class SeenResponse(aiohttp.ClientResponse):
    """A response that remembers its connection, which may be another's again by the time it is read."""

    seen: Peer | None = None
    #: Over what it comes.
    over: Any = None

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        """Read the head of the response."""
        self.over = connection.transport
        self.seen = _peer(self.over)
        return await super().start(connection)


def peer_of(response: aiohttp.ClientResponse) -> Peer | None:
    """The other side of a connection of ours, with the head of what it answered."""
    seen = response.seen if isinstance(response, SeenResponse) else None
    if seen is None:
        return None
    version = response.version
    first = f"HTTP/{version.major}.{version.minor} {response.status} {response.reason or ''}".rstrip() if version else ""
    lines = [first.encode("latin-1", "replace"), *(b"%s: %s" % one for one in response.raw_headers)]
    return Peer(seen.address, seen.certificate, called=True, head=b"\r\n".join(lines), tls=seen.tls)


def _peer(transport: Any) -> Peer | None:
    if transport is None:
        return None
    address = transport.get_extra_info("peername")
    ssl_object = transport.get_extra_info("ssl_object")
    if ssl_object is None:
        return Peer(str(address[0]) if address else "", called=True)
    cipher = ssl_object.cipher()
    tls = Tls(ssl_object.version() or "", cipher[0] if cipher else "")
    return Peer(str(address[0]) if address else "", ssl_object.getpeercert(True), called=True, tls=tls)
