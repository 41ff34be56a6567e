"""The invariants that read octets: receipts, duplicates, resends and answers are compared with what lies in the store."""

import hashlib
from collections.abc import Iterator
from typing import Any, Final

from node.ebms.errors import EbmsError, SoapFault
from node.ebms.message import Receipt, SignedReference
from node.ebms.receipts import match_receipt
from node.ebms.states import OutboundEvent
from node.msh.opening import Opened, open_message
from node.msh.outbound import root_of
from node.msh.ports import Kept, StorageUnavailable
from node.security.algorithms import digest
from node.security.attachments import PartNotDigestible, signed_digest
from node.store import prepared
from node.store.finding import Finding, Witness
from node.store.header_json import read_references
from node.store.messages import StoredMessages
from node.store.rows import IN, OUT
from node.store.walk import walk

_EVIDENCE: Final = "the evidence is damaged: restore the data folder from a backup"
_AS_IS: Final = "application/octet-stream"
Findings = Iterator[Finding]


class _Unreadable(Exception):
    """Octets of the store that are no longer what they were."""


def octets_are_whole(messages: StoredMessages, row: Any) -> Findings:
    """INV-12 for one row of octets: they are there, of their size, and have their hash; or a rule has removed them."""
    if row["removed_at"]:
        return
    where = f"octets {row['id']}" + (f" in {messages.files.where(row['file'])}" if row["file"] else "")
    found, size = hashlib.sha256(), 0
    try:
        for chunk in messages.kept(row["id"]).chunks():
            found.update(chunk)
            size += len(chunk)
    except (OSError, StorageUnavailable) as error:
        yield Finding("INV-12", f"the octets of the row are not there: {error}", where, _EVIDENCE)
        return
    # Sealed segments of a wire body have no hash of their own: AES-GCM carries its proof.
    if size != row["size"] or (row["sha256"] and found.hexdigest() != row["sha256"]):
        yield Finding("INV-12", "the octets have changed since they were kept", where, _EVIDENCE)


# -- inbound ---------------------------------------------------------------------------------------------------------


def receipts_are_true(messages: StoredMessages, _: Witness) -> Findings:
    """INV-3: the digests of the stored octets are computed anew and compared with the receipt."""
    for row in walk(messages, prepared.WALK_INBOUNDS):
        where = f"received message {row['message_id']} of {row['partner']}"
        try:
            receipt, about = _receipt(_octets(messages, row["receipt_id"]), row["receipt_content_type"])
            if about != row["message_id"]:
                yield Finding("INV-3", f"its receipt speaks of {about}", where, _EVIDENCE)
            if receipt.non_repudiation is not None:
                match_receipt(receipt, _stored_references(messages, row))
        except (_Unreadable, PartNotDigestible, LookupError) as problem:
            yield Finding("INV-3", f"message and receipt cannot be compared: {problem}", where, _EVIDENCE)
        except EbmsError as problem:
            yield Finding("INV-3", f"the receipt is not about the stored octets: {problem.detail}", where, _EVIDENCE)


def _stored_references(messages: StoredMessages, row: Any) -> tuple[SignedReference, ...]:
    """The references of the stored envelope, each with the digest that the stored octets have now."""
    claim = _open(_octets(messages, row["envelope_id"])).claim
    if claim.signature is None:
        raise _Unreadable("the stored envelope has no signature")
    inside = {"messaging": claim.messaging, "body": claim.body, "timestamp": claim.timestamp.octets if claim.timestamp else b""}
    payloads = {one["content_id"]: (one, kept) for one, kept in messages.payload_rows(IN, row["id"])}
    found = []
    for claimed in claim.signature.references:
        reference = claimed.reference
        if claimed.target == "attachment":
            one, kept = payloads[claimed.content_id]
            # What a rule has removed is known by what its sender signed.
            value = reference.digest if one["removed_at"] else _digest_of_payload(one, kept, reference)
        else:
            value = digest(reference.digest_method, inside[claimed.target])
        found.append(SignedReference(reference.uri, reference.digest_method, value, reference.transforms, reference.octets))
    return tuple(found)


def _digest_of_payload(row: Any, kept: Kept, reference: SignedReference) -> bytes:
    """The digest of a payload as signed: of its octets, or of its canonical form where it is text or XML."""
    forms = (_AS_IS,) if row["compressed"] else (_AS_IS, row["media_type"])
    value = b""
    for media_type in forms:
        signed = signed_digest(media_type, reference.digest_method)
        for chunk in _chunks(kept):
            signed.update(chunk)
        value = signed.digest()
        if value == reference.digest:
            break
    return value


def duplicates_got_the_receipt(messages: StoredMessages, witness: Witness) -> Findings:
    """INV-5."""
    for row in walk(messages, prepared.WALK_INBOUNDS):
        where = f"received message {row['message_id']} of {row['partner']}"
        steps = messages.all(prepared.HISTORY, direction=IN, owner_id=row["id"])
        accepted = sum(one["event"] == "ACCEPTED" for one in steps)
        if accepted != 1:
            yield Finding("INV-5", f"it was accepted {accepted} times", where, "keep the data folder as it is and report it")
        seen = set(witness.receipts.get(row["message_id"], ()))
        if not seen:
            continue
        try:
            stored = _octets(messages, row["receipt_id"])
        except (_Unreadable, LookupError) as problem:
            yield Finding("INV-5", str(problem), where, _EVIDENCE)
            continue
        if seen != {stored}:
            yield Finding("INV-5", f"{len(seen - {stored})} receipts went out that are not the stored one", where, _EVIDENCE)


def content_is_the_first(messages: StoredMessages, _: Witness) -> Findings:
    """INV-6: the stored octets are those of which the fingerprint was taken when the message was accepted."""
    for row in walk(messages, prepared.WALK_INBOUNDS):
        where = f"received message {row['message_id']} of {row['partner']}"
        try:
            signature = _open(_octets(messages, row["envelope_id"])).claim.signature
        except (_Unreadable, LookupError) as problem:
            yield Finding("INV-6", f"its envelope cannot be read: {problem}", where, _EVIDENCE)
            continue
        if signature is None:
            continue
        found = hashlib.sha256(b"".join(sorted(claimed.reference.digest for claimed in signature.references))).hexdigest()
        if found != row["fingerprint"]:
            yield Finding("INV-6", "its envelope is not the one that was accepted", where, _EVIDENCE)


# -- outbound --------------------------------------------------------------------------------------------------------


def resends_are_the_same(messages: StoredMessages, witness: Witness) -> Findings:
    """INV-8."""
    for row in walk(messages, prepared.WALK_EXCHANGES):
        where = f"message {row['message_id']}"
        if row["payloads_removed_at"]:
            yield from _signed_envelope(messages, row, where)
            continue
        if not row["wire"]:
            if row["envelope_id"] is not None:
                yield from _signed_envelope(messages, row, where)
            elif row["attempts"]:
                yield Finding("INV-8", "it was sent and its octets were not kept", where, _EVIDENCE)
            continue
        bodies = set(witness.bodies.get(row["message_id"], ()))
        found = hashlib.sha256()
        exchange = messages.exchange(row["message_id"])
        try:
            for segment in exchange.wire if exchange else ():
                for chunk in _chunks(segment):
                    found.update(chunk)
        except _Unreadable as problem:
            yield Finding("INV-8", f"what is to be sent again cannot be read: {problem}", where, _EVIDENCE)
            continue
        if bodies - {found.hexdigest()}:
            yield Finding("INV-8", "other octets than the kept ones reached the partner", where, _EVIDENCE)


def _signed_envelope(messages: StoredMessages, row: Any, where: str) -> Findings:
    """Where the body that was sent is no longer kept: its envelope says what was signed."""
    references = read_references(row["signed_references"])
    if not references:
        return
    try:
        signature = _open(_octets(messages, row["envelope_id"])).claim.signature
    except (_Unreadable, LookupError) as problem:
        yield Finding("INV-8", f"the envelope that was sent cannot be read: {problem}", where, _EVIDENCE)
        return
    signed = [one.reference.digest for one in signature.references] if signature else []
    if signed != [one.digest for one in references]:
        yield Finding("INV-8", "the kept envelope is not the one that was signed", where, _EVIDENCE)


def answers_are_about_it(messages: StoredMessages, _: Witness) -> Findings:
    """INV-10: the receipt that is kept as proof repeats what was signed of this very message."""
    for row in walk(messages, prepared.WALK_EXCHANGES):
        where = f"message {row['message_id']}"
        for one in messages.all(prepared.HISTORY, direction=OUT, owner_id=row["id"]):
            if one["event"] != OutboundEvent.RECEIPT_MATCHED:
                continue
            try:
                receipt, about = _receipt(_octets(messages, one["answer_id"]), one["answer_content_type"])
                if about != row["message_id"]:
                    yield Finding("INV-10", f"its proof is a receipt for {about}", where, _EVIDENCE)
                elif receipt.non_repudiation is not None:
                    match_receipt(receipt, read_references(row["signed_references"]))
            except (_Unreadable, LookupError) as problem:
                yield Finding("INV-10", f"its receipt cannot be read: {problem}", where, _EVIDENCE)
            except EbmsError as problem:
                yield Finding("INV-10", f"its receipt is not about what was signed: {problem.detail}", where, _EVIDENCE)


# -- reading ---------------------------------------------------------------------------------------------------------


def _octets(messages: StoredMessages, row_id: int) -> bytes:
    return b"".join(_chunks(messages.kept(row_id)))


def _chunks(kept: Kept) -> Iterator[bytes | memoryview]:
    try:
        yield from kept.chunks()
    except (OSError, StorageUnavailable) as error:
        raise _Unreadable(f"octets are missing: {error}") from error


def _open(octets: bytes) -> Opened:
    try:
        return open_message(octets, None)
    except EbmsError as error:
        raise _Unreadable(error.detail) from error
    except SoapFault as fault:
        raise _Unreadable(fault.detail) from fault


def _receipt(octets: bytes, content_type: str | None) -> tuple[Receipt, str | None]:
    """A kept receipt and the MessageId that it speaks of."""
    try:
        octets, _ = root_of(octets, content_type)
    except EbmsError as error:
        raise _Unreadable(error.detail) from error
    for signal in _open(octets).messaging.signal_messages:
        if signal.receipt is not None:
            return signal.receipt, signal.message_info.ref_to_message_id
    raise _Unreadable("there is no receipt in it")
