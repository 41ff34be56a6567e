"""JSON read strictly and written canonically (RFC 8785): the same agreement is always the same octets."""

import hashlib
import json
from codecs import BOM_UTF8
from collections.abc import Sequence
from typing import Any, Final

import rfc8785

#: A sheet larger than this is none: certificates of both sides take a tenth of it.
MAX_OCTETS: Final = 1 << 20
#: No part of a sheet is nested deeper.
MAX_DEPTH: Final = 12
# spec: RFC 8785 3.2.2.3
#: Larger ones are no numbers of JSON any more.
_MAX_INTEGER: Final = (1 << 53) - 1


class SheetRefused(ValueError):
    """The octets are no sheet that this node can use; `problems` names each place and what is wrong there."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{place}: {problem}" if place else problem for place, problem in self.problems))


def canonical(value: Any) -> bytes:
    """The one way in which RFC 8785 writes a value. Raises SheetRefused for what is no JSON."""
    # spec: RFC 8785 3.2
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, RecursionError) as error:
        raise SheetRefused([("", f"has no canonical form: {error}")]) from error


def digest(value: Any) -> str:
    """SHA-256 of the canonical octets, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()


def read_json(octets: bytes) -> Any:
    """The value that JSON octets hold.

    Raises SheetRefused for more than 1 MiB, for a name that comes twice in an object, for numbers that others would read otherwise, and for nesting
    without sense.
    """
    if len(octets) > MAX_OCTETS:
        raise SheetRefused([("", f"is larger than {MAX_OCTETS} octets")])
    try:
        value = json.loads(
            octets.removeprefix(BOM_UTF8).decode("utf-8"),
            object_pairs_hook=_once,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_no,
        )
    except RecursionError as error:
        raise SheetRefused([("", "is nested too deeply")]) from error
    except ValueError as error:
        if isinstance(error, SheetRefused):
            raise
        raise SheetRefused([("", f"is no JSON in UTF-8: {error}")]) from error
    _check_depth(value)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise SheetRefused([(twice[:80], "comes twice in one object")])
    return found


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > _MAX_INTEGER:
        raise SheetRefused([("", f"the number {text[:40]} is too large")])
    return int(text)


def _number(text: str) -> float:
    number = float(text) if len(text) <= 40 else float("inf")
    if number in (float("inf"), float("-inf")):
        raise SheetRefused([("", f"the number {text[:40]} is too large")])
    return number


def _no(text: str) -> Any:
    raise SheetRefused([("", f"{text} is no number of JSON")])


def _check_depth(value: Any) -> None:
    level, depth = [value], 0
    while level:
        if depth > MAX_DEPTH:
            raise SheetRefused([("", f"is nested deeper than {MAX_DEPTH}")])
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                inner += one.values()
            elif isinstance(one, list):
                inner += one
        level, depth = inner, depth + 1
