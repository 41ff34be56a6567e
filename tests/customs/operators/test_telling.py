"""What the sender of a list is told of it."""

import pytest

from node.customs.operators.in_memory import InMemoryOperators
from node.customs.operators.port import RecordLine, SetResult, SetState
from node.customs.operators.record_set import DELTA
from node.customs.operators.telling import Told, told_of
from tests.operators import delta, record, status, take


def test_every_record_of_a_change_is_told():
    register = InMemoryOperators()
    assert told_of(take(register, [record("TW1"), record("TW2")], 2)) == Told("L4")
    result = delta(register, [status("TW1", 2, 1)], 2, 3)
    assert told_of(result) == Told("L4", records=(RecordLine("TW1", "AEOS", 2, "CHANGED"),))


def test_a_gap_tells_what_was_expected_and_what_came():
    told = told_of(take(InMemoryOperators(), [record("TW1")], 8, DELTA, 5))
    assert told == Told("L4", rule="AEO-12", location="/AeoRecordSet/SinceSequence", args=("0", "5"))


@pytest.mark.parametrize("state", [SetState.OLDER, SetState.OVERTAKEN])
def test_what_a_newer_list_has_overtaken_is_superseded(state):
    assert told_of(SetResult(state)) == Told("LX", "SUPERSEDED")


def test_as_long_as_parts_are_missing_nothing_is_told():
    register, records = InMemoryOperators(), [record("TW1"), record("TW2")]
    assert told_of(take(register, records[:1], 2, digest="x", part=1, parts=2)) is None
    told = told_of(take(register, records[1:], 2, digest="x", part=2, parts=2))
    assert told == Told("L4", rule="AEO-15", location="/AeoRecordSet/SetDigest")
    assert [one for one, _ in register.parts_like("TW-CUSTOMS", "TW-AEO", "doc-TW-CUSTOMS-FULL-2-1")] == [
        "doc-TW-CUSTOMS-FULL-2-1",
        "doc-TW-CUSTOMS-FULL-2-2",
    ]
