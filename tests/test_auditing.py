"""Changes of a home's files are in the log: by whom they were ordered, or that nobody said so; whatever dies when, and without any secret."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from node.app import Node, auditing
from node.auditing import FIRST, OUTSIDE, Order, place_of
from node.evidence.entry import Entry, Kind
from node.home import load_home, put_own_key
from node.keyring.demo_authority import DemoAuthority
from node.msh.ports import StorageUnavailable
from node.store.witnessed import log_is_whole
from tests.homes import Side, make_pair

ORDER = Order("lin", "cert add", "the old one ends")


@pytest.fixture
def side(tmp_path: Path) -> Side:
    return make_pair(tmp_path)[0]


def told(side: Side) -> list[Entry]:
    node = Node.open(side.folder)
    try:
        assert list(log_is_whole(node.messages, None)) == []  # type: ignore[arg-type]
        return [one.entry for one in node.evidence.walk() if one.entry.kind is Kind.ACTED]
    finally:
        node.close()


def files(entry: Entry) -> list[tuple[str, str]]:
    return [(one["file"], one["event"]) for one in entry.facts.get("files", ())]


def edit(side: Side, name: str = "node.toml", more: str = "\n# by hand\n") -> None:
    path = side.folder / name
    path.write_text((path.read_text() if path.exists() else "") + more)


def test_what_was_edited_by_hand_is_told_once_by_whoever_opens_the_home(side: Side) -> None:
    (first,) = told(side)
    assert (first.facts["who"], first.facts["what"], len(first.facts["files"])) == ("n2n", FIRST, 10)
    edit(side)
    edit(side, "partners/kr/agreement.toml")
    (side.folder / "certs/trust/ca.pem").touch()
    _, second = told(side)
    assert (second.facts["who"], second.facts["what"]) == ("unknown", OUTSIDE)
    assert files(second) == [("node.toml", "changed"), ("partners/kr/agreement.toml", "changed")]
    assert len(told(side)) == 2
    shutil.rmtree(side.folder / "partners/kr")
    assert files(told(side)[-1]) == [("partners/kr/agreement.toml", "removed")]


def test_an_order_is_told_before_and_behind_with_its_person(side: Side) -> None:
    told(side)
    edit(side)
    with auditing(load_home(side.folder)) as audit, audit.changing(ORDER):
        edit(side, "aeo.toml", "# new\n")
    # What had been edited before is told first, and is not the order's.
    _, outside, ordered, done = told(side)
    assert outside.facts["what"] == OUTSIDE
    assert [one.facts.get("stage") for one in (ordered, done)] == ["ordered", "done"]
    assert {one.facts["who"] for one in (ordered, done)} == {"lin"}
    assert ordered.about == done.about and ordered.about["order"]
    assert (files(ordered), files(done)) == ([], [("aeo.toml", "added")])


def test_an_order_that_fails_says_so_and_what_it_changed_nonetheless(side: Side) -> None:
    def fails() -> None:
        with auditing(load_home(side.folder)) as audit, audit.changing(ORDER):
            edit(side, "aeo.toml", "# half\n")
            raise LookupError("no room")

    with pytest.raises(LookupError):
        fails()
    last = told(side)[-1]
    assert (last.facts["stage"], last.facts["problem"], files(last)) == ("failed", "no room", [("aeo.toml", "added")])


KILLED = """
import os, signal, sys
from pathlib import Path
from node.app import auditing
from node.auditing import Order
from node.home import load_home
home = Path(sys.argv[1])
with auditing(load_home(home)) as audit, audit.changing(Order("lin", "cert add", "because")):
    (home / "aeo.toml").write_text("# half\\n")
    print("changed", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def changing(side: Side) -> Iterator[subprocess.Popen[str]]:
    """Another process that has changed a file by an order, and is not done."""
    told(side)
    root = Path(__file__).parents[1]
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(side.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root
    )
    assert process.stdout is not None and process.stdout.readline() == "changed\n"
    yield process
    process.kill()
    process.communicate()


def test_a_change_is_not_lost_when_the_command_dies_in_the_middle_and_blamed_on_nobody(
    side: Side, changing: subprocess.Popen[str]
) -> None:
    os.kill(changing.pid, signal.SIGKILL)
    changing.wait()
    _, ordered, found = told(side)
    assert (ordered.facts["who"], ordered.facts["stage"]) == ("lin", "ordered")
    assert (found.facts["who"], files(found)) == ("unknown", [("aeo.toml", "added")])
    assert found.facts["cut_off"]["who"] == "lin" and found.about["order"] == ordered.about["order"]


def test_whoever_looks_while_a_command_changes_files_takes_it_for_what_it_is(side: Side, changing: subprocess.Popen[str]) -> None:
    _, ordered, found = told(side)
    assert (found.facts["who"], found.facts["stage"], found.about) == ("lin", "under way", {"order": ordered.about["order"]})
    changing.communicate("")
    last = told(side)[-1]
    assert (last.facts["stage"], files(last)) == ("done", [])


def test_nothing_is_changed_where_the_log_cannot_take_the_order(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise StorageUnavailable("full")

    with auditing(load_home(side.folder)) as audit:
        audit.look()
        monkeypatch.setattr(audit._stored, "order", full)
        with pytest.raises(StorageUnavailable), audit.changing(ORDER):
            edit(side, "aeo.toml", "# never\n")
    assert not (side.folder / "aeo.toml").exists()


def test_a_store_that_takes_nothing_keeps_nobody_from_reading(
    side: Side, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    node = Node.open(side.folder)
    edit(side)

    def full(*_: Any, **__: Any) -> None:
        raise StorageUnavailable("full")

    with monkeypatch.context() as patched:
        patched.setattr(node.messages.writer, "run", full)
        assert node.auditing.look() == 0
    assert "not written down now: full" in caplog.text
    assert node.auditing.untold() == ["node.toml"]
    assert node.auditing.look() == 1
    node.close()


def test_where_nothing_was_changed_no_file_is_read(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    node = Node.open(side.folder)

    def read(_path: Path) -> bytes:
        raise AssertionError("read")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", read)
        assert node.auditing.look() == 0
        assert node.auditing.untold() == []
    node.close()


def test_a_home_that_is_moved_is_the_same(side: Side, tmp_path: Path) -> None:
    told(side)
    side.folder.rename(tmp_path / "moved")
    node = Node.open(tmp_path / "moved")
    assert len(list(node.evidence.walk())) == 1
    node.close()


def test_a_home_on_a_shared_store_has_a_name() -> None:
    assert place_of(Path("/n2n"), shared=False) == ""
    assert place_of(Path("/n2n"), shared=True).endswith(":/n2n")


WORDS = ("pin-of-the-token-77", "bucket-secret-88", "pull-password-99", "in-a-comment-66", "in-an-address-55")


def test_no_private_key_password_or_token_of_a_home_ever_lands_in_the_log(side: Side) -> None:
    told(side)
    issued = DemoAuthority(datetime.now(UTC)).issue("tw", "ecdsa", "sign")
    put_own_key(side.folder, "sign-2", issued.private_key + issued.certificate)
    own = side.folder / "certs" / "own"
    (own / "kr.password").write_text(WORDS[2])
    (own / "hsm.ref").write_text(f"pkcs11:object=sign?pin-value={WORDS[0]}")
    edit(side, "s3.toml", f'access_key = "AK"\nsecret_key = "{WORDS[1]}"\nsession_token = "{WORDS[1]}"\n')
    edit(side, "discovery.toml", f'# password was "{WORDS[3]}"\nurl = "https://me:{WORDS[4]}@smp.example/"\n')
    with auditing(load_home(side.folder)) as audit:
        audit.look()
        for name in ("kr.password", "hsm.ref"):
            (own / name).write_text((own / name).read_text() + "7")
        audit.look()
        stored = [bytes(row[0]) for row in audit._stored._messages.database.read("SELECT octets FROM evidence_entry", {})]
        kept = [bytes(row[0]) for row in audit._stored._messages.database.read("SELECT content FROM octets", {})]
        rows = [str(tuple(row)) for row in audit._stored._messages.database.read("SELECT * FROM configured_file", {})]
    everything = b"\n".join([*stored, *kept, *(row.encode() for row in rows)])
    assert b"certs/own/kr.password" in everything and issued.certificate in everything
    for word in WORDS:
        assert word.encode() not in everything
    assert b"PRIVATE KEY" not in everything
    for one in (issued, *side.issued.values()):
        for line in one.private_key.split(b"\n")[1:-2]:
            assert line not in everything
    # The files of the store itself: nothing was there even for a moment.
    for path in (side.folder / "data").rglob("*"):
        if path.is_file():
            assert not any(word.encode() in path.read_bytes() for word in WORDS), path


def test_a_change_is_seen_however_soon_it_follows(side: Side) -> None:
    node = Node.open(side.folder)
    for number in range(3):
        # Of the same size, so that its times alone tell.
        (side.folder / "aeo.toml").write_text(f"# {number}\n")
        time.sleep(0.02)
        assert node.auditing.look() == 1
    node.close()
