"""The store is read without being touched, and whoever serves is noticed."""

import fcntl
import os
import socket
import time
from pathlib import Path

from node.doctor.store_facts import gather_serving, gather_store, taken
from node.setting import Setting
from tests.doctor.homes import NOW, Home


def test_a_store_is_read_and_not_written(home: Home) -> None:
    database = home.folder / "data" / "node.db"
    before = database.read_bytes()
    assert gather_store(Setting(home.folder).home, NOW).condition is not None
    assert database.read_bytes() == before


def test_no_store_is_made_where_there_is_none(home: Home) -> None:
    database = home.folder / "data" / "node.db"
    database.unlink()
    assert not gather_store(Setting(home.folder).home, NOW).there
    assert not database.exists()


def test_a_server_that_cannot_be_reached_is_told(home: Home) -> None:
    home.set('folder = "data"', 'folder = "data"\ndatabase = "postgresql://n2n@127.0.0.1:1/n2n?connect_timeout=2"')
    found = gather_store(Setting(home.folder).home, NOW)
    assert found.condition is None
    assert found.trouble


def test_what_changed_since_somebody_serves_is_named(home: Home, tmp_path: Path) -> None:
    data = home.folder / "data"
    assert gather_serving(Setting(home.folder).home).locked is False
    assert not (data / "serve.lock").exists()
    (data / "worker").write_text("w")
    start = time.time() + 10
    os.utime(data / "worker", (start, start))
    with (data / "serve.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.utime(home.folder / "node.toml", (start + 10, start + 10))
        found = gather_serving(Setting(home.folder).home)
    assert (found.locked, found.changed, found.ports) == (True, ("node.toml",), {})


def test_a_port_that_somebody_has_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert "in use" in taken("127.0.0.1", port)
    assert taken("127.0.0.1", port) == ""
    assert taken("192.0.2.1", port) != ""
