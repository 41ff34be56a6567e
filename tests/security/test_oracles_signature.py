"""Two other implementations judge what we sign, and we judge what they sign."""

from typing import Any

import pytest
import signxml
import xmlsec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree

from node.ebms.errors import EbmsError
from node.ebms.namespaces import DS, WSSE, WSU
from node.ebms.xml import parse_xml
from node.security.algorithms import ATTACHMENT_CONTENT_SIGNATURE, ECDSA_SHA256, RSA_SHA256, SHA256

KEY_IDENTIFIERS = ["bst", "bst-pkipath", "issuer-serial", "ski", "thumbprint"]


def ask_signxml(made: Any, envelope: bytes | None = None) -> None:
    """Raises when signxml does not agree with every reference and the value; the attachments are given to it."""
    held = {f"cid:{name}": octets for name, octets in made.attachments.items()}
    count = 2 + len(held)
    config = signxml.SignatureConfiguration(location=".//", expect_references=count)
    results = signxml.XMLVerifier().verify(
        envelope or made.envelope,
        x509_cert=made.key.certificate.x509,
        uri_resolver=held.__getitem__,
        id_attribute="Id",
        expect_config=config,
        validate_schema=False,
    )
    assert len(results) == count
    assert [one.signed_data for one in results] == [made.body, made.messaging, *made.attachments.values()]


@pytest.mark.parametrize("kind", ["rsa2048", "rsa3072", "p256"])
@pytest.mark.parametrize("key_identifier", KEY_IDENTIFIERS)
@pytest.mark.parametrize("parts", [0, 1, 3])
def test_signxml_accepts_what_we_sign(message: Any, kind: str, key_identifier: str, parts: int) -> None:
    ask_signxml(message(kind, key_identifier, {f"p{n}@node-a.example": bytes([n]) * 999 for n in range(parts)}))


def test_signxml_refuses_what_was_changed(message: Any) -> None:
    made = message()
    with pytest.raises(signxml.InvalidDigest):
        ask_signxml(made, made.envelope.replace(b">Submit<", b">Forged<"))


_METHODS = {
    "rsa2048": signxml.SignatureMethod.RSA_SHA256,
    "rsa3072": signxml.SignatureMethod.RSA_SHA256,
    "p256": signxml.SignatureMethod.ECDSA_SHA256,
}


def sign_with_signxml(made: Any, by_hand: Any, parts: dict[str, bytes]) -> bytes:
    """The same message signed by signxml: Body and Messaging by their ids, the parts through its hook for annotations."""
    token = by_hand.token(made.key.certificate)
    envelope = by_hand.envelope(token, messaging=made.messaging, body=made.body)
    signer = signxml.XMLSigner(
        method=signxml.methods.detached,
        signature_algorithm=_METHODS[made.kind],
        digest_algorithm=signxml.DigestAlgorithm.SHA256,
        c14n_algorithm=signxml.CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )

    def add_parts(signature: Any, signing_settings: Any) -> None:
        for name, octets in parts.items():
            reference = parse_xml(f'<x xmlns:ds="{DS}">{by_hand.reference(f"cid:{name}", octets)}</x>'.encode())[0]
            signature.find(f"{{{DS}}}SignedInfo").append(reference)

    signer.signature_annotators.insert(0, add_parts)
    key_info = parse_xml(f'<x xmlns:ds="{DS}">{by_hand.key_info()}</x>'.encode())[0]
    signature = signer.sign(
        parse_xml(envelope),
        key=made.key.private_key,
        key_info=key_info,
        reference_uri=["_body-1", "_msg-1"],
        id_attribute="Id",
    )
    octets: bytes = envelope.replace(b"</wsse:Security>", etree.tostring(signature) + b"</wsse:Security>")
    return octets


@pytest.mark.parametrize("kind", ["rsa2048", "rsa3072", "p256"])
@pytest.mark.parametrize("parts", [0, 1, 3])
def test_we_accept_what_signxml_signs(message: Any, by_hand: Any, kind: str, parts: int) -> None:
    made = message(kind, attachments={f"p{n}@node-a.example": bytes([n]) * 999 for n in range(parts)})
    octets = sign_with_signxml(Kinded(made, kind), by_hand, made.attachments)
    proof = made.judge(octets)
    assert proof.signer == made.key.certificate
    assert set(proof.attachments) == set(made.attachments)
    with pytest.raises(EbmsError):
        made.judge(octets.replace(b">Submit<", b">Forged<"))


class Kinded:
    """A message that knows the kind of its key."""

    def __init__(self, made: Any, kind: str) -> None:
        self.kind = kind
        self.key, self.messaging, self.body = made.key, made.messaging, made.body


# -- libxmlsec (same-document references alone: it has no SwA transform) -----------------------------------------------


def ask_xmlsec(made: Any, envelope: bytes | None = None) -> None:
    root = etree.fromstring(envelope or made.envelope)
    xmlsec.tree.add_ids(root, ["Id"])
    context = xmlsec.SignatureContext()
    pem = made.key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    context.key = xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatPem)
    context.verify(root.find(f".//{{{DS}}}Signature"))


@pytest.mark.parametrize("kind", ["rsa2048", "rsa3072", "p256"])
def test_libxmlsec_accepts_what_we_sign(message: Any, kind: str) -> None:
    made = message(kind, attachments={})
    ask_xmlsec(made)
    with pytest.raises(xmlsec.Error):
        ask_xmlsec(made, made.envelope.replace(b">Submit<", b">Forged<"))


@pytest.mark.parametrize(("kind", "method"), [("rsa2048", RSA_SHA256), ("p256", ECDSA_SHA256)])
@pytest.mark.parametrize("prefixes", ["", "S12", "S12 eb wsse"])
def test_we_accept_what_libxmlsec_signs(message: Any, by_hand: Any, kind: str, method: str, prefixes: str) -> None:
    made = message(kind, attachments={})
    inclusive = (
        f'<ec:InclusiveNamespaces xmlns:ec="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="{prefixes}"/>'
        if prefixes
        else ""
    )
    transforms = f'<ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#">{inclusive}</ds:Transform></ds:Transforms>'
    references = [by_hand.reference(f"#{name}", digest=b"", transforms=transforms) for name in ("_body-1", "_msg-1")]
    template = by_hand.signature(by_hand.signed_info(references, method=method, c14n_content=inclusive), value="")
    root = etree.fromstring(
        by_hand.envelope(by_hand.token(made.key.certificate), template, messaging=made.messaging, body=made.body)
    )
    xmlsec.tree.add_ids(root, ["Id"])
    context = xmlsec.SignatureContext()
    pem = made.key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    context.key = xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatPem)
    context.sign(root.find(f".//{{{DS}}}Signature"))
    proof = made.judge(etree.tostring(root))
    assert proof.signer == made.key.certificate
    assert {r.digest_method for r in proof.references} == {SHA256}


def test_what_is_signed_for_attachments_is_the_swa_transform(message: Any) -> None:
    root = parse_xml(message().envelope)
    transform = root.xpath("//ds:Reference[starts-with(@URI, 'cid:')]/ds:Transforms/ds:Transform", namespaces={"ds": DS})
    assert [one.get("Algorithm") for one in transform] == [ATTACHMENT_CONTENT_SIGNATURE]
    assert root.find(f".//{{{WSSE}}}Security") is not None
    assert root.find(".//*[@{%s}Id='_msg-1']" % WSU) is not None
