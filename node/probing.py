"""Test messages that nobody keeps: how one is made, posted, and what its answer says."""

import gzip
import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from node.ebms.errors import EbmsError, SoapFault
from node.ebms.message import PartInfo, Property
from node.ebms.namespaces import OCTET_STREAM, TEST_ACTION, TEST_SERVICE
from node.ebms.pmode import PMode
from node.ebms.states import OUTBOUND_ENDS, OutboundEvent, OutboundState
from node.msh.age import read_instant
from node.msh.intervention import Intervention
from node.msh.octets import HeldOctets
from node.msh.opening import open_message
from node.msh.outbound import outgoing, read_answer, root_of, settle
from node.msh.packaging import package
from node.msh.ports import Exchange, HttpAnswer, LeaseLost, Outgoing, Packaged, Ports, SubmittedPayload, TransportError
from node.msh.submit import Payload, Submission, submitted_payload, user_message
from node.onboarding.cases import Answered
from node.store.messages import StoredMessages

#: How often it is looked whether an answer has come.
LOOK_SECONDS: Final = 0.1
#: So long whoever serves the home leaves a message alone that is packaged at once.
MINE: Final = timedelta(hours=1)
#: For how long an answer by callback is awaited.
CALLBACK: Final = timedelta(seconds=20)

Post = Callable[[Outgoing], HttpAnswer]
Change = Callable[[PMode], PMode]


@dataclass(frozen=True, slots=True)
class Probe:
    """A test message, packaged."""

    outgoing: Outgoing
    pmode: PMode
    exchange: Exchange

    @property
    def octets(self) -> bytes:
        return b"".join(bytes(chunk) for segment in self.outgoing.body for chunk in segment.chunks())

    def altered(self, octets: bytes, content_type: str = "") -> "Probe":
        """The same with other octets."""
        changed = replace(self.outgoing, body=(HeldOctets(octets),), content_type=content_type or self.outgoing.content_type)
        return replace(self, outgoing=changed)

    def discard(self) -> None:
        """Large parts lie in files."""
        for segment in self.outgoing.body:
            segment.discard()


def text(octets: bytes = b"n2n test message") -> Payload:
    """A payload that is compressed where compression is agreed."""
    return Payload(HeldOctets(b"<test>" + octets + b"</test>"), "application/xml")


def dense(size: int) -> Payload:
    """A payload of so many octets that no compression makes smaller."""
    return Payload(HeldOctets(hashlib.shake_256(b"n2n").digest(size)), OCTET_STREAM)


class Probing:
    """Makes test messages for one partner; nothing of them is kept unless the partner answers by callback."""

    def __init__(self, partner: str, ports: Ports) -> None:
        """Raises SubmissionError where the agreement has no test service."""
        self.partner, self.ports = partner, ports
        self.pmode = ports.agreements.for_submission(partner, TEST_SERVICE, TEST_ACTION)

    @property
    def by_callback(self) -> bool:
        """Whether the partner answers on a connection of its own."""
        return self.pmode.leg.security.send_receipt.by_callback or not self.pmode.leg.error_handling.as_response

    def probe(
        self,
        payloads: Sequence[Payload] = (),
        *,
        change: Change = lambda pmode: pmode,
        ports: Ports | None = None,
        properties: tuple[Property, ...] = (),
        message_id: str | None = None,
        conversation_id: str | None = None,
        parts: Sequence[PartInfo] = (),
    ) -> Probe:
        """A test message as it would go out, under a P-Mode that a case changes; `parts` stand in its header and nowhere else."""
        kept = [submitted_payload(one, change(self.pmode), self.ports) for one in payloads]
        return self._made(kept, change, ports or self.ports, properties, message_id, conversation_id, parts)

    def mislabelled(self, octets: bytes, compression: str) -> Probe:
        """A test message whose header says of its payload that it is compressed so; its octets go as they are."""
        plain = submitted_payload(Payload(HeldOctets(octets), OCTET_STREAM), uncompressed(self.pmode), self.ports)
        said = (Property("MimeType", "application/xml"), Property("CompressionType", compression))
        labelled = replace(plain.part_info, part_properties=said)
        return self._made([plain], uncompressed, self.ports, (), None, None, (labelled,), named=False)

    def _made(
        self,
        kept: Sequence[SubmittedPayload],
        change: Change,
        ports: Ports,
        properties: tuple[Property, ...],
        message_id: str | None,
        conversation_id: str | None,
        parts: Sequence[PartInfo],
        *,
        named: bool = True,
    ) -> Probe:
        sent_as, now = change(self.pmode), ports.clock.now()
        submission = Submission(
            self.partner,
            sent_as.leg.business_info.action,
            service=sent_as.leg.business_info.service.value,
            properties=properties,
            message_id=message_id,
            conversation_id=conversation_id,
        )
        message = user_message(submission, sent_as, tuple(kept), now, ports)
        own = message.payload_info if named else ()
        message = replace(message, payload_info=(*own, *parts))
        exchange = Exchange(message, self.pmode.id, self.partner, tuple(kept), now, OutboundState.SUBMITTED)
        return Probe(outgoing(exchange, self.pmode, package(exchange, sent_as, ports)), self.pmode, exchange)

    def ask(self, probe: Probe, post: Post) -> tuple[Answered, HttpAnswer | None]:
        """What the partner says to a probe, on the connection."""
        octets = probe.octets
        sent = hashlib.sha256(octets).hexdigest()
        said = Answered(False, None, None, "", sent, "", probe.outgoing.message_id, len(octets))
        try:
            answer = post(probe.outgoing)
        except TransportError as error:
            return replace(said, detail=str(error)), None
        read = read_answer(probe.outgoing, probe.pmode, answer, self.ports)
        return replace(
            said,
            receipt=read.event is OutboundEvent.RECEIPT_MATCHED,
            # What we think of the answer is no word of the partner.
            code=None if read.event is OutboundEvent.RECEIPT_MATCHED else error_code(answer),
            status=answer.status,
            detail=read.detail,
            received=hashlib.sha256(answer.octets).hexdigest(),
            taken=read.event is OutboundEvent.TAKEN_NO_RECEIPT_OWED,
        ), answer

    def ask_and_wait(
        self, probe: Probe, post: Post, messages: StoredMessages, rest: Callable[[float], None]
    ) -> tuple[Answered, HttpAnswer | None]:
        """What the partner says to a probe by callback, to whoever serves this home: the message is kept, since its answer must find it."""
        # Nobody else sends it: it is due when it has long been sent.
        later = self.ports.clock.now() + MINE
        messages.submit(replace(probe.exchange, due_at=later, waits_for="the partner's answer to a conformance case"))
        sent = probe.outgoing
        messages.packaged(Packaged(sent.message_id, sent.content_type, sent.body, sent.references), self.ports.clock.now())
        said, answer = self.ask(probe, post)
        # Where the node that serves was started anew meanwhile, it sends the same octets again, and their answer is awaited.
        with suppress(LeaseLost):
            settle(sent, answer if answer is not None else TransportError(said.detail), replace(self.ports, messages=messages))
        end = self.ports.clock.now() + CALLBACK
        # Whoever cannot tell whose message it is answers on the connection all the same.
        awaited = said.status is not None and said.status < 300 and not said.receipt and said.code is None
        while awaited and self.ports.clock.now() < end:
            exchange = messages.exchange(sent.message_id)
            if exchange is None or exchange.state in OUTBOUND_ENDS:
                break
            rest(LOOK_SECONDS)
        return self._told_later(sent.message_id, said, answer, messages)

    def _told_later(
        self, message_id: str, said: Answered, answer: HttpAnswer | None, messages: StoredMessages
    ) -> tuple[Answered, HttpAnswer | None]:
        steps = messages.history(message_id)
        receipt = next((one for one in steps if one.event == OutboundEvent.RECEIPT_MATCHED), None)
        error = next((one for one in steps if one.event == OutboundEvent.ERROR_RECEIVED), None)
        if receipt is None and error is None:
            now = self.ports.clock.now()
            messages.order(Intervention.CANCEL, [message_id], now, now, "no answer to a conformance case")
            if said.code is not None or said.status is None or said.status >= 300:
                return said, answer
            return replace(said, status=None, detail=f"no answer came by callback ({said.detail})"), answer
        told = receipt or error
        assert told is not None
        octets = b"".join(map(bytes, told.answer.chunks())) if told.answer is not None else b""
        digest = hashlib.sha256(octets).hexdigest()
        later = HttpAnswer(told.http_status or 200, told.answer_content_type, octets)
        return replace(said, receipt=receipt is not None, code=told.error_code, detail=told.detail, received=digest), later


# -- changes of a P-Mode ---------------------------------------------------------------------------------------------


def unsigned(pmode: PMode) -> PMode:
    """Without a signature."""
    security = pmode.leg.security
    signature, signals = (replace(one, sign=False) for one in (security.signature, security.signal_signature))
    return replace(pmode, leg=replace(pmode.leg, security=replace(security, signature=signature, signal_signature=signals)))


def unencrypted(pmode: PMode) -> PMode:
    """In the clear."""
    security = pmode.leg.security
    return replace(
        pmode, leg=replace(pmode.leg, security=replace(security, encryption=replace(security.encryption, encrypt=False)))
    )


def uncompressed(pmode: PMode) -> PMode:
    """As large as it is."""
    return replace(pmode, leg=replace(pmode.leg, payload_service=replace(pmode.leg.payload_service, compression_type=None)))


def about(**business: Any) -> Change:
    """With another service, action or channel."""
    return lambda pmode: replace(pmode, leg=replace(pmode.leg, business_info=replace(pmode.leg.business_info, **business)))


# -- reading answers -------------------------------------------------------------------------------------------------


def signals(answer: HttpAnswer) -> Sequence[Any]:
    """The signals of an answer; none where it is no ebMS."""
    try:
        octets, media_type = root_of(answer.octets, answer.content_type)
        return open_message(octets, media_type or None).messaging.signal_messages
    except (EbmsError, SoapFault):
        return ()


def error_code(answer: HttpAnswer) -> str | None:
    """The code of an error signal, whoever it says it is about: a partner that cannot read a message knows no MessageId."""
    return next((error.code for signal in signals(answer) for error in signal.errors), None)


def time_of(answer: HttpAnswer | None) -> datetime | None:
    """The instant at which the partner made its signal, by its own clock; without a zone it is UTC."""
    for signal in signals(answer) if answer is not None else ():
        return read_instant(signal.message_info.timestamp)
    return None


def damaged_gzip() -> bytes:
    """Compressed octets of which the middle was changed."""
    octets = bytearray(gzip.compress(b"<test>n2n</test>" * 20, mtime=0))
    octets[len(octets) // 2] ^= 0xFF
    return bytes(octets)
