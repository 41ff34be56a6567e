"""A PostgreSQL database that several nodes share."""

import re
from datetime import UTC, datetime
from threading import Thread
from time import sleep

import pytest

from node.configuration import ConfigurationError
from node.msh.ports import StorageUnavailable
from node.store import prepared
from node.store.postgres import Connection
from node.store.postgres_database import PostgresDatabase, check_server
from node.store.wording import Wording
from tests.postgres import Postgres

pytestmark = pytest.mark.server
NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def database(postgres):
    made = PostgresDatabase(postgres.database(), "one")
    made.create(NOW)
    yield made
    made.close()


def test_many_processes_may_make_the_tables_at_the_same_time(postgres):
    url, failures = postgres.database(), []

    def create():
        try:
            PostgresDatabase(url, "x").create(NOW)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            failures.append(error)

    threads = [Thread(target=create) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert failures == []


def test_a_reader_takes_nothing(database):
    with pytest.raises(StorageUnavailable, match="read-only"):
        database.read("DELETE FROM exchange", {})


def test_a_reader_survives_a_restart_of_the_server(postgres):
    # Its own, since others use the one of this process.
    server = Postgres()
    database = PostgresDatabase(server.database(), "one")
    database.create(NOW)
    assert database.read(prepared.CIRCUITS, {}) == []
    server.kill()
    with pytest.raises(StorageUnavailable, match=r"postgresql://.*cannot be used now"):
        database.read(prepared.CIRCUITS, {})
    server.start()
    assert database.read(prepared.CIRCUITS, {}) == []
    database.close()
    server.stop()


def test_others_are_heard_and_oneself_is_not(database):
    other = PostgresDatabase(database._url, "other")
    before = database.changes_of_others(lambda work: 0)
    for one, heard in ((database, False), (other, True)):
        connection = one.connect()
        connection.begin()
        connection.cursor().wake()
        connection.commit()
        connection.close()
        # A notification takes its time.
        waited = 0
        while (found := database.changes_of_others(lambda work: 0)) == before and waited < (200 if heard else 10):
            waited += 1
            sleep(0.01)
        assert (found != before) is heard
    other.close()


def test_what_may_have_been_missed_counts_as_heard(database, postgres):
    before = database.changes_of_others(lambda work: 0)
    postgres.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
    found, told = before, ""
    while found == before:
        # When the end of the connection is seen is the kernel's choice.
        try:
            found = database.changes_of_others(lambda work: 0)
        except StorageUnavailable as error:
            told = str(error)
    assert "does not say what others do" in told


@pytest.mark.parametrize(
    ("number", "off", "said"),
    [(130_005, "", "is PostgreSQL 13; use PostgreSQL 14 or newer"), (150_001, "fsync", "fsync: is off")],
)
def test_a_server_that_may_lose_what_it_committed_is_refused(number, off, said):
    class Answer:
        def __init__(self, value):
            self.value = value

        def fetchone(self):
            return (self.value,)

    class Server:
        class raw:  # noqa: N801 - as psycopg has it
            class info:  # noqa: N801
                server_version = number

        def execute(self, statement):
            return Answer("off" if off and off in statement else "on")

    with pytest.raises(ConfigurationError, match=said):
        check_server(Server(), "postgresql://db/n2n")


def test_the_password_is_never_shown():
    shown = PostgresDatabase("postgresql://n2n:secret@db.example/n2n", "x").shown
    assert shown == "postgresql://db.example/n2n"


def test_each_statement_is_one_that_postgres_takes(database):
    connection = Connection(database._url)
    for name, wording in vars(prepared).items():
        if isinstance(wording, Wording) and name != "SCHEMA":
            connection.begin()
            values = dict.fromkeys(_names(wording.postgres))
            connection.execute("EXPLAIN " + wording.postgres, values)
            connection.raw.execute("ROLLBACK")
    connection.close()


def _names(text):
    return re.findall(r"%\((\w+)\)s", text)
