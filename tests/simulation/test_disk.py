"""The simulated disk: what was synced survives every power cut, what was not may go, and a dead process reaches nothing."""

import random
from contextlib import suppress

import apsw
import pytest

from node.simulation.disk import SimulatedDisk


def connect(disk, path, synchronous="FULL"):
    connection = apsw.Connection(str(path), vfs=disk.vfs)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    return connection


def close(connection):
    with suppress(apsw.Error):
        connection.close()


def rows(connection):
    return [one for (one,) in connection.execute("SELECT a FROM t ORDER BY a")]


@pytest.mark.parametrize("seed", range(30))
def test_what_was_committed_survives_a_power_cut(tmp_path, seed):
    chance, disk, path = random.Random(seed), SimulatedDisk(), tmp_path / "a.db"
    connection = connect(disk, path)
    connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b)")
    committed = 0
    for _ in range(4):
        for _ in range(chance.randrange(60)):
            connection.execute("INSERT INTO t (b) VALUES (?)", (bytes(chance.randrange(9000)),))
            committed += 1
        connection.execute("BEGIN; INSERT INTO t (b) VALUES (zeroblob(70000))")
        disk.power_cut(chance)
        close(connection)
        disk.start()
        connection = connect(disk, path)
        assert rows(connection) == list(range(1, committed + 1))
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("how", ["NORMAL", "lies"])
def test_what_was_not_synced_is_lost_in_some_power_cut(tmp_path, how):
    lost = 0
    for seed in range(10):
        disk, path = SimulatedDisk(), tmp_path / f"{seed}.db"
        connection = connect(disk, path, "NORMAL" if how == "NORMAL" else "FULL")
        connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b)")
        connection.execute("PRAGMA wal_checkpoint")
        disk.lies = how == "lies"
        for _ in range(10):
            connection.execute("INSERT INTO t (b) VALUES (1)")
        disk.power_cut(random.Random(seed))
        close(connection)
        disk.start()
        disk.lies = False
        lost += 10 - len(rows(connect(disk, path)))
    assert lost > 0


def test_the_end_of_a_process_loses_nothing_that_was_written(tmp_path):
    disk, path = SimulatedDisk(), tmp_path / "a.db"
    connection = connect(disk, path, "OFF")
    connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b); INSERT INTO t (b) VALUES (1)")
    disk.crash()
    with pytest.raises(apsw.Error):
        connection.execute("INSERT INTO t (b) VALUES (2)")
    close(connection)
    disk.start()
    assert rows(connect(disk, path)) == [1]
