"""`n2n simulate`: a report for people and as JSON, the same from the same seed, and an exit code that says whether a promise was broken."""

import json

import pytest

from node.cli.root import run
from node.store.messages import StoredMessages

SMALL = ["simulate", "--nations", "2", "--days", "2", "--messages", "8", "--seed", "5"]


def test_a_small_run_keeps_every_promise(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(SMALL) == 0
    assert "0 lost, 0 doubled, 0 promises broken" in capsys.readouterr().out


def test_json_is_the_same_from_the_same_seed(capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for _ in range(2):
        assert run([*SMALL, "--json"]) == 0
        told.append(json.loads(capsys.readouterr().out)["runs"])
    for runs in told:
        del runs[0]["seconds"]
    assert told[0] == told[1]
    assert told[0][0]["states"] == {"ACKNOWLEDGED": 8}


def test_a_broken_promise_is_told_with_the_shortest_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The node forgets every submission that it answered.
    monkeypatch.setattr(StoredMessages, "submit", lambda _self, _exchange: None)
    assert run([*SMALL, "--seeds", "1"]) == 1
    told = capsys.readouterr().out
    assert "the shortest run found: 1 events of seed 5" in told
    assert "broken: INV-1" in told


def test_no_day_is_a_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", "--days", "0"]) == 2
    assert "days" in capsys.readouterr().err
