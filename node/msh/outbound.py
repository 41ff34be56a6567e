"""Sending: freeze the octets, hand them to the transport, and read in the answer what became of the message."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from node.ebms.errors import EbmsError, FailedAuthentication, FailedDecryption, MissingReceipt, SoapFault
from node.ebms.message import ErrorReport
from node.ebms.pmode import PMode
from node.ebms.states import OutboundEvent, OutboundState
from node.mime.package import Package
from node.mime.reader import MULTIPART_RELATED
from node.msh.next_action import (
    Decide,
    Facts,
    GiveUp,
    Next,
    Send,
    Wait,
    decide_after,
    horizon_end,
    is_second_leg,
    next_action,
    to_be_pulled,
)
from node.msh.opening import open_message
from node.msh.packaging import package
from node.msh.ports import Exchange, HttpAnswer, NotNow, Outgoing, Packaged, Ports, Sent, Settlement, Signed, TransportError
from node.msh.schedule import schedule_of
from node.msh.signals import Verdict, judge_signal
from node.msh.submit import check_room, timestamp

#: The error that a Producer is told when no receipt came (A 3.2).
_MISSING = MissingReceipt.code
#: What a partner says of octets that were damaged on the way; it says the same of a key that it does not know.
DAMAGED = frozenset({FailedAuthentication.code, FailedDecryption.code})
#: What the partner said of the message is true whoever holds its lease.
_FACTS = frozenset({OutboundEvent.RECEIPT_MATCHED, OutboundEvent.ERROR_RECEIVED})


def begin(exchange: Exchange, ports: Ports) -> Outgoing:
    """Start an attempt if it may start now, else write down why not. Raises NotNow, and what `prepare` raises."""
    match next_attempt(exchange, ports):
        case Wait(until, why):
            put_off(exchange, until, why, ports)
            raise NotNow(why or exchange.waits_for or f"due at {timestamp(until)}")
        case GiveUp(why):
            give_up(exchange, why, ports)
            raise NotNow(why)
        case Send(address):
            return prepare(exchange, ports, address)


def next_attempt(exchange: Exchange, ports: Ports) -> Send | Wait | GiveUp:
    """Whether an exchange that is due may be sent now."""
    now = ports.waiting.now()
    if exchange.state is OutboundState.ACKNOWLEDGED:
        # An operator asked for it; the proof is there, so nothing can be given up.
        return Send()
    facts = Facts(
        schedule=schedule_of(ports.agreements.get(exchange.pmode_id).leg.reception_awareness),
        state=exchange.state,
        attempts=exchange.attempts,
        due_at=exchange.due_at or now,
        give_up_at=exchange.give_up_at,
        calendar=ports.calendar_of(exchange.partner),
    )
    return next_action(facts, now, ports.chance())


def put_off(exchange: Exchange, until: datetime, why: str, ports: Ports) -> None:
    """It is due later than was written down; what simply was not due yet keeps its reason."""
    if until != exchange.due_at:
        ports.messages.postpone(exchange.message_id, until, why)


def give_up(exchange: Exchange, why: str, ports: Ports) -> OutboundState:
    """No attempt is left: the exchange fails, and its Producer is owed the news (EBMS:0301)."""
    # spec: A 3.2
    return ports.messages.settle(
        Settlement(exchange.message_id, OutboundEvent.GAVE_UP, ports.clock.now(), why, error_code=_MISSING)
    )


def expire(exchange: Exchange, asked_since: datetime | None, ports: Ports) -> bool:
    """Give up what has passed its horizon while nothing could be sent; what was never tried, only if its partner was asked in vain all along."""
    now, calendar = ports.waiting.now(), ports.calendar_of(exchange.partner)
    schedule = schedule_of(ports.agreements.get(exchange.pmode_id).leg.reception_awareness)
    if is_second_leg(exchange.mpc) and not exchange.attempts:
        end, why = exchange.give_up_at, f"given up: {exchange.partner} could not be reached in time"
    elif exchange.mpc and not exchange.attempts:
        end, why = exchange.give_up_at, f"given up: not pulled in time by {exchange.partner} on MPC {exchange.mpc}"
    elif exchange.attempts:
        end, why = exchange.give_up_at, f"given up: no receipt in time, {exchange.attempts} attempts"
    elif asked_since is not None:
        end = horizon_end(schedule, calendar, max(exchange.submitted_at, asked_since))
        why = f"given up: {exchange.partner} could not be reached in time, asked in vain since {timestamp(asked_since)}"
    else:
        return False
    if end is None or now < end:
        return False
    give_up(exchange, why, ports)
    return True


def overdue(exchange: Exchange, ports: Ports) -> OutboundState:
    """The receipt is not there in time: another attempt, or the end."""
    match next_attempt(exchange, ports):
        case GiveUp(why):
            return give_up(exchange, why, ports)
        case Wait(until, why):
            put_off(exchange, until, why, ports)
            return exchange.state
        case Send():
            due = Settlement(exchange.message_id, OutboundEvent.RESEND_DUE, ports.clock.now(), "no receipt in time")
            pulled = exchange.mpc and not is_second_leg(exchange.mpc)
            return ports.messages.settle(replace(due, decide=pullable_again(exchange)) if pulled else due)


def pullable_again(exchange: Exchange) -> Decide:
    """The decision for a message that was pulled and not receipted: it waits to be pulled once more."""
    return lambda _state, _attempts, end: Next(None, end, to_be_pulled(exchange.partner, exchange.mpc))


def prepare(exchange: Exchange, ports: Ports, address: str = "") -> Outgoing:
    """Start an attempt: package the message if this is the first, else take the kept octets; durable when this returns.

    `address` replaces the agreed one. Raises SubmissionError when it cannot be packaged, NotNow when it is not to be sent any more,
    StorageUnavailable when there is no room for its octets.
    """
    pmode = ports.agreements.get(exchange.pmode_id)
    if exchange.wire and exchange.content_type:
        # spec: A 3.2
        ports.messages.attempt_started(exchange.message_id, ports.clock.now(), exchange.lease)
        kept = Packaged(exchange.message_id, exchange.content_type, exchange.wire, exchange.references, exchange.lease)
        return outgoing(exchange, pmode, kept, address)
    # The sealed octets lie beside the submitted ones.
    check_room(sum(payload.octets.size for payload in exchange.payloads), ports)
    packaged = package(exchange, pmode, ports)
    ports.passed("out.build.after")
    # A gigabyte takes seconds to package, and the attempt begins after that.
    ports.messages.packaged(packaged, ports.clock.now())
    return outgoing(exchange, pmode, packaged, address)


def outgoing(exchange: Exchange, pmode: PMode, packaged: Packaged, address: str = "") -> Outgoing:
    """The HTTP request of an exchange to the address of its P-Mode, or to another."""
    limits = pmode.leg.limits
    return Outgoing(
        message_id=exchange.message_id,
        partner=exchange.partner,
        url=address or pmode.leg.protocol.address or "",
        content_type=packaged.content_type,
        body=packaged.wire,
        connect_timeout=limits.connect_timeout,
        read_timeout=limits.read_timeout,
        pmode_id=pmode.id,
        references=packaged.references,
        lease=packaged.lease,
    )


def settle(sent: Sent, answer: HttpAnswer | TransportError, ports: Ports, reading: "Reading | None" = None) -> OutboundState:
    """Record what one attempt brought, and what follows: success is a receipt that repeats what we signed, never an HTTP status.

    `reading` is what the answer means where that is known already.
    """
    pmode = ports.agreements.get(sent.pmode_id)
    read = reading or read_answer(sent, pmode, answer, ports)
    event, detail, code = read.event, read.detail, read.code
    if event is OutboundEvent.ERROR_RECEIVED and may_be_damage(sent.message_id, pmode, code, ports):
        event, detail = OutboundEvent.REFUSAL_DOUBTED, f"{detail}; damage on the way looks the same, so the same octets go again"
    received = answer if isinstance(answer, HttpAnswer) else None
    hopeless = "no further attempt can help" if isinstance(answer, TransportError) and not answer.retryable else ""
    schedule, calendar = schedule_of(pmode.leg.reception_awareness), ports.calendar_of(pmode.partner)
    return ports.messages.settle(
        Settlement(
            message_id=sent.message_id,
            event=event,
            at=ports.clock.now(),
            detail=detail,
            answer=received.octets if received else b"",
            answer_content_type=(received.content_type or "") if received else "",
            error_code=code,
            http_status=received.status if received else None,
            decide=decide_after(schedule, calendar, ports.waiting.now(), ports.chance(), hopeless, asked_patience(received)),
            lease=None if event in _FACTS else sent.lease,
            receipt=read.root,
            signed=read.signed,
            peer=received.peer if received else None,
        )
    )


def may_be_damage(message_id: str, pmode: PMode, code: str | None, ports: Ports) -> bool:
    """Whether a proven refusal is not yet the end: our octets do verify, so a later copy of them may arrive whole."""
    exchange = ports.messages.exchange(message_id)
    if code not in DAMAGED or exchange is None or exchange.state is not OutboundState.SENDING:
        return False
    schedule = schedule_of(pmode.leg.reception_awareness)
    return not schedule.used_up(exchange.attempts) and ports.messages.doubted(message_id) < schedule.refused


def asked_patience(answer: HttpAnswer | None) -> timedelta:
    """For how long the partner wants to be left alone: Retry-After of an answer that says it is too busy."""
    # spec: RFC 9110 15.6.4
    busy = answer is not None and answer.status in (429, 503)
    return timedelta(seconds=answer.retry_after or 0) if answer is not None and busy else timedelta()


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer means: the event, the reason in words, the ebMS error code; and whose signature said so."""

    event: OutboundEvent
    detail: str
    code: str | None = None
    signed: Signed | None = None
    #: The SOAP envelope of the answer.
    root: bytes = b""


def read_answer(sent: Sent, pmode: PMode, answer: HttpAnswer | TransportError, ports: Ports) -> Reading:
    """The meaning of an answer."""
    if isinstance(answer, TransportError):
        return Reading(OutboundEvent.ATTEMPT_FAILED, str(answer), "EBMS:0005")
    if not answer.octets.strip():
        return Reading(*read_silence(pmode, answer))
    # The body is read whatever the status: errors come with 200, 400 and 500 (trap 24).
    try:
        octets, media_type = root_of(answer.octets, answer.content_type)
        verdict = judge_signal(open_message(octets, media_type), sent, pmode, ports)
    except EbmsError as error:
        detail = f"HTTP {answer.status}: answer not accepted: {error.detail}"
        return Reading(OutboundEvent.ATTEMPT_FAILED, detail, error.definition.code)
    except SoapFault as fault:
        return Reading(OutboundEvent.ATTEMPT_FAILED, f"HTTP {answer.status}: no ebMS answer: {fault.detail}")
    return Reading(*read_verdict(verdict), signed=verdict.signed, root=octets)


def root_of(octets: bytes, content_type: str | None) -> tuple[bytes, str]:
    """The SOAP envelope of an answer and its media type: alone, or the root part of a package. Raises EbmsError."""
    content_type = content_type or ""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type != MULTIPART_RELATED:
        return octets, media_type
    # spec: C 5.1.1 (some products package signals too)
    root = Package.open(content_type, (octets,)).root
    return root.octets, root.media_type


def read_silence(pmode: PMode, answer: HttpAnswer) -> tuple[OutboundEvent, str, str | None]:
    """An empty answer: taken where the receipt comes by callback or none is owed; otherwise the attempt failed (trap 25)."""
    if not 200 <= answer.status < 300:
        return OutboundEvent.ATTEMPT_FAILED, f"HTTP {answer.status} without an ebMS answer", None
    receipt = pmode.leg.security.send_receipt
    if not receipt.send:
        return OutboundEvent.TAKEN_NO_RECEIPT_OWED, f"HTTP {answer.status}; no receipt is agreed", None
    if receipt.by_callback:
        return OutboundEvent.TAKEN, f"HTTP {answer.status}; the receipt comes by callback", None
    return OutboundEvent.ATTEMPT_FAILED, f"HTTP {answer.status} without the receipt that the agreement asks for", None


def read_verdict(verdict: Verdict) -> tuple[OutboundEvent, str, str | None]:
    """A matched receipt is proof; a signed failure ends the message, unless it may be damage; an unsigned one is only a hint."""
    if verdict.matched:
        return OutboundEvent.RECEIPT_MATCHED, "the receipt repeats every digest we signed", None
    error = verdict.error
    if error is None:
        return OutboundEvent.ATTEMPT_FAILED, "the answer holds neither receipt nor error", None
    # spec: C 6.3
    ends = verdict.authentic and error.severity.lower() != "warning"
    event = OutboundEvent.ERROR_RECEIVED if ends else OutboundEvent.ATTEMPT_FAILED
    return event, error_sentence(error, verdict), error.code


def error_sentence(error: ErrorReport, verdict: Verdict) -> str:
    """The partner's error in one line."""
    text = error.description.text if error.description else ""
    words = [error.code, error.short_description or "", text, error.error_detail or "", verdict.detail]
    return "partner reports " + ": ".join(word for word in words if word)
