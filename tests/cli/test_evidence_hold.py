"""What is under hold is not purged, and who ordered it and why is told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from node.app import Node
from node.ebms.states import OutboundEvent
from node.evidence.entry import Kind
from node.msh.outbound import begin
from node.msh.ports import Settlement
from tests.homes import Side, make_pair

IDS = ("m1@tw.example", "m2@tw.example")


@pytest.fixture
def tw(tmp_path: Any, n2n: Any) -> Side:
    """A home with two messages that were acknowledged 40 days ago."""
    side = make_pair(tmp_path)[0]
    path = tmp_path / "document.xml"
    path.write_text("<certificate/>")
    for message_id in IDS:
        assert n2n("--home", side.folder, "submit", "--partner", "kr", path, "--message-id", message_id).code == 0
    node = Node.open(side.folder)
    for message_id in IDS:
        exchange = node.messages.exchange(message_id)
        assert exchange is not None
        begin(exchange, node.ports)
        ended = datetime.now(UTC) - timedelta(days=40)
        node.messages.settle(Settlement(message_id, OutboundEvent.RECEIPT_MATCHED, ended))
    node.close()
    return side


@pytest.fixture
def call(n2n: Any, tw: Side) -> Any:
    return lambda *words, **more: n2n("--home", tw.folder, *words, **more)


def plan(call: Any) -> list[str]:
    return [one["message_id"] for one in call("retention", "plan", "--json").document["messages"]]


def test_a_message_under_hold_stays_until_every_hold_is_released(call: Any) -> None:
    placed = call("evidence", "hold", "m1@", "--case", "2026 Su 12", "--why", "order of the court", "--json")
    assert placed.document == {"hold": 1, "messages": 1}
    told = call("evidence", "hold", "--partner", "kr", "--case", "A-7", "--why", "audit").out
    assert told == "hold 2 keeps all messages of kr\n"
    assert call("retention", "run", "--json").document["payloads"] == 0
    assert call("evidence", "release", "2", "--why", "done").out == "hold 2 is released\n"
    assert plan(call) == ["m2@tw.example"]
    assert call("evidence", "release", "1", "--why", "final", "--who", "Lin").code == 0
    assert plan(call) == list(IDS)
    assert call("evidence", "holds").out == "nothing is under hold\n"


def test_holds_are_listed_with_case_reason_and_person(call: Any, tw: Side) -> None:
    words = ("--from", "2026-01-01", "--to", "2100-01-01", "--case", "A-7", "--why", "audit")
    assert call("evidence", "hold", "--partner", "kr", *words, environment={"USER": "lin"}).code == 0
    shown = call("evidence", "holds").out
    assert "all of kr from 2026-01-01T00:00:00.000Z to 2100-01-01T00:00:00.000Z" in shown
    assert all(one in shown for one in ("A-7", "audit", "lin"))
    assert plan(call) == []
    assert call("evidence", "release", "1", "--why", "done", "--who", "Chen").code == 0
    (one,) = call("evidence", "holds", "--all", "--json").document["holds"]
    assert (one["hold"], one["case"], one["who"], one["partner"], one["messages"]) == (1, "A-7", "lin", "kr", 0)
    assert (one["released"]["who"], one["released"]["why"]) == ("Chen", "done")
    node = Node.open(tw.folder)
    acts = [one.entry.facts for one in node.evidence.kinds(Kind.ACTED) if "hold" in one.entry.facts]
    node.close()
    assert [(one["what"], one["who"], one["why"], one["case"]) for one in acts] == [
        ("hold", "lin", "audit", "A-7"),
        ("release", "Chen", "done", "A-7"),
    ]


def test_a_hold_from_a_day_on_leaves_what_began_before(call: Any) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert call("evidence", "hold", "--partner", "kr", "--from", tomorrow, "--case", "A-7", "--why", "audit").code == 0
    assert plan(call) == list(IDS)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("m1@", "--why", "x"), 2, "--case"),
        (("m1@", "--case", "x"), 2, "--why"),
        (("--case", "x", "--why", "y"), 2, "either messages or one partner"),
        (("m1@", "--partner", "kr", "--case", "x", "--why", "y"), 2, "either messages or one partner"),
        (("m1@", "--from", "2026-01-01", "--case", "x", "--why", "y"), 2, "--from"),
        (("--partner", "kr", "--from", "soon", "--case", "x", "--why", "y"), 2, "no instant"),
        (("--partner", "kr", "--from", "2026-02-01", "--to", "2026-01-01", "--case", "x", "--why", "y"), 2, "is not after"),
        (("--partner", "kp", "--case", "x", "--why", "y"), 7, "known here: "),
        (("nothing", "--case", "x", "--why", "y"), 7, "nothing"),
    ],
)
def test_what_is_no_order_is_refused(call: Any, words: tuple[str, ...], code: int, said: str) -> None:
    ended = call("evidence", "hold", *words)
    assert (ended.code, said in ended.err) == (code, True), ended.err
    assert call("evidence", "holds", "--all", "--json").document["holds"] == []


def test_only_what_is_in_force_is_released_and_with_a_reason(call: Any) -> None:
    assert call("evidence", "hold", "m1@", "--case", "x", "--why", "y").code == 0
    assert call("evidence", "release", "1").code == 2
    ended = call("evidence", "release", "1", "2", "--why", "done")
    assert (ended.code, "hold 2: is not in force" in ended.err) == (7, True)
    assert len(call("evidence", "holds", "--json").document["holds"]) == 1


def test_a_partner_that_is_none_any_more_is_held_by_what_the_log_knows(call: Any, tw: Side) -> None:
    (tw.folder / "partners" / "kr" / "agreement.toml").unlink()
    (tw.folder / "partners" / "kr").rename(tw.folder / "kr-was")
    assert call("evidence", "hold", "--partner", "kr", "--case", "A-7", "--why", "audit").code == 0
    assert plan(call) == []
