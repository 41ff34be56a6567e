"""Whether a key made the signature of a certificate, a revocation list or an OCSP answer."""

from collections.abc import Iterable, Iterator
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from node.security.certificates import Certificate
from node.security.der import DerRefused, read

#: What cryptography raises, now or when a part is asked for, of octets that are not what they should be.
UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion)


def is_signed_by(issued: Certificate, issuer: Certificate) -> bool:
    """Whether the issuer's key signed the certificate; names are not compared."""
    parsed = issued.x509
    try:
        # spec: RFC 5280 4.1.1.2: the same algorithm inside and outside of what is signed
        body, outside, _ = read(issued.der).parts()
        fields = body.parts()
        inside = fields[2] if fields[0].tag == _VERSION else fields[1]
        return inside.octets == outside.octets and verified(
            issuer.public_key,
            parsed.signature,
            parsed.tbs_certificate_bytes,
            parsed.signature_algorithm_parameters,
            parsed.signature_hash_algorithm,
        )
    except (DerRefused, IndexError, *UNREADABLE):
        return False


def issuers_of(issued: Certificate, among: Iterable[Certificate]) -> Iterator[Certificate]:
    """Those of these whose name and key the certificate was issued with; whether they may issue is not asked."""
    return (one for one in among if one != issued and one.subject_name == issued.issuer_name and is_signed_by(issued, one))


#: The tag of a version, which a certificate of version 1 has not.
_VERSION = 0xA0


def verified(key: Any, signature: bytes, signed: bytes, parameters: Any, algorithm: hashes.HashAlgorithm | None) -> bool:
    """Whether the key made the signature over the octets. `parameters` is what cryptography says of the algorithm."""
    try:
        if isinstance(key, rsa.RSAPublicKey) and algorithm is not None and isinstance(parameters, padding.PKCS1v15 | padding.PSS):
            key.verify(signature, signed, parameters, algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm is not None and isinstance(parameters, ec.ECDSA):
            key.verify(signature, signed, parameters)
        elif isinstance(key, ed25519.Ed25519PublicKey) and algorithm is None:
            key.verify(signature, signed)
        else:
            return False
    except (InvalidSignature, *UNREADABLE):
        return False
    return True
