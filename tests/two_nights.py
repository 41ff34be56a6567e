"""Two nodes whose clock a test sets, so that a night ends when the test wants it to."""

from datetime import UTC, datetime, time, timedelta

import pytest

import node.app

#: When nights end by the profile.
ENDS = time(16)


class Dial:
    """How far the clock of every node of this process is from the machine's."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def turn(self, to: datetime) -> None:
        """Never back: documents that were made would be of the future."""
        assert to >= self.now()
        self.ahead = to - datetime.now(UTC)


def morning() -> datetime:
    """Of tomorrow: far from both edges of the night in which it lies."""
    return datetime.combine(datetime.now(UTC).date() + timedelta(days=1), time(6), UTC)


def after(moment: datetime, **more: float) -> datetime:
    """Soon after the end of the night in which a morning lies."""
    return datetime.combine(moment.date(), ENDS, UTC) + timedelta(minutes=1, **more)


def set_dial(monkeypatch: pytest.MonkeyPatch) -> Dial:
    """Every node that is opened from now on goes by the dial."""
    dial = Dial()
    monkeypatch.setattr(node.app, "SystemClock", lambda: dial)
    dial.turn(morning())
    return dial
