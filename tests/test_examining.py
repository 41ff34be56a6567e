"""A home's store is judged and read, and nothing is made or written."""

from pathlib import Path

from node.app import Node
from node.examining import examine, looking
from node.setting import Setting
from tests.homes import make_pair
from tests.services import submission


def test_a_store_that_keeps_its_promises_has_no_findings(tmp_path: Path, document: Path) -> None:
    tw, _ = make_pair(tmp_path)
    node = Node.open(tw.folder)
    node.submit(submission(node, document))
    node.close()
    assert list(examine(tw.folder)) == []


def test_a_damaged_store_is_a_finding_and_no_crash(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    Node.open(tw.folder).close()
    database = tw.folder / "data" / "node.db"
    database.write_bytes(b"no database at all, but long enough to be looked at" * 100)
    assert ["file is not a database" in one.what for one in examine(tw.folder)] == [True]


def test_where_nothing_was_kept_there_is_nothing_to_look_at(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    with looking(Setting(tw.folder)) as found:
        assert found is None
    assert not (tw.folder / "data" / "node.db").exists()


def test_a_look_sees_what_was_kept_and_writes_nothing(tmp_path: Path, document: Path) -> None:
    tw, _ = make_pair(tmp_path)
    node = Node.open(tw.folder)
    exchange = node.submit(submission(node, document))
    node.close()
    before = (tw.folder / "data" / "node.db").read_bytes()
    with looking(Setting(tw.folder)) as found:
        assert found
        messages, judging = found
        assert messages.exchange(exchange.message_id)
        assert judging.trial(document.read_bytes(), "kr", "Submit", node.clock.now())
    assert (tw.folder / "data" / "node.db").read_bytes() == before
