"""Updates have the elements of the published samples, in their order."""

import hashlib
from base64 import b64decode

from lxml import etree

from node.updates.writing import write_update
from tests.updates.test_reading import EXCEPTION, NEW, OLD, REQUEST, RESPONSE


def names(element):
    return [etree.QName(one).localname for one in element]


def test_elements_come_in_order():
    request, response, exception = (etree.fromstring(write_update(one)) for one in (REQUEST, RESPONSE, EXCEPTION))
    agreements = ["CurrentAgreementIdentifier", "UpdatedAgreementIdentifier"]
    assert names(request) == ["ID", "CreatedAt", "RespondBy", "ActivateBy", *agreements, *(2 * ["CertificateUpdateRequest"])]
    assert names(response) == ["ID", "ReferenceID", "CreatedAt", *agreements]
    assert names(exception) == ["ID", "ReferenceID", "CreatedAt", *agreements, "Error", "Error"]


def test_the_present_certificate_is_named_by_its_digest_and_the_new_one_comes_whole():
    update = etree.fromstring(write_update(REQUEST)).find("{*}CertificateUpdateRequest")
    digest = update.find("{*}CurrentCertificateIdentifier/{*}X509Digest")
    assert b64decode(digest.text) == hashlib.sha256(OLD.der).digest()
    assert b64decode(update.findtext("{*}KeyInfo/{*}X509Data/{*}X509Certificate")) == NEW.der


def test_an_error_is_said_in_attributes():
    error = etree.fromstring(write_update(EXCEPTION)).find("{*}Error")
    assert dict(error.attrib) == {
        "errorCode": "AU:0006",
        "severity": "Failure",
        "shortDescription": "ActivateByRejected",
        "refToUpdateInError": "ur1",
    }
    assert error.findtext("{*}Description") == "Ten working days are needed"
