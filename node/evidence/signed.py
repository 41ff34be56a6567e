"""A signed envelope of a bundle, taken apart: what it signs, and which certificate it means. Source: the format of evidence, 6.1."""

from dataclasses import dataclass
from urllib.parse import unquote

from node.ebms.errors import EbmsError, SoapFault
from node.ebms.message import SignedReference
from node.ebms.pmode import Signature
from node.evidence.case import Case
from node.msh.opening import Opened, open_message
from node.security.algorithms import DIGESTS, SHA256
from node.security.certificates import Certificate, CertificateRefused
from node.security.claim import SignatureClaim
from node.security.verify import Proof, verify_signature


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed envelope of the bundle, taken apart."""

    opened: Opened
    signature: SignatureClaim

    @property
    def references(self) -> tuple[SignedReference, ...]:
        """What was signed, as it says."""
        return tuple(one.reference for one in self.signature.references)


class NotSigned(ValueError):
    """The octets are no envelope with a signature; the text says why."""


def open_signed(octets: bytes) -> Signed:
    """Raises NotSigned."""
    try:
        opened = open_message(octets, None)
    except EbmsError as error:
        raise NotSigned(error.detail) from None
    except SoapFault as fault:
        raise NotSigned(fault.detail) from None
    if opened.claim.signature is None:
        raise NotSigned("it has no signature")
    return Signed(opened, opened.claim.signature)


def prove(signed: Signed, certificate: Certificate, content_ids: list[str]) -> Proof:
    """The signature was made by the key of the certificate over all that it must cover. Raises EbmsError."""
    policy = Signature(sign=True, algorithm=signed.signature.algorithm, hash_function=SHA256)
    return verify_signature(signed.opened.claim, policy, [certificate], content_ids, frozenset(DIGESTS))


def content_ids(signed: Signed) -> dict[str, int]:
    """The number of each attached payload by its Content-ID, from 1, in the order of PayloadInfo."""
    message = signed.opened.messaging.user_message
    parts = message.payload_info if message else ()
    return {
        unquote((one.href or "").removeprefix("cid:")): number
        for number, one in enumerate((each for each in parts if (each.href or "").startswith("cid:")), 1)
    }


def signer_of(case: Case, signed: Signed) -> Certificate | None:
    """The certificate that a signature names: the one it carries, else the one in the bundle that it means."""
    named = signed.signature.signer
    try:
        if named.kind == "bst":
            return case.memory.certificate(named.octets)
        return next(iter(named.select(case.signers())), None)
    except CertificateRefused:
        return None
