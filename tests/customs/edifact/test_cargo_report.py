from node.customs.edifact.cargo_report import CONSIGNMENT, EQUIPMENT, REPORT, Measure, document, rendered


def test_fields_stand_in_the_order_of_the_schema_whatever_the_order_of_the_values() -> None:
    values = {
        "Seal": [{"ID": "A&B"}, {"IssuerCode": "CA", "ID": "C"}],
        "TareMassMeasure": Measure("1", 'K"'),
        "SequenceNumeric": "1",
    }
    assert rendered(EQUIPMENT, values, 0).decode().split("\n") == [
        "<TransportEquipment>",
        "  <SequenceNumeric>1</SequenceNumeric>",
        '  <TareMassMeasure unitCode="K&quot;">1</TareMassMeasure>',
        "  <Seal>",
        "    <ID>A&amp;B</ID>",
        "  </Seal>",
        "  <Seal>",
        "    <ID>C</ID>",
        "    <IssuerCode>CA</IssuerCode>",
        "  </Seal>",
        "</TransportEquipment>",
        "",
    ]


def test_the_document_names_its_profile_and_holds_its_rows() -> None:
    octets = document("man.x.1", {"ID": "1", "VersionID": "2"}, [b"  <Consignment/>\n"])
    assert octets.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<CargoReport xmlns="urn:n2n:customs:man:1"')
    assert octets.endswith(b"<VersionID>2</VersionID>\n  <Consignment/>\n</CargoReport>\n")


def test_parts_are_found_by_name() -> None:
    assert REPORT.part("Consignment") is CONSIGNMENT and REPORT.part("Other") is None
