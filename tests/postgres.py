"""A PostgreSQL server of a test's own, on a socket in its folder: started, killed and started again at will."""

import os
import shutil
import signal
import subprocess
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

    def __init__(self, folder: Path) -> None:
        found = programs()
        assert found is not None
        self._programs, self.folder = found, folder
        self._data = folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0
        folder.mkdir(parents=True, exist_ok=True)
        if USER:
            shutil.chown(folder, USER)
        for parent in folder.parents:
            # The server's user must be able to reach its folder.
            with suppress(PermissionError):
                parent.chmod(parent.stat().st_mode | 0o011)
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
            with suppress(psycopg.Error):
                self.sql("SELECT 1")
                return
            time.sleep(0.05)
        raise TimeoutError((self.folder / "log").read_text())

    def kill(self) -> None:
        """End every process of the server at once, as the kernel does it."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """End it in order; whoever is connected is cut off."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=30)

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
