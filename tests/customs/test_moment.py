"""Moments of documents."""

from datetime import UTC, datetime

import pytest

from node.customs.moment import read_moment


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-11-20T12:00:00Z", datetime(2026, 11, 20, 12, tzinfo=UTC)),
        ("2026-11-20T20:00:00.250+08:00", datetime(2026, 11, 20, 12, 0, 0, 250_000, UTC)),
        # The schema allows it, and a clock that shows it has not been wrong.
        ("2026-12-31T24:00:00Z", datetime(2027, 1, 1, tzinfo=UTC)),
        ("9999-12-31T24:00:00Z", None),
        ("2026-11-20T12:00:00", None),
        ("2026-11-20", None),
        ("", None),
    ],
)
def test_a_moment_is_read_as_the_schema_has_it(text, found):
    assert read_moment(text) == found
