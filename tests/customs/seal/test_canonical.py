"""Streamed canonical octets are those of libxml2, whatever the document; and a seal is cut out as if it had never been there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from node.customs.seal.canonical import NotCanonical, canonical, stream, without_seal
from node.ebms.namespaces import DS
from node.ebms.xml import XmlLimits, parse_xml

PREFIXES = ["", "a", "b", "ds"]
URIS = ["urn:1", "urn:2", DS]
LOCALS = ["e", "Name", "Signature", "x-y"]
TEXTS = st.lists(
    st.sampled_from(
        [
            "t",
            "關務",
            " ",
            "\n",
            "\r\n",
            "\t",
            "&amp;",
            "&lt;",
            "&#13;",
            "&#9;",
            "&gt;",
            '"',
            "'",
            "é",
            "]]&gt;",
            "<![CDATA[<&]]>",
        ]
    ),
    max_size=4,
).map("".join)
VALUES = st.lists(
    st.sampled_from(["v", "&amp;", "&lt;", "&#10;", "&#13;", "\t", "\n", "&quot;", "'", ">", "關"]), max_size=3
).map("".join)
LIMITS = XmlLimits(octets=20 << 20, elements=100_000, depth=80, only_elements=False)


@st.composite
def elements(draw, scope=None, depth=0):
    """An element as it is written; every prefix that it uses is declared."""
    scope = dict(scope or {"": ""})
    declared = draw(st.dictionaries(st.sampled_from(PREFIXES), st.sampled_from(URIS), max_size=3))
    if "" not in declared and scope[""] and draw(st.integers(0, 4)) == 0:
        declared[""] = ""
    scope |= declared
    local = draw(st.sampled_from(LOCALS))
    usable = [one for one in scope if not (scope[one] == DS and local == "Signature")]
    if not usable:
        local, usable = "e", list(scope)
    prefix = draw(st.sampled_from(sorted(usable)))
    name = f"{prefix}:{local}" if prefix else local
    attributes = {f"xmlns:{one}" if one else "xmlns": uri for one, uri in declared.items()}
    taken = set()
    for one in draw(st.lists(st.sampled_from(sorted(scope)), max_size=3)):
        key = (scope[one] if one else "", draw(st.sampled_from(["k", "l", "Id"])))
        if key not in taken:
            taken.add(key)
            attributes[f"{one}:{key[1]}" if one else key[1]] = draw(VALUES)
    order = draw(st.permutations(sorted(attributes.items())))
    quoted = "".join(f" {key}='{value}'" if '"' in value else f'  {key} = "{value}"' for key, value in order if "'" not in value)
    inside = draw(TEXTS)
    if depth < 3:
        for _ in range(draw(st.integers(0, 3))):
            inside += draw(elements(scope, depth + 1)) + draw(TEXTS)
    return f"<{name}{quoted}></{name}>" if not inside else f"<{name}{quoted}>{inside}</{name}>"


def streamed(octets, *, exclusive):
    pieces = []
    stream(octets, pieces.append, exclusive=exclusive)
    return b"".join(pieces)


@pytest.mark.parametrize("exclusive", [False, True])
@given(written=elements())
def test_a_stream_gives_what_libxml2_gives(exclusive, written):
    octets = written.encode()
    root = etree.fromstring(octets)
    assert streamed(octets, exclusive=exclusive) == etree.tostring(root, method="c14n", exclusive=exclusive)


@pytest.mark.slow
@pytest.mark.parametrize("exclusive", [False, True])
@given(written=elements(), prefix=st.sampled_from(["ds", "a", ""]), tail=st.sampled_from(["", "\n", " &amp; "]))
def test_a_seal_leaves_no_trace(exclusive, written, prefix, tail):
    at = written.rindex("</")
    name = f"{prefix}:Signature" if prefix else "Signature"
    declared = f"xmlns:{prefix}" if prefix else "xmlns"
    seal = f'<{name} {declared}="{DS}" Id="s"><e>x</e></{name}>'
    sealed = (written[:at] + seal + tail + written[at:]).encode()
    without = etree.fromstring((written[:at] + tail + written[at:]).encode())
    expected = etree.tostring(without, method="c14n", exclusive=exclusive)
    root = etree.fromstring(sealed)
    assert without_seal(root, root[-1], exclusive=exclusive) == expected
    assert etree.tostring(root) == etree.tostring(etree.fromstring(sealed))
    assert streamed(sealed, exclusive=exclusive) == expected


@pytest.mark.slow
@pytest.mark.parametrize("exclusive", [False, True])
@given(written=elements())
def test_a_part_is_the_same_where_it_stands_and_where_it_is_written_out(exclusive, written):
    root = etree.fromstring(f'<r xmlns="urn:d" xmlns:z="urn:z"><m xmlns:y="urn:y">{written}</m></r>'.encode())
    part = root[0][0]
    alone = canonical(part, exclusive=exclusive)
    # Written out in canonical form it is its own canonical form.
    assert etree.tostring(etree.fromstring(alone), method="c14n", exclusive=exclusive) == alone
    if not exclusive:
        head = alone[: alone.index(b">")]
        assert [b"xmlns:%b=" % one in head for one in (b"y", b"z")] == [True, True]
        # The same names and namespaces all the way down: lxml's own form of a part fails here.
        assert [one.tag for one in etree.fromstring(alone).iter()] == [one.tag for one in part.iter()]


def test_a_document_of_many_pieces_is_given_whole():
    octets = b"<r>" + b"<a><b x='1'>t</b></a>" * 9000 + b"</r>"
    pieces = []
    layout = stream(octets, pieces.append)
    assert len(pieces) > 2
    assert b"".join(pieces) == etree.tostring(etree.fromstring(octets), method="c14n")
    assert (layout.name, octets[layout.start : layout.head], octets[layout.foot :]) == ("r", b"<r>", b"</r>")


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"<!DOCTYPE r [<!ENTITY e 'x'>]><r>&e;</r>", "document type"),
        (b"<r><?p d?></r>", "processing instruction"),
        (b"<r><a></r>", "not well-formed"),
        (b"<r><x:a/></r>", "prefix x is not declared"),
        (b"<r x:a='1'/>", "prefix x is not declared"),
        (b"<r xmlns:x='rel'/>", "relative"),
        (b"<r xmlns:x='' />", "cannot stand"),
        (b"<r xmlns:a='urn:1' xmlns:b='urn:1' a:k='1' b:k='2'/>", "two attributes"),
        (b"<a>" * 65 + b"</a>" * 65, "65|64"),
        ("<r/>".encode("utf-16"), "not UTF-8"),
        (b"<r>\xff</r>", "not well-formed"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><r/>', "declared"),
        (b'<?xml version="1.1"?><r/>', "declared|not well-formed"),
    ],
)
def test_what_has_no_canonical_form_here_is_refused(octets, why):
    with pytest.raises(NotCanonical, match=why):
        stream(octets, lambda piece: None)


@pytest.mark.parametrize(
    ("octets", "within"),
    [
        (b"<r>12<!-- -->34</r>", True),
        (b"<r><!-- -->34</r>", True),
        (b"<r><a/>34<!-- --></r>", True),
        (b"<r>1<!-- --><!-- --><a/></r>", True),
        (b"<r><!-- --><a>34</a><!-- -->\n<b/></r>", False),
        (b"<!-- --><r>34</r><!-- -->", False),
    ],
)
def test_a_comment_within_a_text_is_told(octets, within):
    assert stream(octets, lambda piece: None).comment_in_text is within


def test_a_comment_between_elements_is_no_part_of_it():
    octets = b"<!-- a --><r>\n<!-- b --> <a>t</a><!-- c --></r><!-- d -->"
    assert streamed(octets, exclusive=False) == b"<r>\n <a>t</a></r>"


def test_where_signatures_are_is_told():
    seal = b'<ds:Signature xmlns:ds="%b"><a/></ds:Signature>' % DS.encode()
    octets = b"<r><a>" + seal + b"</a>" + seal + b"\n</r>"
    layout = stream(octets, lambda piece: None)
    assert [(octets[one.start : one.end], one.depth) for one in layout.seals if one.depth == 2] == [(seal, 2)]
    assert [one.depth for one in layout.seals] == [3, 2]
    assert layout.sealed_last
    assert not stream(octets.replace(b"\n", b"<b/>"), lambda piece: None).sealed_last


@pytest.mark.parametrize("after", [b"", b"\n", b"<b/>", b"<a></a>"])
def test_where_an_empty_seal_ends_is_told(after):
    seal = b"<Signature xmlns='%b' a='/>'/>" % DS.encode()
    octets = b"<r><b/>" + seal + after + b"</r>"
    layout = stream(octets, lambda piece: None)
    assert octets[layout.seals[0].start : layout.seals[0].end] == seal
    assert [layout.empty, stream(b"<r/>", lambda piece: None).empty] == [False, True]


def test_another_element_with_the_name_of_the_seal_is_kept():
    seal = b'<ds:Signature xmlns:ds="%b"><a/></ds:Signature>' % DS.encode()
    before, after = b'<r><ds:Signature xmlns:ds="urn:x">t</ds:Signature>u', b"v</r>"
    root = parse_xml(before + seal + after, LIMITS)
    assert without_seal(root, root[-1], exclusive=False) == before + after
    assert root[-1].tag == f"{{{DS}}}Signature"
