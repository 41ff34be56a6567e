"""The signatures of the messages and receipts of a bundle, over the octets that are in it. Source: the format of evidence, 6."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from node.ebms.errors import EbmsError
from node.ebms.message import PartInfo, SignedReference, UserMessage
from node.ebms.receipts import match_receipt
from node.evidence.case import Case
from node.evidence.entry import Entry, Kind
from node.evidence.finding import Check, Finding, found
from node.evidence.manifest import FILE, Exchange
from node.evidence.recorded import recorded_references
from node.evidence.refusals import check_refusal
from node.evidence.signed import NotSigned, content_ids, open_signed, prove, signer_of
from node.evidence.told import misagreed, misquoted, missigned
from node.evidence.unproven import ahead
from node.security.algorithms import SHA256
from node.security.attachments import PartNotDigestible, signed_digest
from node.security.certificates import Certificate
from node.security.path import find_path
from node.security.trust import Untrusted

_AS_IS: Final = "application/octet-stream"
_XML: Final = "application/xml"
_TEXT: Final = "text/plain"


def check_signatures(case: Case) -> Iterator[Finding]:
    """The check `signatures`."""
    theirs: list[tuple[Exchange, int]] = []
    for exchange in case.manifest.exchanges:
        kinds = {case.entries[number].kind for number in exchange.entries if number in case.entries}
        if kinds.isdisjoint((Kind.RECEIVED, Kind.PACKAGED)):
            yield found(Check.SIGNATURES, "signatures.none", FILE, message=exchange.message_id, partner=exchange.partner)
        for number in exchange.entries:
            entry = case.entries.get(number)
            if entry is None:
                continue
            if entry.kind is Kind.PACKAGED:
                case.own.add(entry.objects.get("signer", ""))
            if entry.kind in (Kind.RECEIVED, Kind.ACKNOWLEDGED):
                theirs.append((exchange, number))
            if entry.kind in (Kind.RECEIVED, Kind.PACKAGED):
                yield from _check_message(case, exchange, number, entry)
            if entry.kind is Kind.RECEIVED and "receipt" in entry.objects:
                yield from _check_own_receipt(case, exchange, number, entry)
            if entry.kind in (Kind.FAILED, Kind.ATTEMPTED):
                yield from check_refusal(case, exchange, number, entry)
    yield from _check_sides(case, theirs)


def _check_sides(case: Case, theirs: Sequence[tuple[Exchange, int]]) -> Iterator[Finding]:
    """What the node signed with its own key comes from nobody else, whatever anchor both have."""
    for exchange, number in theirs:
        signer = case.certificate(case.entries[number].objects.get("signer", ""))
        if signer is not None and signer.sha256 in case.own:
            said = {"number": number, "message": exchange.message_id, "partner": exchange.partner, "subject": signer.subject}
            yield found(Check.SIGNATURES, "signatures.own", f"log/{number}.json", **said)


def _check_message(case: Case, exchange: Exchange, number: int, entry: Entry) -> Iterator[Finding]:
    place = f"log/{number}.json"
    said = {"number": number, "message": exchange.message_id, "partner": exchange.partner}
    octets = case.objects.get(entry.objects.get("envelope", ""))
    if octets is None:
        yield from _without_envelope(case, number, entry)
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
    if entry.kind is Kind.RECEIVED:
        yield from ahead(entry, exchange, number, message.message_info.timestamp)
    wrong = list(_check_payloads(case, number, entry, message, proof.attachments, parts))
    yield from wrong
    name = "verified" if entry.kind is Kind.RECEIVED else "signed"
    if list(missigned(entry, name, signed)):
        yield found(Check.SIGNATURES, "signatures.references", place, **said)
        return
    agreement = case.objects.get(entry.objects.get("agreement", ""))
    quoted = [*(misquoted(entry, message) if entry.kind is Kind.RECEIVED else ()), *misagreed(entry, agreement)]
    if quoted:
        yield found(Check.SIGNATURES, "signatures.facts", place, **said, names=", ".join(quoted))
        return
    wire = case.objects.get(entry.objects.get("wire", "")) if entry.kind is Kind.PACKAGED else None
    if wire is not None and octets not in wire:
        yield found(Check.SIGNATURES, "signatures.wire", place, **said)
        return
    anchors = case.node_anchors() if entry.kind is Kind.PACKAGED else case.partner_anchors(exchange.partner)
    try:
        path = case.path_of(signer, entry, anchors)
        case.check_good(path, entry)
    except Untrusted as problem:
        yield found(Check.SIGNATURES, "signatures.certificate", place, **said, why=problem)
        return
    if not any(one.fails for one in wrong):
        word = "signatures.received" if entry.kind is Kind.RECEIVED else "signatures.packaged"
        party = message.from_party if entry.kind is Kind.RECEIVED else message.to_party
        ids = ", ".join(one.value for one in party.party_ids)
        written = message.message_info.timestamp
        yield found(Check.SIGNATURES, word, place, **said, subject=signer.subject, parts=len(parts), party=ids, written=written)


def _without_envelope(case: Case, number: int, entry: Entry) -> Iterator[Finding]:
    """Payloads that are here stand for nothing, unless what is recorded of the signature has their digests."""
    listed = recorded_references(entry)
    for name, digest in entry.objects.items():
        octets = case.objects.get(digest) if name.startswith("payload-") else None
        if octets is None or not listed:
            continue
        if not any(_is_signed(octets, one, form) for one in listed for form in (_AS_IS, _XML, _TEXT)):
            yield found(Check.SIGNATURES, "signatures.payload", f"objects/{digest}", name=name, number=number)


def _check_payloads(
    case: Case,
    number: int,
    entry: Entry,
    message: UserMessage,
    attachments: Mapping[str, SignedReference],
    parts: dict[str, int],
) -> Iterator[Finding]:
    attached = [one for one in message.payload_info if (one.href or "").startswith("cid:")]
    named = {name for name in entry.objects if name.startswith("payload-")}
    place = f"log/{number}.json"
    for content_id, reference in attachments.items():
        name = f"payload-{parts[content_id]}"
        named.discard(name)
        digest, form = entry.objects.get(name), _form(attached[parts[content_id] - 1])
        if digest is None:
            yield found(Check.SIGNATURES, "signatures.payload-unnamed", place, name=name, number=number)
        elif digest in case.objects:
            if not _is_signed(case.objects[digest], reference, form):
                yield found(Check.SIGNATURES, "signatures.payload", f"objects/{digest}", name=name, number=number)
        elif form != _AS_IS or reference.digest_method != SHA256:
            # What was signed is the digest of another form of it, or by another algorithm, and nobody can compare.
            if reference.digest_method != SHA256 or reference.digest.hex() != digest:
                yield found(Check.SIGNATURES, "signatures.payload-untold", place, name=name, number=number)
        elif reference.digest.hex() != digest:
            yield found(Check.SIGNATURES, "signatures.payload-digest", place, name=name, number=number, digest=digest)
    for name in sorted(named):
        yield found(Check.SIGNATURES, "signatures.payload-more", place, name=name, number=number)


def _form(part: PartInfo) -> str:
    """The form in which a part may have been signed instead of as it is. Source: the format of evidence, 6.1."""
    media = (part.part_property("MimeType") or "").partition(";")[0].strip().lower()
    if part.part_property("CompressionType") is not None:
        return _AS_IS
    if media in ("text/xml", "application/xml") or media.endswith("+xml"):
        return _XML
    return _TEXT if media.startswith("text/") else _AS_IS


def _is_signed(octets: bytes, reference: SignedReference, form: str) -> bool:
    """Whether the octets have the digest that was signed, as they are or in one other form."""
    for one in dict.fromkeys((_AS_IS, form)):
        sums = signed_digest(one, reference.digest_method)
        try:
            sums.update(octets)
            if sums.digest() == reference.digest:
                return True
        except PartNotDigestible:
            continue
    return False


def _check_own_receipt(case: Case, exchange: Exchange, number: int, entry: Entry) -> Iterator[Finding]:
    """The receipt by which a message of the partner was acknowledged here."""
    place = f"log/{number}.json"
    said = {"number": number, "message": exchange.message_id, "partner": exchange.partner}
    receipt, envelope = (case.objects.get(entry.objects.get(name, "")) for name in ("receipt", "envelope"))
    if receipt is None:
        yield found(Check.SIGNATURES, "signatures.receipt-absent", place, **said)
        return
    try:
        signed = open_signed(receipt)
        signer = signer_of(case, signed)
        if signer is None:
            raise NotSigned("the certificate that it names is not in the bundle")
        prove(signed, signer, [])
        (signal,) = [one for one in signed.opened.messaging.signal_messages if one.receipt is not None]
        if signal.message_info.ref_to_message_id != exchange.message_id or signal.receipt is None:
            raise NotSigned(f"it speaks of {signal.message_info.ref_to_message_id}")
        references = open_signed(envelope).references if envelope is not None else recorded_references(entry)
        if references:
            match_receipt(signal.receipt, references)
        _check_own(case, signer, entry)
    except (NotSigned, ValueError, Untrusted) as problem:
        yield found(Check.SIGNATURES, "signatures.receipt", place, **said, why=problem)
    except EbmsError as error:
        yield found(Check.SIGNATURES, "signatures.receipt", place, **said, why=error.detail)
    else:
        word = "signatures.receipt-good" if envelope is not None else "signatures.receipt-absent"
        yield found(Check.SIGNATURES, word, place, **said, subject=signer.subject)


def _check_own(case: Case, signer: Certificate, entry: Entry) -> None:
    """Raises Untrusted for a certificate that no anchor of the node vouched for at the time of the entry."""
    path = find_path(signer, case.authorities(), case.node_anchors(), entry.at)
    case.check_status(path, entry.at)
    case.own.add(signer.sha256)
