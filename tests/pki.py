"""A test PKI in memory: two parties under one authority and a stranger under another; every key is made when first asked for."""

from collections.abc import Callable
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from node.security.certificates import Certificate
from node.security.keys import PrivateKey, SoftwareKey

_MAKERS: dict[str, Callable[[], PrivateKey]] = {
    "rsa2048": lambda: rsa.generate_private_key(65537, 2048),
    "rsa3072": lambda: rsa.generate_private_key(65537, 3072),
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "brainpool": lambda: ec.generate_private_key(ec.BrainpoolP256R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "x25519": x25519.X25519PrivateKey.generate,
}


class Pki:
    """`key(party, kind, use)` is a SoftwareKey; parties are `a` and `b` (one authority) and `stranger` (another)."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, str, str], SoftwareKey] = {}
        self._authorities: dict[str, tuple[ec.EllipticCurvePrivateKey, Certificate]] = {}
        self._serial = 1000

    @property
    def ca(self) -> Certificate:
        """The authority of `a` and `b`."""
        return self._authority("Test Customs CA")[1]

    @property
    def other_ca(self) -> Certificate:
        """The authority of `stranger`."""
        return self._authority("Unknown CA")[1]

    def key(self, party: str, kind: str = "rsa2048", use: str = "sign") -> SoftwareKey:
        """The key of a party; the same one each time. `use` is sign or enc; RSA keys serve both unless asked for twice."""
        name = (party, kind, use)
        if name not in self._keys:
            self._keys[name] = self.make(f"{party} {kind} {use}", _MAKERS[kind](), use, stranger=party == "stranger")
        return self._keys[name]

    def make(
        self,
        common_name: str,
        private: PrivateKey,
        use: str = "sign",
        *,
        stranger: bool = False,
        ski: bool = True,
        not_before: datetime = datetime(2024, 1, 1, tzinfo=UTC),
        not_after: datetime = datetime(2099, 1, 1, tzinfo=UTC),
    ) -> SoftwareKey:
        """A key with a fresh certificate."""
        ca_key, ca = self._authority("Unknown CA" if stranger else "Test Customs CA")
        certificate = self.issue(common_name, private.public_key(), ca_key, ca.x509, use, ski, not_before, not_after)
        return SoftwareKey(certificate, (ca, certificate), private)

    def issue(
        self,
        common_name: str,
        public_key: object,
        ca_key: ec.EllipticCurvePrivateKey,
        issuer: x509.Certificate | None,
        use: str,
        ski: bool = True,
        not_before: datetime = datetime(2024, 1, 1, tzinfo=UTC),
        not_after: datetime = datetime(2099, 1, 1, tzinfo=UTC),
    ) -> Certificate:
        """A certificate over any public key."""
        self._serial += 1
        subject = name(common_name)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.subject if issuer else subject)
            .public_key(public_key)  # type: ignore[arg-type]
            .serial_number(self._serial)
            .not_valid_before(not_before)
            .not_valid_after(not_after)
            .add_extension(x509.BasicConstraints(ca=use == "ca", path_length=None), critical=True)
            .add_extension(key_usage(use), critical=True)
        )
        if ski:
            identifier = x509.SubjectKeyIdentifier.from_public_key(public_key)  # type: ignore[arg-type]
            builder = builder.add_extension(identifier, critical=False)
        return Certificate(builder.sign(ca_key, hashes.SHA256()).public_bytes(Encoding.DER))

    def _authority(self, common_name: str) -> tuple[ec.EllipticCurvePrivateKey, Certificate]:
        if common_name not in self._authorities:
            private = ec.generate_private_key(ec.SECP256R1())
            self._authorities[common_name] = (private, self.issue(common_name, private.public_key(), private, None, "ca"))
        return self._authorities[common_name]


def name(common_name: str) -> x509.Name:
    """C, O and CN; the country is that of the first test party."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "TW"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Customs, Test"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def key_usage(use: str) -> x509.KeyUsage:
    """keyUsage for `sign`, `enc` or `ca`."""
    return x509.KeyUsage(
        digital_signature=use == "sign",
        content_commitment=False,
        key_encipherment=use in ("sign", "enc"),
        data_encipherment=False,
        key_agreement=use == "enc",
        key_cert_sign=use == "ca",
        crl_sign=use == "ca",
        encipher_only=False,
        decipher_only=False,
    )


def make_pki() -> Pki:
    """A fresh, empty PKI."""
    return Pki()
