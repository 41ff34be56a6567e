"""`n2n bench` measures for real; what it finds on a busy machine is nobody's proof, so only its form is looked at."""

import json

import pytest

from bench.alternate import alternate
from bench.report import line, row
from node.cli.root import run


@pytest.mark.slow
def test_each_figure_has_a_value_and_stands_beside_its_floor(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "--part", "exchange", "--quick", "--json"]) in (0, 1)
    told = json.loads(capsys.readouterr().out)
    assert [figure["held"] in (True, False, None) for figure in told["figures"]] == [True] * 5
    assert all(figure["value"] > 0 and "CPU" in figure["behind"] for figure in told["figures"])


@pytest.mark.slow
def test_the_store_stands_beside_plain_sqlite(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "--part", "store", "--quick", "--json"]) in (0, 1)
    ratio, cost = json.loads(capsys.readouterr().out)["figures"]
    assert (ratio["bar"], cost["bar"]) == (None, 0.2)
    assert ratio["value"] > 1
    assert "messages in a transaction" in ratio["behind"]


@pytest.mark.slow
def test_a_message_is_matched_among_many_agreements(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "--part", "agreements", "--quick", "--json"]) in (0, 1)
    match, ratio, missed, seconds, memory = json.loads(capsys.readouterr().out)["figures"]
    assert (match["name"], match["bar"]) == ("message match among 1,000 agreements: CPU, us", 20.0)
    assert all(one["value"] > 0 for one in (match, ratio, missed, seconds, memory))


@pytest.mark.parametrize(
    ("value", "bar", "at_most", "held"),
    [(1.5, 1.6, True, True), (1.7, 1.6, True, False), (4.0, 3.0, False, True), (9.9, None, True, None)],
)
def test_a_bar_is_held_or_not(value: float, bar: float | None, at_most: bool, held: bool | None) -> None:
    one = row("figure", value, bar, at_most=at_most, behind="x")
    assert one["held"] is held
    assert ("NOT held" in line(one)) is (held is False)


def test_an_unknown_part_is_a_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "--part", "nonsense"]) == 2
    assert "exchange" in capsys.readouterr().err


def test_contenders_take_turns() -> None:
    turns: list[str] = []
    measured = alternate({"a": lambda: turns.append("a"), "b": lambda: turns.append("b")}, rounds=2, repeat=1)
    assert turns == ["a", "b"] * 3
    assert measured.names == ("a", "b")
