"""A stranger has the name and the kind of key of somebody known, and nobody stands for it."""

from datetime import UTC, datetime, timedelta

import pytest

from node.keyring.demo_authority import DemoAuthority
from node.onboarding.strangers import stranger, stranger_to_encrypt_to
from node.security.certificates import load_certificates

NOW = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.mark.parametrize("suite", ["rsa2048", "ecdsa", "eddsa"])
@pytest.mark.parametrize("use", ["sign", "encrypt"])
def test_the_name_is_the_same_and_the_key_another_of_the_kind(suite, use):
    (known,) = load_certificates(DemoAuthority(NOW).issue("tw", suite, use).certificate)
    made = stranger(known, NOW).certificate if use == "sign" else stranger_to_encrypt_to(known, NOW)
    assert made.subject == known.subject
    assert made.issuer == known.subject
    assert type(made.public_key) is type(known.public_key)
    assert made.sha256 != known.sha256
    assert made.x509.not_valid_after_utc == NOW + timedelta(days=30)


def test_a_stranger_signs():
    (known,) = load_certificates(DemoAuthority(NOW).issue("tw", "ecdsa", "sign").certificate)
    key = stranger(known, NOW)
    assert len(key.sign("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", b"x")) == 64
