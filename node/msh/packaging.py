"""Packaging: header, compression, digests, signature, encryption, in the order AS4 prescribes; the octets are then frozen."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from node.ebms.envelope import empty_body, write_envelope
from node.ebms.header_writer import write_messaging
from node.ebms.message import Messaging, SignedReference
from node.ebms.namespaces import GZIP, OCTET_STREAM, SOAP_11, SOAP_12
from node.ebms.pmode import PMode
from node.mime.compression import Deflater
from node.mime.headers import cid_of
from node.mime.writer import MultipartWriter, content_id
from node.msh.octets import HeldOctets
from node.msh.ports import Exchange, Kept, Packaged, Ports, Sealed, Signed, Sink, SubmissionError, SubmittedPayload
from node.security.algorithms import SHA256
from node.security.attachments import AttachmentOut, Digest, PartNotDigestible
from node.security.encrypt import ContentKey, EncryptedKeys, RecipientRefused, encrypt_to
from node.security.keys import SigningKey
from node.security.sign import SignedParts, security_header, sign


@dataclass(frozen=True, slots=True)
class WirePart:
    """One attachment as it will travel: its ciphertext (or plain octets) and the digest of its octets as signed."""

    content_id: str
    #: Media type on the wire, and before encryption.
    wire_type: str
    octets: Kept
    digest: bytes
    #: SHA-256, hexadecimal, of its octets as signed.
    sha256: str


def package(exchange: Exchange, pmode: PMode, ports: Ports) -> Packaged:
    """Build the HTTP body of a user message once and for all: every resend sends these octets.

    Raises SubmissionError when the keyring has no certificate to encrypt to.
    """
    unique = ports.identifiers.unique()
    # spec: A 3.1, C 7.6
    encrypted = encryption(exchange, pmode, unique, ports)
    parts = tuple(wire_part(payload, pmode, encrypted, ports) for payload in exchange.payloads)
    # Asked once: another key may take over in between, and what is said of the signature must be true of it.
    key = own_key(pmode, ports)
    envelope, references = secured_envelope(exchange, pmode, parts, encrypted, unique, key)
    content_type, wire = assemble(envelope, parts, pmode, unique, ports)
    sealed = Sealed(envelope, tuple(part.sha256 for part in parts), pmode, signed_by_us(pmode, references, key))
    return Packaged(exchange.message_id, content_type, wire, references, exchange.lease, sealed)


def own_key(pmode: PMode, ports: Ports) -> SigningKey | None:
    """Our current key for this P-Mode; None where nothing is signed."""
    policy = pmode.leg.security.signature
    return ports.keyring.signing_key(policy.certificate[0], ports.clock.now()) if policy.sign else None


def signed_by_us(pmode: PMode, references: tuple[SignedReference, ...], key: SigningKey | None) -> Signed | None:
    """Our signature, for the log of evidence; None where nothing is signed."""
    if key is None:
        return None
    above = tuple(one.der for one in key.chain[-2::-1])
    return Signed(pmode.leg.security.signature.algorithm, key.certificate, references, above=above)


def encryption(exchange: Exchange, pmode: PMode, unique: str, ports: Ports) -> EncryptedKeys | None:
    """A fresh content key for the partner, or None where nothing is to be encrypted."""
    policy = pmode.leg.security.encryption
    # spec: A 5.1.6
    if not policy.encrypt or not exchange.payloads:
        return None
    recipient = ports.keyring.recipient(policy.certificate, ports.clock.now())
    parts = [(part_id(payload), signed_type(payload)) for payload in exchange.payloads]
    try:
        return encrypt_to(recipient, policy, parts, unique)
    except RecipientRefused as problem:
        raise SubmissionError(f"certificate of {exchange.partner} to encrypt to: {problem}; agree on another") from problem


def part_id(payload: SubmittedPayload) -> str:
    """The Content-ID of a payload without brackets."""
    return cid_of(payload.part_info.href or "")


def signed_type(payload: SubmittedPayload) -> str:
    """The media type of the octets as signed: gzip where the PartInfo says so, else the payload's own."""
    return payload.part_info.part_property("CompressionType") or payload.media_type


def wire_part(payload: SubmittedPayload, pmode: PMode, encrypted: EncryptedKeys | None, ports: Ports) -> WirePart:
    """One payload through compression, digest and encryption, chunk by chunk, into a sink."""
    name, media_type = part_id(payload), signed_type(payload)
    keys: Mapping[str, ContentKey] = encrypted.content_keys if encrypted else {}
    out = AttachmentOut(keys.get(name), pmode.leg.security.signature.hash_function, media_type)
    sink = ports.quarantine.sink()
    # Most algorithms hash the very same octets with SHA-256 already.
    plain = None if pmode.leg.security.signature.hash_function == SHA256 and media_type == GZIP else hashlib.sha256()
    packed = payload.packed if payload.travels_packed else None
    deflater = Deflater() if payload.travels_packed and packed is None else None
    try:
        pour(packed or payload.octets, deflater, out, sink, plain)
        sink.write(out.finish())
        kept = sink.keep()
    except PartNotDigestible as problem:
        sink.discard()
        raise SubmissionError(f"payload {name}: {problem}; send it compressed, or with another media type") from problem
    except BaseException:
        sink.discard()
        raise
    sha256 = plain.hexdigest() if plain else out.digest.hex()
    return WirePart(name, OCTET_STREAM if encrypted else media_type, kept, out.digest, sha256)


def pour(octets: Kept, deflater: Deflater | None, out: AttachmentOut, sink: Sink, plain: Digest | None = None) -> None:
    """Every chunk of a payload through its transformations; `plain` is told the octets as they are signed."""
    for chunk in octets.chunks():
        piece = deflater.feed(chunk) if deflater else chunk
        if piece:
            if plain:
                plain.update(piece)
            sink.write(out.feed(piece))
    if deflater:
        rest = deflater.finish()
        if plain:
            plain.update(rest)
        sink.write(out.feed(rest))


def secured_envelope(
    exchange: Exchange,
    pmode: PMode,
    parts: tuple[WirePart, ...],
    encrypted: EncryptedKeys | None,
    unique: str,
    key: SigningKey | None,
) -> tuple[bytes, tuple[SignedReference, ...]]:
    """The root part, and the references that the receipt must repeat."""
    soap = pmode.leg.protocol.soap_version
    messaging_id, body_id = f"_msg-{unique}", f"_body-{unique}"
    messaging = write_messaging(Messaging(user_message=exchange.user_message), messaging_id, soap)
    # spec: ED 3.2.2
    body = empty_body(body_id, soap)
    children: list[bytes] = [encrypted.octets] if encrypted else []
    references: tuple[SignedReference, ...] = ()
    if key is not None:
        signed = signature(messaging, messaging_id, body, body_id, parts, pmode, unique, key)
        children.append(signed.octets)
        references = signed.references
    security = security_header(children, soap) if children else None
    return write_envelope(security, messaging, body, soap_version=soap), references


def signature(
    messaging: bytes,
    messaging_id: str,
    body: bytes,
    body_id: str,
    parts: tuple[WirePart, ...],
    pmode: PMode,
    unique: str,
    key: SigningKey,
) -> SignedParts:
    """Sign Messaging, Body and every attachment."""
    policy = pmode.leg.security.signature
    # spec: A 5.1.4, A 5.1.5
    return sign(messaging, messaging_id, body, body_id, [(p.content_id, p.digest) for p in parts], policy, key, unique)


def assemble(
    envelope: bytes, parts: tuple[WirePart, ...], pmode: PMode, unique: str, ports: Ports
) -> tuple[str, tuple[Kept, ...]]:
    """Content-Type and body segments: simple SOAP without payloads, else multipart/related with the root first."""
    soap_type = SOAP_12 if pmode.leg.protocol.soap_version == "1.2" else SOAP_11
    if not parts:
        return f"{soap_type}; charset=UTF-8", (HeldOctets(envelope),)
    # spec: C 5.1.1
    writer = MultipartWriter(f"----=_n2n.{unique}", content_id(f"root.{unique}", ports.host), soap_type)
    segments: list[Kept] = []
    pending = [writer.root(envelope)]
    for part in parts:
        pending.append(writer.part_head(part.content_id, part.wire_type))
        if isinstance(part.octets, HeldOctets):
            pending.append(part.octets.octets)
        else:
            segments += [HeldOctets(b"".join(pending)), part.octets]
            pending = []
        pending.append(writer.part_tail)
    pending.append(writer.close())
    segments.append(HeldOctets(b"".join(pending)))
    return writer.content_type, tuple(segments)
