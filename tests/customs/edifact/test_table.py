import re
from pathlib import Path

import pytest

from node.customs.edifact.table import Node, TableRefused, read_table
from tests.customs.edifact.manifests import D03A, D95B, DIRECTORY, FILES

GOOD = FILES["cuscar-d95b.toml"]


def flat(node: Node, depth: int = 0) -> list[tuple[int, str, bool, int]]:
    return [row for child in node.children for row in ((depth, child.tag, child.mandatory, child.most), *flat(child, depth + 1))]


def test_the_tables_are_read() -> None:
    assert sorted(DIRECTORY.tables) == ["CUSCAR:D:03A:UN", "CUSCAR:D:95B:UN", "CUSRES:D:95B:UN"]
    assert sorted(DIRECTORY.mappings) == ["CUSCAR:D:03A:UN", "CUSCAR:D:95B:UN"]


@pytest.mark.parametrize(
    ("segment", "element", "most"),
    [("NAD", "3124", 35), ("NAD", "3036", 35), ("NAD", "3042", 35), ("NAD", "3164", 35), ("FTX", "4440", 70), ("PCI", "7102", 35),
     ("TDT", "8213", 9), ("SEL", "9308", 10), ("RFF", "1154", 35), ("TDT", "8028", 17), ("EQD", "8260", 17), ("CNI", "1490", 4),
     ("GID", "1496", 5), ("GID", "7224", 8), ("MEA", "6314", 18), ("CNT", "6066", 18), ("CST", "7361", 18), ("DGS", "8351", 7),
     ("LOC", "3225", 25), ("LOC", "3224", 17)],
)  # fmt: skip
def test_lengths_that_bind_the_way_out(segment: str, element: str, most: int) -> None:
    form = D95B.table.segments[segment]
    assert form.at(form.positions[element][0]).most == most


def test_an_element_is_found_by_its_composite_where_it_stands_twice() -> None:
    assert D95B.table.positions("TDT", "C040.1131") == ((4, 1),)
    assert D95B.table.positions("TDT", "C222.1131") == ((7, 1),)
    assert D03A.table.positions("BGM", "1004") == ((1, 0),)
    with pytest.raises(TableRefused):
        D95B.table.positions("TDT", "9999")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'type = "CUSCAR"\n', b""),
        (b"BGM M 1", b"BGM M 0"),
        (b"BGM M 1", b"XYZ M 1"),
        (b"  TDT M 1\n  LOC C 99\n  DTM C 99\nGIS", b"GIS"),
        (b"  TDT M 1", b"      TDT M 1"),
        (b"C 1004 an..35", b"C 1004 ax..35"),
        (b"C C002", b"C C999"),
        (b"[segments]", b"[segments"),
        (b"\nBGM = [", b"\nBGM = 7 # ["),
    ],
)
def test_a_file_that_is_no_table_says_so(old: bytes, new: bytes) -> None:
    assert old in GOOD
    with pytest.raises(TableRefused):
        read_table(GOOD.replace(old, new, 1))


@pytest.mark.shared
@pytest.mark.parametrize("kind", ["CUSCAR:D:03A:UN", "CUSCAR:D:95B:UN", "CUSRES:D:95B:UN"])
def test_a_table_says_what_the_collected_schema_says(kind: str, shared: Path) -> None:
    from lxml import etree

    name, _, release, _ = kind.split(":")
    xs = "{http://www.w3.org/2001/XMLSchema}"
    root = etree.parse(shared / "schemas" / "edifact" / f"EFACT_D{release}_{name}.xsd").getroot()
    named = {element.get("name"): element for element in root.iterchildren(xs + "element")}

    def walked(element: etree._Element, depth: int) -> list[tuple[int, str, bool, int]]:
        rows = []
        for child in element.find(f"{xs}complexType/{xs}sequence"):
            tag = child.get("ref") or child.get("name")
            mandatory = child.get("minOccurs") != "0" or tag in {"UNH", "UNT"}
            rows.append((depth, tag[:3], mandatory, int(child.get("maxOccurs", "1"))))
            if "Loop" in tag:
                rows += walked(named[tag], depth + 1)
        return rows

    assert flat(DIRECTORY.tables[kind].root) == walked(named[f"EFACT_D{release}_{name}"], 0)
    lengths = {}
    for element in root.iter(xs + "element"):
        notes = "".join(element.xpath("*[1]/*[local-name()='appinfo']/*/@notes"))
        most = element.find(f"{xs}simpleType/{xs}restriction/{xs}maxLength")
        if (tag := re.search(r"_([0-9]{4})$", notes)) and most is not None:
            lengths.setdefault(tag[1], set()).add(int(most.get("value")))
    for form in DIRECTORY.tables[kind].segments.values():
        for part in form.elements:
            for component in part.components:
                assert component.most in lengths.get(component.tag, {component.most}), component
