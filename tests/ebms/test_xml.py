"""What `parse_xml` lets through and what it refuses, limit by limit; and the two escapes."""

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from node.ebms import xml
from node.ebms.xml import XmlLimits, XmlRefused, compile_schema, escape_attribute, escape_text, is_absolute, new_root, parse_xml

PAYLOAD = XmlLimits(only_elements=False)


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"<a>x</a>", "x"),
        (b'<?xml version="1.0" encoding="UTF-8"?><a>x</a>', "x"),
        (b"<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\n<a>x</a>\n", "x"),
        (b'<?xml version="1.0"?>\n\n<a>x</a>', "x"),
        (b"\n <a>x</a>", "x"),
        # ED 3.2.2: a UTF-8 byte order mark.
        (b"\xef\xbb\xbf<a>x</a>", "x"),
        (b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?><a>\xc3\xa4</a>', "ä"),
        # C 5.1.2.5: UTF-16 with its mark, whatever its byte order.
        ('\ufeff<?xml version="1.0" encoding="UTF-16"?><a>\U00010000ä</a>'.encode("utf-16-le"), "\U00010000ä"),
        ("\ufeff<?xml version='1.0' encoding='utf-16'?><a>ä</a>".encode("utf-16-be"), "ä"),
        ("\ufeff<a>ä</a>".encode("utf-16-be"), "ä"),
        # What looks like markup inside CDATA is text.
        (b"<a><![CDATA[<!-- & <?x?> <!DOCTYPE]]>!</a>", "<!-- & <?x?> <!DOCTYPE!"),
        (b"<a>what?! no comment</a>", "what?! no comment"),
        (b"<a>&#65;&lt;&#xD;</a>", "A<\r"),
        (b'<a xmlns="" xmlns:p="urn:x" xmlns:q=\'http://h/\'>x</a>', "x"),
        (b'<a xmlns:p = "&#117;rn:x">x</a>', "x"),
        # An XML declaration's likeness in a text is a text.
        (b"<a>xmlns:p='no declaration'</a>", "xmlns:p='no declaration'"),
    ],
)
def test_good_documents_are_read(octets, text):
    assert parse_xml(octets).text == text


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"", "not well-formed"),
        (b"\x00", "not well-formed"),
        (b"<a>", "not well-formed"),
        (b"<a/><b/>", "not well-formed"),
        (b"<a>\x00</a>", "not well-formed"),
        (b"<a>\x01</a>", "not well-formed"),
        (b"<a>&e;</a>", "not well-formed"),
        (b"<p:a/>", "not well-formed"),
        (b"<a b='1' b='2'/>", "not well-formed"),
        (b"<a xmlns:p='urn:x' xmlns:q='urn:x' p:b='' q:b=''/>", "not well-formed"),
        (b"<a>]]></a>", "not well-formed"),
        (b"<![CDATA[x]]><a/>", "not well-formed"),
        # Encodings.
        (b"<a>\xe4</a>", "line 1: no UTF-8"),
        (b"<a>\xed\xa0\x80</a>", "line 1: no UTF-8"),
        (b"<a>\xc0\xbc</a>", "line 1: no UTF-8"),
        (b"\xff\xfe<", "line 1: no UTF-16"),
        ("\ufeff<a>".encode("utf-16-le") + b"\x00\xd8" + "</a>".encode("utf-16-le"), "line 1: no UTF-16"),
        ("<a/>".encode("utf-16-le"), "not well-formed"),
        ("\ufeff<a/>".encode("utf-32-le"), "not well-formed"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><a/>', "line 1: encoding ISO-8859-1 declared"),
        (b'<?xml version="1.0" encoding="UTF-7"?><a/>', "line 1: encoding UTF-7 declared"),
        (b'<?xml version="1.0" encoding="US-ASCII"?><a/>', "line 1: encoding US-ASCII declared"),
        (b'<?xml version="1.0" encoding="UTF-16"?><a/>', "line 1: encoding UTF-16 declared, but the octets are UTF-8"),
        ('\ufeff<?xml version="1.0" encoding="UTF-8"?><a/>'.encode("utf-16-le"), "but the octets are UTF-16"),
        (b'<?xml version="1.1"?><a/>', "line 1: XML version 1.1"),
        (b"<?xml version='1.0' encoding='UTF-8' ?", "line 1: XML declaration that cannot be read"),
        (b"<?xml encoding='UTF-8'?><a/>", "line 1: XML declaration that cannot be read"),
        # What is no element.
        (b"<!DOCTYPE a><a/>", "line 1: a DOCTYPE"),
        (b"\n<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", "line 2: a DOCTYPE"),
        (b"<?xml version='1.0'?>\n<!DOCTYPE a SYSTEM 'http://x/'><a/>", "line 2: a DOCTYPE"),
        (b"<a>\n\n<!-- x --></a>", "line 3: a comment"),
        (b"<!-- x --><a/>", "line 1: a comment"),
        (b"<a/>\n<!-- x -->", "line 2: a comment"),
        (b"<a><![CDATA[x]]>\n<!-- x --></a>", "line 2: a comment"),
        (b"<a>ab<?x?></a>", "line 1: a processing instruction"),
        (b"<?xml-stylesheet href='x'?><a/>", "line 1: a processing instruction"),
        (b" <?xml version='1.0'?><a/>", "line 1: a processing instruction"),
        (b"<?xml version='1.0'?><?xml version='1.0'?><a/>", "line 1: a processing instruction"),
        ('\ufeff<?xml version="1.0"\n?><a>\n<!-- --></a>'.encode("utf-16-le"), "line 3: a comment"),
        (b"<a><![CDATA[x</a>", "an unfinished CDATA section"),
        (b"<a><!ELEMENT a></a>", "a declaration"),
        # Relative namespace names have no canonical form.
        (b"<a xmlns='x'/>", "the relative namespace name 'x'"),
        (b"<a xmlns:p='//h/x'/>", "prefix 'p': the relative namespace name '//h/x'"),
        (b"<a><b xmlns:p\n=\n'../x'/></a>", "the relative namespace name '../x'"),
        (b"<a xmlns:p='&#120;'/>", "the relative namespace name 'x'"),
    ],
)
def test_bad_documents_are_refused_and_told_why(octets, why):
    with pytest.raises(XmlRefused) as refused:
        parse_xml(octets)
    assert why in str(refused.value)


def test_a_good_document_after_a_bad_one_is_read():
    for _ in range(3):
        with pytest.raises(XmlRefused):
            parse_xml(b"<a><b></a>")
        assert parse_xml(b"<a>x</a>").text == "x"


# -- limits: what just fits is read, one more is refused -----------------------------------------------------------

LIMITS = XmlLimits(octets=400_000, depth=5, elements=40, attributes=6, namespaces=4, text=200, names=30_000)


def attributes(count):
    return " ".join(f'a{n}="="' for n in range(count))


def namespaces(count):
    return " ".join(f'xmlns:n{n}="urn:n"' for n in range(count))


@pytest.mark.parametrize("siblings", [0, 200], ids=["small", "large"])
@pytest.mark.parametrize(
    ("most", "document"),
    [
        (5, lambda n: "<a>" * n + "</a>" * n),
        (40, lambda n: f"<a>{'<b/>' * (n - 1)}</a>"),
        (40, lambda n: f"<a>{'<b></b>' * (n - 1)}</a>"),
        (40, lambda n: f"<a>{'<b/>' * (n - 1)}<![CDATA[{'<' * 50}]]></a>"),
        (6, lambda n: f"<a><b {attributes(n)}/></a>"),
        (6, lambda n: f'<a xmlns:p="urn:x" xmlns:q="urn:y"><b {attributes(n)}/></a>'),
        (4, lambda n: f"<a><b {namespaces(n)}/></a>"),
        (4, lambda n: f'<a {namespaces(n - 1)}><b xmlns:n0="urn:again"/><b xmlns:m0="urn:m"/><b xmlns:m1="urn:m"/></a>'),
        (4, lambda n: f'<a xmlns="urn:d" {namespaces(n - 2)}><b xmlns="urn:e"><c xmlns:m="urn:m"/></b></a>'),
        (200, lambda n: f"<a><b/>{'x' * (n - 4)}</a>"),
        (200, lambda n: f"<a><b/>{'x' * (n - 104)}<![CDATA[{'<' * 88}]]></a>"),
        (200, lambda n: f"<a><b c='{'x' * (n - 9)}'/></a>"),
    ],
)
def test_each_limit_is_exact(most, document, siblings):
    # Large documents are counted before they are parsed, small ones after.
    limits = replace(LIMITS, elements=LIMITS.elements + siblings)

    def octets(n):
        return (document(n)[: -len("</a>")] + f"<z>{'y' * 150}</z>" * siblings + "</a>").encode()

    parse_xml(octets(most), limits)
    with pytest.raises(XmlRefused):
        parse_xml(octets(most + 1), limits)


@pytest.mark.parametrize(
    ("document", "limits", "why"),
    [
        (b"<a>" + b"x" * 100 + b"</a>", XmlLimits(octets=106), "107 octets, at most 106"),
        (b"<a>" + b"<b/>" * 300_000 + b"</a>", XmlLimits(octets=1 << 22), "elements, at most 20000"),
        (f"<a {attributes(20_000)}/>".encode(), XmlLimits(), "20000 attributes"),
        (f"<a {namespaces(10_000)}/>".encode(), XmlLimits(), "10000 namespace declarations"),
        (b"<a>" + b"x" * 300_000 + b"</a>", XmlLimits(), "line 1: a tag and its text of more than 262144 octets"),
        (b"<a>" + b"".join(b"<n%d/>" % n for n in range(15_000)) + b"</a>", XmlLimits(), "different names of more than 65536"),
        (b"<a " + b" ".join(b"n%d=''" % n for n in range(15_000)) + b"/>", XmlLimits(attributes=99_999), "different names"),
    ],
)
def test_what_would_cost_the_parser_dear_never_reaches_it(document, limits, why, monkeypatch):
    monkeypatch.setattr(xml, "_parse", lambda _: pytest.fail("the parser was called"))
    with pytest.raises(XmlRefused, match=why):
        parse_xml(document, limits)


def test_many_equal_signs_in_a_text_are_no_attributes():
    assert parse_xml(b"<a b='1'>" + b"x = 'y' " * 10_000 + b"</a>").get("b") == "1"


def test_a_refusal_by_depth_tells_the_line():
    with pytest.raises(XmlRefused, match="line 6: elements nested more than 5 deep"):
        parse_xml(b"<a>\n" * 6 + b"</a>" * 6, LIMITS)


# -- payloads -------------------------------------------------------------------------------------------------------


def test_a_payload_may_have_comments_and_instructions():
    octets = b"<!--a--><?p q?><a>x<!--><b>-->y<?r <c>?></a>"
    root = parse_xml(octets, PAYLOAD)
    assert etree.tostring(root.getroottree()) == octets


@pytest.mark.parametrize("octets", [b"<!--x--><!DOCTYPE a><a/>", b"<!-- <a/>", b"<?x <a/>", b"<!--a--b--><a/>"])
def test_a_payload_may_have_nothing_else(octets):
    with pytest.raises(XmlRefused):
        parse_xml(octets, PAYLOAD)


def test_comments_hide_no_elements_from_the_limits():
    limits = XmlLimits(elements=40, only_elements=False)
    parse_xml(b"<a>" + b"<!--<b/><b/><b/>-->" * 30 + b"</a>", limits)
    with pytest.raises(XmlRefused, match="51 elements"):
        parse_xml(b"<a><!--x-->" + b"<b/>" * 50 + b"<!--y--></a>", limits)


# -- properties -----------------------------------------------------------------------------------------------------

#: Pieces that XML is made of, so that arbitrary rows of them are often nearly XML.
PIECES = st.lists(
    st.sampled_from([b"<a>", b"</a>", b"<b/>", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?x", b"?>", b"&lt;", b"&e;", b"<!DOCTYPE a",
                     b">", b" xmlns='x'", b" p:q='1'", b"<a xmlns:p='urn:x'", b"'", b'"', b"\xef\xbb\xbf", b"\xff\xfe", b"\x00", b"x",
                     b"\xc3\xa4", b"\xe4", b"\n", b"<?xml version='1.0'", b" encoding='UTF-16'"])
).map(b"".join)  # fmt: skip


@given(st.one_of(st.binary(max_size=200), PIECES, PIECES.map(lambda inner: b"<a>" + inner + b"</a>")))
def test_any_octets_are_read_or_refused(octets):
    try:
        root = parse_xml(octets)
    except XmlRefused as refused:
        assert refused.args[0]  # noqa: PT017 - both outcomes are right
        return
    assert not list(root.iter(etree.Comment, etree.PI, etree.Entity))
    assert not root.getroottree().docinfo.doctype
    # What is let through, lxml reads the same way by itself.
    assert etree.tostring(root) == etree.tostring(etree.fromstring(octets))


XML_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=[*map(chr, range(9)), "\x0b", "\x0c",
                   *map(chr, range(14, 32)), "\ufffe", "\uffff"]))  # fmt: skip


@given(XML_TEXT, XML_TEXT)
def test_what_is_escaped_is_read_back(text, value):
    root = parse_xml(f'<a b="{escape_attribute(value)}">{escape_text(text)}</a>'.encode())
    assert ((root.text or ""), root.get("b")) == (text, value)
    assert etree.tostring(root, method="c14n").decode() == f'<a b="{escape_attribute(value)}">{escape_text(text)}</a>'


def test_the_escapes_are_those_of_canonical_xml():
    every = "&<>\"'\t\n\r\u0085\u2028"
    assert escape_text(every) == "&amp;&lt;&gt;\"'\t\n&#xD;\u0085\u2028"
    assert escape_attribute(every) == "&amp;&lt;>&quot;'&#x9;&#xA;&#xD;\u0085\u2028"


@pytest.mark.parametrize(("name", "absolute"), [("urn:x", True), ("", True), ("a/b:c", False), ("//h/x", False), ("#x", False)])
def test_a_namespace_name_is_absolute_with_a_scheme(name, absolute):
    assert is_absolute(name) is absolute


def test_threads_read_at_the_same_time():
    documents = [b"<a b='%d'>%s</a>" % (n, b"<c/>" * n) for n in range(200)]
    with ThreadPoolExecutor(4) as pool:
        roots = list(pool.map(parse_xml, documents))
    assert [(root.get("b"), len(root)) for root in roots] == [(str(n), n) for n in range(200)]


def in_fresh_thread(work):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def named(prefix):
    return b"<a>%s</a>" % b"".join(b"<%s%d/>" % (prefix, n) for n in range(1000))


def names_known():
    """How many names the dictionary of this thread holds, with those of another that it looks into."""
    return etree.memory_debugger.dict_size()


def test_a_thread_that_reads_has_names_of_its_own():
    parse_xml(named(b"ours"))
    before = names_known()
    assert in_fresh_thread(lambda: (parse_xml(named(b"theirs")), names_known())[1]) < 1100
    assert names_known() == before > 1000


def test_a_thread_that_writes_first_does_not_look_into_the_names_of_another():
    parse_xml(named(b"ours"))
    before = names_known()
    assert in_fresh_thread(lambda: (new_root("first"), names_known())[1]) < 100
    assert names_known() == before > 1000


def test_threads_that_live_at_the_same_time_know_only_their_own_names():
    together = Barrier(4)

    def work(number):
        together.wait()
        parse_xml(named(b"t%dx" % number))
        together.wait()
        return names_known()

    with ThreadPoolExecutor(4) as pool:
        assert max(pool.map(work, range(4))) < 1100


def test_a_root_that_is_written_has_its_namespaces_and_attributes():
    root = new_root("{urn:x}a", {None: "urn:x", "p": "urn:y"}, {"b": "1"})
    assert etree.tostring(root, method="c14n") == b'<a xmlns="urn:x" xmlns:p="urn:y" b="1"></a>'


SCHEMA = b'<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema"><x:element name="a" type="x:date"/></x:schema>'


def test_a_schema_is_compiled_from_a_root_or_a_file(tmp_path):
    (tmp_path / "a.xsd").write_bytes(SCHEMA)
    for schema in (compile_schema(parse_xml(SCHEMA)), compile_schema(file=str(tmp_path / "a.xsd"))):
        assert schema.validate(parse_xml(b"<a>2026-11-28</a>"))
        assert not schema.validate(parse_xml(b"<a>today</a>"))


def test_one_schema_is_compiled_at_a_time():
    overtaken = []

    class Included(etree.Resolver):
        def resolve(self, url, public_id, context):
            other = pool.submit(lambda: compile_schema(parse_xml(SCHEMA)))
            overtaken.extend(wait([other], timeout=0.5).done)
            return self.resolve_string(SCHEMA, context)

    parser = etree.XMLParser()
    parser.resolvers.add(Included())
    including = etree.fromstring(
        SCHEMA.replace(b"<x:element", b'<x:include schemaLocation="b.xsd"/><x:element').replace(b'"a"', b'"b"'), parser
    )
    with ThreadPoolExecutor(1) as pool:
        schema = compile_schema(including)
    assert overtaken == []
    assert schema.validate(parse_xml(b"<b>2026-11-28</b>"))
