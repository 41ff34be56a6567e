"""Every arrangement at one glance."""

from datetime import timedelta

from node.customs.operators.arrangement import Arrangement, Direction, OwnProgramme
from node.customs.operators.board import LastOut, board
from node.customs.operators.in_memory import InMemoryOperators
from node.customs.operators.port import SetState
from tests.operators import at, delta, record, status, take

TW = Arrangement("tw", "TW-CUSTOMS", "TW-AEO", "TW", "p", every=timedelta(days=7))
KR = Arrangement("kr", "KR-KCS", "KR-AEO", "KR", "p", state="signed", direction=Direction.OUT)


def test_a_line_tells_how_far_a_partner_is():
    register = InMemoryOperators()
    take(register, [record("TW1"), record("TW2"), record("TW3", identifiers=())], 7)
    delta(register, [status("TW2", 2, 2), record("TW1", 1, 2, tier="AEOF")], 7, 8, days=2)
    delta(register, [], 9, 10, days=3)
    out = LastOut("FULL", 3, at(1), 5)
    line, other = board(register, [TW, KR], {"tw": out}, None, at(8))
    assert (line.sequence, line.last_in.to, line.last_out, line.operators) == (8, 8, out, 4)
    assert line.by_status == {"ACTIVE": 3, "SUSPENDED": 1}
    assert line.changes == {"CHANGED": 1, "ADDED": 1}
    assert [one.result.state for one in line.open] == [SetState.GAP]
    assert (line.age.old, line.age.stale) == (timedelta(days=6), False)
    assert line.coverage == {"TW-UBN": 0.75}
    assert line.conflicts == ("TW1 is active in two tiers: TW-CUSTOMS TW1 AEOF and TW-CUSTOMS TW1 AEOS",)
    assert (other.last_in, other.last_out, other.operators, other.age.agreed) == (None, None, 0, None)
    assert board(register, [TW], {}, None, at(10))[0].age.stale


def test_lists_without_an_arrangement_have_a_line_too():
    register = InMemoryOperators()
    take(register, [record("TW1")], 7)
    (line,) = board(register, [], {}, None, at(8))
    assert (line.arrangement, line.sender, line.operators) == (None, "TW-CUSTOMS", 1)


def test_our_own_programme_is_no_partners():
    register = InMemoryOperators()
    take(register, [record("TW1")], 7)
    assert board(register, [], {}, OwnProgramme("TW-CUSTOMS", "TW-AEO"), at(8)) == []
