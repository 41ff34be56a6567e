"""Our own list comes in from a file and goes out as documents."""

import hashlib
import sqlite3
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from node.customs.operators.in_memory import InMemoryOperators
from node.customs.operators.record import Source
from node.customs.operators.record_set import RecordSetReader
from tests.homes import Side, make_pair
from tests.operators import at
from tests.own_lists import make_arranged_pair, row, text_of

AEO_TOML = """
[own]
authority = "TW-CUSTOMS"
programme = "TW-AEO"

[[arrangement]]
partner = "kr"
authority = "KR-KCS"
programme = "KR-AEO"
country = "KR"
profile = "mra.tw-kr.1"

[[arrangement]]
partner = "ca"
authority = "CA-CBSA"
programme = "CA-PIP"
country = "CA"
profile = "mra.tw-ca.1"
direction = "in"
"""
HEADING = "tin,tier,status,valid_from,name,country,roles,aeo_number,consent,consent_since,reason"
ROWS = ("TW1,AEOS,ACTIVE,2020-01-01,One,TW,IM,A1,ALL,2019-01-01,", "TW2,AEOF,ACTIVE,2020-01-01,Two,TW,EX,A2,NONE,,")


@pytest.fixture
def tw(tmp_path: Any) -> Side:
    side = make_pair(tmp_path)[0]
    (side.folder / "aeo.toml").write_text(AEO_TOML)
    return side


def import_(n2n: Any, tw: Side, *rows: str) -> Any:
    path = tw.folder / "list.csv"
    path.write_text("\n".join((HEADING, *rows)))
    return n2n("--home", tw.folder, "aeo", "own", "import", path, "--json")


def publish(n2n: Any, tw: Side, *words: str) -> Any:
    return n2n("--home", tw.folder, "aeo", "publish", "kr", "--out", tw.folder / "out", *words, "--json").document


def test_a_long_list_that_was_taken_is_kept_as_a_file_and_not_in_a_row(n2n: Any, tw: Side) -> None:
    rows = [f"TW{number},AEOS,ACTIVE,2020-01-01,{'A' * 200},TW,IM,A{number},NONE,," for number in range(1500)]
    assert import_(n2n, tw, *rows).document["new"] == 1500
    taken = (tw.folder / "list.csv").read_bytes()
    with closing(sqlite3.connect(tw.folder / "data" / "node.db")) as database:
        ((file, content),) = database.execute(
            "SELECT file, content FROM octets WHERE sha256 = ?", [hashlib.sha256(taken).hexdigest()]
        ).fetchall()
    assert content is None
    assert (tw.folder / "data" / "payloads" / file).read_bytes() == taken


def test_a_long_list_that_is_wrong_leaves_no_file(n2n: Any, tw: Side) -> None:
    rows = [f"TW{number},AEOS,ACTIVE,2020-01-01,{'A' * 200},TW,IM,A{number},NONE,," for number in range(1500)]
    assert import_(n2n, tw, *rows, rows[0]).code == 2
    assert [one for one in (tw.folder / "data" / "payloads").rglob("*") if one.is_file()] == []


def test_what_is_imported_is_listed_with_its_consent(n2n: Any, tw: Side) -> None:
    assert import_(n2n, tw, *ROWS).document == {"programme": "TW-AEO", "new": 2, "changed": 0, "same": 0}
    assert import_(n2n, tw, ROWS[0].replace("One", "Uno")).document == {"programme": "TW-AEO", "new": 0, "changed": 1, "same": 0}
    rows = n2n("--home", tw.folder, "aeo", "own", "list", "--json").document["operators"]
    assert [(row["tin"], row["version"], row["name"], row["consent"]) for row in rows] == [
        ("TW1", 2, "Uno", "ALL"),
        ("TW2", 1, "Two", ""),
    ]
    assert "Uno" in n2n("--home", tw.folder, "aeo", "own", "list").out


def test_a_list_with_a_problem_is_not_taken(n2n: Any, tw: Side) -> None:
    answer = import_(n2n, tw, ROWS[0], ROWS[1].replace("AEOF", "GOLD"))
    assert (answer.code, "row 2 (TW2): tier 'GOLD'" in answer.err) == (2, True)
    assert n2n("--home", tw.folder, "aeo", "own", "list").out == "TW-AEO: no operators\n"
    assert n2n("--home", tw.folder, "aeo", "own", "import", tw.folder / "none.csv").code == 7


def test_a_partner_gets_a_full_list_and_then_what_changed(n2n: Any, tw: Side) -> None:
    register = InMemoryOperators()
    import_(n2n, tw, *ROWS)
    first = publish(n2n, tw)
    assert (first["mode"], first["since"], first["to"], first["operations"]) == ("FULL", 0, 1, {"ADD": 1})
    nothing = publish(n2n, tw)
    assert (nothing["mode"], nothing["to"], nothing["files"]) == ("DELTA", 1, [])
    import_(n2n, tw, ROWS[0].replace("ACTIVE", "SUSPENDED") + "SECURITY", ROWS[1].replace("NONE,", "ALL,2019-01-01"))
    urgent = publish(n2n, tw, "--mode", "urgent")
    assert (urgent["since"], urgent["to"], urgent["operations"]) == (1, 2, {"STATUS": 1})
    delta = publish(n2n, tw, "--mode", "delta")
    assert (delta["since"], delta["operations"]) == (2, {"CHANGE": 1, "ADD": 1})
    for told in (first, urgent, delta):
        for file in told["files"]:
            reader = RecordSetReader(BytesIO(Path(file).read_bytes()))
            register.take(reader.head, reader.records(), Source(reader.head.document_id, "", at(1)))
    assert register.totals("TW-CUSTOMS", "TW-AEO") == {("AEOS", "SUSPENDED"): 1, ("AEOF", "ACTIVE"): 1}
    assert [Path(file).name for told in (first, urgent, delta) for file in told["files"]] == [
        "000000001-full-0001.xml",
        "000000002-urgent-0001.xml",
        "000000004-delta-0001.xml",
    ]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("kr", "--mode", "delta"), 8, "holds nothing of our list yet"),
        (("ca",), 8, "gets no list: the arrangement is in force, direction in"),
        (("jp",), 7, "has no arrangement in aeo.toml: arrangements: ca, kr"),
        (("kr", "--mode", "all"), 2, "'all' is none"),
    ],
)
def test_what_cannot_go_out_is_told(n2n: Any, tw: Side, words: tuple[str, ...], code: int, said: str) -> None:
    import_(n2n, tw, *ROWS)
    answer = n2n("--home", tw.folder, "aeo", "publish", *words, "--out", tw.folder / "out")
    assert (answer.code, said in answer.err) == (code, True), answer.err


@pytest.mark.parametrize("more", [(), ("--out", "out"), ("--mode", "full")])
def test_a_list_that_was_never_imported_is_not_told_as_empty(n2n: Any, tw: Side, more: tuple[str, ...]) -> None:
    answer = n2n("--home", tw.folder, "aeo", "publish", "kr", *more)
    assert (answer.code, "TW-AEO: our list was never imported: n2n aeo own import FILE" in answer.err) == (8, True), answer.err


def test_without_a_programme_of_our_own_there_is_nothing_to_import(n2n: Any, tw: Side) -> None:
    (tw.folder / "aeo.toml").unlink()
    answer = n2n("--home", tw.folder, "aeo", "own", "list")
    assert (answer.code, "aeo.toml: has no [own]" in answer.err) == (3, True)


def test_a_list_goes_out_as_messages_and_what_our_own_rules_refuse_does_not(n2n: Any, tmp_path: Any) -> None:
    side = make_arranged_pair(tmp_path)[0]
    file = side.folder / "list.csv"

    def publish_now(*words: str) -> Any:
        return n2n("--home", side.folder, "aeo", "publish", "kr", *words)

    file.write_text(text_of(row(1), row(2).replace("Company 2", "公司")))
    n2n("--home", side.folder, "aeo", "own", "import", file)
    refused = publish_now()
    assert (refused.code, "AEO-07 at /AeoRecordSet/Record[2]/Name" in refused.err) == (5, True), refused.err
    file.write_text(text_of(row(2)))
    n2n("--home", side.folder, "aeo", "own", "import", file)
    first = publish_now("--json").document
    assert (first["mode"], first["to"], first["files"]) == ("FULL", 2, [])
    (message,) = first["messages"]
    assert message["state"] == "SENT"
    shown = n2n("--home", side.folder, "message", "show", message["message_id"], "--json").document
    assert shown["state"] == "SUBMITTED"
    file.write_text(text_of(row(1, "SUSPENDED")))
    n2n("--home", side.folder, "aeo", "own", "import", file)
    # Nobody serves, so the first one is still here.
    assert "waits until what went before has arrived" in publish_now("--mode", "urgent").out
    assert publish_now("--mode", "urgent", "--json").document["messages"] == []
    assert publish_now("--mode", "urgent").out == "kr: nothing to tell\n"
