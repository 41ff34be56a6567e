"""A walk sees every row once, however many pages there are."""

import pytest

from node.store import prepared
from node.store import walk as module
from node.store.walk import walk


@pytest.mark.parametrize("page", [1, 2, 3, 500])
def test_every_row_comes_once_in_the_order_of_its_id(store, a, monkeypatch, page):
    monkeypatch.setattr(module, "PAGE", page)
    ids = [f"m{number}@h" for number in range(5)]
    for one in ids:
        store.messages.submit(a.exchange(one))
    assert [row["message_id"] for row in walk(store.messages, prepared.WALK_EXCHANGES)] == ids


def test_an_empty_table_has_no_rows(store):
    assert list(walk(store.messages, prepared.WALK_INBOUNDS)) == []
