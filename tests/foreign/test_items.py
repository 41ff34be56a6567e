"""A foreign file becomes a tree of items, or is refused."""

import pytest

from node.foreign.items import ForeignRefused, namespace_of, read_json, read_xml, said


def test_elements_attributes_and_text_of_an_xml_file() -> None:
    root = read_xml(b'<a xmlns="urn:n" b="1"><!-- no --><c>text</c><c d="2"/><e/></a>', "urn:n")
    assert [(one.path, one.shape, one.value) for one in root.walk()] == [
        ("/a", "a", None),
        ("/a/@b", "a/@b", "1"),
        ("/a/c[1]", "a/c", "text"),
        ("/a/c[2]", "a/c", None),
        ("/a/c[2]/@d", "a/c/@d", "2"),
        ("/a/e", "a/e", None),
    ]
    assert root.text("c") == "text"
    assert root.first("c", "@d") is None
    assert [one.text("@d") for one in root.all("c")] == ["", "2"]


def test_names_of_other_namespaces_carry_them() -> None:
    octets = b'<n:a xmlns:n="urn:n" xmlns:o="urn:o" xml:lang="en" o:x="1"><b/><o:c/></n:a>'
    assert [one.name for one in read_xml(octets, "urn:n").items] == ["@xml:lang", "@{urn:o}x", "b", "{urn:o}c"]


def test_text_after_a_child_belongs_to_its_parent() -> None:
    assert read_xml(b"<a><b/>loose</a>", "").value == "loose"


def test_members_of_a_json_file() -> None:
    root = read_json(b'{"a": [{"b": 1}, true], "c": null}')
    assert [(one.path, one.shape, one.value) for one in root.walk()] == [
        ("$", "", None),
        ("$.a", "a", None),
        ("$.a[0]", "a/*", None),
        ("$.a[0].b", "a/*/b", 1),
        ("$.a[1]", "a/*", True),
        ("$.c", "c", None),
    ]


def test_an_array_at_the_top_has_the_shape_of_its_elements() -> None:
    assert [one.shape for one in read_json(b'[{"a": 1}]').walk()] == ["", "", "a"]


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b'{"a": 1, "a": 2}', "says one name twice"),
        (b"[" * 100_000, "no JSON"),
        (b"[" * 40 + b"]" * 40, "nested more than"),
        (b" " * (9 << 20), "at most"),
        (b"\xff", "no JSON"),
        (b'{"a": "\\ud800"}', "no Unicode"),
    ],
)
def test_json_that_is_not_read(octets: bytes, why: str) -> None:
    with pytest.raises(ForeignRefused, match=why):
        read_json(octets)


@pytest.mark.parametrize("octets", [b"<a>", b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', b"<a>" * 70 + b"</a>" * 70])
def test_xml_that_is_not_read(octets: bytes) -> None:
    with pytest.raises(ForeignRefused):
        read_xml(octets, "")
    with pytest.raises(ForeignRefused):
        namespace_of(octets)


def test_a_file_of_too_many_parts_is_refused_before_each_has_its_path() -> None:
    few = b"<a>" + b'<b c="" d="" e=""/>' * 24_000 + b"</a>"
    assert sum(1 for _ in read_xml(few, "").walk()) == 96_001
    with pytest.raises(ForeignRefused, match="104001 elements and attributes"):
        read_xml(few.replace(b"</a>", b'<b c="" d="" e=""/>' * 2_000 + b"</a>"), "")
    with pytest.raises(ForeignRefused, match="at most 100000"):
        read_json(b"[" + b"0," * 100_000 + b"0]")


def test_a_long_name_is_cut() -> None:
    assert len(read_xml(b"<" + b"a" * 2000 + b"/>", "").name) == 80
    assert len(read_json(b'{"' + b"a" * 2000 + b'": 1}').items[0].name) == 80


def test_the_namespace_of_a_root() -> None:
    assert namespace_of(b'<a xmlns="urn:n"/>') == "urn:n"
    assert namespace_of(b"<a/>") == ""


def test_a_value_reads_as_its_file_writes_it() -> None:
    assert (said(True), said(3), said("x")) == ("true", "3", "x")
