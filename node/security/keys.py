"""The narrow interface of private-key use, and the file-backed key that implements it.

Nothing outside an implementation of `SigningKey` and `DecryptionKey` ever holds a private key, so that an HSM is one more class.
"""

from dataclasses import dataclass, field
from typing import Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_pem_private_key,
    pkcs12,
)

from node.security.algorithms import OAEP_DIGESTS, OAEP_MGFS, SIGNATURES
from node.security.certificates import Certificate, load_certificates, order_path

#: The public half of a key agreement.
PublicKey = x25519.X25519PublicKey | ec.EllipticCurvePublicKey
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | x25519.X25519PrivateKey


class KeyRefused(ValueError):
    """The octets hold no private key that this node can use; the text says why, for the operator."""


class KeyUseFailed(Exception):
    """The private key could not do what was asked of it; says nothing of the reason to a peer."""


class KeyUnavailable(Exception):
    """Whatever holds the private key does not answer now, such as a token that was taken out; the same may work later."""


class SigningKey(Protocol):
    """A private key that signs, with the certificate agreed for it."""

    @property
    def certificate(self) -> Certificate: ...
    @property
    def chain(self) -> tuple[Certificate, ...]:
        """The path as a PKIPath writes it: the anchor's end first, `certificate` last."""
        ...

    def sign(self, algorithm: str, octets: bytes) -> bytes:
        """The value as XML Signature wants it (ECDSA: r || s). Raises KeyUseFailed, KeyUnavailable."""
        ...


class DecryptionKey(Protocol):
    """A private key that opens what was sent to its certificate."""

    @property
    def certificate(self) -> Certificate: ...
    def decrypt(self, wrapped: bytes, digest: str, mgf: str) -> bytes:
        """RSA-OAEP without a label; `digest` and `mgf` by URI. Raises KeyUseFailed, KeyUnavailable."""
        ...

    def agree(self, originator: PublicKey) -> bytes:
        """The shared secret: 32 octets of X25519, or the x coordinate of the ECDH point. Raises KeyUseFailed."""
        ...


class OwnKey(SigningKey, DecryptionKey, Protocol):
    """A key of our own, wherever it lies."""


@dataclass(frozen=True, slots=True)
class SoftwareKey:
    """A private key held in the memory of this process; signs and decrypts."""

    certificate: Certificate
    chain: tuple[Certificate, ...]
    private_key: PrivateKey = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.certificate.weakness:
            raise KeyRefused(f"the key of {self.certificate.subject!r} is not used: {self.certificate.weakness}")
        if _spki(self.private_key.public_key()) != _spki(self.certificate.public_key):
            raise KeyRefused(f"the private key is not the one of certificate {self.certificate.subject!r}")

    @staticmethod
    def from_pem(private: bytes, certificates: bytes, password: bytes | None = None) -> "SoftwareKey":
        """A key from PEM (or DER) octets; `certificates` holds its certificate and the path above it, in any order. Raises KeyRefused."""
        load = load_pem_private_key if b"-----BEGIN" in private else load_der_private_key
        try:
            loaded = load(private, password)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyRefused(f"the private key cannot be read: {error}") from error
        return _with_certificates(loaded, load_certificates(certificates))

    @staticmethod
    def from_pkcs12(octets: bytes, password: bytes | None = None) -> "SoftwareKey":
        """The key of a PKCS#12 file with its certificate and path. Raises KeyRefused."""
        try:
            found = pkcs12.load_pkcs12(octets, password)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyRefused(f"the PKCS#12 file cannot be read: {error}") from error
        held = ([found.cert] if found.cert else []) + list(found.additional_certs)
        certificates = tuple(Certificate(one.certificate.public_bytes(Encoding.DER)) for one in held)
        return _with_certificates(found.key, certificates)

    def sign(self, algorithm: str, octets: bytes) -> bytes:
        """The signature value under a SignatureMethod URI. Raises KeyUseFailed."""
        try:
            return SIGNATURES[algorithm].sign(self.private_key, octets)
        except (KeyError, TypeError, ValueError, InvalidSignature) as error:
            raise KeyUseFailed(f"cannot sign as {algorithm} with {self.certificate.subject!r}: {error}") from error

    def decrypt(self, wrapped: bytes, digest: str, mgf: str) -> bytes:
        """What RSA-OAEP wrapped for this key. Raises KeyUseFailed."""
        if not isinstance(self.private_key, rsa.RSAPrivateKey):
            raise KeyUseFailed("no RSA key")
        try:
            oaep = padding.OAEP(padding.MGF1(OAEP_MGFS[mgf]), OAEP_DIGESTS[digest], None)
            return self.private_key.decrypt(wrapped, oaep)
        except (KeyError, ValueError) as error:
            raise KeyUseFailed("RSA-OAEP failed") from error

    def agree(self, originator: PublicKey) -> bytes:
        """The secret shared with an ephemeral key of the same curve. Raises KeyUseFailed, for a point of small order too."""
        private = self.private_key
        try:
            if isinstance(private, x25519.X25519PrivateKey) and isinstance(originator, x25519.X25519PublicKey):
                return private.exchange(originator)
            if isinstance(private, ec.EllipticCurvePrivateKey) and isinstance(originator, ec.EllipticCurvePublicKey):
                return private.exchange(ec.ECDH(), originator)
        except ValueError as error:
            raise KeyUseFailed("key agreement failed") from error
        raise KeyUseFailed("the keys of this agreement are of different kinds")


def _with_certificates(private: object, certificates: tuple[Certificate, ...]) -> SoftwareKey:
    if not isinstance(private, PrivateKey):
        raise KeyRefused(f"a private key of kind {type(private).__name__} is not used here")
    own = _spki(private.public_key())
    leaf = next((one for one in certificates if _spki(one.public_key) == own), None)
    if leaf is None:
        raise KeyRefused("none of the certificates belongs to the private key")
    return SoftwareKey(leaf, order_path(leaf, [one for one in certificates if one is not leaf]), private)


def _spki(public_key: object) -> bytes:
    octets: bytes = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]
    return octets
