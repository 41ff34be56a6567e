"""A receiver of a batch knows which of its messages are missing, and no total that somebody names costs anything."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.customs.reconciling.batch import MOST, BatchState, Mark, MarkRefused, batch_id, completeness, marks, read_mark
from node.msh.submit import checked_message_id

ONE, OTHER = hashlib.sha256(b"1").digest(), hashlib.sha256(b"2").digest()


def test_a_mark_is_read_as_it_was_written() -> None:
    mark = Mark("b", 3, 120)
    assert mark.properties() == {"batchId": "b", "batchSequence": "3", "batchTotal": "120"}
    assert read_mark({**mark.properties(), "campaign": "x"}) == mark


def test_a_message_that_came_alone_has_no_mark() -> None:
    assert read_mark({"businessId": "1"}) is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"batchId": ""}, "batchId is missing beside batchSequence, batchTotal"),
        ({"batchTotal": ""}, "batchTotal is missing beside batchId, batchSequence"),
        ({"batchSequence": "0"}, "batchSequence is '0', not a number from 1 to 999999"),
        ({"batchSequence": "121"}, "batchSequence 121 is above batchTotal 120"),
        ({"batchSequence": "-1"}, "batchSequence is '-1'"),
        ({"batchSequence": "+1"}, "batchSequence is '+1'"),
        ({"batchSequence": "1_0"}, "batchSequence is '1_0'"),
        ({"batchSequence": "\u0663"}, "batchSequence is '\u0663'"),
        ({"batchTotal": "1000000"}, "batchTotal is '1000000'"),
        ({"batchTotal": "9" * 5000}, "batchTotal is '99999999999999999999', not"),
        ({"batchId": "x" * 71}, "batchId has more than 70 characters"),
    ],
)
def test_what_is_no_mark_is_refused(change: dict[str, str], told: str) -> None:
    with pytest.raises(MarkRefused, match=f"^{re.escape(told)}"):
        read_mark({**Mark("b", 3, 120).properties(), **change})


def test_the_same_folder_for_the_same_partner_is_the_same_batch() -> None:
    files = [("1.xml", ONE), ("2.xml", OTHER)]
    same = batch_id("kr", files)
    assert batch_id("kr", iter(files)) == same
    others = [
        batch_id("jp", files),
        batch_id("kr", files[::-1]),
        batch_id("kr", files[:1]),
        batch_id("kr", [("1.xml", OTHER), ("2.xml", OTHER)]),
        batch_id("kr", [("2.xml", ONE), ("1.xml", OTHER)]),
    ]
    assert len({same, *others}) == 6


def test_names_cannot_be_shifted_into_digests() -> None:
    assert batch_id("kr", [("a" + ONE.hex(), OTHER)]) != batch_id("kr", [("a", ONE), ("", OTHER)])


def test_a_message_of_a_batch_has_one_id_that_as4_takes() -> None:
    made = [mark.transport_id("node.tw.example") for mark in marks("a batch: \u6279\u6b21", 3)]
    assert len(set(made)) == 3
    assert made == [mark.transport_id("node.tw.example") for mark in marks("a batch: \u6279\u6b21", 3)]
    assert [checked_message_id(one) for one in made] == made
    assert made[0] != next(marks("another", 3)).transport_id("node.tw.example")


@pytest.mark.parametrize("total", [0, -1, MOST + 1])
def test_a_batch_has_an_end(total: int) -> None:
    with pytest.raises(MarkRefused):
        marks("b", total)


def state(*places: int, total: int = 5) -> BatchState:
    return completeness((Mark("b", place, total), ONE) for place in places)["b"]


@pytest.mark.parametrize(
    ("places", "missing"),
    [
        ((1, 2, 3, 4, 5), ()),
        ((5, 4, 3, 2, 1, 1), ()),
        ((2, 3, 4, 5), ((1, 1),)),
        ((1, 2, 3, 4), ((5, 5),)),
        ((3,), ((1, 2), (4, 5))),
        ((1, 5), ((2, 4),)),
    ],
)
def test_what_is_missing_is_told_in_runs(places: tuple[int, ...], missing: tuple[tuple[int, int], ...]) -> None:
    found = state(*places)
    assert (found.missing, found.complete) == (missing, not missing)
    assert found.missing_count == sum(last - first + 1 for first, last in missing)


def test_two_documents_in_one_place_and_two_totals_are_told() -> None:
    both = completeness([(Mark("b", 1, 2), ONE), (Mark("b", 1, 2), OTHER), (Mark("b", 2, 2), ONE)])["b"]
    assert (both.twice, both.missing, both.complete) == ((1,), (), False)
    totals = completeness([(Mark("b", 1, 2), ONE), (Mark("b", 2, 3), ONE), (Mark("b", 3, 3), ONE)])["b"]
    assert (totals.totals, totals.total, totals.complete) == ((2, 3), 3, False)


def test_batches_are_apart() -> None:
    found = completeness([(Mark("a", 1, 1), ONE), (Mark("b", 1, 2), ONE)])
    assert {batch: one.complete for batch, one in found.items()} == {"a": True, "b": False}


def test_words_say_what_is_missing_and_who_does_what() -> None:
    (found,) = state(1, 3).findings("KR-CUSTOMS")
    assert found.rule == "BAT-01"
    assert found.en.startswith("Of batch b from KR-CUSTOMS, 3 of 5 messages are missing: 2, 4-5. Remedy: KR-CUSTOMS submits")
    assert found.zh.startswith("KR-CUSTOMS 之批次 b 共 5 則訊息，缺 3 則：2, 4-5。")
    assert list(state(1, 2, 3, 4, 5).findings("KR-CUSTOMS")) == []
    wrong = completeness([(Mark("b", 1, 2), ONE), (Mark("b", 1, 3), OTHER)])["b"]
    assert [one.rule for one in wrong.findings("KR-CUSTOMS")] == ["BAT-03", "BAT-02", "BAT-01"]
    assert "2, 3" in next(wrong.findings("KR-CUSTOMS")).zh


@given(st.integers(1, 60), st.data())
def test_whatever_subset_is_lost_is_missing(total: int, data: st.DataObject) -> None:
    lost = data.draw(st.sets(st.integers(1, total), max_size=total - 1))
    came = [place for place in range(1, total + 1) if place not in lost]
    again = data.draw(st.lists(st.sampled_from(came), max_size=5))
    order = data.draw(st.permutations(came + again))
    found = state(*order, total=total)
    assert {place for first, last in found.missing for place in range(first, last + 1)} == lost
    assert (found.missing_count, found.arrived) == (len(lost), total - len(lost))


def test_a_total_costs_nothing() -> None:
    found = completeness((Mark(f"{number}", 1, MOST), ONE) for number in range(5_000))
    assert {one.missing for one in found.values()} == {((2, MOST),)}
