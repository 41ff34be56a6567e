"""Strict reading: the shape and nothing else."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.ebms.xml import parse_xml
from node.security.elements import (
    ShapeRefused,
    algorithm,
    attribute,
    base64,
    by_name,
    children,
    exactly,
    only_attributes,
    required,
    same_document,
    text,
)


@pytest.mark.parametrize("xml", ["<a><b/><c/></a>", "<a>\n <b/>\t<c/>\r\n</a>"])
def test_white_space_between_children_is_nothing(xml: str) -> None:
    assert [child.tag for child in exactly(parse_xml(xml.encode()), "b", "c")] == ["b", "c"]


@pytest.mark.parametrize("xml", ["<a>x<b/></a>", "<a><b/>x</a>", "<a>\u00a0<b/></a>", "<a><b/>\u2003</a>"])
def test_text_between_children_is_refused(xml: str) -> None:
    with pytest.raises(ShapeRefused):
        children(parse_xml(xml.encode()))


@pytest.mark.parametrize(
    "xml", ["<a/>", "<a><b/></a>", "<a><c/><b/></a>", "<a><b/><c/><c/></a>", "<a><b/><c xmlns='urn:x'/></a>"]
)
def test_children_are_exactly_those_named(xml: str) -> None:
    with pytest.raises(ShapeRefused):
        exactly(parse_xml(xml.encode()), "b", "c")


def test_named_children_come_in_any_order_but_once() -> None:
    found = by_name(parse_xml(b"<a><c/><b/></a>"), ("b", "c", "d"))
    assert set(found) == {"b", "c"}
    assert required(parse_xml(b"<a/>"), found, "b").tag == "b"
    with pytest.raises(ShapeRefused):
        required(parse_xml(b"<a/>"), found, "d")
    for xml in (b"<a><b/><b/></a>", b"<a><x/></a>"):
        with pytest.raises(ShapeRefused):
            by_name(parse_xml(xml), ("b", "c"))


def test_attributes_are_those_named() -> None:
    element = parse_xml(b'<a Algorithm=" urn:x "/>')
    assert algorithm(element) == " urn:x "
    for xml in (b"<a/>", b'<a Algorithm="u" xml:base="b"/>', b'<a algorithm="u"/>'):
        with pytest.raises(ShapeRefused):
            algorithm(parse_xml(xml))
    with pytest.raises(ShapeRefused):
        attribute(element, "URI")
    with pytest.raises(ShapeRefused):
        only_attributes(parse_xml(b'<a x:Id="1" xmlns:x="urn:x"/>'), "Id")


def test_text_has_no_elements_inside() -> None:
    assert text(parse_xml(b"<a>x</a>")) == "x"
    assert text(parse_xml(b"<a/>")) == ""
    with pytest.raises(ShapeRefused):
        text(parse_xml(b"<a>x<b/>y</a>"))


@given(st.binary(max_size=100), st.integers(1, 20))
def test_base64_is_read_whatever_its_lines(octets: bytes, width: int) -> None:
    written = b64encode(octets)
    lines = b"\r\n ".join(written[at : at + width] for at in range(0, len(written), width))
    assert base64(parse_xml(b"<a>" + lines.replace(b"\r", b"&#13;") + b"</a>")) == octets


@pytest.mark.parametrize(
    "wrong", ["QQ", "QQ=", "QQ===", "QR==", "Q===", "QUJD=", "QUJ-", "QQ==QQ==", "QQ==x", "é", "\u00a0", "QUI\u2028="]
)
def test_base64_has_one_spelling(wrong: str) -> None:
    with pytest.raises(ShapeRefused):
        base64(parse_xml(f"<a>{wrong}</a>".encode()))


@pytest.mark.parametrize("uri", ["", "#", "x", "#a#b", "#xpointer(/)", "#%41", "http://a/#b", "cid:x", " #a"])
def test_only_a_plain_fragment_is_of_the_same_document(uri: str) -> None:
    with pytest.raises(ShapeRefused):
        same_document(uri, "Reference")


def test_a_plain_fragment_is_an_id() -> None:
    assert same_document("#_msg-1", "Reference") == "_msg-1"
