"""NTP servers of tests: a small one that answers right or as wrongly as a test wants, and chrony's own."""

import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from node.transport.ntp import Server
from tests.timekeeping.answers import Said

#: What to answer to a question with this nonce that came at this time: datagrams, in their order.
Answering = Callable[[bytes, datetime], list[bytes]]


def right(ahead: timedelta = timedelta(), **other: object) -> Answering:
    """The time, where the asking clock is `ahead` of it."""
    return lambda nonce, now: [Said(now - ahead, now - ahead, **other).octets(nonce)]  # type: ignore[arg-type]


def silent(_nonce: bytes, _now: datetime) -> list[bytes]:
    return []


class NtpServer:
    """Answers on a port of its own until it is closed."""

    def __init__(self, answering: Answering, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.answering, self._now = answering, now
        self.asked: list[bytes] = []
        self.askers: list[int] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.server = Server("127.0.0.1", self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                octets, who = self._socket.recvfrom(2048)
            except OSError:
                return
            if not octets:
                return
            self.asked.append(octets)
            self.askers.append(who[1])
            for one in self.answering(octets[40:48], self._now()):
                self._socket.sendto(one, who)

    def close(self) -> None:
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as last:
            last.sendto(b"", ("127.0.0.1", self.server.port))
        self._thread.join()
        self._socket.close()


def chronyd() -> str | None:
    """Where chrony's daemon is, which is in no path of a user."""
    return shutil.which("chronyd") or shutil.which("chronyd", path="/usr/sbin:/usr/local/sbin")


class Chrony:
    """A chronyd that leaves the machine's clock alone: a server of time, or one that follows others."""

    def __init__(self, program: str, settings: str, *, serves: bool) -> None:
        # The path of a socket may have a hundred letters only.
        self._folder = Path(tempfile.mkdtemp(prefix="n2n-chrony-"))
        self._folder.chmod(0o750)
        self.socket = self._folder / "sock"
        self.port = _free_port() if serves else 0
        common = f"port {self.port}\ncmdport 0\nbindcmdaddress {self.socket}\npidfile {self._folder / 'pid'}\nallow 127.0.0.1\n"
        (self._folder / "conf").write_text(common + settings)
        words = [program, "-x", "-d", "-u", "root", "-f", str(self._folder / "conf")]
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not self.socket.exists():
            assert self._process.poll() is None, "chronyd does not start"
            time.sleep(0.01)

    @property
    def server(self) -> Server:
        return Server("127.0.0.1", self.port)

    def words(self, *more: str) -> tuple[str, ...]:
        """A call of chronyc that asks this daemon."""
        return ("chronyc", "-h", str(self.socket), *more)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        shutil.rmtree(self._folder, ignore_errors=True)


def _free_port() -> int:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def opened(*answering: Answering) -> Iterator[list[NtpServer]]:
    """Servers that are closed afterwards."""
    servers = [NtpServer(one) for one in answering]
    try:
        yield servers
    finally:
        for one in servers:
            one.close()
