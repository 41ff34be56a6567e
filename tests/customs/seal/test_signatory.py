"""Who should have sealed a document."""

import pytest

from node.customs.seal.signatory import Signatory, signatory

HEADER = b"<DocumentHeader><MessageID>1</MessageID><SenderAuthority> TW-CUSTOMS </SenderAuthority></DocumentHeader>"
ISSUER = b"<TypeCode>%b</TypeCode><IssuingAuthority><ID>TW-BOFT</ID></IssuingAuthority>"


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b'<CertificateOfOrigin xmlns="urn:n2n:customs:co:1">' + HEADER + ISSUER % b"861" + b"</CertificateOfOrigin>", ("TW-BOFT", "TW")),
        (b"<x:CertificateOfOrigin xmlns:x='u'>" + HEADER + b"</x:CertificateOfOrigin>", ("TW-CUSTOMS", "TW")),
        (b"<CertificateOfOrigin>" + HEADER + ISSUER % b"862" + b"</CertificateOfOrigin>", ("TW-CUSTOMS", "TW")),
        # What comes after the header of another type is not read.
        (b"<AeoRecordSet>" + HEADER + b"<a", ("TW-CUSTOMS", "TW")),
        (b"<Response>" + HEADER + ISSUER % b"861" + b"</Response>", ("TW-CUSTOMS", "TW")),
        (b"<Response><a><DocumentHeader><SenderAuthority>X</SenderAuthority></DocumentHeader></a></Response>", ("", "")),
        (b"<!DOCTYPE a><Response>" + HEADER + b"</Response>", ("", "")),
        (b"%PDF-1.7", ("", "")),
        (b"", ("", "")),
    ],
)  # fmt: skip
def test_a_document_says_who(octets, expected):
    assert signatory(octets) == Signatory(*expected)
