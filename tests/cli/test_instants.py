"""Instants on the command line."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from node.cli.instants import read_instant
from node.cli.problems import CommandFailed


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("2026-11-24T08:00Z", datetime(2026, 11, 24, 8, tzinfo=UTC)),
        ("2026-11-24T08:00+08:00", datetime(2026, 11, 24, 8, tzinfo=timezone(timedelta(hours=8)))),
        ("2026-11-24T08:00", datetime(2026, 11, 24, 8, tzinfo=UTC)),
        ("2026-11-24", datetime(2026, 11, 24, tzinfo=UTC)),
    ],
)
def test_an_instant_without_a_zone_is_one_of_utc(said, found):
    assert read_instant("--since", said) == found
    assert read_instant("--since", said).utcoffset() == found.utcoffset()


def test_what_is_none_is_told_with_its_remedy():
    with pytest.raises(CommandFailed) as error:
        read_instant("--since", "noon")
    (told,) = error.value.told
    assert (told.where, told.problem, told.remedy) == ("--since", "'noon' is no instant", "write it as 2026-11-24T08:00Z")


def test_an_instant_outside_of_the_calendar_is_none():
    with pytest.raises(CommandFailed, match="is no instant"):
        read_instant("--from", "9999-12-31T23:59-14:00")
