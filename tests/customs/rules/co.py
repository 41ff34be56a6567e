"""Cases of the rules of certificates of origin. Source: DESIGN 3.3."""

from tests.customs.rules.table import Case, f, moment

RCEP, TWKR, ATIGA = "co-rcep-multi-item", "co-tw-kr-replaced", "co-atiga-third-party"
CANCEL, USE, REQUEST, REPLY = "co-cancellation", "co-utilisation-part", "co-verification-request", "co-verification-reply"

HEAD = "DocumentHeader/"


def statement(code):
    return f"<AdditionalInformation><StatementCode>{code}</StatementCode></AdditionalInformation>"


def previous(relation, number="26-R00000001", issued="2026-10-01", expires="<ExpiryDate>2027-11-15</ExpiryDate>", country="SG"):
    return (
        f"<PreviousDocument><RelationCode>{relation}</RelationCode><ID>{number}</ID><IssueDate>{issued}</IssueDate>"
        f"{expires}<IssuingCountryCode>{country}</IssuingCountryCode></PreviousDocument>"
    )


REASON = "<StatusReasonCode>LOST</StatusReasonCode>"
EARLY = {
    HEAD + "IssueDateTime": "2024-02-29T10:00:00+09:00",
    "IssueDate": "2024-02-29",
    "Invoice/IssueDate": "2024-02-01",
    "Transport/DepartureDate": "2024-03-01",
}


def issued(date, expires, **more):
    """The RCEP certificate of another day."""
    return {
        HEAD + "IssueDateTime": f"{date}T10:00:00+09:00",
        "IssueDate": date,
        "ExpiryDate": expires,
        "Invoice/IssueDate": date,
        "Transport/DepartureDate": date,
        **more,
    }


AUSTRALIA = {"ExportCountryCode": "AU", "IssuingAuthority/ID": "AU-AIG-01", "IssuingAuthority/CountryCode": "AU"}
MALAYSIA = {"ExportCountryCode": "MY", "IssuingAuthority/ID": "MY-MITI-01", "IssuingAuthority/CountryCode": "MY"}
NEW = {HEAD + "MessageID": "another", "ID": "26-R00418208"}
COPY = {
    **NEW,
    HEAD + "FunctionCode": "18",
    "+AgreementCode": REASON,
    "+ImportCountryCode": previous("TCO", "26-R00418207", "2025-11-16", "", "JP"),
    "+Transport": statement("TCO"),
}
B2B = {"+ImportCountryCode": previous("B2B"), "+Transport": statement("B2B")}
LIMIT = "GoodsItem[2]/GoodsMeasure/"
EXPORTER = "+ExporterDeclaration/DeclarationDate"
TARIFF = '<TariffQuantity unitCode="KGM">8000</TariffQuantity>'
BEFORE = ((TWKR, {}),)
SECOND = {
    HEAD + "MessageID": "second",
    "VersionID": "2",
    HEAD + "FunctionCode": "4",
    "StatusReasonCode": "DATA-ERROR",
    "PreviousDocument": None,
}

CASES = {
    "CO-01": [
        Case(RCEP, {"ID": "26-R0041820"}, (f("CO-01", "ID", "26-R0041820"),)),
        Case(RCEP, {"ID": "x26-R00418207"}, (f("CO-01", "ID", "x26-R00418207"),)),
        Case(RCEP, {"ID": "99-R00000000"}),
        Case(TWKR, {"ID": "013-26-077133"}, (f("CO-01", "ID", "013-26-077133"),)),
        Case(TWKR, {"ID": "000-00-0000000"}),
        Case(ATIGA, {"ID": "D-MY-1926-0045117"}, (f("CO-01", "ID", "D-MY-1926-0045117"),)),
        Case(ATIGA, {"ID": "D-TH-2000-0000000"}),
        Case(RCEP, {"ID": "whatever"}, profile={"numberPatterns": {"VN": "x"}}),
    ],
    "CO-02": [
        Case(RCEP, {"IssuingAuthority/ID": "JP-CCI-02"}, (f("CO-02", "IssuingAuthority/ID", "JP-CCI-02"),)),
        Case(RCEP, {"IssuingAuthority/CountryCode": "VN"}, (f("CO-02", "IssuingAuthority/ID", "JP-CCI-01"),)),
        Case(RCEP, {"ExportCountryCode": "KR"}, (f("CO-02", "IssuingAuthority/ID", "JP-CCI-01"),)),
        Case(RCEP, issued("2025-12-31", "2026-12-31", **AUSTRALIA)),
        Case(RCEP, issued("2026-01-01", "2026-12-31", **AUSTRALIA), (f("CO-02", "IssuingAuthority/ID", "AU-AIG-01"),)),
        Case(RCEP, issued("2022-03-18", "2022-12-31", **MALAYSIA)),
        Case(RCEP, issued("2022-03-17", "2022-12-31", **MALAYSIA), (f("CO-02", "IssuingAuthority/ID", "MY-MITI-01"),)),
        Case(
            RCEP,
            {},
            profile={
                "issuers": [
                    {"id": "JP-CCI-01", "country": "JP", "from": "2022-01-01", "to": "2023-12-31"},
                    {"id": "JP-CCI-01", "country": "JP", "from": "2026-01-01", "to": None},
                ]
            },
        ),
    ],
    "CO-03": [
        Case(RCEP, {"AgreementCode": "ATIGA"}, (f("CO-03", "AgreementCode"),)),
        Case(RCEP, {"ImportCountryCode": "JP"}, (f("CO-03", "AgreementCode"),)),
        Case(RCEP, {"ImportCountryCode": "TW"}, (f("CO-03", "AgreementCode"),)),
        Case(RCEP, {"ExportCountryCode": "TW"}, (f("CO-03", "AgreementCode"), f("CO-02", "IssuingAuthority/ID", "JP-CCI-01"))),
        Case(RCEP, {"ImportCountryCode": "KH"}),
        Case(TWKR, {"ImportCountryCode": "US"}),
    ],
    "CO-04": [
        Case(RCEP, {"GoodsItem[2]/Origin/CountryCode": "TW"}, (f("CO-04", "GoodsItem[2]/Origin/CountryCode", "TW"),)),
        Case(RCEP, {"GoodsItem[2]/Origin/CountryCode": "AU"}),
        Case(RCEP, {"GoodsItem[2]/Origin/CountryCode": "TW"}, profile={"cumulation": ["TW"]}),
        Case(TWKR, {"GoodsItem/Origin/CountryCode": "BR"}),
    ],
    "CO-05": [
        Case(RCEP, {"IssueDate": "2026-11-17"}, (f("CO-05", "IssueDate"),)),
        Case(RCEP, {HEAD + "IssueDateTime": "2026-11-15T23:59:59+09:00"}, (f("CO-05", "IssueDate"),)),
        # In the document's own zone; it is the 15th in Greenwich.
        Case(RCEP, {HEAD + "IssueDateTime": "2026-11-16T00:00:00+09:00"}),
        Case(RCEP, {"ExpiryDate": "2026-11-15"}, (f("CO-05", "IssueDate"),)),
        Case(RCEP, {"ExpiryDate": "2026-11-16"}),
        Case(RCEP, {"ExpiryDate": "2027-11-16"}),
        Case(RCEP, {"ExpiryDate": "2027-11-17"}, (f("CO-05", "IssueDate"),)),
        # The last day of a shorter month.
        Case(RCEP, {**EARLY, "ExpiryDate": "2025-02-28"}),
        Case(RCEP, {**EARLY, "ExpiryDate": "2025-03-01"}, (f("CO-05", "IssueDate"),)),
    ],
    "CO-06": [
        Case(RCEP, {"Transport/DepartureDate": "2026-11-15"}, (f("CO-06", "IssueDate"),)),
        Case(RCEP, {"Transport/DepartureDate": "2026-11-16"}),
        Case(RCEP, {"Transport/DepartureDate": "2026-11-15", "+Transport": statement("RET")}),
        Case(ATIGA, {"Transport/DepartureDate": "2026-11-07"}),
        Case(ATIGA, {"Transport/DepartureDate": "2026-11-06"}, (f("CO-06", "IssueDate"),)),
        Case(RCEP, {"Transport": None}),
    ],
    "CO-07": [
        Case(RCEP, {"+Transport": statement("RET")}, (f("CO-07", "AdditionalInformation[1]"),)),
        Case(
            RCEP,
            {"Transport/DepartureDate": "2026-11-16", "+Transport": statement("DMI") + statement("RET")},
            (f("CO-07", "AdditionalInformation[2]"),),
        ),
        Case(RCEP, {"Transport/DepartureDate": "2026-11-15", "+Transport": statement("RET")}),
    ],
    "CO-08": [
        Case(
            RCEP,
            {"GoodsItem[1]/Classification/ID": "8466930"},
            (f("CO-08", "GoodsItem[1]/Classification/ID", "8466930", "2022"),),
        ),
        Case(
            RCEP,
            {"GoodsItem[1]/Classification/ID": "999999"},
            (f("CO-08", "GoodsItem[1]/Classification/ID", "999999", "2022"),),
        ),
        Case(
            RCEP,
            {"GoodsItem[1]/Classification/EditionCode": "2017"},
            (f("CO-08", "GoodsItem[1]/Classification/ID", "846693", "2017"),),
        ),
        Case(RCEP, {"GoodsItem[1]/Classification/EditionCode": "2012"}),
        Case(TWKR, {"GoodsItem/Classification/ID": "03038900"}),
        Case(TWKR, {"GoodsItem/Classification/ID": "0303890000"}),
        Case(
            TWKR,
            {"GoodsItem/Classification/ID": "030389000"},
            (f("CO-08", "GoodsItem[1]/Classification/ID", "030389000", "2022"),),
        ),
    ],
    "CO-09": [
        Case(RCEP, {"GoodsItem[1]/Origin/RuleCode": "PSR"}, (f("CO-09", "GoodsItem[1]/Origin/RuleCode", "PSR"),)),
        Case(RCEP, {"GoodsItem[2]/Origin/RuleValueNumeric": "39.999"}, (f("CO-09", "GoodsItem[2]/Origin/RuleCode", "RVC"),)),
        Case(RCEP, {"GoodsItem[2]/Origin/RuleValueNumeric": "40"}),
        Case(RCEP, {"GoodsItem[2]/Origin/RuleValueNumeric": "100.000"}),
        Case(RCEP, {"GoodsItem[2]/Origin/RuleValueNumeric": "100.001"}, (f("CO-09", "GoodsItem[2]/Origin/RuleCode", "RVC"),)),
        Case(RCEP, {"GoodsItem[2]/Origin/RuleValueNumeric": None}, (f("CO-09", "GoodsItem[2]/Origin/RuleCode", "RVC"),)),
        Case(RCEP, {"GoodsItem[2]/FreeOnBoardAmount": None}, (f("CO-09", "GoodsItem[2]/Origin/RuleCode", "RVC"),)),
        Case(TWKR, {"GoodsItem/Origin/RuleCode": "VA", "+GoodsItem/Origin/RuleCode": "<RuleValueNumeric>35</RuleValueNumeric>"}),
    ],
    "CO-10": [
        Case(RCEP, {"GoodsItem[2]/SequenceNumeric": "3"}, (f("CO-10", "GoodsItem[1]/SequenceNumeric"),)),
        Case(
            RCEP,
            {"GoodsItem[1]/SequenceNumeric": "2", "GoodsItem[2]/SequenceNumeric": "1"},
            (f("CO-10", "GoodsItem[1]/SequenceNumeric"),),
        ),
        Case(RCEP, {"GoodsItem[3]/Packaging": None}, (f("CO-10", "GoodsItem[3]"),)),
        Case(RCEP, {"GoodsItem[1]/Packaging": None}),
        Case(
            RCEP,
            {"GoodsItem[3]/GoodsMeasure/GrossMassMeasure": None, "GoodsItem[3]/GoodsMeasure/NetNetWeightMeasure": None},
            (f("CO-10", "GoodsItem[3]"),),
        ),
        Case(RCEP, {"GoodsItem[1]/GoodsMeasure/GrossMassMeasure": None, "GoodsItem[1]/GoodsMeasure/NetNetWeightMeasure": None}),
        Case(RCEP, {"GoodsItem[3]/GoodsMeasure/GrossMassMeasure": None}),
        Case(RCEP, {"GoodsItem[3]/GoodsMeasure/NetNetWeightMeasure": None}),
    ],
    "CO-11": [
        Case(
            RCEP,
            {"GoodsItem[1]/GoodsMeasure/NetNetWeightMeasure": "1820.500001"},
            (f("CO-11", "GoodsItem[1]/GoodsMeasure/NetNetWeightMeasure"),),
        ),
        Case(RCEP, {"GoodsItem[1]/GoodsMeasure/NetNetWeightMeasure": "1820.5"}),
        Case(
            RCEP,
            {
                "GoodsItem[1]/GoodsMeasure/NetNetWeightMeasure": "99999",
                "GoodsItem[1]/GoodsMeasure/NetNetWeightMeasure@unitCode": "GRM",
            },
        ),
        # Exactly the tolerance, and a millionth more.
        Case(RCEP, {"GoodsItem[1]/GoodsMeasure/GrossMassMeasure": "1763", "TotalGrossMassMeasure": "3000"}),
        Case(
            RCEP,
            {"GoodsItem[1]/GoodsMeasure/GrossMassMeasure": "1763.000001", "TotalGrossMassMeasure": "3000"},
            (f("CO-11", "TotalGrossMassMeasure"),),
        ),
        Case(RCEP, {"GoodsItem[1]/GoodsMeasure/GrossMassMeasure": "1733", "TotalGrossMassMeasure": "3000"}),
        Case(
            RCEP,
            {"GoodsItem[1]/GoodsMeasure/GrossMassMeasure": "1732.999999", "TotalGrossMassMeasure": "3000"},
            (f("CO-11", "TotalGrossMassMeasure"),),
        ),
        # Not every item has its gross weight in the unit of the total.
        Case(RCEP, {"TotalGrossMassMeasure": "1", LIMIT + "GrossMassMeasure@unitCode": "TNE"}),
        Case(RCEP, {"TotalGrossMassMeasure": "1", LIMIT + "GrossMassMeasure": None}),
        Case(RCEP, {"TotalPackageQuantity": "61"}, (f("CO-11", "TotalPackageQuantity"),)),
        Case(RCEP, {"TotalPackageQuantity": "61", "GoodsItem[1]/Packaging": None}),
        Case(RCEP, {"TotalPackageQuantity": None, "TotalGrossMassMeasure": None}),
    ],
    "CO-12": [
        Case(ATIGA, {"AdditionalInformation": None, "Invoice/IssueDate": "2026-11-10"}, (f("CO-12", "Invoice[1]"),)),
        Case(ATIGA, {"Invoice/IssuerName": None}, (f("CO-12", "Invoice[1]"),)),
        Case(ATIGA, {"Invoice/IssuerCountryCode": None}, (f("CO-12", ""),)),
        Case(ATIGA, {"Invoice/IssuerCountryCode": "MY"}, (f("CO-12", ""),)),
        Case(ATIGA, {"Invoice/IssuerCountryCode": "HK"}),
        Case(RCEP, {"+Invoice/Amount": "<IssuerName>Us</IssuerName><IssuerCountryCode>JP</IssuerCountryCode>"}),
    ],
    "CO-13": [
        Case(RCEP, B2B),
        Case(RCEP, {**B2B, "ExpiryDate": "2027-11-16"}, (f("CO-13", "PreviousDocument[1]"),)),
        Case(RCEP, {"+Transport": statement("B2B")}, (f("CO-13", ""),)),
        Case(RCEP, {"+ImportCountryCode": previous("B2B")}, (f("CO-13", "PreviousDocument[1]"),)),
        Case(RCEP, {**B2B, "+ImportCountryCode": previous("B2B", country="JP")}, (f("CO-13", "PreviousDocument[1]"),)),
        Case(RCEP, {**B2B, "+ImportCountryCode": previous("B2B", expires="")}, (f("CO-13", "PreviousDocument[1]"),)),
    ],
    "CO-14": [
        Case(RCEP, COPY, prior=((RCEP, {}),)),
        Case(
            RCEP,
            {**COPY, "+ImportCountryCode": previous("TCO", "26-R00418207", "2025-11-15", "", "JP")},
            (f("CO-14", "PreviousDocument[1]"),),
        ),
        Case(RCEP, {**COPY, "+Transport": statement("DMI")}, (f("CO-14", "PreviousDocument[1]"),)),
        Case(RCEP, {**COPY, "+ImportCountryCode": ""}, (f("CO-14", ""),)),
        Case(RCEP, {**COPY, HEAD + "FunctionCode": "9", "+AgreementCode": ""}, (f("CO-14", "PreviousDocument[1]"),)),
        Case(RCEP, {**NEW, HEAD + "FunctionCode": "18", "+AgreementCode": REASON}, (f("CO-14", ""),)),
    ],
    "CO-15": [
        Case(CANCEL, {}),
        Case(CANCEL, {"VersionID": "3"}, (f("CO-15", "VersionID"),)),
        Case(CANCEL, {HEAD + "FunctionCode": "4"}),
        Case(CANCEL, {HEAD + "FunctionCode": "4", "VersionID": "3"}, (f("CO-15", "VersionID"),)),
        Case(CANCEL, {"Exporter/Name": "Other Foods"}, (f("CO-15", "VersionID"),)),
        Case(CANCEL, {"ImportCountryCode": "JP"}, (f("CO-15", "VersionID"),)),
        Case(CANCEL, {}, (f("CO-15", "VersionID"),), prior=((TWKR, {"AgreementCode": "NONPREF2"}),)),
        Case(CANCEL, {}, (f("CO-15", "VersionID"),), prior=((TWKR, {"IssuingAuthority/ID": "KR-CCI-02"}),)),
        Case(CANCEL, {"Importer/Name": "Another importer"}),
        Case(CANCEL, {HEAD + "IssueDateTime": "2027-04-18T23:59:59+09:00"}, now=moment("2027-05-01T00:00:00Z")),
        Case(
            CANCEL,
            {HEAD + "IssueDateTime": "2027-04-19T00:00:00+09:00"},
            (f("CO-15", "VersionID"),),
            now=moment("2027-05-01T00:00:00Z"),
        ),
        # The window is counted from version 1, the number from the latest.
        Case(CANCEL, {"VersionID": "3"}, prior=((TWKR, {}), (TWKR, SECOND))),
        Case(CANCEL, {"VersionID": "3"}, (f("CO-15", "VersionID"),), prior=((TWKR, {"IssueDate": "2026-05-01"}), (TWKR, SECOND))),
        # Another issuer may use the same number.
        Case(CANCEL, {}, prior=((TWKR, {}), (TWKR, {HEAD + "MessageID": "x", "IssuingAuthority/ID": "TW-CCI-07"}))),
    ],
    "CO-16": [
        Case(
            RCEP,
            {"GoodsItem[1]/Origin/CountryCode": "XX"},
            (f("CO-16", "GoodsItem[1]/Origin/CountryCode", "XX", "iso-3166-1"),),
        ),
        *(
            Case(RCEP, {path: "XX"}, (f("CO-16", place or path, "XX", "iso-3166-1"),))
            for path, place in {
                "ExportCountryCode": "",
                "ImportCountryCode": "",
                "Exporter/Address/CountryCode": "",
                "IssuingAuthority/CountryCode": "",
                "GoodsItem[2]/Producer/Address/CountryCode": "",
            }.items()
        ),
        Case(
            RCEP,
            {"+Transport/UnloadingLocationID": "<RoutingCountryCode>XX</RoutingCountryCode>"},
            (f("CO-16", "Transport/RoutingCountryCode[1]", "XX", "iso-3166-1"),),
        ),
        Case(ATIGA, {"Invoice/IssuerCountryCode": "XX"}, (f("CO-16", "Invoice[1]/IssuerCountryCode", "XX", "iso-3166-1"),)),
        Case(
            TWKR,
            {"PreviousDocument/IssuingCountryCode": "XX"},
            (f("CO-16", "PreviousDocument[1]/IssuingCountryCode", "XX", "iso-3166-1"),),
        ),
        Case(RCEP, {"IssueLocationID": "JPZZZ"}, (f("CO-16", "IssueLocationID", "JPZZZ", "un-locode"),)),
        Case(RCEP, {"Transport/LoadingLocationID": "JPZZZ"}, (f("CO-16", "Transport/LoadingLocationID", "JPZZZ", "un-locode"),)),
        Case(
            RCEP, {"Transport/UnloadingLocationID": "VNZZZ"}, (f("CO-16", "Transport/UnloadingLocationID", "VNZZZ", "un-locode"),)
        ),
        Case(RCEP, {"IssueLocationID": "JPUKB"}),
        Case(
            RCEP,
            {LIMIT + "TariffQuantity@unitCode": "NMB"},
            (f("CO-16", "GoodsItem[2]/GoodsMeasure/TariffQuantity", "NMB", "rec-20"),),
        ),
        Case(RCEP, {LIMIT + "TariffQuantity@unitCode": "H87"}),
        Case(
            RCEP, {"GoodsItem[1]/Packaging/TypeCode": "99"}, (f("CO-16", "GoodsItem[1]/Packaging[1]/TypeCode", "99", "rec-21"),)
        ),
        Case(RCEP, {"GoodsItem[1]/Packaging/TypeCode": "DR"}),
        Case(RCEP, {"Invoice/Amount@currencyID": "XYZ"}, (f("CO-16", "Invoice[1]/Amount", "XYZ", "iso-4217"),)),
        Case(RCEP, {"Invoice/Amount@currencyID": "TWD"}),
        Case(USE, {"Item/QuantityQuantity@unitCode": "NMB"}, (f("CO-16", "Item[1]/QuantityQuantity", "NMB", "rec-20"),)),
        Case(
            "co-query-response",
            {"CertificateState/Item/OriginCountryCode": "XX"},
            (f("CO-16", "CertificateState/Item[1]/OriginCountryCode", "XX", "iso-3166-1"),),
        ),
    ],
    "CO-17": [
        Case(RCEP, {"Transport/ID": "9812342"}, (f("CO-17", "Transport/ID", "9812342"),)),
        Case(RCEP, {"Transport/ID": "981234"}, (f("CO-17", "Transport/ID", "981234"),)),
        Case(RCEP, {"Transport/ID": "9812342", "Transport/IdentificationTypeCode": "OTHER"}),
        Case(
            RCEP,
            {"Transport/TransportEquipmentID": "HTSU3004181"},
            (f("CO-17", "Transport/TransportEquipmentID[1]", "HTSU3004181"),),
        ),
        Case(RCEP, {"Transport/TransportEquipmentID": "HTSU300418"}),
        Case(RCEP, {"Transport/TransportEquipmentID": "CSQU3054383"}),
    ],
    "CO-18": [
        Case(USE, {"Item/QuantityQuantity": "9000"}),
        Case(USE, {"Item/QuantityQuantity": "9000.000001"}, (f("CO-18", "Item[1]/QuantityQuantity", "1"),)),
        Case(USE, {HEAD + "MessageID": "b", "Item/QuantityQuantity": "4000"}, prior=((TWKR, {}), (USE, {}))),
        Case(
            USE,
            {HEAD + "MessageID": "b", "Item/QuantityQuantity": "4000.000001"},
            (f("CO-18", "Item[1]/QuantityQuantity", "1"),),
            prior=((TWKR, {}), (USE, {})),
        ),
        # The tariff quantity comes first, when it has the unit.
        Case(USE, {"Item/QuantityQuantity": "8000"}, prior=((TWKR, {"+GoodsItem/GoodsMeasure/NetNetWeightMeasure": TARIFF}),)),
        Case(
            USE,
            {"Item/QuantityQuantity": "8000.000001"},
            (f("CO-18", "Item[1]/QuantityQuantity", "1"),),
            prior=((TWKR, {"+GoodsItem/GoodsMeasure/NetNetWeightMeasure": TARIFF}),),
        ),
        # Then the gross weight, when the net weight has another unit.
        Case(
            USE,
            {"Item/QuantityQuantity": "9450"},
            prior=((TWKR, {"GoodsItem/GoodsMeasure/NetNetWeightMeasure@unitCode": "TNE"}),),
        ),
        Case(
            USE,
            {"Item/QuantityQuantity": "9450.000001"},
            (f("CO-18", "Item[1]/QuantityQuantity", "1"),),
            prior=((TWKR, {"GoodsItem/GoodsMeasure/NetNetWeightMeasure@unitCode": "TNE"}),),
        ),
    ],
    "CO-19": [
        Case(RCEP, {"GoodsItem[2]/Description@languageID": "ja"}, (f("CO-19", "GoodsItem[2]/Description[1]", "2"),)),
        Case(
            RCEP,
            {
                "GoodsItem[2]/Description@languageID": "ja",
                "+GoodsItem[2]/Description": '<Description languageID="en">Bearings</Description>',
            },
        ),
        Case(TWKR, {"GoodsItem/Description@languageID": "ko"}),
    ],
    "CO-20": [
        Case(
            RCEP,
            {**MALAYSIA, EXPORTER: "<ApprovedExporterID>MY-SC2026B12</ApprovedExporterID>"},
            (f("CO-20", "ExporterDeclaration/ApprovedExporterID", "MY-SC2026B12"),),
        ),
        Case(RCEP, {**MALAYSIA, EXPORTER: "<ApprovedExporterID>MY-SC2026B123</ApprovedExporterID>"}),
        Case(RCEP, {EXPORTER: "<ApprovedExporterID>whatever</ApprovedExporterID>"}),
    ],
    "CO-21": [
        Case(RCEP, {"Transport/DepartureDate": "2025-11-16", "+Transport": statement("RET")}),
        Case(RCEP, {"Transport/DepartureDate": "2025-11-15", "+Transport": statement("RET")}, (f("CO-21", "IssueDate"),)),
        Case(RCEP, {"Transport": None, "+Importer": statement("RET")}),
    ],
    "CO-22": [
        Case(
            RCEP,
            {"GoodsItem[1]/Classification/ID": "030510"},
            (f("CO-22", "GoodsItem[1]/Classification/ID", "030510", "2017: 030910; 2012: 030910"),),
        ),
        Case(RCEP, {"GoodsItem[1]/Classification/ID": "030910"}),
        Case(RCEP, {"GoodsItem[1]/Classification/EditionCode": "2012"}),
    ],
    "CO-23": [
        Case(RCEP, {"GoodsItem[1]/Origin/RuleCode": "WO"}, (f("CO-23", "GoodsItem[1]/Classification/ID", "84"),)),
        Case(RCEP, {"GoodsItem[3]/Classification/ID": "271600"}),
        Case(RCEP, {"GoodsItem[3]/Classification/ID": "280110"}, (f("CO-23", "GoodsItem[3]/Classification/ID", "28"),)),
        Case(RCEP, {"GoodsItem[3]/Classification/ID": "010121"}),
    ],
    "CO-24": [
        Case(RCEP, {"Invoice/IssueDate": "2026-11-17"}, (f("CO-24", "Invoice[1]/IssueDate"),)),
        Case(RCEP, {"Invoice/IssueDate": "2026-11-16"}),
        Case(RCEP, {"Invoice/IssueDate": "2026-11-17", "Transport/DepartureDate": "2026-11-15", "+Transport": statement("RET")}),
        Case(ATIGA, {}),
    ],
    "CO-25": [
        Case(TWKR, {"PreviousDocument": None}, (f("CO-25", ""),)),
        Case(RCEP, {"+ImportCountryCode": previous("RPL")}, (f("CO-25", "PreviousDocument[1]"),)),
        Case(TWKR, {"PreviousDocument/ID": "013-26-0771339"}, (f("CO-25", "PreviousDocument[1]"),)),
        Case(TWKR, {}),
    ],
    "CO-26": [
        Case(RCEP, {"+AgreementCode": REASON}, (f("CO-26", "StatusReasonCode"),)),
        Case(TWKR, {"StatusReasonCode": None}, (f("CO-26", ""),)),
        Case(CANCEL, {"StatusReasonCode": None}, (f("CO-26", ""),)),
        Case(CANCEL, {HEAD + "FunctionCode": "4", "StatusReasonCode": None}, (f("CO-26", ""),)),
        Case(RCEP, {**COPY, "+AgreementCode": ""}, (f("CO-26", ""),)),
        Case(RCEP, COPY, prior=((RCEP, {}),)),
    ],
    "CO-27": [
        Case(RCEP, {"GoodsItem[2]/InvoiceReferenceID": "HSW-X"}, (f("CO-27", "GoodsItem[2]/InvoiceReferenceID[1]", "HSW-X"),)),
        Case(RCEP, {"=Invoice": {}}, (f("CO-27", "Invoice[2]/ID", "HSW-261109"),)),
        Case(RCEP, {"=Invoice": {"ID": "HSW-X"}, "GoodsItem[2]/InvoiceReferenceID": "HSW-X"}),
    ],
    "CO-28": [
        Case(RCEP, {"TypeCode": "861"}, (f("CO-28", "TypeCode", "861"),)),
        Case(RCEP, {"IssuingAuthority": None}, (f("CO-28", "TypeCode", "864"),)),
        *(
            Case(
                TWKR, {"TypeCode": code, "IssuingAuthority": None}, (f("CO-28", "TypeCode", code),), profile={"typeCodes": [code]}
            )
            for code in ("861", "865", "954")
        ),
        Case(TWKR, {"TypeCode": "954"}, profile={"typeCodes": ["954"]}),
        Case(RCEP, {"TypeCode": "862", "IssuingAuthority": None, EXPORTER: "<ApprovedExporterID>JP00001</ApprovedExporterID>"}),
        Case(
            RCEP,
            {"TypeCode": "862", EXPORTER: "<ApprovedExporterID>JP00001</ApprovedExporterID>"},
            (f("CO-28", "TypeCode", "862"),),
        ),
        Case(RCEP, {"TypeCode": "862", "IssuingAuthority": None}, (f("CO-28", "TypeCode", "862"),)),
        Case(RCEP, {"TypeCode": "862", "IssuingAuthority": None, "ExporterDeclaration": None}, (f("CO-28", "TypeCode", "862"),)),
    ],
    "CO-29": [
        Case(RCEP, {"VersionID": "2"}, (f("CO-29", "VersionID", "2"),)),
        Case(TWKR, {"VersionID": "2"}, (f("CO-29", "VersionID", "2"),)),
        Case(RCEP, {**COPY, "VersionID": "2"}, (f("CO-29", "VersionID", "2"),)),
        Case(CANCEL, {"VersionID": "1"}, (f("CO-29", "VersionID", "1"),)),
        Case(CANCEL, {HEAD + "FunctionCode": "4", "VersionID": "1"}, (f("CO-29", "VersionID", "1"),)),
        Case(CANCEL, {"VersionID": "2"}),
    ],
    "CO-30": [
        Case(USE, {"ReferencedCertificate/VersionID": "2"}, (f("CO-30", "ReferencedCertificate/ID", "013-26-0771339"),)),
        Case(USE, {"ReferencedCertificate/ID": "013-26-0000000"}, (f("CO-30", "ReferencedCertificate/ID", "013-26-0000000"),)),
        Case(
            USE,
            {"ReferencedCertificate/IssuingAuthorityID": "KR-CCI-02"},
            (f("CO-30", "ReferencedCertificate/ID", "013-26-0771339"),),
        ),
        Case(USE, {"Item/SequenceNumeric": "2"}, (f("CO-30", "Item[1]/SequenceNumeric", "2 KGM"),)),
        Case(USE, {"Item/QuantityQuantity@unitCode": "NAR"}, (f("CO-30", "Item[1]/SequenceNumeric", "1 NAR"),)),
        Case(USE, {"=Item": {"QuantityQuantity": "1"}}, (f("CO-30", "Item[2]/SequenceNumeric", "1"),)),
        Case(USE, {"Item": None}),
        Case(USE, {}),
    ],
    "CO-31": [
        Case(REQUEST, {"DueDate": "2026-11-18"}, (f("CO-31", "DueDate"),)),
        Case(REQUEST, {"DueDate": "2026-11-19"}),
        Case(REPLY, {"Answer[2]": None}, (f("CO-31", "Answer[1]"),)),
        Case(REPLY, {"Answer[2]/SequenceNumeric": "3"}, (f("CO-31", "Answer[1]"),)),
        Case(REPLY, {"Answer[2]/SequenceNumeric": "1"}, (f("CO-31", "Answer[1]"),)),
        Case(REPLY, {"=Answer[2]": {"SequenceNumeric": "3"}}, (f("CO-31", "Answer[1]"),)),
        Case(REPLY, {"Answer[1]/SequenceNumeric": "2", "Answer[2]/SequenceNumeric": "1"}),
    ],
    "CO-32": [
        Case(USE, {"Declaration/AcceptanceDate": "2027-10-04"}),
        Case(USE, {"Declaration/AcceptanceDate": "2027-10-05"}, (f("CO-32", "Declaration/AcceptanceDate"),)),
        Case(USE, {"Declaration/AcceptanceDate": "2027-10-05", "PreferenceCode": "PENDING"}),
    ],
    "CO-33": [
        Case(USE, {"PreferenceCode": "NOT-GIVEN"}, (f("CO-33", "PreferenceCode"),)),
        Case(USE, {"+PreferenceCode": "<ReasonCode>OTHER</ReasonCode>"}, (f("CO-33", "PreferenceCode"),)),
        Case(
            USE,
            {"PreferenceCode": "PENDING", "+PreferenceCode": "<ReasonCode>OTHER</ReasonCode>"},
            (f("CO-33", "PreferenceCode"),),
        ),
        Case(USE, {"PreferenceCode": "NOT-GIVEN", "+PreferenceCode": "<ReasonCode>OTHER</ReasonCode>"}),
    ],
}
