"""A proof comes from agreed certificates, agreed algorithms and exact coverage alone."""

from typing import Any

import pytest

from node.ebms.envelope import open_envelope
from node.ebms.errors import EbmsError, SoapFault
from node.ebms.namespaces import WSU
from node.security.algorithms import RSA_SHA512, SHA256, SHA512
from node.security.claim import read_security
from node.security.suites import EDELIVERY_1_15, EDELIVERY_2_EDDSA

UNSIGNED = EDELIVERY_1_15.signature(sign=False)


def refusal(call: Any, *arguments: Any, **named: Any) -> EbmsError:
    with pytest.raises(EbmsError) as refused:
        call(*arguments, **named)
    return refused.value


def unsigned(by_hand: Any) -> bytes:
    octets: bytes = by_hand.envelope("")
    return octets


def test_nothing_is_proven_where_nothing_is_signed(by_hand: Any) -> None:
    proof = by_hand.judge(unsigned(by_hand), policy=UNSIGNED)
    assert (proof.signer, proof.references, proof.attachments) == (None, (), {})


def test_an_unsigned_message_is_refused_where_a_signature_is_agreed(by_hand: Any) -> None:
    error = refusal(by_hand.judge, unsigned(by_hand))
    assert (error.definition.code, "no ds:Signature" in error.detail) == ("EBMS:0103", True)


def test_a_signature_is_verified_even_where_none_is_agreed(by_hand: Any) -> None:
    assert by_hand.judge(by_hand.envelope(), policy=UNSIGNED).signer == by_hand.key.certificate
    broken = by_hand.envelope().replace(b">Submit<", b">Forged<")
    assert refusal(by_hand.judge, broken, policy=UNSIGNED).definition.code == "EBMS:0101"


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        (b">Submit<", b">Forged<", "EBMS:0101", "messaging"),
        (b"></S12:Body>", b"><x></x></S12:Body>", "EBMS:0101", "body"),
        (b'ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"', b'ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"', "EBMS:0103", "SignatureMethod"),
        (b'URI="#_body-1"', b'URI="#_body-2"', "EBMS:0101", "SignatureValue"),
        (b'"cid:p1', b'"cid:p2', "EBMS:0101", "SignatureValue"),
    ],
)  # fmt: skip
def test_a_refusal_names_its_place_for_our_log(by_hand: Any, old: bytes, new: bytes, code: str, place: str) -> None:
    error = refusal(by_hand.judge, by_hand.envelope().replace(old, new))
    assert error.definition.code == code
    assert place in error.detail


# -- identity (H) ----------------------------------------------------------------------------------------------------


def test_the_certificate_of_another_party_under_the_same_authority_is_refused(message: Any, pki: Any) -> None:
    made = message(party="b")
    error = refusal(made.judge, accepted=[pki.key("a").certificate])
    assert (error.definition.code, "no certificate agreed" in error.detail) == ("EBMS:0101", True)


def test_no_accepted_certificate_accepts_nothing(message: Any) -> None:
    assert refusal(message().judge, accepted=[]).definition.code == "EBMS:0101"


def test_a_certificate_with_the_same_subject_is_another(message: Any, pki: Any) -> None:
    made = message("ed25519")
    twin = pki.make("a ed25519 sign", pki.key("b", "ed25519").private_key, stranger=True).certificate
    assert twin.subject == made.key.certificate.subject
    assert refusal(made.judge, accepted=[twin]).definition.code == "EBMS:0101"


def test_among_a_certificate_and_its_renewal_the_named_one_signs(message: Any, pki: Any) -> None:
    made = message("ed25519", "ski")
    renewal = pki.make("renewed", made.key.private_key).certificate
    assert made.judge(accepted=[renewal, made.key.certificate]).signer == renewal
    assert message("ed25519", "bst").judge(accepted=[renewal, made.key.certificate]).signer == made.key.certificate


def test_a_certificate_with_a_forged_ski_does_not_stand_in_the_way(message: Any, pki: Any) -> None:
    made = message("ed25519", "ski")
    other = pki.key("b", "ed25519").certificate
    object.__setattr__(forged := type(other)(other.der), "ski", made.key.certificate.ski)
    assert made.judge(accepted=[forged, made.key.certificate]).signer == made.key.certificate
    assert refusal(made.judge, accepted=[forged]).definition.code == "EBMS:0101"


# -- algorithms ------------------------------------------------------------------------------------------------------


def test_also_allowed_widens_the_policy_by_name(by_hand: Any) -> None:
    references = [
        by_hand.body_reference(),
        by_hand.messaging_reference(),
        by_hand.part_reference(method=SHA512, digest=b"d" * 64),
    ]
    info = by_hand.signed_info(references, method=RSA_SHA512)
    octets = by_hand.envelope(by_hand.token(), by_hand.signature(info, value=by_hand.value(info, algorithm=RSA_SHA512)))
    for allowed, expected in [({RSA_SHA512}, "DigestMethod"), ({SHA512}, "SignatureMethod"), (set(), "SignatureMethod")]:
        assert expected in refusal(by_hand.judge, octets, also_allowed=frozenset(allowed)).detail
    proof = by_hand.judge(octets, also_allowed=frozenset({RSA_SHA512, SHA512}))
    assert [r.digest_method for r in proof.references] == [SHA256, SHA256, SHA512]


def test_also_allowed_cannot_allow_a_digest_that_the_package_does_not_know(by_hand: Any) -> None:
    sha1 = "http://www.w3.org/2000/09/xmldsig#sha1"
    references = [by_hand.body_reference(), by_hand.messaging_reference(method=sha1, digest=b"d" * 20), by_hand.part_reference()]
    octets = by_hand.envelope(by_hand.token(), by_hand.signature(by_hand.signed_info(references)))
    assert refusal(by_hand.judge, octets, also_allowed=frozenset({sha1})).definition.code == "EBMS:0103"


def test_each_suite_refuses_the_signatures_of_the_others(message: Any) -> None:
    assert refusal(message("rsa2048").judge, policy=EDELIVERY_2_EDDSA.signature()).definition.code == "EBMS:0103"
    assert refusal(message("ed25519").judge, policy=EDELIVERY_1_15.signature()).definition.code == "EBMS:0103"


# -- coverage --------------------------------------------------------------------------------------------------------


def test_content_ids_are_covered_exactly(message: Any) -> None:
    made = message(attachments={"a@x": b"1", "b@x": b"2"})
    assert set(made.judge().attachments) == {"a@x", "b@x"}
    for ids, code, word in [
        (["a@x"], "EBMS:0101", "'cid:b@x'"),
        ([], "EBMS:0101", "'cid:a@x'"),
        (["a@x", "b@x", "c@x"], "EBMS:0103", "'c@x'"),
        (["a@x", "B@x"], "EBMS:0101", "'cid:b@x'"),
    ]:
        error = refusal(made.judge, content_ids=ids)
        assert (error.definition.code, word in error.detail) == (code, True)


def test_messaging_is_covered_once_even_when_it_has_two_ids(by_hand: Any) -> None:
    messaging = by_hand.messaging.replace(b' wsu:Id="_msg-1"', b' id="_msg-2" wsu:Id="_msg-1"')
    both = [by_hand.reference("#_msg-1", messaging), by_hand.reference("#_msg-2", messaging)]
    info = by_hand.signed_info([by_hand.body_reference(), by_hand.part_reference(), *both])
    octets = by_hand.envelope(by_hand.token(), by_hand.signature(info), messaging=messaging)
    assert "messaging is named twice" in refusal(by_hand.judge, octets).detail


def test_a_signed_timestamp_is_proven_and_a_changed_one_refused(by_hand: Any) -> None:
    stamp = f'<wsu:Timestamp xmlns:wsu="{WSU}" wsu:Id="TS-1"><wsu:Created>2026-11-24T00:00:00Z</wsu:Created></wsu:Timestamp>'
    info = by_hand.signed_info([*by_hand.references(), by_hand.reference("#TS-1", stamp.encode())])
    octets = by_hand.envelope(stamp, by_hand.token(), by_hand.signature(info))
    assert [r.uri for r in by_hand.judge(octets).references][3] == "#TS-1"
    claim = read_security(open_envelope(octets))
    assert claim.timestamp is not None
    assert claim.timestamp.octets == stamp.encode()
    error = refusal(by_hand.judge, octets.replace(b"2026-11-24T00:00:00Z</wsu:Created>", b"2027-11-24T00:00:00Z</wsu:Created>"))
    assert (error.definition.code, "timestamp" in error.detail) == ("EBMS:0101", True)


# -- mutation --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["ed25519", "p256"])
def test_no_changed_octet_changes_what_is_proven(message: Any, kind: str) -> None:
    """Every octet of a signed message is flipped in turn; what is still accepted reads exactly as it was signed."""
    made = message(kind, "ski")
    true = made.judge()
    accepted_all_the_same = 0
    for at in range(len(made.envelope)):
        octets = bytearray(made.envelope)
        octets[at] ^= 1 << (at % 7)
        try:
            proof = made.judge(bytes(octets))
        except (EbmsError, SoapFault):
            continue
        claim = read_security(open_envelope(bytes(octets)))
        assert (claim.messaging, claim.body) == (made.messaging, made.body), at
        assert (proof.references, proof.signed_info, proof.signer) == (true.references, true.signed_info, true.signer), at
        assert proof.signature_value == true.signature_value
        accepted_all_the_same += 1
    # The XML declaration, an unread Id, white space: where nothing is said, nothing changes.
    assert accepted_all_the_same < 60
