"""What a value of a sheet may be: small shapes that note each problem with its place."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from node.security.certificates import Certificate, CertificateRefused

#: (place, problem) of everything that is wrong.
Found = list[tuple[str, str]]
#: Notes what is wrong with a value at a place.
Shape = Callable[[Any, str, Found], None]

_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_DURATION: Final = re.compile(r"(\d{1,5})([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
#: DER of one certificate, as base64.
_MAX_CERTIFICATE: Final = 24_000
_NO_OBJECT: Final = "must be an object"
_REQUIRED: Final = "is required"
#: Values within a tree that somebody else judges.
_MAX_TREE: Final = 2_000


def text(most: int = 200, least: int = 0) -> Shape:
    """A text of so many signs, none of them a control character."""

    def check(value: Any, place: str, found: Found) -> None:
        if not isinstance(value, str):
            found.append((place, "must be a text"))
        elif not least <= len(value) <= most:
            found.append((place, f"must have {least} to {most} signs, has {len(value)}"))
        elif not _is_plain(value):
            found.append((place, "holds control characters, or signs that turn the direction of writing"))

    return check


def _is_plain(value: str) -> bool:
    # What people read must be what was signed: no control characters, none that turn the text, no half characters.
    return value.isprintable()


def whole(least: int, most: int) -> Shape:
    """A whole number within its bounds."""

    def check(value: Any, place: str, found: Found) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            found.append((place, f"must be a whole number from {least} to {most}"))

    return check


def truth(value: Any, place: str, found: Found) -> None:
    """True or false."""
    if not isinstance(value, bool):
        found.append((place, "must be true or false"))


@dataclass(frozen=True, slots=True)
class _Maybe:
    shape: Shape

    def __call__(self, value: Any, place: str, found: Found) -> None:
        if value is not None:
            self.shape(value, place, found)


def maybe(shape: Shape) -> Shape:
    """Null, or what the shape says."""
    return _Maybe(shape)


def one_of(*words: str) -> Shape:
    """One of a few words."""

    def check(value: Any, place: str, found: Found) -> None:
        if not isinstance(value, str) or value not in words:
            found.append((place, f"must be one of {', '.join(words)}"))

    return check


def instant(value: Any, place: str, found: Found) -> None:
    """A second in UTC: 2026-11-28T17:00:00Z."""
    if not isinstance(value, str) or read_instant(value) is None:
        found.append((place, "must be an instant such as 2026-11-28T17:00:00Z"))


def read_instant(value: str) -> datetime | None:
    """The instant, or None for what is none."""
    if not _INSTANT.fullmatch(value):
        return None
    try:
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def write_instant(at: datetime) -> str:
    """An instant as a sheet writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def duration(value: Any, place: str, found: Found) -> None:
    """A period such as 0s, 24h or 3d."""
    if not isinstance(value, str) or not _DURATION.fullmatch(value):
        found.append((place, "must be a period such as 24h or 3d"))


def read_period(value: str) -> timedelta:
    """The period that `duration` took."""
    found = _DURATION.fullmatch(value)
    assert found is not None
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def sha256(value: Any, place: str, found: Found) -> None:
    """A SHA-256 in hexadecimal."""
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        found.append((place, "must be a SHA-256 of 64 hexadecimal digits"))


def octets(most: int) -> Shape:
    """Octets as base64."""

    def check(value: Any, place: str, found: Found) -> None:
        if not isinstance(value, str) or len(value) > most or read_octets(value) is None:
            found.append((place, f"must be base64 of at most {most} signs"))

    return check


def read_octets(value: str) -> bytes | None:
    """The octets, or None for what is no base64 in its one form."""
    try:
        read = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None
    # RFC 4648 3.5: another text for the same octets would be another sheet that says the same.
    return read if base64.b64encode(read).decode() == value else None


def certificate(value: Any, place: str, found: Found) -> None:
    """A certificate as base64 of its DER, whose key is strong enough."""
    before = len(found)
    octets(_MAX_CERTIFICATE)(value, place, found)
    if len(found) > before:
        return
    try:
        read = Certificate(read_octets(value) or b"")
    except CertificateRefused as error:
        found.append((place, str(error)))
        return
    if read.weakness:
        found.append((place, f"its key is too weak: {read.weakness}"))


@dataclass(frozen=True, slots=True)
class _Listed:
    shape: Shape
    most: int
    least: int

    def __call__(self, value: Any, place: str, found: Found) -> None:
        if not isinstance(value, list) or not self.least <= len(value) <= self.most:
            found.append((place, f"must be a list of {self.least} to {self.most}"))
            return
        for number, one in enumerate(value, 1):
            self.shape(one, f"{place}[{number}]", found)


def listed(shape: Shape, most: int, least: int = 0) -> Shape:
    """A list."""
    return _Listed(shape, most, least)


def mapped(shape: Shape, most: int) -> Shape:
    """An object whose names are free."""

    def check(value: Any, place: str, found: Found) -> None:
        if not isinstance(value, dict) or len(value) > most:
            found.append((place, f"must be an object of at most {most}"))
            return
        for name, one in value.items():
            text(120, 1)(name, f"{place}: a name", found)
            shape(one, f"{place}.{name[:120]}", found)

    return check


@dataclass(frozen=True, slots=True)
class _Record:
    required: Mapping[str, Shape]
    known: Sequence[str]

    def __call__(self, value: Any, place: str, found: Found) -> None:
        if not isinstance(value, dict):
            found.append((place, _NO_OBJECT))
            return
        inner = f"{place}." if place else ""
        for name in sorted(set(value) - set(self.required) - set(self.known)):
            found.append((f"{inner}{name[:80]}", "is not known"))
        for name, shape in self.required.items():
            if name not in value:
                found.append((f"{inner}{name}", _REQUIRED))
            else:
                shape(value[name], f"{inner}{name}", found)


def record(required: Mapping[str, Shape], known: Sequence[str] = ()) -> Shape:
    """An object that has exactly these names, all of them."""
    return _Record(required, known)


def lacking(shape: Shape, value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """What a value lacks of the names that the shape requires, at whatever depth; of nothing else is anything said, so it takes no time."""
    if isinstance(shape, _Maybe):
        if value is not None:
            yield from lacking(shape.shape, value, place)
    elif isinstance(shape, _Listed):
        if not isinstance(value, list):
            yield place, "must be a list"
        elif isinstance(shape.shape, _Record):
            for number, one in enumerate(value, 1):
                yield from lacking(shape.shape, one, f"{place}[{number}]")
    elif isinstance(shape, _Record):
        if not isinstance(value, dict):
            yield place, _NO_OBJECT
            return
        inner = f"{place}." if place else ""
        for name, each in shape.required.items():
            if name not in value:
                yield f"{inner}{name}", _REQUIRED
            elif isinstance(each, _Record | _Listed | _Maybe):
                yield from lacking(each, value[name], f"{inner}{name}")


def tree(value: Any, place: str, found: Found) -> None:
    """An object that somebody else judges: texts, numbers, truths, lists and objects, few of them."""
    if not isinstance(value, dict):
        found.append((place, _NO_OBJECT))
        return
    _leaves(value, place, found)


def leaf(value: Any, place: str, found: Found) -> None:
    """A value that somebody else judges."""
    _leaves(value, place, found)


def _leaves(value: Any, place: str, found: Found) -> None:
    waiting, count = [value], 0
    while waiting:
        one = waiting.pop()
        count += 1
        if count > _MAX_TREE:
            found.append((place, f"holds more than {_MAX_TREE} values"))
            return
        if isinstance(one, dict):
            for name in one:
                text(120, 1)(name, f"{place}: a name", found)
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, str):
            text(2_000)(one, place, found)
        elif one is None:
            found.append((place, "holds null"))
