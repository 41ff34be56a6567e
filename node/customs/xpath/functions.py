"""What a rule may call beside XPath's own functions: dates, sums, check digits, lists, the profile and what is on file.

Every function takes the value of each argument as libxml2 gives it: a list of elements and texts, a text, a number or a truth.
"""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from math import inf, isfinite, isnan, nan
from typing import Any, Final

from node.customs import digits
from node.customs.moment import read_moment
from node.customs.operators.identifiers import is_well_formed
from node.customs.xpath.scope import scope
from node.customs.xpath.translate import Kind

NAMESPACE: Final = "urn:n2n:customs:functions"
PREFIX: Final = "n2n"
#: The steps of the ladder, lowest first; empty before the first. Source: DESIGN 8.
LEVELS: Final = ("", "L0", "L1", "L2", "L3", "L4", "L5", "LX")
#: An argument; see above.
Value = Any


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the namespace."""

    call: Callable[..., Value]
    yields: Kind
    least: int
    most: int
    #: One sentence for those who write rules.
    told: str
    #: Every argument is nodes; in XPath 2.0 any sequence.
    of_nodes: bool = False
    #: The text of the first node of each argument is all that it looks at.
    of_texts: bool = True


def text(value: Value) -> str:
    """The string value of an argument; of several nodes the first, of none the empty text."""
    if isinstance(value, list):
        return _of_node(value[0]) if value else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _of_float(value)
    return str(value)


def _of_float(value: float) -> str:
    # As XPath writes a number: without an exponent. Source: XPath 1.0 4.2
    if isnan(value):
        # A number of nothing: XPath 2.0 has nothing there.
        return ""
    if not isfinite(value):
        return "Infinity" if value > 0 else "-Infinity"
    return str(int(value)) if value.is_integer() else f"{Decimal(repr(value)):f}"


def texts(value: Value) -> list[str]:
    """The string value of every node."""
    return [_of_node(node) for node in value] if isinstance(value, list) else [text(value)]


def _sequence(value: Value) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _of_node(node: Any) -> str:
    if isinstance(node, str | bool | float):
        return text(node)
    return _collapsed("".join(node.itertext()) if len(node) else node.text or "")


def _collapsed(said: str) -> str:
    # As XML has white space: a wide or fixed blank is a sign like others.
    for blank in "\t\n\r":
        if blank in said:
            said = said.replace(blank, " ")
    return " ".join(part for part in said.split(" ") if part) if " " in said else said


def number(value: Value) -> Decimal | None:
    """The argument as an exact number; None when it is none."""
    said = text(value)
    # Decimal reads more than xs:decimal has: words, underscores, digits of every script.
    return Decimal(said) if _DECIMAL.fullmatch(said) else None


_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")


#: As XML Schema writes a day; Python would read 20261120 and 2026-W47-5 too.
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _date(value: Value) -> date | None:
    said = text(value)[:10]
    try:
        return date.fromisoformat(said) if _DAY.fullmatch(said) else None
    except ValueError:
        return None


_NO_DAY: Final = nan


def day(value: Value) -> float:
    """Days since the year 1 of a date, or of a dateTime in its own zone."""
    found = _date(value)
    return _NO_DAY if found is None else float(found.toordinal())


def instant(value: Value) -> float:
    """Seconds since 1970 of a dateTime; one without a zone is in UTC."""
    said = text(value)
    at = read_moment(said) or read_moment(f"{said}Z")
    return _NO_DAY if at is None else at.timestamp()


def months_after(value: Value, months: Value) -> float:
    """The day so many months later: the same day of the month, or the last day of a shorter one. Source: DESIGN 3.1."""
    start, count = _date(value), number(months)
    if start is None or count is None:
        return _NO_DAY
    year, month = divmod(start.year * 12 + start.month - 1 + int(count), 12)
    if not date.min.year <= year <= date.max.year:
        # Beyond the calendar: later, or earlier, than every day.
        return inf if count > 0 else -inf
    return float(date(year, month + 1, min(start.day, monthrange(year, month + 1)[1])).toordinal())


def whole(value: Value, pattern: Value) -> bool:
    """Whether the whole text has the form of the regular expression."""
    return _pattern(text(pattern)).fullmatch(text(value)) is not None


@lru_cache(1000)
def _pattern(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        # It is no ValueError, for which the check waits.
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from None


def in_order(values: Value) -> bool:
    """Whether the nodes are numbered 1, 2, .. n."""
    return all(found == str(place) or _is(found, place) for place, found in enumerate(texts(values), 1))


def _is(found: str, place: int) -> bool:
    exact = number(found)
    return exact is not None and exact == place


def repeated(nodes: Value) -> list[Any]:
    """The nodes whose text an earlier one has already."""
    seen: set[str] = set()
    again = []
    for node in _sequence(nodes):
        said = _of_node(node)
        if said in seen:
            again.append(node)
        seen.add(said)
    return again


def missing(nodes: Value, among: Value) -> list[Any]:
    """The nodes whose text none of the others has."""
    there = set(texts(among))
    return [node for node in _sequence(nodes) if _of_node(node) not in there]


def _sum(values: Value) -> Decimal:
    # What is no number counts nothing: the schema has refused it before.
    if not isinstance(values, list):
        return number(values) or Decimal(0)
    return sum((number([value]) or Decimal(0) for value in values), Decimal(0))


def total(*values: Value) -> str:
    """The exact sum of all numbers, as a text."""
    return f"{sum(map(_sum, values), Decimal(0)):f}"


def sums_to(values: Value, expected: Value) -> bool:
    """Whether the numbers add up exactly."""
    return _sum(values) == number(expected)


def ascending(values: Value) -> bool:
    """Whether the moments, in the order of the document, never go back."""
    moments = [instant([value]) for value in _sequence(values)]
    return all(earlier <= later for earlier, later in pairwise(moments))


def span(seconds: Value) -> str:
    """A time in words: `5 h 30 min`, `-5 h 30 min` for what lies before."""
    exact = int(number(seconds) or 0)
    hours, minutes = divmod(abs(exact) // 60, 60)
    sign = "-" if exact < 0 and (hours or minutes) else ""
    return f"{sign}{hours} h {minutes} min" if hours else f"{sign}{minutes} min"


def near(values: Value, expected: Value, percent: Value) -> bool:
    """Whether the sum differs by at most so many per cent of the expected number."""
    exact, tolerance = number(expected), number(percent)
    if exact is None or tolerance is None:
        return False
    return abs(_sum(values) - exact) * 100 <= abs(exact) * tolerance


def at_most(value: Value, limit: Value) -> bool:
    """Whether the first number is not above the second, exactly."""
    one, other = number(value), number(limit)
    return one is not None and other is not None and one <= other


def latin(value: Value) -> bool:
    """Whether the text has a Latin letter and no letter of another script."""
    letters = [sign for sign in text(value) if sign.isalpha() and not _of_no_script(sign)]
    return bool(letters) and all(map(_latin_letter, letters))


@lru_cache(5000)
def _latin_letter(sign: str) -> bool:
    # The Unicode database names the script first; a few letters of Latin are named otherwise.
    return unicodedata.name(sign, "").startswith(("LATIN ", "FULLWIDTH LATIN ")) or sign in "ªº\N{KELVIN SIGN}\N{ANGSTROM SIGN}"


@lru_cache(5000)
def _of_no_script(sign: str) -> bool:
    return sign == "\N{MICRO SIGN}" or unicodedata.name(sign, "").startswith("MODIFIER LETTER ")


def identifier(scheme: Value, number_of: Value) -> bool:
    """Whether an identifier of the scheme has the right length and check digit; true for a scheme without one."""
    return is_well_formed(text(scheme), text(number_of))


def plain(value: Value) -> str:
    """The text in capitals with single spaces, every sign that is no letter or digit taken as a space."""
    return " ".join("".join(sign if sign.isalnum() else " " for sign in text(value).upper()).split())


def parameter(*path: Value) -> str:
    """A parameter of the profile as a text; empty where it is missing or null."""
    found = _parameter(path)
    return "" if found is None else text(float(found) if isinstance(found, int) and not isinstance(found, bool) else found)


def number_parameter(*path: Value) -> float:
    """A parameter of the profile that is a number; not a number where it is missing or null."""
    exact = number(parameter(*path))
    return nan if exact is None else float(exact)


def has_parameter(*path: Value) -> bool:
    """Whether the profile has that parameter, and it is not null."""
    return _parameter(path) is not None


def allowed(value: Value, *path: Value) -> bool:
    """Whether the text is in that list of the profile, is a key of that table, or the list is `*`."""
    found = _parameter(path)
    if found == "*":
        return True
    if isinstance(found, list | Mapping):
        return text(value) in map(str, found)
    return found is not None and text(value) == parameter(*path)


def switched(*path: Value) -> bool:
    """Whether that parameter of the profile is true."""
    return _parameter(path) is True


def _parameter(path: Sequence[Value]) -> Any:
    found: Any = scope().profile.values
    for step in path:
        if not isinstance(found, Mapping):
            return None
        found = found.get(text(step))
    return found


def listed(code: Value, name: Value) -> bool:
    """Whether the code is in the code list on the day of the document."""
    here = scope()
    return here.lists.holds(text(name), text(code), here.day)


def flagged(code: Value, name: Value, flag: Value) -> bool:
    """Whether the code list gives the code that flag; true as well for a code that the list does not have."""
    here = scope()
    flags = here.lists.flags(text(name), text(code), here.day)
    return flags is None or text(flag) in flags


def correlated(code: Value, name: Value) -> str:
    """Where else the code stands, with what corresponds to it there: `2017: 391239, 391290`; empty when nowhere."""
    here = scope()
    editions: dict[str, list[str]] = {}
    for edition, other in here.lists.correlated(text(name), text(code), here.day):
        editions.setdefault(edition, []).append(other)
    return "; ".join(f"{edition}: {', '.join(others)}" for edition, others in editions.items())


def issuer_accepted(issuer: Value, country: Value, issued: Value) -> bool:
    """Whether the profile accepts the issuing body of that country on that day."""
    on = _date(issued)
    entries = [entry for entry in scope().profile.values.get("issuers", ()) if entry.get("id") == text(issuer)]
    return on is not None and any(entry.get("country") == text(country) and _accepts(entry, on) for entry in entries)


def _accepts(entry: Mapping[str, Any], on: date) -> bool:
    begins, ends = entry.get("from"), entry.get("to")
    return (not begins or date.fromisoformat(begins) <= on) and (not ends or on <= date.fromisoformat(ends))


def rows(name: Value) -> float:
    """How many rows of that name the document has."""
    return float(scope().rows.get(text(name), 0))


def place() -> float:
    """Which row of its name is being judged, from 1."""
    return float(scope().place)


def latest() -> Value:
    """The latest version on file of the document's number."""
    return _files("latest")


def first() -> Value:
    """Version 1 on file of the document's number."""
    return _files("first")


def version(type_id: Value, of: Value, number_of: Value, issuer: Value) -> Value:
    """The document on file of that type, number, version and issuer."""
    return _files("version", text(type_id), text(of), text(number_of), text(issuer))


def written_off(type_id: Value, of: Value, issuer: Value, item: Value) -> str:
    """What the documents on file have written off from an item, as an exact text; the item with its unit: `3 KGM`."""
    files = scope().files
    return f"{files.written_off(text(type_id), text(of), text(issuer), text(item)):f}" if files else "0"


def stands_at(message_id: Value) -> str:
    """The highest step on file of the message that is answered; `RE` or `LX` when it has ended."""
    files = scope().files
    return files.standing(text(message_id))[0] if files else ""


def may_stand(message_id: Value, level: Value) -> bool:
    """Whether the message that is answered may take that step: it has not ended, and stands no higher."""
    files = scope().files
    if files is None:
        return True
    present, ended = files.standing(text(message_id))
    wanted = text(level)
    return not ended and wanted in LEVELS and LEVELS.index(present) <= LEVELS.index(wanted)


def digest(message_id: Value) -> str:
    """SHA-256, base64, of the document on file with that MessageID which the recipient of this one sent to its sender; empty when there is none."""
    files = scope().files
    return files.digest(text(message_id)) if files else ""


def _files(question: str, *arguments: str) -> list[Any]:
    files = scope().files
    return list(getattr(files, question)(*arguments)) if files else []


def _on_text(judge: Callable[[str], bool]) -> Callable[[Value], bool]:
    def asked(value: Value) -> bool:
        return judge(text(value))

    return asked


def _function(
    call: Callable[..., Value], yields: Kind, least: int, most: int | None = None, told: str = "", *, of_nodes: bool = False
) -> Function:
    told = told or (call.__doc__ or "").partition("\n")[0]
    return Function(call, yields, least, least if most is None else most, told, of_nodes, call not in {*_OF_SEQUENCES})


_OF_SEQUENCES: Final = (in_order, missing, total, ascending, repeated, sums_to, near)
FUNCTIONS: Final[Mapping[str, Function]] = {
    "day": _function(day, Kind.NUMBER, 1),
    "instant": _function(instant, Kind.NUMBER, 1),
    "months-after": _function(months_after, Kind.NUMBER, 2),
    "whole": _function(whole, Kind.TRUTH, 2),
    "in-order": _function(in_order, Kind.TRUTH, 1, of_nodes=True),
    "missing": _function(missing, Kind.NODES, 2, of_nodes=True),
    "total": _function(total, Kind.TEXT, 1, 3),
    "ascending": _function(ascending, Kind.TRUTH, 1, of_nodes=True),
    "span": _function(span, Kind.TEXT, 1),
    "rows": _function(rows, Kind.NUMBER, 1),
    "repeated": _function(repeated, Kind.NODES, 1, of_nodes=True),
    "sums-to": _function(sums_to, Kind.TRUTH, 2),
    "near": _function(near, Kind.TRUTH, 3),
    "at-most": _function(at_most, Kind.TRUTH, 2),
    "latin": _function(latin, Kind.TRUTH, 1),
    "identifier": _function(identifier, Kind.TRUTH, 2),
    "plain": _function(plain, Kind.TEXT, 1),
    "parameter": _function(parameter, Kind.TEXT, 1, 3),
    "number": _function(number_parameter, Kind.NUMBER, 1, 3),
    "has-parameter": _function(has_parameter, Kind.TRUTH, 1, 3),
    "allowed": _function(allowed, Kind.TRUTH, 2, 4),
    "switched": _function(switched, Kind.TRUTH, 1, 3),
    "listed": _function(listed, Kind.TRUTH, 2),
    "flagged": _function(flagged, Kind.TRUTH, 3),
    "correlated": _function(correlated, Kind.TEXT, 2),
    "issuer-accepted": _function(issuer_accepted, Kind.TRUTH, 3),
    "container-form": _function(_on_text(digits.container_form), Kind.TRUTH, 1, told="Four letters and seven digits."),
    "container": _function(_on_text(digits.container), Kind.TRUTH, 1, told="A container number with the right check digit."),
    "freight-container": _function(
        _on_text(digits.freight_container), Kind.TRUTH, 1, told="As container, of category U, J or Z."
    ),
    "ship": _function(_on_text(digits.ship), Kind.TRUTH, 1, told="An IMO number with the right check digit."),
    "air-waybill": _function(
        _on_text(digits.air_waybill), Kind.TRUTH, 1, told="An air waybill number with the right check digit."
    ),
    "place": _function(place, Kind.NUMBER, 0),
    "latest": _function(latest, Kind.NODES, 0),
    "first": _function(first, Kind.NODES, 0),
    "version": _function(version, Kind.NODES, 4),
    "written-off": _function(written_off, Kind.TEXT, 4),
    "stands-at": _function(stands_at, Kind.TEXT, 1),
    "may-stand": _function(may_stand, Kind.TRUTH, 2),
    "digest": _function(digest, Kind.TEXT, 1),
}
