"""CUSCAR to the canonical manifest: the story of one message, its totals and what it needs. Source: DESIGN 7.4."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from node.customs.edifact.cargo_report import CONSIGNMENT, EQUIPMENT, Measure, Values, document, rendered
from node.customs.edifact.envelope import Interchange, Message
from node.customs.edifact.filling import Filling
from node.customs.edifact.found import LISTED, Found
from node.customs.edifact.mapping import Level, Mapping, Row
from node.customs.edifact.terms import Terms
from node.customs.edifact.values import KILOGRAMS, decimal, moment, plain
from node.customs.edifact.walk import Event, Walk
from node.customs.finding import Finding

#: Their weights and packages are those of their master. Source: DESIGN 7.1.
_HOUSES: Final = {"703", "714"}


@dataclass(frozen=True, slots=True)
class Mapped:
    """What one message became."""

    #: Its place in the interchange, from 1.
    number: int
    #: UNH 0062.
    reference: str
    #: The canonical document; None if a finding refuses the message.
    octets: bytes | None
    findings: tuple[Finding, ...]
    not_listed: int = 0
    #: BGM 1004 and the authorities, as far as they could be read: an answer speaks of them.
    document: str = ""
    sender: str = ""
    recipient: str = ""


def to_canonical(interchange: Interchange, message: Message, mapping: Mapping, terms: Terms, room: int = LISTED) -> Mapped:
    """One message as a canonical document, in one walk; consignments are rendered as they end, so that only octets are kept of them.

    At most `room` findings of each severity are listed, the others counted.
    """
    found = Found(room)
    walk = Walk(mapping.table, message.number, interchange.separators, found)
    manifest = _Manifest(interchange, message, mapping, terms, walk, found)
    for event, group, segment in walk.steps(interchange.segments(message)):
        if segment is not None:
            manifest.filling.read(group, segment)
        elif event is Event.OPEN:
            manifest.open(group)
        else:
            manifest.close(group)
    octets = None if found.refuses else manifest.octets()
    return Mapped(message.number, message.reference, octets, found.findings, found.not_listed, *manifest.answerable())


class _Weights:
    """A sum of weights, whatever their units."""

    def __init__(self) -> None:
        self._sums: dict[str, Decimal] = {}

    def add(self, measure: Any) -> None:
        value = decimal(measure.value) if isinstance(measure, Measure) else None
        if value is not None:
            self._sums[measure.unit] = self._sums.get(measure.unit, Decimal(0)) + value

    def total(self) -> Measure | None:
        """Zero kilograms of nothing; None if units cannot be added."""
        if not self._sums:
            return Measure("0", "KGM")
        if len(self._sums) == 1:
            return next(Measure(plain(value), unit) for unit, value in self._sums.items())
        if not self._sums.keys() <= KILOGRAMS.keys():
            return None
        kilograms = sum((value * KILOGRAMS[unit] for unit, value in self._sums.items()), Decimal(0))
        return Measure(plain(round(kilograms, 6)), "KGM")  # no measure of the document has more decimals


class _Manifest:
    def __init__(
        self, interchange: Interchange, message: Message, mapping: Mapping, terms: Terms, walk: Walk, found: Found
    ) -> None:
        self._interchange = interchange
        self._message = message
        self._mapping = mapping
        self._terms = terms
        self._walk = walk
        self._found = found
        self.filling = Filling(mapping, terms, walk, found)
        self._rows: list[bytes] = []
        self._counts = {Level.EQUIPMENT: 0, Level.CONSIGNMENT: 0, Level.ITEM: 0}
        self._packages = self._consignment_packages = 0
        self._weights, self._consignment_weights = _Weights(), _Weights()
        self._master_used = False

    # -- groups ----------------------------------------------------------------------------------------------------------

    def open(self, group: str) -> None:
        level = self._mapping.levels.get(group)
        self.filling.open(group, level)
        if level is None:
            return
        self._counts[level] += 1
        self.filling.values(level)["SequenceNumeric"] = str(self._counts[level])
        if level is Level.CONSIGNMENT:
            self._counts[Level.ITEM] = self._consignment_packages = 0
            self._consignment_weights = _Weights()

    def close(self, group: str) -> None:
        level = self._mapping.levels.get(group) if group else Level.REPORT
        if level is Level.EQUIPMENT:
            self._need(level)
            self._rows.append(rendered(EQUIPMENT, self.filling.values(level), 1))
        elif level is Level.ITEM:
            self._close_item()
        elif level is Level.CONSIGNMENT:
            self._close_consignment()
        elif level is Level.REPORT:
            self._close_report()
        elif group in self._mapping.masters:
            self._close_master()

    def _close_master(self) -> None:
        """The number over the references was that of a master, or is lost."""
        master = self.filling.master
        if master is not None and not self._master_used:
            self.filling.lose(f"CNI 1004: {master[0]}", segment=master[1])
        self.filling.master, self._master_used = None, False

    def _close_item(self) -> None:
        self._need(Level.ITEM)
        values = self.filling.values(Level.ITEM)
        for packaging in values.get("Packaging", ()):
            self._consignment_packages += int(decimal(packaging.get("QuantityQuantity", "0")) or 0)
        self._consignment_weights.add(values.get("GrossMassMeasure"))
        self.filling.values(Level.CONSIGNMENT).setdefault("ConsignmentItem", []).append(values)

    def _close_consignment(self) -> None:
        values = self.filling.values(Level.CONSIGNMENT)
        report = self.filling.values(Level.REPORT)
        kind = values.get("TransportContractDocument", {}).get("TypeCode")
        if self.filling.master is not None and kind in _HOUSES:
            values["MasterDocumentID"], self._master_used = self.filling.master[0], True
        for name, fallback in (("LoadingLocationID", "DepartureLocationID"), ("UnloadingLocationID", "ArrivalLocationID")):
            if name not in values and fallback in report:
                values[name] = report[fallback]
        values.setdefault("TotalPackageQuantity", str(self._consignment_packages))
        if "GrossMassMeasure" not in values and (total := self._consignment_weights.total()):
            values["GrossMassMeasure"] = total
        self._need(Level.CONSIGNMENT)
        if kind not in _HOUSES:
            self._packages += int(decimal(values["TotalPackageQuantity"]) or 0)
            self._weights.add(values.get("GrossMassMeasure"))
        self._rows.append(rendered(CONSIGNMENT, values, 1))
        values.clear()

    def _close_report(self) -> None:
        values = self.filling.values(Level.REPORT)
        header = self._interchange.header
        told = values.setdefault("DocumentHeader", {})
        told["MessageID"] = f"edi:{header.sender}:{header.reference}:{self._message.reference}"
        told.setdefault("SenderAuthority", self._terms.authority(header.sender))
        told.setdefault("RecipientAuthority", self._terms.authority(header.recipient))
        if "IssueDateTime" not in told:
            told["IssueDateTime"] = moment(header.day + header.time, "203", self._terms.zone)
        values.setdefault("VersionID", "1")
        values.setdefault("DirectionCode", "EXP" if values.get("TypeCode") == "833" else "IMP")
        for number_of_call, call in enumerate(values.get("Itinerary", ()), 1):
            call["SequenceNumeric"] = str(number_of_call)
        self._settle_carrier(values)
        if header.test:
            self.filling.lose("UNB 0035: 1", "/UNB/0035")
        self._compute_totals(values)
        self._need(Level.REPORT)

    def _compute_totals(self, values: Values) -> None:
        computed: list[tuple[str, str, str | Measure | None]] = [
            ("TotalGrossMassMeasure", "7", self._weights.total()),
            ("ConsignmentQuantity", "10", str(self._counts[Level.CONSIGNMENT])),
            ("TotalPackageQuantity", "11", str(self._packages)),
        ]
        if self._counts[Level.EQUIPMENT]:
            computed.append(("EquipmentQuantity", "16", str(self._counts[Level.EQUIPMENT])))
        for name, qualifier, value in computed:
            if name in values:
                continue
            place = f"/UNH[{self._message.number}]/CNT"
            if value is None:
                self._found.tell("EDI-08", place, f"CNT+{qualifier}", name)
            else:
                values[name] = value
                self._found.tell("EDI-07", place, qualifier, value if isinstance(value, str) else value.value)

    def _settle_carrier(self, values: Values) -> None:
        means = self.filling.carrier
        told = values.setdefault("Carrier", {})
        if not told and "3127" in means:
            told["ID"] = means["3127"]
        if "Name" not in told and means:
            told["Name"] = means.get("3128", means.get("3127", ""))
        for tag, value in means.items():
            if value not in {told.get("ID"), told.get("Name")}:
                self.filling.lose(f"TDT {tag}: {value}")
        if not told:
            del values["Carrier"]

    def _need(self, level: Level) -> None:
        values = self.filling.values(level)
        for row in self._mapping.needed[level]:
            if row.transform == "party":
                told: Any = values.get(row.path[0], {} if row.needed else [])
                parties = told if isinstance(told, list) else [told]
                self._miss(row, any("Name" not in party for party in parties))
            elif row.repeated:
                groups = values.get(row.path[0], ())
                self._miss(row, any(row.path[1] not in group for group in groups))
                self._miss(row, row.transform == "packages" and not groups and row.path[1] == "TypeCode")
            else:
                self._miss(row, not _holds(values, row.path))

    def _miss(self, row: Row, missing: bool) -> None:
        if missing:
            source = f"{row.segment}{'+' + row.qualifier if row.qualifier else ''}/{row.element}"
            self._found.tell("EDI-08", self._walk.location(), row.field, source, self._walk.segment)

    def answerable(self) -> tuple[str, str, str]:
        values = self.filling.values(Level.REPORT)
        header = values["DocumentHeader"]
        return values.get("ID", ""), header["SenderAuthority"], header["RecipientAuthority"]

    def octets(self) -> bytes:
        return document(self._terms.profile.id, self.filling.values(Level.REPORT), self._rows)


def _holds(values: Values, path: tuple[str, ...]) -> bool:
    for name in path:
        if name not in values:
            return False
        values = values[name]
    return True
