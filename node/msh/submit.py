"""Submitting: a Producer's payloads become a user message under a P-Mode, durable before the answer."""

import codecs
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from node.ebms.header_writer import NOT_XML
from node.ebms.message import CollaborationInfo, MessageInfo, PartInfo, Property, UserMessage
from node.ebms.namespaces import GZIP
from node.ebms.pmode import BusinessInfo, PMode
from node.ebms.states import OutboundState
from node.mime.compression import Deflater
from node.mime.writer import content_id
from node.msh.next_action import REJECT, horizon_end, second_leg_of, to_be_pulled
from node.msh.ports import MOST_URGENT, Exchange, Kept, Ports, StorageUnavailable, SubmissionError, SubmittedPayload
from node.msh.schedule import schedule_of

#: Stacks built on the JDK's secure validation refuse more than 30 references: Messaging and Body leave 28 (standards 1.8).
MAX_PAYLOADS = 28
#: How much of a payload is looked at to know whether compressing it is worth the while.
SAMPLE = 64 * 1024
#: Of a message of which nobody says how urgent it is.
STANDARD_PRIORITY = 5
#: An answer with more octets is pushed: whoever waits for a receipt reads no more than a MiB.
MOST_ON_CONNECTION = 768 * 1024
_MESSAGE_ID = re.compile(r"[!#$%&'*+\-/=?^_`{|}~0-9A-Za-z.]+@[0-9A-Za-z.\-]+")
#: With parameters, and in one line of printable ASCII.
_MEDIA_TYPE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z\-]+/[!#$%&'*+.^_`|~0-9A-Za-z\-]+(?:[ ]*;[\x20-\x7e]*)?")
_XML_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._\-]+)["']""")


@dataclass(frozen=True, slots=True)
class Payload:
    """One payload to send: octets at rest, media type (RFC 2045), an optional display name, and its own part properties."""

    octets: Kept
    media_type: str
    name: str | None = None
    properties: tuple[Property, ...] = ()


@dataclass(frozen=True, slots=True)
class Submission:
    """What a Producer asks to be sent to one partner.

    `service` may be None where only one agreed service has the action. `message_id` and `conversation_id` are made when absent (C 5.2.2.1, 5.2.2.10).
    """

    partner: str
    action: str
    payloads: tuple[Payload, ...] = ()
    service: str | None = None
    properties: tuple[Property, ...] = ()
    conversation_id: str | None = None
    message_id: str | None = None
    ref_to_message_id: str | None = None
    #: 0 to 9; among what is due, the higher goes first. None where the Producer does not say: what the document wants, else STANDARD_PRIORITY.
    priority: int | None = None


def submit(submission: Submission, ports: Ports) -> Exchange:
    """Accept a submission: it is on disk when this returns.

    Raises SubmissionError when the agreement does not allow it, StorageUnavailable when it cannot be kept.
    """
    pmode = ports.agreements.for_submission(submission.partner, submission.service, submission.action)
    submission = answering(submission, pmode, ports)
    check_texts(submission)
    check_properties(submission, pmode.leg.business_info)
    check_payloads(submission, pmode)
    check_room(sum(payload.octets.size for payload in submission.payloads), ports)
    now = ports.clock.now()
    due_at: datetime | None
    due_at, waits_for = first_due(submission, pmode, ports)
    mpc = pmode.leg.business_info.mpc if pmode.pulling else ""
    end = pull_end(pmode, ports) if mpc else None
    if goes_back(submission, pmode):
        # Who waits on the connection may take it at once; what nobody has taken when the wait is over is pushed.
        mpc = second_leg_of(submission.ref_to_message_id or "")
        due_at = max(due_at, ports.waiting.now() + timedelta(seconds=pmode.sync))
        end, waits_for = pull_end(pmode, ports), to_be_pulled(pmode.partner, mpc)
    elif mpc:
        # What is pulled is never due: the partner asks for it when it likes, until the horizon.
        due_at, waits_for = None, to_be_pulled(pmode.partner, mpc)
    payloads = tuple(submitted_payload(payload, pmode, ports) for payload in submission.payloads)
    exchange = Exchange(
        user_message=user_message(submission, pmode, payloads, now, ports),
        pmode_id=pmode.id,
        partner=pmode.partner,
        payloads=payloads,
        submitted_at=now,
        state=OutboundState.SUBMITTED,
        priority=priority_of(submission),
        due_at=due_at,
        waits_for=waits_for,
        give_up_at=end,
        mpc=mpc,
    )
    ports.messages.submit(exchange)
    return exchange


def answering(submission: Submission, pmode: PMode, ports: Ports) -> Submission:
    """The submission in the conversation of the message that it answers, if its action is a second leg. Raises SubmissionError."""
    if not pmode.answers:
        return submission
    ref, where = submission.ref_to_message_id, f"action {submission.action!r}: answers {pmode.answers!r}"
    if ref is None:
        raise SubmissionError(f"{where}, and no message is named; say which: --ref-to MESSAGE-ID")
    first = ports.messages.received(pmode.partner, ref)
    if first is None or (first.service, first.action) != (pmode.leg.business_info.service.value, pmode.answers):
        raise SubmissionError(
            f"{where}, and {ref!r} is no such message of {pmode.partner}; list them: n2n message list --received"
        )
    if submission.conversation_id not in (None, first.conversation_id):
        raise SubmissionError(
            f"{where} in conversation {first.conversation_id!r}, not {submission.conversation_id!r}; leave it out"
        )
    # spec: C 2.2.8
    return replace(submission, conversation_id=first.conversation_id)


def goes_back(submission: Submission, pmode: PMode) -> bool:
    """Whether this is an answer for the HTTP exchange of its request, and small enough for it."""
    size = sum(payload.octets.size for payload in submission.payloads)
    return bool(pmode.answers and pmode.sync) and size <= MOST_ON_CONNECTION


def priority_of(submission: Submission) -> int:
    """What was said, else the standard."""
    return STANDARD_PRIORITY if submission.priority is None else submission.priority


def pull_end(pmode: PMode, ports: Ports) -> datetime | None:
    """Until when a message waits to be pulled: the horizon, from now on."""
    schedule = schedule_of(pmode.leg.reception_awareness)
    return horizon_end(schedule, ports.calendar_of(pmode.partner), ports.waiting.now())


def first_due(submission: Submission, pmode: PMode, ports: Ports) -> tuple[datetime, str]:
    """When the first attempt may begin by the partner's calendar, and what it waits for."""
    if not 0 <= (priority := priority_of(submission)) <= MOST_URGENT:
        raise SubmissionError(f"priority {priority}: must lie between 0 and {MOST_URGENT}")
    now, calendar = ports.waiting.now(), ports.calendar_of(pmode.partner)
    closed = calendar.closed(now)
    if closed is not None and closed.policy == REJECT:
        raise SubmissionError(f"partner {submission.partner}: takes nothing now: {closed.why}; submit it again after that")
    return calendar.after(now, timedelta())


def check_room(size: int, ports: Ports) -> None:
    """There is space for so many octets and half as many again. Raises StorageUnavailable, before anything is written."""
    if not ports.quarantine.free_for(size):
        raise StorageUnavailable(f"{size} octets are to be kept, and less than {size * 3 // 2} are free")


def user_message(
    submission: Submission, pmode: PMode, payloads: tuple[SubmittedPayload, ...], now: datetime, ports: Ports
) -> UserMessage:
    """The eb:UserMessage of a submission, parties and collaboration taken from the P-Mode."""
    business = pmode.leg.business_info
    return UserMessage(
        message_info=MessageInfo(
            timestamp=timestamp(now),
            message_id=checked_message_id(submission.message_id) or f"{ports.identifiers.unique()}@{ports.host}",
            ref_to_message_id=submission.ref_to_message_id,
        ),
        from_party=pmode.initiator,
        to_party=pmode.responder,
        collaboration_info=CollaborationInfo(
            service=business.service,
            action=business.action,
            # spec: C 5.2.2.10
            conversation_id=f"{ports.identifiers.unique()}@{ports.host}"
            if submission.conversation_id is None
            else submission.conversation_id,
            agreement_ref=pmode.agreement,
        ),
        message_properties=submission.properties,
        payload_info=tuple(payload.part_info for payload in payloads),
        mpc=business.mpc,
    )


def timestamp(now: datetime) -> str:
    """The instant as an eb:Timestamp: UTC, milliseconds, Z (C 5.2.2.1)."""
    return now.isoformat(timespec="milliseconds")[:23] + "Z"


def checked_message_id(message_id: str | None) -> str | None:
    """The Producer's own MessageId if it is an RFC 2822 msg-id without brackets."""
    if message_id is not None and (len(message_id) > 255 or not _MESSAGE_ID.fullmatch(message_id)):
        raise SubmissionError(f"message id {message_id!r}: must look like left@right without angle brackets (RFC 2822)")
    return message_id


def submitted_payload(payload: Payload, pmode: PMode, ports: Ports) -> SubmittedPayload:
    """A payload with its Content-ID and the part properties that AS4 asks for."""
    properties = [Property("MimeType", payload.media_type)]
    charset = character_set(payload)
    if charset:
        properties.append(Property("CharacterSet", charset))
    # spec: A 3.1
    if pmode.leg.payload_service.compression_type and worth_compressing(payload):
        properties.append(Property("CompressionType", GZIP))
    taken = {p.name for p in properties}
    properties.extend(p for p in payload.properties if p.name not in taken)
    part_info = PartInfo(href=f"cid:{content_id(ports.identifiers.unique(), ports.host)}", part_properties=tuple(properties))
    return SubmittedPayload(payload.octets, payload.media_type, part_info, payload.name)


def worth_compressing(payload: Payload) -> bool:
    """Whether gzip makes this payload smaller, as its first octets show; a sender may leave a part as it is (TA04).

    Text is always compressed, since the digest of plain text and XML depends on more than its octets (standards 1.8).
    """
    if is_xml(payload.media_type) or payload.media_type.lower().startswith("text/"):
        return True
    sample = bytes(next(iter(payload.octets.chunks(SAMPLE)), b""))
    deflater = Deflater()
    return len(deflater.feed(sample)) + len(deflater.finish()) < 0.95 * len(sample)


def character_set(payload: Payload) -> str | None:
    """The charset of an XML payload as its declaration names it, utf-8 by default; None for other types."""
    if not is_xml(payload.media_type):
        return None
    start = bytes(next(iter(payload.octets.chunks(256)), b""))[:256]
    if start.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)):
        return "utf-16"
    declared = _XML_ENCODING.match(start.removeprefix(codecs.BOM_UTF8))
    return declared.group(1).decode("ascii").lower() if declared else "utf-8"


def is_xml(media_type: str) -> bool:
    """Whether this media type is XML by RFC 7303."""
    bare = media_type.partition(";")[0].strip().lower()
    return bare in ("text/xml", "application/xml") or bare.endswith("+xml")


def check_texts(submission: Submission) -> None:
    """What the Producer wrote can be carried by the header: found now, not when the message is to be sent."""
    if submission.ref_to_message_id == "":
        # spec: XSD
        raise SubmissionError("ref to message id: must not be empty; leave it out")
    texts = [("conversation id", submission.conversation_id), ("ref to message id", submission.ref_to_message_id)]
    texts += [("message property " + repr(p.name), p.name + (p.value or "")) for p in submission.properties]
    for payload in submission.payloads:
        if not _MEDIA_TYPE.fullmatch(payload.media_type):
            raise SubmissionError(f"media type {payload.media_type!r}: must look like type/subtype (RFC 2045)")
        texts += [("part property " + repr(p.name), p.name + (p.value or "")) for p in payload.properties]
    for name, text in texts:
        # spec: XML 1.0 2.2
        if text and (bad := NOT_XML.search(text)):
            raise SubmissionError(f"{name}: XML cannot carry the character U+{ord(bad[0]):04X}; leave it out")


def check_properties(submission: Submission, business: BusinessInfo) -> None:
    """Every required message property of the agreement is there, and no property is empty."""
    given = {p.name for p in submission.properties}
    missing = [rule.name for rule in business.properties if rule.required and rule.name not in given]
    if missing:
        raise SubmissionError(
            f"message property {missing[0]}: required by the agreement with {submission.partner} and not given; add --property {missing[0]}=VALUE"
        )
    rules = {rule.name: rule for rule in business.properties}
    for p in submission.properties:
        if p.value and p.name in rules and not rules[p.name].fits(p.value):
            raise SubmissionError(
                f"message property {p.name}: {p.value[:40]!r} is no {rules[p.name].datatype}, as the agreement wants it"
            )
    empty = next((p.name for p in submission.properties if not p.name or not p.value), None)
    if empty is not None:
        # spec: XSD
        raise SubmissionError(f"message property {empty!r}: name and value must not be empty; leave the property out")


def check_payloads(submission: Submission, pmode: PMode) -> None:
    """Number, sizes and kinds of the payloads are within what was agreed."""
    payloads, business = submission.payloads, pmode.leg.business_info
    most = min(MAX_PAYLOADS, pmode.leg.limits.max_parts)
    if len(payloads) > most:
        raise SubmissionError(f"{len(payloads)} payloads: at most {most} travel in one message; send several messages")
    total = sum(payload.octets.size for payload in payloads)
    cap = min(pmode.leg.limits.max_total, business.payload_max_size or pmode.leg.limits.max_total)
    if total > cap:
        raise SubmissionError(f"payloads of {total} octets: the agreement with {submission.partner} allows {cap}")
    for rule in business.payload_profile:
        sizes = [p.octets.size for p in payloads if rule.is_about(p.media_type)]
        if rule.required and not sizes:
            kind = f" of type {rule.mime_type}" if rule.mime_type else ""
            raise SubmissionError(f"payload {rule.name}: the agreement requires one{kind}")
        if rule.max_size is not None and max(sizes, default=0) > rule.max_size:
            raise SubmissionError(f"payload {rule.name} of {max(sizes)} octets: the agreement allows {rule.max_size}")
