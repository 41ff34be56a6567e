"""Whatever is removed, altered or reordered on one side is found, exactly, with who does what about it."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.customs.finding import Outcome
from node.customs.reconciling.comparing import Difference, Kind, Reconciliation, Remedy, reconcile
from node.customs.reconciling.entry import Direction, Entry, Period
from tests.manifests import GRACE, NIGHT, SEEN, THEM, US, entry, mirrored, ours, theirs

SENT, RECEIVED = Direction.SENT, Direction.RECEIVED
HOUR = timedelta(hours=1)


def compared(mine: list[Entry], other: list[Entry]) -> Reconciliation:
    return reconcile(ours(mine), theirs(other), NIGHT, GRACE)


def only(result: Reconciliation) -> Difference:
    (found,) = result.differences
    return found


def test_the_same_on_both_sides_agrees() -> None:
    mine = [entry("a"), entry("b", RECEIVED, level="L2", outcome="RE"), entry("c", level="L1", outcome="")]
    result = compared(mine, [mirrored(one) for one in mine])
    assert (result.agreed, result.differences, result.agrees, result.verdict.outcome) == (3, (), True, Outcome.ACCEPTED)


def test_nothing_on_both_sides_agrees() -> None:
    assert compared([], []).verdict.outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("mine", "other", "kind", "remedy", "actor"),
    [
        # Sent by us, never arrived there.
        ([entry("a")], [], Kind.MISSING_THERE, Remedy.RESEND, US),
        # Sent by them, never arrived here.
        ([], [mirrored(entry("a", RECEIVED))], Kind.MISSING_HERE, Remedy.RESEND, THEM),
        # One side has received what the other never sent.
        ([entry("a", RECEIVED)], [], Kind.MISSING_THERE, Remedy.INVESTIGATE, ""),
        ([], [mirrored(entry("a"))], Kind.MISSING_HERE, Remedy.INVESTIGATE, ""),
        ([entry("a")], [mirrored(entry("a", octets=b"other"))], Kind.OTHER_DOCUMENT, Remedy.INVESTIGATE, ""),
    ],
)
def test_what_one_side_does_not_have(mine: list[Entry], other: list[Entry], kind: Kind, remedy: Remedy, actor: str) -> None:
    result = compared(mine, other)
    found = only(result)
    assert (found.kind, found.remedy, found.actor, found.transport_id) == (kind, remedy, actor, "as4-a@example")
    assert (result.agreed, result.agrees, result.verdict.outcome) == (0, False, Outcome.HELD)


@pytest.mark.parametrize(
    ("direction", "mine", "other", "remedy", "actor"),
    [
        # The receiver has decided and the sender does not know: they say refused, we think it is under way.
        (SENT, ("L2", "AP"), ("L4", "RE"), Remedy.ANSWER_AGAIN, THEM),
        (RECEIVED, ("L4", "RE"), ("L2", "AP"), Remedy.ANSWER_AGAIN, US),
        # The receipt is missing.
        (SENT, ("L0", ""), ("L1", ""), Remedy.RESEND, US),
        (RECEIVED, ("L1", ""), ("L0", ""), Remedy.RESEND, THEM),
        (SENT, ("L0", ""), ("L2", "AP"), Remedy.ANSWER_AGAIN, THEM),
        # The sender has an answer that the receiver never gave.
        (SENT, ("L4", "AP"), ("L2", "AP"), Remedy.INVESTIGATE, ""),
        (RECEIVED, ("L2", "AP"), ("L4", "AP"), Remedy.INVESTIGATE, ""),
        (SENT, ("LX", "AP"), ("L3", "AP"), Remedy.INVESTIGATE, ""),
    ],
)
def test_another_level(direction: Direction, mine: tuple[str, str], other: tuple[str, str], remedy: Remedy, actor: str) -> None:
    one = entry("a", direction, level=mine[0], outcome=mine[1])
    another = replace(mirrored(one), level=other[0], outcome=other[1])
    found = only(compared([one], [another]))
    assert (found.kind, found.remedy, found.actor) == (Kind.OTHER_LEVEL, remedy, actor)


@pytest.mark.parametrize(("later", "remedy"), [(timedelta(seconds=1), Remedy.INVESTIGATE), (-HOUR, Remedy.ANSWER_AGAIN)])
def test_of_two_outcomes_of_one_level_the_later_counts(later: timedelta, remedy: Remedy) -> None:
    """We sent it; the partner's pending is followed by its decision, never the other way round."""
    mine = entry("a", outcome="AJ")
    other = replace(mirrored(mine), outcome="RE", level_at=mine.level_at - later)
    assert only(compared([mine], [other])).remedy is remedy


def test_an_answer_that_was_just_given_may_be_under_way() -> None:
    mine = entry("a", level="L1", outcome="")
    at = SEEN - GRACE
    other = replace(mirrored(mine), level="L4", outcome="RE", level_at=at)
    assert only(compared([mine], [other])).kind is Kind.OTHER_LEVEL
    late = compared([mine], [replace(other, level_at=at + timedelta(milliseconds=1))])
    assert (only(late).kind, only(late).remedy, late.agrees) == (Kind.UNDECIDED, Remedy.WAIT, True)
    assert late.verdict.outcome is Outcome.ACCEPTED_WITH_WARNINGS


TICK = timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("at", "kind"),
    [
        (NIGHT.begins - TICK, None),
        (NIGHT.begins, Kind.UNDECIDED),
        (NIGHT.begins + GRACE - TICK, Kind.UNDECIDED),
        (NIGHT.begins + GRACE, Kind.MISSING_THERE),
        (NIGHT.ends - GRACE, Kind.MISSING_THERE),
        (NIGHT.ends - GRACE + TICK, Kind.UNDECIDED),
        (NIGHT.ends - TICK, Kind.UNDECIDED),
        (NIGHT.ends, None),
    ],
)
def test_at_the_edge_of_what_the_other_side_shows_nothing_can_be_told(at: datetime, kind: Kind | None) -> None:
    result = reconcile(ours([entry("a", at=at)]), theirs([], NIGHT), NIGHT, GRACE)
    assert [found.kind for found in result.differences] == ([kind] if kind else [])


def test_what_arrived_on_the_other_side_of_an_edge_is_found_there() -> None:
    sent = entry("a", at=NIGHT.ends - TICK)
    arrived = replace(mirrored(sent), registered_at=NIGHT.ends + timedelta(minutes=10))
    assert reconcile(ours([sent]), theirs([arrived]), NIGHT, GRACE).agreed == 1


def test_what_lies_outside_of_the_period_on_both_sides_is_for_another_night() -> None:
    outside = entry("a", at=NIGHT.ends)
    for other in (mirrored(outside), mirrored(entry("a", at=NIGHT.ends, octets=b"x")), replace(mirrored(outside), level="L5")):
        result = compared([outside], [other])
        assert (result.agreed, result.differences) == (0, ())


@pytest.mark.parametrize("ours_inside", [True, False])
def test_one_side_in_the_period_is_enough(*, ours_inside: bool) -> None:
    inside, outside = entry("a", at=NIGHT.begins), entry("a", at=NIGHT.begins - TICK)
    mine, other = (inside, outside) if ours_inside else (outside, inside)
    other = replace(other, direction=RECEIVED)
    assert compared([mine], [other]).agreed == 1
    assert only(compared([mine], [replace(other, digest=bytes(32))])).kind is Kind.OTHER_DOCUMENT


def test_a_document_that_is_listed_twice_counts_once() -> None:
    mine, other = entry("a"), mirrored(entry("a"))
    assert compared([mine, mine], [other, other]).agreed == 1
    assert len(compared([], [other, other]).differences) == 1


def test_a_view_knows_nothing_after_it_was_taken() -> None:
    other = mirrored(entry("a", RECEIVED))
    early = other.registered_at + GRACE
    assert only(reconcile(ours([], seen=early), theirs([other]), NIGHT, GRACE)).kind is Kind.MISSING_HERE
    assert only(reconcile(ours([], seen=early - TICK), theirs([other]), NIGHT, GRACE)).kind is Kind.UNDECIDED


def test_two_nights_together_leave_nothing_undecided_and_no_gap() -> None:
    """Each night is compared by its manifest and that of the night before; a lost document is told exactly once."""
    day = NIGHT.ends - NIGHT.begins
    told: Counter[str] = Counter()
    lost = [entry(f"{hours}", at=NIGHT.begins + timedelta(hours=hours)) for hours in range(72)]
    for night in range(1, 4):
        both = Period(NIGHT.begins + (night - 1) * day, NIGHT.begins + (night + 1) * day)
        seen = both.ends + timedelta(minutes=10)
        period = Period(both.begins + day, both.ends).earlier(GRACE)
        result = reconcile(ours(lost, both, seen), theirs([], both, seen), period, GRACE)
        assert {found.kind for found in result.differences} == {Kind.MISSING_THERE}
        told.update(found.message_id for found in result.differences)
    assert set(told.values()) == {1}
    assert sorted(map(int, told)) == list(range(23, 72))


def test_words_name_the_document_the_sides_and_the_remedy_in_both_languages() -> None:
    found = only(compared([entry("a")], [])).finding
    assert found.en == (
        "Document a (co.certificate) from TW-CUSTOMS is not on file at KR-CUSTOMS. "
        "Remedy: TW-CUSTOMS sends AS4 message as4-a@example again."
    )
    assert found.zh == (
        "KR-CUSTOMS 查無 TW-CUSTOMS 所發文件 a（co.certificate）。處理：請 TW-CUSTOMS 重新傳送 AS4 訊息 as4-a@example。"
    )
    one = entry("b", level="L2")
    refused = only(compared([one], [replace(mirrored(one), level="L4", outcome="RE")])).finding
    assert refused.en == (
        "Document b (co.certificate) from TW-CUSTOMS stands at L2 AP for TW-CUSTOMS and at L4 RE for KR-CUSTOMS. "
        "Remedy: KR-CUSTOMS sends its answer again."
    )
    assert "KR-CUSTOMS 為 L4 RE" in refused.zh


def test_both_sides_find_the_same_about_each_document() -> None:
    mine = [entry("a"), entry("b", RECEIVED), entry("d"), entry("c", level="L2")]
    other = [mirrored(entry("d", octets=b"x")), replace(mirrored(mine[3]), level="L4", outcome="RE"), mirrored(entry("e"))]
    here = compared(mine, other)
    there = reconcile(replace(theirs(other)), replace(ours(mine)), NIGHT, GRACE)
    flipped = {Kind.MISSING_HERE: Kind.MISSING_THERE, Kind.MISSING_THERE: Kind.MISSING_HERE}
    assert {(one.message_id, one.kind, one.remedy, one.actor) for one in here.differences} == {
        (one.message_id, flipped.get(one.kind, one.kind), one.remedy, one.actor) for one in there.differences
    }


# -- property: whatever is done to one side is found, and nothing else

WHAT = st.sampled_from(["keep", "remove here", "remove there", "other octets", "other level"])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(WHAT, st.sampled_from(Direction), st.integers(0, 21)), max_size=60), st.randoms(use_true_random=False))
def test_whatever_is_removed_altered_or_reordered_is_found_exactly(
    documents: list[tuple[str, Direction, int]], random: Random
) -> None:
    mine: list[Entry] = []
    other: list[Entry] = []
    expected = set()
    for number, (what, direction, hour) in enumerate(documents):
        # MessageIDs are unique for a sender, so that both directions use the same ones.
        one = entry(f"m{number // 2}-{direction.value}", direction, at=NIGHT.begins + (hour + 1) * HOUR, octets=b"%d" % number)
        one = replace(one, message_id=f"{number}")
        another = mirrored(one)
        if what == "remove here":
            other.append(another)
            expected.add((direction, one.message_id, Kind.MISSING_HERE))
            continue
        mine.append(one)
        if what == "remove there":
            expected.add((direction, one.message_id, Kind.MISSING_THERE))
            continue
        if what == "other octets":
            another = replace(another, digest=bytes(32))
            expected.add((direction, one.message_id, Kind.OTHER_DOCUMENT))
        if what == "other level":
            another = replace(another, level="L2", outcome="RE")
            expected.add((direction, one.message_id, Kind.OTHER_LEVEL))
        other.append(another)
    random.shuffle(mine)
    random.shuffle(other)
    result = compared(mine, other)
    assert {(found.direction, found.message_id, found.kind) for found in result.differences} == expected
    assert len(result.differences) == len(expected)
    assert result.agreed == sum(what == "keep" for what, _, _ in documents)
    assert result.agrees == (not expected)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(Direction), st.binary(max_size=1)), max_size=12),
    st.integers(0, 11),
)
def test_one_message_id_for_several_documents_hides_none(documents: list[tuple[str, Direction, bytes]], place: int) -> None:
    """A partner that uses a MessageID again makes more documents, of which each is found by its octets."""
    mine = [entry(name, direction, octets=octets) for name, direction, octets in documents]
    unique = list({one.order: one for one in mine}.values())
    other = [mirrored(one) for one in unique]
    assert compared(mine, other).agreed == len(unique)
    if unique:
        lost = other.pop(place % len(other))
        result = compared(mine, other)
        assert [(one.message_id, one.kind) for one in result.differences] == [(lost.message_id, Kind.MISSING_THERE)]


@pytest.mark.slow
def test_a_hundred_thousand_documents_of_one_message_id_are_compared() -> None:
    """Hostile, not merely large: work that grew with the square would not end."""
    other = [mirrored(entry("a", RECEIVED, octets=b"%d" % number)) for number in range(100_000)]
    result = compared([entry("a", RECEIVED, octets=b"%d" % number) for number in range(1, 100_000)], other)
    assert [found.kind for found in result.differences] == [Kind.MISSING_HERE]
