"""White space that a schema does not see is not seen by rules either."""

import pytest

from node.customs.checking import spaces
from node.customs.checking.spaces import collapse, is_padded
from node.ebms.xml import parse_xml
from tests.documents import NOW, offline, rules, sample


@pytest.mark.parametrize(
    "octets",
    [
        b"<a> x</a>",
        b"<a>x </a>",
        b"<a>\n  x\n</a>",
        b"<a>x  y</a>",
        b"<a>x\ty</a>",
        b'<a b=" x"/>',
        b'<a b="x "/>',
        b'<a b="x " c="y"/>',
        b"<a>x&#32;</a>",
        b"<a>x&#x0A;y</a>",
        b"<a><![CDATA[ x]]></a>",
    ],
)
def test_space_that_a_token_does_not_have_is_seen_and_collapsed(octets):
    assert is_padded(octets)
    root = parse_xml(octets)
    collapse(root)
    assert root.text in (None, "x", "x y")
    assert root.get("b") in (None, "x")


def test_a_usual_document_is_not_touched():
    assert not is_padded(sample("co-rcep-multi-item").read_bytes())
    assert not is_padded(sample("aeo-full-50").read_bytes())


@pytest.mark.parametrize("piece", range(1, 40))
def test_space_is_seen_wherever_a_large_document_is_taken_apart(monkeypatch, piece):
    monkeypatch.setattr(spaces, "_PIECE", piece)
    assert not is_padded(b'<r>\n  <a b="x">y</a>\n  <c>1</c>\n</r>\n')
    assert is_padded(b'<r>\n  <a b="x">y</a>\n  <c>1 </c>\n</r>\n')
    assert is_padded(b'<r>\n  <a b="x ">y</a>\n  <c>1</c>\n</r>\n')
    assert is_padded(b"<r>\n  <a>y</a>\n  <c> 1</c></r>")


def test_signs_that_are_no_space_to_xml_stay():
    root = parse_xml("<a> x\u3000y\u00a0 </a>".encode())
    collapse(root)
    assert root.text == "x\u3000y\u00a0"


@pytest.mark.parametrize("name", ["co-rcep-multi-item", "man-sea-20", "aeo-full-50", "co-utilisation-part", "res-rejected"])
def test_a_document_that_another_program_has_indented_fares_the_same(name):
    octets = sample(name).read_bytes()
    root = parse_xml(octets)
    for element in root.iter():
        if len(element) == 0 and element.text:
            element.text = f"\n    {element.text}\n  "
    from lxml import etree

    padded = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    desk = offline()
    for path in sorted(sample(name).with_suffix(".prior").glob("*.xml")):
        desk.put_on_file(path.read_bytes(), NOW)
    assert rules(padded, desk) == rules(octets, desk) == []
