"""Goal 5: the clock of either side jumps while messages wait, are sent and are received: nothing is lost and nothing is given up early."""

import os
import sys
from pathlib import Path

from node.app import Node
from node.ebms.states import OutboundState
from tests.bars.bar import Outcome, main, until
from tests.bars.nodes import World
from tests.homes import Side

HOUR, DAY = 3600, 86400
YEAR = 366 * DAY
JUMPS = (-DAY, -HOUR, HOUR, DAY, 3650 * DAY)


def run(folder: Path, full: bool, jumps: tuple[int, ...] = JUMPS) -> Outcome:
    """Each jump on each side, with a message before it, one during it and one after it; full adds restarts under the wrong clock."""
    world, problems, reported, early = World(folder), [], 0, 0
    for side in (world.tw, world.kr):
        set_clock(world, side, 0)
        world.start(side, N2N_BAR_CLOCK=str(clock_of(world, side)))
    with world.sender() as node:
        for side in (world.tw, world.kr):
            for jump in jumps:
                sent = jump_once(world, node, side, jump, restarted=full)
                for one in sent:
                    steps = node.messages.history(one)
                    exchange = node.messages.exchange(one)
                    assert exchange is not None
                    early += any(step.event == "GAVE_UP" for step in steps)
                    if exchange.state is OutboundState.FAILED:
                        # A certificate is not valid in ten years: the partner says so, and it is told.
                        reported += 1
                        world.submitted.remove(one)
                    elif exchange.state is not OutboundState.ACKNOWLEDGED:
                        problems.append(f"{side.name} {jump:+} s: {one} is {exchange.state.value}")
    if not world.delivered():
        problems.append("accepted messages are never handed over")
    world.stop()
    if early:
        problems.append(f"{early} messages were given up")
    findings = world.findings()
    lost = sum(one.startswith("lost") for one in findings)
    count = 2 * len(jumps)
    figure = f"{count} jumps, {3 * count} messages: lost {lost}, early give-ups {early}, refused by the partner and reported {reported}"
    return Outcome(figure, (*problems, *findings))


def jump_once(world: World, node: Node, side: Side, jump: int, *, restarted: bool) -> list[str]:
    """The three messages."""
    path = world.file("payload.bin", os.urandom(5_000))
    world.running["kr"].kill()
    waits = world.submit(node, path)
    until(lambda: (found := node.messages.exchange(waits)) and found.attempts, 20)
    set_clock(world, side, jump)
    # Long enough for an attempt under the wrong clock.
    until(lambda: (found := node.messages.exchange(waits)) and found.attempts > 1, 2)
    start(world, world.kr, side, jump)
    during = world.submit(node, path)
    until(lambda: (found := node.messages.exchange(during)) and found.attempts, 2)
    if restarted:
        world.running["tw"].kill()
        start(world, world.tw, side, jump)
    set_clock(world, side, 0)
    after = world.submit(node, path)
    world.ended(node, 30)
    return [waits, during, after]


def start(world: World, side: Side, jumped: Side, jump: int) -> None:
    """Under its wrong clock; when no certificate is valid any more a node refuses to start, so its clock jumps once it runs."""
    beyond = side is jumped and jump > YEAR
    if beyond:
        set_clock(world, side, 0)
    world.start(side, N2N_BAR_CLOCK=str(clock_of(world, side)))
    if beyond:
        set_clock(world, side, jump)


def clock_of(world: World, side: Side) -> Path:
    return world.folder / f"{side.name}.clock"


def set_clock(world: World, side: Side, wrong: int) -> None:
    """By so many seconds; seen at the next look at the clock."""
    new = clock_of(world, side).with_suffix(".new")
    new.write_text(str(wrong))
    new.replace(clock_of(world, side))


if __name__ == "__main__":
    sys.exit(main(run))
