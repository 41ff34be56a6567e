"""Which way lists go under an arrangement."""

import pytest

from node.customs.operators.arrangement import Arrangement, Direction


@pytest.mark.parametrize(("direction", "sends", "receives"), [("in", True, False), ("out", False, True), ("both", True, True)])
def test_a_direction_says_who_gets_lists(direction, sends, receives):
    one = Arrangement("kr", "KR-KCS", "KR-AEO", "KR", "p", direction=Direction(direction))
    assert (one.sends, one.receives) == (sends, receives)
