"""What a response says is wrong with a list: its errors, and the records that were not taken. Source: DESIGN 8."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from node.ebms.xml import XmlLimits, parse_xml

#: 10,000 results of records and 999 errors.
_LIMITS: Final = XmlLimits(octets=21 << 20, elements=300_000, text=1 << 20, only_elements=False)
_TAKEN: Final = frozenset({"AP", "CA"})


@dataclass(frozen=True, slots=True)
class Rejection:
    """One error of a response, or one record that was not taken."""

    rule: str
    #: XPath of an error; TIN, tier and version of a record.
    where: str
    en: str = ""
    zh: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What one response says."""

    level: str
    outcome: str
    status: str = ""
    rejections: tuple[Rejection, ...] = ()
    #: Errors that are not listed.
    more: int = 0
    #: Results of records by their outcome.
    records: Mapping[str, int] = field(default_factory=dict)


def read_response(octets: bytes) -> Said:
    """The values of an accepted Response."""
    root = parse_xml(octets, _LIMITS)
    results = list(root.iterfind("{*}RecordResult"))
    return Said(
        _text(root, "LadderLevelCode"),
        _text(root, "OutcomeCode"),
        _text(root, "StatusCode"),
        (*map(_error, root.iterfind("{*}Error")), *_not_taken(results)),
        int(_text(root, "ErrorsNotListedQuantity") or 0),
        dict(Counter(_text(one, "OutcomeCode") for one in results)),
    )


def _error(error: Any) -> Rejection:
    texts = {one.get("languageID"): one.text or "" for one in error.iterfind("{*}Description")}
    return Rejection(
        _text(error, "ValidationCode"), _text(error, "Pointer/{*}Location"), texts.get("en", ""), texts.get("zh-Hant", "")
    )


def _not_taken(results: list[Any]) -> Iterator[Rejection]:
    for one in results:
        if _text(one, "OutcomeCode") not in _TAKEN:
            named = " ".join(_text(one, name) for name in ("TIN", "TierCode", "RecordVersion"))
            yield Rejection(_text(one, "ValidationCode"), named)


def _text(element: Any, path: str) -> str:
    return " ".join((element.findtext(f"{{*}}{path}") or "").split())
