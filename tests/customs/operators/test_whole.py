"""When parts are one set, and when it comes in its turn."""

from dataclasses import replace
from datetime import timedelta, timezone

from node.customs.operators.port import SetResult, SetState, result_from
from node.customs.operators.whole import SetIdentity, missing_parts, out_of_turn
from tests.operators import head, record

FULL_7 = head([record()], 7)
DELTA_8 = replace(FULL_7, mode="DELTA", since=7, to=8)


def test_parts_of_one_set_say_the_same_but_for_the_part():
    other = replace(
        FULL_7, part=2, quantity=9, document_id="x", snapshot_at=FULL_7.snapshot_at.astimezone(timezone(timedelta(hours=8)))
    )
    assert SetIdentity.of(FULL_7) == SetIdentity.of(other)
    assert SetIdentity.of(FULL_7) != SetIdentity.of(replace(FULL_7, digest="x"))


def test_a_full_list_is_in_turn_unless_it_is_older():
    assert out_of_turn(FULL_7, 0) is None
    assert out_of_turn(FULL_7, 7) is None
    assert out_of_turn(FULL_7, 8).state is SetState.OLDER


def test_a_delta_follows_the_sequence_it_names():
    assert out_of_turn(DELTA_8, 7) is None
    assert out_of_turn(DELTA_8, 6) == SetResult(SetState.GAP, why="sequence 6 expected, 7 received: send FULL")


def test_missing_parts_are_told_up_to_a_number():
    assert missing_parts({1, 3}, 4) == (2, 4)
    assert missing_parts({1, 2}, 2) == ()
    assert len(missing_parts({1}, 9999)) == 100


def test_a_result_is_kept_as_json():
    result = SetResult(SetState.APPLIED, {"ADDED": 1}, (2,), "why", ("a",))
    assert result_from(result.as_json(), again=False) == result
