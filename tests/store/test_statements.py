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


def test_a_look_up_of_an_operator_scans_nothing_but_what_it_names(connection):
    for name in ("AEO_HISTORY", "AEO_BY_IDENTIFIER", "AEO_BY_SCHEME", "AEO_BY_NAME", "AEO_ON_FILE"):
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {getattr(prepared, name).sqlite}", Anything())]
        # The list of numbers or keys that is asked for, and the sorting of what was found.
        scans = [step for step in plan if step.startswith("SCAN") and "VIRTUAL TABLE" not in step]
        assert scans == [], (name, plan)


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
        ("AEO_ON_FILE", "programme_id=? AND operator=?"),
        ("AEO_PRESENT", "programme_id=? AND operator>?"),
        ("AEO_IS_STAGED", "set_id=? AND operator>? AND operator<?"),
        ("AEO_STAGED", "set_id=?"),
        ("AEO_STAGED_LINES", "set_id=?"),
        ("AEO_DOCUMENT", "programme_id=? AND document_id=?"),
        ("AEO_BY_IDENTIFIER", "PRIMARY KEY (value=?)"),
        ("AEO_BY_SCHEME", "PRIMARY KEY (value=? AND scheme=?)"),
        ("AEO_BY_NAME", "PRIMARY KEY (beginning>? AND beginning<?)"),
        ("AEO_HELD", "partner=? AND programme=? AND operator>?"),
        ("AEO_CURRENT", "programme_id=? AND operator>?"),
        ("AEO_CURRENT_OF", "programme_id=? AND operator=?"),
    ],
)
def test_no_frequent_question_scans_a_table(connection, name, index):
    plan = " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {getattr(prepared, name).sqlite}", Anything()))
    assert index in plan
    assert name == "INBOUND_OF" or "TEMP B-TREE" not in plan
