"""Places in documents whose rows come and go, and in the WCO Data Model."""

from lxml import etree

from node.customs.checking.places import Places
from node.customs.finding import Pointer
from node.customs.packs.schema import Place
from tests.documents import packs, sample

CO = packs().named("co.certificate")


def test_positions_are_written_where_an_element_may_be_repeated():
    root = etree.fromstring(sample("co-rcep-multi-item").read_bytes())
    places = Places(CO.schema.places)
    assert places.path(root) == "/CertificateOfOrigin"
    assert places.path(root.find("{*}Exporter/{*}Address/{*}Line")) == "/CertificateOfOrigin/Exporter/Address/Line[1]"
    second = root.findall("{*}GoodsItem")[1]
    assert places.path(second.find("{*}Classification/{*}ID")) == "/CertificateOfOrigin/GoodsItem[2]/Classification/ID"
    # One that may be repeated and is not has its position too.
    assert places.path(root.find("{*}Invoice/{*}ID")) == "/CertificateOfOrigin/Invoice[1]/ID"


def test_every_path_finds_its_element_again():
    root = etree.fromstring(sample("co-rcep-multi-item").read_bytes())
    places = Places(CO.schema.places)
    for element in root.iter():
        steps = places.path(element).split("/")[2:]
        found = root.find("/".join("{*}" + step for step in steps)) if steps else root
        assert found is element


def test_the_row_that_is_judged_has_the_number_that_it_is_told():
    root = etree.fromstring(b"<List><Head/><Row><ID/></Row></List>")
    places = Places({("List", "Row"): Place(repeats=True)})
    places.row, places.place = root[1], 17
    assert places.path(root[1][0]) == "/List/Row[17]/ID"
    assert places.path(root[0]) == "/List/Head"


def test_what_is_repeated_against_the_schema_has_a_position():
    root = etree.fromstring(b"<List><Head/><Head/></List>")
    assert [Places({}).path(one) for one in root] == ["/List/Head[1]", "/List/Head[2]"]


def test_the_place_in_the_data_model():
    root = etree.fromstring(sample("co-rcep-multi-item").read_bytes())
    places = Places(CO.schema.places)
    assert places.pointer(root.find("{*}GoodsItem")) == Pointer("68A")
    assert places.pointer(root.find("{*}GoodsItem/{*}SequenceNumeric")) == Pointer("68A", "006")
    assert places.pointer(root.find("{*}ID")).tag == "D014"
    assert Places({}).pointer(root) == Pointer()
