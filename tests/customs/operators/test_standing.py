"""What a set must be on top of what is on file."""

from dataclasses import replace
from datetime import date

import pytest

from node.customs.operators.in_memory import InMemoryOperators
from node.customs.operators.record import Source
from node.customs.operators.record_set import DELTA
from node.customs.operators.standing import has_shrunk, is_active_again, is_not_newer, is_out_of_turn
from tests.operators import at, deletion, delta, head, many, record, status, take


@pytest.fixture
def register():
    made = InMemoryOperators()
    take(made, [record("TW1", 3), record("TW2", 3)], 7)
    return made


def found(register, records, one):
    """What is wrong with the set, then with its records by their position."""
    keys = [(record.tin, record.tier) for record in records]
    held = register.on_file(one.sender, one.programme, keys)
    told = [
        ("not newer", n)
        for n, r in enumerate(records, 1)
        if (before := held.get((r.tin, r.tier))) and is_not_newer(one, r, before)
    ]
    told += [
        ("active again", n)
        for n, r in enumerate(records, 1)
        if (before := held.get((r.tin, r.tier))) and is_active_again(r, before)
    ]
    if (expected := is_out_of_turn(one, register)) is not None:
        told.append(("out of turn", expected))
    if (shrunk := has_shrunk(one, register, 10)) is not None:
        told.append(("shrunk", shrunk))
    return told


def delta_of(records, since=7, to=8):
    return head(records, to, DELTA, since)


def test_a_delta_follows_the_latest_sequence(register):
    assert found(register, [], delta_of([])) == []
    assert found(register, [], delta_of([], 9, 10)) == [("out of turn", 7)]
    assert found(InMemoryOperators(), [], delta_of([], 0, 1)) == []


@pytest.mark.parametrize("version", [2, 3])
def test_a_record_is_newer_than_the_one_on_file(register, version):
    records = [record("TW9"), record("TW1", version)]
    assert found(register, records, delta_of(records)) == [("not newer", 2)]
    # A full list may say again what is on file.
    assert found(register, records, head(records, 8)) == []
    assert found(register, [record("TW1", 4)], delta_of(records)) == []


def test_another_tier_is_another_record(register):
    records = [record("TW1", 1, tier="AEOF")]
    assert found(register, records, delta_of(records)) == []


@pytest.mark.parametrize(
    ("validated", "refused"), [(None, True), (date(2026, 11, 9), True), (date(2026, 11, 10), True), (date(2026, 11, 11), False)]
)
def test_a_revoked_operator_is_active_again_only_after_a_later_validation(register, validated, refused):
    delta(register, [status("TW1", 4, 9, "REVOKED")], 7, 8, days=9)
    records = [status("TW1", 5, 20, "ACTIVE", validation_date=validated)]
    expected = [("active again", 1)] if refused else []
    assert found(register, records, delta_of(records, 8, 9)) == expected
    delta(register, [deletion("TW1", 5, 11)], 8, 9, days=12)
    added = [record("TW1", 6, 20, validation_date=validated)]
    assert found(register, added, delta_of(added, 9, 10)) == expected


def test_a_list_that_shrank_is_held():
    register = InMemoryOperators()
    take(register, many(20), 7)
    assert found(register, [], head(many(18), 8)) == []
    assert found(register, [], head(many(17), 8)) == [("shrunk", 15)]
    assert found(InMemoryOperators(), [], head([], 8)) == []


def test_a_list_in_parts_is_judged_with_its_last_part():
    register = InMemoryOperators()
    take(register, many(20), 7)
    records = many(17)
    digest = head(records, 8).digest
    first = head(records[:10], 8, digest=digest, part=1, parts=2)
    assert found(register, [], first) == []
    register.take(first, iter(records[:10]), Source("d1", "", at(2)))
    last = head(records[10:], 8, digest=digest, part=2, parts=2)
    assert found(register, [], last) == [("shrunk", 15)]
    assert found(register, [], replace(last, quantity=8)) == []
