"""Whose signature it was: what evidence keeps of a proof."""

from datetime import datetime

from node.msh.ports import Keyring, Signed
from node.security.verify import Proof


def signed_of(proof: Proof, keyring: Keyring, now: datetime) -> Signed | None:
    """The signature that was proven, with the grounds on which its certificate is believed; None where nothing was signed."""
    if proof.signer is None:
        return None
    return Signed(proof.algorithm, proof.signer, proof.references, keyring.grounds(proof.signer, now))
