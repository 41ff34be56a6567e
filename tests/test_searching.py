"""What is found in the log of a node that exchanged messages."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from node.app import Node
from node.evidence.entry import Kind
from node.retrieving import Message
from node.searching import Searching, Sought
from tests.exchanged import exchanged
from tests.homes import make_pair

IDS = ["m1@tw.example", "m2@tw.example", "n1@tw.example"]


@pytest.fixture(scope="module")
def kr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("homes")
    (folder / "a.xml").write_text("<a/>")
    tw, side = make_pair(folder)
    exchanged(tw, side, folder / "a.xml", IDS)
    node = Node.open(side.folder)
    yield node
    node.close()


def searching(node: Node, **numbers: str) -> Searching:
    """Where documents of some numbers came in some messages."""
    return Searching(
        node.evidence, lambda number, most: [Message(numbers[number], "tw", "in")][:most] if number in numbers else []
    )


def ids(node: Node, sought: Sought, **numbers: str) -> set[str]:
    return {one.message_id for one in searching(node, **numbers).find(sought, 100)}


def test_by_the_number_of_a_document(kr: Node) -> None:
    assert ids(kr, Sought(number="A1"), A1=IDS[0]) == {IDS[0]}
    assert ids(kr, Sought(number="A2"), A1=IDS[0]) == set()
    assert ids(kr, Sought(number="A1", message_id=IDS[1]), A1=IDS[0]) == set()
    found = searching(kr, A1=IDS[0]).find(Sought(number="A1", kind=Kind.DELIVERED), 9)
    assert [(one.kind, one.message_id) for one in found] == [("message.delivered", IDS[0])]


def test_by_number_and_payload_at_once(kr: Node) -> None:
    (entry,) = [one.entry for one in kr.evidence.of_message(IDS[0]) if one.entry.kind is Kind.RECEIVED]
    digest = entry.objects["payload-1"]
    # All three carried the same document.
    assert ids(kr, Sought(sha256=digest)) == set(IDS)
    assert ids(kr, Sought(sha256=digest, number="A1"), A1=IDS[2]) == {IDS[2]}
    assert ids(kr, Sought(sha256="0" * 64, number="A1"), A1=IDS[2]) == set()


def test_an_instant_is_in_the_time_that_it_begins_and_not_in_the_one_that_it_ends(kr: Node) -> None:
    (one,) = searching(kr).find(Sought(message_id=IDS[0]), 9)
    assert ids(kr, Sought(partner="tw", since=one.at, until=one.at + timedelta(microseconds=1))) == {IDS[0]}
    assert IDS[0] not in ids(kr, Sought(since=one.at + timedelta(microseconds=1)))
    assert ids(kr, Sought(since=one.at, until=one.at)) == set()


def test_no_more_than_asked_for(kr: Node) -> None:
    assert len(searching(kr).find(Sought(partner="tw"), 2)) == 2


def test_what_is_not_about_a_message_is_found_by_its_kind(kr: Node) -> None:
    kr.evidence.act(kr.clock.now(), "lin", "changed a key", "it aged")
    # Every log begins with an act of its own, which tells the settings.
    assert [one.kind for one in searching(kr).find(Sought(kind=Kind.ACTED), 9)] == ["act", "act"]
    assert "" not in ids(kr, Sought(since=kr.clock.now() - timedelta(days=1)))


def test_enough_of_the_beginning(kr: Node) -> None:
    found = searching(kr)
    assert found.completed("n") == ["n1@tw.example"]
    assert found.completed("m") == ["m1@tw.example", "m2@tw.example"]
    assert found.completed("m1@tw.example") == ["m1@tw.example"]
    assert found.completed("q") == []


def test_the_nearest(kr: Node) -> None:
    assert searching(kr).nearest("m2@tw.exmaple") == "m2@tw.example"
    assert searching(kr).nearest("something else") == ""


def test_the_register_of_the_node_knows_numbers(kr: Node) -> None:
    assert kr.proof.searching().find(Sought(number="none"), 9) == []
