"""The signatures of the messages and receipts of a bundle, over the octets that are in it. Source: the format of evidence, 6."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from node.ebms.errors import EbmsError, SoapFault
from node.ebms.message import SignedReference
from node.ebms.pmode import Signature
from node.ebms.receipts import match_receipt
from node.evidence.case import Case
from node.evidence.entry import Entry, Kind
from node.evidence.finding import Check, Finding, found
from node.evidence.manifest import Exchange
from node.msh.opening import Opened, open_message
from node.security.algorithms import DIGESTS, SHA256
from node.security.attachments import PartNotDigestible, signed_digest
from node.security.certificates import Certificate, CertificateRefused
from node.security.claim import SignatureClaim
from node.security.trust import Untrusted
from node.security.verify import Proof, verify_signature

_AS_IS: Final = "application/octet-stream"
#: Forms in which a part may have been signed: as it is, as text, as XML.
_FORMS: Final = (_AS_IS, "application/xml", "text/plain")


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
        unquote(one.href.removeprefix("cid:")): number
        for number, one in enumerate(parts, 1)
        if one.href is not None and one.href.startswith("cid:")
    }


def check_signatures(case: Case) -> Iterator[Finding]:
    """The check `signatures`."""
    for exchange in case.manifest.exchanges:
        for number in exchange.entries:
            entry = case.entries.get(number)
            if entry is None:
                continue
            if entry.kind in (Kind.RECEIVED, Kind.PACKAGED):
                yield from _check_message(case, exchange, number, entry)
            if entry.kind is Kind.RECEIVED and "receipt" in entry.objects:
                yield from _check_own_receipt(case, exchange, number, entry)


def _check_message(case: Case, exchange: Exchange, number: int, entry: Entry) -> Iterator[Finding]:
    place = f"log/{number}.json"
    said = {"number": number, "message": exchange.message_id, "partner": exchange.partner}
    octets = case.objects.get(entry.objects.get("envelope", ""))
    if octets is None:
        yield found(Check.SIGNATURES, "signatures.absent", place, **said)
        return
    signer = case.certificate(entry.objects.get("signer", ""))
    if signer is None:
        yield found(Check.SIGNATURES, "signatures.no-signer", place, **said)
        return
    try:
        signed = open_signed(octets)
        parts = content_ids(signed)
        proof = prove(signed, signer, list(parts))
    except NotSigned as problem:
        yield found(Check.SIGNATURES, "signatures.unreadable", place, **said, why=problem)
        return
    except EbmsError as error:
        yield found(Check.SIGNATURES, "signatures.bad", place, **said, why=error.detail, subject=signer.subject)
        return
    message = signed.opened.messaging.user_message
    if message is None or message.message_info.message_id != exchange.message_id:
        yield found(Check.SIGNATURES, "signatures.other", place, **said)
        return
    wrong = list(_check_payloads(case, number, entry, proof, parts))
    yield from wrong
    if entry.kind is Kind.RECEIVED and not _as_verified(entry, signed):
        yield found(Check.SIGNATURES, "signatures.references", place, **said)
        return
    signers = case.manifest.signers
    anchors = signers.node if entry.kind is Kind.PACKAGED else signers.partners.get(exchange.partner, ())
    try:
        case.path_of(signer, entry, case.anchors(anchors))
    except Untrusted as problem:
        yield found(Check.SIGNATURES, "signatures.certificate", place, **said, why=problem)
        return
    if not wrong:
        word = "signatures.received" if entry.kind is Kind.RECEIVED else "signatures.packaged"
        yield found(Check.SIGNATURES, word, place, **said, subject=signer.subject, parts=len(parts))


def _check_payloads(case: Case, number: int, entry: Entry, proof: Proof, parts: dict[str, int]) -> Iterator[Finding]:
    for content_id, reference in proof.attachments.items():
        name = f"payload-{parts[content_id]}"
        digest = entry.objects.get(name)
        if digest is None:
            yield found(Check.SIGNATURES, "signatures.payload-unnamed", f"log/{number}.json", name=name, number=number)
        elif digest in case.objects and not _is_signed(case.objects[digest], reference):
            yield found(Check.SIGNATURES, "signatures.payload", f"objects/{digest}", name=name, number=number)


def _is_signed(octets: bytes, reference: SignedReference) -> bool:
    """Whether the octets have the digest that was signed, in one of the forms that signing knows."""
    for form in _FORMS:
        sums = signed_digest(form, reference.digest_method)
        try:
            sums.update(octets)
            if sums.digest() == reference.digest:
                return True
        except PartNotDigestible:
            continue
    return False


def _as_verified(entry: Entry, signed: Signed) -> bool:
    """Whether the entry tells of the very references that the envelope signed."""
    verified = entry.facts.get("verified")
    if not isinstance(verified, dict):
        return True
    told = verified.get("references")
    signs = [{"uri": one.uri, "method": one.digest_method, "digest": b64encode(one.digest).decode()} for one in signed.references]
    return isinstance(told, list) and sorted(map(str, map(_row, told))) == sorted(map(str, map(_row, signs)))


def _row(one: object) -> tuple[object, ...]:
    return (one.get("uri"), one.get("method"), one.get("digest")) if isinstance(one, dict) else (one,)


def _check_own_receipt(case: Case, exchange: Exchange, number: int, entry: Entry) -> Iterator[Finding]:
    """The receipt by which a message of the partner was acknowledged here."""
    place = f"log/{number}.json"
    said = {"number": number, "message": exchange.message_id, "partner": exchange.partner}
    receipt, envelope = (case.objects.get(entry.objects.get(name, "")) for name in ("receipt", "envelope"))
    if receipt is None or envelope is None:
        yield found(Check.SIGNATURES, "signatures.receipt-absent", place, **said)
        return
    try:
        signed, message = open_signed(receipt), open_signed(envelope)
        signer = signer_of(case, signed)
        if signer is None:
            raise NotSigned("the certificate that it names is not in the bundle")
        prove(signed, signer, [])
        (signal,) = [one for one in signed.opened.messaging.signal_messages if one.receipt is not None]
        if signal.message_info.ref_to_message_id != exchange.message_id or signal.receipt is None:
            raise NotSigned(f"it speaks of {signal.message_info.ref_to_message_id}")
        match_receipt(signal.receipt, message.references)
    except (NotSigned, ValueError) as problem:
        yield found(Check.SIGNATURES, "signatures.receipt", place, **said, why=problem)
    except EbmsError as error:
        yield found(Check.SIGNATURES, "signatures.receipt", place, **said, why=error.detail)
    else:
        yield found(Check.SIGNATURES, "signatures.receipt-good", place, **said, subject=signer.subject)


def signer_of(case: Case, signed: Signed) -> Certificate | None:
    """The certificate that a signature names: the one it carries, else the one in the bundle that it means."""
    named = signed.signature.signer
    try:
        if named.kind == "bst":
            return case.memory.certificate(named.octets)
        return next(iter(named.select(case.signers())), None)
    except CertificateRefused:
        return None
