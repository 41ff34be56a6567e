"""Where a message stands on the ladder: up, never back, and which step is late when."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.customs.ladder import NO_DEADLINES, ORDER, RUNGS, Deadlines, Reached, stand

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
AGREED = Deadlines({"L1": timedelta(hours=1), "L2": timedelta(minutes=15), "L4": timedelta(days=2), "L5": timedelta(days=30)})


def at(minutes):
    return START + timedelta(minutes=minutes)


def heard(*steps):
    return [Reached(level, outcome, at(minutes), at(minutes), "m") for level, outcome, minutes in steps]


@pytest.mark.parametrize(
    ("steps", "level", "awaits", "due"),
    [
        ([("L0", "", 0)], "L0", "L1", 60),
        ([("L0", "", 0), ("L1", "", 5)], "L1", "L2", 20),
        ([("L0", "", 0), ("L1", "", 5), ("L2", "AP", 6)], "L2", "L4", 6 + 2880),
        # a step may be skipped
        ([("L0", "", 0), ("L3", "AJ", 7)], "L3", "L4", 7 + 2880),
        ([("L0", "", 0), ("L4", "CA", 9)], "L4", "L5", 9 + 43200),
        # and is never taken back
        ([("L0", "", 0), ("L4", "AP", 9), ("L2", "AP", 10), ("L1", "", 11)], "L4", "L5", 9 + 43200),
        # the same step again wins no time
        ([("L0", "", 0), ("L2", "AP", 5), ("L2", "CA", 500)], "L2", "L4", 5 + 2880),
    ],
)
def test_the_next_agreed_step_is_due_after_the_highest_one(steps, level, awaits, due):
    ladder = stand(heard(*steps), AGREED, at(due) - timedelta(microseconds=1))
    assert (ladder.level, ladder.awaits, ladder.due_at, ladder.late, ladder.ended) == (level, awaits, at(due), False, False)
    assert stand(heard(*steps), AGREED, at(due)).late


@pytest.mark.parametrize("last", [("L2", "RE", 9), ("L4", "RE", 9), ("L5", "AP", 9), ("LX", "AP", 9)])
def test_a_refusal_a_use_and_another_end_end_it(last):
    ladder = stand(heard(("L0", "", 0), ("L1", "", 1), last), AGREED, at(10**6))
    assert (ladder.ended, ladder.awaits, ladder.due_at, ladder.late) == (True, "", None, False)
    assert ladder.told(last[0]).outcome == last[1]


def test_what_the_document_itself_wants_comes_before_what_was_agreed():
    wanted = {"L4": at(100), "L5": at(10**6)}
    early = stand(heard(("L0", "", 0), ("L1", "", 1)), AGREED, at(50), wanted=wanted)
    assert (early.awaits, early.due_at, early.late) == ("L2", at(16), True)
    # Whichever is due first.
    assert stand(heard(("L0", "", 0)), AGREED, at(0), wanted={"L4": at(30)}).awaits == "L4"
    decided = stand(heard(("L0", "", 0), ("L2", "AP", 2)), AGREED, at(50), wanted=wanted)
    assert (decided.awaits, decided.due_at) == ("L4", at(100))
    used = stand(heard(("L0", "", 0), ("L4", "AP", 90)), NO_DEADLINES, at(99), wanted=wanted)
    assert (used.awaits, used.due_at) == ("L5", at(10**6))
    assert stand(heard(("L4", "RE", 90)), AGREED, at(99), wanted=wanted).awaits == ""


def test_what_is_only_received_ends_with_its_receipt():
    assert stand(heard(("L0", "", 0)), AGREED, at(99), answered=False).awaits == "L1"
    assert stand(heard(("L0", "", 0), ("L1", "", 1)), AGREED, at(99), answered=False).ended


def test_without_deadlines_nothing_is_late():
    ladder = stand(heard(("L0", "", 0)), NO_DEADLINES, at(10**6))
    assert (ladder.awaits, ladder.late, ladder.ended) == ("", False, False)
    assert stand([], AGREED, START).level == ""


def test_a_partner_with_another_clock_changes_no_deadline():
    told = Reached("L2", "AP", at(-(10**6)), at(5), "m")
    assert stand([*heard(("L0", "", 0)), told], AGREED, at(6)).due_at == at(5 + 2880)


def test_every_step_has_its_words_in_both_languages():
    assert ORDER == ("L0", "L1", "L2", "L3", "L4", "L5", "LX")
    assert all(rung.en and rung.zh for rung in RUNGS.values())
    assert {level: "".join(sorted(rung.outcomes)) for level, rung in RUNGS.items()} == {
        "L0": "",
        "L1": "",
        "L2": "APCARE",
        "L3": "AJAP",
        "L4": "AJAPCARE",
        "L5": "APRE",
        "LX": "AP",
    }


STEPS = st.lists(
    st.tuples(st.sampled_from(ORDER), st.sampled_from(["", "AP", "CA", "AJ", "RE"]), st.integers(0, 10**5)), max_size=12
)


@given(STEPS, STEPS)
def test_whatever_is_heard_it_never_goes_back_and_never_begins_again(first, more):
    before, after = stand(heard(*first), AGREED, START), stand(heard(*first, *more), AGREED, START)
    rank = ("", *ORDER)
    assert rank.index(after.level) >= rank.index(before.level)
    assert after.ended >= before.ended


@given(STEPS)
def test_the_order_in_which_it_is_heard_does_not_matter(steps):
    one, other = stand(heard(*steps), AGREED, at(50)), stand(reversed(heard(*steps)), AGREED, at(50))
    assert (one.level, one.awaits, one.due_at, one.late, one.ended) == (
        other.level,
        other.awaits,
        other.due_at,
        other.late,
        other.ended,
    )
