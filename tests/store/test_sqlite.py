"""SQLite as the store sees it: rows by name and by place, what a statement changed, and no statement left standing."""

import pytest

from node.store.faults import ConstraintError, Error
from node.store.sqlite import Connection, is_mended


@pytest.fixture
def connection(tmp_path):
    made = Connection(tmp_path / "t.db", named=True)
    made.execute("PRAGMA journal_mode = WAL")
    made.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE, b)")
    yield made
    made.close()


def test_a_row_knows_its_columns_by_name_and_by_place(connection):
    connection.execute("INSERT INTO t (a, b) VALUES (:a, :b)", {"a": "x", "b": b"y", "more": 1})
    (row,) = connection.execute("SELECT id, a, b AS c FROM t").fetchall()
    assert (row["id"], row["a"], row["c"], row[1], tuple(row), row.keys()) == (
        1,
        "x",
        b"y",
        "x",
        (1, "x", b"y"),
        ("id", "a", "c"),
    )
    with pytest.raises(KeyError):
        row["b"]


def test_changes_and_ids_are_those_of_the_last_statement(connection):
    cursor = connection.cursor()
    cursor.execute("INSERT INTO t (a) VALUES (1)")
    assert (cursor.rowcount, cursor.lastrowid) == (1, 1)
    cursor.execute("INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO NOTHING")
    assert cursor.rowcount == 0
    cursor.execute("INSERT INTO t (a) VALUES (2)")
    cursor.execute("UPDATE t SET b = 3")
    assert cursor.rowcount == 2
    cursor.execute("UPDATE t SET b = 3 WHERE a = 9")
    assert cursor.rowcount == 0


def test_a_constraint_is_an_error_of_its_own(connection):
    connection.execute("INSERT INTO t (a) VALUES (1)")
    with pytest.raises(ConstraintError):
        connection.execute("INSERT INTO t (a) VALUES (1)")


def test_one_row_that_was_fetched_keeps_no_snapshot(connection, tmp_path):
    connection.execute("INSERT INTO t (a) VALUES (1)")
    reader = Connection(tmp_path / "t.db", read_only=True)
    cursor = reader.execute("SELECT count(*) FROM t")
    assert cursor.fetchone() == (1,)
    connection.execute("INSERT INTO t (a) VALUES (2)")
    assert reader.execute("SELECT count(*) FROM t").fetchone() == (2,)
    assert cursor.fetchone() is None
    with pytest.raises(Error, match="readonly"):
        reader.execute("DELETE FROM t")
    reader.close()


def test_no_value_is_left_out_by_mistake(connection):
    with pytest.raises(KeyError):
        connection.execute("INSERT INTO t (a, b) VALUES (:a, :b)", {"a": 1})


@pytest.mark.parametrize(
    ("number", "mended"), [("3.51.3", True), ("3.54.1", True), ("4.0", True), ("3.51.2", False), ("3.9.9", False)]
)
def test_a_version_is_mended_or_not(number, mended):
    assert is_mended(number) is mended
