"""The twin in memory; tests/store/test_operators.py holds it to the contract of the store."""

from node.customs.operators.in_memory import InMemoryOperators
from tests.operators import PROGRAMME, SENDER, record, take


def test_each_register_is_its_own():
    one, other = InMemoryOperators(), InMemoryOperators()
    take(one, [record("TW1")], 7)
    assert (one.latest_sequence(SENDER, PROGRAMME), other.latest_sequence(SENDER, PROGRAMME)) == (7, 0)
    assert other.find("TW1") == []
