"""Certificates that end soon are told before a partner refuses them."""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from node.expiring import Expiring
from node.keyring.forecast import ALARMS, Ending, endings
from node.msh.ports import StorageUnavailable
from node.setting import Setting
from node.sheets.sheet import Sheet
from node.updates.states import UpdateEvent
from tests.conftest import FixtureClock
from tests.homes import make_pair
from tests.lapsing import DAY, Lapsing, put_many
from tests.services import serving


class SetClock(FixtureClock):
    """A clock that may be set to any time."""

    def set(self, at: datetime) -> None:
        self._at = at


@pytest.mark.parametrize(
    ("before", "level", "says"),
    [
        (91, None, ""),
        (89, logging.INFO, "in 88 days: renew it"),
        (29, logging.WARNING, "in 28 days"),
        (-1, logging.ERROR, "ended on"),
    ],
)
def test_what_ends_soon_is_told_with_its_place(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, before: int, level: int | None, says: str
) -> None:
    tw, _ = make_pair(tmp_path)
    certificates = Setting(tw.folder).certificates
    ends = {one.certificate.x509.not_valid_after_utc for one in certificates.own.values()}
    clock = FixtureClock(min(ends) - timedelta(days=before) + timedelta(hours=1))
    expiring = Expiring(lambda: endings(certificates), clock)
    with caplog.at_level(logging.INFO, "node.expiring"):
        found = expiring.sweep()
    told = [one for one in caplog.records if "certs/own/sign" in one.getMessage()]
    assert [one.levelno for one in told] == ([level] if level else [])
    assert all(says in one.getMessage() for one in told)
    assert found == len(caplog.records)
    assert any(one["place"] == "certs/own/sign" for one in expiring.document()) is (level is not None)


def test_an_alarm_is_told_once_and_in_the_last_month_each_day() -> None:
    start = datetime(2027, 1, 1, tzinfo=UTC)
    ending = Ending("own", "sign", "CN=tw", start + 61 * DAY, key="own-sign")
    clock = SetClock(start)
    expiring = Expiring(lambda: [ending], clock)
    told: dict[int, int] = {}
    for hour in range(24 * 63):
        clock.set(start + timedelta(hours=hour))
        if found := expiring.sweep():
            told[(ending.end - clock.now()) // DAY] = told.get((ending.end - clock.now()) // DAY, 0) + found
    assert set(told) - set(range(-2, 31)) == {61, 60}
    assert all(1 <= told.get(days, 0) <= 2 for days in range(30))


def test_a_clock_that_was_set_back_does_not_silence_an_alarm() -> None:
    start = datetime(2027, 1, 1, tzinfo=UTC)
    clock = SetClock(start + 20 * DAY)
    expiring = Expiring(lambda: [Ending("own", "sign", "CN=tw", start + 40 * DAY, key="own-sign")], clock)
    assert expiring.sweep() == 1
    clock.set(start + 15 * DAY)
    assert expiring.sweep() == 1


def test_what_needs_nobody_is_told_at_its_alarms_alone(caplog: pytest.LogCaptureFixture) -> None:
    start = datetime(2027, 1, 1, tzinfo=UTC)
    at = {"event": "takes effect", "remedy": "nothing is to be done", "calm": True}
    ending = Ending("update", "kr", "CN=kr", start + 30 * DAY, key="update-1", where="update 1 of kr", **at)  # type: ignore[arg-type]
    clock = SetClock(start)
    expiring = Expiring(tuple, clock, lambda: [ending] if clock.now() < ending.end else [])
    told = []
    with caplog.at_level(logging.INFO, "node.expiring"):
        for hour in range(24 * 40):
            clock.set(start + timedelta(hours=hour))
            told += [(ending.end - clock.now()) // DAY] * expiring.sweep()
    assert told == [30, 14, 7, 1]
    assert {one.levelno for one in caplog.records} == {logging.INFO}
    assert "update 1 of kr (CN=kr) takes effect on 2027-01-31, in 14 days: nothing is to be done" in caplog.messages
    # It asks nobody to renew anything, and the store is not read for it.
    assert expiring.document() == []


def test_a_node_that_serves_tells_of_what_is_no_certificate(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    home = Lapsing(tmp_path, datetime.now(UTC).replace(microsecond=0), switch=20)
    home.asked(0, 12)
    home.store.close()

    async def story() -> None:
        async with serving(home.tw) as service:
            (sweep,) = [one for one in service.duties.shared if one.name == "certificates that end soon"]
            await asyncio.to_thread(sweep.work)

    with caplog.at_level(logging.INFO, "node.expiring"):
        asyncio.run(story())
    said = [one.getMessage() for one in caplog.records if one.name == "node.expiring"]
    # The node itself may look at the same time.
    told = dict.fromkeys(one.partition(" (")[0] for one in said if not one.startswith("certs/"))
    assert list(told) == [
        "the revocation list of CN=Demo Customs CA - not for production,O=N2N demo",
        "update 1 of kr",
        "node.toml: keys.next sign-2027",
    ]


def test_a_store_that_cannot_be_read_keeps_no_certificate_from_being_told(monkeypatch: pytest.MonkeyPatch) -> None:
    start = datetime(2027, 1, 1, tzinfo=UTC)
    told: list[str] = []
    ending = Ending("own", "sign", "CN=tw", start + DAY, key="own-sign")

    def fails() -> list[Ending]:
        raise StorageUnavailable("no disk")

    expiring = Expiring(lambda: [ending], SetClock(start), fails)
    monkeypatch.setattr("node.expiring.tell", lambda one, *_: told.append(one.place))
    with pytest.raises(StorageUnavailable):
        expiring.sweep()
    assert told == ["certs/own/sign"]


#: What lapses in the two years of the walk, and what nobody has to be told of since something followed in time.
LAPSES = {
    ("crl", 300.3),
    ("crl", 620.4),
    ("version", 650.2),
    ("offer", 390.1),
    ("update", 130.6),
    ("update", 260.7),
    ("update", 280.2),
    ("switch", 500.5),
}


def events(home: Lapsing) -> Mapping[int, Callable[[], object]]:
    """What people do on the days of the walk."""
    sheets: list[Sheet] = []
    return {
        0: lambda: (home.list(0, 120), sheets.append(home.first(0, 400.1))),
        50: lambda: home.accepted(home.asked(50, 130.6), 50),
        100: lambda: home.list(100, 300.3),
        200: lambda: home.asked(200, 280.2, 260.7),
        300: lambda: home.offer(300, 390.1),
        320: lambda: home.list(320, 620.4),
        350: lambda: home.follows(sheets[0], 390, 650.2),
        400: lambda: home.updates.answered(home.asked(400, 500.5, ours=True).id, UpdateEvent.REJECT, home.by(400, "kr"), b"no"),
    }


def test_nothing_ends_in_two_years_without_its_announcements(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A home in which everything that can lapse does so at its time; the node is restarted now and then, and looks once an hour."""
    chance = random.Random(20)
    start = datetime(2027, 1, 1, tzinfo=UTC)
    home = Lapsing(tmp_path, start, switch=500.5)
    put_many(home.tw.folder, start, [chance.randrange(1, 800) for _ in range(40)])
    certificates = endings(Setting(home.tw.folder).certificates)
    clock = SetClock(start)
    more: list[Ending] = []

    def made() -> Expiring:
        # The rest is read once a day, or the walk would take minutes; what has passed meanwhile is not there any more.
        return Expiring(
            lambda: certificates, clock, lambda: [one for one in more if one.event == "ends" or one.end > clock.now()]
        )

    expiring, people = made(), events(home)
    announced: dict[tuple[str, str], list[datetime]] = {}
    #: Since when each was there, and until when.
    seen: dict[Ending, tuple[datetime, datetime]] = {one: (start, one.end) for one in certificates}
    for hour in range(24 * 365 * 2):
        clock.set(start + timedelta(hours=hour))
        if hour % 24 == 0:
            if act := people.get(hour // 24):
                act()
            home.settle(clock.now())
            more[:] = home.foreseen(clock.now())
            for one in more:
                seen[one] = seen.get(one, (clock.now(), start))[0], clock.now() + DAY
        if hour % 2_000 == 1_999:
            expiring = made()
        caplog.clear()
        with caplog.at_level(logging.INFO, "node.expiring"):
            expiring.sweep()
        for record in caplog.records:
            place, _, event, *_ = record.args  # type: ignore[misc]
            announced.setdefault((str(place), str(event)), []).append(clock.now())
    home.store.close()
    ended = [one for one, (_, last) in seen.items() if start < one.end < clock.now() and one.end <= last]
    assert len(ended) >= 30 + len(LAPSES)
    assert {(one.kind, round((one.end - start) / DAY, 1)) for one in ended if one.kind in dict(LAPSES)} == LAPSES
    for one in ended:
        for days in ALARMS:
            due = one.end - days * DAY
            if due >= seen[one][0]:
                told = [at for at in announced[one.place, one.event] if due <= at < due + timedelta(hours=1)]
                assert told, f"{one.place} {one.event} on {one.end}, and nobody said so {days} days before"
