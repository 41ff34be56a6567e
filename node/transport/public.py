"""Fetching a small public file, such as a revocation list or a publisher's answer, from an address that a stranger chose: never from inside of our own network unless that is allowed."""

import asyncio
import ipaddress
import socket
import ssl
from concurrent.futures import CancelledError, Future
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from node.msh.ports import TransportError
from node.transport.addresses import is_public
from node.transport.problems import explain

#: Octets of a list at most: the largest of public authorities have some millions.
MOST: Final = 32 << 20
#: Seconds for everything, the name service included.
PATIENCE: Final = 30.0
#: Where a home says that it may, for revocation lists.
BY_REVOCATION: Final = "node.toml says [revocation] allow_private = true"
_HEADERS: Final = {"User-Agent": "customs-n2n-node", "Accept-Encoding": "identity"}


class Forbidden(TransportError):
    """The address is one that nobody may make this node call."""


class Stopping(TransportError):
    """Nothing was fetched, since the node stops; nothing follows from it."""


class PublicFetch:
    """Called from threads, works on the event loop of the node, or of each call where there is no node; `stop` ends what is under way."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop | None = None,
        *,
        allow_private: bool = False,
        most: int = MOST,
        allowed_by: str = BY_REVOCATION,
        patience: float = PATIENCE,
    ) -> None:
        """`allowed_by` says where `allow_private` is written, for whoever is refused; `patience` is in seconds."""
        self._loop, self._most, self._patience = loop, most, patience
        self._guard = None if allow_private else _Guard(allowed_by)
        self._under_way: set[Future[bytes]] = set()
        self._stopped = False

    def __call__(self, url: str, body: bytes | None = None, content_type: str = "") -> bytes:
        """The octets at an http or https address; with a body it is posted. Blocking, so never on the event loop itself.

        Redirects are not followed, and no proxy is asked. Raises TransportError.
        """
        if self._stopped:
            raise Stopping("the node is stopping")
        fetching = _fetch(url, body, content_type, self._guard, self._most, self._patience)
        if self._loop is None:
            return asyncio.run(fetching)
        future = asyncio.run_coroutine_threadsafe(fetching, self._loop)
        self._under_way.add(future)
        try:
            return future.result()
        except CancelledError:
            raise Stopping("the node is stopping") from None
        finally:
            self._under_way.discard(future)

    def stop(self) -> None:
        """End what is under way; whoever asks from now on is refused."""
        self._stopped = True
        for one in list(self._under_way):
            one.cancel()


async def _fetch(url: str, body: bytes | None, content_type: str, guard: "_Guard | None", most: int, patience: float) -> bytes:
    try:
        parts, called = urlsplit(url), _as_written(url)
        # The host that is called, not the one that was written: digits of other scripts become plain ones on the way.
        host = called.raw_host
    except ValueError:
        raise Forbidden(f"{url!r} is no address", retryable=False) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not host or parts.username is not None:
        raise Forbidden(f"{url!r}: only http and https are fetched, without a name and a password", retryable=False)
    if guard is not None:
        guard.check_literal(host)
    resolver = ThreadedResolver() if guard is None else _PublicResolver(guard)
    connector = aiohttp.TCPConnector(resolver=resolver, ssl=ssl.create_default_context(), limit=1)
    timeout = aiohttp.ClientTimeout(total=patience, sock_connect=min(patience, 10))
    try:
        async with aiohttp.ClientSession(
            connector=connector, headers=_HEADERS, timeout=timeout, trust_env=False, cookie_jar=aiohttp.DummyCookieJar()
        ) as session:
            headers = {"Content-Type": content_type} if body is not None else {}
            method = "GET" if body is None else "POST"
            async with session.request(method, called, data=body, headers=headers, allow_redirects=False) as response:
                if response.status != 200:
                    raise TransportError(f"{host}: HTTP status {response.status}")
                return await _capped(response, most, host)
    except _PrivateAddress as refused:
        raise Forbidden(str(refused), retryable=False) from None
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        if isinstance(error.__cause__, _PrivateAddress):
            raise Forbidden(str(error.__cause__), retryable=False) from None
        raise explain(error, parts.netloc) from error


def _as_written(url: str) -> URL:
    """The address with the escapes that it has: a publisher's path is told from another by them. What is no plain address is escaped. Raises ValueError."""
    return URL(url, encoded=url.isascii() and url.isprintable() and " " not in url)


async def _capped(response: aiohttp.ClientResponse, most: int, host: str) -> bytes:
    pieces, total = [], 0
    async for piece in response.content.iter_any():
        total += len(piece)
        if total > most:
            response.close()
            raise TransportError(f"{host}: more than {most} octets")
        pieces.append(piece)
    return b"".join(pieces)


class _PrivateAddress(OSError):
    """A host name stands for an address inside of some network."""


class _Guard:
    """Says which addresses are public, and what to do about one that is not."""

    def __init__(self, allowed_by: str) -> None:
        self._remedy = f"where that is meant, {allowed_by}"

    def check_literal(self, host: str) -> None:
        """Raises Forbidden for an address, in whatever notation the system reads, that is not public."""
        try:
            # 127.1, 0x7f000001 and the like are addresses to the system, too.
            found = [ipaddress.ip_address(host.partition("%")[0])]
        except ValueError:
            try:
                found = [ipaddress.IPv4Address(socket.inet_aton(host))]
            except OSError:
                return
        if not all(map(is_public, found)):
            raise Forbidden(f"{host} is no public address; {self._remedy}", retryable=False)

    def check_named(self, host: str, address: str) -> None:
        """Raises _PrivateAddress where a name stands for an address that is not public."""
        # The zone of a link-local address follows a per cent sign.
        if not is_public(ipaddress.ip_address(address.partition("%")[0])):
            raise _PrivateAddress(f"{host} stands for {address}, which is no public address; {self._remedy}")


class _PublicResolver(AbstractResolver):
    """The system's name service; a name is refused where any of its addresses is not public. What is checked is what is called."""

    def __init__(self, guard: _Guard) -> None:
        self._system, self._guard = ThreadedResolver(), guard

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        found = await self._system.resolve(host, port, family)
        for one in found:
            self._guard.check_named(host, one["host"])
        return found

    async def close(self) -> None:
        await self._system.close()
