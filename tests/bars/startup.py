"""Goal 34: six homes that no node may serve: the real process refuses each with a clear line, and listens to nobody."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from node.cli.problems import ExitCode
from node.home import put_own_key
from node.keyring.demo_authority import DemoAuthority
from node.library import activate, shipped_documents
from tests.bars.bar import Outcome, main
from tests.homes import Side, make_pair

ROOT = Path(__file__).parents[2]
#: A node that serves would do so until it is stopped.
PATIENCE = 30.0
#: Runs `n2n serve` in a process whose libraries must be newer than any are: what is here is then below the floor.
_RAISED = "import sys, {module} as m; m.{name} = {value}; from node.cli import serving; sys.exit(serving.main(sys.argv[1:]))"
SERVE = "import sys; from node.cli import serving; sys.exit(serving.main(sys.argv[1:]))"


def old_sqlite(_: Side) -> str:
    return _RAISED.format(module="node.store.sqlite", name="MENDED", value="(99, 0, 0)")


def old_libxml2(_: Side) -> str:
    return _RAISED.format(module="node.floors", name="LIBXML2", value="(99, 0, 0)")


def open_key(side: Side) -> str:
    (side.folder / "certs" / "own" / "sign.pem").chmod(0o644)
    return SERVE


def default_password(side: Side) -> str:
    path = side.folder / "certs" / "own" / "kr-pull.password"
    path.touch(0o600)
    path.write_text("changeit\n")
    return SERVE


def expired_key(side: Side) -> str:
    """The signing key ended yesterday."""
    issued = DemoAuthority(datetime.now(UTC) - timedelta(days=31), days=30).issue("tw", "ecdsa", "sign")
    (side.folder / "certs" / "own" / "sign.pem").unlink()
    put_own_key(side.folder, "sign", issued.private_key + issued.certificate)
    return SERVE


def other_digest(side: Side) -> str:
    """A pack that was made active, and edited since."""
    pack = next(one for one in sorted(shipped_documents().iterdir()) if (one / "pack.toml").is_file())
    frozen = activate(pack, side.folder, datetime.now(UTC)) / "pack.toml"
    frozen.chmod(0o600)
    frozen.write_text(frozen.read_text("utf-8") + "\n# edited\n", "utf-8")
    return SERVE


#: What is seeded, and what the line must say.
FAULTS: Sequence[tuple[Callable[[Side], str], str]] = (
    (old_sqlite, "carries SQLite"),
    (old_libxml2, "carries libxml2"),
    (open_key, "others may read this private key"),
    (default_password, "everybody tries first"),
    (expired_key, "expired on"),
    (other_digest, "has changed since it was made active"),
)


def run(folder: Path, full: bool) -> Outcome:
    """Each fault in a home of its own."""
    del full
    problems: list[str] = []
    for seed, said in FAULTS:
        side = make_pair(folder / seed.__name__)[0]
        problems += [f"{seed.__name__}: {one}" for one in refusal(side, seed(side), said)]
        shutil.rmtree(folder / seed.__name__)
    return Outcome(f"{len(FAULTS) - len({one.partition(':')[0] for one in problems})} of {len(FAULTS)} refused", tuple(problems))


def refusal(side: Side, program: str, said: str) -> list[str]:
    """What was wrong with the refusal of a home."""
    words = [sys.executable, "-P", "-c", program, str(side.folder), "text"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    try:
        ended = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return ["it serves"]
    lines = [one for one in ended.stderr.splitlines() if one.startswith("error: ")]
    wrong = []
    if ended.returncode != ExitCode.CONFIGURATION:
        wrong.append(f"exit code {ended.returncode}: {ended.stderr[-300:]}")
    if not any(said in one for one in lines):
        wrong.append(f"no line says {said!r}: {lines}")
    with closing(socket.socket()) as caller:
        if caller.connect_ex(("127.0.0.1", side.port)) == 0:
            wrong.append("its port is open")
    return wrong


if __name__ == "__main__":
    sys.exit(main(run))
