"""Requests are known for a while, and not for ever."""

from datetime import UTC, datetime, timedelta

from node.msh import seen
from node.msh.seen import REMEMBERED, Seen

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


def test_a_request_is_new_once():
    known = Seen()
    assert known.first("a", NOW)
    assert known.first("b", NOW)
    assert not known.first("a", NOW + timedelta(minutes=5))


def test_it_is_forgotten_when_its_age_alone_would_refuse_it():
    known = Seen()
    assert known.first("a", NOW)
    assert not known.first("a", NOW + REMEMBERED - timedelta(seconds=1))
    assert known.first("a", NOW + REMEMBERED)


def test_a_flood_pushes_out_the_oldest(monkeypatch):
    monkeypatch.setattr(seen, "MOST", 3)
    known = Seen()
    assert all(known.first(one, NOW) for one in "abcd")
    assert known.first("a", NOW)
    assert not known.first("d", NOW)
