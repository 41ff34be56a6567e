"""Cases of the rules of manifests. Source: DESIGN 3.5."""

from tests.customs.rules.table import Case, f

SEA, AIR, AMEND, ARRIVAL, EDI = "man-sea-20", "man-air", "man-sea-amendment", "man-arrival-short", "cuscar-sea"
HEAD = "DocumentHeader/"
LATE = f("MAN-16", "DepartureDateTime", "51 h 0 min")
MEANS = "BorderTransportMeans/"
SECOND = "TransportEquipment[2]/"
NUMBER = SECOND + "ID"
ITEM = "Consignment[2]/ConsignmentItem/"
ITEM_AT = "Consignment[2]/ConsignmentItem[1]/"
PLACED = ITEM + "EquipmentPlacement/EquipmentID"
FOURTH = "Consignment[4]/"
HOUSE = "Consignment[3]/"
MASTER = "988-44112202"
OWNED = "<ShipperOwnedIndicator>true</ShipperOwnedIndicator>"
CLASSES = [
    "1",
    "1.1",
    "1.2",
    "1.3",
    "1.4",
    "1.5",
    "1.6",
    "2",
    "2.1",
    "2.2",
    "2.3",
    "3",
    "4.1",
    "4.2",
    "4.3",
    "5.1",
    "5.2",
    "6.1",
    "6.2",
    "7",
    "8",
    "9",
]
GOODS = FOURTH + "ConsignmentItem/DangerousGoods/"
GOODS_AT = FOURTH + "ConsignmentItem[1]/DangerousGoods[1]/UNDGID"


def equipment(number):
    """The second container with another number, where it stands and where goods lie in it."""
    return {NUMBER: number, PLACED: number}


def waybill(number):
    return {FOURTH + "TransportContractDocument/ID": number}


def weight(house):
    """The third consignment, a house, with another weight."""
    return {HOUSE + "GrossMassMeasure": house, HOUSE + "ConsignmentItem/GrossMassMeasure": house}


def every_unit(unit):
    paths = [
        f"Consignment[{number}]/{item}GrossMassMeasure@unitCode" for number in range(1, 5) for item in ("", "ConsignmentItem/")
    ]
    return dict.fromkeys([*paths, "TotalGrossMassMeasure@unitCode"], unit)


def party(role, **changes):
    return {f"Consignment[2]/{role}/{path.replace('_', '/')}": value for path, value in changes.items()}


def previous(kind, number):
    return {"+Consignment[2]/UCR": f"<PreviousDocument><TypeCode>{kind}</TypeCode><ID>{number}</ID></PreviousDocument>"}


CASES = {
    "MAN-01": [
        Case(SEA, equipment("HTSU4001377"), (f("MAN-01", NUMBER, "HTSU4001377"),)),
        Case(SEA, equipment("HTSA4001374"), (f("MAN-01", NUMBER, "HTSA4001374"),)),
        Case(SEA, equipment("HTSU400137"), (f("MAN-01", NUMBER, "HTSU400137"),)),
        Case(
            SEA,
            {**equipment("HTSU4001377"), "+" + SECOND + "FullnessCode": OWNED.replace("true", "false")},
            (f("MAN-01", NUMBER, "HTSU4001377"),),
        ),
        Case(SEA, {**equipment("HTSU4001377"), SECOND + "TypeCode": "TE"}),
        Case(SEA, equipment("CSQU3054383")),
    ],
    "MAN-02": [
        Case(SEA, {MEANS + "ID": "9812342"}, (f("MAN-02", MEANS + "ID", "9812342"),)),
        Case(SEA, {MEANS + "ID": "981234"}, (f("MAN-02", MEANS + "ID", "981234"),)),
        Case(SEA, {MEANS + "IdentificationTypeCode": None}, (f("MAN-02", MEANS + "ID", "9812341"),)),
        Case(SEA, {MEANS + "ID": None}, (f("MAN-02", "BorderTransportMeans", ""),)),
        Case(SEA, {MEANS + "ID": "JQRV", MEANS + "IdentificationTypeCode": "CALLSIGN"}),
        Case(AIR, {MEANS + "ID": None, MEANS + "IdentificationTypeCode": None}),
        Case(AIR, {MEANS + "IdentificationTypeCode": "IMO"}, (f("MAN-02", MEANS + "ID", "HL8266"),)),
    ],
    "MAN-03": [
        Case(AIR, waybill("988-44112214"), (f("MAN-03", FOURTH + "TransportContractDocument/ID", "988-44112214"),)),
        Case(AIR, waybill("98844112213"), (f("MAN-03", FOURTH + "TransportContractDocument/ID", "98844112213"),)),
        Case(AIR, waybill("888-11111111")),
        Case(
            AIR,
            {
                "Consignment[1]/TransportContractDocument/ID": "988-44112203",
                "Consignment[2]/MasterDocumentID": "988-44112203",
                "Consignment[3]/MasterDocumentID": "988-44112203",
            },
            (f("MAN-03", "Consignment[1]/TransportContractDocument/ID", "988-44112203"),),
        ),
    ],
    "MAN-04": [
        Case(SEA, {"DepartureLocationID": "JPZZZ"}, (f("MAN-04", "DepartureLocationID", "JPZZZ"),)),
        Case(SEA, {"ArrivalLocationID": "TWZZZ"}, (f("MAN-04", "ArrivalLocationID", "TWZZZ"),)),
        Case(SEA, {"Itinerary[2]/LocationID": "JPZZZ"}, (f("MAN-04", "Itinerary[2]/LocationID", "JPZZZ"),)),
        Case(SEA, {"Consignment[2]/LoadingLocationID": "JPZZZ"}, (f("MAN-04", "Consignment[2]/LoadingLocationID", "JPZZZ"),)),
        Case(SEA, {"Consignment[2]/UnloadingLocationID": "TWZZZ"}, (f("MAN-04", "Consignment[2]/UnloadingLocationID", "TWZZZ"),)),
        Case(
            SEA,
            {"+Consignment[2]/UnloadingLocationID": "<DestinationLocationID>TWZZZ</DestinationLocationID>"},
            (f("MAN-04", "Consignment[2]/DestinationLocationID", "TWZZZ"),),
        ),
        Case(
            SEA,
            {"+Consignment[2]/UCR": "<OriginLocationID>JPZZZ</OriginLocationID>"},
            (f("MAN-04", "Consignment[2]/OriginLocationID", "JPZZZ"),),
        ),
        Case(ARRIVAL, {"ArrivalLocationID": "TWZZZ"}, (f("MAN-04", "ArrivalLocationID", "TWZZZ"),)),
        Case(SEA, {"Consignment[2]/LoadingLocationID": "JPUKB"}),
    ],
    "MAN-05": [
        Case(
            SEA,
            {"Consignment[2]/TransportContractDocument/ID": "KSL26000001"},
            (f("MAN-05", "Consignment[2]/TransportContractDocument/ID", "KSL26000001"),),
        ),
        Case(
            AIR,
            {"Consignment[2]/MasterDocumentID": "988-44112213"},
            (f("MAN-05", "Consignment[2]/MasterDocumentID", "MRF2611190007"), f("MAN-19", "Consignment[1]", MASTER)),
        ),
        Case(
            AIR,
            {"Consignment[2]/MasterDocumentID": None},
            (f("MAN-05", "Consignment[2]", "MRF2611190007"), f("MAN-19", "Consignment[1]", MASTER)),
        ),
        Case(
            SEA,
            {"+Consignment[2]/TransportContractDocument": "<MasterDocumentID>KSL26000001</MasterDocumentID>"},
            (f("MAN-05", "Consignment[2]/MasterDocumentID", "KSL26000002"),),
        ),
        Case(AIR, {"Consignment[2]/TransportContractDocument/TypeCode": "714"}),
    ],
    "MAN-06": [
        Case(SEA, {"ConsignmentQuantity": "21"}, (f("MAN-06", "ConsignmentQuantity"),)),
        Case(SEA, {"EquipmentQuantity": "19"}, (f("MAN-06", "EquipmentQuantity"),)),
        Case(SEA, {"EquipmentQuantity": None}),
        Case(SEA, {"TotalPackageQuantity": "2387"}, (f("MAN-06", "TotalPackageQuantity"),)),
        Case(SEA, {"TotalGrossMassMeasure": "92845.573"}),
        Case(SEA, {"TotalGrossMassMeasure": "92845.572"}, (f("MAN-06", "TotalGrossMassMeasure"),)),
        Case(
            SEA,
            {"TotalGrossMassMeasure": "93.3098", "TotalGrossMassMeasure@unitCode": "TNE"},
            (f("MAN-06", "TotalGrossMassMeasure"),),
        ),
        Case(AIR, {"TotalPackageQuantity": "104"}, (f("MAN-06", "TotalPackageQuantity"),)),
        Case(AIR, {}),
    ],
    "MAN-07": [
        Case(SEA, {ITEM + "Classification/ID": "0307"}, (f("MAN-07", ITEM_AT + "Classification/ID", "0307"),)),
        Case(SEA, {ITEM + "Classification/ID": "999999"}, (f("MAN-07", ITEM_AT + "Classification/ID", "999999"),)),
        Case(SEA, {ITEM + "Classification/ID": "0307220000"}),
        Case(SEA, {ITEM + "Classification": None}, (f("MAN-07", ITEM_AT.rstrip("/"), ""),)),
        Case(AIR, {"Consignment[2]/ConsignmentItem/Classification": None}),
        # Four digits of five count.
        Case(EDI, {ITEM + "Classification/ID": "8482"}),
        Case(EDI, {ITEM + "Classification/ID": "84821"}),
        Case(EDI, {ITEM + "Classification/ID": "9999"}, (f("MAN-07", ITEM_AT + "Classification/ID", "9999"),)),
        Case(EDI, {ITEM + "Classification/ID": "99991"}, (f("MAN-07", ITEM_AT + "Classification/ID", "99991"),)),
    ],
    "MAN-08": [
        Case(SEA, {ITEM + "Description": "general -- cargo."}, (f("MAN-08", ITEM_AT + "Description", "general -- cargo."),)),
        Case(SEA, {ITEM + "Description": "As per invoice"}, (f("MAN-08", ITEM_AT + "Description", "As per invoice"),)),
        Case(SEA, {ITEM + "Description": "general cargo of toys"}),
        Case(AIR, {ITEM + "Description": "As per invoice"}),
    ],
    "MAN-09": [
        Case(SEA, {SECOND + "Seal": None}, (f("MAN-09", NUMBER, "HTSU4001376"),)),
        Case(SEA, {SECOND + "Seal": None, SECOND + "FullnessCode": "5"}, (f("MAN-09", NUMBER, "HTSU4001376"),)),
        Case(SEA, {SECOND + "Seal": None, SECOND + "FullnessCode": "7"}, (f("MAN-09", NUMBER, "HTSU4001376"),)),
        Case(SEA, {SECOND + "Seal": None, SECOND + "FullnessCode": "4"}),
        Case(SEA, {SECOND + "Seal": None, SECOND + "TypeCode": "TE"}),
        Case(SEA, {SECOND + "Seal": None, MEANS + "ModeCode": "8"}),
        Case(EDI, {SECOND + "Seal": None}),
    ],
    "MAN-10": [
        Case(SEA, {"Consignment[2]/UCR": "JPKSL26-00002"}, (f("MAN-10", "Consignment[2]/UCR", "JPKSL26-00002"),)),
        Case(SEA, {"Consignment[2]/UCR": "6JP"}, (f("MAN-10", "Consignment[2]/UCR", "6JP"),)),
        Case(SEA, {"Consignment[2]/UCR": "6JPa"}, (f("MAN-10", "Consignment[2]/UCR", "6JPa"),)),
        Case(SEA, {"Consignment[2]/UCR": "6JP(A)/1-2"}),
        Case(SEA, {"Consignment[2]/UCR": "6JP" + "X" * 32}),
        Case(SEA, {"Consignment[2]/UCR": None}),
    ],
    "MAN-11": [
        Case(
            SEA,
            previous("MRN", "26JP1234567890123"),
            (f("MAN-11", "Consignment[2]/PreviousDocument[1]/ID", "26JP1234567890123"),),
        ),
        Case(SEA, previous("MRN", "26JP1234567890123A")),
        Case(SEA, previous("DEC", "whatever")),
    ],
    "MAN-12": [
        # The same moment in two zones.
        Case(SEA, {"ArrivalDateTime": "2026-11-18T05:00:00+08:00"}, (f("MAN-12", "DepartureDateTime"),)),
        Case(SEA, {"ArrivalDateTime": "2026-11-18T05:00:01+08:00"}),
        Case(SEA, {"ArrivalDateTime": None}),
        Case(SEA, {"Itinerary[2]/SequenceNumeric": "3"}, (f("MAN-12", "DepartureDateTime"),)),
        Case(SEA, {"Itinerary[2]/ArrivalDateTime": "2026-11-18T05:59:59+09:00"}, (f("MAN-12", "DepartureDateTime"),)),
        Case(SEA, {"Itinerary[2]/ArrivalDateTime": "2026-11-18T06:00:00+09:00"}),
    ],
    "MAN-13": [
        Case(AIR, {GOODS + "UNDGID": "184"}, (f("MAN-13", GOODS_AT, "184", "9"),)),
        *(
            Case(AIR, {GOODS + "ClassCode": code}, (f("MAN-13", GOODS_AT, "1845", code),))
            for code in ("1.7", "10", "2.4", "9.", "0")
        ),
        *(Case(AIR, {GOODS + "ClassCode": code}) for code in CLASSES),
    ],
    "MAN-14": [
        Case(
            SEA,
            {"Consignment[2]/GrossMassMeasure": "0"},
            (
                f("MAN-14", "Consignment[2]/GrossMassMeasure"),
                f("MAN-18", "Consignment[2]", "2"),
                f("MAN-06", "TotalGrossMassMeasure"),
            ),
        ),
        Case(
            SEA,
            {ITEM + "GrossMassMeasure": "0"},
            (f("MAN-14", ITEM_AT + "GrossMassMeasure"), f("MAN-18", "Consignment[2]", "2")),
        ),
        Case(AIR, every_unit("LBR")),
        Case(AIR, every_unit("TNE")),
        Case(
            AIR,
            every_unit("GRM"),
            tuple(
                f("MAN-14", f"Consignment[{number}]/{item}GrossMassMeasure")
                for number in range(1, 5)
                for item in ("", "ConsignmentItem[1]/")
            ),
        ),
        Case(
            AIR,
            {
                FOURTH + "GrossMassMeasure": "0.000001",
                FOURTH + "ConsignmentItem/GrossMassMeasure": "0.000001",
                "TotalGrossMassMeasure": "1280.5",
            },
        ),
    ],
    "MAN-15": [
        Case(
            SEA,
            party("Consignor", Address_CityName=None),
            (f("MAN-15", "Consignment[2]/Consignor", "Mikawa Auto Parts Co., Ltd."),),
        ),
        Case(
            SEA, party("Consignor", Address_Line=None), (f("MAN-15", "Consignment[2]/Consignor", "Mikawa Auto Parts Co., Ltd."),)
        ),
        Case(SEA, party("Consignor", Address=None), (f("MAN-15", "Consignment[2]/Consignor", "Mikawa Auto Parts Co., Ltd."),)),
        Case(
            SEA,
            party("Consignee", ID=None, Address=None),
            (f("MAN-15", "Consignment[2]/Consignee", "Tai Yuan Components Corp."),),
        ),
        Case(SEA, party("Consignee", Address=None)),
        Case(SEA, party("Consignee", ID=None)),
        Case(
            SEA,
            {"Consignment[1]/NotifyParty/ID": None, "Consignment[1]/NotifyParty/Address": None},
            (f("MAN-15", "Consignment[1]/NotifyParty[1]", "Tai Yuan Components Corp."),),
        ),
    ],
    "MAN-16": [
        Case(SEA, {HEAD + "IssueDateTime": "2026-11-17T06:00:00+09:00"}),
        Case(SEA, {HEAD + "IssueDateTime": "2026-11-17T06:00:01+09:00"}, (f("MAN-16", "DepartureDateTime", "0 min"),)),
        Case(SEA, {HEAD + "IssueDateTime": "2026-11-17T10:30:00+09:00"}, (f("MAN-16", "DepartureDateTime", "4 h 30 min"),)),
        Case(SEA, {HEAD + "IssueDateTime": "2026-11-17T10:30:00+09:00", "DepartureDateTime": None}),
        Case(EDI, {HEAD + "IssueDateTime": "2026-11-20T10:30:00+09:00"}),
    ],
    "MAN-17": [
        Case(SEA, {**equipment("HTSU4001377"), "+" + SECOND + "FullnessCode": OWNED}, (f("MAN-17", NUMBER, "HTSU4001377"),)),
        Case(SEA, {"+" + SECOND + "FullnessCode": OWNED}),
        Case(SEA, {**equipment("ANY"), "+" + SECOND + "FullnessCode": OWNED, SECOND + "TypeCode": "TE"}),
    ],
    "MAN-18": [
        Case(
            SEA,
            {ITEM + "Packaging/QuantityQuantity": "226", ITEM + "EquipmentPlacement/PackageQuantity": "226"},
            (f("MAN-18", "Consignment[2]", "2"),),
        ),
        Case(SEA, {ITEM + "GrossMassMeasure": "2418.231"}),
        Case(SEA, {ITEM + "GrossMassMeasure": "2418.231001"}, (f("MAN-18", "Consignment[2]", "2"),)),
        Case(SEA, {ITEM + "GrossMassMeasure": "2394.169"}),
        Case(SEA, {ITEM + "GrossMassMeasure": "2394.168999"}, (f("MAN-18", "Consignment[2]", "2"),)),
        Case(SEA, {ITEM + "GrossMassMeasure@unitCode": "TNE"}, (f("MAN-18", "Consignment[2]", "2"),)),
    ],
    "MAN-19": [
        Case(
            AIR,
            {
                HOUSE + "TotalPackageQuantity": "17",
                HOUSE + "ConsignmentItem/Packaging/QuantityQuantity": "17",
                HOUSE + "ConsignmentItem/EquipmentPlacement/PackageQuantity": "17",
            },
            (f("MAN-19", "Consignment[1]", MASTER),),
        ),
        Case(AIR, weight("326.4025")),
        Case(AIR, weight("326.402501"), (f("MAN-19", "Consignment[1]", MASTER),)),
        Case(AIR, {"Consignment[4]/TransportContractDocument/TypeCode": "741"}),
    ],
    "MAN-20": [
        Case(SEA, {SECOND + "GrossMassMeasure": "36000"}),
        Case(SEA, {SECOND + "GrossMassMeasure": "36000.000001"}, (f("MAN-20", SECOND + "GrossMassMeasure", "HTSU4001376"),)),
        Case(SEA, {SECOND + "TareMassMeasure": "4606.2"}, (f("MAN-20", SECOND + "GrossMassMeasure", "HTSU4001376"),)),
        Case(SEA, {SECOND + "TareMassMeasure": "4606.199999"}),
        Case(SEA, {SECOND + "GrossMassMeasure": "36000.000001", SECOND + "TypeCode": "TE"}),
        # 36000 KGM in the other units of a weight.
        Case(SEA, {SECOND + "GrossMassMeasure": "36", SECOND + "GrossMassMeasure@unitCode": "TNE"}),
        Case(
            SEA,
            {SECOND + "GrossMassMeasure": "36.000001", SECOND + "GrossMassMeasure@unitCode": "TNE"},
            (f("MAN-20", SECOND + "GrossMassMeasure", "HTSU4001376"),),
        ),
        Case(SEA, {SECOND + "GrossMassMeasure": "79366.414386", SECOND + "GrossMassMeasure@unitCode": "LBR"}),
        Case(
            SEA,
            {SECOND + "GrossMassMeasure": "79366.414387", SECOND + "GrossMassMeasure@unitCode": "LBR"},
            (f("MAN-20", SECOND + "GrossMassMeasure", "HTSU4001376"),),
        ),
    ],
    "MAN-21": [
        Case(SEA, {PLACED: "HTSU4009999"}, (f("MAN-21", ITEM_AT + "EquipmentPlacement[1]/EquipmentID", "HTSU4009999"),)),
        Case(
            SEA,
            {ITEM + "EquipmentPlacement/PackageQuantity": "226"},
            (f("MAN-21", ITEM_AT + "EquipmentPlacement[1]", "HTSU4001376"),),
        ),
        Case(SEA, {ITEM + "EquipmentPlacement/PackageQuantity": None}),
        Case(SEA, {ITEM + "EquipmentPlacement": None}),
        Case(
            SEA,
            {
                ITEM + "EquipmentPlacement/PackageQuantity": "200",
                "=" + ITEM + "EquipmentPlacement": {"EquipmentID": "HTSU4001000", "PackageQuantity": "27"},
            },
        ),
    ],
    "MAN-22": [
        Case(AMEND, {"VersionID": "3"}, (f("MAN-22", "VersionID"), LATE)),
        Case(AMEND, {"Carrier/Name": "Other"}, (f("MAN-22", "VersionID"), LATE)),
        Case(AMEND, {MEANS + "JourneyID": "043W"}, (f("MAN-22", "VersionID"), LATE)),
        Case(AMEND, {"TypeCode": "785"}, (f("MAN-22", "VersionID"), LATE)),
        Case(AMEND, {HEAD + "FunctionCode": "5", "VersionID": "3"}, (f("MAN-22", "VersionID"), LATE)),
        Case(AMEND, {HEAD + "FunctionCode": "1", "VersionID": "3"}, (f("MAN-22", "VersionID"), LATE)),
        Case(AMEND, {HEAD + "FunctionCode": "5"}, (LATE,)),
        Case(AMEND, {HEAD + "FunctionCode": "1"}, (LATE,)),
        Case(AMEND, {}, (LATE,)),
        # Another sender may use the same number.
        Case(
            AMEND,
            {},
            (LATE,),
            prior=(
                (SEA, {}),
                (SEA, {HEAD + "SenderAuthority": "NZ-CUSTOMS", MEANS + "JourneyID": "9"}),
            ),
        ),
    ],
    "MAN-23": [
        Case(SEA, {"Carrier/Address/CountryCode": "XX"}, (f("MAN-23", "Carrier/Address/CountryCode", "XX", "iso-3166-1"),)),
        Case(
            SEA,
            {MEANS + "RegistrationNationalityCode": "XX"},
            (f("MAN-23", MEANS + "RegistrationNationalityCode", "XX", "iso-3166-1"),),
        ),
        Case(SEA, {ITEM + "OriginCountryCode": "XX"}, (f("MAN-23", ITEM_AT + "OriginCountryCode", "XX", "iso-3166-1"),)),
        Case(
            SEA,
            {"Consignment[2]/Consignee/Address/CountryCode": "XX"},
            (f("MAN-23", "Consignment[2]/Consignee/Address/CountryCode", "XX", "iso-3166-1"),),
        ),
        Case(SEA, {"TotalGrossMassMeasure@unitCode": "NMB"}, (f("MAN-23", "TotalGrossMassMeasure", "NMB", "rec-20"),)),
        Case(SEA, {SECOND + "TareMassMeasure@unitCode": "NMB"}, (f("MAN-23", SECOND + "TareMassMeasure", "NMB", "rec-20"),)),
        Case(
            SEA,
            {"Consignment[2]/GrossMassMeasure@unitCode": "NMB"},
            (f("MAN-23", "Consignment[2]/GrossMassMeasure", "NMB", "rec-20"),),
        ),
        Case(SEA, {ITEM + "Packaging/TypeCode": "99"}, (f("MAN-23", ITEM_AT + "Packaging[1]/TypeCode", "99", "rec-21"),)),
        Case(SEA, {ITEM + "Packaging/TypeCode": "DR", ITEM + "OriginCountryCode": "NZ"}),
    ],
    "MAN-24": [
        Case(SEA, {SECOND + "SequenceNumeric": "3"}, (f("MAN-24", SECOND + "SequenceNumeric", "TransportEquipment 3"),)),
        Case(
            SEA,
            {"Consignment[20]/SequenceNumeric": "21"},
            (f("MAN-24", "Consignment[20]/SequenceNumeric", "Consignment 21"),),
        ),
        Case(SEA, {ITEM + "SequenceNumeric": "2"}, (f("MAN-24", ITEM_AT + "SequenceNumeric", "ConsignmentItem, Consignment 2"),)),
        Case(SEA, {}),
    ],
    "MAN-25": [
        Case(ARRIVAL, {"JourneyID": "043W"}, (f("MAN-25", "ReportID"),)),
        Case(ARRIVAL, {"ReportID": "X"}, (f("MAN-25", "ReportID"),)),
        Case(ARRIVAL, {"ReportVersionID": "2"}, (f("MAN-25", "ReportID"),)),
        Case(ARRIVAL, {"Consignment/DocumentID": "KSL99"}, (f("MAN-25", "ReportID"),)),
        Case(ARRIVAL, {"=Consignment": {"DocumentID": "KSL99", "LandingCode": "NOT-LANDED"}}, (f("MAN-25", "ReportID"),)),
        Case(ARRIVAL, {"Consignment/DocumentID": "KSL99", "Consignment/LandingCode": "OVER"}),
        Case(ARRIVAL, {"ArrivalDateTime": "2026-11-20T19:00:01+08:00"}, (f("MAN-25", "ReportID"),)),
        Case(ARRIVAL, {"ArrivalDateTime": "2026-11-20T11:00:00Z"}),
        Case(ARRIVAL, {"Consignment": None}),
        # Another sender may use the same number.
        Case(
            ARRIVAL,
            {},
            prior=((SEA, {HEAD + "SenderAuthority": "NZ-CUSTOMS", MEANS + "JourneyID": "9"}), (SEA, {})),
        ),
    ],
    "MAN-26": [
        Case(SEA, equipment("HTSU4001000"), (f("MAN-26", NUMBER, "HTSU4001000"),)),
        Case(SEA, {}),
    ],
    "MAN-27": [
        Case(SEA, {"DepartureLocationID": "CNSHA"}, (f("MAN-27", "DepartureLocationID", "CNSHA"),)),
        Case(SEA, {"ArrivalLocationID": "CNSHA"}, (f("MAN-27", "ArrivalLocationID", "CNSHA"),)),
        Case(SEA, {"Consignment[2]/LoadingLocationID": "CNSHA"}, (f("MAN-27", "Consignment[2]/LoadingLocationID", "CNSHA"),)),
        Case(SEA, {"Consignment[2]/UnloadingLocationID": "CNSHA"}, (f("MAN-27", "Consignment[2]/UnloadingLocationID", "CNSHA"),)),
        Case(AIR, {"DepartureLocationID": "CNSHA"}),
        Case(SEA, {"DepartureLocationID": "CNSHA", MEANS + "ModeCode": "8"}),
        Case(SEA, {"Itinerary[2]/LocationID": "CNSHA"}),
    ],
    "MAN-28": [
        Case(SEA, {"VersionID": "2"}, (f("MAN-28", "VersionID", "2"),)),
        *(
            Case(AMEND, {HEAD + "FunctionCode": code, "VersionID": "1"}, (f("MAN-28", "VersionID", "1"), LATE))
            for code in ("4", "5", "1")
        ),
        Case(AMEND, {"VersionID": "2"}, (LATE,)),
    ],
}
