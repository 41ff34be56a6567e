"""What protects more, and what less."""

import pytest

from node.agreements.parameters import ALLOWED, PARAMETERS
from node.agreements.resolve import DEFAULTS
from node.security import algorithms as a_
from node.sheets.strength import OTHER, PROTECTS, STRONGER, WEAKER, rating

X509, RECEIPT, AWARE = "leg.security.x509.", "leg.security.send_receipt.", "leg.reception_awareness."
RATED = [
    # parameter, before, after, rating
    (X509 + "sign", True, False, WEAKER),
    (X509 + "sign", False, True, STRONGER),
    (X509 + "encryption.encrypt", True, False, WEAKER),
    (X509 + "signature.algorithm", a_.RSA_SHA512, a_.RSA_SHA256, WEAKER),
    (X509 + "signature.algorithm", a_.RSA_SHA256, a_.ECDSA_SHA256, OTHER),
    (X509 + "signature.algorithm", a_.ECDSA_SHA256, a_.EDDSA_ED25519, OTHER),
    (X509 + "signature.hash_function", a_.SHA256, a_.SHA512, STRONGER),
    (X509 + "signature.hash_function", a_.SHA384, a_.SHA256, WEAKER),
    (X509 + "encryption.algorithm", a_.AES256_GCM, a_.AES128_GCM, WEAKER),
    (X509 + "encryption.minimum_strength", 128, 64, WEAKER),
    (X509 + "encryption.minimum_strength", 128, 256, STRONGER),
    ("leg.x.encryption.key_transport", a_.RSA_OAEP, a_.RSA_OAEP_MGF1P, WEAKER),
    ("leg.x.encryption.key_transport", a_.RSA_OAEP, a_.X25519, OTHER),
    ("leg.x.encryption.digest", a_.SHA256, a_.SHA1, WEAKER),
    ("leg.x.encryption.mgf", a_.MGF1_SHA256, a_.MGF1_SHA1, WEAKER),
    ("leg.x.inbound.allowed_algorithms", [], [a_.RSA_OAEP_MGF1P], WEAKER),
    ("leg.x.inbound.allowed_algorithms", [], ["http://www.w3.org/2001/04/xmlenc#rsa-1_5"], WEAKER),
    ("leg.x.inbound.allowed_algorithms", [], [a_.RSA_SHA512], OTHER),
    ("leg.x.inbound.allowed_algorithms", [a_.SHA1], [], STRONGER),
    (RECEIPT + "send", True, False, WEAKER),
    (RECEIPT + "non_repudiation", True, False, WEAKER),
    (RECEIPT + "reply_pattern", "Response", "Callback", OTHER),
    (AWARE + "retry", True, False, WEAKER),
    (AWARE + "retry_parameters", "horizon=3d", "maxretries=0", WEAKER),
    (AWARE + "retry_parameters", "horizon=3d", "maxretries=3", OTHER),
    (AWARE + "retry_parameters", "horizon=3d", "no schedule", OTHER),
    (AWARE + "duplicate_detection", True, False, WEAKER),
    ("leg.protocol.security.protocol_version", "1.3", "1.2", WEAKER),
    ("leg.security.pmode_authorize", True, False, WEAKER),
    ("leg.security.username_token.digest", True, False, WEAKER),
    ("leg.x.payload.max_parts", 100, 1, OTHER),
]  # fmt: skip


@pytest.mark.parametrize(("key", "before", "after", "rated"), RATED)
def test_a_change_is_rated(key, before, after, rated):
    assert rating(key, before, after) == rated


def test_every_parameter_that_protects_exists_rates_its_default_and_is_tested():
    assert set(PROTECTS) <= set(PARAMETERS)
    assert all(rating(key, DEFAULTS[key], DEFAULTS[key]) == OTHER for key in PROTECTS)
    assert set(PROTECTS) - {row[0] for row in RATED if row[3] == WEAKER} == {AWARE + "enabled"}


def test_every_algorithm_that_can_be_agreed_has_its_strength():
    for key in PROTECTS:
        for value in PARAMETERS[key].supported or ():
            assert PROTECTS[key](value) or value is False, (key, value)
    legacy = {one for one in ALLOWED if rating("leg.x.inbound.allowed_algorithms", [], [one]) == WEAKER}
    assert legacy == {a_.SHA1, a_.MGF1_SHA1, a_.RSA_OAEP_MGF1P}


@pytest.mark.parametrize("key", PROTECTS)
@pytest.mark.parametrize("value", [None, "x", "9" * 5000, [["x"]], {"x": 1}, -1, True, 1e308, []])
def test_whatever_somebody_signed_is_rated(key, value):
    assert {rating(key, value, DEFAULTS[key]), rating(key, DEFAULTS[key], value)} <= {WEAKER, STRONGER, OTHER}


def test_what_is_no_longer_said_protects_nothing():
    assert rating(X509 + "encryption.minimum_strength", 128, None) == WEAKER
    assert rating(X509 + "sign", True, None) == WEAKER
    assert rating("leg.x.inbound.allowed_algorithms", None, [a_.SHA1]) == WEAKER
    assert rating("leg.x.inbound.allowed_algorithms", [a_.SHA1], None) == STRONGER
