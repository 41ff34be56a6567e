"""phase4 as a live counterparty: one process that receives for each suite, one that sends for all, and the damaging proxy between."""

import itertools
import json
import os
import random
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).with_name("phase4")
#: phase4's preset by the kind of keys.
PRESETS = {"rsa": "edelivery-1.15", "ed": "edelivery-2.0", "ec": "edelivery-2.0-ec"}
PATIENCE_SECONDS = 60.0


def side(keys: Path, kind: str, me: str = "b", other: str = "a") -> list[str]:
    """The key options of phase4 as party `me`, in the preset of this kind. Keys named by SKI or by issuer and serial must be known."""
    return [
        *("--preset", PRESETS[kind]),
        *("--keystore", str(keys / f"{me}-{kind}-sign.p12")),
        *("--enc-keystore", str(keys / f"{me}-{kind}-enc.p12")),
        *("--trust", str(keys / "ca.pem"), "--trust", str(keys / f"{other}-{kind}-sign.cert.pem")),
        *("--partner-cert", str(keys / f"{other}-{kind}-enc.cert.pem")),
        *("--partner-sign-cert", str(keys / f"{other}-{kind}-sign.cert.pem")),
    ]


def free_port() -> int:
    """A port below those that the system gives to clients, so that it stays free until a process that is started later takes it."""
    for port in random.SystemRandom().sample(range(20_000, 32_000), 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise AssertionError("no free port")


class Process:
    """A program that tells its events as JSON lines, the first of them when it is ready."""

    def __init__(self, command: list[str], log: Path, stdin: int | None = None, **environment: str) -> None:
        self.log = log
        self.events: list[dict[str, Any]] = []
        self._errors = log.open("wb")
        self.process = subprocess.Popen(
            command,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            encoding="utf-8",
            bufsize=1,
            env={**os.environ, **environment},
        )
        self._told = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("{"):
                with self._told:
                    self.events.append(json.loads(line))
                    self._told.notify_all()
        with self._told:
            self._told.notify_all()

    def event(self, number: int) -> dict[str, Any]:
        """The n-th event; waits for it."""
        with self._told:
            self._told.wait_for(lambda: len(self.events) > number or not self._reader.is_alive(), PATIENCE_SECONDS)
            if len(self.events) > number:
                return self.events[number]
        raise AssertionError(f"{self.process.args!r} says nothing: {self.log.read_text()[-2000:]}")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        self._reader.join(30)
        for stream in (self.process.stdin, self.process.stdout, self._errors):
            if stream is not None:
                stream.close()


class Receiver(Process):
    """A phase4 that receives as party b."""

    def __init__(self, keys: Path, kind: str, folder: Path, port: int, *options: str) -> None:
        self.folder = folder
        command = [str(HERE / "peer"), "receive", *side(keys, kind), "--port", str(port), "--out", str(folder), *options]
        super().__init__(command, folder.with_suffix(".log"))
        self.url = str(self.event(0)["url"])

    def facts(self, message_id: str) -> list[dict[str, Any]]:
        """What phase4 says of every message with this id that it accepted; its facts are written last of all."""
        return [json.loads(path.read_text("utf-8")) for path in sorted(self.folder.glob(f"*-{message_id}.json"))]

    def payloads(self, message_id: str) -> list[bytes]:
        """Decrypted and decompressed, in the order of the part infos."""
        return [path.read_bytes() for path in sorted(self.folder.glob(f"*-{message_id}-*.payload"))]


class Sender(Process):
    """A phase4 that sends, as party b unless the options say otherwise; one message at a time."""

    def __init__(self, keys: Path, folder: Path) -> None:
        self.keys = keys
        self._sent = itertools.count()
        super().__init__([str(HERE / "peer"), "sends"], folder / "sender.log", stdin=subprocess.PIPE)

    def send(self, kind: str, url: str, *options: str | Path, keys: list[str] | None = None) -> dict[str, Any]:
        """phase4's own account of what became of the message: `exit` 0 is a receipt that stood every check."""
        assert self.process.stdin is not None
        words = [*(keys or side(self.keys, kind)), "--url", url, *map(str, options)]
        self.process.stdin.write("\t".join(words) + "\n")
        self.process.stdin.flush()
        return self.event(next(self._sent))


@dataclass
class Wire:
    """The recording and damaging proxy, once on the way."""

    process: Process
    folder: Path
    url: str = field(init=False)

    def __post_init__(self) -> None:
        self.url = f"http://127.0.0.1:{self.process.event(0)['port']}/as4"

    @classmethod
    def start(cls, folder: Path, to_port: int, *options: str, listen: int = 0) -> "Wire":
        record = folder / "wire"
        to = ["--listen", str(listen), "--to", f"127.0.0.1:{to_port}", "--record", str(record)]
        return cls(Process([sys.executable, str(HERE / "wire.py"), *to, *options], folder / "wire.log"), record)

    def bodies(self, what: str) -> list[bytes]:
        """The bodies of every `request` or `response` that passed, as they came and before they were damaged."""
        return [path.read_bytes() for path in sorted(self.folder.glob(f"*-{what}.body"))]

    def stop(self) -> None:
        self.process.stop()
