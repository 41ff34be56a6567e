"""What ends and begins as an iCalendar file (RFC 5545), which people import into the calendar that they look at anyhow."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from node.keyring.forecast import ALARMS, Ending

_LINE: Final = 75


def calendar(endings: Iterable[Ending], host: str, now: datetime) -> bytes:
    """One event for each end, with an alarm for each day on which it is told; imported again, an event replaces the one before."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//customs-n2n-node//certificates//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
    ]
    for one in endings:
        lines += _event(one, host, now)
    lines.append("END:VCALENDAR")
    return b"".join(folded for line in lines for folded in fold(line))


def _event(ending: Ending, host: str, now: datetime) -> list[str]:
    words = f"{ending.place} of {host} {ending.event}"
    lines = (ending.subject, f"SHA-256 {ending.sha256}" if ending.sha256 else ending.remedy, "n2n cert forecast")
    told = "\n".join(lines)
    event = [
        "BEGIN:VEVENT",
        f"UID:{ending.key or ending.name}@{host}",
        # spec: RFC 5545 3.8.7.4, a later end is a later version of the same event
        f"SEQUENCE:{int(ending.end.timestamp()) // 86_400}",
        f"DTSTAMP:{_instant(now)}",
        f"DTSTART:{_instant(ending.end)}",
        f"SUMMARY:{escape(words)}",
        f"DESCRIPTION:{escape(told)}",
        "TRANSP:TRANSPARENT",
    ]
    for days in ALARMS:
        event += [
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            f"TRIGGER:-P{days}D",
            f"DESCRIPTION:{escape(f'{words} in {days} days' if days > 1 else f'{words} in a day')}",
            "END:VALARM",
        ]
    return [*event, "END:VEVENT"]


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def escape(text: str) -> str:
    """A text value; other control characters have no place in one (RFC 5545 3.3.11)."""
    plain = "".join(c for c in text if c == "\n" or c.isprintable())
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def fold(line: str) -> Iterator[bytes]:
    """A content line in pieces of at most 75 octets, none of which cuts a character (RFC 5545 3.1)."""
    piece = b""
    for character in line:
        octets = character.encode()
        if len(piece) + len(octets) > _LINE:
            yield piece + b"\r\n"
            piece = b" "
        piece += octets
    yield piece + b"\r\n"
