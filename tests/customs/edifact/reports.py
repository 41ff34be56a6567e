"""Canonical manifests by chance: every field that the schema has, for sea, air and land. One seed is one manifest, so that a failure can be asked for again."""

import random
import string
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from node.customs.edifact.cargo_report import CONSIGNMENT, EQUIPMENT, Measure, Values, document, rendered
from tests.customs.edifact.manifests import PROFILE

PLAIN = string.ascii_letters + string.digits + '.,-()/=!"%&;<>#@_'
ALPHABETS = [PLAIN, PLAIN + "+:'?*" * 4, PLAIN + "+:'?*éÄñß£\u00a0", PLAIN + "+:'?*臺灣海關ŁЖΩ"]
COUNTRIES = ["TW", "JP", "KR", "NZ"]
LOCODES = ["JPTYO", "JPUKB", "TWKEL", "TWKHH", "KRPUS", "NZAKL"]


class Chance:
    """Makes fields from one seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._alphabet = self._random.choice(ALPHABETS)

    def one(self, *of: str) -> str:
        return self._random.choice(of)

    def text(self, most: int, longest: int = 20) -> str:
        words = [
            "".join(self._random.choices(self._alphabet, k=self._random.randint(1, longest)))
            for _ in range(self._random.randint(1, 30))
        ]
        size = self._random.randint(1, most)
        return " ".join(words)[:size].strip(" ")

    def code(self, most: int) -> str:
        return "".join(self._random.choices(string.ascii_uppercase + string.digits, k=self._random.randint(1, most)))

    def number(self, most: int = 10**8 - 1) -> str:
        return str(self._random.randint(1, most))

    def measure(self) -> Measure:
        value = self._random.choice(
            [str(self._random.randint(1, 10**8)), f"{self._random.randint(0, 10**6)}.{self._random.randint(0, 10**5)}1"]
        )
        return Measure(value, self.one("KGM", "TNE", "LBR"))

    def moment(self) -> str:
        seconds = self._random.choice([60, 1]) * self._random.randint(0, 10**7)
        return (datetime(2020, 1, 1) + timedelta(seconds=seconds)).isoformat() + "+08:00"  # noqa: DTZ001

    def several(self, least: int, most: int, make: Callable[[], Any]) -> list[Any]:
        return [make() for _ in range(self._random.randint(least, most))]

    def group(self, needed: Values, **optional: Callable[[], Any]) -> Values:
        """The needed fields, and each other one by a toss."""
        made = {name: make() for name, make in optional.items() if self._random.random() < 0.6}
        return needed | {name: value for name, value in made.items() if value not in ("", [], {})}

    def party(self) -> Values:
        def address() -> Values:
            return self.group(
                {"CountryCode": self.one(*COUNTRIES)},
                Line=lambda: self.several(0, 3, lambda: self.text(70 if self._random.random() < 0.2 else 35, 40)),
                CityName=lambda: self.text(35),
                CountrySubDivisionCode=lambda: self.code(9),
                PostcodeID=lambda: self.code(9),
            )

        name = self.text(256 if self._random.random() < 0.2 else 40, 40)
        return self.group({"Name": name}, ID=lambda: self.code(17), Address=address) | self.group(
            {}, **({"LocalName": lambda: "X"} if self._random.random() < 0.1 else {})
        )

    def item(self, equipment: list[str]) -> Values:
        packaging = self.several(1, 4, lambda: {"QuantityQuantity": self.number(), "TypeCode": self.one("BX", "CT", "PK")})
        goods = {"UNDGID": lambda: f"{self._random.randint(1, 9999):04d}", "ClassCode": lambda: self.one("3", "1.4", "6.1")}
        return self.group(
            {"Description": self.text(512, 75), "Packaging": packaging, "GrossMassMeasure": self.measure()},
            Classification=lambda: {
                "ID": self._random.choice(["8482", "848210", "8482101000"]),
                "EditionCode": self.one("2022", "2022", "2017"),
            },
            MarksNumbersID=lambda: self.text(512, 38),
            **({"OriginCountryCode": lambda: self.one(*COUNTRIES)} if self._random.random() < 0.2 else {}),
            DangerousGoods=lambda: self.several(
                0,
                9,
                lambda: self.group(
                    {name: make() for name, make in goods.items()}, PackingGroupCode=lambda: self.one("1", "2", "3")
                ),
            ),
            EquipmentPlacement=lambda: self.several(
                0, 4 if equipment else 0, lambda: self.group({"EquipmentID": self.one(*equipment)}, PackageQuantity=self.number)
            ),
        )

    def consignment(self, equipment: list[str]) -> Values:
        kind = self.one("703", "704", "705", "714", "740", "741")
        previous = self.one("DEC", "DEC", "MRN")
        return self.group(
            {
                "TransportContractDocument": {"ID": self.text(35), "TypeCode": kind},
                "LoadingLocationID": self.one(*LOCODES),
                "UnloadingLocationID": self.one(*LOCODES),
                "Consignor": self.party(),
                "Consignee": self.party(),
                "TotalPackageQuantity": self.number(),
                "GrossMassMeasure": self.measure(),
                "ConsignmentItem": self.several(1, 3, lambda: self.item(equipment)),
            },
            MasterDocumentID=lambda: self.text(35) if kind in {"703", "714"} or self._random.random() < 0.1 else "",
            UCR=lambda: self.text(35),
            PreviousDocument=lambda: self.several(
                0, 9, lambda: {"TypeCode": self.one("DEC", "DEC", previous), "ID": self.text(35)}
            ),
            OriginLocationID=lambda: self.one(*LOCODES),
            DestinationLocationID=lambda: self.one(*LOCODES),
            NotifyParty=lambda: self.several(0, 3, self.party),
        )

    def equipment(self) -> Values:
        return self.group(
            {"TypeCode": self.one("CN", "UL", "TE"), "ID": self.code(17)},
            SizeTypeCode=lambda: self.code(4),
            FullnessCode=lambda: self.one("4", "5", "7", "8"),
            ShipperOwnedIndicator=lambda: self.one("true", "true", "false"),
            TareMassMeasure=self.measure,
            GrossMassMeasure=self.measure,
            Seal=lambda: self.several(
                0, 9, lambda: self.group({"ID": self.code(11)}, IssuerCode=lambda: self.one("CA", "SH", "CU", "TO"))
            ),
        )

    def report(self) -> Values:
        equipment = self.several(0, 3, self.equipment)
        mode, kind = self._random.choice(
            [("1", "IMO"), ("1", "CALLSIGN"), ("4", "REGISTRATION"), ("3", "OTHER"), ("3", "PLATE"), ("2", "IMO")]
        )
        means = self.group(
            {"ModeCode": mode, "JourneyID": self.text(17)},
            ID=lambda: self.code(10),
            IdentificationTypeCode=lambda: kind,
            Name=lambda: self.text(35),
            RegistrationNationalityCode=lambda: self.one(*COUNTRIES),
        )
        header = {
            "MessageID": "urn:x",
            "FunctionCode": self.one("9", "4", "5", "1"),
            "IssueDateTime": self.moment(),
            "SenderAuthority": self.one("JP-CUSTOMS", "KR-KCS"),
            "RecipientAuthority": "TW-CUSTOMS",
        }
        rare = {"CorrelationID": lambda: "urn:y"} if self._random.random() < 0.1 else {}
        values = self.group(
            {
                "DocumentHeader": self.group(header, **rare),
                "ID": self.text(35),
                "VersionID": self.number(3),
                "TypeCode": self.one("785", "833", "933"),
                "DirectionCode": self.one("IMP", "EXP", "TRA"),
                "BorderTransportMeans": means,
                "Carrier": self.party(),
                "DepartureLocationID": self.one(*LOCODES),
                "ArrivalLocationID": self.one(*LOCODES),
                "ConsignmentQuantity": self.number(99999),
                "TotalPackageQuantity": self.number(),
                "TotalGrossMassMeasure": self.measure(),
                "TransportEquipment": equipment,
                "Consignment": self.several(1, 4, lambda: self.consignment([one["ID"] for one in equipment])),
            },
            DepartureDateTime=self.moment,
            ArrivalDateTime=self.moment,
            Itinerary=lambda: self.several(0, 30, lambda: {"LocationID": self.one(*LOCODES)}),
        )
        if equipment:
            values["EquipmentQuantity"] = self.number(99999)
        _number(values)
        return values


def _number(values: Values) -> None:
    for name in ("Itinerary", "TransportEquipment", "Consignment", "ConsignmentItem"):
        for number, one in enumerate(values.get(name, ()), 1):
            one["SequenceNumeric"] = str(number)
            _number(one)


def octets_of(values: Values, profile: str = PROFILE.id) -> bytes:
    rows = [rendered(EQUIPMENT, one, 1) for one in values["TransportEquipment"]]
    return document(profile, values, rows + [rendered(CONSIGNMENT, one, 1) for one in values["Consignment"]])
