"""Key agreement, key derivation and key wrap of XML Encryption 1.1 and RFC 9231: keys and octets in, octets out.

Everything here raises ValueError for what cannot be read, agreed, derived or unwrapped; the caller decides what the peer is told.
"""

from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from node.security.algorithms import CURVE_URIS, CURVES
from node.security.keys import PublicKey

#: The tag of a DER INTEGER.
_INTEGER: Final = b"\x02"

EphemeralKey = x25519.X25519PrivateKey | ec.EllipticCurvePrivateKey


# -- keys ------------------------------------------------------------------------------------------------------------


def ephemeral_for(recipient: PublicKey) -> EphemeralKey:
    """A fresh private key of the recipient's kind and curve, for one message."""
    if isinstance(recipient, x25519.X25519PublicKey):
        return _fresh_x25519()
    if recipient.curve.name not in CURVE_URIS:
        raise ValueError(f"curve {recipient.curve.name} is not one for key agreement")
    return ec.generate_private_key(recipient.curve)


def _fresh_x25519() -> x25519.X25519PrivateKey:
    """Of 256 keys all but one: whose public octets do not begin like a DER INTEGER.

    Apache Santuario (4.0.4) asks the DSA key factory of Java first, which looks at no algorithm identifier and takes such
    octets for a DSA key wherever the second one fits as a length: one message in about 2,200 would be refused as undecryptable.
    """
    while (private := x25519.X25519PrivateKey.generate()).public_key().public_bytes_raw()[:1] == _INTEGER:
        pass
    return private


def shared_secret(private: EphemeralKey, public: PublicKey) -> bytes:
    """Z: 32 octets of X25519, or the x coordinate of the ECDH point in field size.

    Raises ValueError when the keys are not of one kind and curve, or when the result is all zero (a point of small order, RFC 7748 6.1).
    """
    if isinstance(private, x25519.X25519PrivateKey) and isinstance(public, x25519.X25519PublicKey):
        return private.exchange(public)
    if isinstance(private, ec.EllipticCurvePrivateKey) and isinstance(public, ec.EllipticCurvePublicKey):
        return private.exchange(ec.ECDH(), public)
    raise ValueError("the keys of this agreement are of different kinds")


def write_der(public: PublicKey) -> bytes:
    """The SubjectPublicKeyInfo that dsig11:DEREncodedKeyValue carries."""
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def read_der(octets: bytes) -> PublicKey:
    """The public key of a dsig11:DEREncodedKeyValue: X25519, or a named curve of `CURVES` in exactly the form `write_der` gives.

    Raises ValueError for other kinds of key, explicit curve parameters, compressed or invalid points and octets left over.
    """
    try:
        public = serialization.load_der_public_key(octets)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("not a public key") from error
    if isinstance(public, ec.EllipticCurvePublicKey) and public.curve.name in CURVE_URIS and write_der(public) == octets:
        return public
    if isinstance(public, x25519.X25519PublicKey) and write_der(public) == octets:
        return public
    raise ValueError("not a key for key agreement in its one DER form")


def write_point(public: ec.EllipticCurvePublicKey) -> tuple[str, bytes]:
    """dsig11:NamedCurve/@URI and the octets of dsig11:PublicKey: 04, X, Y."""
    octets = public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return CURVE_URIS[public.curve.name], octets


def read_point(curve: str, octets: bytes) -> ec.EllipticCurvePublicKey:
    """The public key of a dsig11:ECKeyValue. Raises ValueError for unknown curves, other forms and points not on the curve."""
    # EN 4.0 prints one of its curves as "urn:oid1.3.132.0.35".
    named = CURVES.get(curve) or CURVES.get(curve.replace("urn:oid1.", "urn:oid:1.", 1))
    if named is None:
        raise ValueError("not a named curve for key agreement")
    # spec: DS 4.5.2.3.1 (the uncompressed form is the one that must be supported; no other is taken)
    if octets[:1] != b"\x04":
        raise ValueError("not an uncompressed point")
    return ec.EllipticCurvePublicKey.from_encoded_point(named, octets)


# -- key derivation --------------------------------------------------------------------------------------------------


def derive_hkdf(secret: bytes, digest: hashes.HashAlgorithm, salt: bytes, info: bytes, length: int) -> bytes:
    """HKDF of RFC 5869. An empty salt is digest-size zero octets."""
    return HKDF(digest, length, salt or None, info).derive(secret)


def derive_concat(secret: bytes, digest: hashes.HashAlgorithm, other_info: bytes, length: int) -> bytes:
    """ConcatKDF of XE 5.4.1 (NIST SP 800-56A): digest(00000001, Z, OtherInfo ...), leftmost `length` octets."""
    return ConcatKDFHash(digest, length, other_info).derive(secret)


def other_info(*attributes: str) -> bytes:
    """OtherInfo from the hexBinary attributes of xenc11:ConcatKDFParams, in the order AlgorithmID, PartyUInfo, PartyVInfo, SuppPubInfo, SuppPrivInfo.

    Raises ValueError for what is no hexBinary, and for bit strings that do not fill their last octet.
    """
    return b"".join(map(_bit_string, attributes))


def _bit_string(attribute: str) -> bytes:
    # spec: XE 5.4.1 (the first octet counts padding bits and is not hashed; "" adds nothing, "0000" of WSS4J adds one zero octet)
    if not attribute.isascii() or attribute != "".join(attribute.split()):
        raise ValueError("not hexBinary")
    octets = bytes.fromhex(attribute)
    if octets[:1] not in (b"", b"\x00"):
        raise ValueError("a bit string with padding bits is not supported")
    return octets[1:]


# -- key wrap --------------------------------------------------------------------------------------------------------


def wrap_key(key_encryption_key: bytes, content_key: bytes) -> bytes:
    """AES key wrap of RFC 3394."""
    return aes_key_wrap(key_encryption_key, content_key)


def unwrap_key(key_encryption_key: bytes, wrapped: bytes) -> bytes:
    """The content key. Raises ValueError when the integrity check fails or the length is impossible."""
    try:
        return aes_key_unwrap(key_encryption_key, wrapped)
    except InvalidUnwrap as error:
        raise ValueError("the wrapped key is damaged, or not for this key") from error
