"""The smallest size of each bar, so that none of them rots; and planted faults, so that none of them is blind."""

import importlib
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.bars import __main__ as runner
from tests.bars import (
    backlog,
    big,
    clock,
    crash_points,
    disk_full,
    documents,
    duplicates,
    load,
    model,
    operators,
    paths,
    poison,
    power_cut,
    rollover,
    startup,
    stop,
    sync_order,
    year,
)
from tests.bars.bar import Outcome
from tests.bars.disk import Disk
from tests.bars.sync_order import STEPS, judge
from tests.bars.trace import Call

ROOT = Path(__file__).parents[2]
GOOD = [
    Call("fdatasync", "9</d/quarantine/u.part>", 0, 0),
    Call("rename", '"/d/quarantine/u.part", "/d/payloads/ab/abc"', 0, 0),
    Call("fsync", "9</d/payloads/ab>", 0, 0),
    Call("pwrite64", '7</d/node.db-wal>, "x", 1, 0', 1, 0),
    Call("fdatasync", "7</d/node.db-wal>", 0, 0),
    Call("write", '5<socket:[1]>, "HTTP/1.1 200 OK"...', 200, 0),
]


def test_the_order_of_every_step_is_seen() -> None:
    assert list(judge(GOOD * 2)) == ["", ""]
    for place in range(len(STEPS)):
        without = [*GOOD[:place], *GOOD[place + 1 :]]
        assert list(judge(without)) == [STEPS[place]]
        failed = [*GOOD[:place], Call(GOOD[place].name, GOOD[place].arguments, -1, 0), *GOOD[place + 1 :]]
        assert list(judge(failed)) == [STEPS[place]]


def test_what_is_written_after_the_sync_is_seen() -> None:
    assert list(judge([*GOOD[:5], GOOD[3], GOOD[5]])) == ["WAL fdatasync"]


def test_receipts_leave_after_everything_is_synced(tmp_path: Path, require: Callable[[str], str]) -> None:
    require("strace")
    assert sync_order.run(tmp_path, full=False, count=2).problems == ()


def test_a_duplicate_gets_the_same_octets(tmp_path: Path) -> None:
    assert duplicates.run(tmp_path, full=False, at_once=5).problems == ()


def test_a_node_that_is_killed_loses_and_doubles_nothing(tmp_path: Path) -> None:
    outcome = crash_points.on_database(
        tmp_path, full=False, points=("in.15.after_commit", "hand_over.after_rename"), postgres=None
    )
    assert outcome == Outcome("SQLite 2 points, 2 kills, 2 messages: lost 0, double 0, findings 0")


@pytest.mark.slow
def test_nodes_that_are_killed_at_any_moment_lose_and_double_nothing(tmp_path: Path) -> None:
    outcome = crash_points.on_database(tmp_path, full=False, points=(), postgres=None, kills=4)
    assert outcome.problems == ()
    assert "4 kills" in outcome.figure


OMISSIONS = [
    ("the log of the database", lambda disk, path: path.endswith("-wal")),
    ("a payload file", lambda disk, path: path.endswith(".part")),
    ("a folder of payloads", lambda disk, path: disk.names[path] is None and "/payloads/" in path),
]


def test_a_power_cut_takes_nothing_that_was_promised(tmp_path: Path, require: Callable[[str], str]) -> None:
    require("strace")
    assert power_cut.run(tmp_path, full=False, cuts=12, messages=6).problems == ()


def test_the_model_finds_no_history_that_breaks_a_promise(tmp_path: Path) -> None:
    assert model.run(tmp_path, full=False, histories=10).problems == ()


@pytest.mark.slow
def test_keys_change_under_traffic_and_no_message_fails(tmp_path: Path) -> None:
    outcome = rollover.run(tmp_path, full=False, pause=0.2, trusts=("pinned",))
    assert [one for one in outcome.problems if "says:" not in one] == []
    assert "6 keys changed under" in outcome.figure
    assert ": failed 0," in outcome.figure


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_partner_that_knows_the_new_keys_too_late_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: the partner is never told."""
    monkeypatch.setattr("tests.bars.rollover.Keys._tell_partner", lambda keys, partner: None)
    problems = rollover.run(tmp_path, full=False, pause=0.2, trusts=("pinned",), patience=2).problems
    assert any("refused" in one for one in problems)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_model_knows_a_consumer_that_fails_while_the_clock_is_ten_years_ahead() -> None:
    """Found by chance, once in some hundred histories: what rested by that clock, and was handed over since, seemed to rest on."""
    world = model.World()
    world.begin()
    world.submit(size=200, crash=None)
    world.send("arrives", None, None)
    world.the_clock_jumps("b", timedelta(days=3650))
    world.hand_over(None, fails=True)
    world.teardown()


def test_the_model_finds_a_clock_that_puts_messages_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.store.outbound.Outbound.shift", lambda messages, by, now: 0)
    assert model.run(tmp_path, full=False).problems != ()


@pytest.mark.slow
@pytest.mark.parametrize("left_out", [row[1] for row in OMISSIONS], ids=[row[0] for row in OMISSIONS])
# SQLite leaves a connection open where it finds a damaged file.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_sync_that_is_left_out_is_found(
    tmp_path: Path, require: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, left_out: Callable[[Disk, str], bool]
) -> None:
    require("strace")
    sync = Disk._sync
    monkeypatch.setattr(Disk, "_sync", lambda disk, path: None if left_out(disk, path) else sync(disk, path))
    assert power_cut.run(tmp_path, full=False, cuts=30, messages=12).problems != ()


SLOW = [
    lambda folder: disk_full.run(folder, full=False, offsets=3),
    lambda folder: stop.run(folder, full=False, rounds=1),
    lambda folder: backlog.run(folder, full=False, count=30),
    lambda folder: big.run(folder, full=False, size=8 << 20),
    lambda folder: clock.run(folder, full=False, jumps=(86_400,)),
    lambda folder: poison.run(folder, full=False, others=3),
    lambda folder: load.run(folder, full=False, seconds=1),
    lambda folder: year.run(folder, full=False, seeds=range(1, 2)),
    lambda folder: operators.run(folder, full=False, listed=300, known=1_000),
    lambda folder: documents.run(folder, full=False, sealed=10, listed=300),
    lambda folder: startup.run(folder, full=False),
]


def mountable(folder: Path) -> bool:
    """Whether this user may mount a small disk; the bar itself would otherwise begin anew in a name space of its own."""
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True).returncode == 0
    if mounted:
        subprocess.run(["umount", "-l", folder], check=True)
    return mounted


@pytest.mark.slow
@pytest.mark.parametrize(
    "bar",
    SLOW,
    ids=["disk_full", "stop", "backlog", "big", "clock", "poison", "load", "year", "operators", "documents", "startup"],
)
def test_a_bar_ends_with_nothing_lost(tmp_path: Path, bar: Callable[[Path], Outcome]) -> None:
    if bar is SLOW[0] and not mountable(tmp_path / "mount"):
        pytest.skip("this user may mount no tmpfs (python -m tests.bars.disk_full tries a name space of its own)")
    outcome = bar(tmp_path)
    # Whether the machine is fast enough is for the bar itself.
    told = ("lost", "handed", "INV", "what was", "seed", *(one.__name__ for one, _ in startup.FAULTS))
    assert [one for one in outcome.problems if one.startswith(told)] == []


def test_the_public_suites_of_paths_hold_and_a_path_that_is_wrongly_accepted_is_seen(
    tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert paths.run(tmp_path, full=False, shared=shared).problems == ()
    monkeypatch.setattr("node.security.name_constraints.Subtrees.check", lambda *_: None)
    assert any(one.startswith("limbo accepts rfc5280::nc::") for one in paths.run(tmp_path, full=False, shared=shared).problems)


def test_every_bar_is_there() -> None:
    assert [one for one in runner.BARS if not (ROOT / "tests" / "bars" / f"{one}.py").is_file()] == []


@pytest.mark.parametrize(("word", "status"), [("nonsense", 2), ("--nonsense", 2), ("--help", 0)])
def test_what_is_no_bar_runs_none(word: str, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "_held", lambda name, full: pytest.fail(f"{name} ran"))
    with pytest.raises(SystemExit) as ended:
        runner.main([word])
    assert ended.value.code == status


def test_a_bar_that_does_not_hold_ends_with_1(tmp_path: Path) -> None:
    code = "from tests.bars.bar import *; sys.exit(main(lambda folder, full: Outcome('nothing', ('is wrong',))))"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stdout.splitlines()[0] == "  is wrong"
    assert ended.stdout.splitlines()[-1].endswith(": nothing")


# -- PostgreSQL --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("bar", ["db_kill", "two_nodes", "flat"])
def test_a_bar_on_postgresql_holds_in_little(tmp_path: Path, postgres: Any, bar: str) -> None:
    module = importlib.import_module(f"tests.bars.{bar}")
    size = {"rows": 20_000} if bar == "flat" else {"kills": 3}
    problems = module.run(tmp_path, full=False, **size).problems
    # Whether the machine is fast enough is for the bar itself.
    assert [one for one in problems if "times as long" not in one and "until a message" not in one] == []
