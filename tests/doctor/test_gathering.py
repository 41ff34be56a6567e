"""Facts are gathered from any home, however broken, and from one that serves."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from node.app import Node
from node.doctor.checks import diagnose
from node.doctor.gathering import gather
from node.ebms.states import OutboundState
from tests.doctor.homes import Home
from tests.homes import Side, make_pair
from tests.services import delivered, ended, serving, submission


def test_a_demo_is_known_by_its_mark(home: Home) -> None:
    assert home.facts().demo
    (home.folder.parent / ".n2n-demo").unlink()
    assert not home.facts().demo


def test_nothing_of_the_home_is_changed(home: Home) -> None:
    def shape() -> dict[str, bytes]:
        return {str(one): one.read_bytes() for one in sorted(home.folder.rglob("*")) if one.is_file()}

    before = shape()
    home.facts()
    assert shape() == before


def test_a_home_of_which_nothing_is_right_is_still_examined(home: Home) -> None:
    (home.folder / "node.toml").write_text("this is no TOML")
    for path in (home.folder / "certs").glob("*/*"):
        path.write_bytes(b"no key")
    home.agreement.write_text("neither", "utf-8")
    (home.folder / "data" / "node.db").write_bytes(b"x" * 9000)
    found = {one.check.id for one in diagnose(home.facts()) if one.found}
    assert {"agreements.settings", "agreements.readable", "keys.open", "keys.named", "partners.open", "store.reachable"} <= found


def test_a_partner_that_was_reached_is_pinged(home: Home) -> None:
    facts = gather(home.folder, datetime.now(UTC), online=True, ping=lambda name: f"asked {name}")
    # Nobody listens there, so nothing was sent.
    assert facts.online is not None
    assert (facts.online["kr"].step, facts.online["kr"].ping) == ("tcp", "")


def test_two_nodes_at_work_are_well(tmp_path: Path, document: Path) -> None:
    tw, kr = make_pair(tmp_path)
    (tmp_path / ".n2n-demo").touch()

    def found_in(side: Side, *, online: bool) -> dict[str, list[str]]:
        facts = gather(side.folder, datetime.now(UTC), online=online, ping=(lambda _: "answered") if online else None)
        return {one.check.id: [each.what for each in one.found] for one in diagnose(facts) if one.found}

    async def story() -> None:
        async with serving(tw) as here, serving(kr) as there:
            message_id = here.node.submit(submission(here.node, document)).message_id
            here.push.wake()
            await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)
            await delivered(there.node, message_id)
            assert await asyncio.to_thread(found_in, tw, online=True) == {}
            assert await asyncio.to_thread(found_in, kr, online=False) == {}

    asyncio.run(story())


@pytest.mark.server
def test_a_home_whose_rows_lie_in_postgresql_is_well(home: Home, postgres: Any) -> None:
    home.set('folder = "data"', f'folder = "data"\ndatabase = "{postgres.database()}"')
    node = Node.open(home.folder)
    node.alive("this one")
    node.close()
    facts = home.facts()
    assert facts.store.condition is not None
    assert facts.store.condition.library.startswith("PostgreSQL")
    assert {one.check.id: one.found for one in diagnose(facts) if one.found} == {}
    # The process is alive for a minute, and was last heard of long ago an hour later.
    late = replace(facts, now=facts.now + timedelta(hours=1))
    assert "serving.heartbeats" in {one.check.id for one in diagnose(late) if one.found}
