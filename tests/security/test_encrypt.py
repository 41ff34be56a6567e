"""Encrypting to a recipient."""

import dataclasses

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from node.ebms.namespaces import DS, WSSE, XENC, XENC11
from node.security.algorithms import (
    AES256_GCM,
    CONCAT_KDF,
    HKDF,
    KW_AES128,
    KW_AES256,
    MGF1_SHA1,
    MGF1_SHA256,
    RSA_OAEP,
    RSA_OAEP_MGF1P,
    SHA256,
)
from node.security.encrypt import RecipientRefused, encrypt_to
from node.security.suites import BDEW_1_1, EDELIVERY_1_15, EDELIVERY_2_ECDSA, EDELIVERY_2_EDDSA
from tests.security.encrypted import (
    PARTS,
    REFERENCE_KINDS,
    SUITES,
    encrypted,
    message_for,
    open_parts,
    read,
    security_element,
)

PATHS = {"xenc": XENC, "xenc11": XENC11, "ds": DS, "wsse": WSSE}


def canonical(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False, with_tail=False)


@pytest.mark.parametrize(("suite", "kind"), SUITES, ids=lambda value: getattr(value, "name", value))
@pytest.mark.parametrize("reference", REFERENCE_KINDS)
def test_what_is_encrypted_opens_again_whatever_names_the_recipient(pki, suite, kind, reference):
    key = pki.key("b", kind, "enc")
    policy, message = message_for(suite, key, reference)
    assert open_parts(message.claim, policy, [key], message.wire, message.references) == PARTS


@pytest.mark.parametrize(("suite", "kind"), SUITES, ids=lambda value: getattr(value, "name", value))
@pytest.mark.parametrize("reference", REFERENCE_KINDS)
def test_the_octets_are_canonical_as_written(pki, suite, kind, reference):
    octets = message_for(suite, pki.key("b", kind, "enc"), reference)[1].octets
    assert b"".join(canonical(etree.fromstring(canonical(child))) for child in security_element(octets)) == octets


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=20), max_size=4, unique=True),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=20),
)
def test_any_content_id_and_media_type_is_written_canonically_and_read_back(pki, cids, media_type):
    made = encrypt_to(
        pki.key("b", "x25519", "enc").certificate, EDELIVERY_2_EDDSA.encryption(), [(c, media_type) for c in cids], "u"
    )
    assert b"".join(canonical(child) for child in security_element(made.octets)) == made.octets
    if cids:
        read_back = [(data.content_id, data.mime_type) for data in read(made.octets).encrypted_data]
        assert read_back == [(cid, media_type) for cid in cids]


def test_the_token_stands_before_the_encrypted_key_and_that_before_the_data(pki):
    octets = message_for(EDELIVERY_1_15, pki.key("b", use="enc"), "bst")[1].octets
    names = [etree.QName(child).localname for child in security_element(octets)]
    assert names == ["BinarySecurityToken", "EncryptedKey", "EncryptedData", "EncryptedData"]


def test_rsa_oaep_names_digest_and_mask(pki):
    security = security_element(message_for(EDELIVERY_1_15, pki.key("b", use="enc"))[1].octets)
    (method,) = security.findall("xenc:EncryptedKey/xenc:EncryptionMethod", PATHS)
    assert method.get("Algorithm") == RSA_OAEP
    assert [(child.tag, child.get("Algorithm")) for child in method] == [
        (f"{{{DS}}}DigestMethod", SHA256),
        (f"{{{XENC11}}}MGF", MGF1_SHA256),
    ]


def test_the_legacy_transport_has_a_digest_and_no_mask(pki):
    key = pki.key("b", use="enc")
    policy = dataclasses.replace(EDELIVERY_1_15.encryption(), key_transport=RSA_OAEP_MGF1P, mgf=MGF1_SHA1)
    message = encrypted(key, policy)
    (method,) = security_element(message.octets).findall("xenc:EncryptedKey/xenc:EncryptionMethod", PATHS)
    assert [child.tag for child in method] == [f"{{{DS}}}DigestMethod"]
    assert open_parts(message.claim, policy, [key], message.wire, message.references) == PARTS


@pytest.mark.parametrize(("suite", "kind"), SUITES, ids=lambda value: getattr(value, "name", value))
def test_each_message_has_its_own_keys_salt_and_ivs(pki, suite, kind):
    key = pki.key("b", kind, "enc")
    first, second = message_for(suite, key)[1], message_for(suite, key)[1]
    assert len({octets[:12] for message in (first, second) for octets in message.wire.values()}) == 4
    claims = [message.claim.encrypted_keys[0] for message in (first, second)]
    assert claims[0].cipher_value != claims[1].cipher_value
    for claim in claims:
        if claim.agreement:
            assert claim.agreement.originator != claims[1 - claims.index(claim)].agreement.originator
    salts = [claim.agreement.hkdf.salt for claim in claims if claim.agreement and claim.agreement.hkdf]
    assert [len(salt) for salt in salts] == [32] * len(salts)
    assert len(set(salts)) == len(salts)


def test_both_parts_of_a_message_share_one_key_which_the_key_lists(pki):
    made = encrypt_to(
        pki.key("b", use="enc").certificate, EDELIVERY_1_15.encryption(), [("a", "text/xml"), ("b", "application/pdf")], "u"
    )
    assert made.content_keys["a"].key == made.content_keys["b"].key
    assert [key.media_type for key in made.content_keys.values()] == ["text/xml", "application/pdf"]
    claim = read(made.octets)
    assert claim.encrypted_keys[0].data_references == tuple(data.id for data in claim.encrypted_data) == ("ED-u-1", "ED-u-2")
    assert {data.key_id for data in claim.encrypted_data} == {"EK-u"} == {claim.encrypted_keys[0].id}


def test_hkdf_and_key_wrap_are_those_of_edelivery_2(pki):
    claim = message_for(EDELIVERY_2_EDDSA, pki.key("b", "x25519", "enc"))[1].claim.encrypted_keys[0]
    assert claim.method == KW_AES128
    assert claim.agreement.kdf == HKDF
    assert (claim.agreement.hkdf.key_length, claim.agreement.hkdf.info) == (16, b"")
    assert claim.agreement.originator.der.hex().startswith("302a300506032b656e032100")
    assert len(claim.cipher_value) == 24


def test_bdew_derives_with_empty_attributes_and_names_the_recipient_by_x509_ski(pki):
    security = security_element(message_for(BDEW_1_1, pki.key("b", "brainpool", "enc"))[1].octets)
    (derivation,) = security.iter(f"{{{XENC11}}}KeyDerivationMethod")
    assert derivation.get("Algorithm") == CONCAT_KDF
    assert dict(derivation[0].attrib) == {"AlgorithmID": "", "PartyUInfo": "", "PartyVInfo": ""}
    (recipient,) = security.iter(f"{{{XENC}}}RecipientKeyInfo")
    assert [child.tag for child in recipient.iter()][1:] == [f"{{{DS}}}X509Data", f"{{{DS}}}X509SKI"]


@pytest.mark.parametrize("suite_kind", [(EDELIVERY_1_15, "rsa2048"), (EDELIVERY_2_EDDSA, "x25519")])
def test_aes_256_takes_a_key_and_a_wrap_of_256_bits(pki, suite_kind):
    suite, kind = suite_kind
    key = pki.key("b", kind, "enc")
    policy = dataclasses.replace(suite.encryption(), algorithm=AES256_GCM)
    message = encrypted(key, policy)
    assert open_parts(message.claim, policy, [key], message.wire, message.references) == PARTS
    assert message.claim.encrypted_keys[0].method in (KW_AES256, RSA_OAEP)


def test_the_random_octets_are_asked_for_once(pki):
    asked = []

    def random(size: int) -> bytes:
        asked.append(size)
        return bytes(size)

    certificate = pki.key("b", "x25519", "enc").certificate
    encrypt_to(certificate, EDELIVERY_2_EDDSA.encryption(), [("a", "b/c"), ("d", "e/f")], "u", random)
    assert asked == [16, 32]


@pytest.mark.parametrize(
    ("suite", "kind"),
    [
        (EDELIVERY_1_15, "x25519"),
        (EDELIVERY_1_15, "p256"),
        (EDELIVERY_2_EDDSA, "p256"),
        (EDELIVERY_2_EDDSA, "rsa2048"),
        (EDELIVERY_2_EDDSA, "ed25519"),
        (EDELIVERY_2_ECDSA, "x25519"),
        (EDELIVERY_2_ECDSA, "ed25519"),
    ],
)
def test_a_certificate_of_the_wrong_kind_is_refused(pki, suite, kind):
    with pytest.raises(RecipientRefused, match="unfit"):
        encrypt_to(pki.key("b", kind, "enc").certificate, suite.encryption(), [("a", "b/c")], "u")


def test_a_weak_key_is_refused(pki):
    issuer = pki._authority("Test Customs CA")
    weak = pki.issue("weak", rsa.generate_private_key(65537, 1024).public_key(), issuer[0], issuer[1].x509, "enc")
    with pytest.raises(RecipientRefused, match="1024"):
        encrypt_to(weak, EDELIVERY_1_15.encryption(), [("a", "b/c")], "u")


def test_an_unknown_way_of_naming_the_recipient_is_refused(pki):
    with pytest.raises(RecipientRefused, match="carrier pigeon"):
        message_for(EDELIVERY_1_15, pki.key("b", use="enc"), "carrier pigeon")


def test_the_media_type_before_encryption_travels_with_the_part(pki):
    key = pki.key("b", use="enc")
    policy = EDELIVERY_1_15.encryption()
    message = encrypted(key, policy, {"p": b"a\nb"}, "text/plain")
    assert message.claim.encrypted_data[0].mime_type == "text/plain"
