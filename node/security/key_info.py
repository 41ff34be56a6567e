"""Reading what a KeyInfo says of its key: one name of one certificate, resolved by position, never fetched."""

from collections.abc import Mapping
from typing import Final

from node.ebms.errors import EbmsError, PolicyNoncompliance
from node.ebms.namespaces import DS, WSSE, WSSE11, WSU
from node.security.algorithms import BASE64_BINARY, THUMBPRINT_SHA1, X509_PKIPATH_V1, X509_SUBJECT_KEY_IDENTIFIER, X509_V3
from node.security.certificates import KeyReference
from node.security.elements import Element, ShapeRefused, attribute, base64, exactly, local, only_attributes, same_document, text

TOKEN: Final = f"{{{WSSE}}}BinarySecurityToken"
STR: Final = f"{{{WSSE}}}SecurityTokenReference"
REFERENCE: Final = f"{{{WSSE}}}Reference"
_KEY_IDENTIFIER: Final = f"{{{WSSE}}}KeyIdentifier"
_TOKEN_TYPE: Final = f"{{{WSSE11}}}TokenType"
_ID: Final = f"{{{WSU}}}Id"
_X509_DATA: Final = f"{{{DS}}}X509Data"
_X509_ISSUER_SERIAL: Final = f"{{{DS}}}X509IssuerSerial"
_X509_ISSUER_NAME: Final = f"{{{DS}}}X509IssuerName"
_X509_SERIAL_NUMBER: Final = f"{{{DS}}}X509SerialNumber"
_X509_SKI: Final = f"{{{DS}}}X509SKI"
_X509_CERTIFICATE: Final = f"{{{DS}}}X509Certificate"

#: ValueType of a token to the kind of KeyReference.
_TOKEN_KINDS: Final = {X509_V3: "bst", X509_PKIPATH_V1: "bst-pkipath"}
#: ValueType of a wsse:KeyIdentifier likewise.
_IDENTIFIER_KINDS: Final = {X509_SUBJECT_KEY_IDENTIFIER: "ski", THUMBPRINT_SHA1: "thumbprint", X509_V3: "bst"}

#: The tokens that stand directly in wsse:Security, by wsu:Id.
Tokens = Mapping[str, Element]


def read_key_info(key_info: Element, tokens: Tokens) -> KeyReference:
    """What a ds:KeyInfo (or an xenc:RecipientKeyInfo) names. Raises ShapeRefused; EbmsError PolicyNoncompliance for kinds of token not used here."""
    only_attributes(key_info, "Id")
    held = key_info
    # EN 4.0's EC example nests the reference once more.
    if local(key_info) == "RecipientKeyInfo" and len(key_info) == 1 and local(key_info[0]) in ("KeyInfo", "KeyValue"):
        held = key_info[0]
    if len(held) == 1:
        if held[0].tag == STR:
            exactly(held, STR)
            return read_token_reference(held[0], tokens)
        if held[0].tag == _X509_DATA:
            exactly(held, _X509_DATA)
            return _x509_data(held[0])
    # KeyName, KeyValue, RetrievalMethod and several ways at once say nothing about an agreed certificate.
    raise ShapeRefused(f"{local(held)}: {[local(child) for child in held]} is not one SecurityTokenReference or X509Data")


def read_token_reference(reference: Element, tokens: Tokens) -> KeyReference:
    """What a wsse:SecurityTokenReference names."""
    only_attributes(reference, _ID, _TOKEN_TYPE, f"{{{WSSE}}}Usage")
    if len(reference) != 1:
        raise ShapeRefused(f"SecurityTokenReference: {len(reference)} children, not one")
    child = reference[0]
    exactly(reference, str(child.tag))
    if child.tag == REFERENCE:
        return _direct(child, tokens)
    if child.tag == _KEY_IDENTIFIER:
        return _identifier(child)
    if child.tag == _X509_DATA:
        return _x509_data(child)
    raise EbmsError(PolicyNoncompliance, f"SecurityTokenReference: {local(child)} is no way of naming a key here")


def _direct(reference: Element, tokens: Tokens) -> KeyReference:
    exactly(reference)
    only_attributes(reference, "URI", "ValueType")
    name = same_document(attribute(reference, "URI"), "wsse:Reference")
    token = tokens.get(name)
    if token is None:
        raise ShapeRefused(f"wsse:Reference: #{name} is no BinarySecurityToken of this wsse:Security")
    only_attributes(token, "ValueType", "EncodingType", _ID)
    value_type = attribute(token, "ValueType")
    # spec: BSP 1.1 R3059
    if reference.get("ValueType", value_type) != value_type:
        raise ShapeRefused("wsse:Reference: its ValueType is not that of the token")
    kind = _TOKEN_KINDS.get(value_type)
    if kind is None or token.get("EncodingType", BASE64_BINARY) != BASE64_BINARY:
        raise EbmsError(PolicyNoncompliance, f"BinarySecurityToken: {value_type} is not used here")
    return KeyReference(kind, base64(token))


def _identifier(identifier: Element) -> KeyReference:
    only_attributes(identifier, "ValueType", "EncodingType", _ID)
    kind = _IDENTIFIER_KINDS.get(attribute(identifier, "ValueType"))
    if kind is None or identifier.get("EncodingType", BASE64_BINARY) != BASE64_BINARY:
        raise EbmsError(PolicyNoncompliance, f"KeyIdentifier: {identifier.get('ValueType')} is not used here")
    return KeyReference(kind, base64(identifier))


def _x509_data(data: Element) -> KeyReference:
    only_attributes(data)
    if len(data) != 1:
        raise ShapeRefused(f"X509Data: {len(data)} children, not one")
    child = data[0]
    exactly(data, str(child.tag))
    if child.tag == _X509_ISSUER_SERIAL:
        issuer, serial = exactly(child, _X509_ISSUER_NAME, _X509_SERIAL_NUMBER)
        return KeyReference("issuer-serial", issuer=text(issuer), serial=_integer(serial))
    if child.tag == _X509_SKI:
        return KeyReference("ski", base64(child))
    if child.tag == _X509_CERTIFICATE:
        return KeyReference("bst", base64(child))
    raise EbmsError(PolicyNoncompliance, f"X509Data: {local(child)} is no way of naming a certificate here")


def _integer(element: Element) -> int:
    written = text(element).strip(" \t\r\n")
    # RFC 5280 4.1.2.2: up to 20 octets, 49 digits
    if not (written.isascii() and written.isdigit() and len(written) <= 49):
        raise ShapeRefused(f"{local(element)}: {written[:60]!r} is no serial number")
    return int(written)
