"""Certificates that end soon are told before a partner refuses them."""

import logging
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from node.expiring import Expiring
from node.home import put_certificate, put_own_key
from node.keyring.demo_authority import DemoAuthority
from node.keyring.forecast import ALARMS, Ending, endings
from node.setting import Setting
from tests.conftest import FixtureClock
from tests.homes import make_pair

DAY = timedelta(days=1)


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


def test_nothing_ends_in_two_years_without_its_announcements(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A home whose certificates end at different times; the node is restarted now and then, and looks once an hour."""
    chance = random.Random(20)
    start = datetime(2027, 1, 1, tzinfo=UTC)
    tw, _ = make_pair(tmp_path)
    for name in range(40):
        authority = DemoAuthority(start - DAY, days=chance.randrange(1, 800))
        issued = authority.issue(f"number {name}", "ecdsa", "sign")
        if name % 4 == 0:
            put_certificate(tw.folder, "trust", f"ca-{name}", authority.certificate)
        elif name % 4 == 1:
            put_own_key(tw.folder, f"sign-{name}", issued.private_key + issued.certificate)
        else:
            put_certificate(tw.folder, "partners", f"kr-{name}", issued.certificate)
    found = endings(Setting(tw.folder).certificates)
    clock = SetClock(start)
    expiring = Expiring(lambda: found, clock)
    announced: dict[str, list[datetime]] = {}
    for hour in range(24 * 365 * 2):
        clock.set(start + timedelta(hours=hour))
        if hour % 2_000 == 1_999:
            expiring = Expiring(lambda: found, clock)
        caplog.clear()
        with caplog.at_level(logging.INFO, "node.expiring"):
            expiring.sweep()
        for record in caplog.records:
            announced.setdefault(record.args[0], []).append(clock.now())  # type: ignore[index,arg-type]
    ended = [one for one in found if start < one.end < clock.now()]
    assert len(ended) >= 30
    for one in ended:
        for days in ALARMS:
            due = one.end - days * DAY
            if due >= start:
                told = [at for at in announced[one.place] if due <= at < due + timedelta(hours=1)]
                assert told, f"{one.place} ended on {one.end}, and nobody said so {days} days before"
