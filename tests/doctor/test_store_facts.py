"""The store is read without being touched, and whoever serves is noticed."""

import fcntl
import os
import shutil
import socket
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from node.doctor.facts import Proven
from node.doctor.store_facts import gather_serving, gather_store, taken
from node.setting import Setting
from tests.doctor.homes import NOW, Home
from tests.logged import logged


def test_a_store_is_read_and_not_written(home: Home) -> None:
    database = home.folder / "data" / "node.db"
    before = database.read_bytes()
    assert gather_store(Setting(home.folder).home, NOW).condition is not None
    assert database.read_bytes() == before


def test_the_tokens_of_a_log_are_counted(home: Home) -> None:
    wanted = Setting(home.folder).home
    assert gather_store(wanted, NOW).proven == Proven()
    (home.folder / "data" / "node.db").unlink()
    with closing(logged(home.folder / "made")) as made:
        made.exchange(b"first")
        made.prove()
        made.later(seconds=5)
        made.exchange(b"second")
        made.proving().checkpoint()
        ends = made.evidence().tokens(2)[0].ends_at
    shutil.copytree(home.folder / "made" / "b", home.folder / "data", dirs_exist_ok=True)
    early, late = (gather_store(wanted, ends - timedelta(days=days)).proven for days in (91, 89))
    assert (early.ending, late.ending, late.first_ending, late.ends) == (0, 1, 2, ends)
    assert late.stamped is not None
    assert late.waits_since == late.stamped + timedelta(seconds=5)


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
