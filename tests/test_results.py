"""What is owed for a list; two nodes tell the whole of it in tests/exchanges/test_operators.py."""

from datetime import UTC, datetime

import pytest

from node.customs.filing.registration import IN, About, Carried, Entry
from node.customs.operators.in_memory import InMemoryOperators
from node.results import Results
from tests.operators import record, take

NOW = datetime(2026, 11, 20, tzinfo=UTC)
RECORDS = [record("TW1"), record("TW2")]


def entry(number, document_id, type_id="aeo.recordset", duplicate_of=None):
    about = About(type_id, document_id, "TW-CUSTOMS", "KR-KCS", number="TW-AEO")
    carried = Carried(IN, f"as4-{document_id}", "tw")
    return Entry(number, carried, about, bytes(32), 1, NOW, "AP", (), 0, duplicate_of, None, "", None, "", "", None, "")


class Documents:
    def __init__(self, *entries):
        self.entries, self.owed = entries, []

    def carried_by(self, direction, message_id):
        return [one for one in self.entries if one.carried.message_id == message_id]

    def owe(self, row_id, answer):
        new = (row_id, answer) not in self.owed
        self.owed += [(row_id, answer)] if new else []
        return new


@pytest.fixture
def register():
    return InMemoryOperators()


def results(documents, register, arrived=lambda _: True):
    return Results(documents, register, lambda one, told, last, at: (told.level, told.rule, last), arrived)


def test_a_set_of_two_parts_is_told_when_it_is_whole_and_once(register):
    first, second = entry(1, "a"), entry(2, "b")
    documents = Documents(first, second)
    take(register, RECORDS[:1], 2, digest="x", part=1, parts=2, document_id="a")
    assert not results(documents, register).owe(first, NOW)
    take(register, RECORDS[1:], 2, digest="x", part=2, parts=2, document_id="b")
    assert results(documents, register).owe(second, NOW)
    assert documents.owed == [(1, ("L4", "AEO-15", False)), (2, ("L4", "AEO-15", True))]
    assert not results(documents, register).owe(second, NOW)


def test_a_part_that_the_consumer_has_not_yet_waits_for_its_turn(register):
    first, second = entry(1, "a"), entry(2, "b")
    documents = Documents(first, second)
    for place, name in enumerate("ab", 1):
        take(register, RECORDS[place - 1 : place], 2, digest="x", part=place, parts=2, document_id=name)
    assert results(documents, register, lambda one: one.id == 1).owe(first, NOW)
    assert documents.owed == [(1, ("L4", "AEO-15", False))]


def test_a_duplicate_and_another_document_are_told_nothing(register):
    take(register, RECORDS, 2, document_id="a")
    documents = Documents()
    assert not results(documents, register).owe(entry(2, "a", duplicate_of=1), NOW)
    assert not results(documents, register).owe(entry(2, "a", "co.certificate"), NOW)
    assert not results(documents, register).owe(entry(2, "unknown"), NOW)


def test_what_a_full_list_has_overtaken_is_told_too(register):
    first, second = entry(1, "a"), entry(2, "b")
    documents = Documents(first, second)
    take(register, RECORDS[:1], 2, digest="x", part=1, parts=2, document_id="a")
    take(register, RECORDS, 3, document_id="b", days=2)
    assert results(documents, register).owe(second, NOW)
    assert documents.owed == [(2, ("L4", "", True)), (1, ("LX", "", True))]
