"""Algorithm identifiers of XML Signature and XML Encryption, and what each one means.

Constants carry the URI and the standard's short name. The tables are the allow-lists of the package: what stands in none of them does not exist here.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils, x25519

# -- digests (spec: XE 5.8) ------------------------------------------------------------------------------------------
SHA1: Final = "http://www.w3.org/2000/09/xmldsig#sha1"
SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
SHA384: Final = "http://www.w3.org/2001/04/xmldsig-more#sha384"
SHA512: Final = "http://www.w3.org/2001/04/xmlenc#sha512"

#: Digest URI to the name that hashlib knows. SHA-1 is not among them: no reference may be digested with it.
DIGESTS: Final[Mapping[str, str]] = {SHA256: "sha256", SHA384: "sha384", SHA512: "sha512"}

# -- canonicalization and transforms ---------------------------------------------------------------------------------
EXCLUSIVE_C14N: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
_SWA: Final = "http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1#"
ATTACHMENT_CONTENT_SIGNATURE: Final = _SWA + "Attachment-Content-Signature-Transform"
ATTACHMENT_CIPHERTEXT: Final = _SWA + "Attachment-Ciphertext-Transform"
ATTACHMENT_CONTENT_ONLY: Final = _SWA + "Attachment-Content-Only"

# -- tokens ----------------------------------------------------------------------------------------------------------
_WSS10: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
_WSS11: Final = "http://docs.oasis-open.org/wss/oasis-wss-soap-message-security-1.1#"
BASE64_BINARY: Final = _WSS10 + "soap-message-security-1.0#Base64Binary"
X509_V3: Final = _WSS10 + "x509-token-profile-1.0#X509v3"
X509_PKIPATH_V1: Final = _WSS10 + "x509-token-profile-1.0#X509PKIPathv1"
X509_SUBJECT_KEY_IDENTIFIER: Final = _WSS10 + "x509-token-profile-1.0#X509SubjectKeyIdentifier"
THUMBPRINT_SHA1: Final = _WSS11 + "ThumbprintSHA1"
ENCRYPTED_KEY_TOKEN: Final = _WSS11 + "EncryptedKey"
PASSWORD_DIGEST: Final = _WSS10 + "username-token-profile-1.0#PasswordDigest"
PASSWORD_TEXT: Final = _WSS10 + "username-token-profile-1.0#PasswordText"

# -- signatures (spec: RFC 9231 2.3) -----------------------------------------------------------------------------------
RSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
RSA_SHA384: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"
RSA_SHA512: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"
ECDSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
ECDSA_SHA384: Final = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"
ECDSA_SHA512: Final = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"
EDDSA_ED25519: Final = "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519"

# -- encryption ------------------------------------------------------------------------------------------------------
AES128_GCM: Final = "http://www.w3.org/2009/xmlenc11#aes128-gcm"
AES192_GCM: Final = "http://www.w3.org/2009/xmlenc11#aes192-gcm"
AES256_GCM: Final = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
#: Content encryption URI to the octets of its key.
CONTENT_KEY_OCTETS: Final[Mapping[str, int]] = {AES128_GCM: 16, AES192_GCM: 24, AES256_GCM: 32}

RSA_OAEP: Final = "http://www.w3.org/2009/xmlenc11#rsa-oaep"
RSA_OAEP_MGF1P: Final = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"
MGF1_SHA1: Final = "http://www.w3.org/2009/xmlenc11#mgf1sha1"
MGF1_SHA256: Final = "http://www.w3.org/2009/xmlenc11#mgf1sha256"
MGF1_SHA384: Final = "http://www.w3.org/2009/xmlenc11#mgf1sha384"
MGF1_SHA512: Final = "http://www.w3.org/2009/xmlenc11#mgf1sha512"

#: Hashes of RSA-OAEP, where SHA-1 is still sound: a digest that is absent from the wire means SHA-1 (XE 5.5.2).
OAEP_DIGESTS: Final[Mapping[str, hashes.HashAlgorithm]] = {
    SHA1: hashes.SHA1(),  # noqa: S303 - RSA-OAEP does not rest on collision resistance
    SHA256: hashes.SHA256(),
    SHA384: hashes.SHA384(),
    SHA512: hashes.SHA512(),
}
OAEP_MGFS: Final[Mapping[str, hashes.HashAlgorithm]] = {
    MGF1_SHA1: hashes.SHA1(),  # noqa: S303 - as above
    MGF1_SHA256: hashes.SHA256(),
    MGF1_SHA384: hashes.SHA384(),
    MGF1_SHA512: hashes.SHA512(),
}

KW_AES128: Final = "http://www.w3.org/2001/04/xmlenc#kw-aes128"
KW_AES192: Final = "http://www.w3.org/2001/04/xmlenc#kw-aes192"
KW_AES256: Final = "http://www.w3.org/2001/04/xmlenc#kw-aes256"
#: Key wrap URI to the octets of its key encryption key.
KEY_WRAP_OCTETS: Final[Mapping[str, int]] = {KW_AES128: 16, KW_AES192: 24, KW_AES256: 32}

X25519: Final = "http://www.w3.org/2021/04/xmldsig-more#x25519"
ECDH_ES: Final = "http://www.w3.org/2009/xmlenc11#ECDH-ES"
HKDF: Final = "http://www.w3.org/2021/04/xmldsig-more#hkdf"
CONCAT_KDF: Final = "http://www.w3.org/2009/xmlenc11#ConcatKDF"
HMAC_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
HMAC_SHA384: Final = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha384"
HMAC_SHA512: Final = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha512"
#: PRF of HKDF by URI (RFC 9231).
PRFS: Final[Mapping[str, hashes.HashAlgorithm]] = {
    HMAC_SHA256: hashes.SHA256(),
    HMAC_SHA384: hashes.SHA384(),
    HMAC_SHA512: hashes.SHA512(),
}

# -- curves ----------------------------------------------------------------------------------------------------------
#: dsig11:NamedCurve URIs of the curves that ED2, EN 4.0 and BD name.
CURVES: Final[Mapping[str, ec.EllipticCurve]] = {
    "urn:oid:1.2.840.10045.3.1.7": ec.SECP256R1(),
    "urn:oid:1.3.132.0.34": ec.SECP384R1(),
    "urn:oid:1.3.132.0.35": ec.SECP521R1(),
    "urn:oid:1.3.36.3.3.2.8.1.1.7": ec.BrainpoolP256R1(),
    "urn:oid:1.3.36.3.3.2.8.1.1.11": ec.BrainpoolP384R1(),
    "urn:oid:1.3.36.3.3.2.8.1.1.13": ec.BrainpoolP512R1(),
}
#: The same by the name that cryptography gives a curve.
CURVE_URIS: Final[Mapping[str, str]] = {curve.name: uri for uri, curve in CURVES.items()}


def digest(uri: str, octets: bytes) -> bytes:
    """The digest of octets under a URI of `DIGESTS`. Raises KeyError for any other."""
    return hashlib.new(DIGESTS[uri], octets, usedforsecurity=True).digest()


def weakness(public_key: object) -> str | None:
    """Why this public key is not used here, or None when it is sound."""
    # spec: FIPS 186-5 5.1 (RSA modulus and exponent)
    if isinstance(public_key, rsa.RSAPublicKey):
        if public_key.key_size < 2048:
            return f"RSA modulus of {public_key.key_size} bits (at least 2048)"
        if public_key.public_numbers().e < 65537:
            return f"RSA public exponent {public_key.public_numbers().e} (at least 65537)"
        return None
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return None if public_key.curve.name in CURVE_URIS else f"curve {public_key.curve.name} is not on the list"
    if isinstance(public_key, ed25519.Ed25519PublicKey | x25519.X25519PublicKey):
        return None
    return f"a public key of kind {type(public_key).__name__} is not used here"


_PKCS1: Final = padding.PKCS1v15()

# -- signature values --------------------------------------------------------------------------------------------------


class SignatureAlgorithm(Protocol):
    """One SignatureMethod: the value it makes, and how that value is checked.

    `sign` raises TypeError for a key of another kind; `verify` raises InvalidSignature, for such a key too.
    """

    def sign(self, private_key: Any, octets: bytes) -> bytes: ...
    def verify(self, public_key: Any, value: bytes, octets: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class RsaPkcs1:
    """RSASSA-PKCS1-v1_5 (RFC 8017 8.2)."""

    hash: hashes.HashAlgorithm

    def sign(self, private_key: Any, octets: bytes) -> bytes:
        """The signature value, as long as the modulus."""
        if not isinstance(private_key, rsa.RSAPrivateKey):
            raise TypeError(f"an RSA signature needs an RSA key, not {type(private_key).__name__}")
        return private_key.sign(octets, _PKCS1, self.hash)

    def verify(self, public_key: Any, value: bytes, octets: bytes) -> None:
        """Raises InvalidSignature."""
        if not isinstance(public_key, rsa.RSAPublicKey) or weakness(public_key):
            raise InvalidSignature
        public_key.verify(value, octets, _PKCS1, self.hash)


@dataclass(frozen=True, slots=True)
class Ecdsa:
    """ECDSA whose value is r and s at the length of the group order (RFC 9231 2.3.6), never DER."""

    hash: hashes.HashAlgorithm

    def sign(self, private_key: Any, octets: bytes) -> bytes:
        """The signature value r || s."""
        if not isinstance(private_key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"an ECDSA signature needs an EC key, not {type(private_key).__name__}")
        r, s = utils.decode_dss_signature(private_key.sign(octets, ec.ECDSA(self.hash)))
        size = (private_key.curve.key_size + 7) // 8
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    def verify(self, public_key: Any, value: bytes, octets: bytes) -> None:
        """Raises InvalidSignature, also for a value of another length."""
        if not isinstance(public_key, ec.EllipticCurvePublicKey) or weakness(public_key):
            raise InvalidSignature
        # On every curve of CURVES the group order is as long as the field.
        size = (public_key.curve.key_size + 7) // 8
        if len(value) != 2 * size:
            raise InvalidSignature
        r, s = int.from_bytes(value[:size], "big"), int.from_bytes(value[size:], "big")
        public_key.verify(utils.encode_dss_signature(r, s), octets, ec.ECDSA(self.hash))


@dataclass(frozen=True, slots=True)
class Ed25519:
    """EdDSA on Curve25519 over the octets themselves (RFC 8032 5.1, RFC 9231 2.3.12)."""

    def sign(self, private_key: Any, octets: bytes) -> bytes:
        """The signature value of 64 octets."""
        if not isinstance(private_key, ed25519.Ed25519PrivateKey):
            raise TypeError(f"an Ed25519 signature needs an Ed25519 key, not {type(private_key).__name__}")
        return private_key.sign(octets)

    def verify(self, public_key: Any, value: bytes, octets: bytes) -> None:
        """Raises InvalidSignature."""
        if not isinstance(public_key, ed25519.Ed25519PublicKey) or len(value) != 64:
            raise InvalidSignature
        public_key.verify(value, octets)


SIGNATURES: Final[Mapping[str, SignatureAlgorithm]] = {
    RSA_SHA256: RsaPkcs1(hashes.SHA256()),
    RSA_SHA384: RsaPkcs1(hashes.SHA384()),
    RSA_SHA512: RsaPkcs1(hashes.SHA512()),
    ECDSA_SHA256: Ecdsa(hashes.SHA256()),
    ECDSA_SHA384: Ecdsa(hashes.SHA384()),
    ECDSA_SHA512: Ecdsa(hashes.SHA512()),
    EDDSA_ED25519: Ed25519(),
}
