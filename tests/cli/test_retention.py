"""What would go is shown with its rule, goes when it is asked for, and stays where somebody ordered it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from node.app import Node
from node.ebms.states import OutboundEvent
from node.msh.ports import Settlement
from tests.homes import Side, make_pair

MESSAGE = "m1@tw.example"


@pytest.fixture
def tw(tmp_path: Any, n2n: Any) -> Side:
    """A home with one message that was acknowledged 40 days ago, and one that waits."""
    side = make_pair(tmp_path)[0]
    path = tmp_path / "document.xml"
    path.write_text("<certificate/>")
    for message_id in (MESSAGE, "m2@tw.example"):
        assert n2n("--home", side.folder, "submit", "--partner", "kr", path, "--message-id", message_id).code == 0
    node = Node.open(side.folder)
    from node.msh.outbound import begin

    exchange = node.messages.exchange(MESSAGE)
    assert exchange is not None
    begin(exchange, node.ports)
    ended = datetime.now(UTC) - timedelta(days=40)
    node.messages.settle(Settlement(MESSAGE, OutboundEvent.RECEIPT_MATCHED, ended))
    node.close()
    return side


def test_a_plan_shows_what_goes_and_why_and_removes_nothing(n2n: Any, tw: Side) -> None:
    for _ in range(2):
        told = n2n("--home", tw.folder, "retention", "plan", "--json").document
        assert (told["payloads"], told["all"], told["octets"]) == (1, 0, 14)
        (row,) = told["messages"]
        assert (row["direction"], row["message_id"], row["removes"]) == ("sent", MESSAGE, "payloads")
        assert row["why"].startswith("payload = 30d after ACKNOWLEDGED at ") and row["why"].endswith("by the standard rule")
    early = (datetime.now(UTC) - timedelta(days=11)).date().isoformat()
    planned = n2n("--home", tw.folder, "retention", "plan", "--as-of", early, "--json").document
    assert [planned[name] for name in ("wire", "payloads", "all")] == [1, 0, 0]
    (row,) = planned["messages"]
    assert row["removes"] == "wire" and row["why"].startswith("sent = 1d after ACKNOWLEDGED at ")
    assert row["octets"] == planned["octets"] > 1000
    earliest = (datetime.now(UTC) - timedelta(days=40)).date().isoformat()
    assert n2n("--home", tw.folder, "retention", "plan", "--as-of", earliest, "--json").document["messages"] == []
    assert n2n("--home", tw.folder, "retention", "plan", "--as-of", "2040-01-01", "--json").document["all"] == 1
    assert n2n("--home", tw.folder, "retention", "plan", "--partner", "jp", "--json").document["payloads"] == 0
    lines = n2n("--home", tw.folder, "retention", "plan", "--limit", "0").out
    assert lines.startswith(
        "1 messages would lose their payloads, 0 would go with all but a line, 0 would lose what went over the wire; 14 octets"
    )
    assert MESSAGE in n2n("--home", tw.folder, "retention", "plan").out


def test_an_instant_that_is_none_is_told(n2n: Any, tw: Side) -> None:
    assert n2n("--home", tw.folder, "retention", "plan", "--as-of", "soon").code == 2


def test_what_went_is_shown_as_removed_and_cannot_be_sent_again(n2n: Any, tw: Side) -> None:
    assert n2n("--home", tw.folder, "retention", "run", "--json").document == {
        "wire": 0,
        "payloads": 1,
        "messages": 0,
        "files": 0,
        "kept": 0,
    }
    shown = n2n("--home", tw.folder, "message", "show", MESSAGE)
    assert ", removed by retention 2" in shown.out and "PAYLOADS_REMOVED: payload = 30d" in shown.out
    (payload,) = n2n("--home", tw.folder, "message", "show", MESSAGE, "--json").document["payloads"]
    assert payload["removed_by_retention_at"] and len(payload["sha256"]) == 64
    ended = n2n("--home", tw.folder, "message", "resend", MESSAGE)
    assert (ended.code, "removed by retention" in ended.out) == (8, True)
    # The receipt of this test has no octets, and nothing else is found.
    found = n2n("--home", tw.folder, "doctor", "--store", "--json").document["findings"]
    assert {one["id"] for one in found} == {"INV-10"}
    assert n2n("--home", tw.folder, "retention", "run").out.startswith("0 messages lost their payloads")


def test_what_lost_its_wire_octets_is_shown_whole_and_cannot_be_sent_again(n2n: Any, tw: Side) -> None:
    toml = tw.folder / "node.toml"
    toml.write_text(toml.read_text() + '\n[retention]\npayload = "1y"\n')
    told = n2n("--home", tw.folder, "retention", "run", "--json").document
    assert (told["wire"], told["payloads"]) == (1, 0)
    shown = n2n("--home", tw.folder, "message", "show", MESSAGE)
    assert "WIRE_REMOVED: sent = 1d after ACKNOWLEDGED at " in shown.out and "removed by retention" not in shown.out
    for rehearsed in (("--dry-run",), ()):
        ended = n2n("--home", tw.folder, "message", "resend", MESSAGE, *rehearsed)
        assert (ended.code, "submit the document as a new message" in ended.out) == (8, True)
    found = n2n("--home", tw.folder, "doctor", "--store", "--json").document["findings"]
    assert {one["id"] for one in found} == {"INV-10"}
    assert ", 0 lost what went over the wire, " in n2n("--home", tw.folder, "retention", "run").out


def test_what_is_kept_by_order_stays_until_the_order_is_taken_back(n2n: Any, tw: Side) -> None:
    assert n2n("--home", tw.folder, "message", "keep", MESSAGE).code == 2
    assert n2n("--home", tw.folder, "message", "keep", MESSAGE, "--release").code == 8
    assert n2n("--home", tw.folder, "message", "keep", "m1", "--reason", "court file 12", "--json").document["messages"] == [
        {"message_id": MESSAGE, "direction": "sent", "kept": True}
    ]
    assert n2n("--home", tw.folder, "retention", "run", "--json").document["payloads"] == 0
    shown = n2n("--home", tw.folder, "message", "show", MESSAGE).out
    assert "KEPT: court file 12" in shown
    assert n2n("--home", tw.folder, "message", "keep", MESSAGE, "--release").code == 0
    assert n2n("--home", tw.folder, "retention", "run", "--json").document["payloads"] == 1


def test_what_is_gone_is_shown_by_the_line_that_is_left(n2n: Any, tw: Side) -> None:
    node = Node.open(tw.folder)
    (planned,) = [one for one in node.keeping.plan(datetime(2040, 1, 1, tzinfo=UTC)) if one.candidate.message_id == MESSAGE]
    assert node.messages.remove_all(planned.candidate, planned.verdict, node.clock.now())
    node.close()
    shown = n2n("--home", tw.folder, "message", "show", MESSAGE, "--json").document
    assert (shown["state"], shown["payloads"], shown["removed_by_retention"][:14]) == ("ACKNOWLEDGED", [], "evidence = 10y")
    assert n2n("--home", tw.folder, "message", "show", MESSAGE).code == 0
    assert n2n("--home", tw.folder, "message", "keep", MESSAGE, "--reason", "x").code == 8
    again = n2n("--home", tw.folder, "submit", "--partner", "kr", tw.folder / "node.toml", "--message-id", MESSAGE)
    assert (again.code, "an earlier message has it" in again.err) == (2, True)
