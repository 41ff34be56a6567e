"""The signature rows of the attack catalogue: every one is refused, or changes nothing of what is read."""

import copy
import hmac
import itertools
import random
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from lxml import etree

from node.ebms.envelope import open_envelope
from node.ebms.errors import EbmsError, SoapFault
from node.ebms.namespaces import DS, DSIG11, EB, S12, WSSE, WSU, XENC
from node.ebms.xml import parse_xml
from node.security.algorithms import (
    ATTACHMENT_CONTENT_SIGNATURE,
    BASE64_BINARY,
    ECDSA_SHA256,
    EDDSA_ED25519,
    EXCLUSIVE_C14N,
    RSA_SHA256,
    THUMBPRINT_SHA1,
    X509_PKIPATH_V1,
    X509_SUBJECT_KEY_IDENTIFIER,
    X509_V3,
)
from node.security.certificates import write_pkipath
from node.security.claim import read_security

AUTHENTICATION, POLICY, HEADER, INCONSISTENT = "EBMS:0101", "EBMS:0103", "EBMS:0009", "EBMS:0003"
NOT_PROVEN = {AUTHENTICATION, POLICY}
#: Also what the envelope itself may say before wsse:Security is looked at.
REFUSED = {AUTHENTICATION, POLICY, HEADER, INCONSISTENT, "SOAP"}
_ID = f"{{{WSU}}}Id"


def verdict(by_hand: Any, envelope: bytes, **other: Any) -> str:
    """The error's code, or `accepted`."""
    try:
        by_hand.judge(envelope, **other)
    except EbmsError as error:
        return error.definition.code if error.detail else "without a reason"
    except SoapFault:
        return "SOAP"
    return "accepted"


def test_what_the_attacks_are_made_from_is_accepted(by_hand: Any) -> None:
    assert verdict(by_hand, by_hand.envelope()) == "accepted"


# -- A1 wrapping -----------------------------------------------------------------------------------------------------

TARGETS = ("messaging", "body", "timestamp", "token")
PLACES = (
    "before",
    "after",
    "unknown-header",
    "security",
    "object",
    "signature-property",
    "in-body",
    "around",
    "second-header",
    "second-body",
    "fault-detail",
    "foreign-role",
)
ID_POLICIES = ("same", "none", "new", "moved-loses", "other-attribute")
CASES = list(itertools.product(TARGETS, PLACES, ID_POLICIES))
SAMPLE = sorted(random.Random(1).sample(CASES, 200))


def _timestamped(by_hand: Any) -> bytes:
    stamp = (
        f'<wsu:Timestamp xmlns:wsu="{WSU}" wsu:Id="TS-1"><wsu:Created>2026-11-24T00:00:00Z</wsu:Created>'
        "<wsu:Expires>2026-11-24T00:05:00Z</wsu:Expires></wsu:Timestamp>"
    )
    references = [*by_hand.references(), by_hand.reference("#TS-1", stamp.encode())]
    made: bytes = by_hand.envelope(stamp, by_hand.token(), by_hand.signature(by_hand.signed_info(references)))
    return made


def _forge(element: Any, target: str, by_hand: Any) -> Any:
    forged = copy.deepcopy(element)
    if target == "messaging":
        forged.find(f".//{{{EB}}}Action").text = "Forged"
    elif target == "body":
        etree.SubElement(forged, "{urn:x}forged")
    elif target == "timestamp":
        forged[1].text = "2099-01-01T00:00:00Z"
    else:
        forged.text = b64encode(by_hand.stranger.certificate.der).decode()
    return forged


def _put(root: Any, original: Any, forged: Any, place: str) -> None:
    """The forged element takes the place of the original one, which goes elsewhere."""
    header, body = root[0], root[1]
    parent, at = original.getparent(), original.getparent().index(original)
    signature = root.find(f".//{{{DS}}}Signature")
    parent[at] = forged
    if body is original:
        body = forged
    if place == "before":
        parent.insert(at, original)
    elif place == "after":
        parent.insert(at + 1, original)
    elif place == "unknown-header":
        etree.SubElement(header, "{urn:x}Wrapper").append(original)
    elif place == "security":
        root.find(f".//{{{WSSE}}}Security").append(original)
    elif place == "object":
        etree.SubElement(signature, f"{{{DS}}}Object").append(original)
    elif place == "signature-property":
        holder = etree.SubElement(etree.SubElement(signature, f"{{{DS}}}Object"), f"{{{DS}}}SignatureProperties")
        etree.SubElement(holder, f"{{{DS}}}SignatureProperty").append(original)
    elif place == "in-body":
        body.append(original)
    elif place == "around":
        forged.append(original)
    elif place == "second-header":
        second = etree.Element(f"{{{S12}}}Header")
        second.append(original)
        root.insert(1, second)
    elif place == "second-body":
        etree.SubElement(root, f"{{{S12}}}Body").append(original)
    elif place == "fault-detail":
        fault = etree.SubElement(body, f"{{{S12}}}Fault")
        etree.SubElement(fault, f"{{{S12}}}Detail").append(original)
    else:
        wrapper = etree.SubElement(header, "{urn:x}Wrapper")
        wrapper.set(f"{{{S12}}}role", "urn:another")
        wrapper.append(original)


def _rename(original: Any, forged: Any, policy: str) -> None:
    name = original.get(_ID)
    if policy == "none":
        del forged.attrib[_ID]
    elif policy == "new":
        forged.set(_ID, "_forged")
    elif policy == "moved-loses":
        del original.attrib[_ID]
        original.set("Id", name)
    elif policy == "other-attribute":
        del forged.attrib[_ID]
        forged.set("{http://www.w3.org/XML/1998/namespace}id", name)


@pytest.mark.parametrize(("target", "place", "policy"), SAMPLE)
def test_a_wrapped_message_is_refused(by_hand: Any, target: str, place: str, policy: str) -> None:
    root = parse_xml(_timestamped(by_hand))
    header, security = root[0], root[0].find(f"{{{WSSE}}}Security")
    original = {
        "messaging": header.find(f"{{{EB}}}Messaging"),
        "body": root[1],
        "timestamp": security.find(f"{{{WSU}}}Timestamp"),
        "token": security.find(f"{{{WSSE}}}BinarySecurityToken"),
    }[target]
    forged = _forge(original, target, by_hand)
    _rename(original, forged, policy)
    _put(root, original, forged, place)
    octets = etree.tostring(root)
    found = verdict(by_hand, octets)
    if target == "token" and policy == "new" and original.getparent() is security:
        # Two tokens, of which the signature names the true one: nothing is wrapped (Oxalis-AS4 PR 28).
        assert found == "accepted"
        assert by_hand.judge(octets).signer == by_hand.key.certificate
    else:
        assert found in REFUSED


def test_what_the_wrappings_are_made_from_is_accepted(by_hand: Any) -> None:
    assert verdict(by_hand, _timestamped(by_hand)) == "accepted"


# -- A2 ids ----------------------------------------------------------------------------------------------------------

Attack = Callable[[Any], bytes]


def _beside(attributes: str) -> Attack:
    """An unknown header that carries the id of eb:Messaging once more."""
    extra = f'<x:h xmlns:x="urn:x" xmlns:wsu="{WSU}" xmlns:ds="{DS}" xmlns:y="urn:y" {attributes}/>'.encode()
    return lambda h: h.envelope().replace(b"</S12:Header>", extra + b"</S12:Header>")


def _messaging(old: str, new: str) -> Attack:
    return lambda h: h.envelope().replace(old.encode(), new.encode(), 1)


IDS: list[tuple[str, Attack, set[str]]] = [
    ("wsu:Id twice", _beside('wsu:Id="_msg-1"'), REFUSED),
    ("wsu:Id twice, once by character reference", _beside('wsu:Id="&#95;msg-1"'), REFUSED),
    # Ids of other kinds name nothing here: the message is read as it was signed.
    ("Id", _beside('Id="_msg-1"'), REFUSED | {"accepted"}),
    ("ID", _beside('ID="_msg-1"'), REFUSED | {"accepted"}),
    ("xml:id", _beside('xml:id="_msg-1"'), REFUSED | {"accepted"}),
    ("Id of a foreign namespace", _beside('y:Id="_msg-1"'), REFUSED | {"accepted"}),
    ("Id in ds", lambda h: h.envelope().replace(b"<ds:KeyInfo>", b'<ds:KeyInfo Id="_msg-1">'), REFUSED),
    ("id with a space", _messaging('wsu:Id="_msg-1"', 'wsu:Id="_msg-1 "'), REFUSED),
    ("Messaging named by Id", _messaging('wsu:Id="_msg-1"', 'Id="_msg-1"'), REFUSED),
    ("Messaging named by xml:id", _messaging('wsu:Id="_msg-1"', 'xml:id="_msg-1"'), REFUSED),
    ("Body and Messaging with one id", _messaging('wsu:Id="_body-1"', 'wsu:Id="_msg-1"'), REFUSED),
    ("token with the id of Messaging", lambda h: h.envelope(h.token(name="_msg-1"), h.signature()), REFUSED),
    (
        "percent form of the id",
        lambda h: h.envelope(
            h.token(),
            h.signature(h.signed_info([h.body_reference(), h.reference("#%5Fmsg-1", h.messaging), h.part_reference()])),
        ),
        REFUSED,
    ),
]


@pytest.mark.parametrize(("attack", "expected"), [pytest.param(a, e, id=name) for name, a, e in IDS])
def test_an_id_names_one_thing_or_nothing(by_hand: Any, attack: Attack, expected: set[str]) -> None:
    octets = attack(by_hand)
    assert octets != by_hand.envelope()
    found = verdict(by_hand, octets)
    assert found in expected
    if found == "accepted":
        assert read_security(open_envelope(octets)).messaging == by_hand.messaging


# -- A3 one of each --------------------------------------------------------------------------------------------------


def _twice(tag: str) -> Attack:
    """The first element of this tag in the signature is written twice."""

    def attack(h: Any) -> bytes:
        signature = h.signature()
        start = signature.index(f"<ds:{tag}")
        end = signature.index(f"</ds:{tag}>") + len(f"</ds:{tag}>")
        made: bytes = h.envelope(h.token(), signature[:end] + signature[start:end] + signature[end:])
        return made

    return attack


def _moved_out(h: Any) -> bytes:
    """The signature stands in the Header beside wsse:Security."""
    made: bytes = h.envelope(h.token()).replace(b"</S12:Header>", h.signature().encode() + b"</S12:Header>")
    return made


def _two_security_headers(h: Any) -> bytes:
    octets = h.envelope()
    start, end = octets.index(b"<wsse:Security "), octets.index(b"</wsse:Security>") + len(b"</wsse:Security>")
    made: bytes = octets[:end] + octets[start:end].replace(b"SIG-1", b"SIG-2").replace(b"X509-1", b"X509-2") + octets[end:]
    return made


def _order(h: Any) -> bytes:
    signature = h.signature()
    start, end = signature.index("<ds:SignedInfo"), signature.index("</ds:SignedInfo>") + len("</ds:SignedInfo>")
    made: bytes = h.envelope(
        h.token(), signature[:start] + signature[end:].replace("</ds:Signature>", signature[start:end]) + "</ds:Signature>"
    )
    return made


ONE_OF_EACH: list[tuple[str, Attack, set[str]]] = [
    ("two Signatures", lambda h: h.envelope(h.token(), h.signature(), h.signature().replace("SIG-1", "SIG-2")), {AUTHENTICATION}),
    ("Signature of a stranger beside", lambda h: h.envelope(h.token(), h.signature(value="AAAA"), h.signature()), REFUSED),
    ("two Security headers", _two_security_headers, REFUSED),
    ("two SignedInfo", _twice("SignedInfo"), {AUTHENTICATION}),
    ("two SignatureValue", _twice("SignatureValue"), {AUTHENTICATION}),
    ("two KeyInfo", _twice("KeyInfo"), {AUTHENTICATION}),
    ("two CanonicalizationMethod", _twice("CanonicalizationMethod"), {AUTHENTICATION}),
    ("two SignatureMethod", _twice("SignatureMethod"), {AUTHENTICATION}),
    ("two DigestValue", _twice("DigestValue"), {AUTHENTICATION}),
    ("Signature inside Signature", lambda h: h.envelope(h.token(), h.signature(tail=h.signature().replace("SIG-1", "SIG-2"))), {AUTHENTICATION}),
    ("Object", lambda h: h.envelope(h.token(), h.signature(tail="<ds:Object></ds:Object>")), {AUTHENTICATION}),
    ("Signature outside Security", _moved_out, {POLICY}),
    ("SignedInfo last", _order, {AUTHENTICATION}),
    ("text between", lambda h: h.envelope(h.token(), "x", h.signature()), {AUTHENTICATION}),
    ("unknown element in Security", lambda h: h.envelope(h.token(), h.signature(), '<x:y xmlns:x="urn:x"></x:y>'), {POLICY}),
    ("five tokens", lambda h: h.envelope(*[h.token(name=f"X509-{n}") for n in range(1, 6)], h.signature()), {AUTHENTICATION}),
]  # fmt: skip


@pytest.mark.parametrize(("attack", "expected"), [pytest.param(a, e, id=name) for name, a, e in ONE_OF_EACH])
def test_there_is_one_of_each(by_hand: Any, attack: Attack, expected: set[str]) -> None:
    assert verdict(by_hand, attack(by_hand)) in expected


# -- A4 coverage -----------------------------------------------------------------------------------------------------


def _with(*choose: Callable[[Any], str]) -> Attack:
    """A truly signed message with these references."""

    def attack(h: Any) -> bytes:
        made: bytes = h.envelope(h.token(), h.signature(h.signed_info([one(h) for one in choose])))
        return made

    return attack


def _extra(uri: str | None, octets: bytes = b"", **other: Any) -> Attack:
    return _with(
        lambda h: h.body_reference(),
        lambda h: h.messaging_reference(),
        lambda h: h.part_reference(),
        lambda h: h.reference(uri, octets, **other),
    )


_BODY, _MSG, _PART = (lambda h: h.body_reference()), (lambda h: h.messaging_reference()), (lambda h: h.part_reference())
COVERAGE: list[tuple[str, Attack, set[str]]] = [
    ("Body not covered", _with(_MSG, _PART), {POLICY}),
    ("Messaging not covered", _with(_BODY, _PART), {POLICY}),
    ("attachment not covered", _with(_BODY, _MSG), {POLICY}),
    ("nothing covered", _with(), {AUTHENTICATION}),
    ("Body twice, Messaging not", _with(_BODY, _BODY, _PART), {AUTHENTICATION}),
    ("Messaging twice", _with(_BODY, _MSG, _MSG, _PART), {AUTHENTICATION}),
    ("attachment twice by another spelling", _extra("cid:p1.5f0e%40node-a.example"), {AUTHENTICATION}),
    ("a part that no PartInfo names", _extra("cid:other@node-a.example"), {AUTHENTICATION}),
    ("an id that stands nowhere", _extra("#nowhere"), {AUTHENTICATION}),
    ("the token", _extra("#X509-1"), {AUTHENTICATION}),
    ("a Manifest", _extra("#m", attributes=f' Type="{DS}Manifest"'), {AUTHENTICATION}),
    ("the whole document", _extra(""), {AUTHENTICATION}),
    ("no URI", _extra(None), {AUTHENTICATION}),
    ("xpointer of the root", _extra("#xpointer(/)"), {AUTHENTICATION}),
    ("xpointer of an id", _extra("#xpointer(id('_msg-1'))"), {AUTHENTICATION}),
    ("a file", _extra("file:///etc/hostname"), {AUTHENTICATION}),
    ("a bare path", _extra("/etc/hostname"), {AUTHENTICATION}),
    ("a URL", _extra("http://127.0.0.1:9/"), {AUTHENTICATION}),
    ("cid without a name", _extra("cid:"), {AUTHENTICATION}),
    ("cid that is no UTF-8", _extra("cid:%FF"), {AUTHENTICATION}),
    ("CID in capitals", _extra("CID:p1.5f0e@node-a.example"), {AUTHENTICATION}),
    ("33 references", _with(_BODY, _MSG, *[lambda h, n=n: h.reference(f"cid:{n}") for n in range(31)]), {AUTHENTICATION}),
]  # fmt: skip


@pytest.mark.parametrize(("attack", "expected"), [pytest.param(a, e, id=name) for name, a, e in COVERAGE])
def test_what_is_signed_equals_what_is_read(by_hand: Any, attack: Attack, expected: set[str]) -> None:
    assert verdict(by_hand, attack(by_hand)) in expected


# -- A5 transforms ---------------------------------------------------------------------------------------------------

_SWA = "http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1#"
_STR = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#STR-Transform"


def _transforms(*names: str, content: str = "") -> str:
    inner = "".join(f'<ds:Transform Algorithm="{name}">{content}</ds:Transform>' for name in names)
    return f"<ds:Transforms>{inner}</ds:Transforms>"


def _on_messaging(transforms: str) -> Attack:
    return _with(_BODY, lambda h: h.messaging_reference(transforms=transforms), _PART)


def _on_part(transforms: str) -> Attack:
    return _with(_BODY, _MSG, lambda h: h.part_reference(transforms=transforms))


def _c14n(name: str, content: str = "") -> Attack:
    def attack(h: Any) -> bytes:
        made: bytes = h.envelope(h.token(), h.signature(h.signed_info(c14n=name, c14n_content=content)))
        return made

    return attack


def _prefix_list(count: int) -> str:
    names = " ".join(f"p{n}" for n in range(count))
    return f'<ec:InclusiveNamespaces xmlns:ec="{EXCLUSIVE_C14N}" PrefixList="{names}"></ec:InclusiveNamespaces>'


_XPATH = f'<ds:XPath xmlns:ds="{DS}">false()</ds:XPath>'
_XSLT = '<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0"></xsl:stylesheet>'
TRANSFORMS: list[tuple[str, Attack, set[str]]] = [
    ("XSLT", _on_messaging(_transforms("http://www.w3.org/TR/1999/REC-xslt-19991116", content=_XSLT)), {POLICY}),
    ("XPath", _on_messaging(_transforms("http://www.w3.org/TR/1999/REC-xpath-19991116", content=_XPATH)), {POLICY}),
    ("XPath filter 2", _on_messaging(_transforms("http://www.w3.org/2002/06/xmldsig-filter2", content=_XPATH)), {POLICY}),
    ("base64", _on_messaging(_transforms(f"{DS}base64")), {POLICY}),
    ("enveloped signature", _on_messaging(_transforms(f"{DS}enveloped-signature")), {POLICY}),
    ("decryption", _on_messaging(_transforms("http://www.w3.org/2002/07/decrypt#XML")), {POLICY}),
    ("inclusive c14n", _on_messaging(_transforms("http://www.w3.org/TR/2001/REC-xml-c14n-20010315")), {POLICY}),
    ("inclusive c14n 1.1", _on_messaging(_transforms("http://www.w3.org/2006/12/xml-c14n11")), {POLICY}),
    ("exclusive c14n with comments", _on_messaging(_transforms(EXCLUSIVE_C14N + "WithComments")), {POLICY}),
    ("STR-Transform", _on_messaging(_transforms(_STR)), {POLICY}),
    ("unknown", _on_messaging(_transforms("urn:x")), {POLICY}),
    ("Attachment-Content on an element", _on_messaging(_transforms(ATTACHMENT_CONTENT_SIGNATURE)), {POLICY}),
    ("exclusive c14n on an attachment", _on_part(_transforms(EXCLUSIVE_C14N)), {POLICY}),
    ("Attachment-Complete", _on_part(_transforms(_SWA + "Attachment-Complete-Signature-Transform")), {POLICY}),
    ("XSLT on an attachment", _on_part(_transforms("http://www.w3.org/TR/1999/REC-xslt-19991116")), {POLICY}),
    ("six transforms", _on_messaging(_transforms(*[EXCLUSIVE_C14N] * 6)), {AUTHENTICATION}),
    ("two transforms", _on_messaging(_transforms(EXCLUSIVE_C14N, f"{DS}enveloped-signature")), {AUTHENTICATION}),
    ("two in reverse", _on_messaging(_transforms(f"{DS}enveloped-signature", EXCLUSIVE_C14N)), {AUTHENTICATION}),
    ("empty Transforms", _on_messaging("<ds:Transforms></ds:Transforms>"), {AUTHENTICATION}),
    ("no Transforms", _on_messaging(""), {AUTHENTICATION}),
    ("content in the transform of an attachment", _on_part(_transforms(ATTACHMENT_CONTENT_SIGNATURE, content=_XPATH)), {AUTHENTICATION}),
    ("a PrefixList of 1,000", _on_messaging(_transforms(EXCLUSIVE_C14N, content=_prefix_list(1000))), {AUTHENTICATION}),
    ("SignedInfo by inclusive c14n", _c14n("http://www.w3.org/TR/2001/REC-xml-c14n-20010315"), {POLICY}),
    ("SignedInfo with comments", _c14n(EXCLUSIVE_C14N + "WithComments"), {POLICY}),
    ("SignedInfo with a PrefixList of 1,000", _c14n(EXCLUSIVE_C14N, _prefix_list(1000)), {AUTHENTICATION}),
    ("SignedInfo by XSLT", _c14n("http://www.w3.org/TR/1999/REC-xslt-19991116", _XSLT), {POLICY}),
]  # fmt: skip


@pytest.mark.parametrize(("attack", "expected"), [pytest.param(a, e, id=name) for name, a, e in TRANSFORMS])
def test_each_kind_of_reference_has_one_transform(by_hand: Any, attack: Attack, expected: set[str]) -> None:
    assert verdict(by_hand, attack(by_hand)) in expected


# -- A6 canonicalization ---------------------------------------------------------------------------------------------

GAMES: list[tuple[str, str, str]] = [
    ("comment inside MessageId", "m1@node-a", "m1<!-- -->@node-a"),
    ("comment inside PartyId", ">a</eb:PartyId>", "><!-- -->a</eb:PartyId>"),
    ("PI inside PartyId", ">a</eb:PartyId>", "><?x?>a</eb:PartyId>"),
    ("comment inside DigestValue", "</ds:DigestValue>", "<!-- --></ds:DigestValue>"),
    ("PI inside SignedInfo", "</ds:SignedInfo>", "<?x?></ds:SignedInfo>"),
    ("comment inside SignatureValue", "</ds:SignatureValue>", "<!-- --></ds:SignatureValue>"),
    ("CDATA", ">Submit<", "><![CDATA[Submit]]><"),
    ("character references", ">Submit<", ">Sub&#109;it<"),
    ("carriage return", ">Submit<", ">Submit&#13;<"),
    ("white space", ">Submit<", ">Submit <"),
    ("xml:base", "<eb:UserMessage>", '<eb:UserMessage xml:base="http://x/">'),
    ("xml:space", "<eb:UserMessage>", '<eb:UserMessage xml:space="preserve">'),
    ("xml:lang on SignedInfo", "<ds:SignedInfo", '<ds:SignedInfo xml:lang="en"'),
    ("relative namespace", "<eb:UserMessage>", '<eb:UserMessage xmlns:r="relative">'),
    ("relative namespace in use", "<eb:UserMessage>", '<eb:UserMessage xmlns:r="relative" r:a="b">'),
    ("prefix bound anew", "<eb:Action>", '<eb:Action xmlns:eb="urn:other">'),
    ("other prefix", "<eb:Action>Submit</eb:Action>", f'<o:Action xmlns:o="{EB}">Submit</o:Action>'),
    ("default namespace", "<eb:Action>Submit</eb:Action>", f'<Action xmlns="{EB}">Submit</Action>'),
    ("entity", ">Submit<", ">&lt;Submit<"),
    ("text in the Body", "</S12:Body>", "x</S12:Body>"),
]


@pytest.mark.parametrize(("old", "new"), [pytest.param(old, new, id=name) for name, old, new in GAMES])
def test_a_canonicalization_game_changes_nothing_that_is_read(by_hand: Any, old: str, new: str) -> None:
    octets = by_hand.envelope().replace(old.encode(), new.encode(), 1)
    assert octets != by_hand.envelope()
    found = verdict(by_hand, octets)
    if found == "accepted":
        claim = read_security(open_envelope(octets))
        assert (claim.messaging, claim.body) == (by_hand.messaging, by_hand.body)
    else:
        assert found in REFUSED


def test_a_document_type_is_refused(by_hand: Any) -> None:
    octets = by_hand.envelope()
    assert verdict(by_hand, b'<!DOCTYPE x [<!ENTITY a "b">]>' + octets[octets.index(b"<S12:Envelope") :]) in REFUSED


# -- A7 algorithms ---------------------------------------------------------------------------------------------------

_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
DIGEST_METHODS = [
    f"{DS}sha1",
    f"{_MORE}md5",
    f"{_MORE}sha224",
    "http://www.w3.org/2001/04/xmlenc#ripemd160",
    "http://www.w3.org/2001/04/xmlenc#sha512",
    "http://www.w3.org/2001/04/xmlenc#sha256 ",
    " http://www.w3.org/2001/04/xmlenc#sha256",
    "http://www.w3.org/2001/04/xmlenc#SHA256",
    "",
]
SIGNATURE_METHODS = [
    f"{DS}rsa-sha1",
    f"{DS}dsa-sha1",
    f"{DS}hmac-sha1",
    f"{_MORE}hmac-sha256",
    f"{_MORE}rsa-md5",
    f"{_MORE}rsa-ripemd160",
    f"{_MORE}rsa-sha512",
    "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
    "http://www.w3.org/2007/05/xmldsig-more#rsa-pss",
    ECDSA_SHA256,
    EDDSA_ED25519,
    RSA_SHA256 + " ",
    "\u00a0" + RSA_SHA256,
    RSA_SHA256.upper(),
    "urn:unknown",
    "",
]


class Untouchable:
    """Certificates that must not even be looked at."""

    def __iter__(self) -> Any:
        raise AssertionError("a key was looked at before the algorithms were checked")


@pytest.mark.parametrize("method", DIGEST_METHODS)
def test_a_digest_that_was_not_agreed_is_refused_before_any_key(by_hand: Any, method: str) -> None:
    references = [by_hand.body_reference(), by_hand.messaging_reference(method=method), by_hand.part_reference()]
    octets = by_hand.envelope(by_hand.token(), by_hand.signature(by_hand.signed_info(references)))
    assert verdict(by_hand, octets, accepted=Untouchable()) == POLICY


@pytest.mark.parametrize("method", SIGNATURE_METHODS)
def test_a_signature_method_that_was_not_agreed_is_refused_before_any_key(by_hand: Any, method: str) -> None:
    octets = by_hand.envelope(by_hand.token(), by_hand.signature(by_hand.signed_info(method=method)))
    assert verdict(by_hand, octets, accepted=Untouchable()) == POLICY


@pytest.mark.parametrize("method", [f"{_MORE}hmac-sha256", f"{DS}sha1", "urn:unknown", f"{DS}rsa-sha1"])
def test_also_allowed_cannot_allow_what_the_package_does_not_know(by_hand: Any, method: str) -> None:
    info = by_hand.signed_info(method=method)
    secret = by_hand.key.certificate.der
    value = b64encode(hmac.digest(secret, info.encode(), "sha256")).decode()
    octets = by_hand.envelope(by_hand.token(), by_hand.signature(info, value=value))
    assert verdict(by_hand, octets, also_allowed=frozenset([method])) == POLICY


def test_hmac_output_length_is_refused(by_hand: Any) -> None:
    info = by_hand.signed_info(method_content="<ds:HMACOutputLength>8</ds:HMACOutputLength>")
    assert verdict(by_hand, by_hand.envelope(by_hand.token(), by_hand.signature(info))) == AUTHENTICATION


@pytest.mark.parametrize(
    "public_key",
    [
        pytest.param(lambda: rsa.generate_private_key(65537, 1024).public_key(), id="RSA of 1024 bits"),
        pytest.param(lambda: rsa.generate_private_key(3, 2048).public_key(), id="RSA with exponent 3"),
        pytest.param(lambda: ec.generate_private_key(ec.SECP192R1()).public_key(), id="P-192"),
        pytest.param(lambda: ec.generate_private_key(ec.SECP256K1()).public_key(), id="secp256k1"),
    ],
)
def test_a_weak_certificate_is_refused_even_when_it_was_agreed(by_hand: Any, pki: Any, public_key: Any) -> None:
    ca_key, ca = pki._authority("Test Customs CA")
    weak = pki.issue("weak", public_key(), ca_key, ca.x509, "sign")
    octets = by_hand.envelope(by_hand.token(weak), by_hand.signature())
    assert verdict(by_hand, octets, accepted=[weak]) == POLICY


def test_a_signature_value_of_another_kind_of_key_is_refused(by_hand: Any, pki: Any) -> None:
    info = by_hand.signed_info(method=ECDSA_SHA256)
    octets = by_hand.envelope(by_hand.token(), by_hand.signature(info))
    assert verdict(by_hand, octets, also_allowed=frozenset([ECDSA_SHA256])) == AUTHENTICATION


def test_an_ecdsa_value_in_der_is_refused(by_hand: Any, pki: Any) -> None:
    key = pki.key("a", "p256")
    info = by_hand.signed_info(method=ECDSA_SHA256)
    allowed = frozenset([ECDSA_SHA256])
    der = key.private_key.sign(info.encode(), ec.ECDSA(__import__("cryptography").hazmat.primitives.hashes.SHA256()))
    token = by_hand.token(key.certificate)
    raw = by_hand.signature(info, value=b64encode(key.sign(ECDSA_SHA256, info.encode())).decode())
    assert verdict(by_hand, by_hand.envelope(token, raw), accepted=[key.certificate], also_allowed=allowed) == "accepted"
    wrong = by_hand.signature(info, value=b64encode(der).decode())
    assert verdict(by_hand, by_hand.envelope(token, wrong), accepted=[key.certificate], also_allowed=allowed) == AUTHENTICATION


# -- A8 KeyInfo ------------------------------------------------------------------------------------------------------


def _key_info(inner: str) -> Attack:
    """A true signature whose KeyInfo says this."""

    def attack(h: Any) -> bytes:
        made: bytes = h.envelope(h.token(), h.signature(key_info=f"<ds:KeyInfo>{inner}</ds:KeyInfo>"))
        return made

    return attack


def _str(inner: str) -> Attack:
    return _key_info(f'<wsse:SecurityTokenReference xmlns:wsse="{WSSE}">{inner}</wsse:SecurityTokenReference>')


def _token_of(make: Callable[[Any], tuple[str, bytes]]) -> Attack:
    """A true signature that names a token of this type and content."""

    def attack(h: Any) -> bytes:
        value_type, octets = make(h)
        token = h.token(value_type=value_type).replace(b64encode(h.key.certificate.der).decode(), b64encode(octets).decode())
        reference = f'<wsse:Reference URI="#X509-1" ValueType="{value_type}"/>'
        made: bytes = h.envelope(token, h.signature(key_info=h.key_info(reference)))
        return made

    return attack


def _identifier(value_type: str, make: Callable[[Any], bytes]) -> Attack:
    def attack(h: Any) -> bytes:
        text = b64encode(make(h)).decode()
        inner = f'<wsse:KeyIdentifier EncodingType="{BASE64_BINARY}" ValueType="{value_type}">{text}</wsse:KeyIdentifier>'
        made: bytes = h.envelope(h.token(), h.signature(key_info=h.key_info(inner)))
        return made

    return attack


_RETRIEVAL = '<ds:RetrievalMethod URI="{}" Type="http://www.w3.org/2000/09/xmldsig#X509Data"></ds:RetrievalMethod>'
_WRONG_TYPE = f'<wsse:Reference URI="#X509-1" ValueType="{X509_PKIPATH_V1}"/>'
KEY_INFOS: list[tuple[str, Attack, set[str]]] = [
    ("KeyValue", _key_info("<ds:KeyValue><ds:RSAKeyValue></ds:RSAKeyValue></ds:KeyValue>"), {AUTHENTICATION}),
    ("KeyName", _key_info("<ds:KeyName>a</ds:KeyName>"), {AUTHENTICATION}),
    ("MgmtData", _key_info("<ds:MgmtData>a</ds:MgmtData>"), {AUTHENTICATION}),
    ("RetrievalMethod by http", _key_info(_RETRIEVAL.format("http://127.0.0.1:9/")), {AUTHENTICATION}),
    ("RetrievalMethod of a file", _key_info(_RETRIEVAL.format("file:///etc/hostname")), {AUTHENTICATION}),
    ("RetrievalMethod in a loop", _key_info(_RETRIEVAL.format("#SIG-1")), {AUTHENTICATION}),
    ("KeyInfoReference", _key_info(f'<d:KeyInfoReference xmlns:d="{DSIG11}" URI="#SIG-1"></d:KeyInfoReference>'), {AUTHENTICATION}),
    ("DEREncodedKeyValue", _key_info(f'<d:DEREncodedKeyValue xmlns:d="{DSIG11}">AAAA</d:DEREncodedKeyValue>'), {AUTHENTICATION}),
    ("EncryptedKey", _key_info(f'<xenc:EncryptedKey xmlns:xenc="{XENC}"></xenc:EncryptedKey>'), {AUTHENTICATION}),
    ("empty KeyInfo", _key_info(""), {AUTHENTICATION}),
    ("no KeyInfo", lambda h: h.envelope(h.token(), h.signature(key_info="")), {AUTHENTICATION}),
    ("two references", _str('<wsse:Reference URI="#X509-1"/><wsse:Reference URI="#X509-1"/>'), {AUTHENTICATION}),
    ("reference by http", _str('<wsse:Reference URI="http://127.0.0.1:9/"/>'), {AUTHENTICATION}),
    ("reference to nothing", _str('<wsse:Reference URI="#X509-2"/>'), {AUTHENTICATION}),
    ("reference to itself", _str('<wsse:Reference URI="#SIG-1"/>'), {AUTHENTICATION}),
    ("reference without URI", _str("<wsse:Reference/>"), {AUTHENTICATION}),
    ("reference of another ValueType", _str(_WRONG_TYPE), {AUTHENTICATION}),
    ("embedded token", _str("<wsse:Embedded></wsse:Embedded>"), {POLICY}),
    ("several certificates", _key_info("<ds:X509Data><ds:X509Certificate>AA==</ds:X509Certificate><ds:X509Certificate>AA==</ds:X509Certificate></ds:X509Data>"), {AUTHENTICATION}),
    ("X509SubjectName", _key_info("<ds:X509Data><ds:X509SubjectName>CN=a</ds:X509SubjectName></ds:X509Data>"), {POLICY}),
    ("serial number that is none", _key_info("<ds:X509Data><ds:X509IssuerSerial><ds:X509IssuerName>CN=a</ds:X509IssuerName><ds:X509SerialNumber>-1</ds:X509SerialNumber></ds:X509IssuerSerial></ds:X509Data>"), {AUTHENTICATION}),
    ("issuer that is no name", _key_info("<ds:X509Data><ds:X509IssuerSerial><ds:X509IssuerName>?</ds:X509IssuerName><ds:X509SerialNumber>1</ds:X509SerialNumber></ds:X509IssuerSerial></ds:X509Data>"), {AUTHENTICATION}),
    ("certificate of a stranger", lambda h: h.envelope(h.token(h.stranger.certificate), h.signature()), {AUTHENTICATION}),
    ("two tokens with one id", lambda h: h.envelope(h.token(h.stranger.certificate), h.token(), h.signature()), REFUSED),
    ("PKIPath with an unrelated leaf", _token_of(lambda h: (X509_PKIPATH_V1, write_pkipath([*h.key.chain, h.stranger.certificate]))), {AUTHENTICATION}),
    ("PKIPath leaf first", _token_of(lambda h: (X509_PKIPATH_V1, write_pkipath(h.key.chain[::-1]))), {AUTHENTICATION}),
    ("PKIPath that does not hang together", _token_of(lambda h: (X509_PKIPATH_V1, write_pkipath([*h.stranger.chain, h.key.certificate]))), {AUTHENTICATION}),
    ("PKIPath of eleven", _token_of(lambda h: (X509_PKIPATH_V1, write_pkipath([h.key.chain[0]] * 10 + [h.key.certificate]))), {AUTHENTICATION}),
    ("PKIPath that is no DER", _token_of(lambda h: (X509_PKIPATH_V1, b"\x30\x80\x00\x00")), {AUTHENTICATION}),
    ("PKCS#7", _token_of(lambda h: (X509_V3.replace("X509v3", "PKCS7"), b"\x30\x00")), {POLICY}),
    ("token that is no certificate", _token_of(lambda h: (X509_V3, b"\x30\x00")), {AUTHENTICATION}),
    ("token with octets after it", _token_of(lambda h: (X509_V3, h.key.certificate.der + b"\x00")), {AUTHENTICATION}),
    ("SKI of a stranger", _identifier(X509_SUBJECT_KEY_IDENTIFIER, lambda h: h.stranger.certificate.ski), {AUTHENTICATION}),
    ("empty SKI", _identifier(X509_SUBJECT_KEY_IDENTIFIER, lambda h: b""), {AUTHENTICATION}),
    ("thumbprint of a stranger", _identifier(THUMBPRINT_SHA1, lambda h: h.stranger.certificate.sha1), {AUTHENTICATION}),
    ("identifier of an unknown kind", _identifier("urn:x", lambda h: b"x"), {POLICY}),
]  # fmt: skip


@pytest.mark.parametrize(("attack", "expected"), [pytest.param(a, e, id=name) for name, a, e in KEY_INFOS])
def test_key_info_only_selects_among_agreed_certificates(by_hand: Any, attack: Attack, expected: set[str]) -> None:
    octets = attack(by_hand)
    assert octets != by_hand.envelope()
    assert verdict(by_hand, octets) in expected
