"""Asks the time of NTP servers that the operator named, and of nobody else: one datagram each, and what comes back from that very address."""

import socket
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from os import urandom
from threading import Lock
from typing import Final

from node.clock import running_seconds
from node.msh.ports import Clock
from node.timekeeping.offset import Unusable
from node.timekeeping.packet import NONCE, Answer, Foreign, Kiss, read_answer, request

#: For all addresses of one server.
PATIENCE: Final = 3.0
#: Servers that are asked at the same time.
AT_ONCE: Final = 8
#: Datagrams that answer no question of ours and are read over while an answer may still come.
MOST_FOREIGN: Final = 1000
#: An answer with extension fields is longer than 48 octets, and never so long.
_MOST_OCTETS: Final = 2048
#: How long a server rests that says that it is asked too often: first, and at most. Source: RFC 5905 7.4.
FIRST_REST: Final = 1024.0
LONGEST_REST: Final = 86_400.0
#: A clock that was set by more while an answer travelled cannot be judged by it.
MOST_SET: Final = timedelta(seconds=0.5)


@dataclass(frozen=True, slots=True)
class Server:
    """One NTP server as node.toml names it."""

    host: str
    port: int = 123

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 123 else f"{host}:{self.port}"


@dataclass(slots=True)
class _Standing:
    """What a server's kisses made of asking it."""

    denied: str = ""
    rests_until: float = 0.0
    rest: float = 0.0


class NtpServers:
    """Asks servers, and obeys those that do not want to be asked: one that denies us is not asked again by this process."""

    def __init__(
        self,
        clock: Clock,
        seconds: Callable[[], float] = running_seconds,
        chance: Callable[[int], bytes] = urandom,
        patience: float = PATIENCE,
    ) -> None:
        """`seconds` are those that nobody can set."""
        self._clock, self._seconds, self._chance, self._patience = clock, seconds, chance, patience
        self._standing: dict[Server, _Standing] = {}
        self._lock = Lock()

    def ask(self, servers: Sequence[Server]) -> Mapping[str, Answer | Unusable]:
        """What each says now, all at the same time; blocking."""
        if not servers:
            return {}
        with ThreadPoolExecutor(min(AT_ONCE, len(servers)), "ntp") as pool:
            return dict(zip(map(str, servers), pool.map(self._ask, servers), strict=True))

    def _ask(self, server: Server) -> Answer | Unusable:
        try:
            self._check_standing(server)
            return self._first_answer(server)
        except Kiss as kiss:
            self._obey(server, kiss)
            return kiss
        except Unusable as trouble:
            return trouble
        except OSError as error:
            return Unusable(f"is not reached: {error.strerror or error}")
        except UnicodeError as error:
            # What no name service could be asked for.
            return Unusable(f"is no name of a host: {error}")

    def _check_standing(self, server: Server) -> None:
        with self._lock:
            standing = self._standing.get(server, _Standing())
            if standing.denied:
                raise Unusable(f"has refused us (kiss code {standing.denied}), and is not asked again before the next start")
            if (left := standing.rests_until - self._seconds()) > 0:
                raise Unusable(f"wants to be asked less often, and rests for {left:.0f} s more")

    def _obey(self, server: Server, kiss: Kiss) -> None:
        with self._lock:
            standing = self._standing.setdefault(server, _Standing())
            if kiss.denies:
                standing.denied = kiss.code
            elif kiss.slows:
                standing.rest = min(max(2 * standing.rest, FIRST_REST), LONGEST_REST)
                standing.rests_until = self._seconds() + standing.rest

    def _first_answer(self, server: Server) -> Answer:
        """That of its first address to which a datagram can go at all."""
        found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_DGRAM)
        trouble: OSError = OSError("the name has no address")
        for family, kind, protocol, _, address in found:
            try:
                with socket.socket(family, kind, protocol) as asking:
                    # The system hands over what comes from this address and port, and nothing else.
                    asking.connect(address)
                    return self._exchange(asking)
            except OSError as error:
                trouble = error
        raise trouble

    def _exchange(self, asking: socket.socket) -> Answer:
        nonce = self._chance(NONCE)
        # The seconds run first: if this thread has to wait between the two, the answer took longer, and what is not known grows with it.
        start = self._seconds()
        began = self._clock.now()
        asking.send(request(nonce))
        for _ in range(MOST_FOREIGN):
            left = self._patience - (self._seconds() - start)
            if left <= 0:
                break
            asking.settimeout(left)
            try:
                octets = asking.recv(_MOST_OCTETS)
            except TimeoutError:
                break
            elapsed, now = timedelta(seconds=self._seconds() - start), self._clock.now()
            if abs(now - (began + elapsed)) > MOST_SET:
                raise Unusable("the clock was set while the answer travelled")
            try:
                return read_answer(octets, nonce, began, elapsed)
            except Foreign:
                continue
        else:
            raise Unusable(f"{MOST_FOREIGN} answers came to questions that were not asked: somebody forges them")
        raise Unusable(f"no answer within {self._patience:g} s")
