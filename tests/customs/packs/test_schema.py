"""Schemas from octets alone, with the places that they declare."""

import threading

import pytest

from node.customs.finding import Pointer
from node.customs.packs.schema import DocumentSchema, Place, SchemaRefused
from tests.documents import packs, sample

XS = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">'


def made(body, **more):
    files = {"a.xsd": f"{XS}{body}</xs:schema>".encode(), **{f"{name}.xsd": octets for name, octets in more.items()}}
    return DocumentSchema("a.xsd", files)


@pytest.mark.parametrize(("parent", "child", "place"), [
    ("", "CertificateOfOrigin", Place()),
    ("CertificateOfOrigin", "GoodsItem", Place(repeats=True, pointer=Pointer("68A"))),
    ("GoodsItem", "SequenceNumeric", Place(pointer=Pointer("68A", "006"))),
    ("Classification", "ID", Place(pointer=Pointer("21A", "145"))),
    ("Address", "Line", Place(repeats=True, pointer=Pointer("04A", "239"))),
    ("PreviousDocument", "ExpiryDate", Place()),
])  # fmt: skip
def test_places_and_pointers_of_certificates(parent, child, place):
    assert packs().named("co.certificate").schema.places[parent, child] == place


def test_a_schema_finds_its_own_files_and_nothing_else(tmp_path):
    include = '<xs:include schemaLocation="b.xsd"/><xs:element name="x" type="t"/>'
    part = f'{XS}<xs:simpleType name="t"><xs:restriction base="xs:string"/></xs:simpleType></xs:schema>'.encode()
    assert made(include, b=part).places
    with pytest.raises(SchemaRefused):
        made(include)
    outside = tmp_path / "c.xsd"
    outside.write_bytes(part)
    with pytest.raises(SchemaRefused):
        made(include.replace("b.xsd", outside.as_uri()))


@pytest.mark.parametrize("body", ["<xs:element/>", "<a", '<xs:element name="x" type="none"/>'])
def test_what_is_no_schema_is_refused(body):
    with pytest.raises(SchemaRefused):
        made(body)


def test_a_schema_that_is_not_there_is_refused():
    with pytest.raises(SchemaRefused, match=r"b\.xsd is missing"):
        DocumentSchema("b.xsd", {})


def test_a_type_that_holds_itself_ends():
    body = '<xs:element name="x" type="t"/><xs:complexType name="t"><xs:sequence><xs:element name="y" type="t" minOccurs="0" maxOccurs="2"/></xs:sequence></xs:complexType>'
    assert made(body).places["y", "y"].repeats


def holding(name, *inner):
    """A type with an element for each (name, type)."""
    elements = "".join(f'<xs:element name="{each}" type="{kind}" minOccurs="0"/>' for each, kind in inner)
    return f'<xs:complexType name="{name}"><xs:sequence>{elements}</xs:sequence></xs:complexType>'


@pytest.mark.parametrize(("most", "repeats"), [("0", False), ("1", False), ("2", True), ("unbounded", True)])
def test_what_may_stand_more_than_once_repeats(most, repeats):
    inner = f'<xs:element name="y" minOccurs="0" maxOccurs="{most}"/>'
    body = f'<xs:element name="x"><xs:complexType><xs:sequence>{inner}</xs:sequence></xs:complexType></xs:element>'
    assert made(body).places["x", "y"].repeats is repeats


def test_types_that_hold_each_other_many_times_are_gone_through_once():
    names = [f"y{number}" for number in range(50)]
    body = '<xs:element name="x" type="t"/>' + holding("t", *((name, "t") for name in names))
    # Every name below x and below every name, and x itself.
    assert len(made(body).places) == 50 * 51 + 1


def test_types_may_hold_types_to_any_depth():
    depth = 2_000
    types = "".join(holding(f"t{number}", (f"y{number}", f"t{number + 1}")) for number in range(depth))
    body = '<xs:element name="x" type="t0"/>' + types + holding(f"t{depth}", ("last", "xs:string"))
    assert (f"y{depth - 1}", "last") in made(body).places


def test_threads_have_schemas_of_their_own():
    schema = packs().named("co.query").schema
    seen = []
    thread = threading.Thread(target=lambda: seen.append(schema.for_parser()))
    thread.start()
    thread.join()
    assert schema.for_parser() is schema.for_parser()
    assert seen[0] is not schema.for_parser()
    assert sample("co-query").exists()
