"""The window of duplicate detection and the horizon of resends, as agreements write them."""

from datetime import timedelta

import pytest

from node.agreements.window import WINDOW, duplicate_window, retry_horizon
from node.ebms.pmode import ReceptionAwareness

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "window"),
    [("", WINDOW), ("window=30d", 30 * DAY), ("x=1; Window = 36h", 1.5 * DAY), ("window=90m", timedelta(minutes=90))],
)
def test_a_window_is_read_or_is_400_days(text, window):
    assert duplicate_window(ReceptionAwareness(detect_duplicates_parameters=text)) == window
    assert WINDOW == 400 * DAY


@pytest.mark.parametrize("text", ["window", "window=x", "window=3days", "maxsize=5"])
def test_a_window_that_cannot_be_read_is_refused(text):
    with pytest.raises(ValueError, match="says no window"):
        duplicate_window(ReceptionAwareness(detect_duplicates_parameters=text))


@pytest.mark.parametrize(
    ("text", "horizon"),
    [
        ("", 3 * DAY),
        ("horizon=14d", 14 * DAY),
        ("retries=6;period=10m", timedelta(hours=1)),
        ("retries=6;horizon=2h", DAY / 12),
        ("intervals=1h 2h", timedelta(hours=3)),
        ("nonsense", 0 * DAY),
    ],
)
def test_a_horizon_is_read_or_counted(text, horizon):
    assert retry_horizon(ReceptionAwareness(retry_parameters=text)) == horizon


def test_without_retry_there_is_nothing_to_remember_for():
    assert retry_horizon(ReceptionAwareness(retry=False, retry_parameters="horizon=14d")) == 0 * DAY
