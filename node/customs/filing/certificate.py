"""One certificate of origin on file, as a query about it is answered: its lives, and what is left of each item. Source: DESIGN 5.1, 5.2."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from node.customs.filing.on_file import Filed
from node.customs.making.answers import CertificateState, ItemState

CERTIFICATE: Final = "co.certificate"
#: The measures of an item, the one that counts first. Source: CO-18.
_MEASURES: Final = ("TariffQuantity", "NetNetWeightMeasure", "GrossMassMeasure")
_IN_FORCE: Final = frozenset({"ISSUED", "AMENDED"})

#: By machine: the state, and since when.
States = Mapping[str, tuple[str, datetime]]
#: What was written off from an item with its unit: `3 KGM`.
WrittenOff = Callable[[str], Decimal]


def state_of(latest: Filed, root: Any, states: States, written_off: WrittenOff, on: date) -> CertificateState:
    """What is known on a day of the certificate whose latest version this is; `root` is that version's root element."""
    expires = date.fromisoformat(_text(root, "ExpiryDate"))
    issue = states.get("issue", ("ISSUED", latest.filed_at))[0]
    return CertificateState(
        latest.number,
        latest.version,
        date.fromisoformat(_text(root, "IssueDate")),
        expires,
        # Nobody sends that a certificate has expired: it is read from the day.
        "EXPIRED" if issue in _IN_FORCE and expires < on else issue,
        states.get("use", ("NONE", latest.filed_at))[0],
        states.get("verification", ("NONE", latest.filed_at))[0],
        max((since for _, since in states.values()), default=latest.filed_at),
        _text(root, "Exporter", "Name"),
        _text(root, "ImportCountryCode"),
        latest.digest,
        tuple(_items(root, written_off)),
    )


def certified(item: Any) -> tuple[Decimal, str] | None:
    """The quantity of a GoodsItem that uses are written off from, with its unit; None where it has none."""
    for name in _MEASURES:
        found = item.find(f"{{*}}GoodsMeasure/{{*}}{name}")
        if found is not None:
            return Decimal(found.text), found.get("unitCode", "")
    return None


def left(item: Any, number: int, written_off: WrittenOff) -> tuple[Decimal, str] | None:
    """What is left of a GoodsItem: never below nothing, though a use in another unit may have said otherwise."""
    quantity = certified(item)
    if quantity is None:
        return None
    amount, unit = quantity
    return max(amount - written_off(f"{number} {unit}"), Decimal(0)), unit


def _items(root: Any, written_off: WrittenOff) -> Iterator[ItemState]:
    for item in root.iterfind("{*}GoodsItem"):
        number = int(_text(item, "SequenceNumeric"))
        remaining = left(item, number, written_off)
        yield ItemState(
            number,
            _text(item, "Classification", "ID"),
            _text(item, "Origin", "CountryCode"),
            *((f"{remaining[0].normalize():f}", remaining[1]) if remaining else ()),
        )


def _text(element: Any, *names: str) -> str:
    return " ".join((element.findtext("/".join(f"{{*}}{name}" for name in names)) or "").split())
