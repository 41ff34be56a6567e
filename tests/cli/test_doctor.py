"""`n2n doctor` tells each promise, and exits with 1 when one is broken."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from node.store.sqlite import Connection
from tests.homes import Side, make_pair


@pytest.fixture
def tw(tmp_path: Path, n2n: Any) -> Side:
    side = make_pair(tmp_path)[0]
    path = tmp_path / "document.xml"
    path.write_text("<certificate/>")
    assert n2n("--home", side.folder, "submit", "--partner", "kr", path, "--message-id", "one@tw.example").code == 0
    return side


def test_a_healthy_store_is_told_promise_by_promise(n2n: Any, tw: Side) -> None:
    ended = n2n("--home", tw.folder, "doctor", "--store")
    assert ended.code == 0, ended.out
    lines = ended.out.splitlines()
    assert lines[12].startswith("INV-13  not kept yet")
    assert [line.split()[1] for line in lines[:12]] == ["ok"] * 12
    assert lines[-1] == "all is well"


def test_a_breach_is_told_with_its_place_and_ends_with_1(n2n: Any, tw: Side) -> None:
    with closing(Connection(tw.folder / "data" / "node.db")) as connection:
        connection.execute("UPDATE exchange SET due_at = NULL")
    ended = n2n("--home", tw.folder, "doctor", "--store", "--json")
    assert ended.code == 1
    assert ended.document["ok"] is False
    (found,) = ended.document["findings"]
    assert (found["id"], found["where"]) == ("INV-14", "message one@tw.example")
    assert {row["id"]: row["findings"] for row in ended.document["invariants"]}["INV-14"] == 1


def test_it_writes_nothing(n2n: Any, tw: Side) -> None:
    database = tw.folder / "data" / "node.db"
    before = database.read_bytes()
    n2n("--home", tw.folder, "doctor", "--store")
    assert database.read_bytes() == before


def test_nothing_asked_and_no_store_are_told_with_the_remedy(n2n: Any, tmp_path: Path) -> None:
    home = make_pair(tmp_path)[1].folder
    assert n2n("--home", home, "doctor").code == 2
    ended = n2n("--home", home, "doctor", "--store")
    assert (ended.code, "there is no store" in ended.err) == (3, True)
