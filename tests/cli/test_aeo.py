"""Programme staff look up operators and match declared codes."""

from typing import Any

import pytest

from node.app import Node
from node.customs.operators.record_set import URGENT
from tests.homes import Side, make_pair
from tests.operators import deletion, delta, record, status, take

AEO_TOML = """
[own]
authority = "KR-KCS"
programme = "KR-AEO"

[[arrangement]]
partner = "tw"
authority = "TW-CUSTOMS"
programme = "TW-AEO"
country = "TW"
profile = "mra.tw-kr.1"
every_hours = 24
"""


def told_of(tmp_path: Any) -> Side:
    """A home that got a full list on 2 November and a suspension on 10 November."""
    side = make_pair(tmp_path)[1]
    (side.folder / "aeo.toml").write_text(AEO_TOML)
    node = Node.open(side.folder)
    take(node.operators, [record("TW1"), record("TW2")], 7)
    delta(node.operators, [status("TW1", 2, 9)], 7, 8, days=9, received=9.5, mode=URGENT)
    node.close()
    return side


@pytest.fixture
def kr(tmp_path: Any) -> Side:
    return told_of(tmp_path)


def aeo(n2n: Any, kr: Side, *words: str) -> Any:
    return n2n("--home", kr.folder, "aeo", *words)


def test_a_look_up_tells_status_source_age_and_history(n2n: Any, kr: Side) -> None:
    told = aeo(n2n, kr, "lookup", "TW1", "--json").document
    (one,) = told["operators"]
    assert (told["known_to"], one["status"], one["recognised"]) == ("sender", "SUSPENDED", False)
    assert (one["record"]["since"], one["record"]["reason"], one["record"]["name"]) == (
        "2026-11-10",
        "SECURITY",
        "Company 1 Ltd.",
    )
    assert one["record"]["source"]["message"] == "as4-doc-TW-CUSTOMS-URGENT-8-1"
    assert (one["data"]["hours_agreed"], one["data"]["stale"]) == (24.0, True)
    assert [row["status"] for row in one["history"]] == ["ACTIVE", "SUSPENDED"]


def test_a_look_up_may_ask_of_another_day_and_of_what_was_known_then(n2n: Any, kr: Side) -> None:
    def asked(*words: str) -> str:
        return str(aeo(n2n, kr, "lookup", "TW1", *words, "--json").document["operators"][0]["status"])

    assert asked("--as-of", "2026-11-05", "--known-at", "2026-11-05T12:00Z") == "ACTIVE"
    assert asked("--as-of", "2026-11-10", "--known-at", "2026-11-10") == "SUSPENDED"
    assert asked("--as-of", "2026-11-10", "--known-at", "2026-11-10", "--to-us") == "ACTIVE"
    assert asked("--as-of", "2026-11-05") == "ACTIVE"
    assert asked("--as-of", "2019-12-31") == "NOT-FOUND"


def test_the_page_is_for_people_and_always_says_as_of_when(n2n: Any, kr: Side) -> None:
    out = aeo(n2n, kr, "lookup", "TW1", "--as-of", "2026-11-20", "--known-at", "2026-11-20").out
    lines = out.splitlines()
    assert lines[0] == "as of 2026-11-20, as known at 2026-11-20T00:00:00.000Z"
    assert "TW1 AEOS  SUSPENDED  (TW-CUSTOMS TW-AEO)" in lines
    assert "  reason                      SECURITY" in lines
    assert "OLDER THAN AGREED" in out
    early = aeo(n2n, kr, "lookup", "TW1", "--as-of", "2026-11-05").out.splitlines()
    assert "TW1 AEOS  ACTIVE  (TW-CUSTOMS TW-AEO)" in early
    assert "  until                       2026-11-09" in early


def test_a_deleted_operator_is_told_by_what_it_was(n2n: Any, kr: Side) -> None:
    node = Node.open(kr.folder)
    delta(node.operators, [deletion("TW2", 2, 11)], 8, 9, days=12)
    node.close()
    told = aeo(n2n, kr, "lookup", "TW2", "--json").document["operators"][0]
    assert (told["status"], told["before_it_was_deleted"]["name"]) == ("NOT-FOUND", "Company 2 Ltd.")
    lines = aeo(n2n, kr, "lookup", "TW2").out.splitlines()
    assert "  before it was deleted       ACTIVE since 2020-01-01, until 2026-11-12T00:00:00.000Z" in lines


def test_the_page_is_there_in_chinese(n2n: Any, kr: Side) -> None:
    out = aeo(n2n, kr, "lookup", "順豐1", "--scheme", "NAME", "--lang", "zh-Hant").out
    assert out.startswith("基準日 ")
    assert "TW1 AEOS  暫停 SUSPENDED" in out
    assert "順豐1股份有限公司" in out and "資料逾期" in out
    assert aeo(n2n, kr, "board", "--lang", "zh-Hant").out.startswith("基準日 ")


def test_nobody_is_told_as_such(n2n: Any, kr: Side) -> None:
    answer = aeo(n2n, kr, "lookup", "TW9")
    assert (answer.code, answer.out.splitlines()[-1]) == (7, "no operator is known by this: TW9")
    assert aeo(n2n, kr, "lookup", "TW9", "--json").document["operators"] == []


@pytest.mark.parametrize(
    "words",
    [("--as-of", "soon"), ("--known-at", "soon"), ("--lang", "fr"), ("--scheme", "X"), ("--purpose", "FUN")],
)
def test_wrong_words_are_told(n2n: Any, kr: Side, words: tuple[str, str]) -> None:
    answer = aeo(n2n, kr, "lookup", "TW1", *words)
    assert answer.code == 2
    assert words[0] in answer.err


def test_a_declared_code_is_matched_as_known_to_us_that_day(n2n: Any, kr: Side) -> None:
    def matched(day: str) -> Any:
        return aeo(n2n, kr, "match", "AEO1", "--on", day, "--json").document

    assert (matched("2026-11-09")["operators"][0]["status"], matched("2026-11-10")["operators"][0]["status"]) == (
        "ACTIVE",
        "SUSPENDED",
    )
    assert matched("2026-11-09")["known_at"] == "2026-11-09T23:59:59.999Z"
    # Before the first list came we knew nobody.
    assert matched("2026-11-01")["operators"][0]["status"] == "NOT-FOUND"


def test_every_look_up_is_written_down(n2n: Any, kr: Side) -> None:
    aeo(n2n, kr, "lookup", "TW1", "--who", "officer wang", "--purpose", "AUDIT")
    aeo(n2n, kr, "match", "TW9", "--on", "2026-11-09", "--who", "lee")
    latest, first = aeo(n2n, kr, "queries", "--json").document["queries"]
    assert (first["who"], first["purpose"], first["found"]) == ("officer wang", "AUDIT", 1)
    assert (latest["who"], latest["found"]) == ("lee", 0)
    assert latest["asked"].startswith("ANY TW9 as of 2026-11-09 known to us at 2026-11-09T23:59:59")
    assert "officer wang" in aeo(n2n, kr, "queries").out
