"""`n2n evidence show` tells what happened to a message in plain words."""

from typing import Any

from tests.homes import Side

WHY = ("--why", "case 7", "--who", "lin")


def shown(n2n: Any, side: Side, *words: object) -> Any:
    return n2n("--home", side.folder, "evidence", "show", *words, *WHY)


def test_the_story_of_a_message_with_the_six_checks(n2n: Any, traded: tuple[Side, Side]) -> None:
    tw, kr = traded
    ended = shown(n2n, tw, "m1")
    assert ended.code == 0, ended.err
    assert ended.out.splitlines()[0] == "Message m1@tw.example: Delivered and provable."
    for step in range(1, 7):
        assert f"✔ holds {step}. " in ended.out
    assert "lin: show m1 (case 7)" in ended.out
    assert "It proves" in ended.out or "What this proves" in ended.out
    chinese = shown(n2n, kr, "m1", "--lang", "zh-Hant").out
    assert "自夥伴收到" in chinese
    told = shown(n2n, tw, "m1@tw.example", "--json").document
    assert told["outcome"] == "delivered"
    assert [one["step"] for one in told["receipt"]] == [1, 2, 3, 4, 5, 6]
    assert told["entries"][0]["kind"] == "message.packaged"


def test_an_entry_by_its_number(n2n: Any, traded: tuple[Side, Side]) -> None:
    kr = traded[1]
    # The first entry of a log tells the settings.
    told = shown(n2n, kr, "2", "--json").document
    assert told["entries"][0]["number"] == 2
    n2n("--home", kr.folder, "evidence", "search", "--partner", "tw", *WHY)
    number = n2n("--home", kr.folder, "evidence", "retrievals", "--limit", "1", "--json").document["retrievals"][0]["number"]
    ended = shown(n2n, kr, number)
    assert f"Entry {number}: " in ended.out
    assert "lin: search --partner tw (case 7)" in ended.out
    assert shown(n2n, kr, number, "--json").document["facts"]["what"] == "search --partner tw"


def test_what_is_not_there(n2n: Any, traded: tuple[Side, Side]) -> None:
    for word, code, said in (
        ("99999", 7, "entry 99999: is not in the log: it has "),
        ("0", 7, "entries, from 1"),
        ("9" * 30, 7, "is not in the log"),
        ("m1@tw.exampel", 7, "did you mean m1@tw.example?"),
        ("", 7, "n2n evidence search finds what there is"),
    ):
        ended = shown(n2n, traded[0], word)
        assert (ended.code, said in ended.err) == (code, True), ended.err
