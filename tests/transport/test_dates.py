"""Dates of HTTP, and what partners write instead."""

from datetime import UTC, datetime

import pytest

from node.transport.dates import read_date


@pytest.mark.parametrize(
    "said", ["Sat, 28 Nov 2026 09:14:07 GMT", "Sat, 28 Nov 2026 17:14:07 +0800", "Saturday, 28-Nov-26 09:14:07 GMT"]
)
def test_every_form_of_a_date_is_read_in_utc(said: str) -> None:
    assert read_date(said) == datetime(2026, 11, 28, 9, 14, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "now",
        "28 Nov 2026 09:14:07",
        "Sat, 99 Nov 2026 09:14:07 GMT",
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 01 Jan 2026 00:00:00 +99999999999999",
        "Fri, 31 Dec 9999 23:59:59 -2300",
        "1" * 8000,
    ],
)
def test_what_is_no_date_is_none_and_raises_nothing(said: str) -> None:
    assert read_date(said) is None
