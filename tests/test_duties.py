"""Everything that a node does again and again is swept, and wakes whoever waits for it."""

import asyncio
from pathlib import Path

import pytest

from node.duties import Wakes
from tests.homes import make_pair
from tests.services import run, serving


@pytest.mark.parametrize(("done", "woken"), [(0, []), (3, ["push", "legs"])])
def test_whoever_waits_is_woken_when_something_was_done(done: int, woken: list[str]) -> None:
    heard: list[str] = []
    wakes = Wakes(lambda: heard.append("push"), lambda: heard.append("legs"))
    assert wakes.answer(lambda: done)() == done
    assert heard == woken
    heard.clear()
    assert wakes.sender(lambda: done)() == done
    assert heard == woken[:1]


def test_every_sweep_runs_at_the_start_and_ends_with_the_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tw, _ = make_pair(tmp_path)
    swept: set[str] = set()
    monkeypatch.setattr("node.workers.sweeps.Sweeps._work", lambda _self, sweep: swept.add(sweep.name) or 0)

    async def story() -> None:
        async with asyncio.timeout(20), serving(tw) as here:
            names = {one.name for group in here.duties._groups for one in group._sweeps}
            # The others have counts of their own to make only where somebody may look at them.
            assert names >= {one.name for one in here.duties.shared} | {
                "changed files taken in",
                "revocation lists",
                "removed by retention",
            }
            assert "statistics" not in names
            while swept != names:  # noqa: ASYNC110 - a sweep tells nobody
                await asyncio.sleep(0.02)

    run(story)


def test_a_group_that_fails_takes_the_node_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tw, _ = make_pair(tmp_path)

    async def dies(_self: object) -> None:
        raise ZeroDivisionError("a bug of ours")

    monkeypatch.setattr("node.workers.sweeps.Sweeps.run", dies)

    async def story() -> None:
        async with asyncio.timeout(20), serving(tw) as here:
            await here._told_to_stop.wait()

    with pytest.raises(BaseExceptionGroup) as told:
        run(story)
    assert told.group_contains(ZeroDivisionError)
