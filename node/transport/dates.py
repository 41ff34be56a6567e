"""The Date of HTTP and the like: RFC 9110 5.6.7."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def read_date(said: str) -> datetime | None:
    """The instant in UTC; None for what is none, or names no zone, whatever a partner wrote."""
    try:
        found = parsedate_to_datetime(said)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, TypeError, OverflowError):
        return None
