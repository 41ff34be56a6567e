"""`n2n evidence search` finds entries, and is on record itself."""

import hashlib
from typing import Any

from node.app import Node
from node.evidence.entry import Kind
from tests.homes import Side

WHY = ("--why", "case 7", "--who", "lin")


def searched(n2n: Any, side: Side, *words: object) -> list[tuple[str, str]]:
    ended = n2n("--home", side.folder, "evidence", "search", *words, *WHY, "--json")
    assert ended.code == 0, ended.err
    return [(one["kind"], one["message_id"]) for one in ended.document["entries"]]


def test_by_everything_that_is_known(n2n: Any, traded: tuple[Side, Side]) -> None:
    tw, kr = traded
    ids = ["m1@tw.example", "m2@tw.example", "another-1@tw.example"]
    received = [("message.received", one) for one in ids]
    assert sorted(searched(n2n, kr, "--partner", "tw")) == sorted(received)
    assert sorted(searched(n2n, kr, "--from", "2026-01-01")) == sorted(received)
    assert searched(n2n, kr, "--partner", "tw", "--to", "2026-01-01") == []
    assert searched(n2n, tw, "--message", "m2@tw.example") == [("message.packaged", "m2@tw.example")]
    assert searched(n2n, tw, "--message", "m2@tw.example", "--kind", "message.acknowledged") == [
        ("message.acknowledged", "m2@tw.example")
    ]
    assert {kind for kind, _ in searched(n2n, kr, "--kind", "message.delivered")} == {"message.delivered"}
    assert searched(n2n, kr, "--partner", "us", "--kind", "message.delivered") == []


def test_by_a_payload_as_it_was_signed(n2n: Any, traded: tuple[Side, Side]) -> None:
    kr = traded[1]
    node = Node.open(kr.folder)
    (entry,) = [one.entry for one in node.evidence.of_message("m1@tw.example") if one.entry.kind is Kind.RECEIVED]
    node.close()
    digest = entry.objects["payload-1"]
    assert ("message.received", "m1@tw.example") in searched(n2n, kr, "--sha256", digest.upper())
    assert searched(n2n, kr, "--sha256", digest, "--message", "m2@tw.example", "--partner", "us") == []
    assert searched(n2n, kr, "--sha256", hashlib.sha256(b"nothing").hexdigest()) == []


def test_the_search_itself_is_on_record(n2n: Any, traded: tuple[Side, Side]) -> None:
    kr = traded[1]
    searched(n2n, kr, "--partner", "nobody", "--kind", "act")
    told = n2n("--home", kr.folder, "evidence", "retrievals", "--limit", "1", "--json").document["retrievals"]
    assert [(one["who"], one["what"], one["why"]) for one in told] == [("lin", "search --partner nobody --kind act", "case 7")]
    shown = n2n("--home", kr.folder, "evidence", "retrievals").out
    assert "search --partner nobody --kind act" in shown
    n2n("--home", kr.folder, "evidence", "show", "m2@tw.example", *WHY)
    told = n2n("--home", kr.folder, "evidence", "retrievals", "--message", "m2@tw.example", "--json").document["retrievals"]
    assert [one["what"] for one in told][-1] == "show m2@tw.example"
    assert n2n("--home", kr.folder, "evidence", "retrievals", "--to", "2020-01-01").out == "nobody has looked at evidence\n"


def test_what_is_wrong_is_told(n2n: Any, traded: tuple[Side, Side]) -> None:
    for words, said in (
        ([], "is not told what to look for"),
        (["--sha256", "abc"], "64 digits, as sha256sum FILE prints them"),
        (["--kind", "message.recieved"], "did you mean 'message.received'?"),
        (["--from", "yesterday"], "write it as 2026-11-24T08:00Z"),
    ):
        ended = n2n("--home", traded[0].folder, "evidence", "search", *words, *WHY)
        assert (ended.code, said in ended.err) == (2, True), ended.err


def test_there_is_more_than_is_shown(n2n: Any, traded: tuple[Side, Side]) -> None:
    ended = n2n("--home", traded[1].folder, "evidence", "search", "--partner", "tw", "--limit", "2", *WHY)
    assert ended.out.splitlines()[0].split() == ["ENTRY", "AT", "KIND", "PARTNER", "DIRECTION", "MESSAGE", "ID"]
    assert ended.out.splitlines()[-1] == "there is more: narrow it down, or see --limit"
    assert len(ended.out.splitlines()) == 4


def test_a_partner_that_nobody_knows_is_told_with_those_that_are(n2n: Any, traded: tuple[Side, Side]) -> None:
    search = ("--home", traded[0].folder, "evidence", "search", *WHY, "--partner")
    assert n2n(*search, "kt").out == "nothing is found: no message with a partner 'kt' is in the log: known here: kr\n"
    assert n2n(*search, "kt", "--json").document["hint"].startswith("no message with a partner 'kt'")
    # Whom the agreements or the log know has had nothing of the kind.
    assert n2n(*search, "kr", "--kind", "message.failed").out == "nothing is found\n"
