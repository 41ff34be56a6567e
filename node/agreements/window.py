"""How long a MessageId is remembered, so that the same message is known again: at least as long as the partner may resend it."""

import re
from datetime import timedelta
from typing import Final

from node.ebms.pmode import ReceptionAwareness

#: Where the agreement says nothing: longer than any schedule and any resend by hand.
WINDOW: Final = timedelta(days=400)
#: Between two attempts where the agreement counts attempts and does not say how long it goes on.
LONGEST_INTERVAL: Final = timedelta(minutes=10)
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duplicate_window(awareness: ReceptionAwareness) -> timedelta:
    """`window=400d` of DetectDuplicates.Parameters. Raises ValueError for a window that cannot be read."""
    # spec: A 3.2, `name=value` separated by `,` or `;`
    text = awareness.detect_duplicates_parameters
    found = _duration(text, "window")
    if found is None and text.strip():
        raise ValueError(f"{text!r} says no window, such as window=400d")
    return WINDOW if found is None else found


def retry_horizon(awareness: ReceptionAwareness) -> timedelta:
    """`horizon=14d` of Retry.Parameters; else what so many attempts may last."""
    if not (awareness.enabled and awareness.retry):
        return timedelta(0)
    text = awareness.retry_parameters
    retries = re.search(r"\b(?:max_?retries|retries)\s*=\s*(\d{1,6})", text, re.IGNORECASE)
    return _duration(text, "horizon") or int(retries.group(1) if retries else 0) * LONGEST_INTERVAL


def _duration(text: str, name: str) -> timedelta | None:
    found = re.search(rf"\b{name}\s*=\s*(\d{{1,6}})\s*([smhd])(?![a-z])", text, re.IGNORECASE)
    return timedelta(**{_UNITS[found.group(2).lower()]: int(found.group(1))}) if found else None
