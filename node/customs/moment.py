"""Moments of documents: xs:dateTime with a zone. Source: DESIGN 2.5; XML Schema 1.0 part 2, 3.2.7."""

from datetime import datetime, timedelta
from typing import Final

#: The end of a day, which Python does not read: the first moment of the next day.
_MIDNIGHT: Final = "T24:00:00"


def read_moment(text: str) -> datetime | None:
    """The instant that a text with its zone says; None where it says none."""
    at_end = _MIDNIGHT in text
    try:
        found = datetime.fromisoformat(text.replace(_MIDNIGHT, "T00:00:00") if at_end else text)
        if found.tzinfo is None:
            return None
        return found + timedelta(days=1) if at_end else found
    except (ValueError, OverflowError):
        return None
