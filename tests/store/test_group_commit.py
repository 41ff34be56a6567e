"""Many callers, one transaction: nobody waits for ever, and nobody pays for another's failure."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Thread

import pytest

from node.msh.ports import StorageUnavailable
from node.store.faults import ConstraintError
from node.store.group_commit import GROUP, GroupCommit
from node.store.sqlite import Connection


@pytest.fixture
def path(tmp_path):
    connection = Connection(tmp_path / "t.db")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE t (v INTEGER UNIQUE)")
    connection.close()
    return tmp_path / "t.db"


@pytest.fixture
def writer(path):
    made = GroupCommit(lambda: Connection(path))
    yield made
    made.close()


def insert(value):
    return lambda cursor: cursor.execute("INSERT INTO t VALUES (?)", (value,)).lastrowid


def values(path):
    connection = Connection(path)
    found = [row[0] for row in connection.execute("SELECT v FROM t ORDER BY v")]
    connection.close()
    return found


class Held:
    """Keeps the leader busy until `go`, so that the jobs that are entered meanwhile form one group."""

    def __init__(self, writer):
        self.begun, self.go, self.ended = Event(), Event(), []
        self.writer = writer
        self.threads = [Thread(target=self.note, args=(self.wait,))]
        self.threads[0].start()
        self.begun.wait()

    def wait(self, cursor):
        self.begun.set()
        self.go.wait()

    def note(self, work):
        try:
            self.ended.append(self.writer.run(work))
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the test looks at it
            self.ended.append(error)

    def enter(self, work):
        before = len(self.writer._waiting)
        self.threads.append(Thread(target=self.note, args=(work,)))
        self.threads[-1].start()
        while len(self.writer._waiting) == before:
            pass

    def let_go(self):
        self.go.set()
        for thread in self.threads:
            thread.join()
        return self.ended[1:]


def test_what_was_run_is_committed_when_run_returns(writer, path):
    assert writer.run(insert(1)) == 1
    assert values(path) == [1]


def test_a_group_shares_one_transaction(writer, path):
    held = Held(writer)

    def insert_unseen(value):
        def work(cursor):
            cursor.execute("INSERT INTO t VALUES (?)", (value,))
            # Nothing of the group is committed before all of it is done.
            return values(path)

        return work

    for value in range(5):
        held.enter(insert_unseen(value))
    assert held.let_go() == [[]] * 5
    assert values(path) == [0, 1, 2, 3, 4]


def test_a_failure_in_a_group_is_its_own(writer, path):
    held = Held(writer)

    def fails_half_way(cursor):
        cursor.execute("INSERT INTO t VALUES (10)")
        raise KeyError("mine")

    for work in (insert(1), fails_half_way, insert(2), insert(1), insert(3)):
        held.enter(work)
    failures = {type(one) for one in held.let_go() if isinstance(one, Exception)}
    assert failures == {KeyError, ConstraintError}
    assert values(path) == [1, 2, 3]


def test_a_failure_alone_leaves_nothing(writer, path):
    def fails(cursor):
        cursor.execute("INSERT INTO t VALUES (1)")
        raise KeyError

    with pytest.raises(KeyError):
        writer.run(fails)
    assert values(path) == []
    writer.run(insert(2))
    assert values(path) == [2]


def test_a_group_too_large_for_the_disk_is_tried_one_by_one(writer, path):
    writer.run(lambda cursor: cursor.execute("CREATE TABLE big (b BLOB)"))
    pages = writer.run(lambda cursor: cursor.execute("PRAGMA page_count").fetchone()[0])
    writer.run(lambda cursor: cursor.execute(f"PRAGMA max_page_count = {pages + 20}").fetchone())
    held = Held(writer)
    held.enter(lambda cursor: cursor.execute("INSERT INTO big VALUES (zeroblob(200000))").lastrowid)
    held.enter(insert(1))
    ended = held.let_go()
    assert [type(one) for one in ended if isinstance(one, Exception)] == [StorageUnavailable]
    assert values(path) == [1]


def test_a_disk_error_is_told_to_the_whole_group(path):
    connection = Connection(path, read_only=True)
    writer = GroupCommit(lambda: connection)
    held = Held(writer)
    for value in range(3):
        held.enter(insert(value))
    assert [type(one) for one in held.let_go()] == [StorageUnavailable] * 3
    writer.close()


def test_an_interrupt_of_the_leader_leaves_nobody_waiting(writer, path):
    held = Held(writer)

    def interrupted(cursor):
        raise KeyboardInterrupt

    held.enter(interrupted)
    held.enter(insert(1))
    ended = held.let_go()
    assert {type(one) for one in ended} == {KeyboardInterrupt, StorageUnavailable}
    assert values(path) == []
    writer.run(insert(2))
    assert values(path) == [2]


def test_more_callers_than_a_group_holds_are_all_served(writer, path):
    count = GROUP + 10
    together = Barrier(count)

    def work(value):
        together.wait()
        return writer.run(insert(value))

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(work, range(count)))
    assert values(path) == list(range(count))


def test_closing_finishes_what_waits_and_refuses_what_comes_later(writer, path):
    held = Held(writer)
    held.enter(insert(1))
    closing = Thread(target=writer.close)
    closing.start()
    while not writer._closed:
        pass
    with pytest.raises(StorageUnavailable, match="closed"):
        writer.run(insert(2))
    held.let_go()
    closing.join()
    assert values(path) == [1]
