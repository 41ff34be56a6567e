"""Documents on their way out, what they lose, and the way there and back."""

import random
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.customs.edifact.canonical import Mapped, to_canonical
from node.customs.edifact.cargo_report import Measure, Values
from node.customs.edifact.cuscar import Written, to_cuscar
from node.customs.edifact.envelope import read_interchange
from node.customs.edifact.mapping import Mapping
from node.customs.edifact.outgoing import References
from node.customs.edifact.report_reader import ReportRefused, read_parts
from node.customs.edifact.terms import Terms
from tests.customs.edifact.manifests import D03A, D95B, SAMPLE, SAMPLE_XML, SHORT, TERMS, mapped, recounted, terms
from tests.customs.edifact.reports import Chance, octets_of

REFERENCES = References("TYO00042", "M0001")


def out(octets: bytes, chosen: Terms = TERMS, mapping: Mapping = D95B) -> Written:
    return to_cuscar(octets, mapping, chosen, REFERENCES)


def back(octets: bytes, mapping: Mapping = D95B) -> Mapped:
    interchange = read_interchange(octets)
    return to_canonical(interchange, interchange.messages[0], mapping, TERMS)


def losses(written: Written) -> list[tuple[str, str]]:
    return [(loss.location, loss.args[0].split(": ", 1)[1]) for loss in written.losses]


def changed(old: str, new: str) -> bytes:
    assert old in SAMPLE_XML.decode()
    return SAMPLE_XML.decode().replace(old, new, 1).encode()


def test_the_canonical_sample_becomes_its_interchange_octet_for_octet() -> None:
    assert (out(SAMPLE_XML).octets, out(SAMPLE_XML).losses) == (SAMPLE, ())


ITEM = "/CargoReport/Consignment[1]/ConsignmentItem[1]"


@pytest.mark.parametrize(
    ("old", "new", "lost"),
    [
        ("<ID>JP308293</ID>", "<ID>JP308293000</ID>",
         [("/CargoReport/TransportEquipment[1]/Seal[1]/ID", "JP308293000"), ("/CargoReport/TransportEquipment[1]/Seal[1]/IssuerCode", "CA")]),
        ("<ID>9812341</ID>", "<ID>9812341000</ID>",
         [("/CargoReport/BorderTransportMeans/ID", "9812341000"), ("/CargoReport/BorderTransportMeans/IdentificationTypeCode", "IMO")]),
        ("<IdentificationTypeCode>IMO<", "<IdentificationTypeCode>PLATE<",
         [("/CargoReport/BorderTransportMeans/IdentificationTypeCode", "PLATE")]),
        ("    <IdentificationTypeCode>IMO</IdentificationTypeCode>\n", "",
         [("/CargoReport/BorderTransportMeans/IdentificationTypeCode", "absent, and read back as OTHER")]),
        ("<LocationID>JPUKB</LocationID>", "<LocationID>JPUKB</LocationID><ArrivalDateTime>2026-11-25T00:00:00Z</ArrivalDateTime>",
         [("/CargoReport/Itinerary[1]/ArrivalDateTime", "2026-11-25T00:00:00Z")]),
        ("<FullnessCode>", "<ShipperOwnedIndicator>false</ShipperOwnedIndicator><FullnessCode>",
         [("/CargoReport/TransportEquipment[1]/ShipperOwnedIndicator", "false")]),
        ("<UCR>", "<PreviousDocument><TypeCode>MRN</TypeCode><ID>26TW1</ID></PreviousDocument><UCR>",
         [("/CargoReport/Consignment[1]/PreviousDocument[1]/TypeCode", "MRN"), ("/CargoReport/Consignment[1]/PreviousDocument[1]/ID", "26TW1")]),
        ("<UCR>", "<MasterDocumentID>M1</MasterDocumentID><UCR>", [("/CargoReport/Consignment[1]/MasterDocumentID", "M1")]),
        ("<EditionCode>2022<", "<EditionCode>2017<", [(f"{ITEM}/Classification/EditionCode", "2017")]),
        ("</Packaging>", "</Packaging>" + "<Packaging><QuantityQuantity>1</QuantityQuantity><TypeCode>CT</TypeCode></Packaging>" * 3,
         [(f"{ITEM}/Packaging[4]/QuantityQuantity", "1"), (f"{ITEM}/Packaging[4]/TypeCode", "CT")]),
        ("<Line>5-1 Chuo</Line>", "<Line>" + "a" * 34 + " bb</Line>",
         [("/CargoReport/Consignment[1]/Consignor/Address/Line", "cut into pieces: " + "a" * 34 + " / bb")]),
        ("<Name>Musashi Paper Mills Ltd.</Name>", "<Name>" + " ".join(["x" * 30] * 6) + "</Name>",
         [("/CargoReport/Consignment[1]/Consignor/Name", "x" * 30)]),
        ("<Name>Musashi Paper Mills Ltd.</Name>", "<Name>Musashi</Name><LocalName languageID='ja'>M</LocalName>",
         [("/CargoReport/Consignment[1]/Consignor/LocalName", "M")]),
        ("<Description>Ball bearings<", "<Description>" + "x" * 80 + "<", [(f"{ITEM}/Description", "a word longer than a piece is split")]),
        ("<IssueDateTime>2026-11-16T09:30:00+", "<IssueDateTime>2026-11-16T09:30:00.5+",
         [("/CargoReport/DocumentHeader/IssueDateTime", "the part of a second of 2026-11-16T09:30:00.5+08:00")]),
        ("</RecipientAuthority>", "</RecipientAuthority><ConformanceCampaign>C1</ConformanceCampaign>",
         [("/CargoReport/DocumentHeader/ConformanceCampaign", "C1")]),
        ("<GrossMassMeasure unitCode=\"KGM\">2894", "<GrossMassMeasure unitCode=\"KGMM\">2894",
         [("/CargoReport/TransportEquipment[1]/GrossMassMeasure", "2894 KGMM")]),
        ("</CargoReport>", "<Signature/></CargoReport>", [("/CargoReport/Signature", "all of it")]),
        ("profile=\"man.cuscar-d95b.1\"", "profile=\"man.sea.1\"", [("/CargoReport/@profile", "man.sea.1")]),
        ("<SequenceNumeric>1</SequenceNumeric>\n    <TransportContract", "<SequenceNumeric>7</SequenceNumeric>\n    <TransportContract",
         [("/CargoReport/Consignment[1]/SequenceNumeric", "7")]),
        ("Ball bearings", "Ball\x85bearings", [(f"{ITEM}/Description", "Ball\x85bearings")]),
    ],
)  # fmt: skip
def test_what_cannot_go_out_is_told_with_its_place_and_value(old: str, new: str, lost: list[tuple[str, str]]) -> None:
    assert losses(out(changed(old, new))) == lost


def test_a_carrier_with_an_address_is_a_party_and_one_without_is_named_by_the_transport() -> None:
    address = "<Address><CityName>Tokyo</CityName><CountryCode>JP</CountryCode></Address>"
    octets = out(changed("Kuroshio Shipping Lines</Name>", f"Kuroshio Shipping Lines</Name>{address}")).octets
    assert b"NAD+CA+KSLJ++Kuroshio Shipping Lines++Tokyo+++JP'" in octets and b"TDT+20+043W+1+++++9812341" in octets


def test_characters_decide_the_syntax_unless_the_profile_does() -> None:
    latin, wide = changed("Ball bearings", "Kugellager für"), changed("Ball bearings", "滾珠軸承")
    assert out(latin).octets.startswith(b"UNB+UNOC:3+") and "für".encode("latin-1") in out(latin).octets
    assert out(wide).octets.startswith(b"UNB+UNOY:4+JPCUS:ZZ+TWCUS:ZZ+20261116:0930") and "滾珠軸承".encode() in out(wide).octets
    assert losses(out(wide)) == []
    fixed = out(wide, terms(syntax="UNOC:3"))
    assert fixed.octets.count(b"FTX+AAA+++????????'") == 1 and losses(fixed) == [(f"{ITEM}/Description", "滾珠軸承")]


def test_a_set_without_small_letters_takes_capitals_and_tells_it() -> None:
    written = out(SAMPLE_XML, terms(syntax="UNOA:1"))
    assert b"BALL BEARINGS" in written.octets and (f"{ITEM}/Description", "Ball bearings") in losses(written)
    assert read_interchange(written.octets).header.syntax == "UNOA"


HEADER = SAMPLE_XML[SAMPLE_XML.index(b"  <DocumentHeader>") : SAMPLE_XML.index(b"  <TransportEquipment>")]


@pytest.mark.parametrize(
    "octets",
    [
        SAMPLE_XML.replace(b"customs:man:1", b"customs:man:2"),
        SAMPLE_XML.replace(HEADER, b""),
        SAMPLE_XML.replace(b"2026-11-16T09:30:00+08:00", b"2026-11-16"),
        SAMPLE_XML[: SAMPLE_XML.index(b"  <TransportEquipment>")] + b"</CargoReport>",
        SAMPLE_XML[:-9],
    ],
)
def test_what_is_no_manifest_does_not_go_out(octets: bytes) -> None:
    with pytest.raises(ReportRefused):
        out(octets)


# -- there and back ------------------------------------------------------------------------------------------------------


def values_of(octets: bytes) -> Values:
    told: Values = {}
    for part in read_parts(octets, lambda *_: None, lambda _, text: text):
        if part.part.most > 1:
            told.setdefault(part.part.name, []).append(part.value)
        else:
            told[part.part.name] = part.value
    told["DocumentHeader"].pop("MessageID")
    return told


def pruned(value: Any, place: str, lost: set[str]) -> Any:
    """What is left of a document when all that is told to be lost is taken away."""
    if place in lost:
        return None
    if isinstance(value, dict):
        kept = {name: pruned(one, f"{place}/{name}", lost) for name, one in value.items()}
        return {name: one for name, one in kept.items() if one not in (None, {}, [])} or None
    if isinstance(value, list):
        kept_ones = [pruned(one, f"{place}[{number}]", lost) for number, one in enumerate(value, 1)]
        return [one for one in kept_ones if one is not None]
    return value


def held(told: Any, read: Any, lost_names: set[str]) -> bool:
    """Whether all that is told stands in what was read, and nothing else but fields that were told to be changed."""
    if isinstance(told, dict):
        return all(name in read and held(told[name], read[name], lost_names) for name in told) and all(
            name in told or only_changed(name, read[name], lost_names) for name in read
        )
    if isinstance(told, list):
        left = list(told)
        for other in read:
            if left and held(left[0], other, lost_names):
                left.pop(0)
            elif not only_changed("", other, lost_names):
                return False
        return not left
    return bool(told == read) and isinstance(told, str | Measure)


def only_changed(name: str, read: Any, lost_names: set[str]) -> bool:
    """Whether all that stands in a field was told to be changed."""
    if name in lost_names:
        return True
    if isinstance(read, list):
        return all(only_changed(name, one, lost_names) for one in read)
    return isinstance(read, dict) and all(only_changed(below, one, lost_names) for below, one in read.items())


@pytest.mark.parametrize("mapping", [D95B, D03A], ids=["d95b", "d03a"])
@given(seed=st.integers(0, 2**32))
def test_all_that_a_document_loses_is_told_and_all_else_comes_back(mapping: Mapping, seed: int) -> None:
    octets = octets_of(Chance(seed).report())
    written = out(octets, mapping=mapping)
    read = back(written.octets, mapping)
    assert read.octets is not None, read.findings
    # What we write, our own mapping carries.
    assert read.findings == ()
    lost = {loss.location for loss in written.losses}
    told = pruned(values_of(octets), "/CargoReport", lost)
    assert held(told, values_of(read.octets), {place.rpartition("/")[2].partition("[")[0] for place in lost})
    # From here on it is the identity.
    again = out(read.octets, mapping=mapping)
    assert again.losses == () and back(again.octets, mapping).octets == read.octets


#: Segments that other systems send, each behind one that stands in the shortest manifest.
SENT_BY_OTHERS = {
    "DTM+137": ["RFF+ACW:KSL-043W::3'", "RFF+ZZZ:1'", "NAD+CA+ABCD++Lines'", "NAD+CA+ABCD+Lines:Dock'", "NAD+MS+KRCUS'", "FTX+ABC+++note'"],
    "LOC+60": ["LOC+92+JPUKB'", "LOC+61+TWTPE'", "DTM+136:20261124:102'", "DTM+186:261124:101'", "DTM+178:20261127070005:204'", "TDT+10+F1+3'LOC+5+JPUKB'"],
    "GIS+22": ["EQD+CN+A1+22G1+1++8'MEA+WT+T+KGM:02300,50'SEL+X+ZZ'SEL+Y+CA'", "EQD+UL+B1'MEA+AAE+G+TNE:.5'TMP+2+005:CEL'", "EQD+TE+C1++++4'"],
    "RFF+BM": ["CNT+11:027'", "CNT+7:594.0'", "MOA+1:3:USD'", "LOC+76+JPUKB'", "LOC+8+TWTPE:139:6:Taipei'"],
    "LOC+11": ["LOC+7+TWTPE'"],
    "NAD+CN": ["RFF+UCN:6JP1'RFF+ABT:D1'RFF+ABT:D?'2'", "NAD+N1+++A:B:C'", "NAD+NI+Z9+N:L1:L2+++City+S+P+TW'", "NAD+FW+++Other'RFF+ABT:D3'CTA+IC+:X'", "QTY+1:3'"],
    "MEA+AAE": ["SGP+A1+3'SGP+B1'", "DGS+IMD+3+0004++2'DGS++1.4+33'", "DGS+IMD+3+1993++9'", "PCI+28+N/M:1  OF:2'PCI++3'"],
    "CST": ["GIS+1'", "GID+2+3:BX+4:CT+5:PK'FTX+AAI+++no'FTX+AAA+++one:two  three ?+ four'MEA+WT+G+LBR:0,50'CST++1234+5678'"],
}  # fmt: skip


@given(seed=st.integers(0, 2**32))
def test_a_message_of_others_comes_back_as_the_same_document(seed: int) -> None:
    chance = random.Random(seed)
    lines = []
    for line in SHORT.split("\n"):
        if line.startswith("RFF+BM"):
            line = line.replace("BM", chance.choice(["BM", "MB", "BH", "AWB", "AAM", "MWB", "HWB"]))  # noqa: PLW2901
        elif line.startswith("CNI"):
            line = chance.choice(["CNI+1'", "CNI+7+M1'", "CNI'"])  # noqa: PLW2901
        elif line.startswith(("CNT", "LOC+9", "LOC+11", "DTM")) and chance.random() < 0.3:
            continue
        lines.append(line)
        others = next((more for start, more in SENT_BY_OTHERS.items() if line.startswith(start)), ())
        lines += [other for other in others if chance.random() < 0.4]
    message = mapped(recounted("\n".join(lines)).encode())
    assert message.octets, message.findings
    written = out(message.octets)
    again = back(written.octets)
    assert written.losses == () and again.findings == () and again.octets
    # The message is named anew, by whoever is its sender now.
    assert re.sub(b"edi:[A-Z]{5}:", b"", again.octets) == re.sub(b"edi:[A-Z]{5}:", b"", message.octets)
