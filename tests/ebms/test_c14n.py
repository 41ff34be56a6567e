"""Exclusive canonicalization: by hand, against libxml2 and libxmlsec on random documents, and its cost."""

import hashlib
import sys
from base64 import b64decode

import pytest
import xmlsec
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from node.ebms import c14n
from node.ebms.c14n import canonicalize, canonicalize_linear
from node.ebms.xml import XmlLimits, XmlRefused, parse_xml

ENGINES = [canonicalize, canonicalize_linear]
PAYLOAD = XmlLimits(only_elements=False)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("document", "path", "prefix_list", "canonical"),
    [
        ("<a  c='2' b='1'/>", ".", (), '<a b="1" c="2"></a>'),
        # What follows the element is no part of it.
        ("<a><b/>tail</a>", "b", (), "<b></b>"),
        ("<a><b>x<c/>y</b>tail</a>", "b", (), "<b>x<c></c>y</b>"),
        # Only the namespaces that are used are declared, where they are used, and not again below.
        ("<a xmlns='urn:d' xmlns:p='urn:p' xmlns:u='urn:u'><p:b><p:c d=''/></p:b></a>", "*", (), '<p:b xmlns:p="urn:p"><p:c d=""></p:c></p:b>'),
        ("<a xmlns='urn:d'><b/></a>", "*", (), '<b xmlns="urn:d"></b>'),
        ("<a xmlns:p='urn:p'><b><p:c/><p:c/></b></a>", "b", (), '<b><p:c xmlns:p="urn:p"></p:c><p:c xmlns:p="urn:p"></p:c></b>'),
        # Prefixes bound anew, and bound back.
        ("<p:a xmlns:p='urn:1'><p:b xmlns:p='urn:2'><p:c xmlns:p='urn:1'/></p:b><p:d/></p:a>", ".", (),
         '<p:a xmlns:p="urn:1"><p:b xmlns:p="urn:2"><p:c xmlns:p="urn:1"></p:c></p:b><p:d></p:d></p:a>'),
        # The default namespace taken back.
        ("<a xmlns='urn:d'><b xmlns=''><c/></b></a>", ".", (), '<a xmlns="urn:d"><b xmlns=""><c></c></b></a>'),
        ("<a xmlns='urn:d'><b xmlns=''><c/></b></a>", "b", (), "<b><c></c></b>"),
        # An attribute without prefix is in no namespace; namespaced ones stand behind, by name of the namespace.
        ("<a xmlns:p='urn:2' xmlns:q='urn:1' p:x='' q:y='' z='' xml:lang='en'/>", ".", (),
         '<a xmlns:p="urn:2" xmlns:q="urn:1" z="" xml:lang="en" q:y="" p:x=""></a>'),
        # Two prefixes for one namespace: each attribute keeps its own.
        ("<a xmlns:p='urn:1' xmlns:q='urn:1'><b q:y='' p:x=''/></a>", "b", (), '<b xmlns:p="urn:1" xmlns:q="urn:1" p:x="" q:y=""></b>'),
        ("<a xmlns:p='urn:1' xmlns:q='urn:1'><b q:y=''/></a>", "b", (), '<b xmlns:q="urn:1" q:y=""></b>'),
        ("<p:a xmlns='urn:1' xmlns:p='urn:1' p:x=''/>", ".", (), '<p:a xmlns:p="urn:1" p:x=""></p:a>'),
        # Attributes of xml are not inherited.
        ("<a xml:lang='en' xml:space='preserve'><b/></a>", "b", (), "<b></b>"),
        ("<a xmlns:xml='http://www.w3.org/XML/1998/namespace'/>", ".", ("xml",), "<a></a>"),
        ("<a><xml:b xml:lang=''/></a>", "*", (), '<xml:b xml:lang=""></xml:b>'),
        # Characters.
        ("<a b='&#9;&#10;&#13;&quot;&lt;>&amp;&apos;'>&#13;&lt;&gt;&amp;\"'\t</a>", ".", (),
         '<a b="&#x9;&#xA;&#xD;&quot;&lt;>&amp;\'">&#xD;&lt;&gt;&amp;"\'\t</a>'),
        ("<a><![CDATA[<&>]]>\U00010000</a>", ".", (), "<a>&lt;&amp;&gt;\U00010000</a>"),
        # The PrefixList.
        ("<a xmlns:p='urn:p' xmlns:u='urn:u'><p:b><c/></p:b></a>", "*", ("u", "undeclared"),
         '<p:b xmlns:p="urn:p" xmlns:u="urn:u"><c></c></p:b>'),
        ("<a><b><c xmlns:u='urn:u'/><d/></b></a>", "b", ("u",), '<b><c xmlns:u="urn:u"></c><d></d></b>'),
        ("<a xmlns:u='urn:1'><b><c xmlns:u='urn:2'><u:d/></c></b></a>", "b", ("u",),
         '<b xmlns:u="urn:1"><c xmlns:u="urn:2"><u:d></u:d></c></b>'),
        ("<p:a xmlns='urn:d' xmlns:p='urn:p'><p:b><c/></p:b></p:a>", "*", ("#default",),
         '<p:b xmlns="urn:d" xmlns:p="urn:p"><c></c></p:b>'),
        ("<p:a xmlns='urn:d' xmlns:p='urn:p'><p:b><p:c xmlns=''/></p:b></p:a>", "*", ("#default",),
         '<p:b xmlns="urn:d" xmlns:p="urn:p"><p:c xmlns=""></p:c></p:b>'),
        ("<a><b/></a>", "b", ("#default",), "<b></b>"),
        # A prefix that is none says nothing.
        ("<a xmlns='urn:d'/>", ".", ("", "\x00", "p:q", "\ud800"), '<a xmlns="urn:d"></a>'),
    ],
)  # fmt: skip
def test_canonical_octets(engine, document, path, prefix_list, canonical):
    element = parse_xml(document.encode()).find(path)
    assert engine(element, prefix_list).decode() == canonical


@pytest.mark.parametrize("engine", ENGINES)
def test_comments_go_and_instructions_stay(engine):
    root = parse_xml(b"<!--0--><?r?><a>w<!--1-->x<?p  q ?>y<b><!--2--></b>z<?r?></a><?r?>", PAYLOAD)
    assert engine(root) == b"<a>wx<?p q ?>y<b></b>z<?r?></a>"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("document", [b"<a xmlns:p='x'/>", b"<a><b xmlns='//h/x'/></a>", b"<a xmlns='?x'/>"])
def test_a_relative_namespace_name_has_no_canonical_form(engine, document):
    with pytest.raises(XmlRefused, match="relative namespace name"):
        engine(etree.fromstring(document))


# -- random documents against other canonicalizers -----------------------------------------------------------------

URIS = ["urn:1", "urn:2", "http://www.w3.org/2003/05/soap-envelope"]
PREFIXES = ["", "p", "q", "é"]
TEXTS = st.text(st.sampled_from("ab \t\n\r<>&\"'é\u0085\u2028\U00010000"), max_size=5)


def reference(text, quote):
    """A text as a document may write it: everything dubious as a character reference."""
    return "".join(
        c if c.isalpha() or c == " " else f"&#{ord(c)};" if c not in "&<" or quote == "'" else {"&": "&amp;", "<": "&lt;"}[c]
        for c in text
    )


@st.composite
def elements(draw, scope=None, depth=3):
    """One well-formed element in which any prefix may be bound, bound anew and used."""
    scope = {"": "", **(scope or {})}
    quote = draw(st.sampled_from("\"'"))
    declared = draw(st.dictionaries(st.sampled_from(PREFIXES), st.sampled_from(URIS), max_size=3))
    if draw(st.integers(0, 3)) == 0:
        declared[""] = ""
    scope |= declared
    bound = [prefix for prefix in scope if prefix]
    name = draw(st.sampled_from(list(scope)))
    items = [f"xmlns{':' if prefix else ''}{prefix}={quote}{uri}{quote}" for prefix, uri in declared.items()]
    names = set()
    for _ in range(draw(st.integers(0, 3))):
        prefix, local = draw(st.sampled_from(["", "xml", *bound])), draw(st.sampled_from(["x", "y", "lang"]))
        # One attribute is one name in one namespace, whatever its prefix.
        key = (scope.get(prefix, "xml") if prefix else None, local)
        if key not in names:
            names.add(key)
            items.append(f"{prefix}{':' if prefix else ''}{local}={quote}{reference(draw(TEXTS), quote)}{quote}")
    inner = [reference(draw(TEXTS), "'")]
    for _ in range(draw(st.integers(0, 2)) if depth else 0):
        inner += [draw(elements(scope, depth - 1)), reference(draw(TEXTS), "'")]
    tag = f"{name}:e" if name else "e"
    return f"<{' '.join([tag, *draw(st.permutations(items))])}>{''.join(inner)}</{tag}>"


DOCUMENTS = elements()
PREFIX_LISTS = st.lists(st.sampled_from(["p", "q", "é", "nobody"]), max_size=6, unique=True)


@settings(max_examples=50)
@given(DOCUMENTS, PREFIX_LISTS)
def test_both_engines_and_libxml2_agree_on_every_subtree(document, prefix_list):
    for element in parse_xml(document.encode()).iter():
        octets = canonicalize_linear(element, prefix_list)
        assert canonicalize(element, prefix_list) == octets
        assert etree.tostring(element, method="c14n", exclusive=True, inclusive_ns_prefixes=prefix_list) == octets


@settings(max_examples=50)
@given(DOCUMENTS, st.lists(st.sampled_from(["#default", "p", "q", "nobody"]), max_size=4, unique=True), st.integers(0, 9))
def test_libxmlsec_digests_the_same_octets(document, prefix_list, which):
    root = etree.fromstring(f"<r xmlns:p='urn:1' xmlns='urn:2'>{document}</r>")
    chosen = list(root.iter())[1:]
    target = chosen[which % len(chosen)]
    target.set("Id", "target")
    assert digest_by_libxmlsec(root, prefix_list) == hashlib.sha256(canonicalize(target, prefix_list)).digest()


def digest_by_libxmlsec(root, prefix_list):
    """The DigestValue that libxmlsec writes for the element with the Id `target`; signing is the only way to its canonicalizer."""
    signature = xmlsec.template.create(root, xmlsec.constants.TransformExclC14N, xmlsec.constants.TransformHmacSha256)
    referenced = xmlsec.template.add_reference(signature, xmlsec.constants.TransformSha256, uri="#target")
    transform = xmlsec.template.add_transform(referenced, xmlsec.constants.TransformExclC14N)
    if prefix_list:
        name = "{http://www.w3.org/2001/10/xml-exc-c14n#}InclusiveNamespaces"
        etree.SubElement(transform, name, PrefixList=" ".join(prefix_list), nsmap={None: name[1:].partition("}")[0]})
    root.append(signature)
    xmlsec.tree.add_ids(root, ["Id"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_binary_data(xmlsec.constants.KeyDataHmac, b"key")
    context.sign(signature)
    return b64decode(signature.find(".//{*}DigestValue").text)


@settings(max_examples=50)
@given(DOCUMENTS, PREFIX_LISTS.map(lambda prefixes: [*prefixes, "#default"]))
def test_canonical_octets_are_their_own_canonical_form(document, prefix_list):
    octets = canonicalize(parse_xml(document.encode()), prefix_list)
    assert canonicalize(parse_xml(octets), prefix_list) == octets


# -- cost -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "prefix_list", "own"),
    [
        (b"<a/>", (), False),
        (b"<a/>", ("p", "q"), False),
        (b"<a/>", ("p", "#default"), True),
        (b"<a/>", tuple("pqrst"), True),
        (b"<a " + b" ".join(b"xmlns:n%d='urn:n'" % n for n in range(33)) + b"/>", (), True),
    ],
)
def test_libxml2_is_asked_only_where_it_is_right_and_cheap(document, prefix_list, own, monkeypatch):
    asked = []
    monkeypatch.setattr(c14n, "canonicalize_linear", lambda *_: asked.append(True) or b"")
    canonicalize(etree.fromstring(document), prefix_list)
    assert bool(asked) is own


def operations(namespaces, elements, prefixes):
    """How many instructions canonicalizing a bomb takes: namespaces in scope x elements x prefixes in the PrefixList."""
    declared = " ".join(f"xmlns:n{n}='urn:n{n}'" for n in range(namespaces))
    children = "<b c=''/>" * elements
    root = etree.fromstring(f"<r {declared} xmlns='urn:d'><a>{children}</a></r>")
    count = 0

    def trace(frame, event, _):
        nonlocal count
        if frame.f_code.co_filename != c14n.__file__:
            return None
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        octets = canonicalize(root[0], [f"n{n}" for n in range(prefixes)])
    finally:
        sys.settrace(before)
    assert octets.count(b"xmlns:") == min(namespaces, prefixes)
    return count


def test_the_bomb_costs_the_sum_and_not_the_product():
    few, more = operations(100, 100, 100), operations(100, 200, 100)
    element = (more - few) / 100
    # An element costs the same whatever is in scope and in the list; and each namespace and prefix the same, once.
    assert operations(400, 200, 400) - operations(400, 100, 400) == more - few
    assert operations(400, 100, 400) - operations(200, 100, 200) == 2 * (operations(200, 100, 200) - few)
    # 300 on Python 3.11, fewer on later ones.
    assert element <= 300
