"""Unwrapping: policy first, then one way of failing."""

import dataclasses

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, x25519

from node.ebms.errors import EbmsError, FailedDecryption, PolicyNoncompliance
from node.security.algorithms import (
    AES128_GCM,
    AES192_GCM,
    AES256_GCM,
    ATTACHMENT_CONTENT_ONLY,
    CONCAT_KDF,
    ECDH_ES,
    HKDF,
    HMAC_SHA256,
    HMAC_SHA512,
    KW_AES256,
    MGF1_SHA1,
    MGF1_SHA256,
    MGF1_SHA512,
    OAEP_DIGESTS,
    OAEP_MGFS,
    PRFS,
    RSA_OAEP,
    RSA_OAEP_MGF1P,
    SHA1,
    SHA256,
    SHA512,
    X25519,
)
from node.security.certificates import KeyReference
from node.security.claimed_encryption import AgreementClaim, ConcatClaim, HkdfClaim, OriginatorKey
from node.security.decrypt import unwrap_keys
from node.security.key_agreement import (
    derive_concat,
    derive_hkdf,
    other_info,
    shared_secret,
    wrap_key,
    write_der,
    write_point,
)
from node.security.keys import SoftwareKey
from node.security.suites import BDEW_1_1, EDELIVERY_1_15, EDELIVERY_2_ECDSA, EDELIVERY_2_EDDSA
from tests.security.encrypted import PARTS, SUITES, encrypted, message_for, open_parts

replace = dataclasses.replace


class CountingKey:
    """A DecryptionKey that counts what its private key was used for."""

    def __init__(self, key: SoftwareKey) -> None:
        self.key = key
        self.certificate = key.certificate
        self.uses = 0

    def decrypt(self, wrapped, digest, mgf):
        self.uses += 1
        return self.key.decrypt(wrapped, digest, mgf)

    def agree(self, originator):
        self.uses += 1
        return self.key.agree(originator)


def flipped(octets: bytes, position: int = -1) -> bytes:
    """The octets with one bit of one octet changed."""
    changed = bytearray(octets)
    changed[position] ^= 1
    return bytes(changed)


def with_key(claim, **changes):
    """The claim with another EncryptedKey."""
    return replace(claim, encrypted_keys=(replace(claim.encrypted_keys[0], **changes),))


def with_data(claim, **changes):
    """The claim with another first EncryptedData."""
    return replace(claim, encrypted_data=(replace(claim.encrypted_data[0], **changes), *claim.encrypted_data[1:]))


def refused(message, policy, key, claim=None, also_allowed=frozenset(), content_ids=None) -> str:
    """The detail of the PolicyNoncompliance that this claim meets, before any private key is used."""
    counting = CountingKey(key)
    with pytest.raises(EbmsError) as caught:
        unwrap_keys(claim or message.claim, policy, [counting], content_ids or tuple(PARTS), also_allowed)
    assert caught.value.definition is PolicyNoncompliance
    assert counting.uses == 0
    return caught.value.detail


@pytest.fixture
def rsa_message(pki):
    key = pki.key("b", use="enc")
    return (key, *message_for(EDELIVERY_1_15, key))


@pytest.fixture
def x25519_message(pki):
    key = pki.key("b", "x25519", "enc")
    return (key, *message_for(EDELIVERY_2_EDDSA, key))


# -- who can open it -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("suite", "kind"), SUITES, ids=lambda value: getattr(value, "name", value))
def test_the_key_that_the_message_names_is_the_one_used(pki, suite, kind):
    key = CountingKey(pki.key("b", kind, "enc"))
    others = [
        CountingKey(pki.key("a", kind, "enc")),
        CountingKey(pki.key("b", "rsa3072" if kind == "rsa2048" else "rsa2048", "enc")),
    ]
    policy, message = message_for(suite, key.key)
    assert open_parts(message.claim, policy, [*others, key], message.wire, message.references) == PARTS
    assert (key.uses, [other.uses for other in others]) == (1, [0, 0])


def test_without_a_name_every_key_is_tried(pki, rsa_message):
    key, policy, message = rsa_message
    keys = [CountingKey(pki.key("a", use="enc")), CountingKey(pki.key("b", "x25519", "enc")), CountingKey(key)]
    claim = with_key(message.claim, recipient=KeyReference(""))
    assert open_parts(claim, policy, keys, message.wire, message.references) == PARTS
    assert [one.uses for one in keys] == [1, 1, 1]


def test_two_certificates_of_one_key_identifier_are_both_tried(pki, rsa_message):
    key, policy, message = rsa_message
    renewed = pki.make("b renewed", key.private_key, "enc")
    assert renewed.certificate.ski == key.certificate.ski
    assert open_parts(message.claim, policy, [renewed, key], message.wire, message.references) == PARTS


def test_a_message_for_somebody_else_costs_one_private_key_operation_too(pki, rsa_message):
    _, policy, message = rsa_message
    keys = [CountingKey(pki.key("a", use="enc")), CountingKey(pki.key("stranger", use="enc"))]
    unwrap_keys(message.claim, policy, keys, tuple(PARTS))
    assert sum(key.uses for key in keys) == 1


def test_the_media_type_before_encryption_is_handed_on(rsa_message):
    key, policy, message = rsa_message
    keys = unwrap_keys(message.claim, policy, [key], tuple(PARTS))
    assert {one.media_type for one in keys.values()} == {"application/gzip"}
    bare = with_data(message.claim, mime_type=None)
    assert unwrap_keys(bare, policy, [key], tuple(PARTS))["p1@a.example"].media_type == "application/octet-stream"


def test_nothing_is_to_be_unwrapped_without_parts(rsa_message):
    key, policy, message = rsa_message
    empty = replace(message.claim, encrypted_keys=(), encrypted_data=())
    assert unwrap_keys(empty, policy, [key], ()) == {}
    assert unwrap_keys(empty, replace(policy, encrypt=False), [], tuple(PARTS)) == {}


def test_an_encrypted_data_that_only_the_reference_list_names_is_opened(rsa_message):
    key, policy, message = rsa_message
    claim = with_data(message.claim, key_id=None)
    assert open_parts(claim, policy, [key], message.wire, message.references) == PARTS


def test_an_encrypted_key_without_reference_list_is_opened(rsa_message):
    key, policy, message = rsa_message
    claim = with_key(message.claim, data_references=())
    assert open_parts(claim, policy, [key], message.wire, message.references) == PARTS


# -- policy, before any key ------------------------------------------------------------------------------------------


def test_an_encrypted_message_under_a_policy_without_encryption_is_refused(rsa_message):
    key, policy, message = rsa_message
    assert "without encryption" in refused(message, replace(policy, encrypt=False), key)


SHAPES = [
    # what is wrong with the claim, how it is made wrong, a word of the detail
    ("nothing encrypted", lambda c: replace(c, encrypted_keys=(), encrypted_data=()), "p1@a.example: not encrypted"),
    ("one part clear", lambda c: replace(c, encrypted_data=c.encrypted_data[:1]), "p2@a.example: not encrypted"),
    ("a part of no PartInfo", lambda c: with_data(c, content_id="p3@a.example"), "no PartInfo"),
    ("the root part", lambda c: with_data(c, content_id="root@a.example"), "no PartInfo"),
    ("content id of other case", lambda c: with_data(c, content_id="P1@a.example"), "no PartInfo"),
    ("one part twice", lambda c: replace(c, encrypted_data=(c.encrypted_data[0], *c.encrypted_data)), "two EncryptedData"),
    ("Attachment-Complete", lambda c: with_data(c, type=ATTACHMENT_CONTENT_ONLY.replace("Content-Only", "Complete")), "Type"),
    ("type Element", lambda c: with_data(c, type="http://www.w3.org/2001/04/xmlenc#Element"), "Type"),
    ("no type", lambda c: with_data(c, type=None), "Type"),
    ("no EncryptedKey", lambda c: replace(c, encrypted_keys=()), "0 EncryptedKey"),
    ("two EncryptedKeys", lambda c: replace(c, encrypted_keys=c.encrypted_keys * 2), "2 EncryptedKey"),
    ("data of another key", lambda c: with_data(c, key_id="EK-other"), "do not name each other"),
    ("data of no key", lambda c: with_data(c, key_id=None, id=None), "do not name each other"),
    ("a stray reference", lambda c: with_key(c, data_references=("ED-u-1-1", "ED-u-1-2", "SIG-1")), "#SIG-1"),
    ("two content algorithms", lambda c: with_data(c, algorithm=AES256_GCM), "2 content"),
]


@pytest.mark.parametrize(("case", "change", "word"), SHAPES, ids=[row[0] for row in SHAPES])
def test_what_is_encrypted_is_every_part_and_nothing_else(rsa_message, case, change, word):
    key, policy, message = rsa_message
    assert word in refused(message, policy, key, change(message.claim), frozenset((AES256_GCM,)))


def test_an_encrypted_key_without_parts_is_refused(rsa_message):
    key, policy, message = rsa_message
    with pytest.raises(EbmsError) as caught:
        unwrap_keys(replace(message.claim, encrypted_data=()), policy, [key], ())
    assert caught.value.definition is PolicyNoncompliance


RSA_15 = "http://www.w3.org/2001/04/xmlenc#rsa-1_5"
AES128_CBC = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"
TRIPLE_DES = "http://www.w3.org/2001/04/xmlenc#tripledes-cbc"

TRANSPORTS = [
    # changes to the EncryptedKey, what is not agreed
    ({"method": RSA_15}, "key transport"),
    ({"method": RSA_OAEP_MGF1P, "mgf": MGF1_SHA1}, "key transport"),
    ({"method": RSA_OAEP + " "}, "key transport"),
    ({"method": RSA_OAEP.upper()}, "key transport"),
    ({"digest": SHA1}, "OAEP digest"),  # the default of an absent child
    ({"digest": SHA512}, "OAEP digest"),
    ({"digest": "http://www.w3.org/2001/04/xmldsig-more#md5"}, "OAEP digest"),
    ({"mgf": MGF1_SHA1}, "OAEP mask"),  # likewise
    ({"mgf": MGF1_SHA512}, "OAEP mask"),
]


@pytest.mark.parametrize(("changes", "word"), TRANSPORTS)
def test_a_key_transport_that_is_not_agreed_is_refused(rsa_message, changes, word):
    key, policy, message = rsa_message
    assert word in refused(message, policy, key, with_key(message.claim, **changes))


@pytest.mark.parametrize("algorithm", [AES128_CBC, TRIPLE_DES, AES256_GCM, AES192_GCM, AES128_GCM + " ", "", RSA_OAEP])
def test_a_content_encryption_that_is_not_agreed_is_refused(rsa_message, algorithm):
    key, policy, message = rsa_message
    claim = replace(message.claim, encrypted_data=tuple(replace(d, algorithm=algorithm) for d in message.claim.encrypted_data))
    assert "content encryption" in refused(message, policy, key, claim)


@pytest.mark.parametrize("uri", [RSA_15, AES128_CBC, TRIPLE_DES])
def test_what_the_tables_do_not_know_cannot_be_allowed(rsa_message, uri):
    key, policy, message = rsa_message
    data = tuple(replace(d, algorithm=uri) for d in message.claim.encrypted_data)
    refused(message, policy, key, replace(message.claim, encrypted_data=data), frozenset((uri,)))
    refused(message, policy, key, with_key(message.claim, method=uri), frozenset((uri,)))


def test_an_algorithm_of_one_role_does_not_pass_in_another(rsa_message):
    key, policy, message = rsa_message
    refused(message, policy, key, with_key(message.claim, digest=MGF1_SHA256), frozenset((MGF1_SHA256,)))


def test_a_content_key_below_the_agreed_strength_is_refused(rsa_message):
    key, policy, message = rsa_message
    assert "128 bits (at least 256)" in refused(message, replace(policy, minimum_strength=256), key)


AGREEMENTS = [
    # changes to the EncryptedKey, to its AgreementMethod, what is not agreed
    ({"method": KW_AES256}, {}, "key wrap"),
    ({"method": RSA_OAEP}, {}, "key wrap"),
    ({}, {"method": ECDH_ES}, "key agreement"),
    ({}, {"method": X25519 + "\n"}, "key agreement"),
    ({}, {"kdf": CONCAT_KDF}, "key derivation"),
    ({}, {"kdf": "http://www.w3.org/2009/xmlenc11#pbkdf2"}, "key derivation"),
    ({}, {"hkdf": HkdfClaim(HMAC_SHA512, key_length=16)}, "HKDF PRF"),
    ({}, {"hkdf": HkdfClaim("http://www.w3.org/2000/09/xmldsig#hmac-sha1", key_length=16)}, "HKDF PRF"),
    ({"agreement": None}, {}, "key transport"),
]


@pytest.mark.parametrize(("key_changes", "changes", "word"), AGREEMENTS)
def test_a_key_agreement_that_is_not_agreed_is_refused(x25519_message, key_changes, changes, word):
    key, policy, message = x25519_message
    agreement = replace(message.claim.encrypted_keys[0].agreement, **changes)
    assert word in refused(message, policy, key, with_key(message.claim, **{"agreement": agreement} | key_changes))


@pytest.mark.parametrize("length", [0, 8, 15, 17, 24, 32, 128])
def test_an_hkdf_key_length_that_is_not_the_wraps_is_refused(x25519_message, length):
    key, policy, message = x25519_message
    agreement = message.claim.encrypted_keys[0].agreement
    agreement = replace(agreement, hkdf=replace(agreement.hkdf, key_length=length))
    assert f"KeyLength {length}" in refused(message, policy, key, with_key(message.claim, agreement=agreement))


def test_an_absent_hkdf_key_length_is_the_wraps(x25519_message):
    key, policy, message = x25519_message
    agreement = message.claim.encrypted_keys[0].agreement
    claim = with_key(message.claim, agreement=replace(agreement, hkdf=replace(agreement.hkdf, key_length=None)))
    assert open_parts(claim, policy, [key], message.wire, message.references) == PARTS


# -- what may be allowed besides -------------------------------------------------------------------------------------


def rewrapped(message, key, digest, mgf, method=RSA_OAEP, label=None):
    """The claim with its content key wrapped anew for an RSA key."""
    content_key = key.decrypt(message.claim.encrypted_keys[0].cipher_value, SHA256, MGF1_SHA256)
    oaep = padding.OAEP(padding.MGF1(OAEP_MGFS[mgf]), OAEP_DIGESTS[digest], label)
    value = key.certificate.public_key.encrypt(content_key, oaep)
    return with_key(message.claim, method=method, digest=digest, mgf=mgf, cipher_value=value)


@pytest.mark.parametrize(
    ("digest", "mgf", "method", "allowed"),
    [
        (SHA1, MGF1_SHA1, RSA_OAEP, {SHA1, MGF1_SHA1}),
        (SHA256, MGF1_SHA1, RSA_OAEP_MGF1P, {RSA_OAEP_MGF1P}),
        (SHA1, MGF1_SHA1, RSA_OAEP_MGF1P, {RSA_OAEP_MGF1P, SHA1}),
        (SHA512, MGF1_SHA512, RSA_OAEP, {SHA512, MGF1_SHA512}),
    ],
)
def test_an_agreement_may_allow_more_by_name(rsa_message, digest, mgf, method, allowed):
    key, policy, message = rsa_message
    claim = rewrapped(message, key, digest, mgf, method)
    assert open_parts(claim, policy, [key], message.wire, message.references, frozenset(allowed)) == PARTS
    for one in allowed:
        refused(message, policy, key, claim, frozenset(allowed - {one}))


def test_the_mask_of_the_legacy_transport_is_fixed(rsa_message):
    key, policy, message = rsa_message
    claim = rewrapped(message, key, SHA256, MGF1_SHA256, RSA_OAEP_MGF1P)
    assert "OAEP mask" in refused(message, policy, key, claim, frozenset((RSA_OAEP_MGF1P,)))


def agreed(key, policy, message, agreement, key_encryption_key):
    """The claim with its content key wrapped anew after another key agreement."""
    content_key = unwrap_keys(message.claim, policy, [key], tuple(PARTS))["p1@a.example"].key
    return with_key(message.claim, cipher_value=wrap_key(key_encryption_key, content_key), agreement=agreement)


@pytest.mark.parametrize("salt", [b"", bytes(32), b"s" * 16, b"s" * 32, b"s" * 100])
@pytest.mark.parametrize("info", [b"", b"context"])
def test_any_salt_and_info_of_hkdf_are_honoured(x25519_message, salt, info):
    key, policy, message = x25519_message
    ephemeral = x25519.X25519PrivateKey.generate()
    kek = derive_hkdf(shared_secret(ephemeral, key.certificate.public_key), PRFS[HMAC_SHA256], salt, info, 16)
    originator = OriginatorKey(der=write_der(ephemeral.public_key()))
    agreement = AgreementClaim(X25519, HKDF, originator, hkdf=HkdfClaim(HMAC_SHA256, salt, info, 16))
    claim = agreed(key, policy, message, agreement, kek)
    assert open_parts(claim, policy, [key], message.wire, message.references) == PARTS


@pytest.mark.parametrize("attributes", [("", "", ""), ("0000", "", ""), ("00", "00", "00"), ("0000000141", "0042", "0043")])
def test_the_attributes_of_concat_kdf_are_honoured_as_written(pki, attributes):
    key = pki.key("b", "brainpool", "enc")
    policy, message = message_for(BDEW_1_1, key)
    ephemeral = ec.generate_private_key(ec.BrainpoolP256R1())
    kek = derive_concat(shared_secret(ephemeral, key.certificate.public_key), OAEP_DIGESTS[SHA256], other_info(*attributes), 16)
    curve, point = write_point(ephemeral.public_key())
    concat = ConcatClaim(SHA256, *attributes)
    agreement = AgreementClaim(ECDH_ES, CONCAT_KDF, OriginatorKey(curve=curve, point=point), concat=concat)
    claim = agreed(key, policy, message, agreement, kek)
    assert open_parts(claim, policy, [key], message.wire, message.references) == PARTS
    wrong = with_key(claim, agreement=replace(agreement, concat=replace(concat, algorithm_id="0001")))
    with pytest.raises(EbmsError):
        open_parts(wrong, policy, [key], message.wire, message.references)


# -- one way of failing ----------------------------------------------------------------------------------------------


def rsa_causes(key, message):
    """Causes of failure under RSA-OAEP: (cause, claim, wire)."""
    claim, wire = message.claim, dict(message.wire)
    value = claim.encrypted_keys[0].cipher_value
    modulus = key.certificate.public_key.public_numbers().n.to_bytes(len(value), "big")
    oaep = padding.OAEP(padding.MGF1(OAEP_MGFS[MGF1_SHA256]), OAEP_DIGESTS[SHA256], None)
    encrypt = key.certificate.public_key.encrypt
    stranger = rsa.generate_private_key(65537, 2048).public_key()
    first, second = wire["p1@a.example"], wire["p2@a.example"]
    yield "wrapped key damaged", with_key(claim, cipher_value=bytes([value[0] ^ 1]) + value[1:]), wire
    yield "wrapped key damaged at its end", with_key(claim, cipher_value=value[:-1] + bytes([value[-1] ^ 1])), wire
    yield "wrapped key cut off", with_key(claim, cipher_value=value[:-1]), wire
    yield "wrapped key too long", with_key(claim, cipher_value=value + b"\0"), wire
    yield "no wrapped key", with_key(claim, cipher_value=b""), wire
    yield "wrapped key zero", with_key(claim, cipher_value=bytes(len(value))), wire
    yield "wrapped key above the modulus", with_key(claim, cipher_value=modulus), wire
    yield "wrapped for another key", with_key(claim, cipher_value=stranger.encrypt(bytes(16), oaep)), wire
    yield "content key of 15 octets", with_key(claim, cipher_value=encrypt(bytes(15), oaep)), wire
    yield "content key of 32 octets", with_key(claim, cipher_value=encrypt(bytes(32), oaep)), wire
    yield "empty content key", with_key(claim, cipher_value=encrypt(b"", oaep)), wire
    yield "another content key", with_key(claim, cipher_value=encrypt(bytes(16), oaep)), wire
    yield "PKCS#1 v1.5 inside", with_key(claim, cipher_value=encrypt(bytes(16), padding.PKCS1v15())), wire
    yield "OAEP label", rewrapped(message, key, SHA256, MGF1_SHA256, label=b"label"), wire
    yield "OAEP digest mismatch", with_key(rewrapped(message, key, SHA512, MGF1_SHA256), digest=SHA256), wire
    yield "OAEP mask mismatch", with_key(rewrapped(message, key, SHA256, MGF1_SHA512), mgf=MGF1_SHA256), wire
    yield "tag damaged", claim, wire | {"p1@a.example": first[:-1] + bytes([first[-1] ^ 1])}
    yield "ciphertext damaged", claim, wire | {"p2@a.example": second[:99] + bytes([second[99] ^ 1]) + second[100:]}
    yield "part clear", claim, wire | {"p1@a.example": PARTS["p1@a.example"]}
    yield "part empty", claim, wire | {"p1@a.example": b""}
    yield "parts swapped in", claim, wire | {"p1@a.example": first[:-16]}


def x25519_causes(key, message):
    """Causes of failure under key agreement, likewise."""
    claim, wire = message.claim, dict(message.wire)
    wrapped = claim.encrypted_keys[0]
    agreement, value = wrapped.agreement, wrapped.cipher_value
    der = agreement.originator.der

    def originator(octets):
        return with_key(claim, agreement=replace(agreement, originator=OriginatorKey(der=octets)))

    for position in range(len(value)):
        damaged = value[:position] + bytes([value[position] ^ 1]) + value[position + 1 :]
        yield f"wrap damaged at octet {position}", with_key(claim, cipher_value=damaged), wire
    for length in (0, 8, 16, 23, 32, 40):
        yield f"wrap of {length} octets", with_key(claim, cipher_value=bytes(length)), wire
    yield "point zero", originator(der[:12] + bytes(32)), wire
    yield "point of small order", originator(der[:12] + b"\x01" + bytes(31)), wire
    yield "another point", originator(write_der(x25519.X25519PrivateKey.generate().public_key())), wire
    yield "no key at all", originator(b"\x30\x00"), wire
    yield (
        "an EC key instead",
        with_key(
            claim,
            agreement=replace(
                agreement, originator=OriginatorKey(curve="urn:oid:1.2.840.10045.3.1.7", point=b"\x04" + bytes(64))
            ),
        ),
        wire,
    )
    yield "wrong info", with_key(claim, agreement=replace(agreement, hkdf=replace(agreement.hkdf, info=b"x"))), wire
    yield "wrong salt", with_key(claim, agreement=replace(agreement, hkdf=replace(agreement.hkdf, salt=b"x"))), wire
    yield "tag damaged", claim, wire | {"p1@a.example": flipped(message.wire["p1@a.example"])}


@pytest.mark.parametrize(
    ("suite", "kind", "causes"), [(EDELIVERY_1_15, "rsa2048", rsa_causes), (EDELIVERY_2_EDDSA, "x25519", x25519_causes)]
)
def test_every_cause_of_failure_is_the_same_error_object_in_every_field(pki, suite, kind, causes):
    key = pki.key("b", kind, "enc")
    policy, message = message_for(suite, key)
    seen = {}
    for cause, claim, wire in causes(key, message):
        counting = CountingKey(key)
        with pytest.raises(EbmsError) as caught:
            open_parts(claim, policy, [counting], wire, message.references)
        error = caught.value
        assert counting.uses <= 1, cause
        seen[cause] = (type(error), error.definition, error.detail, error.args, error.ref_to_message_id, error.__cause__)
    assert len(seen) >= 12
    assert set(seen.values()) == {seen["tag damaged"]}
    assert seen["tag damaged"][1] is FailedDecryption


def test_an_originator_of_another_kind_than_the_method_says_is_not_agreed_with(pki):
    key = pki.key("b", "p256", "enc")
    _, message = message_for(EDELIVERY_2_ECDSA, key)
    claim = with_key(message.claim, agreement=replace(message.claim.encrypted_keys[0].agreement, method=X25519))
    with pytest.raises(EbmsError) as caught:
        open_parts(claim, EDELIVERY_2_EDDSA.encryption(), [key], message.wire, message.references)
    assert caught.value.definition is FailedDecryption


@pytest.mark.parametrize("keys", [[], ["a"], ["a", "stranger"]])
@pytest.mark.parametrize(("suite", "kind"), SUITES, ids=lambda value: getattr(value, "name", value))
def test_a_message_for_a_key_that_we_do_not_hold_fails_as_a_damaged_one_does(pki, suite, kind, keys):
    policy, message = message_for(suite, pki.key("b", kind, "enc"))
    damaged = message.wire | {"p1@a.example": flipped(message.wire["p1@a.example"])}
    errors = []
    for held, wire in [([pki.key(name, kind, "enc") for name in keys], message.wire), ([pki.key("b", kind, "enc")], damaged)]:
        with pytest.raises(EbmsError) as caught:
            open_parts(message.claim, policy, held, wire, message.references)
        errors.append((caught.value.definition, caught.value.detail, caught.value.args))
    assert errors[0] == errors[1]
    assert errors[0][0] is FailedDecryption


@pytest.mark.parametrize(
    "reference", [KeyReference("bst-pkipath", b"no path"), KeyReference("issuer-serial", issuer="%", serial=1)]
)
def test_a_recipient_that_cannot_be_read_fails_like_one_that_is_not_ours(rsa_message, reference):
    key, policy, message = rsa_message
    with pytest.raises(EbmsError) as caught:
        open_parts(with_key(message.claim, recipient=reference), policy, [key], message.wire, message.references)
    assert caught.value.definition is FailedDecryption


def test_the_random_key_of_a_failure_is_new_each_time(pki, rsa_message):
    _, policy, message = rsa_message
    made = {unwrap_keys(message.claim, policy, [pki.key("a", use="enc")], tuple(PARTS))["p1@a.example"].key for _ in range(20)}
    assert len(made) == 20
    assert {len(key) for key in made} == {16}


def test_the_ecdh_secret_of_a_p256_message_is_not_opened_by_a_brainpool_key(pki):
    policy, message = message_for(EDELIVERY_2_ECDSA, pki.key("b", "p256", "enc"))
    claim = with_key(message.claim, recipient=KeyReference(""))
    with pytest.raises(EbmsError) as caught:
        open_parts(claim, policy, [pki.key("b", "brainpool", "enc")], message.wire, message.references)
    assert caught.value.definition is FailedDecryption


def test_a_message_of_128_bits_is_opened_under_a_policy_of_256_that_allows_it(rsa_message):
    key, policy, message = rsa_message
    wider = replace(policy, algorithm=AES256_GCM)
    assert open_parts(message.claim, wider, [key], message.wire, message.references, frozenset((AES128_GCM,))) == PARTS


def test_a_text_part_is_proven_by_its_media_type_before_encryption(pki):
    key = pki.key("b", use="enc")
    policy = EDELIVERY_1_15.encryption()
    message = encrypted(key, policy, {"p": b"a\r\nb"}, "text/plain")
    assert open_parts(message.claim, policy, [key], message.wire, message.references) == {"p": b"a\r\nb"}
