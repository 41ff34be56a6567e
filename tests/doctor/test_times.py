"""Times are told to the minute, and spans as people say them."""

from datetime import UTC, datetime, timedelta

import pytest

from node.doctor.times import at, days


@pytest.mark.parametrize(("length", "said"), [(0.5, "0 days"), (1, "1 day"), (1.9, "1 day"), (2, "2 days")])
def test_spans(length: float, said: str) -> None:
    assert days(timedelta(days=length)) == said


def test_instants() -> None:
    assert at(datetime(2026, 11, 28, 9, 14, 59, tzinfo=UTC)) == "2026-11-28 09:14 UTC"
