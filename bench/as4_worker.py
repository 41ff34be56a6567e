"""The PyPI library `as4` as a process of its own, on an environment of its own: made from tests/peers/as4/requirements.lock when it is first asked for."""

import base64
import fcntl
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from node.security.keys import SoftwareKey

ROOT = Path(__file__).parents[1]
HERE = ROOT / "tests" / "peers" / "as4"
LOCK = HERE / "requirements.lock"
#: Ignored by git with all `.venv-*`; beside it `.venv-as4-lock` keeps two first uses apart.
VENV = ROOT / ".venv-as4"


class As4Unavailable(Exception):
    """The environment cannot be made: in most cases no package registry can be reached."""


def environment(venv: Path = VENV) -> Path:
    """The Python of an environment that holds exactly what the lock says. Raises As4Unavailable."""
    python, stamp = venv / "bin" / "python", venv / "as4.lock"
    with venv.with_name(f"{venv.name}-lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (python.exists() and stamp.exists() and stamp.read_bytes() == LOCK.read_bytes()):
            shutil.rmtree(venv, ignore_errors=True)
            install(venv, python)
            shutil.copyfile(LOCK, stamp)
    return python


def install(venv: Path, python: Path) -> None:
    """By uv where it runs, by pip elsewhere; without dependencies, since the lock names them all and overrides one (see README.md)."""
    if uv_runs():
        run("uv", "venv", "--quiet", "--no-project", "--python", sys.executable, str(venv))
        installer = ["uv", "pip", "install", "--quiet", "--python", str(python)]
    else:
        run(sys.executable, "-m", "venv", str(venv))
        installer = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet"]
    run(*installer, "--no-deps", "--require-hashes", "-r", str(LOCK))


def uv_runs() -> bool:
    try:
        return subprocess.run(["uv", "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def run(*command: str) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        said = result.stderr.strip().splitlines() or ["no reason given"]
        raise As4Unavailable(f"the library as4 cannot be installed; a package registry must be reachable ({said[-1].strip()})")


class As4Worker:
    """as4 as one party, the holder of `mine`; the partner is known by id and certificate."""

    def __init__(self, python: Path, agreed: dict[str, str], me: dict[str, str], partner: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [python, "-P", HERE / "worker.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )
        #: Of as4 and of cryptography.
        self.releases: dict[str, str] = self._ask({"agreed": agreed, "me": me, "partner": partner})

    def _ask(self, line: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise AssertionError("the as4 worker ended; its last words are above")
        told: dict[str, Any] = json.loads(answer)
        if "failed" in told:
            raise AssertionError(f"as4: {told['failed']}")
        return told

    def make(self, payload: bytes) -> dict[str, Any]:
        """A message of as4's: message_id, content_type, body, and the document that went into it."""
        told = self._ask({"do": "make", "payload": text(payload)})
        return {**told, "body": base64.b64decode(told["body"]), "document": base64.b64decode(told["document"])}

    def receipt(self, message_id: str, body: bytes) -> dict[str, Any]:
        """What as4 makes of the answer to its message: state, the code of an error, what it finds wrong."""
        return self._ask({"do": "receipt", "message_id": message_id, "body": text(body)})

    def verify(self, content_type: str, body: bytes) -> dict[str, Any]:
        """What as4 makes of a message: state, error, payloads, and its signal."""
        told = self._ask({"do": "verify", "content_type": content_type, "body": text(body)})
        payloads = [base64.b64decode(payload) for payload in told["payloads"]]
        return {**told, "payloads": payloads, "receipt": base64.b64decode(told["receipt"])}

    def bench(self, payload: bytes, other: dict[str, str], count: int) -> float:
        """CPU seconds of one exchange between as4 and as4."""
        return float(self._ask({"do": "bench", "payload": text(payload), "other": other, "count": count})["cpu"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


def party(party_id: str, key: SoftwareKey, *, private: bool) -> dict[str, str]:
    """A party as the worker is told of it; a partner is told without its private key."""
    told = {"id": party_id, "certificate": key.certificate.x509.public_bytes(Encoding.PEM).decode()}
    if private:
        told["key"] = key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return told


def text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
