"""What the system tells: a full disk, a read-only place, modes, the clock's keeper."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from node.doctor import machine_facts
from node.doctor.check import examine
from node.doctor.checks import CHECKS
from node.doctor.machine_facts import asked, debug, gather_machine, gather_places, newest, offset, synchronised
from node.setting import Setting
from tests.bars.full_disk import fill, small_disk
from tests.doctor.homes import NOW, Home


def test_a_disk_that_is_really_full_is_found(home: Home, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may mount a tmpfs here")
    with small_disk(tmp_path / "disk", 8) as disk:
        home.set('folder = "data"', f'folder = "{disk}"')
        fill(disk, 1 << 20)
        facts = home.facts()
    (room,) = (examine(one, facts) for one in CHECKS if one.id == "machine.room")
    assert [(one.place, one.severity) for one in room.found] == [("data", "CONFIG")]


def test_the_machine_is_told_in_numbers(healthy: Home) -> None:
    found = gather_machine(Setting(healthy.folder).home, {"N2N_HOME": "x"})
    assert 0 < found.free <= found.size
    assert found.memory is None or found.memory > 0
    assert found.environment == {"N2N_HOME": "x"}
    old = os.umask(0o007)
    try:
        assert gather_machine(Setting(healthy.folder).home, {}).umask == 0o007
    finally:
        os.umask(old)


@pytest.mark.parametrize("name", ["PYTHONDEVMODE", "PYTHONASYNCIODEBUG", "PYTHONOPTIMIZE", "SSLKEYLOGFILE"])
def test_each_switch_for_developers_is_seen(name: str) -> None:
    assert name in list(debug({name: "1"}))
    assert name not in list(debug({}))


def program(folder: Path, name: str, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


@pytest.mark.parametrize(("said", "right"), [("yes", True), ("no", False)])
def test_timedatectl_is_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, right: bool) -> None:
    program(tmp_path, "timedatectl", f"echo {said}", monkeypatch)
    assert synchronised() is right


@pytest.mark.parametrize(("last", "right"), [("Normal", True), ("Not synchronised", False)])
def test_else_chrony_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: str, right: bool) -> None:
    program(tmp_path, "timedatectl", "exit 1", monkeypatch)
    program(tmp_path, "chronyc", f"echo 'A1,time.example,2,1.0,-3.5,0,0,0,0,0,0,0,0,{last}'", monkeypatch)
    assert synchronised() is right
    # What chrony would add to the clock: the clock is ahead.
    assert offset() == (timedelta(seconds=3.5) if right else None)


def test_who_tells_nothing_is_not_asked_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "timedatectl", "exec sleep 20", monkeypatch)
    monkeypatch.setattr(machine_facts, "PATIENCE", 0.1)
    assert asked("timedatectl") is None
    assert asked("no-such-program") is None


def test_a_missing_folder_of_backups_has_no_newest(tmp_path: Path) -> None:
    assert newest(tmp_path / "none", NOW) is None
    (tmp_path / "one").touch()
    os.utime(tmp_path / "one", (NOW.timestamp() - 90,) * 2)
    assert newest(tmp_path, NOW) == timedelta(seconds=90)


def test_a_data_folder_that_leads_elsewhere_is_measured_there(home: Home, tmp_path: Path) -> None:
    (home.folder / "data").rename(tmp_path / "elsewhere")
    (home.folder / "data").symlink_to(tmp_path / "elsewhere")
    found = gather_places(Setting(home.folder).home, NOW)
    assert found.closed == {}
    assert found.octets > 0
