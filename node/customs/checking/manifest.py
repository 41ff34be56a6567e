"""The rules of manifests that compare consignments with each other: MAN-05, 06, 19, 21 and 26. One small value is kept for each row."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from node.customs.checking.document import Header
from node.customs.checking.judging import Breach, Check, Path
from node.customs.xpath.scope import Scope

_HOUSES: Final = frozenset({"703", "714"})
_MASTERS: Final = frozenset({"704", "741"})


def _text(element: Any, *names: str) -> str:
    for name in names:
        element = next((child for child in element if child.tag.rpartition("}")[2] == name), None)
        if element is None:
            return ""
    return (element.text or "").strip()


def _child(element: Any, name: str) -> Any:
    return next((child for child in element if child.tag.rpartition("}")[2] == name), None)


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal(0)


@dataclass(frozen=True, slots=True)
class _Weight:
    packages: Decimal
    mass: Decimal
    unit: str

    def __add__(self, other: "_Weight") -> "_Weight":
        return _Weight(self.packages + other.packages, self.mass + other.mass, self.unit if self.unit == other.unit else "")


def _weight(consignment: Any) -> _Weight:
    mass = _child(consignment, "GrossMassMeasure")
    return _Weight(
        _number(_text(consignment, "TotalPackageQuantity")),
        _number("" if mass is None else mass.text or ""),
        "" if mass is None else mass.get("unitCode", ""),
    )


def _near(one: _Weight, other: _Weight, percent: Decimal) -> bool:
    return one.unit == other.unit and abs(one.mass - other.mass) * 100 <= abs(other.mass) * percent


def _percent(scope: Scope) -> Decimal:
    return Decimal(str(scope.profile.values.get("tolerancePercent", 0)))


class Documents:
    """MAN-05: transport documents are distinct, and houses name a master of this report."""

    def __init__(self, _scope: Scope, _header: Header) -> None:
        self._seen: set[str] = set()
        self._masters: set[str] = set()
        #: Number of the master named, number of the house, path.
        self._houses: list[tuple[str, str, str]] = []

    def row(self, element: Any, path: Path) -> Iterator[Breach]:
        """See `Check`."""
        contract = _child(element, "TransportContractDocument")
        if contract is None:
            return
        number, kind, master = _text(contract, "ID"), _text(contract, "TypeCode"), _text(element, "MasterDocumentID")
        place = path(element)
        if number in self._seen:
            yield Breach(None, (number,), f"{place}/TransportContractDocument/ID")
        self._seen.add(number)
        if kind in _MASTERS:
            self._masters.add(number)
        if kind in _HOUSES:
            self._houses.append((master, number, place))
        elif master:
            yield Breach(None, (number,), f"{place}/MasterDocumentID")

    def end(self, _root: Any) -> Iterator[Breach]:
        """See `Check`."""
        for master, number, place in self._houses:
            if master not in self._masters:
                # What is missing cannot be pointed at; its parent can.
                yield Breach(None, (number,), f"{place}/MasterDocumentID" if master else place)


class Totals:
    """MAN-06: the control totals agree with the content; houses are counted in their masters."""

    def __init__(self, scope: Scope, _header: Header) -> None:
        self._scope, self._percent = scope, _percent(scope)
        self._sum: _Weight | None = None

    def row(self, element: Any, _path: Path) -> Iterable[Breach]:
        """See `Check`."""
        if _text(element, "TransportContractDocument", "TypeCode") not in {*_HOUSES, ""}:
            weight = _weight(element)
            self._sum = weight if self._sum is None else self._sum + weight
        return ()

    def end(self, root: Any) -> Iterator[Breach]:
        """See `Check`."""
        total = self._sum or _Weight(Decimal(0), Decimal(0), "")
        stated = _child(root, "TotalGrossMassMeasure")
        mass = _Weight(Decimal(0), _number(stated.text or ""), stated.get("unitCode", ""))
        rows = self._scope.rows
        agree = {
            "ConsignmentQuantity": _number(_text(root, "ConsignmentQuantity")) == rows.get("Consignment", 0),
            "EquipmentQuantity": _text(root, "EquipmentQuantity") == ""
            or _number(_text(root, "EquipmentQuantity")) == rows.get("TransportEquipment", 0),
            "TotalPackageQuantity": _number(_text(root, "TotalPackageQuantity")) == total.packages,
            "TotalGrossMassMeasure": _near(total, mass, self._percent),
        }
        for name, agrees in agree.items():
            if not agrees:
                yield Breach(_child(root, name))


class Houses:
    """MAN-19: the houses of a master add up to it."""

    def __init__(self, scope: Scope, _header: Header) -> None:
        self._percent = _percent(scope)
        self._masters: dict[str, tuple[_Weight, str]] = {}
        self._houses: dict[str, _Weight] = {}

    def row(self, element: Any, path: Path) -> Iterable[Breach]:
        """See `Check`."""
        contract = _child(element, "TransportContractDocument")
        if contract is None:
            return ()
        kind = _text(contract, "TypeCode")
        if kind in _MASTERS:
            self._masters.setdefault(_text(contract, "ID"), (_weight(element), path(element)))
        elif kind in _HOUSES:
            master, weight = _text(element, "MasterDocumentID"), _weight(element)
            before = self._houses.get(master)
            self._houses[master] = weight if before is None else before + weight
        return ()

    def end(self, _root: Any) -> Iterator[Breach]:
        """See `Check`."""
        for number, (own, place) in self._masters.items():
            houses = self._houses.get(number)
            if houses is not None and not (houses.packages == own.packages and _near(houses, own, self._percent)):
                yield Breach(None, (number,), place)


class Placements:
    """MAN-21: goods lie in equipment of this report."""

    def __init__(self, _scope: Scope, _header: Header) -> None:
        self._equipment: set[str] = set()

    def row(self, element: Any, path: Path) -> Iterator[Breach]:
        """See `Check`. The schema has equipment before consignments."""
        if element.tag.endswith("}TransportEquipment"):
            self._equipment.add(_text(element, "ID"))
            return
        for placement in element.iter("{*}EquipmentPlacement"):
            number = _text(placement, "EquipmentID")
            if number not in self._equipment:
                yield Breach(None, (number,), f"{path(placement)}/EquipmentID")

    def end(self, _root: Any) -> Iterable[Breach]:
        """See `Check`."""
        return ()


class Equipment:
    """MAN-26: equipment is distinct."""

    def __init__(self, _scope: Scope, _header: Header) -> None:
        self._seen: set[str] = set()

    def row(self, element: Any, path: Path) -> Iterator[Breach]:
        """See `Check`."""
        if element.tag.endswith("}TransportEquipment"):
            number = _text(element, "ID")
            if number in self._seen:
                yield Breach(None, (number,), f"{path(element)}/ID")
            self._seen.add(number)

    def end(self, _root: Any) -> Iterable[Breach]:
        """See `Check`."""
        return ()


CHECKS: Final[Mapping[str, Callable[[Scope, Header], Check]]] = {
    "manifest.documents": Documents,
    "manifest.totals": Totals,
    "manifest.houses": Houses,
    "manifest.placements": Placements,
    "manifest.equipment": Equipment,
}
