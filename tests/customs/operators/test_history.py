"""What a record does to what is on file, and what was known when."""

from dataclasses import replace
from datetime import date

import pytest

from node.customs.operators.history import (
    Effect,
    OnFile,
    OperatorHistory,
    Row,
    as_of,
    as_received,
    effect_of,
    held_before,
    known_rows,
    moment_of,
    received_rows,
    unusual,
)
from tests.operators import at, head, record, source, status

FILE = OnFile(3, "ACTIVE", date(2020, 1, 1), date(2024, 1, 1), "content", at(2))
SOURCE = source(head([record()], 7), 5)


@pytest.mark.parametrize(
    ("operation", "content", "before", "effect"),
    [
        ("ADD", "content", None, Effect.ADDED),
        ("CHANGE", "content", None, Effect.ADDED),
        ("STATUS", "other", FILE, Effect.CHANGED),
        ("ADD", "content", FILE, Effect.UNCHANGED),
        ("ADD", "content", replace(FILE, present=False), Effect.ADDED),
        ("DELETE", "", FILE, Effect.DELETED),
        ("DELETE", "", None, Effect.NOTHING),
        ("DELETE", "", replace(FILE, present=False), Effect.NOTHING),
    ],
)
def test_operations_are_absolute(operation, content, before, effect):
    assert effect_of(operation, content, before) is effect


def test_a_record_closes_the_one_before_at_its_own_record_time_and_never_before_that_was_known():
    assert moment_of(at(5), None) == moment_of(at(5), FILE) == at(5)
    assert moment_of(at(1), FILE) == at(2)


ROWS = (
    Row(record("TW1", 1, 0, valid_to=date(2026, 12, 31)), SOURCE, at(0), at(1), at(9), at(10)),
    Row(status("TW1", 2, 9), SOURCE, at(9), at(10)),
)


@pytest.mark.parametrize(
    ("day", "known", "version"),
    [
        (date(2026, 11, 5), at(0), 1),
        (date(2026, 11, 5), at(8.99), 1),
        (date(2026, 11, 5), at(9), 1),
        (date(2026, 11, 9), at(9), 1),
        (date(2026, 11, 10), at(9), 2),
        (date(2027, 1, 1), at(8), None),
        (date(2026, 11, 5), at(-1), None),
    ],
)
def test_the_row_whose_record_time_holds_the_instant_and_whose_valid_time_holds_the_day(day, known, version):
    found = as_of(ROWS, day, known)
    assert (found and found.record.version) == version


def test_as_known_to_us_counts_from_the_receipt():
    assert as_received(ROWS, date(2026, 11, 20), at(9.5)).record.version == 1
    assert as_received(ROWS, date(2026, 11, 20), at(10)).record.version == 2
    assert as_received(ROWS, date(2026, 11, 20), at(0.5)) is None


def test_a_later_record_leaves_the_days_before_its_beginning_as_they_were():
    later, earlier = known_rows(ROWS, at(20))
    assert (later.record.version, later.record.valid_to) == (2, None)
    assert (earlier.record.version, earlier.record.valid_to) == (1, date(2026, 11, 9))
    assert [row.record.valid_to for row in received_rows(ROWS, at(9.5))] == [date(2026, 12, 31)]


def test_a_record_speaks_for_every_day_from_its_beginning_on():
    short = Row(status("TW1", 2, 9, valid_to=date(2026, 11, 12)), SOURCE, at(9), at(10))
    # What was before it does not come back when it ends.
    assert as_of((ROWS[0], short), date(2026, 11, 13), at(20)) is None
    retroactive = Row(record("TW1", 3, 12, valid_from=date(2019, 1, 1)), SOURCE, at(12), at(13))
    closed = replace(ROWS[1], known_until=at(12), received_until=at(13))
    assert [row.record.version for row in known_rows((ROWS[0], closed, retroactive), at(20))] == [3]
    assert as_of((ROWS[0], closed, retroactive), date(2026, 11, 20), at(11)).record.version == 2


def test_a_deletion_takes_everything_back_and_leaves_what_was_known():
    gone = replace(ROWS[1], known_until=at(12), received_until=at(13), deleted=True)
    assert known_rows((ROWS[0], gone), at(12)) == []
    assert len(known_rows((ROWS[0], gone), at(11.9))) == len(received_rows((ROWS[0], gone), at(12.9))) == 2
    back = Row(record("TW1", 3, 15, valid_from=date(2026, 11, 16)), SOURCE, at(15), at(15))
    assert as_of((ROWS[0], gone, back), date(2026, 11, 5), at(20)) is None
    assert held_before((ROWS[0], gone, back), date(2026, 11, 5)).record.version == 1
    assert held_before(ROWS, date(2019, 1, 1)) is None


def test_what_is_current_is_the_last_row_unless_it_was_closed():
    history = OperatorHistory("TW-CUSTOMS", "TW-AEO", "TW1", "AEOS", ROWS)
    assert history.current is ROWS[1]
    assert replace(history, rows=(ROWS[0],)).current is None
    assert replace(history, rows=()).current is None


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        (None, "ACTIVE", ""),
        (None, "REVOKED", "(none) -> REVOKED"),
        ("ACTIVE", "EXPIRED", ""),
        ("SUSPENDED", "SUSPENDED", ""),
        ("REVOKED", "ACTIVE", ""),
        ("REVOKED", "EXPIRED", "REVOKED -> EXPIRED"),
        ("WITHDRAWN", "SUSPENDED", "WITHDRAWN -> SUSPENDED"),
        ("WITHDRAWN", "ACTIVE", "WITHDRAWN -> ACTIVE without a new validation"),
        ("EXPIRED", "WITHDRAWN", ""),
    ],
)
def test_unusual_changes_are_told(was, now, said):
    before = None if was is None else replace(FILE, status=was)
    assert unusual(now, date(2024, 1, 1), before) == said


def test_a_new_validation_makes_a_return_usual():
    assert unusual("ACTIVE", date(2024, 1, 2), replace(FILE, status="EXPIRED")) == ""
    assert unusual("ACTIVE", None, replace(FILE, status="EXPIRED")) != ""
