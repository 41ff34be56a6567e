"""What ends or begins besides certificates is foreseen as long as somebody has something to do."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from node.keyring.forecast import Ending, endings
from node.keyring.icalendar import calendar
from node.updates.states import UpdateEvent
from tests.agreed import NOW
from tests.lapsing import DAY, Lapsing


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Lapsing]:
    made = Lapsing(tmp_path, NOW, switch=100)
    yield made
    made.store.close()


def of(home: Lapsing, kind: str, now: datetime = NOW) -> list[Ending]:
    return [one for one in home.foreseen(now) if one.kind == kind]


def words(found: list[Ending]) -> list[tuple[str, str, timedelta]]:
    return [(one.place, one.event, one.end - NOW) for one in found]


def test_a_list_that_somebody_has_to_bring_is_foreseen(home: Lapsing) -> None:
    (never,) = of(home, "crl")
    assert (never.alarm(NOW), never.subject) == (0, "kr: revocation hard, and none ever lay here")
    assert "messages of kr are refused" in never.after
    home.list(0, 30)
    (one,) = of(home, "crl")
    assert (one.end, one.event, one.subject) == (NOW + 30 * DAY, "ends", "kr: revocation hard")
    assert one.place == "the revocation list of CN=Demo Customs CA - not for production,O=N2N demo"
    assert "n2n cert add-crl" in one.remedy
    home.list(10, 60)
    (renewed,) = of(home, "crl", NOW + 10 * DAY)
    assert (renewed.key, renewed.end) == (one.key, NOW + 60 * DAY)


def test_a_list_that_is_fetched_is_foreseen_only_when_that_fails(home: Lapsing) -> None:
    home.list(0, 30)
    url = "http://127.0.0.1:9/ca.crl"
    home.revocations.want([url], NOW)
    home.revocations.asked(url, NOW, NOW + DAY)
    assert of(home, "crl") == []
    home.revocations.asked(url, NOW, NOW + DAY, "connection refused")
    (one,) = of(home, "crl")
    assert one.remedy == "its address brings nothing: n2n cert revocations"
    # It answers, and what it gives has ended.
    home.revocations.asked(url, NOW + 30 * DAY, NOW + 31 * DAY)
    assert [one.end for one in of(home, "crl", NOW + 31 * DAY)] == [NOW + 30 * DAY]


def test_under_a_soft_policy_the_end_of_its_grace_is_foreseen(tmp_path: Path) -> None:
    home = Lapsing(tmp_path, NOW, "n2n")
    try:
        assert of(home, "crl") == []
        home.list(0, 10)
        assert [(one.event, one.end) for one in of(home, "crl")] == [("is too old", NOW + 30 * DAY)]
    finally:
        home.store.close()


def test_a_version_that_none_follows_is_foreseen_and_for_a_month_after(home: Lapsing) -> None:
    first = home.first(0, 50)
    assert words(of(home, "version")) == [("version 1 of the agreement with kr", "ends", 50 * DAY)]
    assert len(of(home, "version", NOW + 79 * DAY)) == 1
    assert of(home, "version", NOW + 80 * DAY) == []
    home.follows(first, 40, 90)
    assert words(of(home, "version")) == [("version 2 of the agreement with kr", "ends", 90 * DAY)]


def test_an_offer_is_foreseen_until_it_is_answered(home: Lapsing) -> None:
    row = home.offer(0, 30)
    assert words(of(home, "offer")) == [("version 1 offered to kr", "must be answered", 30 * DAY)]
    assert of(home, "offer", NOW + 30 * DAY) == []
    home.versions.withdraw(row, home.by(1))
    assert of(home, "offer") == []


def test_an_update_is_foreseen_by_its_answer_and_by_its_time(home: Lapsing) -> None:
    kept = home.asked(0, 20, 10)
    both = [("update 1 of kr", "must be answered", 10 * DAY), ("update 1 of kr", "takes effect", 20 * DAY)]
    assert words(of(home, "update")) == both
    assert all(not one.calm and "update-accept 1" in one.remedy for one in of(home, "update"))
    home.accepted(kept, 1)
    (begins,) = of(home, "update")
    assert (begins.end, begins.calm) == (NOW + 20 * DAY, True)
    assert of(home, "update", NOW + 20 * DAY) == []
    assert home.asked(2, 40, 30).id == 2
    home.updates.expire(NOW + 31 * DAY)
    (unanswered,) = of(home, "update", NOW + 31 * DAY)
    assert (unanswered.end, unanswered.calm) == (NOW + 40 * DAY, False)
    assert "call kr" in unanswered.remedy
    one_time = home.asked(1, 25)
    assert [one.event for one in of(home, "update") if one.place == f"update {one_time.id} of kr"] == ["must be answered"]


def test_a_switch_of_ours_is_foreseen_and_is_calm_once_everybody_has_accepted(home: Lapsing) -> None:
    (one,) = of(home, "switch")
    assert words([one]) == [("node.toml: keys.next sign-2027", "takes effect", 100 * DAY)]
    assert (one.calm, "kr did not accept it" in one.remedy) == (False, True)
    kept = home.asked(0, 100, 50, ours=True)
    assert words(of(home, "update")) == [("update 1 to kr", "must be answered", 50 * DAY)]
    home.updates.answered(kept.id, UpdateEvent.ACCEPT, home.by(1, "kr"), b"yes")
    (accepted,) = of(home, "switch")
    assert (accepted.calm, of(home, "update")) == (True, [])
    assert of(home, "switch", NOW + 100 * DAY) == []


def test_the_calendar_has_one_event_for_each_with_what_is_to_be_done(home: Lapsing) -> None:
    home.list(0, 30)
    home.first(0, 50)
    home.asked(0, 20, 10)
    every = endings(home.setting.certificates, home.foreseen(NOW))
    assert sorted(every, key=lambda one: one.end) == every
    octets = calendar(every, "tw.example", NOW).replace(b"\r\n ", b"")
    uids = [line for line in octets.splitlines() if line.startswith(b"UID:")]
    assert len(uids) == len(set(uids)) == len(every)
    assert b"SUMMARY:version 1 of the agreement with kr of tw.example ends\r\n" in octets
    assert b"SUMMARY:update 1 of kr of tw.example takes effect\r\n" in octets
    assert b"n2n partner propose kr" in octets
