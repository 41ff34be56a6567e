"""What the encryption part of wsse:Security says: EncryptedKey and EncryptedData as values."""

from dataclasses import dataclass, field

from node.security.certificates import KeyReference


@dataclass(frozen=True, slots=True)
class HkdfClaim:
    """dsig-more:HKDFParams. An absent or empty salt or info is b""; `key_length` is in octets, None when absent (then the key wrap's)."""

    prf: str
    salt: bytes = field(default=b"", repr=False)
    info: bytes = field(default=b"", repr=False)
    key_length: int | None = None


@dataclass(frozen=True, slots=True)
class ConcatClaim:
    """xenc11:ConcatKDFParams: the digest by URI and the five attributes as the hexBinary text that was written ("" when absent)."""

    digest: str
    algorithm_id: str = ""
    party_u_info: str = ""
    party_v_info: str = ""
    supp_pub_info: str = ""
    supp_priv_info: str = ""


@dataclass(frozen=True, slots=True)
class OriginatorKey:
    """The ephemeral public key, not yet parsed: either `der` (dsig11:DEREncodedKeyValue) or `curve` (URI) with `point` (dsig11:PublicKey)."""

    der: bytes = b""
    curve: str = ""
    point: bytes = b""


@dataclass(frozen=True, slots=True)
class AgreementClaim:
    """xenc:AgreementMethod. Exactly one of `hkdf` and `concat` is there, as `kdf` says."""

    method: str
    kdf: str
    originator: OriginatorKey
    hkdf: HkdfClaim | None = None
    concat: ConcatClaim | None = None


@dataclass(frozen=True, slots=True)
class EncryptedKeyClaim:
    """An xenc:EncryptedKey.

    `method` is its EncryptionMethod: RSA-OAEP, or the key wrap that follows `agreement`. `digest` and `mgf` are those of RSA-OAEP with the standard's
    defaults filled in (SHA-1 when absent), "" for a key wrap. `data_references` are the Ids of its ReferenceList without `#`.
    """

    id: str | None
    method: str
    digest: str
    mgf: str
    recipient: KeyReference
    cipher_value: bytes = field(repr=False)
    agreement: AgreementClaim | None = None
    data_references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EncryptedDataClaim:
    """An xenc:EncryptedData that stands for one attachment.

    `content_id` is without `cid:` and decoded. `key_id` is the Id of the EncryptedKey that its KeyInfo names, None without KeyInfo
    (then the EncryptedKey names it by `data_references`).
    """

    id: str | None
    content_id: str
    algorithm: str
    type: str | None
    mime_type: str | None
    key_id: str | None
