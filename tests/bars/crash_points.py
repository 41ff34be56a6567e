"""Goal 1: two `n2n serve` over mutual TLS; one of them kills itself at each fail point, starts again, and nothing is lost or doubled."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from node.app import Node
from node.failpoints import FAILPOINTS
from tests.bars.bar import Outcome, main, until
from tests.bars.nodes import MANY, PULLED, ROOT, World, server
from tests.homes import Side

#: Killed at by tests/exchanges/test_bucket.py, where payloads lie in a bucket, and by tests/test_keeping.py, where payloads go.
ELSEWHERE = ("in.14.before_upload", "in.14.after_upload", "keep.")
POINTS = tuple(one for one in FAILPOINTS if not one.startswith(ELSEWHERE))
#: Larger than what travels in one piece and than what lies in a row.
OCTETS = 2_500_000


def run(folder: Path, full: bool, points: tuple[str, ...] = POINTS) -> Outcome:
    """Each point on both databases; with `full` again while the first kill is recovered from."""
    outcomes = [on_database(folder / "sqlite", full, points, None)]
    with server() as postgres:
        outcomes.append(on_database(folder / "postgres", full, points, postgres))
    return Outcome("; ".join(one.figure for one in outcomes), tuple(problem for one in outcomes for problem in one.problems))


def on_database(folder: Path, full: bool, points: tuple[str, ...], postgres: Any) -> Outcome:
    """Each point once on one database."""
    kills, problems, findings = 0, [], []
    for name, more, some in (
        ("pushed", MANY, [one for one in points if not one.startswith("pull.")]),
        ("pulled", PULLED, [one for one in points if one.startswith("pull.")]),
    ):
        world = World(folder / name, postgres, more)
        problems += crash(world, some, times=2 if full else 1) if some else []
        findings += world.findings() if some else []
        kills += world.kills
    lost = sum(one.startswith("lost") for one in findings)
    doubled = sum(one.startswith("handed over") for one in findings)
    of_all = f"{'PostgreSQL' if postgres else 'SQLite'} {len(points)} points, {kills} kills"
    return Outcome(f"{of_all}: lost {lost}, double {doubled}, findings {len(findings) - lost - doubled}", (*problems, *findings))


def crash(world: World, points: list[str], times: int) -> list[str]:
    """Each of these points in one pair of nodes."""
    problems = []
    world.start(world.tw)
    world.start(world.kr)
    with world.sender() as node:
        for point in points:
            problems += [f"{point}: {one}" for one in crash_at(world, node, point, times)]
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
