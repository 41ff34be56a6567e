"""Two nodes on this machine over mutual TLS, every message durable, against the two-core crypto floor and against phase4 on both sides.

The contenders take turns in one run; whoever is not measured stands still (SIGSTOP).
"""

import contextlib
import json
import multiprocessing
import os
import random
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.floor import Floor, eddsa_floor, rsa_floor
from node.cli.demo_homes import Side, make_sides

ROOT = Path(__file__).parents[1]
PEER = ROOT / "tests" / "peers" / "phase4" / "peer"
#: Of no document: what is measured is the exchange, and nobody judges what is in it.
SERVICE = "urn:n2n:bench:svc"
ACTION = "bench.plain"
_COMMAND = [sys.executable, "-P", "-c", "import sys; from node.cli import main; sys.exit(main())"]


@dataclass(frozen=True)
class Case:
    """One size under one suite; `count` messages a round, `at_once` in flight."""

    name: str
    profile: str
    size: int
    count: int
    at_once: int
    rounds: int
    #: At least so many times phase4's rate.
    target: float

    @property
    def floor(self) -> Callable[[], Floor]:
        return eddsa_floor if "eddsa" in self.profile else lambda: rsa_floor(3072)

    @property
    def phase4_preset(self) -> str:
        return "edelivery-2.0" if "eddsa" in self.profile else "edelivery-1.15"


CASES = (
    Case("4 KB RSA-3072", "edelivery-as4-1.15", 4096, 400, 8, 3, 4.0),
    Case("4 KB Ed25519/X25519", "edelivery-as4-2.0-eddsa", 4096, 600, 8, 3, 6.0),
    Case("1 MB RSA-3072", "edelivery-as4-1.15", 1 << 20, 60, 8, 3, 3.0),
    Case("100 MB RSA-3072", "edelivery-as4-1.15", 100 << 20, 1, 1, 1, 20.0),
)


@dataclass(frozen=True)
class Result:
    """Exchanges per second: ours, the two-core floor (None above 1 MB) and phase4's (None without Java), medians over rounds."""

    case: Case
    ours: float
    floor: float | None
    phase4: float | None
    ours_to_floor: float | None
    ours_to_phase4: float | None
    sender: dict[str, float]
    receiver: dict[str, float]


def run(folder: Path, names: list[str] | None = None, *, peer: bool = True) -> Iterator[Result]:
    """Measure the cases, one after the other."""
    for case in CASES:
        if names and not any(name in case.name for name in names):
            continue
        yield measure(folder / case.name.replace(" ", "-").replace("/", "-"), case, peer=peer)


def measure(folder: Path, case: Case, *, peer: bool) -> Result:
    """One case: rounds of ours, floor, phase4."""
    folder.mkdir(parents=True)
    document = folder / "document.xml"
    document.write_bytes(sample(case.size))
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(nodes(folder / "homes", case))
        rival = stack.enter_context(phase4(folder / "phase4", case)) if peer else None
        rates: list[float] = []
        floors: list[float] = []
        rivals: list[float] = []
        ours.step(document, max(1, case.count // 4))
        for _ in range(case.rounds):
            rates.append(ours.step(document, case.count))
            if case.size <= 1 << 20:
                floors.append(two_core_floor(case.floor, document.read_bytes()))
            if rival:
                rivals.append(rival.step())
        return Result(
            case=case,
            ours=statistics.median(rates),
            floor=statistics.median(floors) if floors else None,
            phase4=statistics.median(rivals) if rivals else None,
            ours_to_floor=statistics.median(a / b for a, b in zip(rates, floors, strict=True)) if floors else None,
            ours_to_phase4=statistics.median(a / b for a, b in zip(rates, rivals, strict=True)) if rivals else None,
            sender=ours.last,
            receiver=ours.receiver_facts(),
        )


def sample(size: int) -> bytes:
    """XML of a manifest's kind, with numbers that do not repeat, of exactly `size` octets."""
    chance = random.Random(size)
    lines, total = [b"<manifest>"], 21
    while total < size:
        line = b"<item><hs>%d</hs><mass unit='KGM'>%d</mass><text>goods, packed in cartons</text></item>\n" % (
            chance.randrange(10**6, 10**7),
            chance.randrange(10**5),
        )
        lines.append(line)
        total += len(line)
    body = b"".join(lines)[: size - 11]
    return body[: body.rindex(b"<item>")].ljust(size - 11) + b"</manifest>"


# -- ours ------------------------------------------------------------------------------------------------------------


@dataclass
class Nodes:
    """A sender and a receiver of ours, in two processes."""

    sender: "subprocess.Popen[str]"
    receiver: "subprocess.Popen[bytes]"
    last: dict[str, float]

    def step(self, document: Path, count: int) -> float:
        """Exchanges per second."""
        assert self.sender.stdin is not None
        self.sender.stdin.write(f"{document} {count}\n")
        self.sender.stdin.flush()
        self.last = read_line(self.sender)
        return self.last["count"] / self.last["seconds"]

    def receiver_facts(self) -> dict[str, float]:
        return {"cpu": cpu_of(self.receiver.pid), "peak_mib": peak_of(self.receiver.pid)}


@contextlib.contextmanager
def nodes(folder: Path, case: Case, through: str = "") -> Iterator[Nodes]:
    """Two homes under the case's profile, both serving; `through` names a module that changes the node before it runs."""
    tw, kr = make_sides(folder, case.profile, datetime.now(UTC))
    for side, other in ((tw, "kr"), (kr, "tw")):
        with (side.home / "partners" / other / "agreement.toml").open("a", encoding="utf-8") as agreement:
            agreement.write(f'\n[[service]]\nvalue = "{SERVICE}"\nactions = ["{ACTION}"]\ndirection = "both"\n')
    receiver = serve(kr, through)
    within = ["-m", through] if through else ["-m"]
    sender = subprocess.Popen(
        [sys.executable, *within, "bench.sender", str(tw.home), "kr", ACTION],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=(folder / "sender.log").open("w"),
        text=True,
    )
    try:
        read_line(sender)
        yield Nodes(sender, receiver, {})
    finally:
        for process in (sender, receiver):
            process.terminate()
            process.wait(20)


def serve(side: Side, through: str = "") -> "subprocess.Popen[bytes]":
    """`n2n serve`, listening."""
    home = str(side.home)
    # What `serve` becomes, since it begins as a process anew.
    command = [sys.executable, "-m", through, "serve", home, "json", "--json"]
    process = subprocess.Popen(
        command if through else [*_COMMAND, "--home", home, "serve", "--json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=(side.home / "serve.log").open("w"),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    if process.stdout is None or not process.stdout.readline():
        raise RuntimeError((side.home / "serve.log").read_text())
    return process


def read_line(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """The next JSON line."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{process.args!r} ended")
    found: dict[str, Any] = json.loads(line)
    return found


def cpu_of(pid: int) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_of(pid: int) -> float:
    """Peak resident memory in MiB."""
    line = next(one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


# -- floor -----------------------------------------------------------------------------------------------------------


def two_core_floor(make: Callable[[], Floor], payload: bytes, seconds: float = 2.0) -> float:
    """Exchanges per second of the bare primitives, one process a core."""
    cores = min(2, os.cpu_count() or 1)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    floor = make()
    workers = [context.Process(target=_floor_worker, args=(floor, payload, seconds, queue)) for _ in range(cores)]
    for worker in workers:
        worker.start()
    rates: list[float] = [queue.get() for _ in workers]
    for worker in workers:
        worker.join()
    return sum(rates)


def _floor_worker(floor: Floor, payload: bytes, seconds: float, queue: Any) -> None:
    began, count = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        floor.run(payload)
        count += 1
    queue.put(count / (time.monotonic() - began))


# -- phase4 ----------------------------------------------------------------------------------------------------------


@dataclass
class Phase4:
    """phase4's own bench against phase4's receiver; both stand still between steps."""

    sender: "subprocess.Popen[str]"
    receiver: "subprocess.Popen[str]"

    def step(self) -> float:
        """Messages per second of the next step."""
        self.signal(signal.SIGCONT)
        while True:
            row = read_line(self.sender)
            if "messagesPerSecond" in row:
                self.signal(signal.SIGSTOP)
                if row.get("failures"):
                    raise RuntimeError(f"phase4 failed: {row}")
                return float(row["messagesPerSecond"])

    def signal(self, number: int) -> None:
        for process in (self.sender, self.receiver):
            os.kill(process.pid, number)


@contextlib.contextmanager
def phase4(folder: Path, case: Case) -> Iterator[Phase4]:
    """Two JVMs, warmed up, waiting."""
    folder.mkdir(parents=True)
    subprocess.run([PEER, "keys", folder / "keys"], check=True, capture_output=True)
    kind = "ed" if "eddsa" in case.profile else "rsa"
    environment = {**os.environ, "PEER_JAVA_OPTS": "-Xmx6g" if case.size > 1 << 24 else "-Xmx1g"}
    receiver = subprocess.Popen(
        [
            *(str(PEER), "receive", *side(folder / "keys", "b", "a", kind), "--preset", case.phase4_preset),
            *("--port", "0", "--quiet", "--store", "digest", "--out", str(folder / "got")),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    )
    url = read_line(receiver)["url"]
    plan = ",".join([f"{case.size}:{case.at_once}:{case.count}"] * (case.rounds + 1))
    warm = 1500 if case.size <= 8192 else 60 if case.size <= 1 << 20 else 1
    sender = subprocess.Popen(
        [
            *(str(PEER), "bench", *side(folder / "keys", "a", "b", kind), "--preset", case.phase4_preset, "--url", url),
            *("--plan", plan, "--warmup", str(warm), "--repeats", "1", "--content", "xml", "--timeout-ms", "600000"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    )
    peer = Phase4(sender, receiver)
    try:
        # Wait for the warm-up, then stand still; the step that follows is cut by the pause and thrown away.
        while read_line(sender).get("event") != "warm":
            pass
        if case.rounds > 1:
            peer.step()
        else:
            peer.signal(signal.SIGSTOP)
        yield peer
    finally:
        peer.signal(signal.SIGCONT)
        for process in (sender, receiver):
            process.kill()
            process.wait(20)


def side(keys: Path, me: str, other: str, kind: str) -> list[str]:
    """The keys of one phase4 node."""
    return [
        *("--keystore", str(keys / f"{me}-{kind}-sign.p12")),
        *("--enc-keystore", str(keys / f"{me}-{kind}-enc.p12")),
        *("--trust", str(keys / "ca.pem")),
        *("--partner-cert", str(keys / f"{other}-{kind}-enc.cert.pem")),
    ]
