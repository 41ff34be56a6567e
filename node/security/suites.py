"""Suites of algorithms as frozen values, each with the document that prescribes it. A weaker suite is a new name, never an edit."""

from dataclasses import dataclass
from typing import Final

from node.ebms.pmode import Encryption, Signature
from node.security import algorithms as a


@dataclass(frozen=True, slots=True)
class Suite:
    """What a network prescribes for signing and encrypting; `source` says where it does so."""

    name: str
    source: str
    signature_algorithm: str
    hash_function: str
    encryption_algorithm: str
    #: The EncryptionMethod of the EncryptedKey (key transport) or the AgreementMethod (key agreement).
    key_transport: str
    #: RSA-OAEP alone.
    oaep_digest: str = a.SHA256
    oaep_mgf: str = a.MGF1_SHA256
    #: Key agreement alone.
    kdf: str | None = None
    signature_key_identifier: str = "bst"
    encryption_key_identifier: str = "ski"

    def signature(self, certificate: tuple[str, ...] = (), key_identifier: str | None = None, *, sign: bool = True) -> Signature:
        """PMode[1].Security.X509.Sign and .Signature of this suite for certificates by name."""
        return Signature(
            sign=sign,
            algorithm=self.signature_algorithm,
            hash_function=self.hash_function,
            certificate=certificate,
            key_identifier=key_identifier or self.signature_key_identifier,
        )

    def encryption(
        self, certificate: tuple[str, ...] = (), key_identifier: str | None = None, *, encrypt: bool = True
    ) -> Encryption:
        """PMode[1].Security.X509.Encryption of this suite for certificates by name."""
        return Encryption(
            encrypt=encrypt,
            algorithm=self.encryption_algorithm,
            certificate=certificate,
            minimum_strength=a.CONTENT_KEY_OCTETS[self.encryption_algorithm] * 8,
            key_transport=self.key_transport,
            key_identifier=key_identifier or self.encryption_key_identifier,
            digest=self.oaep_digest,
            mgf=self.oaep_mgf,
            kdf=self.kdf,
        )


# spec: ED 3.2.6
EDELIVERY_1_15: Final = Suite(
    name="edelivery-as4-1.15",
    source="eDelivery AS4 1.15, 3.2.6",
    signature_algorithm=a.RSA_SHA256,
    hash_function=a.SHA256,
    encryption_algorithm=a.AES128_GCM,
    key_transport=a.RSA_OAEP,
)

# spec: ED2 Common Usage
EDELIVERY_2_EDDSA: Final = Suite(
    name="edelivery-as4-2.0-eddsa",
    source="eDelivery AS4 2.0, Common Usage Profile: Ed25519 and X25519",
    signature_algorithm=a.EDDSA_ED25519,
    hash_function=a.SHA256,
    encryption_algorithm=a.AES128_GCM,
    key_transport=a.X25519,
    kdf=a.HKDF,
)

# spec: ED2 Alternative EC
EDELIVERY_2_ECDSA: Final = Suite(
    name="edelivery-as4-2.0-ecdsa",
    source="eDelivery AS4 2.0, Alternative Elliptic Curve profile enhancement",
    signature_algorithm=a.ECDSA_SHA256,
    hash_function=a.SHA256,
    encryption_algorithm=a.AES128_GCM,
    key_transport=a.ECDH_ES,
    kdf=a.HKDF,
)

# spec: BD 2.2.6
BDEW_1_1: Final = Suite(
    name="bdew-as4-1.1",
    source="BDEW AS4-Profil 1.1, October 2024: brainpoolP256r1, ConcatKDF",
    signature_algorithm=a.ECDSA_SHA256,
    hash_function=a.SHA256,
    encryption_algorithm=a.AES128_GCM,
    key_transport=a.ECDH_ES,
    kdf=a.CONCAT_KDF,
    signature_key_identifier="bst-pkipath",
    encryption_key_identifier="x509ski",
)

SUITES: Final = {suite.name: suite for suite in (EDELIVERY_1_15, EDELIVERY_2_EDDSA, EDELIVERY_2_ECDSA, BDEW_1_1)}
