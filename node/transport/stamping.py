"""RFC 3161 over HTTP: a time-stamp authority by its address. Its answer proves itself, so plain HTTP will do where the authority has nothing else."""

from typing import Final, Protocol
from urllib.parse import urlsplit

from node.evidence.authorities import NotAsked
from node.msh.ports import TransportError
from node.transport.public import PublicFetch, Stopping

#: Octets of an answer at most to whoever asks by hand, with all certificates that may come along.
MAX_ANSWER: Final = 1 << 20
_QUERY: Final = "application/timestamp-query"


class Fetch(Protocol):
    """`node.transport.public.PublicFetch`. Raises TransportError."""

    def __call__(self, url: str, body: bytes | None = None, content_type: str = "") -> bytes: ...


class HttpTimestampAuthority:
    """`ports.TimestampAuthority` at an address, which is asked by `fetch`. Source: RFC 3161 3.4."""

    def __init__(self, url: str, fetch: Fetch) -> None:
        self._url, self._fetch = url, fetch

    def stamp(self, request: bytes) -> bytes:
        """The TimeStampResp. Raises NotAsked where the node stops, else ConnectionError."""
        try:
            return self._fetch(self._url, request, _QUERY)
        except Stopping as stopping:
            raise NotAsked(str(stopping)) from None
        except TransportError as problem:
            raise ConnectionError(str(problem)) from problem


def named_by_hand(url: str) -> HttpTimestampAuthority:
    """The authority that somebody names on a command line, in whatever network it lies. Raises ValueError for what is no http or https address."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url!r} is no http or https address")
    return HttpTimestampAuthority(url, PublicFetch(allow_private=True, most=MAX_ANSWER))
