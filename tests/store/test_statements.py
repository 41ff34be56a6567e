"""The prepared text is what the tables and statements say."""

import re
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Select
from sqlalchemy.dialects import sqlite

from node.store import prepared
from node.store.document_statements import document_statements
from node.store.postgres import Connection as Postgres
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
        ("DOCUMENT_OF_MESSAGE", "direction=? AND message_id=? AND partner=? AND payload=?"),
        ("DOCUMENTS_OF_MESSAGE", "direction=? AND message_id=?"),
        ("DOCUMENT", "INTEGER PRIMARY KEY"),
        ("DOCUMENTS", "INTEGER PRIMARY KEY (rowid<?)"),
        ("DOCUMENTS_OF_PARTNER", "document_partner (partner=? AND id<?)"),
        ("HELD_DOCUMENTS", "document_held"),
        ("DOCUMENTS_NUMBERED", "document_numbered (number=? AND id<?)"),
        ("DOCUMENTS_SAID", "document_said (document_id=? AND id<?)"),
        ("ANSWERS_OF", "document_answers (answers=?)"),
        ("DUE_ANSWERS", "document_due (id>?)"),
        ("FILED_MESSAGE", "sender=? AND document_id=?"),
        ("FILED_NUMBER", "document_filed_number (type_id=? AND number=?)"),
        ("NEXT_RETENTION", "document_purge (retention>?)"),
        ("KEPT_DOCUMENTS", "document_purge (retention=? AND registered_at>? AND registered_at<?)"),
        ("RETENTION_OF", "document_said (document_id=?)"),
        ("FILED_ENTRIES", "document_filed_number (type_id=? AND number=?)"),
        ("FILED_NAMING", "PRIMARY KEY (type_id=? AND number=? AND issuer=? AND by_type=? AND by_sender=?)"),
        ("NAMING_ANY", "PRIMARY KEY (type_id=? AND number=? AND issuer=?)"),
        ("STATE", "type_id=? AND number=? AND issuer=? AND machine=?"),
        ("STATES", "type_id=? AND number=? AND issuer=?"),
        ("STATES_IN", "document_state_in (type_id=? AND machine=? AND state=? AND id<?)"),
        ("MOVES", "document_move_of (type_id=? AND number=? AND issuer=?)"),
        ("TOTAL", "type_id=? AND number=? AND issuer=? AND item=?"),
        ("WRITTEN_OFF", "document_written_off_of (type_id=? AND number=? AND issuer=?)"),
        ("STEPS", "document_step_of (sender=? AND document_id=?)"),
        ("STANDING", "sender=? AND document_id=?"),
        ("DUE_STANDINGS", "document_standing_due (due_at>? AND due_at<?)"),
        ("LATE_STANDINGS", "document_standing_late"),
        ("NAMED", "PRIMARY KEY (value=?)"),
        ("DOCUMENTS_REGISTERED", "document_registered (partner=? AND registered_at>? AND registered_at<?)"),
        ("NIGHT", "partner=? AND night=?"),
        ("NIGHTS", "document_night_of (partner=? AND ends<?)"),
        ("BATCHED", "PRIMARY KEY (partner=? AND batch_id=?)"),
        ("AGREED_OF", "agreed_version_of (partner=?)"),
        ("APPROVALS", "PRIMARY KEY (agreed=?)"),
        ("AGREED_STEPS", "agreed_step_of (agreed=?)"),
        ("ONBOARDING_RECORDS", "partner=?"),
        ("UPDATE_NAMED", "partner=? AND direction=? AND request_id=?"),
        ("UPDATE_EXACT", "partner=? AND direction=? AND request_id=? AND digest=?"),
        ("UPDATES_ACCEPTED", "agreement_update_in (state=?)"),
        ("UPDATES_UNANSWERED", "agreement_update_in (state=?)"),
        ("UPDATES_OVER", "agreement_update_in (state=?)"),
        ("UPDATES_WAITING", "agreement_update"),
        ("UPDATES_DUE", "agreement_update_sending (sending=?)"),
        ("UPDATE_APPROVALS", "PRIMARY KEY (update_id=?)"),
        ("UPDATE_STEPS", "update_step_of (update_id=?)"),
        ("UPDATE_MARK", "update_step_accepted (event=?)"),
        ("AEO_CURRENT", "programme_id=? AND operator>?"),
        ("MESSAGE_IDS_FROM", "COVERING INDEX evidence_entry_message (message_id>?)"),
        ("MESSAGE_IDS_BEFORE", "COVERING INDEX evidence_entry_message (message_id<?)"),
        ("AEO_CURRENT_OF", "programme_id=? AND operator=?"),
    ],
)
def test_no_frequent_question_scans_a_table(connection, name, index):
    plan = " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {getattr(prepared, name).sqlite}", Anything()))
    assert index in plan
    assert name == "INBOUND_OF" or "TEMP B-TREE" not in plan


#: What is asked of documents, by a check or by people.
DOCUMENTS = sorted(
    name
    for name, statement in document_statements(sqlite.insert).items()
    if isinstance(statement, Select) and not name.startswith("LOCK_")
)


@pytest.fixture(scope="module")
def empty_postgres(postgres):
    with closing(Postgres(postgres.database())) as made:
        made.execute(prepared.SCHEMA)
        # With no rows at all, reading the whole table would be the shortest way.
        made.execute("SET enable_seqscan = off")
        yield made


@pytest.mark.server
@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_question_about_documents_scans_a_table_of_postgresql(empty_postgres, name):
    text = getattr(prepared, name).postgres
    rows = empty_postgres.execute(f"EXPLAIN {text}", dict.fromkeys(re.findall(r"%\((\w+)\)s", text), 1)).fetchall()
    plan = "\n".join(row[0] for row in rows)
    assert "Index" in plan
    assert "Seq Scan" not in plan
