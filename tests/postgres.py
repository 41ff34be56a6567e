"""A PostgreSQL server of a test's own, on a socket in its folder: started, killed and started again at will."""

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

#: Where Debian keeps them; the newest first.
DEBIAN = Path("/usr/lib/postgresql")
#: PostgreSQL refuses to run as root.
USER = "postgres" if os.geteuid() == 0 else None


def programs() -> Path | None:
    """The folder of initdb and postgres, or None."""
    versions = sorted((int(one.name) for one in DEBIAN.glob("*") if one.name.isdigit()), reverse=True)
    places = [DEBIAN / str(number) / "bin" for number in versions]
    found = shutil.which("initdb")
    return next((one for one in [*places, *([Path(found).parent] if found else [])] if (one / "initdb").is_file()), None)


class Postgres:
    """`url()` names a database of it; `kill` is a crash of the whole server."""

    def __init__(self) -> None:
        found = programs()
        assert found is not None
        # Not below a folder of the test: the server's user must be able to reach it, and pytest closes its own to others.
        self.folder = Path(tempfile.mkdtemp(prefix="n2n-pg-"))
        self._programs, self._data = found, self.folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0
        if USER:
            shutil.chown(self.folder, USER)
        atexit.register(self.stop)
        # initdb need not sync: a machine that dies here takes the test with it.
        self._run("initdb", "--no-sync", "-A", "trust", "-U", "n2n", "-E", "UTF8", "--locale=C.UTF-8", str(self._data))
        self.start()

    def _run(self, program: str, *words: str) -> None:
        subprocess.run([self._programs / program, *words], user=USER, check=True, capture_output=True, cwd=self.folder)

    def start(self) -> None:
        """Serve; returns when connections are taken."""
        words = ["-D", str(self._data), "-k", str(self.folder), "-h", "", "-c", "max_connections=60"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", *words], user=USER, stdout=log, stderr=log, cwd=self.folder, start_new_session=True
            )
        self._wait()

    def _wait(self) -> None:
        for _ in range(1200):
            assert self._process is not None
            assert self._process.poll() is None, (self.folder / "log").read_text()[-2000:]
            with suppress(psycopg.Error):
                self.sql("SELECT 1")
                return
            time.sleep(0.05)
        raise TimeoutError((self.folder / "log").read_text())

    def kill(self) -> None:
        """End every process of the server at once, as the kernel does it."""
        assert self._process is not None
        # Each is the leader of its own group.
        pids = [
            self._process.pid,
            *map(int, Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()),
        ]
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        # Their shared memory is free only when the last one is gone.
        while any(_runs(pid) for pid in pids[1:]):
            time.sleep(0.005)

    def stop(self) -> None:
        """End it and remove its folder; whoever is connected is cut off."""
        if self._process is not None and self._process.poll() is None:
            # At once: nothing of it is needed any more, and a checkpoint takes its time on a busy machine.
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout=60)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str = "postgres") -> str:
        """Where to connect."""
        return f"postgresql://n2n@/{database}?host={self.folder}"

    def sql(self, text: str, database: str = "postgres") -> list[Any]:
        """Run one statement."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(text)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def database(self) -> str:
        """The URL of a new, empty database."""
        self._databases += 1
        name = f"n2n_{self._databases}"
        self.sql(f"CREATE DATABASE {name}")
        return self.url(name)


def _runs(pid: int) -> bool:
    """Whether a process is there and not merely waiting for somebody to ask how it ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
