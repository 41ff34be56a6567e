"""Rows of a set are kept small until the transaction reads them."""

import pytest

from node.customs.operators.record import content_hash, to_json
from node.store.database import instant
from node.store.staged import PAGE, PLAIN, StagedRows
from tests.operators import many


@pytest.mark.parametrize("quantity", [PAGE + 3, PLAIN + 3])
def test_rows_come_out_as_they_went_in_and_in_their_order(quantity: int) -> None:
    records = many(quantity)
    rows = StagedRows(iter(records))
    assert len(rows) == quantity
    assert list(rows) == [
        (
            *(one.key, one.status, one.version, number, one.operation, instant(one.recorded_at)),
            *(content_hash(to_json(one)), to_json(one)),
        )
        for number, one in enumerate(records)
    ]
    # A transaction that is begun anew reads them anew.
    assert sum(1 for _ in rows) == quantity


def test_a_fifth_of_the_memory_is_enough_for_many() -> None:
    records = many(PLAIN + 1)
    pages = StagedRows(records)._pages
    assert all(isinstance(one, bytes) for one in pages)
    assert sum(map(len, pages)) * 5 < sum(len(to_json(one).encode()) for one in records)


def test_a_document_of_a_list_is_left_as_it_is() -> None:
    assert not any(isinstance(one, bytes) for one in StagedRows(many(PAGE + 1))._pages)


def test_nothing_is_no_row() -> None:
    assert (len(StagedRows([])), list(StagedRows([]))) == (0, [])
