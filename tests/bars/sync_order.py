"""Goal 3: by strace, payload fdatasync, directory fsync and WAL fdatasync (or PostgreSQL's answer to COMMIT) come before the first octet of each receipt."""

import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.bars.bar import Outcome, main
from tests.bars.nodes import World, server
from tests.bars.trace import Call, calls
from tests.homes import Side

TRACED = "trace=fsync,fdatasync,rename,renameat,renameat2,write,writev,sendto,sendmsg,pwrite64,recvfrom,read"
#: Above what a row of the database holds.
OCTETS = 300_000
FILES = ("payload fdatasync", "rename", "directory fsync")
STEPS = (*FILES, "WAL write", "WAL fdatasync")
#: Where the rows lie in PostgreSQL; the server itself syncs before it answers, since fsync and synchronous_commit are on.
STEPS_OF_SERVER = (*FILES, "COMMIT", "COMMIT answered")


def run(folder: Path, full: bool, count: int | None = None) -> Outcome:
    """One message at a time, each with a payload file of its own, on both databases."""
    count = count or (1000 if full else 50)
    outcomes = [on_database(folder / "sqlite", count, None)]
    with server() as postgres:
        outcomes.append(on_database(folder / "postgres", count, postgres))
    return Outcome("; ".join(one.figure for one in outcomes), tuple(problem for one in outcomes for problem in one.problems))


def on_database(folder: Path, count: int, postgres: Any) -> Outcome:
    """As many messages on one database."""
    world = World(folder, postgres)
    for side, other in ((world.tw, world.kr), (world.kr, world.tw)):
        without_tls(side, other)
    trace = folder / "strace.txt"
    world.start(world.kr, strace=("strace", "-f", "-y", "-s", "16", "-e", TRACED, "-o", str(trace)))  # type: ignore[arg-type]
    world.start(world.tw)
    problems = []
    with world.sender() as node:
        for number in range(count):
            world.submit(node, world.file("payload.bin", os.urandom(OCTETS)))
            # One after the other, so that what is synced belongs to this message.
            if not (world.ended(node) and world.delivered()):
                problems.append(f"message {number} does not arrive")
                break
    world.stop()
    with trace.open(errors="replace") as lines:
        answers = list(judge(calls(lines), STEPS_OF_SERVER if postgres else STEPS))
    problems += [f"receipt {number}: {missing} is not before it" for number, missing in enumerate(answers) if missing]
    ok = answers.count("")
    if len(answers) != count:
        problems.append(f"{len(answers)} receipts were seen, {count} messages were sent")
    after = "PostgreSQL's COMMIT" if postgres else "WAL"
    return Outcome(f"{ok} of {count} receipts left after payload, folder and {after}", (*problems, *world.findings()))


def without_tls(side: Side, other: Side) -> None:
    """Plain HTTP on this machine, so that the octets of an answer can be read in the trace."""
    for path in (side.folder / "node.toml", side.folder / "partners" / other.name / "agreement.toml"):
        lines = [line for line in path.read_text().splitlines() if not re.match(r"(tls|client_ca)\s*=", line)]
        path.write_text("\n".join(lines).replace("https://", "http://") + "\n")


def judge(traced: Iterable[Call], steps: tuple[str, ...] = STEPS) -> Iterator[str]:
    """For each receipt the step that did not come before it, in its order; empty where all did."""
    reached = 0
    for call in traced:
        if is_answer(call):
            yield steps[reached] if reached < len(steps) else ""
            reached = 0
        elif reached < len(steps) and is_step(steps[reached], call):
            reached += 1
        elif reached == len(steps) and is_step(steps[-2], call):
            # Something later was written and is not synced yet.
            reached = len(steps) - 1


def is_answer(call: Call) -> bool:
    return call.name in ("write", "writev", "sendto", "sendmsg") and "HTTP/1.1 200" in call.arguments


def is_step(step: str, call: Call) -> bool:
    """Whether this call is the step; only what succeeded is."""
    if call.result < 0:
        return False
    match step:
        case "payload fdatasync":
            return call.name == "fdatasync" and ".part>" in call.arguments
        case "rename":
            return call.name.startswith("rename") and ".part" in call.arguments and "/payloads/" in call.arguments
        case "directory fsync":
            return call.name == "fsync" and re.search(r"/payloads/[0-9a-f]{2}>", call.arguments) is not None
        case "WAL write":
            return call.name == "pwrite64" and "node.db-wal>" in call.arguments
        case "COMMIT":
            return call.name == "sendto" and "COMMIT" in call.arguments
        case "COMMIT answered":
            return call.name == "recvfrom" and "COMMIT" in call.arguments
        case _:
            return call.name == "fdatasync" and "node.db-wal>" in call.arguments


if __name__ == "__main__":
    sys.exit(main(run))
