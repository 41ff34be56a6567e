"""A node with its store open, as a command uses it beside whoever serves."""

from pathlib import Path

from node.app import Node
from tests.homes import make_pair
from tests.services import submission


def test_the_store_s_version_tells_others_writing_from_our_own(tmp_path: Path, document: Path) -> None:
    tw, _ = make_pair(tmp_path)
    ours, other = Node.open(tw.folder), Node.open(tw.folder)
    before = ours.version()
    ours.submit(submission(ours, document))
    assert ours.version() == before
    other.submit(submission(other, document))
    assert ours.version() != before
    ours.close()
    other.close()


def test_all_that_is_built_when_asked_is_built_anew_by_another_setting(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    node = Node.open(tw.folder)
    before = {name: getattr(node, name) for name in ("rehearsing", "asking", "agreeing", "updating", "checking")}
    node.take(node.read_again())
    assert [name for name, one in before.items() if getattr(node, name) is one] == []
    # What a message looks through is the new setting's too.
    assert node.ports.agreements is node.setting.agreements
    node.close()
