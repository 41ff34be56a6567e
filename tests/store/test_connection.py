"""Rows by name and by place."""

import pytest

from node.store.connection import RowClasses


def test_a_row_knows_its_columns_by_name_and_by_place():
    classes = RowClasses()
    row = classes.of(("id", "name"))((7, "kr"))
    assert (row["id"], row["name"], row[1], tuple(row), row.keys()) == (7, "kr", "kr", (7, "kr"), ("id", "name"))
    with pytest.raises(KeyError):
        row["partner"]


def test_each_set_of_columns_has_one_class():
    classes = RowClasses()
    assert classes.of(("a", "b")) is classes.of(("a", "b"))
    assert classes.of(("b", "a"))((1, 2))["a"] == 2
