"""Goal 1: two `n2n serve` over mutual TLS; one of them kills itself at each fail point, starts again, and nothing is lost or doubled."""

import os
import random
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from node.app import Node
from node.failpoints import FAILPOINTS
from tests.bars.bar import Outcome, main, until
from tests.bars.nodes import MANY, PULLED, ROOT, World, server
from tests.homes import Side

#: Killed at by tests/exchanges/test_bucket.py, where payloads lie in a bucket, by tests/test_keeping.py, where payloads go, by tests/store/test_shape.py, and by
#: tests/store/test_operators.py, where a list takes effect, tests/store/test_documents.py, tests/test_updating.py and tests/test_proving.py.
ELSEWHERE = ("in.14.before_upload", "in.14.after_upload", "keep.", "migration.", "aeo.", "doc.", "update.", "evidence.")
POINTS = tuple(one for one in FAILPOINTS if not one.startswith(ELSEWHERE))
#: Larger than what travels in one piece and than what lies in a row.
OCTETS = 2_500_000


#: Random kills under load, in full; N2N_BAR_KILLS says another number.
KILLS = 2000
#: Submitted and not yet acknowledged at most, so that the load is the exchange and not the backlog.
AHEAD = 200


def run(folder: Path, full: bool, points: tuple[str, ...] = POINTS, kills: int | None = None) -> Outcome:
    """Each point on both databases; with `full` again while the first kill is recovered from, and then kills at any moment under load."""
    kills = kills if kills is not None else int(os.environ.get("N2N_BAR_KILLS", KILLS)) if full else 0
    outcomes = [on_database(folder / "sqlite", full, points, None, kills)]
    with server() as postgres:
        outcomes.append(on_database(folder / "postgres", full, points, postgres, kills))
    return Outcome("; ".join(one.figure for one in outcomes), tuple(problem for one in outcomes for problem in one.problems))


def on_database(folder: Path, full: bool, points: tuple[str, ...], postgres: Any, kills: int = 0) -> Outcome:
    """Each point once on one database, and then so many kills at any moment."""
    killed, submitted, problems, findings = 0, 0, [], []
    for name, more, some, random_kills in (
        ("pushed", MANY, [one for one in points if not one.startswith("pull.")], kills),
        ("pulled", PULLED, [one for one in points if one.startswith("pull.")], 0),
    ):
        if some or random_kills:
            world = World(folder / name, postgres, more)
            problems += crash(world, some, 2 if full else 1, random_kills)
            findings += world.findings()
            killed, submitted = killed + world.kills, submitted + len(world.submitted)
    lost = sum(one.startswith("lost") for one in findings)
    doubled = sum(one.startswith("handed over") for one in findings)
    of_all = f"{'PostgreSQL' if postgres else 'SQLite'} {len(points)} points, {killed} kills, {submitted} messages"
    return Outcome(f"{of_all}: lost {lost}, double {doubled}, findings {len(findings) - lost - doubled}", (*problems, *findings))


def crash(world: World, points: list[str], times: int, kills: int) -> list[str]:
    """Each of these points in one pair of nodes, and then so many kills at any moment."""
    problems = []
    world.start(world.tw)
    world.start(world.kr)
    with world.sender() as node:
        for point in points:
            problems += [f"{point}: {one}" for one in crash_at(world, node, point, times)]
        problems += kill_at_random(world, node, kills) if kills else []
    if not world.delivered():
        problems.append("accepted messages are never handed over")
    world.stop()
    return problems


def crash_at(world: World, node: Node, point: str, times: int) -> list[str]:
    """Kill at one point, start again, and wait for the message to arrive."""
    path = world.file("payload.bin", os.urandom(OCTETS))
    if point.startswith("out.submit"):
        return crash_in_submit(world, node, point, path)
    if point.startswith("out.lease"):
        # A resend needs an attempt that failed before.
        world.running["kr"].kill()
        message_id = world.submit(node, path)
        until(lambda: (found := node.messages.exchange(message_id)) and found.attempts, 20)
    victim = world.tw if point.startswith(("out.", "pull.claim", "pull.answer")) else world.kr
    restart(world, victim, point)
    if not point.startswith("out.lease"):
        world.submit(node, path)
    problems = [] if world.killed(victim) else [f"{victim.name} was not killed"]
    for _ in range(times - 1):
        # What was settled before the first kill does not come by again.
        restart(world, victim, point)
        world.killed(victim, 3.0)
    restart(world, victim, "")
    if not world.running["kr"].alive:
        world.start(world.kr)
    return problems if world.ended(node, 60) else [*problems, "the message does not come to its end"]


def kill_at_random(world: World, node: Node, kills: int) -> list[str]:
    """Messages small and large flow all the time, and every second or so one of the two nodes is killed."""
    chance, enough = random.Random(int(os.environ.get("N2N_BAR_SEED", "1"))), threading.Event()
    paths = [world.file(f"{size}.bin", os.urandom(size)) for size in (2_000, 2_000, 2_000, 400_000)]

    def produce() -> None:
        while not enough.wait(0.01):
            if len(world.submitted) - node.messages.counts()["outbound"].get("ACKNOWLEDGED", 0) < AHEAD:
                world.submit(node, paths[len(world.submitted) % len(paths)])

    producer = threading.Thread(target=produce)
    producer.start()
    try:
        for _ in range(kills):
            enough.wait(chance.uniform(0.05, 1.5))
            side = chance.choice((world.tw, world.kr))
            world.running[side.name].kill()
            world.kills += 1
            world.start(side)
    finally:
        enough.set()
        producer.join()
    return [] if world.ended(node, 300) else ["after the random kills not everything comes to its end"]


def restart(world: World, side: Side, point: str) -> None:
    world.running[side.name].kill()
    world.start(side, failpoint=point)


def crash_in_submit(world: World, node: Node, point: str, path: Path) -> list[str]:
    """`n2n submit` dies before it has answered: the message is there or it is not, and a second call is told so."""
    words = [sys.executable, "-P", "-c", "import sys; from node.cli import main; sys.exit(main())", "--home", world.tw.folder]
    message_id = f"{point}@tw.example"
    submit = [*words, "submit", "--partner", "kr", path, "--message-id", message_id]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    dead = subprocess.run(submit, env={**environment, "N2N_FAILPOINT": point}, capture_output=True)
    again = subprocess.run(submit, env=environment, capture_output=True)
    world.submitted.append(message_id)
    world.kills += dead.returncode == -9
    expected = (-9, 2) if point.endswith("after_commit") else (-9, 0)
    problems = [] if (dead.returncode, again.returncode) == expected else [f"exit {dead.returncode}, then {again.returncode}"]
    return problems if world.ended(node) else [*problems, "the message does not come to its end"]


if __name__ == "__main__":
    sys.exit(main(run))
