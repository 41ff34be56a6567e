"""Keys of nobody: certificates with the name of somebody known, which no authority has signed. For conformance cases; none is ever kept."""

from datetime import datetime, timedelta
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding

from node.security.certificates import Certificate
from node.security.keys import SoftwareKey

_VALID: Final = timedelta(days=30)


def stranger(known: Certificate, since: datetime) -> SoftwareKey:
    """A key of the kind of a known one, whose certificate has its name, holds for 30 days, and is signed by itself."""
    private = _alike(known.public_key)
    made = Certificate(_built(known, private.public_key(), private, since))
    return SoftwareKey(made, (made,), private)


def stranger_to_encrypt_to(known: Certificate, since: datetime) -> Certificate:
    """A certificate of the kind of a known one; whose private key it was, nobody can say any more."""
    # spec: ED2 X25519 cannot sign, so another key must
    signer = ec.generate_private_key(ec.SECP256R1())
    return Certificate(_built(known, _alike(known.public_key).public_key(), signer, since))


def _alike(public_key: Any) -> Any:
    if isinstance(public_key, rsa.RSAPublicKey):
        return rsa.generate_private_key(65537, public_key.key_size)
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return ec.generate_private_key(public_key.curve)
    if isinstance(public_key, x25519.X25519PublicKey):
        return x25519.X25519PrivateKey.generate()
    return ed25519.Ed25519PrivateKey.generate()


def _built(known: Certificate, public_key: Any, signer: Any, since: datetime) -> bytes:
    builder = (
        x509.CertificateBuilder()
        .subject_name(known.x509.subject)
        .issuer_name(known.x509.subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(since + _VALID)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )
    digest = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(signer, digest).public_bytes(Encoding.DER)
