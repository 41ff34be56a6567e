"""Evidence is looked for in every log of a store, and a bundle is of one."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from node.app import Node
from node.ebms.states import OutboundState
from node.logs import RetrievingOfAll, SearchingOfAll
from node.retrieving import Message, NothingThere, NotRetrievable
from node.searching import Sought
from node.store.evidence_places import EvidenceFolder
from tests.archives import Archive, bundled
from tests.homes import Side, make_pair
from tests.judged_bundles import holds
from tests.services import ended, serving, submission


@pytest.fixture
def both(tmp_path: Path, document: Path) -> tuple[Side, Archive]:
    """A home with an imported log and one of its own, in which it has sent `own@tw.example`."""
    archive = Archive(tmp_path, document, 2)
    archive.run()
    (tmp_path / "new").mkdir()
    tw, kr = make_pair(tmp_path / "new")
    node = Node.open(tw.folder)
    node.proof.importing(EvidenceFolder(archive.folder)).run(node.clock.now(), "Lin")
    node.close()

    async def story() -> None:
        async with serving(tw) as here, serving(kr):
            here.node.submit(replace(submission(here.node, document), message_id="own@tw.example"))
            here.push.wake()
            await ended(here.node, "own@tw.example", OutboundState.ACKNOWLEDGED)

    asyncio.run(story())
    return tw, archive


def test_each_message_is_proven_by_the_log_that_has_it(both: tuple[Side, Archive]) -> None:
    tw, archive = both
    old, own = (holds(bundled(tw, one)).manifest.log for one in (archive.sent[0], "own@tw.example"))
    node = Node.open(tw.folder)
    (log,) = node.imports.logs()
    assert (old, own) == (log.name, node.evidence.log().name)
    retrieving = node.proof.retrieving()
    assert isinstance(retrieving, RetrievingOfAll)
    of_both = [Message(archive.sent[0], "kr", "out"), Message("own@tw.example", "kr", "out")]
    with pytest.raises(NotRetrievable, match="in several logs, and a bundle is of one"):
        retrieving.gather(of_both, {"messages": []})
    with pytest.raises(NothingThere):
        retrieving.gather([Message("nobody", "kr", "out")], {"messages": []})
    assert retrieving.named("nobody") == []
    node.close()


def test_all_logs_are_searched(both: tuple[Side, Archive]) -> None:
    tw, archive = both
    node = Node.open(tw.folder)
    searching = node.proof.searching()
    assert isinstance(searching, SearchingOfAll)
    found = searching.find(Sought(partner="kr"), 99)
    assert {one.message_id for one in found} == {*archive.sent, "own@tw.example"}
    assert len(searching.find(Sought(partner="kr"), 2)) == 2
    assert searching.completed("own@") == ["own@tw.example"] and searching.completed("m1@tw.example") == ["m1@tw.example"]
    assert (searching.nearest("own@tw.exampel"), searching.nearest("m2@tw.exampel")) == ("own@tw.example", "m2@tw.example")
    node.close()
    # That somebody looked for an imported message makes it none of the own log.
    node = Node.open(tw.folder)
    about = {"message_id": archive.sent[0], "partner": "kr", "direction": "out"}
    node.evidence.retrieved(node.clock.now(), "Lin", "show", "x", about)
    found = node.proof.searching().find(Sought(message_id=archive.sent[0]), 9)
    assert next(one.kind for one in found) == "message.packaged"
    node.close()


def test_what_was_imported_is_not_archived_again(both: tuple[Side, Archive], tmp_path: Path) -> None:
    tw, archive = both
    again = tmp_path / "again"
    again.mkdir()
    assert archive.run(place=EvidenceFolder(again), side=tw).messages == 1
