"""RFC 3161 over HTTP: a time-stamp authority by its address. Its answer proves itself, so plain HTTP will do where the authority has nothing else."""

import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import urlsplit

#: No answer is larger, with all certificates that may come along.
MAX_ANSWER: Final = 1 << 20
_HEADERS: Final = {
    "Content-Type": "application/timestamp-query",
    "Accept": "application/timestamp-reply",
    "User-Agent": "customs-n2n-node",
}


class HttpTimestampAuthority:
    """`ports.TimestampAuthority` at an `http:` or `https:` address; no redirect is followed. Raises ValueError for another address."""

    def __init__(self, url: str, timeout: float = 30.0, context: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is no http or https address")
        self._tls, self._host, self._port = parts.scheme == "https", parts.hostname, parts.port
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._timeout, self._context = timeout, context

    def stamp(self, request: bytes) -> bytes:
        """The TimeStampResp. Raises ConnectionError."""
        connection = self._connection()
        try:
            connection.request("POST", self._path, request, dict(_HEADERS))
            answer = connection.getresponse()
            octets = answer.read(MAX_ANSWER + 1)
        except (OSError, HTTPException) as error:
            raise ConnectionError(f"time-stamp authority {self._host}: {str(error) or type(error).__name__}") from error
        finally:
            connection.close()
        if answer.status != 200 or len(octets) > MAX_ANSWER:
            raise ConnectionError(f"time-stamp authority {self._host}: HTTP {answer.status} with {len(octets)} octets")
        return octets

    def _connection(self) -> HTTPConnection:
        if not self._tls:
            return HTTPConnection(self._host, self._port, timeout=self._timeout)
        context = self._context or ssl.create_default_context()
        return HTTPSConnection(self._host, self._port, timeout=self._timeout, context=context)
