"""What both databases share: the version of the tables, and how a column holds an instant."""

from datetime import UTC, datetime
from typing import Final

VERSION: Final = 6


def instant(moment: datetime) -> str:
    """An instant as a column holds it: UTC, microseconds, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def read_instant(text: str) -> datetime:
    """The instant of a column."""
    return datetime.fromisoformat(text)


def read_instant_if_any(text: str | None) -> datetime | None:
    """The instant of a column that may be NULL."""
    return None if text is None else read_instant(text)
