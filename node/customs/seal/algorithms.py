"""What a seal may use: canonicalizations, digests, signature methods and keys. What stands in none of these tables is refused. Source: DESIGN 6."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from node.security import algorithms as a

XADES: Final = "http://uri.etsi.org/01903/v1.3.2#"
XADES141: Final = "http://uri.etsi.org/01903/v1.4.1#"
SIGNED_PROPERTIES_TYPE: Final = "http://uri.etsi.org/01903#SignedProperties"
ENVELOPED: Final = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
INCLUSIVE: Final = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
INCLUSIVE_11: Final = "http://www.w3.org/2006/12/xml-c14n11"

#: Canonicalization URI to whether it is exclusive. 1.1 differs from 1.0 only for attributes xml:* that a part of a document inherits; no seal with such is read.
CANONICALIZATIONS: Final[Mapping[str, bool]] = {INCLUSIVE: False, INCLUSIVE_11: False, a.EXCLUSIVE_C14N: True}

_PSS: Final = "http://www.w3.org/2007/05/xmldsig-more#"
RSA_PSS_SHA256: Final = _PSS + "sha256-rsa-MGF1"
RSA_PSS_SHA384: Final = _PSS + "sha384-rsa-MGF1"
RSA_PSS_SHA512: Final = _PSS + "sha512-rsa-MGF1"


@dataclass(frozen=True, slots=True)
class RsaPss:
    """RSASSA-PSS whose mask hash is the hash itself and whose salt is as long as it (RFC 9231 2.3.10); it is only verified here."""

    hash: hashes.HashAlgorithm

    def verify(self, public_key: Any, value: bytes, octets: bytes) -> None:
        """Raises InvalidSignature."""
        if not isinstance(public_key, rsa.RSAPublicKey):
            raise InvalidSignature
        public_key.verify(value, octets, padding.PSS(padding.MGF1(self.hash), self.hash.digest_size), self.hash)


@dataclass(frozen=True, slots=True)
class EcdsaHalves:
    """ECDSA whose value is r and s in halves of equal length, which may lack zeros in front: so DSS writes a P-521 value now and then, against RFC 9231 2.3.6."""

    strict: a.SignatureAlgorithm

    def verify(self, public_key: Any, value: bytes, octets: bytes) -> None:
        """Raises InvalidSignature."""
        if not isinstance(public_key, ec.EllipticCurvePublicKey) or len(value) % 2:
            raise InvalidSignature
        half, size = len(value) // 2, (public_key.curve.key_size + 7) // 8
        # A value that is longer is left as it is, and refused.
        self.strict.verify(public_key, value[:half].rjust(size, b"\0") + value[half:].rjust(size, b"\0"), octets)


#: SignatureMethod to what verifies it. Source: DESIGN 6: RSA with PKCS#1 v1.5 or PSS, ECDSA, SHA-256 or stronger.
METHODS: Final[Mapping[str, Any]] = {
    **{uri: a.SIGNATURES[uri] for uri in (a.RSA_SHA256, a.RSA_SHA384, a.RSA_SHA512)},
    **{uri: EcdsaHalves(a.SIGNATURES[uri]) for uri in (a.ECDSA_SHA256, a.ECDSA_SHA384, a.ECDSA_SHA512)},
    RSA_PSS_SHA256: RsaPss(hashes.SHA256()),
    RSA_PSS_SHA384: RsaPss(hashes.SHA384()),
    RSA_PSS_SHA512: RsaPss(hashes.SHA512()),
}

_CURVES: Final[Mapping[str, tuple[str, str]]] = {
    "secp256r1": (a.ECDSA_SHA256, a.SHA256),
    "secp384r1": (a.ECDSA_SHA384, a.SHA384),
    "secp521r1": (a.ECDSA_SHA512, a.SHA512),
}


def key_problem(public_key: object) -> str:
    """Why this key may make no seal; empty when it may."""
    if isinstance(public_key, rsa.RSAPublicKey):
        return a.weakness(public_key) or ""
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return "" if public_key.curve.name in _CURVES else f"curve {public_key.curve.name} is not P-256, P-384 or P-521"
    return f"a key of kind {type(public_key).__name__} is neither RSA nor ECDSA"


def method_for(public_key: object) -> tuple[str, str]:
    """SignatureMethod and DigestMethod with which a key makes its seals. Raises ValueError."""
    if problem := key_problem(public_key):
        raise ValueError(problem)
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return _CURVES[public_key.curve.name]
    return a.RSA_SHA256, a.SHA256
