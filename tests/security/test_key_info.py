"""What a KeyInfo names, in every spelling that peers use."""

from base64 import b64encode
from typing import Any

import pytest

from node.ebms.errors import EbmsError
from node.ebms.namespaces import DS, WSSE, WSSE11, XENC
from node.ebms.xml import parse_xml
from node.security.algorithms import THUMBPRINT_SHA1, X509_PKIPATH_V1, X509_SUBJECT_KEY_IDENTIFIER, X509_V3
from node.security.certificates import KeyReference, write_pkipath
from node.security.elements import ShapeRefused
from node.security.key_info import read_key_info

_DECLARED = f'xmlns:ds="{DS}" xmlns:wsse="{WSSE}" xmlns:wsse11="{WSSE11}" xmlns:xenc="{XENC}"'


def spellings(key: Any) -> list[tuple[str, KeyReference]]:
    one = key.certificate
    der, ski, sha1 = (b64encode(octets).decode() for octets in (one.der, one.ski, one.sha1))
    issuer_serial = (
        f"<ds:X509Data><ds:X509IssuerSerial><ds:X509IssuerName>{one.issuer}</ds:X509IssuerName>"
        f"<ds:X509SerialNumber> {one.serial}\n</ds:X509SerialNumber></ds:X509IssuerSerial></ds:X509Data>"
    )
    identifier = '<wsse:KeyIdentifier ValueType="{}">{}</wsse:KeyIdentifier>'
    string = "<wsse:SecurityTokenReference>{}</wsse:SecurityTokenReference>"
    by_serial = KeyReference("issuer-serial", issuer=one.issuer, serial=one.serial)
    return [
        (string.format('<wsse:Reference URI="#T"/>'), KeyReference("bst", one.der)),
        (string.format(f'\n<wsse:Reference URI="#T" ValueType="{X509_V3}"/>\n'), KeyReference("bst", one.der)),
        (string.format('<wsse:Reference URI="#P"/>'), KeyReference("bst-pkipath", write_pkipath(key.chain))),
        (
            f'<wsse:SecurityTokenReference wsse11:TokenType="{X509_PKIPATH_V1}"><wsse:Reference URI="#P"/></wsse:SecurityTokenReference>',
            KeyReference("bst-pkipath", write_pkipath(key.chain)),
        ),
        (string.format(identifier.format(X509_SUBJECT_KEY_IDENTIFIER, ski)), KeyReference("ski", one.ski)),
        (string.format(identifier.format(THUMBPRINT_SHA1, sha1)), KeyReference("thumbprint", one.sha1)),
        (string.format(identifier.format(X509_V3, der)), KeyReference("bst", one.der)),
        (string.format(issuer_serial), by_serial),
        (issuer_serial, by_serial),
        (f"<ds:X509Data><ds:X509SKI>{ski}</ds:X509SKI></ds:X509Data>", KeyReference("ski", one.ski)),
        (f"<ds:X509Data><ds:X509Certificate>{der}</ds:X509Certificate></ds:X509Data>", KeyReference("bst", one.der)),
    ]


@pytest.mark.parametrize("number", range(11))
def test_each_spelling_names_the_certificate(pki: Any, by_hand: Any, number: int) -> None:
    key = pki.key("a")
    xml, expected = spellings(key)[number]
    path = by_hand.token(name="P", value_type=X509_PKIPATH_V1).replace(
        b64encode(key.certificate.der).decode(), b64encode(write_pkipath(key.chain)).decode()
    )
    tokens = {"T": parse_xml(by_hand.token(key.certificate, "T").encode()), "P": parse_xml(path.encode())}
    found = read_key_info(parse_xml(f"<ds:KeyInfo {_DECLARED}>{xml}</ds:KeyInfo>".encode()), tokens)
    assert found == expected
    assert found.select([pki.key("b").certificate, key.certificate]) == (key.certificate,)


@pytest.mark.parametrize("nested", ["KeyInfo", "KeyValue"])
def test_a_recipient_may_be_nested_once_more_but_a_signer_may_not(nested: str) -> None:
    inner = f"<ds:{nested}><ds:X509Data><ds:X509SKI>QQ==</ds:X509SKI></ds:X509Data></ds:{nested}>"
    recipient = parse_xml(f"<xenc:RecipientKeyInfo {_DECLARED}>{inner}</xenc:RecipientKeyInfo>".encode())
    assert read_key_info(recipient, {}) == KeyReference("ski", b"A")
    with pytest.raises(ShapeRefused):
        read_key_info(parse_xml(f"<ds:KeyInfo {_DECLARED}>{inner}</ds:KeyInfo>".encode()), {})


def test_a_token_of_another_encoding_is_not_used(by_hand: Any) -> None:
    token = parse_xml(by_hand.token(name="T").replace("#Base64Binary", "#HexBinary").encode())
    key_info = f'<ds:KeyInfo {_DECLARED}><wsse:SecurityTokenReference><wsse:Reference URI="#T"/></wsse:SecurityTokenReference></ds:KeyInfo>'
    with pytest.raises(EbmsError) as refused:
        read_key_info(parse_xml(key_info.encode()), {"T": token})
    assert refused.value.definition.code == "EBMS:0103"
