"""Each row of the mapping on the way in. Source: DESIGN 7.4."""

import re

import pytest

from tests.customs.edifact.manifests import ITEM, converted, short, told, xml


def field(document: str, name: str) -> list[str]:
    return re.findall(f"<{name}(?: [^>]*)?>([^<]*)</{name}>", document)


@pytest.mark.parametrize(
    ("old", "new", "name", "values"),
    [
        ("BGM+785", "BGM+85", "TypeCode", ["785", "705", "BX"]),
        ("GIS+22'", "GIS+23'", "DirectionCode", ["IMP"]),
        ("GIS+22'", "GIS+24'", "DirectionCode", ["TRA"]),
        ("GIS+22'\n", "", "DirectionCode", ["IMP"]),
        ("BGM+785", "BGM+833", "TypeCode", ["833", "705", "BX"]),
        ("DTM+137:202611160930:203'\n", "", "IssueDateTime", ["2026-11-16T09:30:00+08:00"]),
        ("DTM+137:202611160930:203", "DTM+137:20261116093007:204", "IssueDateTime", ["2026-11-16T09:30:07+08:00"]),
        ("DTM+137:202611160930:203", "DTM+137:261116:101", "IssueDateTime", ["2026-11-16T00:00:00+08:00"]),
        ("DTM+137:202611160930:203'", "DTM+137:202611160930:203'RFF+ACW:KSL-043W::3'", "VersionID", ["3"]),
        ("DTM+137:202611160930:203'", "DTM+137:202611160930:203'NAD+MS+KRCUS'", "SenderAuthority", ["KR-CUSTOMS"]),
        ("DTM+137:202611160930:203'", "DTM+137:202611160930:203'NAD+MR+NOBODY'", "RecipientAuthority", ["NOBODY"]),
        ("9812341:146:11", "AB1234:103:", "IdentificationTypeCode", ["CALLSIGN"]),
        ("9812341:146:11", "AB1234::", "IdentificationTypeCode", ["OTHER"]),
        ("+1++KSLJ:172:20:Kuroshio Shipping Lines+++9812341:146:11", "+4++KSLJ:172:20:Kuroshio Shipping Lines+++HL8266::", "IdentificationTypeCode", ["REGISTRATION"]),
        ("9812341:146:11", "::", "IdentificationTypeCode", []),
        ("KSLJ:172:20:Kuroshio Shipping Lines", "KSLJ", "Name", ["SAKURA MERIDIAN", "KSLJ", "Musashi Paper Mills Ltd.", "Tai Yuan Components Corp."]),
        ("LOC+5+", "LOC+9+", "DepartureLocationID", ["JPTYO"]),
        ("LOC+60+", "LOC+11+", "ArrivalLocationID", ["TWKEL"]),
        ("LOC+60+", "LOC+61+", "ArrivalLocationID", ["TWKEL"]),
        ("GIS+22'", "DTM+186:20261124:102'GIS+22'", "DepartureDateTime", ["2026-11-24T00:00:00+08:00"]),
        ("GIS+22'", "DTM+132:20261127:102'GIS+22'", "ArrivalDateTime", ["2026-11-27T00:00:00+08:00"]),
        ("RFF+BM", "RFF+MB", "TypeCode", ["785", "704", "BX"]),
        ("RFF+BM", "RFF+AAM", "TypeCode", ["785", "740", "BX"]),
        ("RFF+BM", "RFF+MWB", "TypeCode", ["785", "741", "BX"]),
        ("CNI+1'\nRFF+BM", "CNI+1+MASTER1'\nRFF+BH", "MasterDocumentID", ["MASTER1"]),
        ("CNI+1'\nRFF+BM", "CNI+1+MASTER1'\nRFF+HWB", "MasterDocumentID", ["MASTER1"]),
        ("LOC+9+JPTYO:139:6'\nLOC+11+TWKEL:139:6'\n", "", "LoadingLocationID", ["JPTYO"]),
        ("LOC+9+JPTYO", "LOC+76+JPUKB'LOC+9+JPTYO", "OriginLocationID", ["JPUKB"]),
        ("LOC+11+TWKEL", "LOC+7+TWTPE'LOC+11+TWKEL", "DestinationLocationID", ["TWTPE"]),
        ("NAD+CN+", "RFF+UCN:6JP1'NAD+CN+", "UCR", ["6JP1"]),
        ("NAD+CN+", "NAD+NI+++Someone'RFF+UCN:6JP1'NAD+CN+", "UCR", ["6JP1"]),
        ("GID+1+27:BX", "GID+1+20:BX+7:CT", "QuantityQuantity", ["20", "7"]),
        ("+++Ball bearings", "+++Ball:bearings", "Description", ["Ball bearings"]),
        ("FTX+AAA+++Ball bearings'", "FTX+AAA+++Ball'FTX+AAA+++bearings'", "Description", ["Ball bearings"]),
        ("MEA+AAE+G+KGM:594", "MEA+WT+G+LBR:594", "GrossMassMeasure", ["594", "594"]),
        ("CST++848210:122", "CST++848210", "EditionCode", ["2022"]),
        ("CST++848210:122", "CST++9:148+848210:122", "Classification", []),
        ("MEA+AAE+G+KGM:594'", "MEA+AAE+G+KGM:594'DGS+IMD+1.4+4+++'", "UNDGID", ["0004"]),
        ("MEA+AAE+G+KGM:594'", "MEA+AAE+G+KGM:594'DGS+IMD+3+1993++2'", "PackingGroupCode", ["2"]),
        ("CST++", "PCI+28+N/M:1 OF  2'PCI+28+3'CST++", "MarksNumbersID", ["N/M 1 OF 2 3"]),
    ],
)  # fmt: skip
def test_an_element_fills_its_field(old: str, new: str, name: str, values: list[str]) -> None:
    assert field(xml(short((old, new))), name) == values


EQUIPMENT = "EQD+CN+HTSU4001000+22G1:102:5+1++8'MEA+WT+T+KGM:2300'MEA+AAE+T+KGM:2301'MEA+AAE+G+KGM:2894'SEL+JP308293+CA'SEL+X+ZZ'"


def test_equipment_with_its_weights_and_seals() -> None:
    octets = short(("CNT+7", EQUIPMENT + "CNT+7"), ("CNT+11:27", "CNT+11:27'CNT+16:1"), ("CST++", "SGP+HTSU4001000+27'CST++"))
    document = xml(octets)
    assert field(document, "ShipperOwnedIndicator") == ["true"] and field(document, "FullnessCode") == ["8"]
    assert field(document, "TareMassMeasure") == ["2301"] and field(document, "IssuerCode") == ["CA"]
    assert "<EquipmentID>HTSU4001000</EquipmentID>\n        <PackageQuantity>27<" in document
    # The other tare and the code that no list holds are told; the seal itself is carried.
    assert [one[2] for one in told(octets)] == ["MEA 6314: 2300", "SEL 9303: ZZ"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("GIS+22'", "GIS+99'GIS+22'", "GIS+99"),
        ("LOC+5+JPTYO:139:6", "LOC+5+JPTYO:139:6:Tokyo", "LOC 3224: Tokyo"),
        ("LOC+60+TWKEL:139:6'", "LOC+60+TWKEL:139:6'LOC+61+TWTPE'", "LOC+61+TWTPE"),
        ("LOC+60+TWKEL:139:6'", "LOC+61+TWTPE'LOC+60+TWKEL:139:6'", "LOC 3225: TWTPE"),
        ("LOC+5+JPTYO:139:6'", "LOC+5+JPTYO:139:6'LOC+5+JPUKB'", "LOC+5+JPUKB"),
        ("GIS+22'", "TDT+10+F1+3'LOC+5+JPUKB'GIS+22'", "TDT+10+F1+3"),
        ("GIS+22'", "TDT+10+F1+3'LOC+5+JPUKB'GIS+22'", "LOC+5+JPUKB"),
        ("DTM+137:202611160930:203'", "DTM+137:202611160930:203'FTX+ABC+++note'", "FTX+ABC+++note"),
        ("DTM+137:202611160930:203'", "DTM+137:202611160930:203'DTM+137:2026:602'", "DTM+137:2026:602"),
        ("CNI+1'", "CNI+1+MASTER1'", "CNI 1004: MASTER1"),
        ("CNI+1'", "CNI+1'CNT+7:1'", "CNT+7:1"),
        ("NAD+CN+TW65233690+", "NAD+CN+TW652336901234567890+", "NAD 3039: TW652336901234567890"),
        ("+Tai Yuan Components Corp.+No. 56, Gongye 5th Rd.+Taichung+++TW", "+Tai Yuan Components Corp.+No. 56, Gongye 5th Rd.", "NAD 3042: No. 56, Gongye 5th Rd."),
        ("NAD+CN+TW65233690+", "NAD+CN+TW65233690+TW:A:B:C:D", "NAD 3042: No. 56, Gongye 5th Rd."),
        ("CST++848210:122", "CST++848210:122+99:122", "CST 7361: 99"),
        ("CST++848210:122", "CST++99:148+848210:122", "CST 7361: 99"),
        ("MEA+AAE+G+KGM:594'", "MEA+AAE+G+KGM:594'MOA+1:3'", "MOA+1:3"),
        ("MEA+AAE+G+KGM:594'", "MEA+AAE+G+KGM:594'MEA+AAE+ABC+KGM:1'", "MEA+AAE+ABC+KGM:1"),
        ("MEA+AAE+G+KGM:594'", "MEA+AAE+G+KGM:594::7'", "MEA 6152: 7"),
        ("MEA+AAE+G+KGM:594'", "MEA+AAE+G+KGM:594'DGS+IMD+3+1993++9'", "DGS 8339: 9"),
        ("UNT+", "AUT+secret'UNT+", "AUT+secret"),
        ("0930+TYO00042'", "0930+TYO00042++++1'", "UNB 0035: 1"),
        ("KSLJ:172:20:Kuroshio Shipping Lines", "KSLJ:172:20:Kuroshio Shipping Lines+++", None),
    ],
)  # fmt: skip
def test_what_has_no_target_is_told_with_its_value(old: str, new: str, said: str | None) -> None:
    octets = short((old, new))
    assert converted(octets).verdict.accepted or said is None
    losses = [one[2] for one in told(octets) if one[0] == "EDI-06"]
    assert said is None or said in losses


def test_a_carrier_party_goes_before_the_transport_and_the_difference_is_told() -> None:
    octets = short(("DTM+137:202611160930:203'", "DTM+137:202611160930:203'NAD+CA+ABCD++Other Lines'"))
    assert "<ID>ABCD</ID>\n    <Name>Other Lines</Name>" in xml(octets)
    assert [one[2] for one in told(octets)] == ["TDT 3127: KSLJ", "TDT 3128: Kuroshio Shipping Lines"]


def test_without_a_name_the_first_line_of_name_and_address_is_the_name() -> None:
    octets = short(
        ("NAD+CN+TW65233690++Tai Yuan Components Corp.+No. 56, Gongye 5th Rd.+", "NAD+CN+TW65233690+Tai Yuan:Dock 5++Gate 3+")
    )
    lines = [line.strip() for line in xml(octets).split("\n")]
    at = lines.index("<Name>Tai Yuan</Name>")
    assert lines[at + 1 : at + 4] == ["<Address>", "<Line>Dock 5</Line>", "<Line>Gate 3</Line>"]


def test_long_texts_are_cut_at_512_characters_and_the_rest_is_told() -> None:
    word = "abcdefghi"
    texts = "FTX+AAA+++" + ":".join([" ".join([word] * 7)] * 5) + "'"
    octets = short(("FTX+AAA+++Ball bearings'", texts * 2))
    (description,) = field(xml(octets), "Description")
    assert len(description) == 512
    (loss,) = [one for one in told(octets) if one[0] == "EDI-06"]
    assert (description + loss[2].split(": ", 1)[1]).replace(" ", "") == word * 70


def test_a_fourth_notify_party_has_no_room() -> None:
    parties = "".join(f"NAD+N1+++Party {number}'" for number in range(4))
    octets = short(("GID+1", parties + "GID+1"))
    assert xml(octets).count("<NotifyParty>") == 3
    assert [one[2] for one in told(octets)] == ["NAD+N1+++Party 3"]


def test_losses_beyond_those_that_are_listed_are_counted() -> None:
    item = ITEM
    verdict = converted(short((item, item + item.replace("MEA", "FTX+ZZZ+++x'" * 98 + "MEA") * 20))).verdict
    assert len(verdict.findings) == 999 and verdict.not_listed == 98 * 20 - 999
