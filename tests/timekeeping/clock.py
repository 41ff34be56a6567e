"""A machine whose clock can be set, and whose seconds nobody can set."""

from datetime import UTC, datetime, timedelta


class Machine:
    def __init__(self) -> None:
        self.at, self.ran = datetime(2026, 11, 28, 9, tzinfo=UTC), 1000.0

    def now(self) -> datetime:
        return self.at

    def seconds(self) -> float:
        return self.ran

    def passes(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.ran += seconds

    def set_by(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
