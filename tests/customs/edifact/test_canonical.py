"""The story of one message: EDI-05, EDI-07 and EDI-08, totals, and the sample."""

import pytest

from tests.customs.edifact.manifests import SAMPLE, SAMPLE_XML, SHORT, mapped, rules, short, told, xml


def test_the_sample_becomes_its_canonical_twin_octet_for_octet() -> None:
    assert mapped(SAMPLE).octets == SAMPLE_XML and mapped(SAMPLE).findings == ()


def test_the_message_is_named_by_the_references_of_the_envelope() -> None:
    assert "<MessageID>edi:JPCUS:TYO00042:M0001</MessageID>" in xml(short())


@pytest.mark.parametrize("kind", ["CUSCAR:D:96A:UN", "CUSCAR:D:03A:UN", "CUSREP:D:95B:UN", "CUSCAR:D:95B", "CUSCAR:D:95B:ZZ"])
def test_another_message_is_not_supported(kind: str) -> None:
    assert told(short(("CUSCAR:D:95B:UN", kind)))[0][:2] == ("EDI-05", "/UNH[1]/S009")
    assert rules(short(("CUSCAR:D:95B:UN", "CUSCAR:D:95B:UN:N2N"))) == []


@pytest.mark.parametrize(
    ("old", "name", "value"),
    [
        ("CNT+7:594:KGM'\n", "7", '<TotalGrossMassMeasure unitCode="KGM">594</TotalGrossMassMeasure>'),
        ("CNT+10:1'\n", "10", "<ConsignmentQuantity>1</ConsignmentQuantity>"),
        ("CNT+11:27'\n", "11", "<TotalPackageQuantity>27</TotalPackageQuantity>"),
    ],
)
def test_a_control_total_that_is_missing_is_computed_and_told(old: str, name: str, value: str) -> None:
    octets = short((old, ""))
    assert told(octets) == [("EDI-07", "/UNH[1]/CNT", name)]
    assert value in xml(octets)


def test_the_number_of_equipment_is_asked_for_only_where_there_is_any() -> None:
    assert "EquipmentQuantity" not in xml(short())
    octets = short(("CNT+7", "EQD+CN+HTSU4001000'CNT+7"))
    assert told(octets) == [("EDI-07", "/UNH[1]/CNT", "16")] and "<EquipmentQuantity>1<" in xml(octets)


CONSIGNMENT = SHORT[SHORT.index("CNI+1") : SHORT.index("UNT+")]
TOTALS = "CNT+7:594:KGM'\nCNT+10:1'\nCNT+11:27'\n"


def test_computed_totals_leave_houses_out_and_count_them_as_consignments() -> None:
    house = CONSIGNMENT.replace("CNI+1'", "CNI+2+KSL27000001'").replace("BM:KSL27000001", "BH:H1")
    document = xml(short((TOTALS, ""), (CONSIGNMENT, CONSIGNMENT.replace("BM:", "MB:") + house)))
    assert "<ConsignmentQuantity>2<" in document and "\n  <TotalPackageQuantity>27<" in document
    assert '\n  <TotalGrossMassMeasure unitCode="KGM">594<' in document


def test_weights_in_different_units_are_added_as_kilograms() -> None:
    second = CONSIGNMENT.replace("KSL27000001", "KSL27000002").replace("KGM:594", "TNE:1.5")
    document = xml(short((TOTALS, ""), (CONSIGNMENT, CONSIGNMENT + second)))
    assert '\n  <TotalGrossMassMeasure unitCode="KGM">2094<' in document


def test_a_computed_weight_has_no_more_decimals_than_the_schema_allows() -> None:
    second = CONSIGNMENT.replace("KSL27000001", "KSL27000002").replace("KGM:594", "LBR:0.5")
    assert '\n  <TotalGrossMassMeasure unitCode="KGM">594.226796<' in xml(
        short((TOTALS, ""), (CONSIGNMENT, CONSIGNMENT + second))
    )


def test_weights_that_cannot_be_added_are_asked_for() -> None:
    second = CONSIGNMENT.replace("KSL27000001", "KSL27000002").replace("KGM:594", "CMT:15")
    assert ("EDI-08", "/UNH[1]/CNT", "CNT+7") in told(short((TOTALS, ""), (CONSIGNMENT, CONSIGNMENT + second)))


def test_the_totals_of_a_consignment_are_summed_without_a_word() -> None:
    item = SHORT[SHORT.index("GID+1") : SHORT.index("UNT+")]
    octets = short((item, item + item.replace("GID+1+27", "GID+2+3").replace("KGM:594", "KGM:6.5")), (TOTALS, TOTALS))
    document = xml(octets)
    assert "    <TotalPackageQuantity>30<" in document and '    <GrossMassMeasure unitCode="KGM">600.5<' in document
    assert rules(octets) == []


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("BGM+785+", "BGM++", "TypeCode"),
        ("+KSL-043W+", "++", "ID"),
        ("+KSL-043W+9", "+KSL-043W", "DocumentHeader/FunctionCode"),
        ("+KSLJ:172:20:Kuroshio Shipping Lines+", "++", "Carrier"),
        ("TDT+20+043W+1", "TDT+20++1", "BorderTransportMeans/JourneyID"),
        ("TDT+20+043W+1", "TDT+20+043W+", "BorderTransportMeans/ModeCode"),
        ("LOC+5+JPTYO:139:6'\n", "", "DepartureLocationID"),
        ("LOC+60+TWKEL:139:6'\n", "", "ArrivalLocationID"),
        ("CNT+7", "EQD+CN'CNT+7", "TransportEquipment/ID"),
        ("RFF+BM:KSL27000001", "RFF+BM", "Consignment/TransportContractDocument/ID"),
        ("RFF+BM:KSL27000001", "RFF+XX:1", "Consignment/TransportContractDocument/TypeCode"),
        ("NAD+CZ+++Musashi Paper Mills Ltd.+5-1 Chuo+Kawaguchi+++JP'\n", "", "Consignment/Consignor"),
        ("NAD+CN+TW65233690++Tai Yuan Components Corp.", "NAD+CN+TW65233690++", "Consignment/Consignee"),
        ("GID+1+27:BX", "GID+1", "Consignment/ConsignmentItem/Packaging/TypeCode"),
        ("GID+1+27:BX", "GID+1+27", "Consignment/ConsignmentItem/Packaging/TypeCode"),
        ("GID+1+27:BX", "GID+1+:BX", "Consignment/ConsignmentItem/Packaging/QuantityQuantity"),
        ("FTX+AAA+++Ball bearings'\n", "", "Consignment/ConsignmentItem/Description"),
        ("MEA+AAE+G+KGM:594'\n", "", "Consignment/ConsignmentItem/GrossMassMeasure"),
        ("MEA+AAE+G+KGM:594'", "MEA+AAE+G+KGM:594'DGS++3'", "Consignment/ConsignmentItem/DangerousGoods/UNDGID"),
        ("GID+1", "NAD+N1+TW1'GID+1", "Consignment/NotifyParty"),
    ],
)
def test_what_the_document_needs_and_the_message_lacks_is_told(old: str, new: str, field: str) -> None:
    octets = short((old, new))
    assert ("EDI-08", field) in {(one[0], one[2]) for one in told(octets)}
    assert mapped(octets).octets is None
