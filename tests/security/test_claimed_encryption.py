"""EncryptedKey and EncryptedData as values, in the spellings of other stacks."""

from collections.abc import Callable
from typing import Any

import pytest

from node.ebms.errors import EbmsError
from node.ebms.namespaces import DS, DSIG11, DSIG_MORE, WSSE, WSSE11, WSU, XENC, XENC11
from node.ebms.xml import parse_xml
from node.security import algorithms as a
from node.security.certificates import KeyReference
from node.security.claimed_encryption import (
    AgreementClaim,
    ConcatClaim,
    EncryptedDataClaim,
    EncryptedKeyClaim,
    HkdfClaim,
    OriginatorKey,
    read_encrypted_data,
    read_encrypted_key,
)
from node.security.elements import ShapeRefused

_DECLARED = (
    f'xmlns:ds="{DS}" xmlns:dsig11="{DSIG11}" xmlns:more="{DSIG_MORE}" xmlns:wsse="{WSSE}" xmlns:wsse11="{WSSE11}" xmlns:wsu="{WSU}"'
    f' xmlns:xenc="{XENC}" xmlns:xenc11="{XENC11}"'
)
_DIGEST = f'<ds:DigestMethod Algorithm="{a.SHA256}"/>'
_MGF = f'<xenc11:MGF Algorithm="{a.MGF1_SHA256}"/>'
_SKI = f'<wsse:SecurityTokenReference><wsse:KeyIdentifier ValueType="{a.X509_SUBJECT_KEY_IDENTIFIER}">QQ==</wsse:KeyIdentifier></wsse:SecurityTokenReference>'
_NAMED = KeyReference("ski", b"A")


def encrypted_key(
    *,
    method: str = a.RSA_OAEP,
    parameters: str = _DIGEST + _MGF,
    key_info: str = _SKI,
    attributes: str = 'Id="EK-1"',
    tail: str = '<xenc:ReferenceList><xenc:DataReference URI="#ED-1"/><xenc:DataReference URI="#ED-2"/></xenc:ReferenceList>',
    cipher_data: str = "<xenc:CipherData><xenc:CipherValue>Qk\nI=</xenc:CipherValue></xenc:CipherData>",
) -> str:
    return (
        f'<xenc:EncryptedKey {_DECLARED} {attributes}><xenc:EncryptionMethod Algorithm="{method}">{parameters}</xenc:EncryptionMethod>'
        f"<ds:KeyInfo>{key_info}</ds:KeyInfo>{cipher_data}{tail}</xenc:EncryptedKey>"
    )


def read(xml: str) -> EncryptedKeyClaim:
    return read_encrypted_key(parse_xml(xml.encode()), {})


KEY = EncryptedKeyClaim("EK-1", a.RSA_OAEP, a.SHA256, a.MGF1_SHA256, _NAMED, b"BB", None, ("ED-1", "ED-2"))


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (encrypted_key(), KEY),
        (encrypted_key(parameters=_MGF + _DIGEST), KEY),
        (encrypted_key(attributes='wsu:Id="EK-1"'), KEY),
        (encrypted_key(tail="", attributes=""), EncryptedKeyClaim(None, a.RSA_OAEP, a.SHA256, a.MGF1_SHA256, _NAMED, b"BB")),
        # What is absent means SHA-1 (XE 5.5.2).
        (encrypted_key(parameters="", tail=""), EncryptedKeyClaim("EK-1", a.RSA_OAEP, a.SHA1, a.MGF1_SHA1, _NAMED, b"BB")),
        (
            encrypted_key(method=a.RSA_OAEP_MGF1P, parameters=_DIGEST, tail=""),
            EncryptedKeyClaim("EK-1", a.RSA_OAEP_MGF1P, a.SHA256, a.MGF1_SHA1, _NAMED, b"BB"),
        ),
        (
            encrypted_key(key_info="<ds:X509Data><ds:X509SKI>QQ==</ds:X509SKI></ds:X509Data>", tail=""),
            EncryptedKeyClaim("EK-1", a.RSA_OAEP, a.SHA256, a.MGF1_SHA256, _NAMED, b"BB"),
        ),
    ],
)
def test_a_transported_key_is_read(xml: str, expected: EncryptedKeyClaim) -> None:
    assert read(xml) == expected


@pytest.mark.parametrize(
    "xml",
    [
        encrypted_key(parameters=_DIGEST + _DIGEST),
        encrypted_key(parameters="<xenc:OAEPparams>QQ==</xenc:OAEPparams>"),
        encrypted_key(parameters="<xenc:KeySize>1</xenc:KeySize>"),
        encrypted_key(method=a.RSA_OAEP_MGF1P, parameters=_MGF),
        encrypted_key(method="http://www.w3.org/2001/04/xmlenc#rsa-1_5"),
        encrypted_key(method=a.KW_AES128, parameters=""),
        encrypted_key(cipher_data=""),
        encrypted_key(cipher_data='<xenc:CipherData><xenc:CipherReference URI="http://127.0.0.1:9/"/></xenc:CipherData>'),
        encrypted_key(cipher_data="<xenc:CipherData><xenc:CipherValue>?</xenc:CipherValue></xenc:CipherData>"),
        encrypted_key(tail="<xenc:ReferenceList/>"),
        encrypted_key(tail='<xenc:ReferenceList><xenc:DataReference URI="http://127.0.0.1:9/"/></xenc:ReferenceList>'),
        encrypted_key(tail='<xenc:ReferenceList><xenc:KeyReference URI="#a"/></xenc:ReferenceList>'),
        encrypted_key(tail="<xenc:ReferenceList>" + '<xenc:DataReference URI="#a"/>' * 2 + "</xenc:ReferenceList>"),
        encrypted_key(
            tail="<xenc:ReferenceList>"
            + "".join(f'<xenc:DataReference URI="#{n}"/>' for n in range(31))
            + "</xenc:ReferenceList>"
        ),
        encrypted_key(tail="<xenc:CarriedKeyName>a</xenc:CarriedKeyName>"),
        encrypted_key(attributes='xml:base="x"'),
        encrypted_key(key_info=""),
        encrypted_key(key_info="<ds:KeyName>a</ds:KeyName>"),
        encrypted_key(key_info='<ds:RetrievalMethod URI="file:///etc/hostname"/>'),
    ],
)
def test_another_shape_of_key_is_refused(xml: str) -> None:
    with pytest.raises(ShapeRefused):
        read(xml)


# -- key agreement ---------------------------------------------------------------------------------------------------

_HKDF = (
    f'<more:HKDFParams><more:PRF Algorithm="{a.HMAC_SHA256}"/><more:Salt>c2Fs</more:Salt><more:Info>aW5m</more:Info>'
    "<more:KeyLength>16</more:KeyLength></more:HKDFParams>"
)
_CONCAT = (
    f'<xenc11:ConcatKDFParams AlgorithmID="0000" PartyUInfo="" PartyVInfo="">{_DIGEST.replace(">", ">")}</xenc11:ConcatKDFParams>'
)
_DER = "<dsig11:DEREncodedKeyValue>REVS</dsig11:DEREncodedKeyValue>"
_EC = '<dsig11:ECKeyValue><dsig11:NamedCurve URI="urn:oid:1.2.840.10045.3.1.7"/><dsig11:PublicKey>BFhZ</dsig11:PublicKey></dsig11:ECKeyValue>'


def agreement(
    *,
    method: str = a.X25519,
    kdf: str = a.HKDF,
    parameters: str = _HKDF,
    originator: str = _DER,
    recipient: str = _SKI,
    wrap: str = a.KW_AES128,
    more: str = "",
) -> str:
    inside = (
        f'<xenc:AgreementMethod Algorithm="{method}"><xenc11:KeyDerivationMethod Algorithm="{kdf}">{parameters}</xenc11:KeyDerivationMethod>'
        f"<xenc:OriginatorKeyInfo>{originator}</xenc:OriginatorKeyInfo><xenc:RecipientKeyInfo>{recipient}</xenc:RecipientKeyInfo>{more}"
        "</xenc:AgreementMethod>"
    )
    return encrypted_key(method=wrap, parameters="", key_info=inside)


_DER_KEY, _EC_KEY = OriginatorKey(der=b"DER"), OriginatorKey(curve="urn:oid:1.2.840.10045.3.1.7", point=b"\x04XY")
_HKDF_CLAIM, _CONCAT_CLAIM = HkdfClaim(a.HMAC_SHA256, b"sal", b"inf", 16), ConcatClaim(a.SHA256, "0000")


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (agreement(), AgreementClaim(a.X25519, a.HKDF, _DER_KEY, hkdf=_HKDF_CLAIM)),
        (
            agreement(method=a.ECDH_ES, originator=f"<ds:KeyValue>{_EC}</ds:KeyValue>"),
            AgreementClaim(a.ECDH_ES, a.HKDF, _EC_KEY, hkdf=_HKDF_CLAIM),
        ),
        (
            agreement(
                method=a.ECDH_ES,
                kdf=a.CONCAT_KDF,
                parameters=_CONCAT,
                originator=_EC,
                recipient=f"<ds:KeyInfo>{_SKI}</ds:KeyInfo>",
            ),
            AgreementClaim(a.ECDH_ES, a.CONCAT_KDF, _EC_KEY, concat=_CONCAT_CLAIM),
        ),
        (
            agreement(parameters=f'<more:HKDFParams><more:PRF Algorithm="{a.HMAC_SHA256}"/></more:HKDFParams>'),
            AgreementClaim(a.X25519, a.HKDF, _DER_KEY, hkdf=HkdfClaim(a.HMAC_SHA256)),
        ),
        (
            agreement(
                parameters=f'<more:HKDFParams><more:PRF Algorithm="{a.HMAC_SHA256}"/><more:Salt/><more:Info/></more:HKDFParams>'
            ),
            AgreementClaim(a.X25519, a.HKDF, _DER_KEY, hkdf=HkdfClaim(a.HMAC_SHA256)),
        ),
    ],
)
def test_an_agreement_is_read(xml: str, expected: AgreementClaim) -> None:
    claim = read(xml)
    assert claim.agreement == expected
    assert (claim.method, claim.digest, claim.mgf, claim.recipient) == (a.KW_AES128, "", "", _NAMED)


@pytest.mark.parametrize(
    "xml",
    [
        agreement(wrap=a.RSA_OAEP),
        agreement(originator=""),
        agreement(originator=_DER + _EC),
        agreement(originator="<ds:KeyName>a</ds:KeyName>"),
        agreement(originator=_EC.replace('URI="urn', 'X="urn')),
        agreement(recipient=""),
        agreement(more="<xenc:KA-Nonce>QQ==</xenc:KA-Nonce>"),
        agreement(parameters=""),
        agreement(parameters=_CONCAT),
        agreement(parameters=_HKDF.replace("16", "sixteen")),
        agreement(parameters=_HKDF.replace("16", "\u0661\u0666")),
        agreement(parameters=_HKDF.replace("<more:PRF", "<more:Prf")),
        agreement(kdf=a.CONCAT_KDF),
    ],
)
def test_another_shape_of_agreement_is_refused(xml: str) -> None:
    with pytest.raises(ShapeRefused):
        read(xml)


def test_a_derivation_that_is_not_used_here_is_a_matter_of_policy() -> None:
    with pytest.raises(EbmsError) as refused:
        read(agreement(kdf="http://www.w3.org/2009/xmlenc11#pbkdf2"))
    assert refused.value.definition.code == "EBMS:0103"


# -- EncryptedData ---------------------------------------------------------------------------------------------------

_KEY_NAME = (
    f'<ds:KeyInfo><wsse:SecurityTokenReference wsse11:TokenType="{a.ENCRYPTED_KEY_TOKEN}"><wsse:Reference URI="#EK-1"/>'
    "</wsse:SecurityTokenReference></ds:KeyInfo>"
)
DATA = (
    f'<xenc:EncryptedData {_DECLARED} Id="ED-1" MimeType="application/gzip" Type="{a.ATTACHMENT_CONTENT_ONLY}">'
    f'<xenc:EncryptionMethod Algorithm="{a.AES128_GCM}"/>{_KEY_NAME}<xenc:CipherData><xenc:CipherReference URI="cid:a%40b">'
    f'<xenc:Transforms><ds:Transform Algorithm="{a.ATTACHMENT_CIPHERTEXT}"/></xenc:Transforms></xenc:CipherReference></xenc:CipherData>'
    "</xenc:EncryptedData>"
)


def changed(old: str, new: str) -> Callable[[], str]:
    assert old in DATA
    return lambda: DATA.replace(old, new, 1)


def test_encrypted_data_is_read() -> None:
    expected = EncryptedDataClaim("ED-1", "a@b", a.AES128_GCM, a.ATTACHMENT_CONTENT_ONLY, "application/gzip", "EK-1")
    assert read_encrypted_data(parse_xml(DATA.encode())) == expected
    without = read_encrypted_data(parse_xml(DATA.replace(_KEY_NAME, "").replace(' MimeType="application/gzip"', "").encode()))
    assert (without.key_id, without.mime_type) == (None, None)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (changed("Content-Only", "Complete"), "EBMS:0103"),
        (changed(f' Type="{a.ATTACHMENT_CONTENT_ONLY}"', ""), "EBMS:0103"),
        (changed(a.ATTACHMENT_CIPHERTEXT, "http://www.w3.org/TR/1999/REC-xslt-19991116"), "EBMS:0103"),
        (changed(a.ENCRYPTED_KEY_TOKEN, a.X509_V3), "EBMS:0103"),
        (changed("cid:a%40b", "http://127.0.0.1:9/"), None),
        (changed("cid:a%40b", "file:///etc/hostname"), None),
        (changed("cid:a%40b", "cid:"), None),
        (changed('<wsse:Reference URI="#EK-1"/>', '<wsse:Reference URI="http://127.0.0.1:9/"/>'), None),
        (changed("<xenc:Transforms>", "<ds:Transforms>".replace("ds:", "wsu:")), None),
        (changed("<xenc:CipherData>", "<xenc:CipherData/><xenc:CipherData>"), None),
        (changed("</xenc:EncryptedData>", "<xenc:EncryptionProperties/></xenc:EncryptedData>"), None),
    ],
)
def test_another_shape_of_data_is_refused(make: Any, code: str | None) -> None:
    octets = make().replace("</xenc:Transforms>", "</wsu:Transforms>") if "<wsu:Transforms>" in make() else make()
    with pytest.raises((ShapeRefused, EbmsError)) as refused:
        read_encrypted_data(parse_xml(octets.encode()))
    assert getattr(getattr(refused.value, "definition", None), "code", None) == code
