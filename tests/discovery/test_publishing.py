"""Our own metadata, judged by signxml alone."""

import pytest
from lxml import etree
from signxml.verifier import XMLVerifier

from node.discovery.publishing import publish
from node.security import algorithms as a
from tests.discovery.published import KOREA, metadata
from tests.pki import make_pki

PKI = make_pki()


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize(("kind", "algorithm"), [("rsa3072", a.RSA_SHA256), ("p384", a.ECDSA_SHA384)])
def test_the_signature_covers_the_document_and_carries_its_chain(version, kind, algorithm):
    key = PKI.key("a", kind)
    octets = publish(metadata(PKI, version), key, algorithm)
    found = XMLVerifier().verify(octets, x509_cert=key.certificate.x509)
    assert KOREA.value in "".join(found.signed_xml.itertext())
    chain = [one.text for one in etree.fromstring(octets).iter("{*}X509Certificate")]
    # The signer's own certificate comes first.
    assert len(chain) == 2
    assert octets.count(b"<ds:Signature ") == 1


def test_elements_come_in_the_order_of_the_schema():
    endpoint = next(etree.fromstring(publish(metadata(PKI), PKI.key("a"), a.RSA_SHA256)).iter("{*}Endpoint"))
    names = [etree.QName(one).localname for one in endpoint]
    order = ["TransportProfileID", "Description", "Contact", "AddressURI", "ActivationDate", "ExpirationDate", "Certificate"]
    assert names == order
