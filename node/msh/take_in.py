"""Taking payloads in: each attachment through decryption, digest and capped inflation into quarantine, in one pass."""

import codecs
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from node.ebms.errors import EbmsError, ExternalPayloadError, FeatureNotSupported, ProcessingModeMismatch, ValueInconsistent
from node.ebms.message import PartInfo, UserMessage
from node.ebms.namespaces import GZIP
from node.ebms.pmode import Limits, PMode
from node.mime.compression import Inflater
from node.mime.headers import cid_of
from node.mime.package import Attachment, Package
from node.msh.ports import AcceptedPayload, Ports, Sink
from node.security.attachments import AttachmentIn
from node.security.decrypt import ContentKey
from node.security.verify import Proof


@dataclass(slots=True)
class Budget:
    """What is left of the octets that a message may inflate to."""

    left: int
    ratio: int


def content_ids(user_message: UserMessage) -> dict[str, PartInfo]:
    """The attachments that the PartInfos name, by Content-ID, in their order.

    Raises EbmsError for what cannot be an attachment here: external URLs, parts of the Body, one href twice.
    """
    named: dict[str, PartInfo] = {}
    for part in user_message.payload_info:
        href = part.href
        if href is None or href.startswith("#"):
            # spec: ED 3.2.2
            raise EbmsError(
                FeatureNotSupported, f"PartInfo {href!r}: payload in the SOAP Body; every profile here wants it as attachment"
            )
        if not href.startswith("cid:"):
            # spec: C 5.2.2.12
            raise EbmsError(ExternalPayloadError, f"PartInfo {href!r}: external payloads are never fetched")
        name = cid_of(href)
        if name in named:
            raise EbmsError(ValueInconsistent, f"PartInfo {href!r}: named twice")
        check_part(part)
        named[name] = part
    return named


def check_part(part: PartInfo) -> None:
    """The AS4 part properties agree with each other."""
    compression, charset = part.part_property("CompressionType"), part.part_property("CharacterSet")
    # spec: A 3.1
    if compression is not None and compression != GZIP:
        raise EbmsError(ValueInconsistent, f"PartInfo {part.href!r}: CompressionType {compression!r} is not {GZIP}")
    if compression is not None and not part.part_property("MimeType"):
        raise EbmsError(ValueInconsistent, f"PartInfo {part.href!r}: compressed, and its MimeType is missing")
    if charset is not None and not known_charset(charset):
        raise EbmsError(ValueInconsistent, f"PartInfo {part.href!r}: unknown CharacterSet {charset[:40]!r}")


def known_charset(name: str) -> bool:
    """Whether this is a character set that can be decoded."""
    try:
        codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return True


def check_business(user_message: UserMessage, pmode: PMode, named: Mapping[str, PartInfo]) -> None:
    """What the agreement says of properties and payloads holds for this header."""
    business = pmode.leg.business_info
    for rule in business.properties:
        value = user_message.message_property(rule.name)
        # spec: C 5.2.2.11
        if rule.required and value is None:
            raise EbmsError(ProcessingModeMismatch, f"message property {rule.name}: required by {pmode.id}, absent")
        if value is not None and not rule.fits(value):
            raise EbmsError(
                ProcessingModeMismatch, f"message property {rule.name}: agreed is {rule.datatype}, got {value[:40]!r}"
            )
    if len(named) > pmode.leg.limits.max_parts:
        raise EbmsError(ValueInconsistent, f"{len(named)} parts: {pmode.id} allows {pmode.leg.limits.max_parts}")


def take_in(
    package: Package,
    named: Mapping[str, PartInfo],
    proof: Proof,
    keys: Mapping[str, ContentKey],
    pmode: PMode,
    ports: Ports,
) -> tuple[AcceptedPayload, ...]:
    """All attachments, proven, in the order of their PartInfos; on any failure nothing of them is left.

    Raises EbmsError: 0101, 0102, 0303, 0007, 0011.
    """
    limits, sinks = pmode.leg.limits, []
    budget = Budget(min(limits.max_inflated, pmode.leg.business_info.payload_max_size or limits.max_inflated), limits.max_ratio)
    taken: dict[str, AcceptedPayload] = {}
    try:
        for attachment in package.attachments():
            name = attachment.headers.content_id
            if name is None or name not in named or name in taken:
                # spec: C 5.1.5
                raise EbmsError(ExternalPayloadError, f"MIME part {name!r}: no PartInfo names it, so nothing signs it")
            sink = ports.quarantine.sink()
            sinks.append(sink)
            taken[name] = take_one(attachment, name, named[name], proof, keys.get(name), sink, budget, limits, ports)
        missing = next((name for name in named if name not in taken), None)
        if missing is not None:
            raise EbmsError(ExternalPayloadError, f"PartInfo cid:{missing}: the package holds no such part")
        check_profile(taken.values(), pmode)
    except BaseException:
        for sink in sinks:
            sink.discard()
        raise
    return tuple(taken[name] for name in named)


def check_profile(payloads: Collection[AcceptedPayload], pmode: PMode) -> None:
    """Every kind of payload that is agreed is there and no larger than agreed."""
    # spec: C D.3.3
    for rule in pmode.leg.business_info.payload_profile:
        about = [one for one in payloads if rule.is_about(one.media_type)]
        if rule.required and not about:
            kind = rule.mime_type or "of any type"
            raise EbmsError(ProcessingModeMismatch, f"payload {rule.name} ({kind}): required by {pmode.id}, absent")
        for one in about:
            if rule.max_size is not None and one.inflated_size > rule.max_size:
                raise EbmsError(
                    ValueInconsistent, f"part {one.content_id}: payload {rule.name} has at most {rule.max_size} octets"
                )


def take_one(
    attachment: Attachment,
    name: str,
    part: PartInfo,
    proof: Proof,
    key: ContentKey | None,
    sink: Sink,
    budget: Budget,
    limits: Limits,
    ports: Ports,
) -> AcceptedPayload:
    """One attachment: decrypted, digested, proven to inflate; its octets as signed end up in the sink."""
    compressed = part.part_property("CompressionType") is not None
    intake = AttachmentIn(key, proof.attachments.get(name), key.media_type if key else attachment.headers.media_type)
    inflater = Inflater(budget.left, budget.ratio) if compressed else None
    size, inflated = 0, 0
    for octets in signed_octets(attachment, intake, ports):
        size += len(octets)
        check_size(size, limits.max_total, name)
        sink.write(octets)
        inflated += sum(map(len, inflater.feed(octets))) if inflater else len(octets)
        if inflated > budget.left:
            raise EbmsError(ValueInconsistent, f"part {name}: more than the {budget.left} octets that are left for this message")
    if inflater:
        # spec: A 3.1
        inflater.finish()
    ports.passed("in.12.after_inflate")
    budget.left -= inflated
    return AcceptedPayload(
        octets=sink.keep(intake.sha256),
        part_info=part,
        media_type=part.part_property("MimeType") or intake.media_type,
        compressed=compressed,
        inflated_size=inflated,
        content_id=name,
    )


def signed_octets(attachment: Attachment, intake: AttachmentIn, ports: Ports) -> Iterator[bytes | memoryview]:
    """The octets as signed; exhausting this proves them (tag and digest), stopping earlier proves nothing."""
    for chunk in attachment.chunks():
        octets = intake.feed(chunk)
        if octets:
            yield octets
    ports.passed("in.3.after_part")
    tail = intake.finish()
    ports.passed("in.9.after_digest")
    if tail:
        yield tail


def check_size(size: int, most: int, name: str) -> None:
    """A part stays within what the P-Mode allows for the whole message."""
    if size > most:
        raise EbmsError(ValueInconsistent, f"part {name}: more than {most} octets")
