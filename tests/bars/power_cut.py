"""Goal 2: the power goes at any system call; of what was not synced the disk keeps any part, the last page torn. What was promised is there."""

import os
import random
import re
import shutil
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from node.store.finding import Witness
from node.store.invariants import check
from node.store.messages import open_store
from node.store.sqlite import Connection
from tests.bars.bar import Outcome, main
from tests.bars.disk import TRACED, Disk, unhex
from tests.bars.nodes import ROOT
from tests.bars.trace import Call, calls

#: The workload's clock stands here.
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
_TOLD = re.compile(r'^1<[^>]*>, "((?:\\x[0-9a-f]{2})*)"')


def run(folder: Path, full: bool, cuts: int | None = None, messages: int = 24) -> Outcome:
    """The same run, cut at as many places."""
    cuts = cuts or (2000 if full else 100)
    recorded = record(folder, messages)
    chance = random.Random(int(os.environ.get("N2N_BAR_SEED", "1")))
    root, problems = folder / "world", []
    # Not before the stores are made: that is one transaction more, and nothing is promised.
    places = sorted(chance.sample(range(len(recorded)), min(cuts, len(recorded))))
    disk, told, at = new_disk(root), [], 0
    for place in places:
        for call in recorded[at:place]:
            disk.feed(call)
            told += promised(call)
        at = place
        found = judge(disk, folder / "after", told, chance)
        problems += [f"cut at call {place} of {len(recorded)}: {problem}" for problem in found]
    broken = len({one.split(":")[0] for one in problems})
    return Outcome(
        f"{len(places)} cuts of {len(recorded)} calls, {messages} messages: {broken} with a broken promise", tuple(problems)
    )


def new_disk(root: Path) -> Disk:
    """The data folders were made when the homes were, long ago."""
    disk = Disk(root)
    for side in ("a", "b"):
        disk.names[f"{root}/{side}"] = disk.durable_names[f"{root}/{side}"] = None
    return disk


def record(folder: Path, messages: int) -> list[Call]:
    """The calls of a run to its end."""
    for side in ("a", "b"):
        (folder / "world" / side).mkdir(parents=True)
    trace = folder / "strace.txt"
    subprocess.run(
        [
            *("strace", "-f", "-y", "-xx", "-s", "4000000", "-e", TRACED, "-o", trace),
            *(sys.executable, "-P", "-m", "tests.bars.workload", folder / "world", str(messages)),
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        check=True,
    )
    with trace.open() as lines:
        # Paths of descriptors as text, which strace writes in hexadecimal too.
        return list(
            calls(re.sub(r"<((?:\\x[0-9a-f]{2})+)>", lambda found: f"<{unhex(found[1]).decode()}>", one) for one in lines)
        )


def promised(call: Call) -> list[str]:
    """The lines that this call wrote to standard output."""
    if call.name != "write" or (found := _TOLD.match(call.arguments)) is None:
        return []
    return unhex(found[1]).decode().splitlines()


def judge(disk: Disk, folder: Path, told: list[str], chance: random.Random) -> list[str]:
    """What is broken after a power cut now."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    disk.cut(folder, chance)
    problems = []
    for side in ("a", "b"):
        try:
            problems += judge_side(folder / side, side, told)
        except Exception as error:  # noqa: BLE001 - a store that cannot be read is what the bar looks for
            problems.append(f"{side} cannot be read: {error!r}")
    return problems


def judge_side(folder: Path, side: str, told: list[str]) -> list[str]:
    """What is broken in the store of one side."""
    promises = [tuple(line.split()) for line in told]
    with closing(open_store(folder, lambda: "after", NOW)) as store:
        store.messages.recover(NOW)
        submitted = [message_id for what, message_id in promises if side == "a" and what == "submitted"]
        found = check(store.messages, Witness(NOW, submitted=submitted))
        problems = [f"{one.id}: {one.where}: {one.what}" for one in found]
        for what, message_id in promises:
            if side == "b" and what == "receipt" and not store.messages.inbound(message_id):
                problems.append(f"a receipt went out for {message_id}, which is lost")
            exchange = store.messages.exchange(message_id) if side == "a" else None
            if side == "a" and what == "acknowledged" and (exchange is None or exchange.state != "ACKNOWLEDGED"):
                problems.append(f"{message_id} was acknowledged and is not any more")
    with closing(Connection(folder / "node.db")) as connection:
        if (said := connection.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            problems.append(f"integrity: {said}")
    return problems


if __name__ == "__main__":
    sys.exit(main(run))
