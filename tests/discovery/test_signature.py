"""The signature of a publisher: the whole answer, by somebody whom we believe."""

import pytest
from lxml import etree

from node.discovery.reading import MetadataRefused
from tests.discovery.published import NOW, metadata
from tests.discovery.test_reading import PKI, read, signed


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b"https://as4.kr.example", b"https://as4.xx.example", "the signature does not hold"),
        (b"</ds:SignatureValue>", b"AAAA</ds:SignatureValue>", "the signature does not hold"),
        (b'URI=""', b'URI="#x"', "does not cover the whole document"),
        (b"xmldsig-more#rsa-sha256", b"xmldsig#rsa-sha1", "the signature does not hold"),
    ],
)
def test_what_was_changed_is_refused(version, old, new, told):
    octets = signed(metadata(PKI, version))
    if b"rsa-sha256" in old:
        old, new = b"http://www.w3.org/2001/04/" + old, b"http://www.w3.org/2000/09/" + new
    assert old in octets
    with pytest.raises(MetadataRefused, match=told):
        read(octets.replace(old, new))


def test_who_is_not_trusted_is_refused():
    octets = signed(metadata(PKI))
    with pytest.raises(MetadataRefused, match=r"its issuer .* is not among the anchors"):
        read(octets, [PKI.other_ca])
    with pytest.raises(MetadataRefused, match="expired"):
        read(octets, now=NOW.replace(year=2199))


def test_a_signature_that_was_moved_or_doubled_is_refused():
    tree = etree.fromstring(signed(metadata(PKI)))
    signature = tree[-1]
    tree.append(etree.fromstring(etree.tostring(signature)))
    with pytest.raises(MetadataRefused, match="2 signatures at the root"):
        read(etree.tostring(tree))
    inner = etree.fromstring(signed(metadata(PKI)))
    inner[0].append(inner[-1])
    with pytest.raises(MetadataRefused, match="0 signatures at the root"):
        read(etree.tostring(inner))


def test_a_whole_answer_wrapped_in_another_is_refused():
    octets = signed(metadata(PKI)).partition(b"?>")[2]
    wrapped = (
        b'<x xmlns:ds="http://www.w3.org/2000/09/xmldsig#">' + octets + octets[octets.index(b"<ds:Signature") : -18] + b"</x>"
    )
    with pytest.raises(MetadataRefused):
        read(wrapped)
