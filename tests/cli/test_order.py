"""An operator's orders by id and by filter, first as a dry run."""

from pathlib import Path
from typing import Any

import pytest

from tests.homes import Side, make_pair


@pytest.fixture
def tw(tmp_path: Path, n2n: Any) -> Side:
    side = make_pair(tmp_path)[0]
    path = tmp_path / "document.xml"
    path.write_text("<certificate/>")
    for number in ("one", "two", "three"):
        words = ["submit", "--partner", "kr", path, "--message-id", f"{number}@tw.example", "--priority", "7"]
        assert n2n("--home", side.folder, *words).code == 0
    return side


def shown(n2n: Any, tw: Side, message_id: str) -> Any:
    return n2n("--home", tw.folder, "message", "show", message_id, "--json").document


def test_a_dry_run_says_what_would_be_done_and_does_nothing(n2n: Any, tw: Side) -> None:
    ended = n2n("--home", tw.folder, "message", "cancel", "--partner", "kr", "--dry-run", "--json")
    assert ended.code == 0
    document = ended.document
    assert (document["dry_run"], document["done"], document["not_possible"]) == (True, 3, 0)
    assert document["messages"][0] == {"message_id": "one@tw.example", "before": "SUBMITTED", "after": "FAILED", "problem": ""}
    assert shown(n2n, tw, "one@tw.example")["state"] == "SUBMITTED"
    assert "would be done: SUBMITTED -> FAILED" in n2n("--home", tw.folder, "message", "cancel", "one", "--dry-run").out


def test_hold_and_release_by_id_with_the_reason_in_the_history(n2n: Any, tw: Side) -> None:
    assert n2n("--home", tw.folder, "message", "hold", "one", "two", "--reason", "wrong tariff table").code == 0
    found = shown(n2n, tw, "one@tw.example")
    assert (found["state"], found["waits_for"], found["priority"]) == ("SUBMITTED", "held: operator: wrong tariff table", 7)
    rows = n2n("--home", tw.folder, "message", "list", "--json").document["messages"]
    assert [row["waits_for"] for row in rows] == ["", "held: operator: wrong tariff table", "held: operator: wrong tariff table"]
    assert "held: operator: wrong tariff table" in n2n("--home", tw.folder, "message", "list").out
    assert "  HELD: operator: wrong tariff table" in n2n("--home", tw.folder, "message", "show", "one@tw.example").out
    ended = n2n("--home", tw.folder, "message", "release", "--partner", "kr")
    assert ended.code == 0
    assert "three@tw.example: is not held" in ended.out
    assert "2 are done, 1 not possible" in ended.out
    assert "nobody serves this home" in ended.out
    history = shown(n2n, tw, "one@tw.example")["history"]
    assert [(step["event"], step["detail"]) for step in history] == [
        ("HELD", "operator: wrong tariff table"),
        ("RELEASED", "operator: release"),
    ]


def test_cancel_and_resend(n2n: Any, tw: Side) -> None:
    assert n2n("--home", tw.folder, "message", "cancel", "two@tw.example").code == 0
    assert shown(n2n, tw, "two@tw.example")["state"] == "FAILED"
    again = n2n("--home", tw.folder, "message", "cancel", "two@tw.example")
    assert again.code == 8
    assert "has ended" in again.out
    ended = n2n("--home", tw.folder, "message", "resend", "--state", "FAILED", "--type", "co.certificate", "--json")
    assert [(row["before"], row["after"]) for row in ended.document["messages"]] == [("FAILED", "SUBMITTED")]
    assert shown(n2n, tw, "two@tw.example")["state"] == "SUBMITTED"


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (["--since", "2020-01-01"], 3),
        (["--until", "2020-01-01T00:00+09:00"], 0),
        (["--type", "co.query"], 0),
        (["--partner", "kr", "--since", "2999-01-01T00:00Z"], 0),
        (["--state", "SUBMITTED", "--until", "2999-01-01"], 3),
    ],
)
def test_a_filter_chooses(n2n: Any, tw: Side, words: list[str], count: int) -> None:
    assert n2n("--home", tw.folder, "message", "hold", *words, "--dry-run", "--json").document["done"] == count


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "needs either MessageIds or a filter"),
        (["one", "--partner", "kr"], 2, "needs either MessageIds or a filter"),
        (["--state", "LOST"], 2, "ACKNOWLEDGED"),
        (["--since", "yesterday"], 2, "is no instant"),
        (["nobody@x"], 7, "no such message"),
        (["t"], 2, "2 messages begin like this"),
    ],
)
def test_what_cannot_be_meant_is_told_and_nothing_is_done(n2n: Any, tw: Side, words: list[str], code: int, said: str) -> None:
    ended = n2n("--home", tw.folder, "message", "hold", *words)
    assert (ended.code, said in ended.err) == (code, True)
    assert "held" not in n2n("--home", tw.folder, "message", "list").out


def test_many_messages_are_found_once_each_though_the_order_changes_what_the_filter_asks(
    n2n: Any, tw: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.cli.order.BATCH", 2)
    ended = n2n("--home", tw.folder, "message", "cancel", "--state", "SUBMITTED", "--json")
    assert [row["message_id"] for row in ended.document["messages"]] == ["one@tw.example", "two@tw.example", "three@tw.example"]
    assert ended.document["done"] == 3
