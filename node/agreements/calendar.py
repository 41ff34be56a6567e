"""When a partner's system is closed by agreement, and what then happens to messages: `[calendar]` of an agreement."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from node.configuration import Table, nearest
from node.msh.next_action import BUFFER, FALL_BACK, REJECT, Closed

POLICIES: Final = (BUFFER, REJECT, FALL_BACK)
_UTC: Final = ZoneInfo("UTC")
DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY: Final = timedelta(days=1)
#: A partner that is closed for longer is no partner; where the search for its opening ends.
_LONGEST: Final = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Window:
    """One window: on some weekdays from one local time to another (past midnight where the end is not later), or once between two instants."""

    name: str
    policy: str = BUFFER
    address: str = ""
    days: frozenset[int] = frozenset()
    begins: time = time()
    ends: time = time()
    #: Of a window that is once.
    first: datetime | None = None
    last: datetime | None = None

    def words(self, zone: ZoneInfo) -> str:
        """The window in one line."""
        when = f"{self.first:%Y-%m-%dT%H:%MZ} to {self.last:%Y-%m-%dT%H:%MZ}" if self.first and self.last else ""
        if self.days:
            days = "every day" if len(self.days) == 7 else ", ".join(DAYS[one] for one in sorted(self.days))
            when = f"{days} {self.begins:%H:%M} to {self.ends:%H:%M} {zone.key}"
        return f"{self.name}: {when}, {self.policy}" + (f" to {self.address}" if self.policy == FALL_BACK else "")

    def near(self, at: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
        """Begin and end, in UTC, of what may hold this instant or follows it within eight days."""
        if self.first is not None and self.last is not None:
            yield self.first, self.last
            return
        today = at.astimezone(zone).date()
        for day in (today + n * _DAY for n in range(-1, 9)):
            if day.weekday() in self.days:
                until = day if self.ends > self.begins else day + _DAY
                begin, end = _instant(day, self.begins, zone), _instant(until, self.ends, zone)
                # An hour that the clocks skip leaves nothing of a window within it.
                if begin < end:
                    yield begin, end


@dataclass(frozen=True, slots=True)
class Windows:
    """`next_action.Calendar` over the windows of one partner."""

    windows: tuple[Window, ...] = ()
    zone: ZoneInfo = _UTC

    def closed(self, at: datetime) -> Closed | None:
        """The window in which this instant lies: one in which nothing can be sent before one with another address."""
        now = [(window, end) for window in self.windows for begin, end in window.near(at, self.zone) if begin <= at < end]
        if not now:
            return None
        window, end = min(now, key=lambda one: (one[0].policy == FALL_BACK, one[0].policy != REJECT))
        until = end if window.policy == FALL_BACK else self._opens(at)
        return Closed(window.name, until, window.policy, window.address)

    def after(self, start: datetime, open_time: timedelta) -> tuple[datetime, str]:
        """The instant at which the partner has been open for so long, and the window that put it off, if one did."""
        at, left, why = start, open_time, ""
        while True:
            closed = self.closed(at)
            if closed is not None and closed.policy != FALL_BACK:
                at, why = closed.until, closed.why
                continue
            following = min((begin for begin, _ in self._pauses(at) if begin > at), default=None)
            if following is None and left > 8 * _DAY:
                # No window within the days that were looked at.
                at, left = at + 8 * _DAY, left - 8 * _DAY
                continue
            if following is None or at + left < following:
                return at + left, why
            at, left = following, left - (following - at)

    def _pauses(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        for window in self.windows:
            if window.policy != FALL_BACK:
                yield from window.near(at, self.zone)

    def _opens(self, at: datetime) -> datetime:
        """When no window is left in which nothing can be sent; windows may follow each other without a gap."""
        until, given_up = at, at + _LONGEST
        while until < given_up:
            ends = [end for begin, end in self._pauses(until) if begin <= until < end]
            if not ends:
                return until
            until = max(ends)
        return until

    def ever_open(self, at: datetime) -> bool:
        """Whether anything can be sent within a year."""
        return self._opens(at) < at + _LONGEST


NEVER_CLOSED: Final = Windows()


def _instant(day: date, local: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, local, zone).astimezone(UTC)


# -- reading -----------------------------------------------------------------------------------------------------------


def read_calendar(table: Table) -> Windows:
    """`[calendar]` with `time_zone`, `policy`, `fall_back`, and `[[calendar.window]]` with `every` or two dates."""
    zone = _read_zone(table)
    policy, address = table.choice("policy", BUFFER, POLICIES), _address(table)
    windows = tuple(_read_window(one, zone, policy, address) for one in table.tables("window"))
    if table.values and not windows:
        table.problem("window", "no window is named", "add [[calendar.window]] with name, every, from and to")
    table.finish()
    calendar = Windows(windows, zone)
    # Any week is like another, but for what is once.
    if not calendar.ever_open(datetime(2000, 1, 1, tzinfo=UTC)):
        table.problem("window", "the windows leave no time in which anything can be sent")
    return calendar


def _read_zone(table: Table) -> ZoneInfo:
    name = table.text("time_zone", "UTC")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = get_close_matches(name, available_timezones(), 1, 0.6)
        remedy = f"did you mean {near[0]!r}?" if near else "write it as Asia/Taipei"
        table.problem("time_zone", f"{name!r} is no time zone of the IANA data base", remedy)
        return _UTC


def _read_window(table: Table, zone: ZoneInfo, policy: str, address: str) -> Window:
    name, policy = table.text("name", "maintenance"), table.choice("policy", policy, POLICIES)
    address = _address(table) or address
    if policy == FALL_BACK and not address:
        table.problem("fall_back", 'is required by the policy "fall back"', "the address where messages go meanwhile")
    begins, ends = _moment(table, "from"), _moment(table, "to")
    every = table.texts("every")
    table.finish()
    if isinstance(begins, time) and isinstance(ends, time):
        return Window(name, policy, address, _read_days(table, every), begins, ends)
    if isinstance(begins, datetime) and isinstance(ends, datetime):
        if every:
            table.problem("every", "does not go with dates", "write from and to as times of day, such as 22:00:00")
        first, last = (one.replace(tzinfo=one.tzinfo or zone).astimezone(UTC) for one in (begins, ends))
        if first >= last:
            table.problem("to", "is not after `from`")
            last = first
        return Window(name, policy, address, first=first, last=last)
    if begins is not None and ends is not None:
        table.problem("from", "must be of the same kind as `to`", "two times of day, or two dates with time")
    return Window(name, policy, address)


def _moment(table: Table, name: str) -> Any:
    """A time of day, or a date with time; `"22:00"` is as good as 22:00:00."""
    table.asked.add(name)
    value = table.values.get(name)
    if isinstance(value, str):
        try:
            value = time.fromisoformat(value)
        except ValueError:
            table.problem(name, f"{value!r} is no time of day", 'write it as "22:00"')
            return None
    if value is None:
        table.problem(name, "is required", 'a time of day such as "22:00", or a date with time such as 2026-12-24T18:00:00')
        return None
    if isinstance(value, datetime) or (isinstance(value, time) and value.tzinfo is None):
        return value
    table.problem(name, f"must be a time of day or a date with time, is {value}", "such as 2026-12-24T18:00:00")
    return None


def _read_days(table: Table, every: tuple[str, ...]) -> frozenset[int]:
    """`every = "sunday"`, a list of days, or `"day"`."""
    if not every:
        table.problem("every", "is required for a window by times of day", 'such as "sunday", or "day"')
    found: set[int] = set()
    for word in every:
        if word.lower() == "day":
            found |= set(range(7))
        elif word.lower() in DAYS:
            found.add(DAYS.index(word.lower()))
        else:
            table.problem("every", f"{word!r} is no day of the week", nearest(word.lower(), (*DAYS, "day")))
    return frozenset(found)


def _address(table: Table) -> str:
    url = table.text("fall_back")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        table.problem("fall_back", f"must be an https address, is {url!r}")
        return ""
    local = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if url and (
        not parts.hostname
        or parts.username
        or parts.fragment
        or not (parts.scheme == "https" or (local and parts.scheme == "http"))
    ):
        table.problem("fall_back", f"must be an https address, is {url!r}")
    return url
