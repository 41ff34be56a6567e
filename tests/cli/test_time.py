"""`n2n time`: the clock of this machine and those of partners, for people and for scripts."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from node.clock import SystemClock, running_seconds
from node.measuring import FILE
from node.timekeeping.record import document_of
from node.timekeeping.timekeeping import Timekeeping
from node.transport.ntp import NtpServers
from tests.homes import Side, make_pair
from tests.ntp_server import Answering, NtpServer, opened, right, silent

HOUR = timedelta(hours=1)


@pytest.fixture
def tw(tmp_path: Path) -> Side:
    return make_pair(tmp_path)[0]


@pytest.fixture
def three() -> Iterator[list[NtpServer]]:
    yield from opened(right(), right(), right())


def named(side: Side, *servers: NtpServer) -> None:
    path = side.folder / "node.toml"
    path.write_text(f"{path.read_text('utf-8')}\n[time]\nservers = {json.dumps([str(one.server) for one in servers])}\n", "utf-8")


def heard(side: Side, seconds: float) -> None:
    """What a process that serves has heard of kr's clock."""
    timekeeping, now = Timekeeping(SystemClock(), running_seconds, lambda: HOUR), datetime.now(UTC)
    timekeeping.partners.hear_date("kr", now + timedelta(seconds=seconds), now, now)
    (side.folder / "data").mkdir(exist_ok=True)
    (side.folder / "data" / FILE).write_text(json.dumps(document_of(timekeeping)))


def test_without_references_it_says_what_is_missing(n2n: Any, tw: Side) -> None:
    shown = n2n("--home", tw.folder, "time")
    assert shown.code == 0
    assert "this clock: not measured: node.toml names no reference" in shown.out
    assert "no partner has told its time yet" in shown.out
    asked = n2n("--home", tw.folder, "time", "--ask")
    assert asked.code == 3
    assert "names no reference" in asked.err


def test_before_anybody_measured_nobody_knows(n2n: Any, tw: Side, three: list[NtpServer]) -> None:
    named(tw, *three)
    shown = n2n("--home", tw.folder, "time", "--json")
    assert (shown.code, shown.document["state"], shown.document["offset_ms"]) == (1, "unknown", None)
    assert three[0].asked == []


def test_references_are_asked_at_once_where_that_is_wanted(n2n: Any, tw: Side, three: list[NtpServer]) -> None:
    named(tw, *three)
    shown = n2n("--home", tw.folder, "time", "--ask", "--json")
    assert (shown.code, shown.document["state"], shown.document["source"]) == (0, "right", "ntp")
    assert [one["name"] for one in shown.document["asked"]] == [str(one.server) for one in three]
    assert n2n("--home", tw.folder, "time", "--ask").out.count("agrees") == 3
    # And nothing is kept of it.
    assert not (tw.folder / "data" / FILE).exists()


@pytest.mark.parametrize(
    ("second", "third", "code", "said"),
    [
        (right(), right(HOUR), 0, "does not agree with most"),
        (right(HOUR), silent, 1, "no majority"),
        (silent, silent, 1, "alone answered"),
        (right(), right(leap=3), 0, "not synchronised (leap indicator 3)"),
        (right(), right(stratum=0, reference_id=b"DENY"), 0, "refuses us (kiss code DENY)"),
    ],
)
def test_each_reference_is_told_with_what_it_said(
    n2n: Any, tw: Side, monkeypatch: pytest.MonkeyPatch, second: Answering, third: Answering, code: int, said: str
) -> None:
    monkeypatch.setattr(NtpServers.__init__, "__defaults__", _patient(0.3))
    for servers in opened(right(), second, third):
        named(tw, *servers)
        shown = n2n("--home", tw.folder, "time", "--ask")
        assert said in shown.out
        assert shown.code == code


def _patient(seconds: float) -> tuple[Any, ...]:
    return (*(NtpServers.__init__.__defaults__ or ())[:-1], seconds)


def test_a_clock_that_is_off_ends_with_one(n2n: Any, tw: Side) -> None:
    for servers in opened(*[right(HOUR)] * 3):
        named(tw, *servers)
        shown = n2n("--home", tw.folder, "time", "--ask", "--json")
        assert (shown.code, shown.document["state"]) == (1, "off")
        assert abs(shown.document["offset_ms"] - 3_600_000) < shown.document["within_ms"] + 1000


@pytest.mark.parametrize(
    ("seconds", "code", "said"), [(-0.5, 0, "the same as ours within"), (90, 1, "and it is OFF"), (-90, 1, "behind by")]
)
def test_a_partners_clock_is_shown_and_judged(n2n: Any, tw: Side, seconds: float, code: int, said: str) -> None:
    heard(tw, seconds)
    shown = n2n("--home", tw.folder, "time")
    assert said in shown.out
    assert shown.code == code
    (row,) = n2n("--home", tw.folder, "time", "--json").document["partners"]
    assert (row["partner"], row["by"], row["off"]) == ("kr", "Date", bool(code))
    checked = n2n("--home", tw.folder, "partner", "check", "kr")
    assert ("kr: its clock is" in checked.out) == bool(code)


def test_a_record_that_cannot_be_read_is_told(n2n: Any, tw: Side) -> None:
    (tw.folder / "data").mkdir(exist_ok=True)
    (tw.folder / "data" / FILE).write_text("{")
    shown = n2n("--home", tw.folder, "time")
    assert shown.code == 0
    assert "attention: time.json" in shown.out
