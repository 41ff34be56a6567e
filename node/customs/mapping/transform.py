"""What a map does with a value on its way: each transform has a way out and, where it loses nothing, a way back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

#: Values in, values out: some transforms join or split.
Way = Callable[[Sequence[str]], Sequence[str]]


class TransformRefused(ValueError):
    """The text is no transform, or a value does not fit it; it says why."""


@dataclass(frozen=True, slots=True)
class Transform:
    """One transform, or several one after the other."""

    outward: Way
    #: From the other form back into ours.
    inward: Way
    #: It writes this, whatever comes.
    constant: str | None = None
    #: It makes one value of many.
    joins: bool = False
    #: It writes which occurrence it is, from 1, where the other form numbers what ours has in order.
    numbers: bool = False


def read_transform(said: str, codes: Mapping[str, Mapping[str, str]]) -> Transform:
    """`upper`, `pad:8`, `prefix:TW|upper`; `codes` are the code tables of the map, ours to theirs. Raises TransformRefused."""
    steps = [_read(word.strip(), codes) for word in said.split("|")] if said else []
    if any(step.constant is not None for step in steps) and len(steps) > 1:
        raise TransformRefused(f"{said!r}: const stands alone")

    def outward(values: Sequence[str]) -> Sequence[str]:
        for step in steps:
            values = step.outward(values)
        return values

    def inward(values: Sequence[str]) -> Sequence[str]:
        for step in reversed(steps):
            values = step.inward(values)
        return values

    return Transform(
        outward, inward, steps[0].constant if len(steps) == 1 else None, any(step.joins for step in steps), said == "number"
    )


def _read(word: str, codes: Mapping[str, Mapping[str, str]]) -> Transform:
    name, _, argument = word.partition(":")
    make = _MAKERS.get(name)
    if make is None:
        raise TransformRefused(f"{word!r} is no transform; there are {', '.join(_MAKERS)}")
    return make(argument, codes)


def _each(change: Callable[[str], str]) -> Way:
    return lambda values: [change(value) for value in values]


def _same(values: Sequence[str]) -> Sequence[str]:
    return values


def _copy(_argument: str, _codes: object) -> Transform:
    return Transform(_same, _same)


def _upper(_argument: str, _codes: object) -> Transform:
    return Transform(_each(str.upper), _each(str.upper))


def _pad(argument: str, _codes: object) -> Transform:
    width = _number(argument, "pad")
    return Transform(_each(lambda value: value.zfill(width)), _each(lambda value: value.lstrip("0") or "0"))


def _prefix(argument: str, _codes: object) -> Transform:
    return Transform(_each(lambda value: argument + value), _each(lambda value: value.removeprefix(argument)))


def _strip(argument: str, _codes: object) -> Transform:
    return Transform(_each(lambda value: value.removeprefix(argument)), _each(lambda value: argument + value))


def _date(argument: str, _codes: object) -> Transform:
    ours, arrow, theirs = argument.partition(">")
    if not (ours and arrow and theirs):
        raise TransformRefused("date: write date:%Y-%m-%d>%Y%m%d")
    return Transform(_each(lambda value: _dated(value, ours, theirs)), _each(lambda value: _dated(value, theirs, ours)))


def _dated(value: str, before: str, after: str) -> str:
    try:
        # %z says the zone where the form has one.
        found = datetime.strptime(value, before)  # noqa: DTZ007
    except ValueError:
        raise TransformRefused(f"{value!r} is no date of the form {before}") from None
    # Python writes a zone without the colon that XML wants.
    zone = "" if found.tzinfo is None else "Z" if value.endswith("Z") else found.isoformat()[-6:]
    return found.strftime(after.replace("%z", zone))


def _codes(argument: str, codes: Mapping[str, Mapping[str, str]]) -> Transform:
    if argument not in codes:
        raise TransformRefused(f"codes:{argument}: there is no such table; there are {', '.join(sorted(codes)) or 'none'}")
    outward = codes[argument]
    inward = {theirs: ours for ours, theirs in reversed(list(outward.items()))}
    return Transform(_each(lambda value: _coded(value, outward, argument)), _each(lambda value: _coded(value, inward, argument)))


def _coded(value: str, table: Mapping[str, str], name: str) -> str:
    if value not in table:
        raise TransformRefused(f"{value!r} is not in the table {name}")
    return table[value]


def _join(argument: str, _codes: object) -> Transform:
    # A cell of the table has no space at its end; `_` stands for one.
    between = argument.replace("_", " ") or " "
    return Transform(
        lambda values: [between.join(values)] if values else [],
        lambda values: [part for value in values for part in value.split(between)],
        joins=True,
    )


def _split(argument: str, _codes: object) -> Transform:
    width = _number(argument, "split")
    return Transform(
        lambda values: [value[start : start + width] for value in values for start in range(0, len(value), width)],
        lambda values: ["".join(values)] if values else [],
    )


def _const(argument: str, _codes: object) -> Transform:
    return Transform(lambda _values: [argument], lambda _values: [argument], constant=argument)


def _numbered(_argument: str, _codes: object) -> Transform:
    return Transform(_same, _same, numbers=True)


def _number(argument: str, name: str) -> int:
    if not argument.isdecimal() or not 0 < int(argument) < 10_000:
        raise TransformRefused(f"{name}:{argument}: {argument!r} is no number of signs")
    return int(argument)


_MAKERS: Final[Mapping[str, Callable[[str, Mapping[str, Mapping[str, str]]], Transform]]] = {
    "copy": _copy,
    "upper": _upper,
    "pad": _pad,
    "prefix": _prefix,
    "strip": _strip,
    "date": _date,
    "codes": _codes,
    "join": _join,
    "split": _split,
    "const": _const,
    "number": _numbered,
}
