"""Two administrations whose authority publishes a revocation list at an address of this machine: whole nodes, a real list, a real server that may be down."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest.mock import patch

from node.app import Service
from node.keyring.demo_authority import DemoAuthority
from node.security.certificates import load_certificates
from node.transport.fetching import Fetcher
from tests.homes import Side, agree, make_side
from tests.services import serving, submission


@dataclass
class Publisher:
    """The authority and its server."""

    authority: DemoAuthority
    url: str
    revoked: dict[int, datetime] = field(default_factory=dict)
    #: For how long each list holds that is served from now on.
    holds: timedelta = timedelta(days=30)
    down: bool = False
    asked: int = 0

    def revoke(self, side: Side, use: str) -> None:
        (certificate,) = load_certificates(side.issued[use].certificate)
        self.revoked[certificate.serial] = datetime.now(UTC) - timedelta(minutes=1)

    def list(self) -> bytes:
        return self.authority.revocation_list(self.revoked, datetime.now(UTC), self.holds)


@contextmanager
def publishing() -> Iterator[Publisher]:
    """An authority whose list is fresh each time it is asked for."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            publisher.asked += 1
            octets = b"" if publisher.down else publisher.list()
            self.send_response(503 if publisher.down else 200)
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        def log_message(self, *_said: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    url = f"http://127.0.0.1:{server.server_port}/ca.crl"
    publisher = Publisher(DemoAuthority(datetime.now(UTC), list_at=url), url)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield publisher
    finally:
        server.shutdown()
        server.server_close()


def make_pair(root: Path, publisher: Publisher, certificates: str) -> tuple[Side, Side]:
    """tw, whose agreement has these lines about certificates, and kr, who sends to it."""
    tw, kr = make_side(root, "tw", publisher.authority), make_side(root, "kr", publisher.authority)
    for us, them in ((tw, kr), (kr, tw)):
        agree(us, them)
        settings = us.folder / "node.toml"
        settings.write_text(settings.read_text() + "\n[revocation]\nallow_private = true\n")
    file = tw.folder / "partners" / "kr" / "agreement.toml"
    text = file.read_text()
    assert 'trust   = "path"' in text
    file.write_text(text.replace('trust   = "path"', f'trust   = "path"\n{certificates}', 1))
    return tw, kr


@dataclass
class Pair:
    """Both nodes, serving; kr sends to tw."""

    receiver: Service
    sender: Service
    #: The names of the threads in which something was fetched.
    fetched_in: set[str]

    async def send(self, path: Path) -> str:
        """What the receiver says to the first attempt: the code of its error; empty for a receipt."""
        node = self.sender.node
        message_id = node.submit(submission(node, path, "tw")).message_id
        self.sender.push.wake()
        async with asyncio.timeout(20):
            while True:
                for step in node.messages.history(message_id):
                    if step.error_code or step.to_state == "ACKNOWLEDGED":
                        return step.error_code or ""
                await asyncio.sleep(0.02)

    async def landed(self, other_than: str = "") -> str:
        """The SHA-256 of the list that has come to the receiver."""
        async with asyncio.timeout(20):
            while not (kept := self.receiver.node.setting.revocations.index().kept) or kept[0].sha256 == other_than:  # noqa: ASYNC110 - a sweep brings it
                await asyncio.sleep(0.02)
        return kept[0].sha256

    async def failed(self) -> str:
        """What is said of the address that brings nothing."""
        places = self.receiver.node.setting.revocations.index
        async with asyncio.timeout(20):
            while not any(one.problem for one in places().places.values()):  # noqa: ASYNC110 - a sweep finds it
                await asyncio.sleep(0.02)
        return next(one.problem for one in places().places.values() if one.problem)


@asynccontextmanager
async def serving_pair(tw: Side, kr: Side) -> AsyncIterator[Pair]:
    """Both serve, and look at their lists many times a second."""
    fetched_in: set[str] = set()
    fetch = Fetcher.__call__

    def watched(fetcher: Fetcher, *asked: Any) -> bytes:
        fetched_in.add(threading.current_thread().name)
        return fetch(fetcher, *asked)

    with (
        patch("node.app.REFRESH_SECONDS", 0.1),
        patch("node.keyring.revocations.OFTEN", timedelta(seconds=0.1)),
        patch("node.keyring.revocations.SELDOM", timedelta(seconds=0.3)),
        patch.object(Fetcher, "__call__", watched),
    ):
        async with serving(tw) as receiver, serving(kr) as sender:
            yield Pair(receiver, sender, fetched_in)
