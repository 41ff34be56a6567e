"""What the encryption part of wsse:Security says: EncryptedKey and EncryptedData as values."""

from dataclasses import dataclass, field
from typing import Final

from node.ebms.errors import EbmsError, PolicyNoncompliance
from node.ebms.namespaces import DS, DSIG11, DSIG_MORE, WSSE11, WSU, XENC, XENC11
from node.security import algorithms as a
from node.security.certificates import KeyReference
from node.security.claimed_signature import content_id
from node.security.elements import (
    Element,
    ShapeRefused,
    algorithm,
    attribute,
    base64,
    by_name,
    exactly,
    local,
    only_attributes,
    required,
    same_document,
    text,
)
from node.security.key_info import REFERENCE, STR, Tokens, read_key_info

#: One for each part that may be signed.
MAX_DATA_REFERENCES: Final = 30

ENCRYPTED_KEY: Final = f"{{{XENC}}}EncryptedKey"
ENCRYPTED_DATA: Final = f"{{{XENC}}}EncryptedData"
_ENCRYPTION_METHOD: Final = f"{{{XENC}}}EncryptionMethod"
_CIPHER_DATA: Final = f"{{{XENC}}}CipherData"
_CIPHER_VALUE: Final = f"{{{XENC}}}CipherValue"
_CIPHER_REFERENCE: Final = f"{{{XENC}}}CipherReference"
_REFERENCE_LIST: Final = f"{{{XENC}}}ReferenceList"
_DATA_REFERENCE: Final = f"{{{XENC}}}DataReference"
_XENC_TRANSFORMS: Final = f"{{{XENC}}}Transforms"
_AGREEMENT_METHOD: Final = f"{{{XENC}}}AgreementMethod"
_ORIGINATOR_KEY_INFO: Final = f"{{{XENC}}}OriginatorKeyInfo"
_RECIPIENT_KEY_INFO: Final = f"{{{XENC}}}RecipientKeyInfo"
_KDM: Final = f"{{{XENC11}}}KeyDerivationMethod"
_MGF: Final = f"{{{XENC11}}}MGF"
_CONCAT_PARAMS: Final = f"{{{XENC11}}}ConcatKDFParams"
_HKDF_PARAMS: Final = f"{{{DSIG_MORE}}}HKDFParams"
_PRF: Final = f"{{{DSIG_MORE}}}PRF"
_SALT: Final = f"{{{DSIG_MORE}}}Salt"
_INFO: Final = f"{{{DSIG_MORE}}}Info"
_KEY_LENGTH: Final = f"{{{DSIG_MORE}}}KeyLength"
_DER_KEY: Final = f"{{{DSIG11}}}DEREncodedKeyValue"
_EC_KEY: Final = f"{{{DSIG11}}}ECKeyValue"
_NAMED_CURVE: Final = f"{{{DSIG11}}}NamedCurve"
_PUBLIC_KEY: Final = f"{{{DSIG11}}}PublicKey"
_KEY_INFO: Final = f"{{{DS}}}KeyInfo"
_KEY_VALUE: Final = f"{{{DS}}}KeyValue"
_DIGEST_METHOD: Final = f"{{{DS}}}DigestMethod"
_TRANSFORM: Final = f"{{{DS}}}Transform"
_ID: Final = f"{{{WSU}}}Id"
_TOKEN_TYPE: Final = f"{{{WSSE11}}}TokenType"
_CONCAT_ATTRIBUTES: Final = ("AlgorithmID", "PartyUInfo", "PartyVInfo", "SuppPubInfo", "SuppPrivInfo")


@dataclass(frozen=True, slots=True)
class HkdfClaim:
    """dsig-more:HKDFParams. An absent or empty salt or info is b""; `key_length` is in octets, None when absent (then the key wrap's)."""

    prf: str
    salt: bytes = field(default=b"", repr=False)
    info: bytes = field(default=b"", repr=False)
    key_length: int | None = None


@dataclass(frozen=True, slots=True)
class ConcatClaim:
    """xenc11:ConcatKDFParams: the digest by URI and the five attributes as the hexBinary text that was written ("" when absent)."""

    digest: str
    algorithm_id: str = ""
    party_u_info: str = ""
    party_v_info: str = ""
    supp_pub_info: str = ""
    supp_priv_info: str = ""


@dataclass(frozen=True, slots=True)
class OriginatorKey:
    """The ephemeral public key, not yet parsed: either `der` (dsig11:DEREncodedKeyValue) or `curve` (URI) with `point` (dsig11:PublicKey)."""

    der: bytes = b""
    curve: str = ""
    point: bytes = b""


@dataclass(frozen=True, slots=True)
class AgreementClaim:
    """xenc:AgreementMethod. Exactly one of `hkdf` and `concat` is there, as `kdf` says."""

    method: str
    kdf: str
    originator: OriginatorKey
    hkdf: HkdfClaim | None = None
    concat: ConcatClaim | None = None


@dataclass(frozen=True, slots=True)
class EncryptedKeyClaim:
    """An xenc:EncryptedKey.

    `method` is its EncryptionMethod: RSA-OAEP, or the key wrap that follows `agreement`. `digest` and `mgf` are those of RSA-OAEP with the standard's
    defaults filled in (SHA-1 when absent), "" for a key wrap. `data_references` are the Ids of its ReferenceList without `#`.
    """

    id: str | None
    method: str
    digest: str
    mgf: str
    recipient: KeyReference
    cipher_value: bytes = field(repr=False)
    agreement: AgreementClaim | None = None
    data_references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EncryptedDataClaim:
    """An xenc:EncryptedData that stands for one attachment.

    `content_id` is without `cid:` and decoded. `key_id` is the Id of the EncryptedKey that its KeyInfo names, None without KeyInfo
    (then the EncryptedKey names it by `data_references`).
    """

    id: str | None
    content_id: str
    algorithm: str
    type: str | None
    mime_type: str | None
    key_id: str | None


# -- EncryptedKey ----------------------------------------------------------------------------------------------------


def read_encrypted_key(element: Element, tokens: Tokens) -> EncryptedKeyClaim:
    """An EncryptedKey with RSA-OAEP, or with a key agreement and key wrap.

    Raises ShapeRefused; EbmsError PolicyNoncompliance for ways of carrying a key that are not used here.
    """
    only_attributes(element, "Id", _ID, "Recipient", "Type", "MimeType", "Encoding")
    found = by_name(element, (_ENCRYPTION_METHOD, _KEY_INFO, _CIPHER_DATA, _REFERENCE_LIST))
    method_element = required(element, found, _ENCRYPTION_METHOD)
    (value,) = exactly(required(element, found, _CIPHER_DATA), _CIPHER_VALUE)
    method, digest, mgf = _encryption_method(method_element)
    key_info = required(element, found, _KEY_INFO)
    agreement = None
    if len(key_info) and key_info[0].tag == _AGREEMENT_METHOD:
        exactly(key_info, _AGREEMENT_METHOD)
        agreement, recipient = _agreement(key_info[0], tokens)
    else:
        recipient = read_key_info(key_info, tokens)
    if (agreement is None) == (method in a.KEY_WRAP_OCTETS):
        raise ShapeRefused(f"EncryptedKey: {method} {'without' if agreement is None else 'after'} a key agreement")
    # spec: XE 3.5.1; WSS4J writes Id, EN 4.0 prints wsu:Id
    name = element.get("Id") or element.get(_ID)
    return EncryptedKeyClaim(
        name, method, digest, mgf, recipient, base64(value), agreement, _data_references(found.get(_REFERENCE_LIST))
    )


def _encryption_method(element: Element) -> tuple[str, str, str]:
    """Algorithm, digest and mask generation; what is absent from RSA-OAEP means SHA-1."""
    method = algorithm(element)
    # KeySize, OAEPparams and the rest are not used by any profile.
    found = by_name(element, (_DIGEST_METHOD, _MGF))
    for child in found.values():
        exactly(child)
    if method not in (a.RSA_OAEP, a.RSA_OAEP_MGF1P):
        if found:
            raise ShapeRefused(f"EncryptionMethod: {method} takes no parameters")
        return method, "", ""
    # spec: XE 5.5.2
    digest = algorithm(found[_DIGEST_METHOD]) if _DIGEST_METHOD in found else a.SHA1
    mgf = algorithm(found[_MGF]) if _MGF in found else a.MGF1_SHA1
    if method == a.RSA_OAEP_MGF1P and mgf != a.MGF1_SHA1:
        raise ShapeRefused("EncryptionMethod: rsa-oaep-mgf1p has MGF1 with SHA-1 and no other")
    return method, digest, mgf


def _data_references(element: Element | None) -> tuple[str, ...]:
    if element is None:
        return ()
    if not 1 <= len(element) <= MAX_DATA_REFERENCES:
        raise ShapeRefused(f"ReferenceList: {len(element)} references, not 1 to {MAX_DATA_REFERENCES}")
    found = exactly(element, *[_DATA_REFERENCE] * len(element))
    for one in found:
        only_attributes(one, "URI")
        exactly(one)
    names = tuple([same_document(attribute(one, "URI"), "DataReference") for one in found])
    if len(set(names)) != len(names):
        raise ShapeRefused("ReferenceList: one EncryptedData named twice")
    return names


# -- key agreement ---------------------------------------------------------------------------------------------------


def _agreement(element: Element, tokens: Tokens) -> tuple[AgreementClaim, KeyReference]:
    # spec: XE 5.6.1
    found = by_name(element, (_KDM, _ORIGINATOR_KEY_INFO, _RECIPIENT_KEY_INFO))
    method = algorithm(element)
    derivation = required(element, found, _KDM)
    kdf = algorithm(derivation)
    originator = _originator(required(element, found, _ORIGINATOR_KEY_INFO))
    recipient = read_key_info(required(element, found, _RECIPIENT_KEY_INFO), tokens)
    if kdf == a.HKDF:
        (parameters,) = exactly(derivation, _HKDF_PARAMS)
        return AgreementClaim(method, kdf, originator, hkdf=_hkdf(parameters)), recipient
    if kdf == a.CONCAT_KDF:
        (parameters,) = exactly(derivation, _CONCAT_PARAMS)
        return AgreementClaim(method, kdf, originator, concat=_concat(parameters)), recipient
    raise EbmsError(PolicyNoncompliance, f"KeyDerivationMethod: {kdf!r} is not used here")


def _hkdf(element: Element) -> HkdfClaim:
    # spec: RFC 9231 successor draft, HKDFParams
    only_attributes(element)
    found = by_name(element, (_PRF, _SALT, _INFO, _KEY_LENGTH))
    prf = required(element, found, _PRF)
    exactly(prf)
    length = None
    if _KEY_LENGTH in found:
        written = text(found[_KEY_LENGTH]).strip(" \t\r\n")
        if not (written.isascii() and written.isdigit() and len(written) <= 4):
            raise ShapeRefused(f"KeyLength: {written[:20]!r} is no number of octets")
        length = int(written)
    salt = base64(found[_SALT]) if _SALT in found else b""
    info = base64(found[_INFO]) if _INFO in found else b""
    return HkdfClaim(algorithm(prf), salt, info, length)


def _concat(element: Element) -> ConcatClaim:
    # spec: XE 5.4.1
    only_attributes(element, *_CONCAT_ATTRIBUTES)
    (digest,) = exactly(element, _DIGEST_METHOD)
    exactly(digest)
    return ConcatClaim(algorithm(digest), *[element.get(name, "") for name in _CONCAT_ATTRIBUTES])


def _originator(element: Element) -> OriginatorKey:
    only_attributes(element)
    held = element
    # ED2's common profile puts the DER directly, the EC one inside a ds:KeyValue; either may come in either.
    if len(element) == 1 and element[0].tag == _KEY_VALUE:
        exactly(element, _KEY_VALUE)
        held = element[0]
    if len(held) != 1 or held[0].tag not in (_DER_KEY, _EC_KEY):
        raise ShapeRefused(f"OriginatorKeyInfo: {[local(child) for child in held]} is not one DEREncodedKeyValue or ECKeyValue")
    key = held[0]
    exactly(held, str(key.tag))
    only_attributes(key, "Id")
    if key.tag == _DER_KEY:
        return OriginatorKey(der=base64(key))
    curve, point = exactly(key, _NAMED_CURVE, _PUBLIC_KEY)
    exactly(curve)
    only_attributes(curve, "URI")
    return OriginatorKey(curve=attribute(curve, "URI"), point=base64(point))


# -- EncryptedData ---------------------------------------------------------------------------------------------------


def read_encrypted_data(element: Element) -> EncryptedDataClaim:
    """An EncryptedData that stands for one attachment. Raises ShapeRefused; EbmsError PolicyNoncompliance for other things encrypted."""
    only_attributes(element, "Id", _ID, "Type", "MimeType", "Encoding")
    found = by_name(element, (_ENCRYPTION_METHOD, _KEY_INFO, _CIPHER_DATA))
    method = required(element, found, _ENCRYPTION_METHOD)
    exactly(method)
    # spec: SwA 5.5.2
    kind = element.get("Type")
    if kind != a.ATTACHMENT_CONTENT_ONLY:
        raise EbmsError(PolicyNoncompliance, f"EncryptedData: Type {kind!r}; only Attachment-Content-Only is used here")
    cipher_data = required(element, found, _CIPHER_DATA)
    (cipher_reference,) = exactly(cipher_data, _CIPHER_REFERENCE)
    return EncryptedDataClaim(
        id=element.get("Id") or element.get(_ID),
        content_id=_cipher_reference(cipher_reference),
        algorithm=algorithm(method),
        type=kind,
        mime_type=element.get("MimeType"),
        key_id=_key_id(found[_KEY_INFO]) if _KEY_INFO in found else None,
    )


def _cipher_reference(element: Element) -> str:
    only_attributes(element, "URI")
    uri = attribute(element, "URI")
    if uri[:4] != "cid:":
        raise ShapeRefused(f"CipherReference: URI {uri[:80]!r} is no attachment")
    (transforms,) = exactly(element, _XENC_TRANSFORMS)
    (transform,) = exactly(transforms, _TRANSFORM)
    exactly(transform)
    if (name := algorithm(transform)) != a.ATTACHMENT_CIPHERTEXT:
        raise EbmsError(PolicyNoncompliance, f"CipherReference: transform {name!r} is not allowed")
    return content_id(uri)


def _key_id(key_info: Element) -> str:
    (reference,) = exactly(key_info, STR)
    only_attributes(reference, _ID, _TOKEN_TYPE)
    if reference.get(_TOKEN_TYPE, a.ENCRYPTED_KEY_TOKEN) != a.ENCRYPTED_KEY_TOKEN:
        raise EbmsError(PolicyNoncompliance, "EncryptedData: its KeyInfo names something else than an EncryptedKey")
    (direct,) = exactly(reference, REFERENCE)
    exactly(direct)
    only_attributes(direct, "URI", "ValueType")
    return same_document(attribute(direct, "URI"), "wsse:Reference")
