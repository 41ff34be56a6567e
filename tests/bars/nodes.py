"""Two customs administrations as two real processes over mutual TLS, which a bar starts, kills, asks and judges."""

import atexit
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from node.app import Node
from node.ebms.states import InboundState, OutboundState
from node.msh.submit import Submission
from node.store.finding import Witness
from node.store.invariants import check
from node.store.messages import snapshot
from tests.bars.bar import until
from tests.homes import ACTION, Side, make_pair

ROOT = Path(__file__).parents[2]
#: Attempts that no fault of a bar uses up.
MANY = '\n[leg.reception_awareness]\nretry_parameters = "retries=1000; period=500ms"\n'
#: The same, pulled twice a second and receipted within a second.
PULLED = (
    'binding = "pull"\nmpc = "urn:n2n:mpc:bar"\n[leg.x.pull]\ninterval = "500ms"\n'
    '[leg.reception_awareness]\nretry_parameters = "retries=1000; period=500ms; receipt=1s"\n'
)
ENDED = frozenset({OutboundState.ACKNOWLEDGED, OutboundState.FAILED, OutboundState.SENT})


class Process:
    """`n2n serve` of one home."""

    def __init__(self, home: Path, *, failpoint: str = "", strace: Sequence[str] = (), **environment: str) -> None:
        self.home, self.log = home, home.with_suffix(".log")
        command = [*strace, sys.executable, "-P", "-m", "tests.bars.serving", str(home), "json", "--json"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, "PYTHONPATH": str(ROOT), "N2N_FAILPOINT": failpoint, **environment},
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line and self._process.wait() != -signal.SIGKILL:
            raise AssertionError(f"the node does not start: {self.log.read_text()[-2000:]}")
        # A bar that fails leaves nobody behind.
        atexit.register(self.kill)
        # A fail point may come before the node has said where it is.
        self.pid = int(json.loads(line)["pid"]) if line else self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def wait_killed(self, patience: float = 30.0) -> bool:
        """Whether it has died by its fail point."""
        until(lambda: not self.alive, patience)
        return self._end() == -signal.SIGKILL

    def kill(self) -> None:
        """As a power cut of this process."""
        if self.alive:
            os.kill(self.pid, signal.SIGKILL)
        self._end()

    def stop(self, patience: float = 30.0) -> float:
        """SIGTERM; the seconds until it is gone."""
        began = time.monotonic()
        if self.alive:
            os.kill(self.pid, signal.SIGTERM)
        self._end(patience)
        return time.monotonic() - began

    def peak_rss(self) -> int:
        """The most memory it has used, in octets."""
        return self._memory("VmHWM:")

    def rss(self) -> int:
        """The memory it uses now, in octets."""
        return self._memory("VmRSS:")

    def _memory(self, name: str) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status[status.index(name) + len(name) :].split()[0]) * 1024

    def _end(self, patience: float = 30.0) -> int | None:
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            return None
        if self._process.stdout:
            self._process.stdout.close()
        return self._process.returncode


class World:
    """Both sides; `tw` sends and `kr` receives. With `server` their rows lie in two databases of it."""

    def __init__(self, folder: Path, server: Any = None, more: str = MANY, trust: str = "path") -> None:
        self.folder = folder
        self.tw, self.kr = make_pair(folder, more=more, trust=trust)
        self.urls = {side.name: server.database() if server else "" for side in (self.tw, self.kr)}
        for side in (self.tw, self.kr):
            use_database(side.folder, self.urls[side.name])
        self.submitted: list[str] = []
        self.running: dict[str, Process] = {}
        #: How often a node has died at a fail point.
        self.kills = 0

    @contextmanager
    def sender(self) -> Iterator[Node]:
        """The sender's node beside its process, as a Producer has it."""
        node = Node.open(self.tw.folder)
        try:
            yield node
        finally:
            node.close()

    def start(self, side: Side, **how: str) -> Process:
        self.running[side.name] = Process(side.folder, **how)  # type: ignore[arg-type]
        return self.running[side.name]

    def killed(self, side: Side, patience: float = 30.0) -> bool:
        """Whether the node of this side dies at its fail point."""
        dead = self.running[side.name].wait_killed(patience)
        self.kills += dead
        return dead

    def stop(self) -> None:
        for one in self.running.values():
            one.stop()

    def file(self, name: str, octets: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(octets)
        return path

    def submit(self, node: Node, path: Path) -> str:
        """One message, counted once the answer is there."""
        exchange = node.submit(Submission("kr", ACTION, (node.payload(path, "application/octet-stream"),)))
        self.submitted.append(exchange.message_id)
        return exchange.message_id

    def ended(self, node: Node, patience: float = 60.0) -> bool:
        """Whether everything that was submitted has come to its end, or does within patience."""
        open_ = {one.value for one in OutboundState} - {one.value for one in ENDED}

        def look() -> bool:
            counts = node.messages.counts()["outbound"]
            return not any(counts.get(one) for one in open_)

        return bool(until(look, patience, 0.1))

    def delivered(self, patience: float = 60.0) -> bool:
        """Whether the receiver has nothing left to hand over."""

        def look() -> bool:
            with snapshot(self.kr.folder / "data", self.urls["kr"]) as messages:
                return InboundState.ACCEPTED.value not in messages.counts()["inbound"]

        return bool(until(look, patience, 0.1))

    def consumed(self) -> list[tuple[str, str, str]]:
        """What the Consumer of kr sees: partner, MessageId, delivery id."""
        folders = (self.kr.folder / "data" / "inbox").glob("*/[!.]*")
        return [
            (one.parent.name, json.loads((one / "message.json").read_text("utf-8"))["message_id"], one.name) for one in folders
        ]

    def findings(self, *, serving: bool = False) -> list[str]:
        """Every breach on either side, with what the bar has seen as witness; lost and doubled messages first."""
        consumed = self.consumed()
        times = Counter(message_id for _, message_id, _ in consumed)
        told = [f"lost: {one}" for one in self.submitted if not times[one]]
        told += [f"handed over {count} times: {one}" for one, count in times.items() if count > 1]
        told += findings(self.tw.folder / "data", self.urls["tw"], submitted=self.submitted, serving=serving)
        told += findings(self.kr.folder / "data", self.urls["kr"], consumed=consumed, serving=serving)
        return told


def use_database(home: Path, url: str) -> None:
    """Let the rows of a home lie in a PostgreSQL database."""
    if url:
        path = home / "node.toml"
        path.write_text(path.read_text().replace('folder = "data"', f'folder = "data"\ndatabase = "{url}"'))


@contextmanager
def server() -> Iterator[Any]:
    """A PostgreSQL server of a bar's own."""
    # Only bars that need it load what it needs.
    from tests.postgres import Postgres

    made = Postgres()
    try:
        yield made
    finally:
        made.stop()


def findings(data: Path, url: str = "", **seen: Any) -> list[str]:
    """Every breach of an invariant in a store, a line each."""
    with snapshot(data, url) as messages:
        found = check(messages, Witness(seen.pop("now", datetime.now(UTC)), **seen))
        return [f"{one.id}: {one.where}: {one.what}" for one in found]
