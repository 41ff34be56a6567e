"""Rows of a set are kept small until the transaction reads them."""

from node.customs.operators.record import content_hash, to_json
from node.store.database import instant
from node.store.staged import PAGE, StagedRows
from tests.operators import many


def test_rows_come_out_as_they_went_in_and_in_their_order() -> None:
    records = many(PAGE + 3)
    rows = StagedRows(iter(records))
    assert len(rows) == PAGE + 3
    assert list(rows) == [
        (
            *(one.key, one.status, one.version, number, one.operation, instant(one.recorded_at)),
            *(content_hash(to_json(one)), to_json(one)),
        )
        for number, one in enumerate(records)
    ]
    # A transaction that is begun anew reads them anew.
    assert sum(1 for _ in rows) == PAGE + 3


def test_a_tenth_of_the_memory_is_enough() -> None:
    records = many(PAGE)
    rows = StagedRows(records)
    assert sum(map(len, rows._pages)) * 5 < sum(len(to_json(one).encode()) for one in records)


def test_nothing_is_no_row() -> None:
    assert (len(StagedRows([])), list(StagedRows([]))) == (0, [])
