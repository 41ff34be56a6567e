"""Time is UTC and identifiers never repeat."""

from datetime import UTC

from node.clock import RandomIdentifiers, SystemClock


def test_time_is_utc_and_goes_on() -> None:
    first, second = SystemClock().now(), SystemClock().now()
    assert first.tzinfo is UTC
    assert first <= second


def test_identifiers_are_unique_and_plain() -> None:
    made = {RandomIdentifiers().unique() for _ in range(1000)}
    assert len(made) == 1000
    assert set("".join(made)) <= set("0123456789abcdef-")
