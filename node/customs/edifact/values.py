"""Values on their way between message and document: texts, numbers, moments. Source: DESIGN 7.2, 7.4."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Final

#: UN 2379.
_FORMATS: Final[Mapping[str, str]] = {"102": "%Y%m%d", "203": "%Y%m%d%H%M", "204": "%Y%m%d%H%M%S", "101": "%y%m%d"}
_LENGTHS: Final = {"102": 8, "203": 12, "204": 14, "101": 6}
#: Never handed to Decimal unseen: an exponent of nine digits is a number too.
_NUMBER: Final = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
_DIGITS: Final = re.compile("[0-9]+")
#: Of a unit in kilograms.
KILOGRAMS: Final = {"KGM": Decimal(1), "TNE": Decimal(1000), "LBR": Decimal("0.45359237")}


class NoMoment(ValueError):
    """Digits that are no date and time."""


def collapsed(text: str) -> str:
    """The text as xs:token reads it: single spaces, none at the ends."""
    if "  " in text or text[:1] == " " or text[-1:] == " ":
        return " ".join(filter(None, text.split(" ")))
    return text


def number(text: str) -> str:
    """A number with a point, without zeros that say nothing."""
    text = text.replace(",", ".")
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    digits = digits.lstrip("0")
    if not digits or digits.startswith("."):
        digits = "0" + digits
    return sign + digits


def decimal(text: str) -> Decimal | None:
    """The value of a number as `number` writes it; None if it is none, or longer than any element."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def plain(value: Decimal) -> str:
    """A decimal as a number in the message, without an exponent."""
    return number(f"{value:f}")


def knows(form: str) -> bool:
    """Whether a format of moments is read."""
    return form in _FORMATS


def moment(text: str, form: str, zone: str) -> str:
    """The xs:dateTime of a moment in a format of UN 2379; missing parts of the time are zero. Raises NoMoment."""
    if len(text) != _LENGTHS[form] or _DIGITS.fullmatch(text) is None:
        raise NoMoment(text)
    # Years of two digits are of this century, whatever the C library thinks of 69.
    digits, pattern = ("20" + text, _FORMATS["102"]) if form == "101" else (text, _FORMATS[form])
    try:
        read = datetime.strptime(digits, pattern).replace(tzinfo=UTC)
    except ValueError:
        raise NoMoment(text) from None
    return f"{read.replace(tzinfo=None).isoformat()}{zone}"


def offset(zone: str) -> timezone:
    """The zone of an offset like `+08:00` or `Z`."""
    if zone == "Z":
        return UTC
    sign = -1 if zone[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6])))


def written_moment(text: str, zone: str) -> tuple[str, str, bool]:
    """An xs:dateTime as digits in the zone, their format, and whether a part of a second was lost. Raises NoMoment."""
    try:
        told = datetime.fromisoformat(text)
        read = told.astimezone(offset(zone))
    except (ValueError, OverflowError):
        raise NoMoment(text) from None
    if told.tzinfo is None:
        raise NoMoment(text)
    form = "204" if read.second else "203"
    return f"{read.year:04d}{read:%m%d%H%M}" + (f"{read:%S}" if read.second else ""), form, bool(read.microsecond)


def cut(text: str, size: int) -> tuple[list[str], bool]:
    """The text in pieces of at most `size` characters, cut at spaces; and whether a word had to be split."""
    pieces: list[str] = []
    piece = ""
    split = False
    for word in text.split(" "):
        if piece and len(piece) + 1 + len(word) <= size:
            piece += " " + word
            continue
        if piece:
            pieces.append(piece)
        while len(word) > size:
            pieces.append(word[:size])
            word, split = word[size:], True  # noqa: PLW2901
        piece = word
    return [*pieces, piece] if piece else pieces, split
