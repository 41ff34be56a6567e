"""Two processes of one node on one PostgreSQL database, as operators see them."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from node.app import Node
from node.cli import main
from node.cli.problems import ExitCode
from node.duties import LAPSED_SECONDS
from node.ebms.states import OutboundState
from node.examining import examine
from tests.bars.nodes import use_database
from tests.homes import make_pair
from tests.services import delivered, ended, run, serving, submission

pytestmark = pytest.mark.server


@pytest.fixture
def sides(tmp_path: Path, postgres: Any) -> Any:
    tw, kr = make_pair(tmp_path)
    for side in (tw, kr):
        use_database(side.folder, postgres.database())
    return tw, kr


def beside(folder: Path, port: int, other: int) -> Path:
    """A second home of the same node."""
    home = folder.with_name(folder.name + "2")
    shutil.copytree(folder, home, ignore=shutil.ignore_patterns("data"))
    (home / "data").mkdir(mode=0o700)
    text = (home / "node.toml").read_text()
    (home / "node.toml").write_text(text.replace(f"port = {port}", f"port = {other}"))
    return home


def test_what_one_process_took_another_sends_and_everything_is_told(sides: Any, document: Path) -> None:
    tw, kr = sides

    async def story() -> None:
        async with serving(kr) as there:
            # Nobody serves tw: the message waits in the database.
            with_node = Node.open(tw.folder)
            message_id = with_node.submit(submission(with_node, document)).message_id
            assert not with_node.served()
            async with serving(tw) as here:
                assert with_node.served()
                await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)
                inbox = await delivered(there.node, message_id)
                assert json.loads((inbox / "message.json").read_text())["message_id"] == message_id
                (worker,) = here.node.messages.workers()
                assert worker.name == here.worker
                assert {"hand-over", "missing receipts", "lapsed leases"} <= set(worker.duties)
            # It has retired, so that others need not wait until it counts as dead.
            assert with_node.messages.workers() == []
            with_node.close()
        assert list(examine(tw.folder)) == []
        assert list(examine(kr.folder)) == []

    run(story)


def test_what_a_process_died_with_in_hand_is_sent_by_another(sides: Any, document: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tw, kr = sides
    other = beside(tw.folder, tw.port, 1)
    dead = Node.open(other)
    dead.messages.alive("dead", "a machine that burnt", dead.clock.now())
    message_id = dead.submit(submission(dead, document)).message_id
    (claimed,) = dead.messages.claim("dead", 9, dead.clock.now())
    assert claimed.message_id == message_id

    async def story() -> None:
        async with serving(tw) as here, serving(kr):
            await asyncio.sleep(0.3)
            assert here.node.messages.exchange(message_id).state is OutboundState.SUBMITTED  # type: ignore[union-attr]
            # As its sixty seconds are over.
            dead.messages.retire("dead")
            await ended(here.node, message_id, OutboundState.ACKNOWLEDGED)

    assert LAPSED_SECONDS < 20
    run(story)
    dead.close()


def test_a_password_in_the_url_is_refused_and_never_shown(sides: Any) -> None:
    tw, _ = sides
    path = tw.folder / "node.toml"
    path.write_text(path.read_text().replace("postgresql://n2n@", "postgresql://n2n:hush@"))
    with pytest.raises(Exception, match=r"store.database.*holds a password; put it into ~/.pgpass") as caught:
        Node.open(tw.folder)
    assert "hush" not in str(caught.value)


def test_a_database_that_cannot_be_reached_is_told_with_its_place_and_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tw, _ = make_pair(tmp_path)
    use_database(tw.folder, "postgresql://n2n@/n2n?host=/nowhere")
    assert main(["--home", str(tw.folder), "message", "list"]) == ExitCode.UNREACHABLE
    told = capsys.readouterr().err
    assert "postgresql:///nowhere/n2n: cannot be used now: the database cannot be reached" in told
    assert "see that PostgreSQL runs" in told
    assert main(["--home", str(tw.folder), "doctor", "--store"]) == ExitCode.NO
    assert "see that PostgreSQL runs" in capsys.readouterr().out
