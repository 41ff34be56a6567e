"""Goal 3: by strace, payload fdatasync, directory fsync and WAL fdatasync come before the first octet of each receipt."""

import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.bars.bar import Outcome, main
from tests.bars.nodes import World
from tests.bars.trace import Call, calls
from tests.homes import Side

TRACED = "trace=fsync,fdatasync,rename,renameat,renameat2,write,writev,sendto,sendmsg,pwrite64"
#: Above what a row of the database holds.
OCTETS = 300_000
STEPS = ("payload fdatasync", "rename", "directory fsync", "WAL write", "WAL fdatasync")


def run(folder: Path, full: bool, count: int | None = None) -> Outcome:
    """One message at a time, each with a payload file of its own."""
    count = count or (1000 if full else 50)
    world = World(folder)
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
        answers = list(judge(calls(lines)))
    problems += [f"receipt {number}: {missing} is not before it" for number, missing in enumerate(answers) if missing]
    ok = answers.count("")
    if len(answers) != count:
        problems.append(f"{len(answers)} receipts were seen, {count} messages were sent")
    return Outcome(f"{ok} of {count} receipts left after payload, folder and WAL were synced", (*problems, *world.findings()))


def without_tls(side: Side, other: Side) -> None:
    """Plain HTTP on this machine, so that the octets of an answer can be read in the trace."""
    for path in (side.folder / "node.toml", side.folder / "partners" / other.name / "agreement.toml"):
        lines = [line for line in path.read_text().splitlines() if not re.match(r"(tls|client_ca)\s*=", line)]
        path.write_text("\n".join(lines).replace("https://", "http://") + "\n")


def judge(traced: Iterable[Call]) -> Iterator[str]:
    """For each receipt the step that did not come before it, in its order; empty where all did."""
    reached = 0
    for call in traced:
        if is_answer(call):
            yield STEPS[reached] if reached < len(STEPS) else ""
            reached = 0
        elif reached < len(STEPS) and is_step(STEPS[reached], call):
            reached += 1
        elif reached == len(STEPS) and is_step("WAL write", call):
            # Something later was written and is not synced yet.
            reached = STEPS.index("WAL fdatasync")


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
        case _:
            return call.name == "fdatasync" and "node.db-wal>" in call.arguments


if __name__ == "__main__":
    sys.exit(main(run))
