import pytest

from node.customs.edifact.report_reader import ReportRefused, read_header, read_parts
from tests.customs.edifact.manifests import SAMPLE_XML


def read(octets: bytes) -> tuple[list[tuple[str, int]], list[tuple[str, str]]]:
    lost: list[tuple[str, str]] = []
    parts = [(part.part.name, part.number) for part in read_parts(octets, lambda *told: lost.append(told), lambda _, text: text)]
    return parts, lost


def test_the_parts_come_in_their_order() -> None:
    parts, lost = read(SAMPLE_XML)
    assert parts[0] == ("DocumentHeader", 1) and parts[-1] == ("Consignment", 6) and lost == []


def test_what_is_no_field_of_a_manifest_is_told_with_its_place() -> None:
    octets = SAMPLE_XML.replace(b"<Description>Ball", b"<Colour>red</Colour><Description>Ball", 1).replace(
        b"</CargoReport>", b"<Signature/></CargoReport>"
    )
    assert read(octets)[1] == [
        ("/CargoReport/Consignment[1]/ConsignmentItem[1]/Colour", "red"),
        ("/CargoReport/Signature", "all of it"),
    ]


def test_the_header_is_read_alone() -> None:
    profile, header = read_header(SAMPLE_XML[:2000] + b"then rubbish")
    assert profile == "man.cuscar-d95b.1" and header["SenderAuthority"] == "JP-CUSTOMS"


@pytest.mark.parametrize("octets", [b"", b"<CargoReport/>", b'<X xmlns="urn:n2n:customs:man:1"/>', SAMPLE_XML[:-20]])
def test_what_is_no_manifest_is_refused(octets: bytes) -> None:
    with pytest.raises(ReportRefused):
        read(octets)
    if octets != SAMPLE_XML[:-20]:
        with pytest.raises(ReportRefused):
            read_header(octets)


def test_an_entity_resolves_to_nothing() -> None:
    octets = (
        b'<!DOCTYPE a [<!ENTITY e "' + b"x" * 99 + b'">]>' + SAMPLE_XML.split(b"\n", 1)[1].replace(b"KSL-043W-TYO-KEL", b"&e;")
    )
    parts = {part.part.name: part.value for part in read_parts(octets, lambda *_: None, lambda _, text: text)}
    assert parts["ID"] == ""
