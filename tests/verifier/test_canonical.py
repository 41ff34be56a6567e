"""The canonical octets are those of lxml (libxml2), and of the published vectors."""

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from verifier import n2n_verify as verifier
from verifier.n2n_verify import EXCLUSIVE, INCLUSIVE, Refused

NAMES = st.sampled_from(["a", "b", "c"])
PREFIXES = st.sampled_from(["", "p", "q", "r"])
URIS = st.sampled_from(["urn:1", "urn:2", "urn:3"])
TEXTS = st.text(alphabet="ab <>&\"'\t\n\r]é漢😀", max_size=8)


@st.composite
def documents(draw: st.DrawFn, depth: int = 0, scope: tuple[str, ...] = ("p", "q", "r")) -> str:
    """An element as text; the root declares every prefix, so that each may be used anywhere."""
    prefix = draw(PREFIXES)
    name = f"{prefix}:{draw(NAMES)}" if prefix else draw(NAMES)
    declared = {p: draw(URIS) for p in (scope if depth == 0 else draw(st.sets(PREFIXES, max_size=2)))}
    if "" in declared:
        declared[""] = draw(st.sampled_from(["urn:1", "urn:2", ""]))
    pairs = [f'xmlns{":" if p else ""}{p}="{uri}"' for p, uri in declared.items()]
    # Prefixes of attributes differ in their names, so that no two are the same attribute.
    pairs += [f'{p}{":" if p else ""}x{p}="{escaped(draw(TEXTS))}"' for p in draw(st.sets(PREFIXES, max_size=3))]
    inside = ""
    if depth < 4:
        for _ in range(draw(st.integers(0, 3))):
            inside += draw(st.one_of(TEXTS.map(escaped), documents(depth + 1), st.just("<!-- c -->")))
    return f"<{name} {' '.join(pairs)}>{inside}</{name}>"


def escaped(text: str) -> str:
    for sign, written in (
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ('"', "&quot;"),
        ("\t", "&#9;"),
        ("\n", "&#10;"),
        ("\r", "&#13;"),
    ):
        text = text.replace(sign, written)
    return text


def by_lxml(root: etree._Element, exclusive: bool, prefixes: list[str] | None = None) -> bytes:
    return etree.tostring(root, method="c14n", exclusive=exclusive, with_comments=False, inclusive_ns_prefixes=prefixes)


def apexes(text: bytes) -> list[tuple[etree._Element, verifier.Element]]:
    """Each element of the document, as lxml and as the verifier has it."""
    theirs = [one for one in etree.fromstring(text).iter() if isinstance(one.tag, str)]
    return list(zip(theirs, verifier.read_xml(text, verifier.PAYLOAD).walk(), strict=True))


@given(documents())
def test_exclusive_canonical_octets_are_those_of_lxml_for_every_element(text: str) -> None:
    for theirs, ours in apexes(text.encode()):
        assert verifier.canonical(ours) == by_lxml(theirs, exclusive=True)


@given(documents(), st.sets(st.sampled_from(["p", "q", "r"])))
def test_prefixes_of_the_inclusive_list_are_treated_as_lxml_does(text: str, prefixes: set[str]) -> None:
    for theirs, ours in apexes(text.encode()):
        assert verifier.canonical(ours, sorted(prefixes)) == by_lxml(theirs, exclusive=True, prefixes=sorted(prefixes))


@given(documents())
def test_inclusive_canonical_octets_are_those_of_lxml_for_the_whole(text: str) -> None:
    assert verifier.canonical(verifier.read_xml(text.encode(), verifier.PAYLOAD), method=INCLUSIVE) == by_lxml(
        etree.fromstring(text.encode()), exclusive=False
    )


@given(documents())
def test_canonical_octets_are_canonical(text: str) -> None:
    for method in (EXCLUSIVE, INCLUSIVE):
        once = verifier.canonical(verifier.read_xml(text.encode(), verifier.PAYLOAD), method=method)
        assert verifier.canonical(verifier.read_xml(once), method=method) == once


def test_the_default_namespace_may_be_in_the_inclusive_list() -> None:
    root = verifier.read_xml(b'<a xmlns="urn:d" xmlns:p="urn:p"><p:b/></a>')
    assert verifier.canonical(root.elements()[0], [""]) == b'<p:b xmlns="urn:d" xmlns:p="urn:p"></p:b>'
    assert verifier.canonical(root.elements()[0]) == b'<p:b xmlns:p="urn:p"></p:b>'


def test_an_inherited_attribute_of_xml_is_refused_where_it_would_be_signed() -> None:
    root = verifier.read_xml(b'<a xml:lang="en"><b/></a>')
    assert verifier.canonical(root.elements()[0]) == b"<b></b>"
    with pytest.raises(Refused):
        verifier.canonical(root.elements()[0], method=INCLUSIVE)


REFUSED = {
    "a DTD": b"<!DOCTYPE a><a/>",
    "an entity": b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>',
    "an unknown entity": b"<a>&e;</a>",
    "a processing instruction": b"<a><?p?></a>",
    "one in front": b"<?p?><a/>",
    "an undeclared prefix": b"<p:a/>",
    "an undeclared prefix of an attribute": b'<a p:b="1"/>',
    "one attribute twice": b'<a xmlns:p="u" xmlns:q="u" p:b="1" q:b="2"/>',
    "a prefix undone": b'<a xmlns:p=""/>',
    "the prefix xml elsewhere": b'<a xmlns:xml="u"/>',
    "the namespace xml elsewhere": b'<a xmlns:p="http://www.w3.org/XML/1998/namespace"/>',
    "the prefix xmlns": b'<a xmlns:xmlns="u"/>',
    "two colons": b'<a xmlns:p="u"><p:b:c/></a>',
    "XML 1.1": b'<?xml version="1.1"?><a/>',
    "two roots": b"<a/><b/>",
    "nothing": b"",
    "a zero": b"<a>\0</a>",
    "too deep": b"<a>" * 200 + b"</a>" * 200,
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_plain_xml_is_refused(case: str) -> None:
    with pytest.raises(Refused):
        verifier.read_xml(REFUSED[case])


@given(st.binary(max_size=100))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    with contextlib.suppress(Refused):
        verifier.canonical(verifier.read_xml(octets))


def test_many_attributes_and_namespaces_cost_no_more_than_their_size() -> None:
    many = b"<a " + b" ".join(b'xmlns:p%d="u:%d"' % (n, n) for n in range(20_000)) + b">" + b"<p1:b/>" * 20_000 + b"</a>"
    wide = verifier.Most(elements=30_000, namespaces=30_000, text=2**20, names=2**20)
    assert verifier.canonical(verifier.read_xml(many, wide)).count(b"p1:b") == 2 * 20_000


@pytest.mark.shared
def test_the_published_vectors_of_exclusive_canonicalization(shared: Path) -> None:
    folder = shared / "vectors" / "santuario" / "org" / "apache" / "xml" / "security" / "c14n" / "inExcl"
    example = verifier.read_xml((folder / "example2_2_1.xml").read_bytes())
    inner = next(one for one in example.walk() if one.local == "elem2")
    assert verifier.canonical(inner) == (folder / "example2_2_c14nized_exclusive.xml").read_bytes()


def signed_envelopes(shared: Path) -> list[bytes]:
    """The XML of every message in the vectors of AS4 that has a signature."""
    files = [path.read_bytes() for path in sorted((shared / "vectors" / "as4-messages").rglob("*")) if path.is_file()]
    envelopes = [one for octets in files for one in re.findall(rb"<(?:\w+:)?Envelope.*?</(?:\w+:)?Envelope>", octets, re.DOTALL)]
    return [one for one in envelopes if b"SignedInfo" in one]


@pytest.mark.shared
def test_the_envelopes_of_other_products_are_made_canonical_as_lxml_does(shared: Path) -> None:
    envelopes = signed_envelopes(shared)
    compared = 0
    for octets in envelopes:
        try:
            pairs = apexes(octets)
        except (Refused, etree.XMLSyntaxError):
            continue
        for theirs, ours in pairs:
            assert verifier.canonical(ours) == by_lxml(theirs, exclusive=True)
            assert verifier.canonical(ours, ["S12", "eb", "wsu", "env"]) == by_lxml(
                theirs, exclusive=True, prefixes=["S12", "eb", "wsu", "env"]
            )
            compared += 1
    assert len(envelopes) >= 15
    assert compared >= 500


@pytest.mark.shared
def test_signatures_of_other_products_hold_over_their_own_parts(shared: Path) -> None:
    held = set()
    for octets in signed_envelopes(shared):
        try:
            soap = verifier.read_soap(octets)
            signer = soap.signer([])
            soap.verify_parts()
            soap.signature.verify(signer)
        except Refused:
            continue
        held.add(octets)
    assert len(held) >= 3


WHOLE = [
    b'<?xml version="1.0"?>\n<?xml-stylesheet  href="a.xsl" type="x"?>\n<!-- c --><?empty?><a><?in  side ?>\r\n<b/></a>\n<?after it\r\nends?>\n',
    b"<a/>",
    b"<a>" * 150 + b"</a>" * 150,
]


@pytest.mark.parametrize("octets", WHOLE)
def test_a_whole_document_with_its_processing_instructions(octets: bytes) -> None:
    from node.ebms.xml import XmlLimits, parse_xml
    from node.security.attachments import canonical_document

    limits = XmlLimits(octets=1 << 20, depth=200, only_elements=False)
    assert verifier.canonical_document(octets) == canonical_document(parse_xml(octets, limits))
    # Also as libxml2 writes a document by itself.
    tree = etree.ElementTree(etree.fromstring(octets))
    assert verifier.canonical_document(octets) == etree.tostring(tree, method="c14n", exclusive=True, with_comments=False)


def test_a_document_with_a_dtd_has_no_canonical_form() -> None:
    with pytest.raises(Refused):
        verifier.canonical_document(b"<!DOCTYPE a><?p?><a/>")
