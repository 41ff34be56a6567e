"""The prepared text is what the tables and statements say."""

from contextlib import closing
from pathlib import Path

import pytest

from node.store import prepared
from node.store.sqlite import Connection
from node.store.statements import STATEMENTS, prepared_text


def test_the_prepared_text_is_fresh():
    assert Path(prepared.__file__).read_text("utf-8") == prepared_text(), "run: python -m node.store.statements"


@pytest.fixture(scope="module")
def connection():
    with closing(Connection(":memory:")) as made:
        made.execute(prepared.SCHEMA)
        yield made


class Anything(dict):
    def __missing__(self, key):
        return 1


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_each_statement_is_one_that_sqlite_takes(connection, name):
    connection.execute(f"EXPLAIN {getattr(prepared, name).sqlite}", Anything())


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("EXCHANGE", "message_id=?"),
        ("EXCHANGE_STATE", "message_id=?"),
        ("DUE_PAIRS", "exchange_to_send (partner>?)"),
        ("CLAIM", "exchange_to_send (partner=? AND priority=? AND due_at<?)"),
        ("LAPSED", "exchange_state"),
        ("SEEN_BEFORE", "message_id=? AND from_party=?"),
        ("TO_DELIVER", "inbound_state (state=? AND test_service=?)"),
        ("INBOUND_OF", "message_id=?"),
        ("PAYLOADS", "direction=? AND owner_id=?"),
        ("HISTORY", "history_owner"),
        ("EXCHANGES_IN_STATE", "exchange_state"),
        ("EXCHANGE_COUNTS", "exchange_state"),
        ("EXCHANGES", "INTEGER PRIMARY KEY"),
    ],
)
def test_no_frequent_question_scans_a_table(connection, name, index):
    plan = " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {getattr(prepared, name).sqlite}", Anything()))
    assert index in plan
    assert name == "INBOUND_OF" or "TEMP B-TREE" not in plan
