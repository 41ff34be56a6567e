"""The page on notices is followed word for word, between two nodes that serve."""

import asyncio
import re
import shlex
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from node.app import Node
from node.cli.notice import _STATES
from node.cli.root import run
from tests.customs_pair import make_customs_pair
from tests.exchanges.test_notices import arrives
from tests.homes import Side
from tests.pages import MANUAL, blocks, pattern
from tests.services import serving
from tests.two_nights import Dial, set_dial

PAGE = MANUAL / "howto" / "send-a-notice.md"


@pytest.fixture
def dial(monkeypatch: pytest.MonkeyPatch) -> Dial:
    return set_dial(monkeypatch)


@pytest.fixture
def pair(tmp_path: Any, dial: Dial) -> tuple[Side, Side]:
    return make_customs_pair(tmp_path)


class Reader:
    """Types what the page says, in its order."""

    def __init__(self, capsys: Any, times: dict[str, str]) -> None:
        self.capsys, self.times = capsys, times
        self.left = list(zip(blocks(PAGE, "sh"), blocks(PAGE, "text"), strict=True))

    def follow(self, sides: Iterable[Side]) -> None:
        """The next commands, each in the home of its side."""
        for side in sides:
            command, text = self.left.pop(0)
            for said, meant in self.times.items():
                command = command.replace(said, meant)
            self.capsys.readouterr()
            code = run(["--home", str(side.folder), *shlex.split(command)[1:]], {})
            out, err = self.capsys.readouterr()
            assert (code, err) == (0, "")
            assert re.fullmatch(pattern(text), out), f"{command}\nprinted\n{out}"


def sent(side: Side) -> list[dict[str, str]]:
    node = Node.open(side.folder)
    found = [one for one in node.noticing.latest(9) if one.ours]
    node.close()
    return [{"message_id": one.entry.carried.message_id, "document_id": one.entry.about.document_id} for one in found]


def test_every_command_of_the_page_prints_what_it_shows(pair: tuple[Side, Side], dial: Dial, capsys: Any) -> None:
    tw, kr = pair
    said = ("2026-11-20T18:00+08:00", "2026-11-20T20:00+08:00")
    hours = (dial.now() + timedelta(hours=each) for each in (2, 4))
    reader = Reader(capsys, dict(zip(said, (one.isoformat(timespec="minutes") for one in hours), strict=True)))
    assert len(reader.left) == 10

    async def both(*sides: Side) -> None:
        async with serving(tw), serving(kr):
            await asyncio.to_thread(reader.follow, sides)

    # One after the other, so that they come in this order.
    for _ in range(2):
        asyncio.run(both(tw))
        asyncio.run(arrives(pair, *sent(tw)))
    asyncio.run(both(kr, kr, kr))
    asyncio.run(acknowledged(pair))
    asyncio.run(both(tw))
    dial.turn(dial.now() + timedelta(hours=5))
    node = Node.open(tw.folder)
    assert node.following.sweep() == 1
    node.close()
    asyncio.run(both(tw, tw, tw, tw))
    assert reader.left == []
    # As the page says.
    capsys.readouterr()
    assert run(["--home", str(tw.folder), "document", "late"], {}) == 0
    assert "TW-N" not in capsys.readouterr().out


async def acknowledged(pair: tuple[Side, Side]) -> None:
    """Both serve until ours knows that the first one was."""
    async with serving(pair[0]) as here, serving(pair[1]):
        async with asyncio.timeout(20):
            while here.node.noticing.one("TW-N-2026-0117").acknowledged_at is None:  # noqa: ASYNC110 - the store has no event to wait for
                await asyncio.sleep(0.05)


def test_every_state_of_the_list_is_on_the_page() -> None:
    said = re.findall(r"^\| ([^|]+) \|", PAGE.read_text("utf-8"), re.MULTILINE)[1:]
    states = ("waits", "acknowledged", "OVERDUE", "withdrawn")
    assert said == [_STATES[state][0] for state in states]
