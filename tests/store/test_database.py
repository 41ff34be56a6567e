"""Instants in columns sort as time does."""

from datetime import UTC, datetime, timedelta, timezone
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.configuration import ConfigurationError
from node.store import sqlite
from node.store.database import Database, check_library, instant, read_instant

SECONDS = st.integers(631_152_000, 6_942_672_000)
INSTANTS = st.builds(
    lambda seconds, micros, zone: datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros).astimezone(zone),
    SECONDS,
    st.integers(0, 999_999),
    st.sampled_from([UTC, timezone(timedelta(hours=8))]),
)


@settings(max_examples=100)
@given(INSTANTS, INSTANTS)
def test_instants_are_read_as_they_were_written_and_sort_as_time(one, other):
    assert read_instant(instant(one)) == one
    assert (instant(one) < instant(other)) == (one < other)


def test_an_instant_is_utc_with_microseconds():
    assert instant(datetime(2026, 11, 24, 8, tzinfo=timezone(timedelta(hours=8)))) == "2026-11-24T00:00:00.000000Z"


def test_a_reader_changes_nothing(store):
    with pytest.raises(sqlite.Error, match="readonly"):
        store.messages.database.reader().execute("DELETE FROM exchange")


def test_each_thread_reads_with_its_own_connection(store):
    database, found = store.messages.database, []
    for _ in range(2):
        thread = Thread(target=lambda: found.append(database.reader()))
        thread.start()
        thread.join()
    assert len({id(one) for one in (*found, database.reader(), database.reader())}) == 3


@pytest.mark.parametrize("number", ["3.40.1", "3.51.2"])
def test_a_sqlite_that_may_damage_the_store_is_refused(monkeypatch, tmp_path, number):
    monkeypatch.setattr(sqlite, "version", lambda: number)
    with pytest.raises(ConfigurationError, match=f"carries SQLite {number}, which may damage a database; install an apsw with"):
        Database(tmp_path / "node.db").create(datetime(2026, 11, 24, tzinfo=UTC))
    assert not (tmp_path / "node.db").exists()


def test_the_sqlite_at_work_is_mended():
    check_library(sqlite.version())
