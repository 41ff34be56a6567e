"""Many callers, one writer: whoever waits shares a transaction, and everybody returns only when it is on disk."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Final, TypeVar

from node import failpoints
from node.failpoints import failpoint
from node.msh.ports import StorageUnavailable
from node.store.connection import Connection, Cursor
from node.store.faults import ConflictError, DiskError, Error, FullError, LostError

T = TypeVar("T")
Work = Callable[[Cursor], T]

#: Jobs in one transaction at most, so that the first of them does not wait for ever.
GROUP: Final = 64
#: How often a group is begun before its callers are told that the store cannot take it.
TRIES: Final = 3


class _Job:
    """One caller's work and what became of it; `done` is locked until somebody is through with it."""

    __slots__ = ("done", "error", "leads", "name", "result", "work")

    def __init__(self, work: Work[Any], name: str) -> None:
        self.work, self.name = work, name
        self.result: Any = None
        self.error: BaseException | None = None
        self.leads = False
        self.done = Lock()
        self.done.acquire()


class GroupCommit:
    """The only writer of one connection: one caller at a time leads, and commits for all who wait.

    `run` blocks until the transaction that holds the caller's work is committed. A failing caller is undone to its savepoint and gets
    its own exception; the others of its group do not notice. A caller alone pays no change of thread, which costs more than the statements.
    """

    def __init__(self, connect: Callable[[], Connection], number: Callable[[Cursor], None] = lambda _cursor: None) -> None:
        """`number` writes what the transaction has noted into the log of evidence, last of all."""
        self._number = number
        self._connection = connect()
        self._cursor = self._connection.cursor()
        self._mutex = Lock()
        self._waiting: deque[_Job] = deque()
        self._led = self._closed = False
        self._rider: Work[None] | None = None

    @contextmanager
    def riding(self, rider: Work[None]) -> "Iterator[Callable[[], bool]]":
        """`rider` is done in the first transaction that is done in here, behind its work; what it gives says whether there was one. For a process of one thread."""
        self._rider = rider
        try:
            yield lambda: self._rider is None
        finally:
            self._rider = None

    def run(self, work: Work[T], name: str = "", *, rides: bool = True) -> T:
        """Do `work` in a transaction; it is on disk when this returns.

        `work` may be called a second time if its group failed, so it must have no effect but on the cursor. `name` is the fail point's.
        `rides` is false for what only makes ready for a transaction. Raises what `work` raises, or StorageUnavailable.
        """
        rider = self._rider if rides else None
        job = _Job(work if rider is None else _with(work, rider), name)
        self._enter(job)
        if job.error is not None:
            raise job.error
        if rider is not None:
            self._rider = None
        result: T = job.result
        return result

    def close(self) -> None:
        """Finish what waits, then close the connection; harmless when called twice."""
        if not self._closed:
            # Nobody comes after this one: when it is done, all are.
            self._enter(_Job(lambda cursor: None, ""), last=True)
            self._connection.close()

    def _enter(self, job: _Job, *, last: bool = False) -> None:
        """Wait for the leader to do the job, or lead if there is none."""
        with self._mutex:
            if self._closed:
                raise StorageUnavailable("the store is closed")
            self._closed = last
            self._waiting.append(job)
            job.leads, self._led = not self._led, True
        if not job.leads:
            job.done.acquire()
        if job.leads:
            self._lead()

    def _lead(self) -> None:
        """One group, beginning with this thread's own job; then the next in the row leads."""
        with self._mutex:
            group = [self._waiting.popleft() for _ in range(min(len(self._waiting), GROUP))]
        try:
            self._settle(group)
        finally:
            with self._mutex:
                following = self._waiting[0] if self._waiting else None
                self._led = following is not None
            if following is not None:
                following.leads = True
                following.done.release()
            for job in group[1:]:
                job.done.release()

    def _settle(self, group: list[_Job]) -> None:
        try:
            error = self._try_again(group)
            if len(group) > 1 and isinstance(error, FullError | ConflictError):
                # What does not fit together may fit one by one.
                for job in group:
                    job.error = _unavailable(self._try_again([job]), job)
            elif error is not None:
                for job in group:
                    job.error = _unavailable(error, job)
        except BaseException as error:
            # A bug, or an interrupt of the leading thread: nothing is committed, and the others learn that much.
            self._undo()
            for job in group:
                job.error = StorageUnavailable(f"the group's leader failed: {error!r}")
            raise

    def _try_again(self, group: list[_Job]) -> Error | None:
        """As `_try`, and anew where another process or a lost connection was in the way."""
        for _ in range(TRIES - 1):
            error = self._try(group)
            if not isinstance(error, ConflictError | LostError):
                return error
        return self._try(group)

    def _try(self, group: list[_Job]) -> Error | None:
        """One transaction; the error that ended it as a whole, or None."""
        try:
            self._connection.begin()
            self._cursor.noted.clear()
            for job in group:
                self._do(job, savepoint=len(group) > 1)
            if self._cursor.noted:
                self._number(self._cursor)
            if failpoints.armed():
                _fail(group, "before_commit")
            if self._connection.in_transaction:
                self._connection.commit()
            if failpoints.armed():
                _fail(group, "after_commit")
        except Error as error:
            self._undo()
            return error
        return None

    def _do(self, job: _Job, *, savepoint: bool) -> None:
        """One caller's work inside the transaction. Raises Error only when the disk fails."""
        execute = self._cursor.execute
        job.error = None
        noted = len(self._cursor.noted)
        if savepoint:
            execute("SAVEPOINT job")
        try:
            job.result = job.work(self._cursor)
        except Exception as error:
            if isinstance(error, DiskError | ConflictError):
                raise
            job.error = error
            del self._cursor.noted[noted:]
            execute("ROLLBACK TO job" if savepoint else "ROLLBACK")
        if savepoint:
            execute("RELEASE job")

    def _undo(self) -> None:
        if self._connection.in_transaction:
            try:
                self._cursor.execute("ROLLBACK")
            except Error:
                # It rolls back by itself after most errors of the disk, and a lost connection has nothing to roll back.
                return


def _with(work: Work[T], rider: Work[None]) -> Work[T]:
    def both(cursor: Cursor) -> T:
        result = work(cursor)
        rider(cursor)
        return result

    return both


def _unavailable(error: Error | None, job: _Job) -> BaseException | None:
    if error is None:
        return job.error
    if not isinstance(error, DiskError | ConflictError):
        return error
    unavailable = StorageUnavailable(f"the store cannot take it now: {error}")
    unavailable.__cause__ = error
    return unavailable


def _fail(group: list[_Job], moment: str) -> None:
    for job in group:
        if job.name:
            failpoint(f"{job.name}.{moment}")
