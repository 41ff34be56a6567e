"""The fields of the canonical manifest in their order, and its octets. Source: DESIGN 2.2, 2.4, 7.1."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import escape

NAMESPACE: Final = "urn:n2n:customs:man:1"


@dataclass(frozen=True, slots=True)
class Measure:
    """A value with the unit it is measured in."""

    value: str
    unit: str


@dataclass(frozen=True, slots=True)
class Part:
    """An element of the document: a field, or a group of fields."""

    name: str
    parts: tuple["Part", ...] = ()
    #: How often it may stand.
    most: int = 1
    #: The longest text of a field that EDIFACT may exceed; 0 where it cannot.
    length: int = 0

    def part(self, name: str) -> "Part | None":
        """The part with a name."""
        return next((part for part in self.parts if part.name == name), None)


def _fields(names: str) -> tuple[Part, ...]:
    return tuple(map(Part, names.split()))


_ADDRESS: Final = Part(
    "Address",
    (Part("Line", most=3), *_fields("CityName CountrySubDivisionCode"), Part("PostcodeID", length=9), Part("CountryCode")),
)


def _party(name: str, most: int = 1) -> Part:
    return Part(name, (Part("ID", length=17), *_fields("Name LocalName"), _ADDRESS), most)


_HEADER: Final = Part(
    "DocumentHeader",
    _fields("MessageID FunctionCode IssueDateTime SenderAuthority RecipientAuthority CorrelationID ConformanceCampaign"),
)
EQUIPMENT: Final = Part(
    "TransportEquipment",
    (
        *_fields("SequenceNumeric TypeCode ID"),
        Part("SizeTypeCode", length=4),
        *_fields("FullnessCode ShipperOwnedIndicator TareMassMeasure GrossMassMeasure"),
        Part("Seal", (Part("ID", length=35), Part("IssuerCode")), 9),
    ),
    9999,
)
ITEM: Final = Part(
    "ConsignmentItem",
    (
        Part("SequenceNumeric"),
        Part("Description", length=512),
        Part("Classification", _fields("ID EditionCode")),
        Part("Packaging", _fields("QuantityQuantity TypeCode"), 9),
        Part("MarksNumbersID", length=512),
        *_fields("GrossMassMeasure OriginCountryCode"),
        Part("DangerousGoods", _fields("UNDGID ClassCode PackingGroupCode"), 9),
        Part("EquipmentPlacement", _fields("EquipmentID PackageQuantity"), 99),
    ),
    9999,
)
CONSIGNMENT: Final = Part(
    "Consignment",
    (
        Part("SequenceNumeric"),
        Part("TransportContractDocument", (Part("ID", length=35), Part("TypeCode"))),
        Part("MasterDocumentID", length=35),
        Part("UCR", length=35),
        Part("PreviousDocument", (Part("TypeCode"), Part("ID", length=35)), 9),
        *_fields("OriginLocationID LoadingLocationID UnloadingLocationID DestinationLocationID"),
        _party("Consignor"),
        _party("Consignee"),
        _party("NotifyParty", 3),
        *_fields("TotalPackageQuantity GrossMassMeasure"),
        ITEM,
    ),
    9999,
)
REPORT: Final = Part(
    "CargoReport",
    (
        _HEADER,
        *_fields("ID VersionID TypeCode DirectionCode"),
        Part("BorderTransportMeans", _fields("ModeCode ID IdentificationTypeCode Name RegistrationNationalityCode JourneyID")),
        _party("Carrier"),
        *_fields("DepartureLocationID DepartureDateTime ArrivalLocationID ArrivalDateTime"),
        Part("Itinerary", _fields("SequenceNumeric LocationID ArrivalDateTime DepartureDateTime"), 30),
        *_fields("ConsignmentQuantity EquipmentQuantity TotalPackageQuantity TotalGrossMassMeasure"),
        EQUIPMENT,
        CONSIGNMENT,
    ),
)

#: Values of a group by name: text, Measure, a group, or a list of groups or texts where several may stand.
Values = dict[str, Any]


def rendered(part: Part, values: Mapping[str, Any], depth: int) -> bytes:
    """The lines of one group, two spaces deeper for each level; what has no value is left out."""
    lines: list[str] = []
    _render(part, values, "  " * depth, lines)
    return "".join(lines).encode()


def document(profile: str, values: Mapping[str, Any], rows: list[bytes]) -> bytes:
    """The whole document: its fields, and the rendered equipment and consignments."""
    head = [
        f'<?xml version="1.0" encoding="UTF-8"?>\n<CargoReport xmlns="{NAMESPACE}" schemaVersion="1.0" profile="{escape(profile)}">\n'
    ]
    for part in REPORT.parts:
        if part is not EQUIPMENT and part is not CONSIGNMENT and (value := values.get(part.name)) is not None:
            _render_each(part, value, "  ", head)
    return b"".join(["".join(head).encode(), *rows, b"</CargoReport>\n"])


def _render(part: Part, values: Mapping[str, Any], indent: str, lines: list[str]) -> None:
    lines.append(f"{indent}<{part.name}>\n")
    for child in part.parts:
        value = values.get(child.name)
        if value is not None:
            _render_each(child, value, indent + "  ", lines)
    lines.append(f"{indent}</{part.name}>\n")


def _render_each(part: Part, value: Any, indent: str, lines: list[str]) -> None:
    if isinstance(value, str):
        lines.append(f"{indent}<{part.name}>{escape(value)}</{part.name}>\n")
    elif isinstance(value, Measure):
        unit = escape(value.unit, {'"': "&quot;"})
        lines.append(f'{indent}<{part.name} unitCode="{unit}">{escape(value.value)}</{part.name}>\n')
    elif isinstance(value, list):
        for one in value:
            _render_each(part, one, indent, lines)
    else:
        _render(part, value, indent, lines)
