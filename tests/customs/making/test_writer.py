"""Documents are written element by element."""

from node.customs.making.writer import write_document
from node.ebms.xml import parse_xml


def test_what_has_no_value_is_left_out():
    octets = write_document("urn:x", "A", {"profile": "p.1"}, [("B", "1"), ("C", None), None, ("D", (("E", None), ("F", "2")))])
    assert [child.tag for child in parse_xml(octets).iter()] == ["{urn:x}A", "{urn:x}B", "{urn:x}D", "{urn:x}F"]


def test_signs_of_xml_are_escaped_everywhere():
    root = parse_xml(write_document("urn:x", "A", {"a": '<">&'}, [("B", "<&>", {"b": '"'})]))
    assert (root.get("a"), root[0].text, root[0].get("b")) == ('<">&', "<&>", '"')
