"""TLS certificates for tests: an authority and what it issues, written as PEM files under a folder."""

from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Material:
    """One certificate: PEM files of chain and key, and its DER."""

    certificate: Path
    key: Path
    der: bytes


class TlsAuthority:
    """Issues certificates; `der` is its own."""

    def __init__(self, folder: Path, name: str = "Test TLS CA") -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self._build(self.name, self.key, [], ca=True)
        self.der = self.certificate.public_bytes(Encoding.DER)

    def issue(
        self, name: str, hosts: tuple[str, ...] = ("127.0.0.1", "localhost"), not_after: datetime | None = None
    ) -> Material:
        """A certificate for a server or a client."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        names = [x509.IPAddress(ip_address(h)) if h[0].isdigit() or ":" in h else x509.DNSName(h) for h in hosts]
        certificate = self._build(subject, key, names, not_after=not_after)
        stem = self.folder / f"{self.name.rfc4514_string()[3:]}-{name}".replace(" ", "-")
        paths = Path(f"{stem}.pem"), Path(f"{stem}.key")
        paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
        paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return Material(*paths, certificate.public_bytes(Encoding.DER))

    def _build(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        names: list[x509.GeneralName],
        *,
        ca: bool = False,
        not_after: datetime | None = None,
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
            .not_valid_after(not_after or datetime(2099, 1, 1, tzinfo=UTC))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self.key, hashes.SHA256())
