"""The schemas of the core packs say what the tables of DESIGN 2, 4, 5, 7 and 8 say, and take every sample."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

DOCUMENTS = Path(__file__).parents[3] / "profiles" / "documents"
XS = "{http://www.w3.org/2001/XMLSchema}"
FAMILIES = ("co", "aeo", "man", "res", "not", "rec")


def family_file(family: str) -> Path:
    return DOCUMENTS / f"n2n-{family}" / "xsd" / f"{family}.xsd"


@cache
def schema(family: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(family_file(family)))


def documents() -> list[Path]:
    return sorted(DOCUMENTS.glob("n2n-*/samples/**/*.xml"))


# -- samples


@pytest.mark.parametrize("file", documents(), ids=lambda file: "/".join(file.parts[-3:]))
def test_every_sample_follows_its_schema(file: Path) -> None:
    document = etree.parse(file)
    # What is on file before a response is of another family.
    family = etree.QName(document.getroot()).namespace.split(":")[-2]
    schema(family).assertValid(document)


def test_there_are_samples_to_prove_it() -> None:
    assert len(documents()) > 60


def test_a_seal_may_hold_anything() -> None:
    document = etree.parse(DOCUMENTS / "n2n-co" / "samples" / "good" / "co-query-response.xml")
    seal = etree.SubElement(document.getroot(), "{http://www.w3.org/2000/09/xmldsig#}Signature", Id="s")
    etree.SubElement(etree.SubElement(seal, "{urn:other}Object"), "{urn:n2n:customs:co:1}Nonsense").text = "x"
    schema("co").assertValid(document)
    etree.SubElement(document.getroot(), seal.tag)
    assert not schema("co").validate(document)


def test_a_long_list_is_judged_whole() -> None:
    text = (DOCUMENTS / "n2n-aeo" / "samples" / "good" / "aeo-full-50.xml").read_text("utf-8")
    record = re.search(r"  <Record>.*?</Record>\n", text, re.DOTALL)
    assert record
    head, tail = text[: record.start()], text[text.rindex("</Record>") + len("</Record>\n") :]
    schema("aeo").assertValid(etree.fromstring((head + record[0] * 10_000 + tail).encode()))
    assert not schema("aeo").validate(etree.fromstring((head + record[0] * 10_001 + tail).encode()))


# -- tables


@dataclass(frozen=True)
class Row:
    """One element as a table of the design, or a schema, has it."""

    depth: int
    name: str
    wco_id: str
    type: str
    occurs: str
    codes: str


TABLES = {
    "Header": "2.2",
    "Address": "2.4",
    "Party": "2.4",
    "CertificateReference": "2.4",
    "AeoRecord": "aeo",
    **dict.fromkeys(("AeoRecordSet", "AeoQuery", "AeoQueryResponse", "AeoReconciliation"), "aeo"),
    **dict.fromkeys(
        ("CertificateOfOrigin", "CertificateUtilisation", "OriginVerificationRequest", "OriginVerificationReply"), "co"
    ),
    **dict.fromkeys(("CertificateQuery", "CertificateQueryResponse"), "co"),
    **dict.fromkeys(("CargoReport", "ConveyanceArrival"), "man"),
    "Response": "res",
}


def design_tables(text: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    name = ""
    for line in text.splitlines():
        if title := re.match(r"\*\*([A-Za-z]+)\*\*|### 2\.2 DocumentHeader \(type (Header)\)", line):
            name = title[1] or title[2]
        elif name in TABLES and line.startswith(("| `", "| · ")):
            found.setdefault(name, []).append(design_row(line))
        elif not line.startswith("|"):
            name = ""
    return found


def design_row(line: str) -> Row:
    element, wco_id, kind, occurs, codes = (cell.strip() for cell in line.split("|")[1:6])
    codes = codes if kind == "code" else ""
    kind = kind.replace(" ≥1", "-from-1")
    return Row(element.count("·"), element.replace("· ", "").strip("`"), wco_id.strip("-"), kind, occurs, codes)


def schema_rows(holder: etree._Element, depth: int = 0) -> Iterator[Row]:
    sequence = holder.find(f"{XS}sequence")
    assert sequence is not None
    for element in sequence.iterchildren(f"{XS}element"):
        infos = [e.text or "" for e in element.iterfind(f"{XS}annotation/{XS}appinfo") if e.get("source") == "urn:n2n:wco-id"]
        low, high = element.get("minOccurs", "1"), element.get("maxOccurs", "1")
        codes = " ".join(code.get("value", "") for code in element.iterfind(f"{XS}simpleType/{XS}restriction/{XS}enumeration"))
        group = element.find(f"{XS}complexType")
        kind = element.get("type") or element.get("ref") or ("group" if group is not None else "code")
        name = element.get("name") or element.get("ref", "")
        yield Row(depth, name, "".join(infos), kind, low if low == high else f"{low}..{high}", codes)
        if group is not None:
            yield from schema_rows(group, depth + 1)


def holder_of(table: str) -> etree._Element:
    where = TABLES[table]
    file = DOCUMENTS / "core" / "xsd" / "parts.xsd" if where.startswith("2.") else family_file(where)
    root = etree.parse(file).getroot()
    for found in root.iterchildren(f"{XS}complexType", f"{XS}element"):
        if found.get("name") == table:
            inside = found.find(f"{XS}complexType")
            return found if inside is None else inside
    raise AssertionError(f"{file.name} has no {table}")


@pytest.mark.parametrize("table", TABLES)
def test_every_row_of_the_design_has_its_element(shared: Path, table: str) -> None:
    designed = design_tables((shared / "documents" / "DESIGN.md").read_text("utf-8"))[table]
    assert len(designed) >= 4
    assert list(schema_rows(holder_of(table))) == designed


def test_every_element_is_explained() -> None:
    for file in DOCUMENTS.glob("*/xsd/*.xsd"):
        for element in etree.parse(file).iter(f"{XS}element"):
            if element.get("ref") is None:
                assert element.findtext(f"{XS}annotation/{XS}documentation"), f"{file.name}: {element.get('name')}"


def test_no_schema_looks_outside_its_pack_and_the_core() -> None:
    for file in DOCUMENTS.glob("*/xsd/*.xsd"):
        for place in etree.parse(file).xpath("//@schemaLocation"):
            assert (file.parent / str(place)).resolve().parent in {file.parent, DOCUMENTS / "core" / "xsd"}


# -- simple types


@cache
def simple(kind: str) -> etree.XMLSchema:
    wrapped = f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:t" targetNamespace="urn:t" elementFormDefault="qualified">
      <xs:include schemaLocation="{(DOCUMENTS / "core" / "xsd" / "parts.xsd").as_uri()}"/><xs:element name="v" type="{kind}"/></xs:schema>"""
    return etree.XMLSchema(etree.fromstring(wrapped))


def takes(kind: str, value: str, **attributes: str) -> bool:
    element = etree.Element("{urn:t}v", attributes)
    element.text = value
    return simple(kind).validate(element)


DIGEST = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
BOUNDARIES = [
    ("date", ["2026-02-28", "2024-02-29"], ["2026-02-29", "2026-2-28", "2026-02-28Z", "2026-02-28+08:00", "-2026-02-28", ""]),
    (
        "dateTime",
        ["2026-11-20T12:00:00Z", "2026-11-20T12:00:00.1+08:00", "2026-11-20T12:00:00.123-05:00"],
        ["2026-11-20T12:00:00", "2026-11-20T12:00Z", "2026-11-20T12:00:00.1234Z", "2026-11-20T25:00:00Z", "2026-11-20"],
    ),
    ("country", ["TW", " TW "], ["tw", "T", "TWN", "T1", ""]),
    ("locode", ["TWKEL", "US2AB", "USA9Z"], ["TWKE", "TWKELL", "TW1KL", "TW0KL", "twkel", "T2KEL"]),
    ("pkg", ["CT", "4G", "43"], ["C", "CTN", "ct"]),
    ("hs", ["0902", "090210", "0902101234"], ["902", "09021012345", "0902.10", ""]),
    (
        "authority",
        ["TW-CUSTOMS", "EU-A", "TW-ABCDEFGHIJKLMNO-ABCDEFGHIJKLMNO", "TW-1-2"],
        ["TW", "TW-", "TW-ABCDEFGHIJKLMNOP", "TW-A-B-C", "tw-customs", "TWN-CUSTOMS", "TW-Customs"],
    ),
    ("digest", [DIGEST], [DIGEST[:-4], DIGEST[:-1], "AAAA" + DIGEST, "", "!" + DIGEST[1:]]),
    ("bool", ["true", "false"], ["1", "0", "True", ""]),
    (
        "decimal16.6",
        ["0", "0.000001", "9999999999.999999", "1234567890123456", "007.5"],
        ["-0.1", "0.0000001", "12345678901234567", "1e3", "12345678901.123456", "+1", "-0", ""],
    ),
    ("decimal16.3", ["0.001", "1234567890123.456"], ["0.0001", "12345678901234.567", "-1"]),
    ("decimal6.3", ["100", "999.999", "40.5"], ["1000.0001", "1234.567", "1234567", "-1"]),
    ("n..5", [" 0 ", "99999"], ["100000", "-1", "+1", "1.5", ""]),
    ("n..6", ["0", "999999"], ["1000000"]),
    ("n..8", ["0", "99999999"], ["100000000"]),
    ("n..9", ["0", "999999999"], ["1000000000"]),
    ("n..4-from-1", ["1", "9999"], ["0", "10000", "-1", "+1"]),
    ("n..5-from-1", ["1", "99999"], ["0", "100000"]),
    ("n..6-from-1", ["1", "999999"], ["0", "1000000"]),
    ("n..9-from-1", ["1", "999999999"], ["0", "1000000000"]),
]


@pytest.mark.parametrize(("kind", "good", "bad"), BOUNDARIES, ids=[kind for kind, _, _ in BOUNDARIES])
def test_a_simple_type_ends_where_the_design_says(kind: str, good: list[str], bad: list[str]) -> None:
    assert [value for value in good if not takes(kind, value)] == []
    assert [value for value in bad if takes(kind, value)] == []


@pytest.mark.parametrize("most", [3, 4, 5, 7, 8, 9, 17, 35, 70, 256, 512])
def test_a_text_has_one_to_n_characters_after_white_space_is_collapsed(most: int) -> None:
    kind = f"an..{most}"
    assert takes(kind, "字" * most)
    assert takes(kind, f"\n  {'x' * most}  ")
    assert not takes(kind, "x" * (most + 1))
    assert not takes(kind, "   ")


@pytest.mark.parametrize(
    ("kind", "value", "attribute", "good", "bad"),
    [
        ("Measure", "1.5", "unitCode", ["KGM", "H87", "5"], ["", "KGMS", "kgm"]),
        ("Amount", "1.5", "currencyID", ["TWD"], ["TW", "TWDX", "twd", ""]),
        ("Text512", "x", "languageID", ["en", "zh-Hant"], ["EN", "zh-TW", "eng", ""]),
        ("Text256", "x", "languageID", ["en", "zh-Hans"], ["zh-", "z"]),
    ],
)
def test_a_value_names_its_unit_currency_or_language(
    kind: str, value: str, attribute: str, good: list[str], bad: list[str]
) -> None:
    assert all(takes(kind, value, **{attribute: one}) for one in good)
    assert not any(takes(kind, value, **{attribute: one}) for one in bad)
    assert not takes(kind, value)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("attribute", "good", "bad"),
    [
        ("schemaVersion", ["1.0", "1.999"], ["1", "1.", "2.0", "1.1000", ""]),
        ("profile", ["a", "rcep.1", "x-" * 32], ["RCEP.1", "x" * 65, "", "a b"]),
    ],
)
def test_every_root_says_its_version_and_profile(family: str, attribute: str, good: list[str], bad: list[str]) -> None:
    document = etree.parse(next((DOCUMENTS / f"n2n-{family}" / "samples" / "good").glob("*.xml")))
    root = document.getroot()
    for value in good:
        root.set(attribute, value)
        assert schema(family).validate(document), value
    for value in bad:
        root.set(attribute, value)
        assert not schema(family).validate(document), value
    del root.attrib[attribute]
    assert not schema(family).validate(document)


def test_what_another_thread_took_away_while_it_was_compiled_is_looked_for_again(monkeypatch):
    from node.customs.packs.schema import DocumentSchema
    from node.ebms.xml import compile_schema
    from tests.documents import packs as shipped

    real, failures = compile_schema, [1, 2, 3]

    def sometimes(root):
        if failures:
            failures.pop()
            raise etree.XMLSchemaParseError("Failed to load the document for inclusion")
        return real(root)

    monkeypatch.setattr("node.customs.packs.schema.compile_schema", sometimes)
    definition = shipped().named("not.notice")
    files = {name.rpartition("/")[2]: octets for name, octets in {**definition._core, **definition._files}.items()}
    assert DocumentSchema("not.xsd", files).for_parser() is not None
    assert failures == []
