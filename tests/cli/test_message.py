"""Lists and single messages, for people and for programs."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from node.store.sqlite import Connection
from tests.homes import Side, make_pair


@pytest.fixture(scope="module")
def tw(tmp_path_factory: pytest.TempPathFactory) -> Side:
    return make_pair(tmp_path_factory.mktemp("homes"))[0]


@pytest.fixture(scope="module", autouse=True)
def submitted(tw: Side, tmp_path_factory: pytest.TempPathFactory) -> None:
    from node.cli.root import run

    path = tmp_path_factory.mktemp("files") / "document.xml"
    path.write_text("<certificate/>")
    for number in ("one", "two", "twenty"):
        words = ["submit", "--partner", "kr", str(path), "--message-id", f"{number}@tw.example", "--property", "note=\x9b31mred"]
        assert run(["--home", str(tw.folder), *words], {}) == 0


def test_the_newest_comes_first(n2n: Any, tw: Side) -> None:
    rows = n2n("--home", tw.folder, "message", "list", "--json").document["messages"]
    assert [row["message_id"] for row in rows] == ["twenty@tw.example", "two@tw.example", "one@tw.example"]
    assert {row["direction"] for row in rows} == {"sent"}


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (["--limit", "2"], 2),
        (["--state", "SUBMITTED"], 3),
        (["--state", "DELIVERED"], 0),
        (["--received"], 0),
        (["--partner", "jp"], 0),
        (["--sent", "--partner", "kr"], 3),
    ],
)
def test_a_list_can_be_narrowed(n2n: Any, tw: Side, words: list[str], count: int) -> None:
    assert len(n2n("--home", tw.folder, "message", "list", *words, "--json").document["messages"]) == count


def test_refusals_have_a_list_of_their_own(n2n: Any, tw: Side) -> None:
    assert n2n("--home", tw.folder, "message", "list", "--refused", "--json").document == {"refused": []}


def test_an_unknown_state_names_the_known_ones(n2n: Any, tw: Side) -> None:
    ended = n2n("--home", tw.folder, "message", "list", "--state", "LOST")
    assert (ended.code, "ACKNOWLEDGED" in ended.err) == (2, True)


def test_the_beginning_of_an_id_is_enough_where_it_is_the_only_one(n2n: Any, tw: Side) -> None:
    assert n2n("--home", tw.folder, "message", "show", "on", "--json").document["message_id"] == "one@tw.example"
    assert n2n("--home", tw.folder, "message", "show", "tw").code == 2
    assert n2n("--home", tw.folder, "message", "show", "three").code == 7


def test_a_long_send_that_is_under_way_shows_how_far_it_is(n2n: Any, tw: Side) -> None:
    file = tw.folder / "data" / "progress.json"
    file.write_text('{"one@tw.example": [412345678, 1024000000, 14200000.5]}')
    show = ("--home", tw.folder, "message", "show", "one@tw.example")
    # Not while it waits for its turn.
    assert "MB" not in n2n(*show).out
    with closing(Connection(tw.folder / "data" / "node.db")) as connection:
        move = "UPDATE exchange SET state = ? WHERE message_id = 'one@tw.example'"
        connection.execute(move, ("SENDING",))
        assert "progress           412 of 1,024 MB sent, 14 MB/s" in n2n(*show).out.splitlines()
        told = n2n(*show, "--json").document["progress"]
        assert told == {"octets": 412345678, "of": 1024000000, "octets_a_second": 14200000.5}
        connection.execute(move, ("SUBMITTED",))
    file.unlink()


def test_a_message_shown_to_people_cannot_move_their_terminal(n2n: Any, tw: Side) -> None:
    out = n2n("--home", tw.folder, "message", "show", "one@tw.example").out
    assert "note" in out
    assert "payload 1" in out
    assert "\x9b" not in out


def test_no_home_is_told_with_the_remedy(n2n: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ended = n2n("message", "list", "--json")
    assert ended.code == 3
    assert "n2n init" in ended.err


def test_a_message_that_was_set_aside_is_delivered_again_when_asked(n2n: Any, tmp_path: Path) -> None:
    from node.app import Node
    from tests.store.samples import accepted

    home = make_pair(tmp_path)[1].folder
    node = Node.open(home)
    node.messages.accept_once(accepted("in1@x"))
    assert n2n("--home", home, "message", "deliver-again", "in1@x").code == 8
    node.messages.delivery_failed(1, node.clock.now(), "rotten")
    ended = n2n("--home", home, "message", "deliver-again", "in1", "--json")
    assert (ended.code, ended.document["messages"][0]["state"]) == (0, "ACCEPTED")
    assert [one.message_id for one in node.messages.deliverable(9)] == ["in1@x"]
    node.close()
