"""The Java peers as fixtures: phase4 as a whole node in either role, WSS4J as a second opinion on security."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
PEER = HERE / "phase4" / "peer"
#: Key kind by phase4's preset.
KINDS = {"edelivery-1.15": "rsa", "edelivery-2.0": "ed", "edelivery-2.0-ec": "ec"}


@dataclass
class Sent:
    """What `peer send` came back with: exit status 0 is a receipt in order; `line` is its JSON."""

    status: int
    line: dict[str, Any]


@dataclass
class Receiver:
    """A running phase4 node; `stop` ends it and gives the JSON lines it printed after `ready`."""

    process: "subprocess.Popen[str]"
    url: str
    folder: Path
    lines: list[dict[str, Any]] = field(default_factory=list)

    def stop(self) -> list[dict[str, Any]]:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            out, _ = self.process.communicate(timeout=60)
            self.lines = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
        return self.lines

    def messages(self) -> list[dict[str, Any]]:
        """The facts of each message that phase4 accepted, oldest first."""
        return [json.loads(path.read_text()) for path in sorted(self.folder.glob("*.json"))]

    def payloads(self) -> list[bytes]:
        """Decrypted and decompressed, in the order of the part infos."""
        return [path.read_bytes() for path in sorted(self.folder.glob("*.payload"))]


@dataclass
class Phase4:
    """The counterparty of tests/peers/phase4: it is party `b` with us as `a`, or the other way round."""

    keys: Path
    folder: Path
    running: list[Receiver] = field(default_factory=list)

    def side(self, me: str, other: str, kind: str) -> list[str]:
        return [
            *("--keystore", str(self.keys / f"{me}-{kind}-sign.p12")),
            *("--enc-keystore", str(self.keys / f"{me}-{kind}-enc.p12")),
            *("--trust", str(self.keys / "ca.pem")),
            *("--partner-cert", str(self.keys / f"{other}-{kind}-enc.cert.pem")),
        ]

    def receive(self, preset: str, *options: str) -> Receiver:
        """Start phase4 as receiver `b` on a free port."""
        folder = self.folder / f"received-{len(self.running)}"
        arguments = [
            "receive",
            *self.side("b", "a", KINDS[preset]),
            "--preset",
            preset,
            "--port",
            "0",
            "--out",
            str(folder),
            *options,
        ]
        process = subprocess.Popen([PEER, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout is not None
        first = process.stdout.readline()
        if not first:
            raise AssertionError(process.communicate()[1])
        receiver = Receiver(process, json.loads(first)["url"], folder)
        self.running.append(receiver)
        return receiver

    def send(self, url: str, preset: str, *options: str) -> Sent:
        """Let phase4 send one message as `b` to us; its strict receipt check decides the exit status."""
        arguments = ["send", *self.side("b", "a", KINDS[preset]), "--preset", preset, "--url", url, *options]
        result = subprocess.run([PEER, *arguments], capture_output=True, text=True, timeout=180)
        lines = [line for line in result.stdout.splitlines() if line.startswith("{")]
        return Sent(result.returncode, json.loads(lines[-1]) if lines else {"stderr": result.stderr[-600:]})


@pytest.fixture(scope="session")
def peer_keys(peer: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One authority, keys of parties a and b in every kind, and a stranger (see phase4/README.md)."""
    folder = tmp_path_factory.mktemp("peer-keys")
    subprocess.run([peer("phase4") / "peer", "keys", folder], check=True, capture_output=True)
    return folder


@pytest.fixture
def phase4(peer_keys: Path, tmp_path: Path) -> Iterator[Phase4]:
    peer = Phase4(peer_keys, tmp_path)
    yield peer
    for receiver in peer.running:
        receiver.stop()


@pytest.fixture(scope="session")
def wssverify(peer: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[dict[str, Any]]]:
    """Run the WSS4J oracle: one list of arguments for each job, one line of JSON for each job; Java starts once."""
    folder = peer("wssverify")

    def run(jobs: Sequence[Sequence[str | Path]], *, brainpool: bool = False) -> list[dict[str, Any]]:
        file = tmp_path_factory.mktemp("jobs") / "jobs"
        file.write_text("".join(json.dumps([str(word) for word in job]) + "\n" for job in jobs))
        options = {"JAVA_OPTS": f"-Djava.security.properties={folder / 'brainpool.security'}"} if brainpool else {}
        result = subprocess.run(
            [folder / "wssverify", "--jobs", file], capture_output=True, text=True, timeout=180, env={**os.environ, **options}
        )
        lines = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
        assert len(lines) == len(jobs), result.stderr[-2000:]
        return lines

    return run
