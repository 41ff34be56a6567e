"""The suites say what their documents say."""

import pytest

from node.security.algorithms import CONTENT_KEY_OCTETS, DIGESTS, SIGNATURES
from node.security.suites import BDEW_1_1, EDELIVERY_1_15, EDELIVERY_2_ECDSA, EDELIVERY_2_EDDSA, SUITES

_MORE1, _MORE21 = "http://www.w3.org/2001/04/xmldsig-more#", "http://www.w3.org/2021/04/xmldsig-more#"
_XENC11 = "http://www.w3.org/2009/xmlenc11#"


@pytest.mark.parametrize(
    ("suite", "signature", "transport", "kdf"),
    [
        (EDELIVERY_1_15, _MORE1 + "rsa-sha256", _XENC11 + "rsa-oaep", None),
        (EDELIVERY_2_EDDSA, _MORE21 + "eddsa-ed25519", _MORE21 + "x25519", _MORE21 + "hkdf"),
        (EDELIVERY_2_ECDSA, _MORE1 + "ecdsa-sha256", _XENC11 + "ECDH-ES", _MORE21 + "hkdf"),
        (BDEW_1_1, _MORE1 + "ecdsa-sha256", _XENC11 + "ECDH-ES", _XENC11 + "ConcatKDF"),
    ],
)
def test_a_suite_makes_the_p_mode_parameters_of_its_document(suite, signature, transport, kdf) -> None:
    made = suite.signature(("sign-a",))
    assert (made.sign, made.algorithm, made.certificate) == (True, signature, ("sign-a",))
    assert made.hash_function == "http://www.w3.org/2001/04/xmlenc#sha256"
    encryption = suite.encryption(("enc-b",))
    assert (encryption.algorithm, encryption.minimum_strength) == (_XENC11 + "aes128-gcm", 128)
    assert (encryption.key_transport, encryption.kdf, encryption.certificate) == (transport, kdf, ("enc-b",))
    assert suite.source


def test_what_a_suite_names_exists() -> None:
    assert set(SUITES) == {suite.name for suite in SUITES.values()}
    for suite in SUITES.values():
        assert suite.signature_algorithm in SIGNATURES
        assert suite.hash_function in DIGESTS
        assert suite.encryption_algorithm in CONTENT_KEY_OCTETS


def test_key_identifiers_follow_the_document_unless_the_agreement_says_otherwise() -> None:
    assert (BDEW_1_1.signature().key_identifier, BDEW_1_1.encryption().key_identifier) == ("bst-pkipath", "x509ski")
    assert EDELIVERY_1_15.signature(key_identifier="ski").key_identifier == "ski"
    assert EDELIVERY_1_15.encryption(key_identifier="thumbprint").key_identifier == "thumbprint"
    assert not EDELIVERY_1_15.signature(sign=False).sign
    assert not EDELIVERY_1_15.encryption(encrypt=False).encrypt
