"""The page on publishing is followed word for word, with the partner beside it."""

import asyncio
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from node.cli.root import run
from tests.customs_pair import make_customs_pair
from tests.own_lists import aeo_toml
from tests.pages import MANUAL, blocks, pattern
from tests.services import serving

PAGE = MANUAL / "howto" / "publish-our-operators.md"


def test_every_command_of_the_page_prints_what_it_shows(tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tw, kr = make_customs_pair(tmp_path)
    (tw.folder / "aeo.toml").write_text(blocks(PAGE, "toml")[0])
    (kr.folder / "aeo.toml").write_text(aeo_toml("kr", "tw"))
    for name, text in zip(("list.csv", "suspended.csv"), blocks(PAGE, "csv"), strict=True):
        (tw.folder / name).write_text(text)
    monkeypatch.chdir(tw.folder)
    commands, shown = blocks(PAGE, "sh"), blocks(PAGE, "text")
    assert len(commands) == len(shown) == 5

    async def told(side: Any, words: str) -> tuple[int, str]:
        capsys.readouterr()
        code = await asyncio.to_thread(run, ["--home", str(side.folder), *shlex.split(words)[1:]], {})
        return code, capsys.readouterr().out

    async def story() -> None:
        # The list goes out by hand first; what serves sends it on.
        async with serving(kr) as there:
            for number, (command, text) in enumerate(zip(commands, shown, strict=True)):
                if number == 2:
                    async with serving(tw):
                        await until(lambda: there.node.operators.latest_sequence("TW-CUSTOMS", "TW-AEO"), 2)
                code, out = await told(tw, command)
                assert code == 0
                assert re.fullmatch(pattern(text), out), f"{command}\nprinted\n{out}"
            async with serving(tw):
                await until(lambda: there.node.operators.latest_sequence("TW-CUSTOMS", "TW-AEO"), 3)
                code, out = await told(kr, "n2n aeo verify TW21728272 --partner tw")
                assert (code, "TW21728272 AEOF  SUSPENDED" in out) == (1, True), out
                code, out = await told(kr, "n2n aeo verify TW45725232 --partner tw --lang zh-Hant")
                assert (code, "TW45725232 AEOS  有效 ACTIVE" in out) == (0, True), out
                # It has not consented.
                code, out = await told(kr, "n2n aeo verify TW12345675 --partner tw --json")
                assert (code, '"result": "NOT-FOUND"' in out) == (1, True), out

    asyncio.run(story())


async def until(asked: Any, wanted: object) -> None:
    async with asyncio.timeout(20):
        while asked() != wanted:  # noqa: ASYNC110 - the store has no event to wait for
            await asyncio.sleep(0.02)


def test_every_state_of_the_board_is_on_the_page() -> None:
    from node.customs.operators.labels import label
    from node.customs.operators.schedule import DUE, FAILED, HELD, READ, REFUSED, SENT

    said = re.findall(r"^   \| ([^|]+) \|", PAGE.read_text("utf-8"), re.MULTILINE)[1:]
    assert said == [label(state, "en") for state in (DUE, SENT, READ, HELD, REFUSED, FAILED)]
