"""A throwaway certificate authority for the demo and the bench: never for production, and every name says so."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | x25519.X25519PrivateKey

#: Key kinds by (suite, use); TLS is P-256 for all, since no suite of AS4 speaks of it.
_KEYS: dict[tuple[str, str], Callable[[], PrivateKey]] = {
    ("rsa2048", "sign"): lambda: rsa.generate_private_key(65537, 2048),
    ("rsa2048", "encrypt"): lambda: rsa.generate_private_key(65537, 2048),
    ("rsa3072", "sign"): lambda: rsa.generate_private_key(65537, 3072),
    ("rsa3072", "encrypt"): lambda: rsa.generate_private_key(65537, 3072),
    ("eddsa", "sign"): ed25519.Ed25519PrivateKey.generate,
    ("eddsa", "encrypt"): x25519.X25519PrivateKey.generate,
    ("ecdsa", "sign"): lambda: ec.generate_private_key(ec.SECP256R1()),
    ("ecdsa", "encrypt"): lambda: ec.generate_private_key(ec.SECP256R1()),
    ("ecdsa", "time"): lambda: ec.generate_private_key(ec.SECP256R1()),
}


@dataclass(frozen=True, slots=True)
class Issued:
    """One key pair as PEM; the certificate is followed by nothing, since the authority is the trust anchor."""

    private_key: bytes
    certificate: bytes


#: Whom everybody in the demo trusts, and who is trusted for times alone: whoever compares fingerprints must not take one for the other.
CUSTOMS: Final = "Demo Customs CA - not for production"
TIME: Final = "Demo Time CA - not for production"


class DemoAuthority:
    """Issues certificates under one self-signed P-256 authority; all are valid for `days` from `now`."""

    def __init__(self, now: datetime, days: int = 30, name: str = CUSTOMS) -> None:
        self._days = days
        self._from = now.astimezone(UTC) - timedelta(hours=1)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        self._certificate = self._build(self._name, self._key.public_key(), "ca", ())

    @property
    def certificate(self) -> bytes:
        """The trust anchor as PEM."""
        return self._certificate.public_bytes(Encoding.PEM)

    def issue(self, holder: str, suite: str, use: str) -> Issued:
        """A key and certificate for `sign`, `encrypt`, `tls` or `time` (stamps); suite is rsa2048, rsa3072, eddsa or ecdsa."""
        private = ec.generate_private_key(ec.SECP256R1()) if use == "tls" else _KEYS[suite, use]()
        # spec: ED2 X25519 cannot sign, so nobody but an authority can issue its certificate
        certificate = self._build(_name(f"{holder} {use}"), private.public_key(), use, ("localhost",))
        key = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return Issued(key, certificate.public_bytes(Encoding.PEM))

    def _build(self, subject: x509.Name, public_key: object, use: str, hosts: tuple[str, ...]) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public_key)  # type: ignore[arg-type]
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._from)
            .not_valid_after(self._from + timedelta(days=self._days))
            .add_extension(x509.BasicConstraints(use == "ca", 0 if use == "ca" else None), critical=True)
            .add_extension(_key_usage(use, public_key), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)  # type: ignore[arg-type]
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if use == "tls":
            names = [*map(x509.DNSName, hosts), x509.IPAddress(IPv4Address("127.0.0.1"))]
            usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
            builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        if use == "time":
            # spec: RFC 3161 2.3
            builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        return builder.sign(self._key, hashes.SHA256())

    def revocation_list(self, revoked: Mapping[int, datetime], now: datetime) -> bytes:
        """A CRL as DER: serial numbers and since when; it holds for a month."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._name)
            .last_update(now)
            .next_update(now + timedelta(days=30))
            .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        for serial, since in revoked.items():
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.DER)


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "N2N demo"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _key_usage(use: str, public_key: object) -> x509.KeyUsage:
    agrees = use == "encrypt" and not isinstance(public_key, rsa.RSAPublicKey)
    return x509.KeyUsage(
        digital_signature=use in ("sign", "tls", "time"),
        content_commitment=use == "sign",
        key_encipherment=use == "encrypt" and not agrees,
        data_encipherment=False,
        key_agreement=agrees,
        key_cert_sign=use == "ca",
        crl_sign=use == "ca",
        encipher_only=False,
        decipher_only=False,
    )
