"""Two processes of each side share one PostgreSQL database; one at a time is killed at random, and nothing is lost or doubled."""

import os
import random
import shutil
import sys
import time
from pathlib import Path

from tests.bars.balancer import Balancer
from tests.bars.bar import Outcome, main
from tests.bars.nodes import Process, World, server
from tests.homes import Side, free_port

#: Larger than what lies in a row, so that the second process reads files of the first.
LARGE = 400_000


def run(folder: Path, full: bool, kills: int = 0) -> Outcome:
    """Messages flow while processes die and come again."""
    chance, problems = random.Random(9), []
    kills = kills or (200 if full else 20)
    with server() as postgres:
        world = World(folder, postgres)
        # Partners know one address of kr; behind it are two nodes.
        ports = [free_port(), free_port()]
        set_port(world.kr.folder, world.kr.port, ports[0])
        homes = {"tw": world.tw.folder, "tw2": second(world.tw), "kr": world.kr.folder, "kr2": second(world.kr)}
        set_port(homes["kr2"], ports[0], ports[1])
        set_port(homes["tw2"], world.tw.port, free_port())
        balancer = Balancer(world.kr.port, ports)
        running = {name: Process(home) for name, home in homes.items()}
        world.running = running
        small, large = world.file("small.bin", os.urandom(5_000)), world.file("large.bin", os.urandom(LARGE))
        with world.sender() as node:
            for number in range(kills):
                for _ in range(chance.randrange(5, 25)):
                    world.submit(node, large if chance.random() < 0.2 else small)
                time.sleep(chance.uniform(0, 0.4))
                name = chance.choice(sorted(running))
                running[name].kill()
                time.sleep(chance.uniform(0, 0.6))
                running[name] = Process(homes[name])
                if number % 5 == 4:
                    world.ended(node, 0.5)
            if not world.ended(node, 150):
                problems.append(f"messages do not come to their end: {node.messages.counts()}")
            if not world.delivered(120):
                problems.append("accepted messages are never handed over")
            shares = share(world)
        world.stop()
        balancer.close()
        problems += world.findings()
    lost, doubled = (sum(one.startswith(word) for one in problems) for word in ("lost", "handed over"))
    figure = f"{kills} kills among 4 processes, {len(world.submitted)} messages: lost {lost}, double {doubled}"
    return Outcome(f"{figure}; {shares} attempts were taken over", tuple(problems))


def share(world: World) -> int:
    """How many attempts a dead process had begun."""
    from node.store.messages import snapshot

    taken = 0
    with snapshot(world.tw.folder / "data", world.urls["tw"]) as messages:
        for message_id in world.submitted:
            taken += sum("the node stopped during the attempt" in step.detail for step in messages.history(message_id))
    return taken


def second(side: Side) -> Path:
    """Another home of the same node: its own quarantine, and the payload files and the inbox of the first."""
    home = side.folder.with_name(f"{side.name}2")
    shutil.copytree(side.folder, home, ignore=shutil.ignore_patterns("data"))
    (home / "data").mkdir(mode=0o700)
    (home / "certs" / "own").chmod(0o700)
    for name in ("payloads", "inbox"):
        (side.folder / "data" / name).mkdir(mode=0o700, exist_ok=True)
        (home / "data" / name).symlink_to(side.folder / "data" / name)
    return home


def set_port(home: Path, port: int, to: int) -> None:
    path = home / "node.toml"
    text = path.read_text()
    assert f"port = {port}" in text
    path.write_text(text.replace(f"port = {port}", f"port = {to}"))


if __name__ == "__main__":
    sys.exit(main(run))
