"""Times as the doctor tells them."""

from datetime import datetime, timedelta


def days(length: timedelta) -> str:
    """As people say it."""
    return "1 day" if length.days == 1 else f"{length.days} days"


def at(instant: datetime) -> str:
    """To the minute, in UTC, which the instant must be in."""
    return f"{instant:%Y-%m-%d %H:%M} UTC"
