"""Unwrapping: which key opens each encrypted attachment, after every rule that needs no secret has been checked.

What depends on a secret fails in one way only. A key that cannot be unwrapped, for whatever reason, is replaced by a random one, so that the message
fails where a damaged ciphertext fails and the peer learns nothing of the difference (Bleichenbacher, Manger; WSS4J CVE-2015-0226).
"""

import os
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from node.ebms.errors import EbmsError, PolicyNoncompliance
from node.ebms.namespaces import OCTET_STREAM
from node.ebms.pmode import Encryption
from node.security.algorithms import (
    ATTACHMENT_CONTENT_ONLY,
    CONCAT_KDF,
    CONTENT_KEY_OCTETS,
    ECDH_ES,
    HKDF,
    HMAC_SHA256,
    KEY_WRAP_OCTETS,
    MGF1_SHA1,
    OAEP_DIGESTS,
    OAEP_MGFS,
    PRFS,
    RSA_OAEP,
    RSA_OAEP_MGF1P,
    X25519,
)
from node.security.attachments import ContentKey
from node.security.certificates import CertificateRefused
from node.security.claim import AgreementClaim, Claim, EncryptedDataClaim, EncryptedKeyClaim
from node.security.encrypt import key_wrap_for
from node.security.key_agreement import derive_concat, derive_hkdf, other_info, read_der, read_point, unwrap_key
from node.security.keys import DecryptionKey, KeyUseFailed, PublicKey

__all__ = ["ContentKey", "unwrap_keys"]


def unwrap_keys(
    claim: Claim,
    policy: Encryption,
    keys: Sequence[DecryptionKey],
    content_ids: Collection[str],
    also_allowed: Collection[str] = frozenset(),
) -> Mapping[str, ContentKey]:
    """The content key of every part, by Content-ID; empty where the policy encrypts nothing or there is no part.

    Hand each to `AttachmentIn`: a key that could not be unwrapped shows itself there, as FailedDecryption. Raises EbmsError PolicyNoncompliance
    when the claim is not what the policy says; no private key has been used by then.
    """
    if not policy.encrypt:
        # spec: C 6.7.2
        refuse_unless(not claim.encrypted_keys and not claim.encrypted_data, "encrypted, and the agreement is without encryption")
        return {}
    check_parts(claim.encrypted_data, content_ids)
    if not claim.encrypted_keys and not content_ids:
        return {}
    # spec: A 5.1.6; one key a message, as every profile has it, so a message never costs more than one private-key operation a candidate
    refuse_unless(len(claim.encrypted_keys) == 1, f"{len(claim.encrypted_keys)} EncryptedKey elements, where one is agreed")
    wrapped = claim.encrypted_keys[0]
    check_links(wrapped, claim.encrypted_data)
    algorithm = check_algorithms(wrapped, claim.encrypted_data, policy, frozenset(also_allowed))
    content_key = unwrap(wrapped, keys, CONTENT_KEY_OCTETS[algorithm])
    addressed_to = str(wrapped.recipient)
    return {
        data.content_id: ContentKey(algorithm, content_key, data.mime_type or OCTET_STREAM, addressed_to)
        for data in claim.encrypted_data
    }


def refuse_unless(fact: bool, detail: str) -> None:
    """Raises EbmsError PolicyNoncompliance with this detail when the fact does not hold."""
    if not fact:
        raise EbmsError(PolicyNoncompliance, f"encryption: {detail}")


# -- rules that need no secret ---------------------------------------------------------------------------------------


def check_parts(encrypted: Sequence[EncryptedDataClaim], content_ids: Collection[str]) -> None:
    """Every part is encrypted, each by itself and once, and nothing else is."""
    seen: set[str] = set()
    for data in encrypted:
        cid = data.content_id
        # spec: SwA 5.5 (Attachment-Complete is not used in AS4)
        refuse_unless(data.type == ATTACHMENT_CONTENT_ONLY, f"cid:{cid}: Type {data.type!r} is not Attachment-Content-Only")
        refuse_unless(cid in content_ids, f"cid:{cid}: encrypted, and no PartInfo names it")
        refuse_unless(cid not in seen, f"cid:{cid}: two EncryptedData elements speak of it")
        seen.add(cid)
    # spec: A 5.1.6
    plain = next((cid for cid in content_ids if cid not in seen), None)
    refuse_unless(plain is None, f"cid:{plain}: not encrypted, and the agreement wants every part encrypted")


def check_links(wrapped: EncryptedKeyClaim, encrypted: Sequence[EncryptedDataClaim]) -> None:
    """Every EncryptedData belongs to the EncryptedKey, which lists nothing that is no attachment."""
    for data in encrypted:
        # spec: SMS 9.4, XE 3.5.1 (either end may name the other: WSS4J leaves KeyInfo out of all but one)
        named = (
            data.key_id == wrapped.id if data.key_id is not None else data.id is not None and data.id in wrapped.data_references
        )
        refuse_unless(named, f"cid:{data.content_id}: its EncryptedData and the EncryptedKey do not name each other")
    ids = {data.id for data in encrypted}
    stray = next((reference for reference in wrapped.data_references if reference not in ids), None)
    refuse_unless(stray is None, f"the EncryptedKey lists #{stray}, which is no encrypted part")


def check_algorithms(
    wrapped: EncryptedKeyClaim, encrypted: Sequence[EncryptedDataClaim], policy: Encryption, also_allowed: frozenset[str]
) -> str:
    """The content encryption of the message, all of whose algorithms are agreed."""
    contents = {data.algorithm for data in encrypted}
    refuse_unless(len(contents) == 1, f"{len(contents)} content encryption algorithms under one key")
    algorithm = contents.pop()
    allow("content encryption", algorithm, CONTENT_KEY_OCTETS, policy.algorithm, also_allowed)
    strength = 8 * CONTENT_KEY_OCTETS[algorithm]
    refuse_unless(strength >= policy.minimum_strength, f"a content key of {strength} bits (at least {policy.minimum_strength})")
    if wrapped.agreement is None:
        check_transport(wrapped, policy, also_allowed)
    else:
        check_agreement(wrapped, wrapped.agreement, algorithm, policy, also_allowed)
    return algorithm


def allow(role: str, uri: str, known: Collection[str], agreed: str, also_allowed: frozenset[str]) -> None:
    """Raises EbmsError PolicyNoncompliance unless the algorithm is one of its role and agreed; URIs are compared exactly."""
    if uri not in known or not (uri == agreed or uri in also_allowed):
        refuse_unless(False, f"{role} {uri!r} is not agreed")


_TRANSPORTS: Final = frozenset((RSA_OAEP, RSA_OAEP_MGF1P))
_AGREEMENTS: Final = frozenset((X25519, ECDH_ES))
_DERIVATIONS: Final = frozenset((HKDF, CONCAT_KDF))


def check_transport(wrapped: EncryptedKeyClaim, policy: Encryption, also_allowed: frozenset[str]) -> None:
    """RSA-OAEP with the digest and the mask that were agreed; what the message leaves out is SHA-1, which has to be allowed by name."""
    allow("key transport", wrapped.method, _TRANSPORTS, policy.key_transport, also_allowed)
    # spec: XE 5.5.2
    allow("OAEP digest", wrapped.digest, OAEP_DIGESTS, policy.digest, also_allowed)
    if wrapped.method == RSA_OAEP:
        allow("OAEP mask", wrapped.mgf, OAEP_MGFS, policy.mgf, also_allowed)
    else:
        # The mask of rsa-oaep-mgf1p is fixed: who agrees to one agrees to the other.
        refuse_unless(wrapped.mgf == MGF1_SHA1, f"OAEP mask {wrapped.mgf!r} under {wrapped.method}")


def check_agreement(
    wrapped: EncryptedKeyClaim, agreement: AgreementClaim, algorithm: str, policy: Encryption, also_allowed: frozenset[str]
) -> None:
    """The agreed key agreement, key derivation and key wrap."""
    allow("key agreement", agreement.method, _AGREEMENTS, policy.key_transport, also_allowed)
    allow("key derivation", agreement.kdf, _DERIVATIONS, policy.kdf or HKDF, also_allowed)
    allow("key wrap", wrapped.method, KEY_WRAP_OCTETS, key_wrap_for(algorithm), also_allowed)
    if agreement.hkdf is not None:
        allow("HKDF PRF", agreement.hkdf.prf, PRFS, HMAC_SHA256, also_allowed)
        length, wrap = agreement.hkdf.key_length, KEY_WRAP_OCTETS[wrapped.method]
        # spec: EN 4.0 (KeyLength counts octets, and a bit count is refused like any other number)
        refuse_unless(length is None or length == wrap, f"HKDF KeyLength {length} for a key wrap of {wrap} octets")
    if agreement.concat is not None:
        allow("ConcatKDF digest", agreement.concat.digest, OAEP_DIGESTS, policy.digest, also_allowed)


# -- what depends on a secret ----------------------------------------------------------------------------------------


def unwrap(wrapped: EncryptedKeyClaim, keys: Sequence[DecryptionKey], octets: int) -> bytes:
    """The content key, or a random one: nobody can tell which before a tag is checked."""
    content_key = os.urandom(octets)
    candidates, meant = candidates_for(wrapped, keys)
    for key in candidates:
        try:
            found = open_with(key, wrapped)
        except (KeyUseFailed, ValueError):
            continue
        if meant and len(found) == octets:
            content_key = found
            break
    return content_key


def candidates_for(wrapped: EncryptedKeyClaim, keys: Sequence[DecryptionKey]) -> tuple[Sequence[DecryptionKey], bool]:
    """The keys to try, and whether what they open counts.

    A message for somebody else costs us one operation all the same, so that time does not tell which recipients we are.
    """
    if not wrapped.recipient.kind:
        return keys, True
    try:
        named = wrapped.recipient.select([key.certificate for key in keys])
    except CertificateRefused:
        named = ()
    chosen = [key for key in keys if key.certificate in named]
    return (chosen, True) if chosen else (keys[:1], False)


def open_with(key: DecryptionKey, wrapped: EncryptedKeyClaim) -> bytes:
    """What this key makes of the wrapped key. Raises KeyUseFailed, ValueError."""
    if wrapped.agreement is None:
        return key.decrypt(wrapped.cipher_value, wrapped.digest, wrapped.mgf)
    return unwrap_key(derive(key, wrapped.agreement, KEY_WRAP_OCTETS[wrapped.method]), wrapped.cipher_value)


def derive(key: DecryptionKey, agreement: AgreementClaim, octets: int) -> bytes:
    """The key encryption key. Raises KeyUseFailed, ValueError (a point off the curve, a point of small order)."""
    secret = key.agree(originator_key(agreement))
    if agreement.hkdf is not None:
        # spec: RFC 5869, RFC 9231 2.6
        return derive_hkdf(secret, PRFS[agreement.hkdf.prf], agreement.hkdf.salt, agreement.hkdf.info, octets)
    concat = agreement.concat
    if concat is None:
        raise ValueError("an agreement without a key derivation")
    info = other_info(concat.algorithm_id, concat.party_u_info, concat.party_v_info, concat.supp_pub_info, concat.supp_priv_info)
    return derive_concat(secret, OAEP_DIGESTS[concat.digest], info, octets)


def originator_key(agreement: AgreementClaim) -> PublicKey:
    """The peer's ephemeral key, of the kind that the agreement method says. Raises ValueError."""
    claimed = agreement.originator
    public = read_der(claimed.der) if claimed.der else read_point(claimed.curve, claimed.point)
    if isinstance(public, X25519PublicKey) != (agreement.method == X25519):
        raise ValueError("an originator's key of another kind than the agreement method says")
    return public
