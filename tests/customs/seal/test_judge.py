"""What holds and what does not, rule by rule; each refusal is asked of a tree and of a stream."""

import re
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from signxml import SignatureConfiguration, XMLVerifier

from node.customs.seal import making
from node.customs.seal.adding import add_timestamp, add_values
from node.customs.seal.algorithms import ENVELOPED, INCLUSIVE, INCLUSIVE_11, RSA_PSS_SHA256, XADES
from node.customs.seal.claim import read_seal
from node.customs.seal.making import seal
from node.customs.seal.memory import Memory
from node.customs.seal.refused import SealRefused
from node.ebms.namespaces import DS
from node.ebms.xml import parse_xml
from node.security.algorithms import EXCLUSIVE_C14N, RSA_SHA256, SHA256
from node.security.keys import SoftwareKey
from tests.seals import AUTHORITY, DOCUMENT, LIMITS, NOW, SIGN, World, judged, private_key, refusal, usage

LATER = NOW + timedelta(days=10)


@pytest.fixture
def sealed(world):
    return seal(DOCUMENT, world.key(), NOW)


@pytest.fixture
def stamped(world, sealed):
    return add_timestamp(sealed, world.tsa)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("kind", ["rsa", "p256", "p384", "p521"])
def test_a_seal_of_each_kind_holds(world, kind, streamed):
    key = world.key(kind)
    found = judged(seal(DOCUMENT, key, NOW), world.partners(key), streamed=streamed)
    assert found is not None
    assert (found.level, found.signer, found.proven_time, found.signing_time) == ("B", key.certificate, NOW, NOW)
    assert found.path == (key.certificate, world.root.certificate)
    assert found.warnings == ()


def test_a_document_without_a_seal_is_refused_where_one_is_required(world):
    assert judged(DOCUMENT, world.partners(), required=False) is None
    assert refusal(DOCUMENT, world.partners())[0] == "SIG-01"


def test_a_refusal_names_the_place_in_both_languages(world):
    with pytest.raises(SealRefused) as refused:
        judged(DOCUMENT, world.partners())
    found = refused.value.finding
    assert (found.location, found.stage) == ("/CertificateOfOrigin/Signature", 8)
    assert "missing" in found.en
    assert "簽章" in found.zh


# -- SIG-01 ----------------------------------------------------------------------------------------------------------


def signature_of(octets):
    return octets[octets.index(b"<ds:Signature ") : octets.index(b"</ds:Signature>") + len(b"</ds:Signature>")]


def move_first(octets):
    found = signature_of(octets)
    return octets.replace(found, b"").replace(b"<ID>", found + b"<ID>")


def double(octets):
    return octets.replace(b"</CertificateOfOrigin>", signature_of(octets) + b"</CertificateOfOrigin>")


def wrap(octets):
    """The sealed document as a part of another one, whose content nobody sealed."""
    inner = octets[octets.index(b"<CertificateOfOrigin") :].rstrip()
    return b'<CertificateOfOrigin xmlns="urn:n2n:customs:co:1"><ID>forged</ID>' + inner + b"</CertificateOfOrigin>"


def wrap_and_move(octets):
    """Likewise, and the seal stands where it should."""
    found = signature_of(octets)
    inner = octets[octets.index(b"<CertificateOfOrigin") :].replace(found, b"").rstrip()
    return b'<CertificateOfOrigin xmlns="urn:n2n:customs:co:1"><ID>forged</ID>' + inner + found + b"</CertificateOfOrigin>"


def follow(octets):
    return octets.replace(b"</CertificateOfOrigin>", b"<Extra/></CertificateOfOrigin>")


@pytest.mark.parametrize("attack", [move_first, double, wrap, follow])
def test_a_seal_in_another_place_is_none(world, sealed, attack):
    assert refusal(attack(sealed), world.partners())[0] == "SIG-01"
    # Where none is required, one that is there must be right all the same.
    assert refusal(attack(sealed), world.partners(), required=False)[0] == "SIG-05"


def test_what_is_wrapped_is_not_what_was_sealed(world, sealed):
    assert refusal(wrap_and_move(sealed), world.partners())[0] == "SIG-02"


def test_a_signature_within_the_signature_is_refused(world, sealed):
    nested = sealed.replace(b"</ds:Object></ds:Signature>", b"<ds:Signature/></ds:Object></ds:Signature>")
    elsewhere = sealed.replace(b"<ID>", f'<Held><Signature xmlns="{DS}"/></Held><ID>'.encode())
    for octets in (nested, elsewhere):
        rule, why = refusal(octets, world.partners())
        assert (rule, "a ds:Signature within" in why) == ("SIG-05", True)


# -- SIG-05 ----------------------------------------------------------------------------------------------------------

C14N = f'<ds:Transform Algorithm="{INCLUSIVE}"/>'.encode()
ENVELOPED_TRANSFORM = f'<ds:Transform Algorithm="{ENVELOPED}"/>'.encode()


def changed(before, after, count=1):
    def change(octets):
        assert before in octets
        return octets.replace(before, after, count)

    change.__name__ = after.decode(errors="replace")[:60] or "nothing"
    return change


def pattern(before, after):
    def change(octets):
        found, times = re.subn(before, after, octets, count=1)
        assert times == 1
        return found

    change.__name__ = before.decode()[:60]
    return change


XPATH = b'<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>not(ancestor-or-self::x)</ds:XPath></ds:Transform>'
SHAPES = {
    "an xpath filter": changed(C14N, XPATH + C14N),
    "an xslt": changed(C14N, b'<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/>' + C14N),
    "base64": changed(C14N, b'<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#base64"/>'),
    "with comments": changed(C14N, C14N.replace(INCLUSIVE.encode(), INCLUSIVE.encode() + b"#WithComments")),
    "canonicalized twice": changed(C14N, C14N + C14N),
    "the other way round": changed(ENVELOPED_TRANSFORM + C14N, C14N + ENVELOPED_TRANSFORM),
    "not enveloped": changed(ENVELOPED_TRANSFORM, b""),
    "no transforms": pattern(rb'URI=""><ds:Transforms>.*?</ds:Transforms>', b'URI="">'),
    "a prefix list": changed(
        C14N, f'<ds:Transform Algorithm="{EXCLUSIVE_C14N}"><i xmlns="{EXCLUSIVE_C14N}" PrefixList="x"/></ds:Transform>'.encode()
    ),
    "the root by its id": changed(b'URI=""', b'URI="#root"'),
    "a detached reference": changed(b'URI=""', b'URI="http://example.org/"'),
    "no uri": changed(b' URI=""', b""),
    "no transform of the properties": pattern(rb"(URI=\"#p-\w+\">)<ds:Transforms>.*?</ds:Transforms>", rb"\1"),
    "the properties are another element": pattern(rb'URI="#p-', b'URI="#q-'),
    "no type of the properties": pattern(rb' Type="[^"]*"', b""),
    "a third reference": pattern(rb"(<ds:Reference Type=.*?</ds:Reference>)", rb'\1<ds:Reference URI="#k"><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue>AAAA</ds:DigestValue></ds:Reference>'),
    "a manifest": changed(b"</ds:Object></ds:Signature>", b"</ds:Object><ds:Object><ds:Manifest/></ds:Object></ds:Signature>"),
    "a manifest reference": pattern(rb'<ds:Reference Id="(r-\w+)" URI=""', rb'<ds:Reference Id="\1" Type="http://www.w3.org/2000/09/xmldsig#Manifest" URI=""'),
    "sha-1 of the document": changed(b"http://www.w3.org/2001/04/xmlenc#sha256", b"http://www.w3.org/2000/09/xmldsig#sha1"),
    "sha-1 in the method": pattern(rb'SignatureMethod Algorithm="[^"]*"', b'SignatureMethod Algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1"'),
    "an hmac": pattern(rb'SignatureMethod Algorithm="[^"]*"', b'SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"'),
    "no signing time": pattern(rb"<xades:SigningTime>.*?</xades:SigningTime>", b""),
    "a signing time without a zone": pattern(rb"Z</xades:SigningTime>", b"</xades:SigningTime>"),
    "no signing certificate": pattern(rb"<xades:SigningCertificateV2>.*?</xades:SigningCertificateV2>", b""),
    "the old signing certificate": lambda octets: octets.replace(b"SigningCertificateV2", b"SigningCertificate"),
    "two certs": pattern(rb"(<xades:Cert>.*?</xades:Cert>)", rb"\1\1"),
    "no format": pattern(rb"<xades:DataObjectFormat .*?</xades:DataObjectFormat>", b""),
    "the format of another": pattern(rb'ObjectReference="#r-', b'ObjectReference="#p-'),
    "another mime type": changed(b"application/xml", b"text/html"),
    "another target": pattern(rb'Target="#s-', b'Target="#t-'),
    "no key info": pattern(rb"<ds:KeyInfo>.*?</ds:KeyInfo>", b""),
    "a key without a certificate": pattern(rb"<ds:X509Data>.*?</ds:X509Data>", b"<ds:KeyName>me</ds:KeyName>"),
    "a certificate that is none": pattern(rb"<ds:X509Certificate>.*?<", b"<ds:X509Certificate>AAAA<"),
    "a counter signature": pattern(rb"</xades:SignedProperties>", b"</xades:SignedProperties><xades:UnsignedProperties><xades:UnsignedSignatureProperties><xades:CounterSignature/></xades:UnsignedSignatureProperties></xades:UnsignedProperties>"),
    "a comment": changed(b"<ds:SignatureValue", b"<!-- --><ds:SignatureValue"),
    "xml:lang above": changed(b'schemaVersion="1.0"', b'schemaVersion="1.0" xml:lang="en"'),
    "no id": pattern(rb'(<ds:Signature [^>]*?) Id="[^"]*"', rb"\1"),
}  # fmt: skip


@pytest.mark.parametrize("change", list(SHAPES.values()), ids=list(SHAPES))
def test_a_seal_of_another_shape_is_refused(world, sealed, change):
    after = change(sealed)
    assert refusal(after, world.partners())[0] == "SIG-05"


@pytest.mark.parametrize("kind", ["brainpool", "ed25519"])
def test_a_key_of_another_kind_may_not_seal(world, sealed, kind):
    certificate = world.root.issue("x", private_key(kind), SIGN)
    octets = swap_certificate(sealed, world.key().certificate.der, certificate.der)
    digest = pattern(rb"(<xades:CertDigest>.*?<ds:DigestValue>).*?<", rb"\g<1>%b<" % b64encode(bytes.fromhex(certificate.sha256)))
    assert refusal(digest(octets), world.partners())[0] == "SIG-05"


def test_a_comment_that_cuts_a_text_is_refused(world, sealed):
    cut = sealed.replace(b"0771339", b"077<!-- -->1339")
    assert refusal(cut, world.partners()) == ("SIG-05", "a comment within a text")
    for streamed in (False, True):
        assert judged(sealed.replace(b"<ID>", b"<!-- --><ID>"), world.partners(), streamed=streamed)
        # Of what is not sealed, comments are none of the seal's business.
        assert (
            judged(DOCUMENT.replace(b"0771339", b"077<!-- -->1339"), world.partners(), streamed=streamed, required=False) is None
        )


# -- SIG-02 ----------------------------------------------------------------------------------------------------------


def swap_certificate(octets, before, after):
    return octets.replace(b64encode(before), b64encode(after))


ALTERED = {
    "a character": changed(b"0771339", b"0771338"),
    "an attribute": changed(b'schemaVersion="1.0"', b'schemaVersion="1.1"'),
    "another namespace": changed(b'xmlns:x="urn:x"', b'xmlns:x="urn:y"'),
    "an element more": changed(b"<ID>", b"<ID>1</ID><ID>"),
    "white space between elements": changed(b"  <ID>", b" <ID>"),
    "the signing time": changed(b"2026-11-24T08:00:00Z", b"2026-11-24T07:00:00Z"),
    "the mime type": changed(b"application/xml", b"text/xml"),
    "the digest of the certificate": pattern(rb"(<xades:CertDigest>.*?<ds:DigestValue>)....", rb"\1AAAA"),
    "the digest of the document": pattern(rb"(<ds:DigestValue>)....", rb"\1AAAA"),
    "the value": pattern(rb"(<ds:SignatureValue [^>]*>)....", rb"\1AAAA"),
    "the value cut off": pattern(rb"(<ds:SignatureValue [^>]*>)[^<]*", rb"\1AAAA"),
    "the canonicalization": changed(f'Method Algorithm="{INCLUSIVE}"'.encode(), f'Method Algorithm="{INCLUSIVE_11}"'.encode()),
}


@pytest.mark.parametrize("change", list(ALTERED.values()), ids=list(ALTERED))
def test_what_was_altered_is_refused(world, sealed, change):
    assert refusal(change(sealed), world.partners())[0] == "SIG-02"


def test_another_certificate_of_the_same_key_is_not_the_signers(world, sealed):
    key = world.key()
    second = world.root.issue("signer p256 root", key.private_key, SIGN)
    partners = world.partners(SoftwareKey(second, (second,), key.private_key))
    rule, why = refusal(swap_certificate(sealed, key.certificate.der, second.der), partners)
    assert (rule, "SigningCertificateV2" in why) == ("SIG-02", True)


def test_octets_that_mean_the_same_are_the_same(world, sealed):
    same = sealed.replace(b"<Name x:kind='1'  a=\"2\">", b"<Name a='2' x:kind=\"1\" >").replace(b"\n", b"\r\n")
    assert judged(same, world.partners())


# -- SIG-03 ----------------------------------------------------------------------------------------------------------


def test_an_anchor_of_another_country_does_not_count(world, sealed):
    assert refusal(sealed, world.partners(), country="XX")[0] == "SIG-03"
    rule, why = refusal(sealed, world.partners(), country="CA")
    assert (rule, "no anchor of the country CA" in why) == ("SIG-03", True)


def test_a_stranger_is_not_trusted(world):
    key = world.key("p256", "other")
    assert refusal(seal(DOCUMENT, key, NOW), world.partners(key))[0] == "SIG-03"
    assert judged(seal(DOCUMENT, key, NOW), world.partners(key), country="XX")


def test_the_claimed_time_may_be_a_little_ahead_and_no_more(world):
    key = world.key()
    assert judged(seal(DOCUMENT, key, NOW + timedelta(minutes=5)), world.partners())
    assert refusal(seal(DOCUMENT, key, NOW + timedelta(minutes=5, seconds=1)), world.partners())[0] == "SIG-03"


@pytest.mark.parametrize(
    ("extension", "trusted"),
    [
        (usage(digital_signature=True), True),
        (usage(content_commitment=True), True),
        (usage(key_encipherment=True), False),
        (None, True),
    ],
)
def test_the_certificate_must_allow_sealing(world, extension, trusted):
    private = private_key("p256", 5)
    certificate = world.root.issue("u", private, *([(extension, True)] if extension else []))
    key = SoftwareKey(certificate, (certificate,), private)
    octets = seal(DOCUMENT, key, NOW)
    if trusted:
        assert judged(octets, world.partners(key))
    else:
        assert refusal(octets, world.partners(key))[0] == "SIG-03"


def test_a_certificate_that_ended_passes_with_a_time_stamp_alone(world):
    private = private_key("p256", 6)
    certificate = world.root.issue("short", private, SIGN, until=NOW + timedelta(days=1))
    key = SoftwareKey(certificate, (certificate,), private)
    octets = seal(DOCUMENT, key, NOW)
    assert judged(octets, world.partners(key))
    assert refusal(octets, world.partners(key), now=LATER)[0] == "SIG-03"
    found = judged(add_timestamp(octets, world.tsa), world.partners(key), now=LATER)
    assert found is not None
    assert (found.proven_time, found.level) == (NOW, "T")


def test_a_revoked_certificate_passes_only_with_an_earlier_time_stamp(world, sealed, stamped):
    """The claimed signing time, which is before the revocation, proves nothing."""
    world.root.revoke(world.key().certificate, NOW + timedelta(hours=1))
    partners = world.partners(crls=(world.root.crl(LATER), world.time_root.crl(LATER)))
    assert judged(sealed, partners, now=NOW + timedelta(minutes=59))
    rule, why = refusal(sealed, partners, now=LATER)
    assert (rule, "revoked 2026-11-24 09:00" in why) == ("SIG-03", True)
    assert judged(stamped, partners, now=LATER)


def test_a_certificate_revoked_before_its_time_stamp_is_refused(world, sealed):
    world.root.revoke(world.key().certificate, NOW + timedelta(hours=1))
    world.stamps_at = NOW + timedelta(hours=2)
    partners = world.partners(crls=(world.root.crl(LATER), world.time_root.crl(LATER)))
    assert refusal(add_timestamp(sealed, world.tsa), partners, now=LATER)[0] == "SIG-03"


def test_a_revocation_list_that_came_along_counts(world, stamped):
    whole = add_values(stamped, world.partners(), "KR", NOW)
    found = judged(whole, world.partners(crls=()), now=NOW)
    assert found is not None
    assert (found.level, found.warnings) == ("LT", ())


def test_a_revocation_list_of_somebody_else_says_nothing(world, sealed):
    world.root.revoke(world.key().certificate, NOW - timedelta(hours=1))
    forged = world.root.crl(NOW, key=private_key("p256", 8))
    found = judged(sealed, world.partners(crls=(forged,)))
    assert found is not None
    assert "no revocation list" in found.warnings[0]
    assert refusal(sealed, world.partners(crls=(world.root.crl(),)))[0] == "SIG-03"


def test_what_nobody_says_and_what_is_old_is_warned_of(world, sealed):
    found = judged(sealed, world.partners(crls=(b"no list", world.root.crl(NOW - timedelta(days=60)))))
    assert found is not None
    assert ["list 1" in found.warnings[0], "held until" in found.warnings[1]] == [True, True]


# -- SIG-04 ----------------------------------------------------------------------------------------------------------


def test_a_signer_who_is_not_bound_to_the_authority_is_refused(world, sealed):
    rule, why = refusal(sealed, world.partners(world.key("p384")))
    assert (rule, why.startswith(AUTHORITY)) == ("SIG-04", True)
    assert refusal(sealed, world.partners(), authority="KR-OTHER")[0] == "SIG-04"


# -- order, memory, second opinion -------------------------------------------------------------------------------------


def test_the_first_rule_that_fails_in_their_order_is_told(world, sealed):
    partners = world.partners(world.key("p384"))
    all_wrong = changed(b"application/xml", b"text/html")(changed(b"0771339", b"0")(sealed))
    assert refusal(follow(all_wrong), partners, country="CA")[0] == "SIG-01"
    assert refusal(all_wrong, partners, country="CA")[0] == "SIG-05"
    assert refusal(changed(b"0771339", b"0")(sealed), partners, country="CA")[0] == "SIG-02"
    assert refusal(sealed, partners, country="CA")[0] == "SIG-03"
    assert refusal(sealed, partners)[0] == "SIG-04"


def test_a_memory_keeps_no_verdict(world, sealed):
    memory = Memory()
    partners = world.partners()
    for _ in range(3):
        assert judged(sealed, partners, memory=memory)
        assert refusal(changed(b"0771339", b"0")(sealed), partners, memory=memory)[0] == "SIG-02"
    world.root.revoke(world.key().certificate, NOW - timedelta(days=1))
    assert refusal(sealed, world.partners(), memory=memory)[0] == "SIG-03"
    assert judged(sealed, partners, memory=memory)
    assert refusal(sealed, partners, memory=memory, now=NOW + timedelta(days=9000))[0] == "SIG-03"
    assert refusal(sealed, partners, memory=memory, country="XX")[0] == "SIG-03"


def test_signxml_agrees(world):
    for kind in ("rsa", "p256"):
        octets = seal(DOCUMENT, world.key(kind), NOW)
        asked = {"x509_cert": world.key(kind).certificate.x509, "expect_config": SignatureConfiguration(expect_references=2)}
        found = XMLVerifier().verify(octets, **asked)
        assert found[0].signed_xml.tag == "{urn:n2n:customs:co:1}CertificateOfOrigin"
        with pytest.raises(Exception, match="igest"):
            XMLVerifier().verify(octets.replace(b"0771339", b"0771338"), **asked)


def test_a_seal_with_the_default_namespace_holds(world, sealed):
    """Written by signers that use no prefix: lxml's own canonical form of a part is wrong for it. xmlsec is the second opinion."""
    found = signature_of(sealed)
    bare = found.replace(b"<ds:", b"<").replace(b"</ds:", b"</").replace(b"xmlns:ds=", b"xmlns=")
    octets = sealed.replace(found, bare)
    claim = read_seal(parse_xml(octets)[-1])
    digest = b64encode(sha256(claim.properties_octets).digest())
    octets = octets.replace(b64encode(claim.properties.digest), digest)
    value = world.key().sign(claim.method, read_seal(parse_xml(octets)[-1]).signed_info)
    octets = octets.replace(b64encode(claim.value), b64encode(value))
    assert judged(octets, world.partners())
    tree = parse_xml(octets)
    context = xmlsec.SignatureContext()
    context.register_id(tree.find(f".//{{{XADES}}}SignedProperties"), "Id")
    context.key = xmlsec.Key.from_memory(world.key().certificate.pem(), xmlsec.constants.KeyDataFormatCertPem)
    context.verify(tree[-1])


def test_a_reason_of_a_revocation_is_no_matter(world, sealed):
    world.root.revoke(world.key().certificate, NOW - timedelta(days=1), x509.ReasonFlags.superseded)
    assert refusal(sealed, world.partners())[0] == "SIG-03"


WORLD = World()
WHOLE = add_values(add_timestamp(seal(DOCUMENT, WORLD.key("rsa"), NOW), WORLD.tsa), WORLD.partners(), "KR", NOW)
PARTNERS = WORLD.partners(WORLD.key("rsa"))
#: What a change is made of: octets of XML, of base64 and any.
PIECES = st.one_of(
    st.binary(max_size=4),
    st.sampled_from([b"<", b">", b"</", b"/>", b"&", b"&#0;", b'"', b"<!--", b"-->", b"<?", b"]]>", b"<![CDATA[", b" xmlns=''", b"A", b"=", b"\xef\xbb\xbf"]),
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("streamed", [False, True])
@settings(max_examples=300)
@given(at=st.integers(0, len(WHOLE)), length=st.integers(0, 12), piece=PIECES)
def test_whatever_is_changed_it_is_refused_or_means_the_same(streamed, at, length, piece):
    octets = WHOLE[:at] + piece + WHOLE[at + length :]
    try:
        found = judged(octets, PARTNERS, streamed=streamed)
    except SealRefused:
        return
    assert found is not None
    root = parse_xml(octets, replace(LIMITS, only_elements=False))
    kept = etree.tostring(parse_xml(DOCUMENT), method="c14n")
    root.remove(root.find(f"{{{DS}}}Signature"))
    assert etree.tostring(root, method="c14n", with_comments=False) == kept


def test_a_seal_with_pss_holds(world, monkeypatch):
    """We make none; others may."""

    class Pss:
        certificate, chain = world.key("rsa").certificate, world.key("rsa").chain

        def sign(self, algorithm, octets):
            mask = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
            return world.key("rsa").private_key.sign(octets, mask, hashes.SHA256())

    monkeypatch.setattr(making, "method_for", lambda key: (RSA_PSS_SHA256, SHA256))
    octets = seal(DOCUMENT, Pss(), NOW)
    partners = world.partners(world.key("rsa"))
    assert judged(octets, partners)
    assert refusal(octets.replace(RSA_PSS_SHA256.encode(), RSA_SHA256.encode()), partners)[0] == "SIG-02"
