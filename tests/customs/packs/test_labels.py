"""Every element, code value and state of the core packs has a name in both languages."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from node.customs.packs.labels import LANGUAGES, Labels, LabelsRefused, read_labels

DOCUMENTS = Path(__file__).parents[3] / "profiles" / "documents"
XS = "{http://www.w3.org/2001/XMLSchema}"
PACKS = ("n2n-co", "n2n-aeo", "n2n-man", "n2n-res", "n2n-not", "n2n-rec")


def labels(pack: str, language: str) -> Labels:
    return read_labels((DOCUMENTS / folder / "labels" / f"{language}.toml").read_bytes() for folder in ("core", pack))


def elements(pack: str) -> Iterator[tuple[str, str, list[str]]]:
    """Parent, name and values of every element of a pack, those of the shared parts below each that uses them."""
    roots = [etree.parse(file).getroot() for file in DOCUMENTS.glob("*/xsd/*.xsd") if file.parts[-3] in {"core", pack}]
    types = {found.get("name"): found for root in roots for found in root.iterchildren(f"{XS}complexType")}

    def below(holder: etree._Element, parent: str) -> Iterator[tuple[str, str, list[str]]]:
        for child in holder:
            if child.tag == f"{XS}element":
                name = (child.get("name") or child.get("ref", "")).rpartition(":")[2]
                codes = child.iterfind(f"{XS}simpleType/{XS}restriction/{XS}enumeration")
                yield parent, name, [code.get("value", "") for code in codes]
                named = types.get(child.get("type"))
                if named is not None:
                    yield from below(named, name)
                yield from below(child, name)
            elif child.tag in {f"{XS}complexType", f"{XS}sequence"}:
                yield from below(child, parent)

    for root in roots:
        for element in root.iterchildren(f"{XS}element"):
            yield from below(element, element.get("name", ""))
            yield "", element.get("name", ""), []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("pack", PACKS)
def test_every_element_and_value_has_a_name(pack: str, language: str) -> None:
    said = labels(pack, language)
    found = list(elements(pack))
    assert len(found) >= 20
    assert [name for parent, name, _ in found if f"{parent}/{name}" not in said.fields and name not in said.fields] == []
    unnamed = [
        (parent, name, code)
        for parent, name, codes in found
        for code in codes
        if code not in said.values.get(f"{parent}/{name}", {}) and code not in said.values.get(name, {})
    ]
    assert unnamed == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("file", sorted(DOCUMENTS.glob("*/lifecycle/*.toml")), ids=lambda file: file.stem)
def test_every_state_has_the_name_that_its_life_cycle_gives_it(file: Path, language: str) -> None:
    said = labels(file.parts[-3], language)
    key = "name_en" if language == "en" else "name_zh"
    for machine in tomllib.loads(file.read_text("utf-8"))["machine"]:
        for state, names in machine["states"].items():
            assert said.states[machine["name"]][state] == names[key]


@pytest.mark.parametrize("pack", PACKS)
def test_both_languages_name_the_same(pack: str) -> None:
    english, chinese = (labels(pack, language) for language in LANGUAGES)
    assert english.fields.keys() == chinese.fields.keys()
    for one, other in ((english.values, chinese.values), (english.states, chinese.states)):
        assert {key: set(named) for key, named in one.items()} == {key: set(named) for key, named in other.items()}


def test_the_nearest_name_counts() -> None:
    said = labels("n2n-co", "zh-Hant")
    assert said.field("ID", "Invoice") == "發票號碼"
    assert said.field("ID", "Exporter") == "廠商編號"
    assert said.field("ID", "Unknown") == "號碼"
    assert said.field("Nothing") == "Nothing"
    assert said.value("FunctionCode", "9") == "原始"
    assert said.value("TypeCode", "864", "CertificateOfOrigin") == "優惠性原產地證明書"
    assert said.value("TypeCode", "CT", "Packaging") == "CT"
    assert said.state("issue", "REPLACED") == "已換發"
    assert said.state("issue", "LOST") == "LOST"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x", "Expected"),
        ("[names]\n", "names"),
        ("[fields]\nA = 1\n", "fields"),
        ("[values]\nA = 1\n", r"values\.A"),
        ("fields = 1", "fields"),
        ("values = 1", "values"),
    ],
)
def test_what_are_no_labels_is_refused(text: str, problem: str) -> None:
    with pytest.raises(LabelsRefused, match=problem):
        read_labels([text.encode()])
