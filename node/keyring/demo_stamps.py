"""A time-stamp authority in this process, for the demo and the tests: never for production, since whoever stamps himself proves nothing to others."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from node.customs.seal import token as t
from node.security.certificates import Certificate
from node.security.der import (
    BOOLEAN,
    GENERALIZED_TIME,
    INTEGER,
    NULL,
    OCTET_STRING,
    SEQUENCE,
    SET,
    DerRefused,
    Value,
    read,
    write,
    write_name,
    write_number,
    write_set,
)

#: The policy of nobody: an arc that RFC 5612 keeps for examples.
POLICY = "1.3.6.1.4.1.32473.1"
_ECDSA_SHA256 = "1.2.840.10045.4.3.2"


@dataclass(slots=True)
class DemoTimestampAuthority:
    """`ports.TimestampAuthority` over a P-256 key; `certificate` is for time-stamping, `above` comes along in each token."""

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    certificate: Certificate
    clock: Callable[[], datetime]
    above: tuple[Certificate, ...] = ()
    _serial: int = 0

    def stamp(self, request: bytes) -> bytes:
        """A granted TimeStampResp, or one that rejects what is no request with SHA-256, SHA-384 or SHA-512."""
        try:
            imprint, nonce = _request(request)
        except DerRefused:
            # badDataFormat
            return write(SEQUENCE, write(SEQUENCE, write_number(2)))
        self._serial += 1
        info = self._info(imprint, nonce)
        return write(SEQUENCE, write(SEQUENCE, write_number(0)), self._token(info))

    def _info(self, imprint: Value, nonce: bytes) -> bytes:
        now = self.clock().astimezone(UTC)
        fraction = f".{now.microsecond:06}".rstrip("0").rstrip(".")
        time = write(GENERALIZED_TIME, f"{now:%Y%m%d%H%M%S}{fraction}Z".encode())
        return write(SEQUENCE, write_number(1), write_name(POLICY), imprint.octets, write_number(self._serial), time, nonce)

    def _token(self, info: bytes) -> bytes:
        sha256 = write(SEQUENCE, write_name(t.SHA256))
        bound = write(
            SEQUENCE, write(SEQUENCE, write(SEQUENCE, write(OCTET_STRING, hashlib.sha256(self.certificate.der).digest())))
        )
        attributes = (
            _attribute(t.CONTENT_TYPE, write_name(t.TST_INFO)),
            _attribute(t.MESSAGE_DIGEST, write(OCTET_STRING, hashlib.sha256(info).digest())),
            _attribute(t.SIGNING_CERTIFICATE_V2, bound),
        )
        signed = write_set(*attributes)
        issuer = write(SEQUENCE, self.certificate.x509.issuer.public_bytes(), write_number(self.certificate.serial))
        signer = write(
            SEQUENCE,
            write_number(1),
            issuer,
            sha256,
            b"\xa0" + signed[1:],
            write(SEQUENCE, write_name(_ECDSA_SHA256)),
            write(OCTET_STRING, self.key.sign(signed, ec.ECDSA(hashes.SHA256()))),
        )
        content = write(SEQUENCE, write_name(t.TST_INFO), write(0xA0, write(OCTET_STRING, info)))
        certificates = write(0xA0, *sorted(one.der for one in (self.certificate, *self.above)))
        held = write(SEQUENCE, write_number(3), write_set(sha256), content, certificates, write(SET, signer))
        return write(SEQUENCE, write_name(t.SIGNED_DATA), write(0xA0, held))


def _request(octets: bytes) -> tuple[Value, bytes]:
    """MessageImprint and nonce of a TimeStampReq. Raises DerRefused."""
    fields = read(octets).fields(INTEGER, SEQUENCE)
    algorithm, imprint = fields[1].fields(SEQUENCE, OCTET_STRING)[:2]
    name = t.DIGESTS.get(algorithm.first().name, "")
    if not name or len(imprint.content) != hashlib.new(name).digest_size:
        raise DerRefused("an imprint that is not stamped here")
    if any(one.octets != NULL for one in algorithm.parts()[1:]):
        raise DerRefused("a digest with parameters")
    nonce = next((one.octets for one in fields[2:] if one.tag == INTEGER), b"")
    if any(one.tag not in (INTEGER, BOOLEAN, 0x06) for one in fields[2:]):
        raise DerRefused("extensions are not read")
    return fields[1], nonce


def _attribute(name: str, value: bytes) -> bytes:
    return write(SEQUENCE, write_name(name), write(SET, value))
