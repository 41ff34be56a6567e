"""A manifest that the node makes passes its own pack, in parts that follow each other."""

from datetime import timedelta

from lxml import etree

from node.customs.making.heading import following
from node.customs.reconciling.entry import Direction
from node.customs.reconciling.manifest import NAMESPACE
from tests.documents import rules
from tests.manifests import NIGHT, SEEN, THEM, entry, octets_of, ours

ENTRIES = [
    *(entry(f"s{number}", level="L2", outcome="CA") for number in range(6)),
    *(entry(f"r{number}", Direction.RECEIVED, level="L1", outcome="") for number in range(3)),
]


def said(octets: bytes, name: str) -> list[str]:
    return [element.text or "" for element in etree.fromstring(octets).iter(f"{{{NAMESPACE}}}{name}")]


def test_one_part_is_accepted_as_it_is() -> None:
    (octets,) = octets_of(ours(ENTRIES, NIGHT), THEM)
    assert rules(octets, at=SEEN) == []
    assert said(octets, "SequenceNumeric") == [str(number) for number in range(1, 10)]


def test_every_part_of_several_is_accepted_and_goes_on_where_the_one_before_ended() -> None:
    parts = octets_of(ours(ENTRIES, NIGHT), THEM, most=4)
    assert [rules(octets, at=SEEN) for octets in parts] == [[], [], []]
    assert [said(octets, "EntryQuantity") for octets in parts] == [["4", "6", "3"], ["4", "6", "3"], ["1", "6", "3"]]
    assert [said(octets, "SequenceNumeric")[0] for octets in parts] == ["1", "5", "9"]
    assert len({said(octets, "SetDigest")[0] for octets in parts}) == 1


def test_each_part_is_a_message_of_its_own_and_the_same_when_it_is_made_again() -> None:
    parts = octets_of(ours(ENTRIES, NIGHT), THEM, most=4)
    first = "urn:uuid:of-TW-CUSTOMS"
    assert [said(octets, "MessageID")[0] for octets in parts] == [first, following(first, "2"), following(first, "3")]
    assert octets_of(ours(reversed(ENTRIES), NIGHT), THEM, most=4) == parts


def test_what_was_registered_outside_of_the_period_is_left_out() -> None:
    around = [
        entry("before", at=NIGHT.begins - timedelta(seconds=1)),
        entry("after", at=NIGHT.ends),
        entry("in", at=NIGHT.begins),
    ]
    (octets,) = octets_of(ours(around, NIGHT), THEM)
    assert said(octets, "MessageID")[1:] == ["in"]


def test_a_night_without_documents_is_one_empty_part() -> None:
    (octets,) = octets_of(ours([], NIGHT), THEM)
    assert rules(octets, at=SEEN) == []
    assert said(octets, "EntryQuantity") == ["0", "0", "0"]


def test_ten_thousand_entries_are_one_part_and_one_more_is_two() -> None:
    many = [entry(f"{number:05}") for number in range(10_001)]
    assert len(octets_of(ours(many[:-1], NIGHT), THEM)) == 1
    parts = octets_of(ours(many, NIGHT), THEM)
    assert [len(said(octets, "Entry")) for octets in parts] == [10_000, 1]
    assert [rules(octets, at=SEEN) for octets in parts] == [[], []]
