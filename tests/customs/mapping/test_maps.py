"""The maps that come with the node: certificates to UBL 2.4 and back, certificates and manifests to the WCO Data Model."""

import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from node.codelists import open_lists
from node.customs.mapping.carrying import Loss
from node.customs.mapping.maps import Maps, octets_of
from node.customs.packs.problems import PackRefused
from node.library import open_pack, open_packs

DOCUMENTS = Path(__file__).parents[3] / "profiles" / "documents"
CERTIFICATES = sorted(file for file in DOCUMENTS.glob("n2n-co/samples/**/*.xml") if b"<CertificateOfOrigin " in file.read_bytes())
REPORTS = sorted(file for file in DOCUMENTS.glob("n2n-man/samples/**/*.xml") if b"<CargoReport " in file.read_bytes())
#: What the partner whose schema is used takes: no changes, only originals.
FUNCTIONS_OF_DMS = {"9", "13", "14"}


@cache
def maps() -> Maps:
    packs = open_packs(None, open_lists(None))
    return Maps(packs.all, {definition.id: definition for definition in packs.types()})


def leaves(root: etree._Element) -> set[tuple[str, str]]:
    """Every text and attribute with its place; the namespace of the root left out."""
    found = set()
    for element in root.iter("*"):
        steps = [element, *element.iterancestors()]
        place = "/".join(
            f"{etree.QName(step).localname}[{len(list(step.itersiblings(step.tag, preceding=True)))}]" for step in reversed(steps)
        )
        if (element.text or "").strip():
            found.add((place, (element.text or "").strip()))
        found.update((f"{place}/@{name}", value) for name, value in element.attrib.items())
    return found


def test_each_type_has_its_forms() -> None:
    assert set(maps().forms("co.certificate")) == {"ubl", "wco-dms"}
    assert set(maps().forms("man.cargo-report")) == {"wco-dms"}
    assert maps().forms("co.query") == {}


@pytest.mark.parametrize("file", CERTIFICATES, ids=lambda file: "/".join(file.parts[-2:]))
def test_a_certificate_is_valid_ubl_and_comes_back_as_it_was(shared: Path, file: Path) -> None:
    document = etree.parse(file).getroot()
    out = maps().outward(document, maps().forms("co.certificate")["ubl"])
    ubl(shared).assertValid(out.root)
    assert out.problems == []
    assert {loss.note for loss in out.losses} <= {
        "a reference to a document has no amount in UBL",
        "UBL has the statement as one text, here its code",
    }
    again = etree.fromstring(octets_of(out))
    table = maps().of_root(again)
    assert table
    assert table.name == "ubl"
    back = maps().inward(again, table)
    assert back.problems == []
    assert is_the_same_but_for(out.losses, document, back.root)


@settings(max_examples=40)
@given(st.sampled_from(CERTIFICATES), st.randoms(use_true_random=False))
def test_whatever_a_certificate_leaves_out_it_comes_back_as_it_was(file: Path, dice: random.Random) -> None:
    document = thinned(etree.parse(file).getroot(), dice)
    table = maps().forms("co.certificate")["ubl"]
    out = maps().outward(document, table)
    back = maps().inward(out.root, table)
    assert (out.problems, back.problems) == ([], [])
    schema().assertValid(back.root)
    assert is_the_same_but_for(out.losses, document, back.root)


def is_the_same_but_for(losses: Sequence[Loss], document: etree._Element, back: etree._Element) -> bool:
    told = [loss.value for loss in losses]
    missing = {value for _, value in leaves(document) - leaves(back)}
    return leaves(back) <= leaves(document) and all(any(value in words for words in told) for value in missing)


def thinned(root: etree._Element, dice: random.Random) -> etree._Element:
    """The document without some of what its schema lets it leave out."""
    for element in [element for element in root.iter("*") if dice.random() < 0.2]:
        parent = element.getparent()
        if parent is None or root not in element.iterancestors():
            continue
        place = parent.index(element)
        parent.remove(element)
        if not schema().validate(root):
            parent.insert(place, element)
    return root


@cache
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(DOCUMENTS / "n2n-co" / "xsd" / "co.xsd"))


@cache
def ubl(shared: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(shared / "schemas" / "ubl-2.4" / "driver-CertificateOfOrigin.xsd"))


@cache
def dms(shared: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(shared / "schemas" / "wco-dms-hmrc" / "driver-declaration.xsd"))


@pytest.mark.parametrize("file", CERTIFICATES, ids=lambda file: "/".join(file.parts[-2:]))
def test_a_certificate_is_a_valid_declaration_of_the_wco_model(shared: Path, file: Path) -> None:
    out = maps().outward(etree.parse(file).getroot(), maps().forms("co.certificate")["wco-dms"])
    assert out.problems == []
    assert "" not in {loss.note for loss in out.losses}
    function = out.root.find("{*}FunctionCode")
    assert function is not None
    if function.text not in FUNCTIONS_OF_DMS:
        function.text = "9"
    dms(shared).assertValid(out.root)


@pytest.mark.parametrize("file", REPORTS, ids=lambda file: "/".join(file.parts[-2:]))
def test_a_manifest_goes_to_the_wco_model_with_every_loss_explained(file: Path) -> None:
    document = etree.parse(file).getroot()
    out = maps().outward(document, maps().forms("man.cargo-report")["wco-dms"])
    assert out.problems == []
    assert "" not in {loss.note for loss in out.losses}
    consignments = out.root.findall("{*}Consignment")
    assert len(consignments) == len(document.findall("{*}Consignment"))
    assert [e.text for e in out.root.iter("{*}UNDGID")] == [e.text for e in document.iter("{*}UNDGID")]
    # Parties have names alone, and nobody reads this form back.
    assert maps().of_root(out.root) is None


def test_a_map_that_is_wrong_names_its_file_and_line(tmp_path: Path) -> None:
    pack = tmp_path / "x"
    (pack / "map").mkdir(parents=True)
    (pack / "pack.toml").write_text('id = "x"\nversion = "1.0"\nextends = ["co.certificate"]\n')
    columns = "source_path,target_path,direction,transform,condition,needed,loss_note"
    (pack / "map" / "own.csv").write_text(f"# type: co.certificate\n# root: D\n{columns}\nID,N,up,,,,\n")
    (pack / "map" / "other.csv").write_text(f"# type: co.nothing\n# root: D\n{columns}\n")
    with pytest.raises(PackRefused) as refused:
        Maps([open_pack(pack)], {definition.id: definition for definition in open_packs(None, open_lists(None)).types()})
    assert sorted(map(str, refused.value.problems)) == [
        "x/map/other.csv: the type 'co.nothing' is in no pack",
        "x/map/own.csv: line 4: direction 'up' is not in, out or both",
    ]


def test_samples_were_found() -> None:
    assert len(CERTIFICATES) > 20
    assert len(REPORTS) > 5
