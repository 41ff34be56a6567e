"""What is written is its own canonical form, and says what the P-Mode says."""

import hashlib
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from node.ebms.c14n import canonicalize
from node.ebms.envelope import open_envelope, write_envelope
from node.ebms.namespaces import DS, S11, S12, WSSE, WSU
from node.ebms.xml import escape_attribute, parse_xml
from node.security.claim import read_security
from node.security.keys import KeyUseFailed
from node.security.sign import security_header, sign
from node.security.suites import EDELIVERY_1_15, EDELIVERY_2_EDDSA

KEY_IDENTIFIERS = ["bst", "bst-pkipath", "issuer-serial", "ski", "thumbprint"]
KINDS = ["rsa2048", "rsa3072", "ed25519", "p256", "brainpool"]


def canonical(element: Any) -> bytes:
    """A second opinion: libxml2's own exclusive canonicalization."""
    octets: bytes = etree.tostring(element, method="c14n", exclusive=True, with_comments=False)
    return octets


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("key_identifier", KEY_IDENTIFIERS)
def test_we_accept_what_we_sign(message: Any, kind: str, key_identifier: str) -> None:
    made = message(kind, key_identifier)
    proof = made.judge()
    assert proof.signer == made.key.certificate
    assert proof.chain == (made.key.chain if key_identifier == "bst-pkipath" else (made.key.certificate,))
    assert proof.references == made.parts.references
    assert [r.octets for r in proof.references] == [r.octets for r in made.parts.references]
    assert proof.signed_info == made.parts.signed_info
    assert proof.attachments == {name: proof.references[2 + n] for n, name in enumerate(made.attachments)}


@pytest.mark.parametrize("key_identifier", KEY_IDENTIFIERS)
def test_the_order_is_body_messaging_parts_and_the_token_stands_before_its_use(message: Any, key_identifier: str) -> None:
    made = message(key_identifier=key_identifier, attachments={"a@x": b"1", "b@x": b"2"})
    assert [r.uri for r in made.parts.references] == ["#_body-1", "#_msg-1", "cid:a@x", "cid:b@x"]
    root = parse_xml(made.envelope)
    tags = [etree.QName(child).localname for child in root[0][0]]
    assert tags == (["BinarySecurityToken", "Signature"] if key_identifier.startswith("bst") else ["Signature"])
    assert b"InclusiveNamespaces" not in made.envelope


def test_a_digest_is_of_what_is_written(message: Any) -> None:
    made = message(attachments={})
    assert [r.digest for r in made.parts.references] == [hashlib.sha256(o).digest() for o in (made.body, made.messaging)]


_text = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("<>&\"'\t\n\r"), max_size=30)
_name = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30)


@settings(max_examples=60)
@given(st.lists(_name, max_size=4, unique=True), st.sampled_from(KEY_IDENTIFIERS), _text)
def test_whatever_the_names_the_octets_are_their_own_canonical_form(
    pki: Any, names: list[str], key_identifier: str, unique: str
) -> None:
    messaging_id, body_id = "m" + unique, "b" + unique
    body = f'<S12:Body xmlns:S12="{S12}" xmlns:wsu="{WSU}" wsu:Id="{escape_attribute(body_id)}"></S12:Body>'.encode()
    digests = [(name, hashlib.sha256(name.encode()).digest()) for name in names]
    key, policy = pki.key("a", "ed25519"), EDELIVERY_2_EDDSA.signature(key_identifier=key_identifier)
    parts = sign(b"<m></m>", messaging_id, body, body_id, digests, policy, key, unique)
    root = parse_xml(write_envelope(security_header([parts.octets]), b'<x:h xmlns:x="urn:x" xmlns="urn:y"></x:h>', body))
    security = root[0][0]
    signature = security[-1]
    assert canonical(signature[0]) == canonicalize(signature[0]) == parts.signed_info
    assert b"".join(canonical(child) for child in security) == parts.octets
    references = signature[0][2:]
    assert [canonical(one) for one in references] == [r.octets for r in parts.references]
    assert [one.get("URI") for one in references] == [r.uri for r in parts.references]
    assert len({r.uri for r in parts.references}) == len(names) + 2


@settings(max_examples=60)
@given(_name)
@example("a%40b")
@example("50% off#1")
def test_a_content_id_comes_back(message: Any, name: str) -> None:
    held = message("ed25519", attachments={"x": b""})
    parts = sign(held.messaging, "_msg-1", held.body, "_body-1", [(name, b"d" * 32)], held.policy, held.key, "1")
    claim = read_security(open_envelope(write_envelope(security_header([parts.octets]), held.messaging, held.body)))
    assert claim.signature is not None
    assert claim.signature.references[2].content_id == name


@pytest.mark.parametrize(("version", "namespace", "must"), [("1.2", S12, "true"), ("1.1", S11, "1")])
def test_the_security_header_must_be_understood(version: str, namespace: str, must: str) -> None:
    octets = security_header([b"<a></a>", b"<b></b>"], version)
    root = parse_xml(octets)
    assert root.tag == f"{{{WSSE}}}Security"
    assert root.get(f"{{{namespace}}}mustUnderstand") == must
    assert [child.tag for child in root] == ["a", "b"]
    assert canonical(root) == octets.replace(
        f" xmlns:{'S12' if version == '1.2' else 'S11'}=".encode(), f" xmlns:{'S12' if version == '1.2' else 'S11'}=".encode()
    )


def test_a_key_of_another_kind_cannot_sign(message: Any, pki: Any) -> None:
    with pytest.raises(KeyUseFailed):
        sign(b"", "m", b"", "b", [], EDELIVERY_1_15.signature(), pki.key("a", "ed25519"), "1")


def test_an_unknown_key_identifier_is_a_value_error(pki: Any) -> None:
    with pytest.raises(ValueError, match="x509ski"):
        sign(b"", "m", b"", "b", [], EDELIVERY_1_15.signature(key_identifier="x509ski"), pki.key("a"), "1")


def test_a_signature_needs_no_namespace_from_outside(message: Any) -> None:
    made = message()
    token, signature = parse_xml(b"<x>" + made.parts.octets + b"</x>")
    assert (token.tag, signature.tag) == (f"{{{WSSE}}}BinarySecurityToken", f"{{{DS}}}Signature")
