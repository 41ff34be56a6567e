"""One ds:Signature as values, in the spellings of other stacks."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.ebms.c14n import canonicalize
from node.ebms.message import SignedTransform
from node.ebms.namespaces import DS, S12
from node.ebms.xml import parse_xml
from node.security.algorithms import ATTACHMENT_CONTENT_SIGNATURE, EXCLUSIVE_C14N
from node.security.claimed_signature import SignatureClaim, content_id, read_signature
from node.security.elements import ShapeRefused

TARGETS = {"_msg-1": "messaging", "_body-1": "body"}


def read(by_hand: Any, signature: str) -> SignatureClaim:
    """The claim of a signature that stands inside other elements with their own namespaces."""
    root = parse_xml(f'<S12:x xmlns:S12="{S12}" xmlns:p="urn:p" xmlns="urn:d"><a>{signature}</a></S12:x>'.encode())
    return read_signature(root[0][0], {"X509-1": parse_xml(by_hand.token().encode())}, TARGETS)


def test_a_signature_is_read_as_it_was_written(by_hand: Any) -> None:
    info = by_hand.signed_info()
    claim = read(by_hand, by_hand.signature(info))
    assert claim.signed_info == info.encode()
    assert claim.signer.octets == by_hand.key.certificate.der
    assert [(one.target, one.reference.uri, one.content_id) for one in claim.references] == [
        ("body", "#_body-1", ""),
        ("messaging", "#_msg-1", ""),
        ("attachment", "cid:p1.5f0e@node-a.example", "p1.5f0e@node-a.example"),
    ]
    assert claim.references[0].reference.transforms == (SignedTransform(EXCLUSIVE_C14N),)
    assert claim.references[2].reference.transforms == (SignedTransform(ATTACHMENT_CONTENT_SIGNATURE),)


_INCLUSIVE = f'<ec:InclusiveNamespaces xmlns:ec="{EXCLUSIVE_C14N}" PrefixList="{{}}"></ec:InclusiveNamespaces>'
_CUT = [
    pytest.param(lambda s: s, id="as we write it"),
    pytest.param(lambda s: s.replace("><", ">\n  <"), id="with white space"),
    pytest.param(lambda s: s.replace("ds:", "x:").replace("xmlns:ds", "xmlns:x"), id="another prefix"),
    pytest.param(lambda s: s.replace("ds:", "").replace("xmlns:ds", "xmlns"), id="no prefix"),
    pytest.param(lambda s: s.replace("<ds:Reference", '<ds:Reference Id="r"', 1), id="Id first"),
    pytest.param(lambda s: s.replace("<ds:Reference", f'<ds:Reference xmlns:ds="{DS}"'), id="declared again"),
    pytest.param(
        lambda s: s.replace("<ds:Reference", f'<q:Reference xmlns:q="{DS}"').replace("</ds:Reference", "</q:Reference"), id="own prefix"
    ),
    pytest.param(
        lambda s: s.replace("<ds:DigestValue", f'<q:DigestValue xmlns:q="{DS}"').replace("</ds:DigestValue", "</q:DigestValue"),
        id="own prefix below",
    ),
    pytest.param(lambda s: s.replace('"></ds:Canon', f'">{_INCLUSIVE.format("S12")}</ds:Canon'), id="PrefixList"),
    pytest.param(
        lambda s: s.replace("<ds:SignedInfo", f'<ds:SignedInfo xmlns:q="{DS}"')
        .replace('"></ds:Canon', f'">{_INCLUSIVE.format("q")}</ds:Canon')
        .replace("<ds:DigestValue", "<q:DigestValue")
        .replace("</ds:DigestValue", "</q:DigestValue"),
        id="two prefixes of ds",
    ),
    pytest.param(lambda s: s.replace('"></ds:Canon', f'">{_INCLUSIVE.format("S12 p #default")}</ds:Canon'), id="PrefixList #default"),
    pytest.param(lambda s: s.replace('"></ds:Canon', f'">{_INCLUSIVE.format("ds ec")}</ds:Canon'), id="PrefixList of the signature"),
    pytest.param(
        lambda s: s.replace('"></ds:Canon', f'">{_INCLUSIVE.format("z")}</ds:Canon').replace("<ds:DigestM", '<ds:DigestM xmlns:z="urn:z"').replace(
            '<ds:DigestM xmlns:z="urn:z"ethod', '<ds:DigestMethod xmlns:z="urn:z"'
        ),
        id="PrefixList declared below",
    ),
    pytest.param(
        lambda s: s.replace('exc-c14n#"></ds:Transform>', f'exc-c14n#">{_INCLUSIVE.format("S12")}</ds:Transform>'), id="PrefixList of a transform"
    ),
    pytest.param(
        lambda s: s.replace("<ds:SignedInfo", f'<ds:SignedInfo xmlns:ec="{EXCLUSIVE_C14N}"')
        .replace('"></ds:Canon', f'">{_INCLUSIVE.format("ec")}</ds:Canon')
        .replace('exc-c14n#"></ds:Transform>', 'exc-c14n#"><ec:InclusiveNamespaces PrefixList="p"></ec:InclusiveNamespaces></ds:Transform>'),
        id="ec declared above",
    ),
]  # fmt: skip


@pytest.mark.parametrize("change", _CUT)
def test_each_reference_is_its_own_canonical_form(by_hand: Any, change: Any) -> None:
    head = f'<ds:Signature xmlns:ds="{DS}" Id="SIG-1">'
    written = by_hand.signature().replace(head, head.replace(">", ' xmlns:z="urn:above">'))
    changed = change(written)
    claim = read(by_hand, changed)
    root = parse_xml(f'<S12:x xmlns:S12="{S12}" xmlns:p="urn:p" xmlns="urn:d"><a>{changed}</a></S12:x>'.encode())
    info = root[0][0][0]
    assert [one.reference.octets for one in claim.references] == [canonicalize(child) for child in list(info)[2:]]
    for one in claim.references:
        # On its own, as a receipt repeats it, it says the same.
        assert canonicalize(parse_xml(one.reference.octets)) == one.reference.octets


def test_prefix_lists_are_values(by_hand: Any) -> None:
    written = by_hand.signature().replace(
        'exc-c14n#"></ds:Transform>', f'exc-c14n#">{_INCLUSIVE.format(" eb3  S12 ")}</ds:Transform>', 1
    )
    assert read(by_hand, written).references[0].reference.transforms == (SignedTransform(EXCLUSIVE_C14N, ("eb3", "S12")),)


def test_no_two_references_have_one_uri(by_hand: Any) -> None:
    info = by_hand.signed_info([by_hand.body_reference(), by_hand.body_reference(method="urn:x")])
    with pytest.raises(ShapeRefused, match="one URI"):
        read(by_hand, by_hand.signature(info))


def test_32_references_are_the_most(by_hand: Any) -> None:
    def info(count: int) -> str:
        made: str = by_hand.signed_info([by_hand.reference(f"cid:{n}") for n in range(count)])
        return made

    assert len(read(by_hand, by_hand.signature(info(32))).references) == 32
    for count in (0, 33):
        with pytest.raises(ShapeRefused):
            read(by_hand, by_hand.signature(info(count)))


@pytest.mark.parametrize(("uri", "name"), [("cid:a@b", "a@b"), ("cid:a%40b", "a@b"), ("cid:%C3%B6", "ö"), ("cid:a+b", "a+b")])
def test_a_cid_is_decoded(uri: str, name: str) -> None:
    assert content_id(uri) == name


@given(st.text(alphabet="abcR<>/ds:Reference \"'&=xmln", max_size=40))
def test_a_uri_that_looks_like_a_reference_is_cut_all_the_same(by_hand: Any, uri: str) -> None:
    escaped = uri.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    info = by_hand.signed_info([by_hand.reference("cid:x" + escaped), by_hand.reference("cid:y")])
    claim = read(by_hand, by_hand.signature(info, value="AAAA"))
    assert claim.references[0].reference.uri == "cid:x" + uri
    assert canonicalize(parse_xml(claim.references[0].reference.octets)) == claim.references[0].reference.octets
