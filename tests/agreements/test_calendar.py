"""Maintenance windows of a partner: weekly and dated, in its own time zone, over changes of the clocks, and what cannot be one."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.agreements.calendar import NEVER_CLOSED, Window, Windows

H, D = timedelta(hours=1), timedelta(days=1)
SEOUL, BERLIN = ZoneInfo("Asia/Seoul"), ZoneInfo("Europe/Berlin")
#: 2026-11-22 is a Sunday.
SUNDAY = datetime(2026, 11, 22, tzinfo=UTC)


def weekly(begins: int, ends: int, days: frozenset[int] = frozenset({6}), **other: object) -> Window:
    return Window("weekly", days=days, begins=time(begins), ends=time(ends), **other)  # type: ignore[arg-type]


def once(first: datetime, last: datetime, **other: object) -> Window:
    return Window("upgrade", first=first, last=last, **other)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("local", "closed"),
    [
        ("2026-11-22T01:59", False),
        ("2026-11-22T02:00", True),
        ("2026-11-22T04:59", True),
        ("2026-11-22T05:00", False),
        ("2026-11-23T03:00", False),
    ],
)
def test_a_weekly_window_is_kept_by_the_partner_s_clock(local: str, closed: bool) -> None:
    at = datetime.fromisoformat(local).replace(tzinfo=SEOUL).astimezone(UTC)
    found = Windows((weekly(2, 5),), SEOUL).closed(at)
    assert bool(found) is closed
    if found:
        assert found.until == datetime(2026, 11, 21, 20, tzinfo=UTC)
        assert found.why == "weekly until 2026-11-21T20:00Z"


def test_a_window_may_go_past_midnight() -> None:
    calendar = Windows((weekly(22, 4),))
    assert calendar.closed(SUNDAY + 21 * H) is None
    for hours in (22, 25, 27):
        found = calendar.closed(SUNDAY + hours * H)
        assert found is not None
        assert found.until == SUNDAY + 28 * H
    assert calendar.closed(SUNDAY + 28 * H) is None


def test_windows_that_follow_each_other_are_one_wait() -> None:
    calendar = Windows((weekly(2, 5), once(SUNDAY + 4 * H, SUNDAY + 9 * H)))
    found = calendar.closed(SUNDAY + 3 * H)
    assert found is not None
    assert found.until == SUNDAY + 9 * H


def test_the_clocks_change_and_the_window_stays_at_its_hour() -> None:
    """Berlin skips 02:00 to 03:00 on 2026-03-29 and has it twice on 2026-10-25."""
    calendar = Windows((weekly(1, 4),), BERLIN)
    spring, autumn = datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)
    assert calendar.after(spring, timedelta()) == (spring + 2 * H, "weekly until 2026-03-29T02:00Z")
    assert calendar.after(autumn, timedelta()) == (autumn + 3 * H, "weekly until 2026-10-25T03:00Z")
    skipped = Windows((weekly(2, 3),), BERLIN)
    assert skipped.closed(spring + timedelta(minutes=30)) is None
    assert skipped.closed(spring + timedelta(minutes=90)) is None


def test_open_time_is_counted_without_windows_of_waiting_and_with_those_of_falling_back() -> None:
    start = SUNDAY - 2 * H
    assert Windows((weekly(0, 6),)).after(start, 3 * H) == (SUNDAY + 7 * H, "weekly until 2026-11-22T06:00Z")
    assert Windows((weekly(0, 6, policy="reject"),)).after(start, 3 * H)[0] == SUNDAY + 7 * H
    assert Windows((weekly(0, 6, policy="fall back", address="https://dr"),)).after(start, 3 * H) == (SUNDAY + H, "")
    assert Windows((weekly(0, 6),)).after(start, 14 * D)[0] == start + 14 * D + 18 * H
    assert NEVER_CLOSED.after(start, 100 * D) == (start + 100 * D, "")


def test_a_window_in_which_nothing_can_be_sent_stands_before_one_with_another_address() -> None:
    other = weekly(0, 9, policy="fall back", address="https://dr")
    found = Windows((other, weekly(0, 6))).closed(SUNDAY + H)
    assert found is not None
    assert (found.policy, found.until) == ("buffer", SUNDAY + 6 * H)
    found = Windows((other, weekly(0, 6))).closed(SUNDAY + 7 * H)
    assert found is not None
    assert (found.policy, found.address, found.until) == ("fall back", "https://dr", SUNDAY + 9 * H)


hours = st.integers(0, 23)
windows = st.builds(
    lambda begins, ends, days, policy: Window("w", policy, "https://dr", frozenset(days), time(begins), time(ends)),
    *(hours, hours, st.sets(st.integers(0, 6), max_size=4), st.sampled_from(["buffer", "reject", "fall back"])),
) | st.builds(
    lambda begin, length, policy: Window("w", policy, "https://dr", first=SUNDAY + begin, last=SUNDAY + begin + length),
    *(st.timedeltas(-D, 20 * D), st.timedeltas(H, 3 * D), st.sampled_from(["buffer", "fall back"])),
)
calendars = st.builds(
    Windows, st.lists(windows, max_size=3).map(tuple), st.sampled_from([SEOUL, BERLIN, ZoneInfo("UTC")])
).filter(lambda one: one.ever_open(SUNDAY))
lengths = st.timedeltas(timedelta(), 20 * D)


@given(calendars, st.timedeltas(timedelta(), 10 * D), lengths, lengths)
def test_open_time_adds_up_and_ends_where_it_is_open(calendar: Windows, at: timedelta, one: timedelta, two: timedelta) -> None:
    start = SUNDAY + at
    first, _ = calendar.after(start, one)
    closed = calendar.closed(first)
    assert first >= start + one
    assert closed is None or closed.policy == "fall back"
    assert calendar.after(first, two)[0] == calendar.after(start, one + two)[0]


# -- reading -----------------------------------------------------------------------------------------------------------

WRITTEN = """
[calendar]
time_zone = "Asia/Seoul"
fall_back = "https://dr.example.kr/as4"

[[calendar.window]]
name  = "weekly maintenance"
every = ["saturday", "Sunday"]
from  = 22:00:00
to    = "04:00"

[[calendar.window]]
name   = "new release"
from   = 2026-12-24T18:00:00
to     = 2026-12-27T06:00:00+09:00
policy = "fall back"
"""


def test_a_calendar_is_read_from_the_agreement(load, a):
    agreements = load(xx=a.AGREEMENT + WRITTEN)
    assert agreements.problems == []
    first, last = datetime(2026, 12, 24, 9, tzinfo=UTC), datetime(2026, 12, 26, 21, tzinfo=UTC)
    address = "https://dr.example.kr/as4"
    assert agreements.calendar("xx") == Windows(
        (
            Window("weekly maintenance", "buffer", address, frozenset({5, 6}), time(22), time(4)),
            Window("new release", "fall back", address, first=first, last=last),
        ),
        SEOUL,
    )
    assert agreements.calendar("nobody").closed(SUNDAY) is None
    told = [(one.value, str(one.origin)) for one in agreements.explain("xx") if one.parameter == "Maintenance window"]
    assert told == [
        ("weekly maintenance: saturday, sunday 22:00 to 04:00 Asia/Seoul, buffer", "partners/xx/agreement.toml:28"),
        (f"new release: 2026-12-24T09:00Z to 2026-12-26T21:00Z, fall back to {address}", "partners/xx/agreement.toml:34"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "Asia/Seoul",
            "Asia/Soul",
            "calendar.time_zone: 'Asia/Soul' is no time zone of the IANA data base; did you mean 'Asia/Seoul'?",
        ),
        ("Asia/Seoul", "../etc/passwd", "calendar.time_zone: '../etc/passwd' is no time zone"),
        ('"Sunday"', '"Sonntag"', "calendar.window[1].every: 'Sonntag' is no day of the week"),
        ('every = ["saturday", "Sunday"]', "", "calendar.window[1].every: is required for a window by times of day"),
        ("22:00:00", '"22 Uhr"', "calendar.window[1].from: '22 Uhr' is no time of day"),
        ("22:00:00", "22", "calendar.window[1].from: must be a time of day or a date with time, is 22"),
        ("22:00:00", "2026-12-24T18:00:00", "calendar.window[1].from: must be of the same kind as `to`"),
        ('to    = "04:00"', "", "calendar.window[1].to: is required"),
        ("2026-12-24T18", "2026-12-28T18", "calendar.window[2].to: is not after `from`"),
        ('policy = "fall back"', 'policy = "wait"', "calendar.window[2].policy: must be one of buffer, reject, fall back"),
        ('policy = "fall back"', 'every = "sunday"', "calendar.window[2].every: does not go with dates"),
        ('fall_back = "https://dr.example.kr/as4"', "", "calendar.window[2].fall_back: is required by the policy"),
        ("https://dr.example.kr", "https://[dr", "calendar.fall_back: must be an https address"),
        ("https://dr.example.kr", "http://dr.example.kr", "calendar.fall_back: must be an https address"),
        ("from  = 22:00:00", "form  = 22:00:00", "calendar.window[1].form: is not known"),
    ],
)
def test_what_is_no_window_is_told_with_its_place(load, a, old, new, problem):
    assert old in WRITTEN
    problems = load(xx=a.AGREEMENT + WRITTEN.replace(old, new)).problems
    assert [one for one in problems if f"partners/xx/agreement.toml: {problem}" in one], problems


def test_a_calendar_that_is_never_open_is_refused(load, a):
    always = '[calendar]\n[[calendar.window]]\nevery = "day"\nfrom = 00:00:00\nto = 00:00:00\n'
    [problem] = load(xx=a.AGREEMENT + always).problems
    assert "leave no time in which anything can be sent" in problem


def test_a_calendar_without_windows_is_a_mistake(load, a):
    [problem] = load(xx=a.AGREEMENT + '[calendar]\ntime_zone = "UTC"\n').problems
    assert "calendar.window: no window is named" in problem
