"""Retry-After: for how long a partner asks to be left alone (RFC 9110 10.2.3)."""

from collections.abc import Mapping

from node.transport.dates import read_date


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds; None where nothing readable is asked. A date is read by the partner's own clock, as its Date header tells it."""
    said = headers.get("Retry-After", "").strip()
    if said.isascii() and said.isdigit():
        return float(said[:9])
    until, now = read_date(said), read_date(headers.get("Date", ""))
    return None if until is None or now is None else max(0.0, (until - now).total_seconds())
