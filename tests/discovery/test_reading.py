"""Answers of publishers: read when signed as they must be, refused with the reason otherwise."""

import re

import pytest
from lxml import etree

from node.discovery.identifiers import Identifier
from node.discovery.metadata import AS4, Metadata, Redirect
from node.discovery.publishing import publish
from node.discovery.reading import MetadataRefused, check_for, read_answer
from node.security import algorithms as a
from tests.discovery.published import KOREA, NOW, PROCESS, SERVICE, metadata
from tests.pki import make_pki

PKI = make_pki()


def signed(one, key=None, algorithm=a.RSA_SHA256):
    return publish(one, key or PKI.key("a"), algorithm)


def read(octets, anchors=None, now=NOW):
    return read_answer(octets, [PKI.ca] if anchors is None else anchors, now)


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize(("kind", "algorithm"), [("rsa2048", a.RSA_SHA256), ("p256", a.ECDSA_SHA256)])
def test_what_is_published_is_read_again(version, kind, algorithm):
    one = metadata(PKI, version)
    key = PKI.key("a", kind)
    answer = read(signed(one, key, algorithm))
    assert answer.metadata == one
    assert answer.publisher == key.certificate
    check_for(answer, Identifier(KOREA.scheme.upper(), KOREA.value.lower()), SERVICE)
    (endpoint,) = answer.metadata.reached(AS4, NOW, PROCESS)
    assert endpoint.url == "https://as4.kr.example/as4"


def test_an_answer_about_somebody_else_is_refused():
    answer = read(signed(metadata(PKI)))
    with pytest.raises(MetadataRefused, match="asked for x::y, answered for iso6523"):
        check_for(answer, Identifier("x", "y"), SERVICE)
    with pytest.raises(MetadataRefused, match="asked for z, answered for bdx"):
        check_for(answer, KOREA, Identifier("", "z"))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (rb"smb:ID\b", rb"smb:IX", "0 times ID"),
        (rb">0203:KR-KCS<", rb"> <", "ParticipantID is empty"),
        (rb"2026-01-01Z", rb"someday", "'someday' is no date"),
        (rb"2026-01-01Z", rb"9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59-14:00' is no date"),
        (rb"(<smb:ContentBinaryObject[^>]*>)[^<]+", rb"\1!!", "the certificate of an endpoint cannot be read"),
        (rb"ns/SMP/2/ServiceMetadata", rb"ns/SMP/3/ServiceMetadata", "is no metadata of SMP"),
    ],
)
def test_what_is_signed_and_wrong_is_told(old, new, told):
    changed = re.sub(old, new, signed(metadata(PKI)))
    tree = etree.fromstring(changed)
    tree.remove(tree[-1])
    with pytest.raises(MetadataRefused, match=told):
        read(resigned(tree))


def resigned(tree):
    from node.discovery.publishing import _sign

    _sign(tree, PKI.key("a"), a.RSA_SHA256)
    return etree.tostring(tree)


def test_another_publisher_may_be_named():
    second = etree.fromstring(
        b'<ServiceMetadata xmlns="http://docs.oasis-open.org/bdxr/ns/SMP/2/ServiceMetadata"'
        b' xmlns:a="http://docs.oasis-open.org/bdxr/ns/SMP/2/AggregateComponents"'
        b' xmlns:b="http://docs.oasis-open.org/bdxr/ns/SMP/2/BasicComponents"><b:SMPVersionID>2.0</b:SMPVersionID>'
        b"<b:ID>s</b:ID><b:ParticipantID>p</b:ParticipantID><a:ProcessMetadata><a:Redirect>"
        b"<b:PublisherURI>https://other.example</b:PublisherURI></a:Redirect></a:ProcessMetadata></ServiceMetadata>"
    )
    assert read(resigned(second)).metadata.redirects == (Redirect("https://other.example"),)
    first = etree.fromstring(
        b'<SignedServiceMetadata xmlns="http://docs.oasis-open.org/bdxr/ns/SMP/2016/05"><ServiceMetadata>'
        b'<Redirect href="https://other.example/x"><CertificateUID>CN=Other</CertificateUID></Redirect>'
        b"</ServiceMetadata></SignedServiceMetadata>"
    )
    answer = read(resigned(first))
    assert answer.metadata == Metadata(
        "1.0", Identifier("", ""), Identifier("", ""), (), (Redirect("https://other.example/x", "CN=Other"),)
    )
    check_for(answer, KOREA, SERVICE)


def test_what_is_no_xml_is_refused():
    with pytest.raises(MetadataRefused):
        read(b"<!DOCTYPE x><x/>")


def test_a_certificate_may_be_a_pem_text():
    pem = PKI.key("b").certificate.pem()
    tree = etree.fromstring(signed(metadata(PKI)))
    tree.remove(tree[-1])
    next(tree.iter("{*}ContentBinaryObject")).text = pem.decode()
    found = read(resigned(tree)).metadata.endpoints[0].certificates[0].certificate
    assert found == PKI.key("b").certificate
