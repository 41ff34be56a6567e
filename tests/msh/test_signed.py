"""What evidence keeps of a proof: whose signature, over what, and why it was believed."""

from datetime import UTC, datetime

from node.ebms.message import SignedReference
from node.msh.ports import Grounds
from node.msh.signed import signed_of
from node.security.verify import Proof
from tests.pki import make_pki

NOW = datetime(2026, 11, 28, tzinfo=UTC)
SIGNER = make_pki().key("a", "p256", "sign").certificate


class Keyring:
    def grounds(self, certificate, now):
        assert (certificate, now) == (SIGNER, NOW)
        return Grounds("n2n", "good")


def test_a_signature_has_its_signer_and_the_grounds():
    references = (SignedReference("#b", "sha256", b"1"),)
    signed = signed_of(Proof(SIGNER, references=references, algorithm="ecdsa"), Keyring(), NOW)
    assert (signed.algorithm, signed.signer, signed.references) == ("ecdsa", SIGNER, references)
    assert signed.grounds == Grounds("n2n", "good")


def test_without_a_signature_there_is_nothing_to_keep():
    assert signed_of(Proof(None), Keyring(), NOW) is None
