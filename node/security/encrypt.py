"""Encrypting to a recipient: one fresh content key a message, wrapped for the recipient, as templates that are canonical as written."""

import os
from binascii import b2a_base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, x25519

from node.ebms.namespaces import DS, DSIG11, DSIG_MORE, WSSE, WSSE11, WSU, XENC, XENC11
from node.ebms.pmode import Encryption
from node.ebms.xml import escape_attribute
from node.security.algorithms import (
    ATTACHMENT_CIPHERTEXT,
    ATTACHMENT_CONTENT_ONLY,
    BASE64_BINARY,
    CONCAT_KDF,
    CONTENT_KEY_OCTETS,
    ECDH_ES,
    ENCRYPTED_KEY_TOKEN,
    HKDF,
    HMAC_SHA256,
    KEY_WRAP_OCTETS,
    MGF1_SHA1,
    OAEP_DIGESTS,
    OAEP_MGFS,
    PRFS,
    RSA_OAEP,
    RSA_OAEP_MGF1P,
    X509_V3,
    X25519,
)
from node.security.attachments import ContentKey
from node.security.certificates import Certificate
from node.security.key_agreement import (
    EphemeralKey,
    derive_concat,
    derive_hkdf,
    ephemeral_for,
    shared_secret,
    wrap_key,
    write_der,
    write_point,
)
from node.security.sign import security_token_reference

__all__ = ["ContentKey", "EncryptedKeys", "RecipientRefused", "encrypt_to", "key_wrap_for"]

#: More than one SHA-256 block of salt adds nothing; ED2 and Santuario use 16 and 32.
SALT_OCTETS: Final = 32


class RecipientRefused(ValueError):
    """Nothing can be encrypted to this certificate under this policy; the text says why, for the operator."""


@dataclass(frozen=True, slots=True)
class EncryptedKeys:
    """What encryption adds to wsse:Security (EncryptedKey and one EncryptedData a part), and the key of each part by Content-ID."""

    octets: bytes = field(repr=False)
    content_keys: Mapping[str, ContentKey] = field(repr=False)


def encrypt_to(
    recipient: Certificate,
    policy: Encryption,
    parts: Sequence[tuple[str, str]],
    unique: str,
    random: Callable[[int], bytes] = os.urandom,
) -> EncryptedKeys:
    """A fresh content key for every part of one message, readable by the recipient alone.

    `parts` are Content-IDs without `cid:` with the media type before encryption. The parts themselves are encrypted by `AttachmentOut`. Raises
    RecipientRefused.
    """
    if recipient.weakness:
        raise RecipientRefused(f"the certificate of {recipient.subject!r} is not used: {recipient.weakness}")
    # spec: XE 5.2.4, A 5.1.6
    content_key = random(CONTENT_KEY_OCTETS[policy.algorithm])
    mark = escape_attribute(unique)
    token, reference = (piece.replace(_MARK, mark) for piece in recipient_reference(policy.key_identifier, recipient))
    key_info, wrapped = _wrap(content_key, recipient, policy, reference, random)
    octets = [
        token,
        f'<xenc:EncryptedKey xmlns:xenc="{XENC}" Id="EK-{mark}">{key_info}<xenc:CipherData><xenc:CipherValue>{_base64(wrapped)}',
        "</xenc:CipherValue></xenc:CipherData><xenc:ReferenceList>",
        *[f'<xenc:DataReference URI="#ED-{mark}-{number}"></xenc:DataReference>' for number in range(1, len(parts) + 1)],
        "</xenc:ReferenceList></xenc:EncryptedKey>",
        *[_encrypted_data(policy.algorithm, mark, number, *part) for number, part in enumerate(parts, 1)],
    ]
    addressed_to = recipient.subject
    return EncryptedKeys(
        "".join(octets).encode(),
        {cid: ContentKey(policy.algorithm, content_key, media_type, addressed_to) for cid, media_type in parts},
    )


def key_wrap_for(algorithm: str) -> str:
    """The key wrap whose key is as long as that of a content encryption."""
    return _KEY_WRAPS[CONTENT_KEY_OCTETS[algorithm]]


_KEY_WRAPS: Final = {octets: uri for uri, octets in KEY_WRAP_OCTETS.items()}

# No template has white space, an empty-element tag or a namespace that its own element does not use; attributes stand in canonical order.
_MARK: Final = "\x00"
_DS: Final = f' xmlns:ds="{DS}"'
_DATA_HEAD: Final = f'<xenc:EncryptedData xmlns:xenc="{XENC}" Id="ED-'
_DATA_KEY: Final = (
    f'"></xenc:EncryptionMethod><ds:KeyInfo{_DS}><wsse:SecurityTokenReference xmlns:wsse="{WSSE}" xmlns:wsse11="{WSSE11}"'
    f' wsse11:TokenType="{ENCRYPTED_KEY_TOKEN}"><wsse:Reference URI="#EK-'
)
_DATA_CIPHER: Final = '"></wsse:Reference></wsse:SecurityTokenReference></ds:KeyInfo><xenc:CipherData><xenc:CipherReference URI="'
_DATA_TAIL: Final = (
    f'"><xenc:Transforms><ds:Transform{_DS} Algorithm="{ATTACHMENT_CIPHERTEXT}"></ds:Transform></xenc:Transforms>'
    "</xenc:CipherReference></xenc:CipherData></xenc:EncryptedData>"
)


def _encrypted_data(algorithm: str, mark: str, number: int, cid: str, media_type: str) -> str:
    # spec: SwA 5.5.2, XE 3.1
    uri = escape_attribute("cid:" + quote(cid, safe="!$&'()*+,;=:@/?~"))
    return (
        f'{_DATA_HEAD}{mark}-{number}" MimeType="{escape_attribute(media_type)}" Type="{ATTACHMENT_CONTENT_ONLY}">'
        f'<xenc:EncryptionMethod Algorithm="{algorithm}{_DATA_KEY}{mark}{_DATA_CIPHER}{uri}{_DATA_TAIL}'
    )


def _base64(octets: bytes) -> str:
    return b2a_base64(octets, newline=False).decode()


# -- the recipient ---------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def recipient_reference(kind: str, recipient: Certificate) -> tuple[str, str]:
    """The token, if there is to be one, and what stands in ds:KeyInfo to name the recipient; the message's mark is still NUL.

    Raises RecipientRefused for a kind that x.Encryption.KeyIdentifier does not know.
    """
    if kind == "bst":
        # spec: X509 3.1, and before its use (WSS4J layout Strict)
        token = (
            f'<wsse:BinarySecurityToken xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}" EncodingType="{BASE64_BINARY}" ValueType="{X509_V3}"'
            f' wsu:Id="X509-EK-{_MARK}">{_base64(recipient.der)}</wsse:BinarySecurityToken>'
        )
        reference = f'<wsse:Reference URI="#X509-EK-{_MARK}" ValueType="{X509_V3}"></wsse:Reference>'
        return token, f'<wsse:SecurityTokenReference xmlns:wsse="{WSSE}">{reference}</wsse:SecurityTokenReference>'
    if kind == "x509ski":
        # spec: BD 2.2.6
        return "", f"<ds:X509Data><ds:X509SKI>{_base64(recipient.ski)}</ds:X509SKI></ds:X509Data>"
    try:
        return "", security_token_reference(kind, recipient)
    except ValueError as error:
        raise RecipientRefused(str(error)) from error


# -- how the content key reaches it ----------------------------------------------------------------------------------


def _wrap(
    content_key: bytes, recipient: Certificate, policy: Encryption, reference: str, random: Callable[[int], bytes]
) -> tuple[str, bytes]:
    """EncryptionMethod and ds:KeyInfo of the EncryptedKey, and its cipher value."""
    public = recipient.public_key
    if policy.key_transport in (RSA_OAEP, RSA_OAEP_MGF1P) and isinstance(public, rsa.RSAPublicKey):
        return _transport(content_key, public, policy, reference)
    if policy.key_transport == X25519 and isinstance(public, x25519.X25519PublicKey):
        return _agreement(content_key, public, policy, reference, random)
    if policy.key_transport == ECDH_ES and isinstance(public, ec.EllipticCurvePublicKey):
        return _agreement(content_key, public, policy, reference, random)
    raise RecipientRefused(
        f"the certificate of {recipient.subject!r} holds a {type(public).__name__}, unfit for {policy.key_transport}"
    )


def _transport(content_key: bytes, public: rsa.RSAPublicKey, policy: Encryption, reference: str) -> tuple[str, bytes]:
    # spec: XE 5.5.2, ED 3.2.6 (both children always: an absent one means SHA-1)
    method = f'<ds:DigestMethod{_DS} Algorithm="{policy.digest}"></ds:DigestMethod>'
    if policy.key_transport == RSA_OAEP:
        mgf = OAEP_MGFS[policy.mgf]
        method += f'<xenc11:MGF xmlns:xenc11="{XENC11}" Algorithm="{policy.mgf}"></xenc11:MGF>'
    else:
        mgf = OAEP_MGFS[MGF1_SHA1]
    wrapped = public.encrypt(content_key, padding.OAEP(padding.MGF1(mgf), OAEP_DIGESTS[policy.digest], None))
    key_info = (
        f'<xenc:EncryptionMethod Algorithm="{policy.key_transport}">{method}</xenc:EncryptionMethod>'
        f"<ds:KeyInfo{_DS}>{reference}</ds:KeyInfo>"
    )
    return key_info, wrapped


def _agreement(
    content_key: bytes,
    public: x25519.X25519PublicKey | ec.EllipticCurvePublicKey,
    policy: Encryption,
    reference: str,
    random: Callable[[int], bytes],
) -> tuple[str, bytes]:
    # spec: XE 5.6.1, RFC 9231 2.7 (an ephemeral key for this message alone)
    ephemeral = ephemeral_for(public)
    wrap = key_wrap_for(policy.algorithm)
    derivation, key_encryption_key = _derive(shared_secret(ephemeral, public), policy, KEY_WRAP_OCTETS[wrap], random)
    key_info = (
        f'<xenc:EncryptionMethod Algorithm="{wrap}"></xenc:EncryptionMethod><ds:KeyInfo{_DS}>'
        f'<xenc:AgreementMethod Algorithm="{policy.key_transport}">{derivation}'
        f"<xenc:OriginatorKeyInfo>{_originator(ephemeral)}</xenc:OriginatorKeyInfo>"
        f"<xenc:RecipientKeyInfo>{reference}</xenc:RecipientKeyInfo></xenc:AgreementMethod></ds:KeyInfo>"
    )
    return key_info, wrap_key(key_encryption_key, content_key)


def _derive(secret: bytes, policy: Encryption, length: int, random: Callable[[int], bytes]) -> tuple[str, bytes]:
    """xenc11:KeyDerivationMethod, and the key encryption key."""
    if policy.kdf == CONCAT_KDF:
        # spec: BD 2.2.6, XE 5.4.1
        return _CONCAT.format(digest=policy.digest), derive_concat(secret, OAEP_DIGESTS[policy.digest], b"", length)
    salt = random(SALT_OCTETS)
    # spec: ED2, RFC 9231 2.6 (KeyLength counts octets)
    return _HKDF.format(salt=_base64(salt), length=length), derive_hkdf(secret, PRFS[HMAC_SHA256], salt, b"", length)


_HKDF: Final = (
    f'<xenc11:KeyDerivationMethod xmlns:xenc11="{XENC11}" Algorithm="{HKDF}"><dsig-more:HKDFParams xmlns:dsig-more="{DSIG_MORE}">'
    f'<dsig-more:PRF Algorithm="{HMAC_SHA256}"></dsig-more:PRF><dsig-more:Salt>{{salt}}</dsig-more:Salt>'
    "<dsig-more:KeyLength>{length}</dsig-more:KeyLength></dsig-more:HKDFParams></xenc11:KeyDerivationMethod>"
)
_CONCAT: Final = (
    f'<xenc11:KeyDerivationMethod xmlns:xenc11="{XENC11}" Algorithm="{CONCAT_KDF}">'
    '<xenc11:ConcatKDFParams AlgorithmID="" PartyUInfo="" PartyVInfo="">'
    '<ds:DigestMethod Algorithm="{digest}"></ds:DigestMethod></xenc11:ConcatKDFParams></xenc11:KeyDerivationMethod>'
)


def _originator(ephemeral: EphemeralKey) -> str:
    # spec: RFC 9231 (X25519 as DER), XE 5.6.4 and EN 4.0 (EC as point)
    public = ephemeral.public_key()
    if isinstance(public, x25519.X25519PublicKey):
        return f'<dsig11:DEREncodedKeyValue xmlns:dsig11="{DSIG11}">{_base64(write_der(public))}</dsig11:DEREncodedKeyValue>'
    curve, point = write_point(public)
    return (
        f'<ds:KeyValue><dsig11:ECKeyValue xmlns:dsig11="{DSIG11}"><dsig11:NamedCurve URI="{curve}"></dsig11:NamedCurve>'
        f"<dsig11:PublicKey>{_base64(point)}</dsig11:PublicKey></dsig11:ECKeyValue></ds:KeyValue>"
    )
