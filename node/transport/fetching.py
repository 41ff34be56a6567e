"""Small files of the open network: lists and metadata, by GET. An address from outside must not lead into our own network.

The name is resolved once, every address of it is judged, and the connection goes to the one that was judged: a name that changes in between leads nowhere.
"""

import socket
import ssl
from collections.abc import Iterable
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from node.transport.addresses import is_public

#: Octets of one answer, where nothing else is said.
MOST: Final = 1 << 20
_SECONDS: Final = 10.0
_HEADERS: Final = {"User-Agent": "customs-n2n-node", "Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close"}


class NotFetched(ConnectionError):
    """Nothing was fetched; the text says from where and why."""


class Fetcher:
    """Fetches by `http:` and `https:`; follows no redirect."""

    def __init__(self, *, allow_private: bool = False, seconds: float = _SECONDS, context: ssl.SSLContext | None = None) -> None:
        """`allow_private` is for homes whose partners share a private network with them."""
        self._allow_private, self._seconds, self._context = allow_private, seconds, context

    def get(self, url: str, most: int = MOST) -> bytes:
        """The octets of a 200 answer. Raises NotFetched."""
        parts = _parts(url)
        place = f"{parts.hostname}{parts.path}"
        try:
            connection = self._connection(parts)
            try:
                connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), headers=_HEADERS)
                answer = connection.getresponse()
                octets = answer.read(most + 1)
            finally:
                connection.close()
        except NotFetched:
            raise
        except (OSError, HTTPException, ValueError) as error:
            raise NotFetched(f"{place}: {str(error) or type(error).__name__}") from error
        if answer.status != 200:
            raise NotFetched(f"{place}: HTTP {answer.status}")
        if len(octets) > most:
            raise NotFetched(f"{place}: more than {most} octets")
        return octets

    def _connection(self, parts: SplitResult) -> HTTPConnection:
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = self._judged(host, port)
        if parts.scheme == "https":
            return _SecureTo(address, host, port, self._seconds, self._context or ssl.create_default_context())
        return _To(address, host, port, self._seconds)

    def _judged(self, host: str, port: int) -> str:
        found = sorted({str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)})
        inside = [] if self._allow_private else _not_global(found)
        if inside:
            raise NotFetched(f"{host}: {inside[0]} is no address of the open network; allow_private lets it through")
        return found[0]


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise NotFetched(f"{url[:200]!r}: {error}") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None or port == 0:
        raise NotFetched(f"{url[:200]!r} is no http or https address")
    return parts


def _not_global(addresses: Iterable[str]) -> list[str]:
    # The zone of a link-local address follows a per cent sign.
    return [one for one in addresses if not is_public(ip_address(one.partition("%")[0]))]


class _To(HTTPConnection):
    """A connection to an address that was judged, under the name that was asked for."""

    def __init__(self, address: str, host: str, port: int, seconds: float) -> None:
        super().__init__(host, port, timeout=seconds)
        self._address = address

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)


class _SecureTo(HTTPSConnection):
    """As above, over TLS; the certificate must be of the name."""

    def __init__(self, address: str, host: str, port: int, seconds: float, context: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=seconds, context=context)
        self._address, self._tls = address, context

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
