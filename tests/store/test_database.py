"""Instants in columns sort as time does."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from node.store.database import instant, read_instant

SECONDS = st.integers(631_152_000, 6_942_672_000)
INSTANTS = st.builds(
    lambda seconds, micros, zone: datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros).astimezone(zone),
    SECONDS,
    st.integers(0, 999_999),
    st.sampled_from([UTC, timezone(timedelta(hours=8))]),
)


@settings(max_examples=100)
@given(INSTANTS, INSTANTS)
def test_instants_are_read_as_they_were_written_and_sort_as_time(one, other):
    assert read_instant(instant(one)) == one
    assert (instant(one) < instant(other)) == (one < other)


def test_an_instant_is_utc_with_microseconds():
    assert instant(datetime(2026, 11, 24, 8, tzinfo=timezone(timedelta(hours=8)))) == "2026-11-24T00:00:00.000000Z"
