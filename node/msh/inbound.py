"""Receiving: one HTTP request in, one answer out; authenticate first, then stream."""

import hashlib
from collections.abc import Iterable

from node.ebms.c14n import canonicalize
from node.ebms.errors import (
    EbmsError,
    FeatureNotSupported,
    InvalidHeader,
    ProcessingModeMismatch,
    SoapFault,
    ValueInconsistent,
)
from node.ebms.message import Messaging, Receipt, UserMessage
from node.ebms.namespaces import EB
from node.ebms.pmode import PMode
from node.ebms.receipts import acknowledge
from node.ebms.states import OutboundEvent, OutboundState
from node.mime.package import Package
from node.msh.age import Age, judge_age, read_instant
from node.msh.connection import check_connection
from node.msh.octets import HeldOctets
from node.msh.opening import Opened, open_message
from node.msh.outbound import read_verdict
from node.msh.ports import (
    Acceptance,
    Accepted,
    AcceptedPayload,
    Answer,
    Awaited,
    ContentDiffers,
    Exchange,
    Owed,
    Peer,
    Ports,
    Settlement,
    StorageUnavailable,
)
from node.msh.pull import answer_pull
from node.msh.refusals import Asked, Sight, refuse, refuse_unread
from node.msh.signals import accepted_signers, judge_signal, write_receipt
from node.msh.signed import signed_of
from node.msh.steps import Step
from node.msh.take_in import check_business, content_ids, take_in
from node.security.claim import Claim
from node.security.decrypt import unwrap_keys
from node.security.verify import Proof, verify_signature

_USER_MESSAGE = f"{{{EB}}}UserMessage"


def receive(content_type: str, chunks: Iterable[bytes | memoryview], peer: Peer, ports: Ports) -> Answer:
    """Take one ebMS message in; give one answer back.

    `chunks` is the HTTP body; it is drawn only as far as the message proves worth reading.
    """
    return receive_in_sight(content_type, chunks, Sight(peer), ports)


def receive_in_sight(content_type: str, chunks: Iterable[bytes | memoryview], sight: Sight, ports: Ports) -> Answer:
    """As `receive`; `sight` then holds what was seen of it, and how far it came."""
    try:
        # EBMS:0007, SOAP faults
        package = Package.open(content_type, sight.counted(chunks))
        sight.root, sight.step = package.root.octets, Step.HEADER
        # EBMS:0009, EBMS:0003, EBMS:0101, EBMS:0103, SOAP faults
        opened = open_message(package.root.octets, package.root.media_type, sight.message_seen)
        ports.passed("in.4.after_parse")
        if opened.messaging.user_message is None:
            return receive_signals(opened, sight, ports)
        return receive_user_message(opened, package, sight, ports)
    except EbmsError as error:
        return refuse(error, sight, ports)
    except SoapFault as fault:
        return refuse_unread(fault, sight, ports)
    except StorageUnavailable:
        # spec: RFC 9110 15.6.4
        return Answer(503)


def receive_user_message(opened: Opened, package: Package, sight: Sight, ports: Ports) -> Answer:
    """The story of a user message, each line with the error it may raise."""
    user_message = sole_user_message(opened.messaging)  # EBMS:0008
    sight.step = Step.AGREEMENT
    pmode = ports.agreements.find(user_message)  # EBMS:0010, EBMS:0001
    sight.step = Step.WAY
    check_way(pmode, user_message, sight)  # EBMS:0010
    sight.pmode, sight.step = pmode, Step.CONNECTION
    check_connection(pmode, sight.peer, ports)  # EBMS:0101
    sight.step = Step.PAYLOAD_LIST
    named = content_ids(user_message)  # EBMS:0003, EBMS:0008, EBMS:0011
    sight.step = Step.BUSINESS
    check_business(user_message, pmode, named)  # EBMS:0010
    security, sight.step = pmode.leg.security, Step.SIGNATURE
    signers = accepted_signers(security.signature, ports)  # EBMS:0101
    proof = verify_signature(opened.claim, security.signature, signers, named, security.also_allowed)  # EBMS:0101, EBMS:0103
    sight.step = Step.TIME
    age = check_time(user_message, pmode, ports)  # EBMS:0003
    sight.step = Step.BODY
    check_body(opened.claim)  # EBMS:0003
    sight.step = Step.ANSWERED
    check_answer(user_message, pmode, ports)  # EBMS:0003
    ports.passed("in.7.after_signature")
    sight.step = Step.KEYS
    own = ports.keyring.decryption_keys(security.encryption.certificate, ports.clock.now())
    keys = unwrap_keys(opened.claim, security.encryption, own, named, security.also_allowed)  # EBMS:0103
    ports.passed("in.8.after_keys")
    sight.step = Step.PAYLOADS
    payloads = take_in(package, named, proof, keys, pmode, ports)  # EBMS:0102, 0101, 0303, 0007, 0011
    sight.step = Step.ACCEPTANCE
    return accept(user_message, pmode, proof, payloads, opened, age, sight, ports)  # EBMS:0003


def sole_user_message(messaging: Messaging) -> UserMessage:
    """The user message, which no signal accompanies: nobody agreed on bundling (P2 3)."""
    if messaging.user_message is None:
        raise EbmsError(InvalidHeader, "eb:Messaging holds no message unit")
    if messaging.signal_messages:
        raise EbmsError(
            FeatureNotSupported, "a signal is bundled with a user message; bundling.policy is `never` in every agreement"
        )
    return messaging.user_message


def check_way(pmode: PMode, user_message: UserMessage, sight: Sight) -> None:
    """What is agreed to be pulled was pulled, from this very partner and channel, and nothing else was."""
    asked = sight.asked
    if asked is None and pmode.pulling:
        raise EbmsError(ProcessingModeMismatch, f"{pmode.id}: agreed to be pulled, and it was pushed")
    if asked is None:
        return
    if asked.first_leg:
        check_second_leg(pmode, user_message, asked)
        return
    if pmode.partner != asked.partner or not pmode.pulling:
        raise EbmsError(ProcessingModeMismatch, f"pulled from {asked.partner}, and it is a message of {pmode.id}")
    # spec: C 3.2
    if user_message.mpc != asked.mpc:
        raise EbmsError(ValueInconsistent, f"pulled on MPC {asked.mpc}, and it says {user_message.mpc}")


def check_second_leg(pmode: PMode, user_message: UserMessage, asked: Asked) -> None:
    """What comes back on the HTTP exchange of a message of ours is the partner's answer to that very message."""
    if pmode.partner != asked.partner or not (pmode.sync and pmode.answers):
        raise EbmsError(ProcessingModeMismatch, f"{asked.partner} was asked, and it answers with a message of {pmode.id}")
    ref = user_message.message_info.ref_to_message_id
    # spec: C 2.2.8
    if ref != asked.message_id:
        raise EbmsError(ValueInconsistent, f"the answer to {asked.message_id} says that it answers {ref!r}")


def check_answer(user_message: UserMessage, pmode: PMode, ports: Ports) -> None:
    """The second leg of a two-way exchange answers a message of ours, to this partner, in its conversation (C 2.2.8)."""
    if not pmode.answers:
        return
    ref = user_message.message_info.ref_to_message_id
    if ref is None:
        # spec: ED 3.2.1
        raise EbmsError(ValueInconsistent, f"{pmode.id}: answers {pmode.answers}, and has no RefToMessageId")
    first, info = ports.messages.exchange(ref), user_message.collaboration_info
    asked = first.user_message.collaboration_info if first is not None and first.partner == pmode.partner else None
    if asked is None or (asked.service, asked.action) != (info.service, pmode.answers):
        raise EbmsError(
            ValueInconsistent, f"{pmode.id}: RefToMessageId {ref!r} is no {pmode.answers} that was sent to {pmode.partner}"
        )
    # spec: C 2.2.8
    if asked.conversation_id != info.conversation_id:
        raise EbmsError(
            ValueInconsistent, f"{pmode.id}: ConversationId {info.conversation_id!r} is not {asked.conversation_id!r}"
        )


def check_time(user_message: UserMessage, pmode: PMode, ports: Ports) -> Age:
    """What the message says of its time; a new one is refused beyond what was agreed, where refusing was.

    One that was accepted before gets its receipt, however late it is sent again (INV-5).
    """
    info, agreed, now = user_message.message_info, pmode.leg.time, ports.clock.now()
    age = judge_age(info.timestamp, now, agreed)
    if age.said is not None:
        ports.told_time(pmode.partner, age.said, now)
    if age.flagged and agreed.refuse and ports.messages.received(pmode.partner, info.message_id) is None:
        # spec: C 5.2.2.1; its value is not one that the processing mode allows
        raise EbmsError(ValueInconsistent, age.words)
    return age


def check_body(claim: Claim) -> None:
    """The SOAP Body is empty: every payload is an attachment (ED 3.2.2)."""
    if not claim.body_is_empty:
        # spec: ED 3.2.2
        raise EbmsError(ValueInconsistent, "the SOAP Body is not empty and no PartInfo speaks of it")


def accept(
    user_message: UserMessage,
    pmode: PMode,
    proof: Proof,
    payloads: tuple[AcceptedPayload, ...],
    opened: Opened,
    age: Age,
    sight: Sight,
    ports: Ports,
) -> Answer:
    """Make the receipt, store message and receipt in one transaction, and only then answer; nothing stays behind on failure."""
    accepted = False
    receipt = pmode.leg.security.send_receipt
    later = receipt.by_callback
    try:
        message_id = user_message.message_info.message_id
        content_type, octets = write_receipt(receipt_for(proof, opened), message_id, pmode, ports)
        now = ports.clock.now()
        acceptance = ports.messages.accept_once(
            Accepted(
                user_message=user_message,
                pmode=pmode,
                envelope=sight.root,
                payloads=payloads,
                references=proof.references,
                signer_sha256=proof.signer.sha256 if proof.signer else None,
                receipt=octets,
                receipt_content_type=content_type,
                received_at=now,
                peer=sight.peer,
                fingerprint=fingerprint(proof, payloads, opened.claim),
                receipt_later=later,
                age=age,
                signed=signed_of(proof, ports.keyring, now),
            )
        )
        accepted = not acceptance.duplicate
    except ContentDiffers as problem:
        # INV-6: never overwritten, never delivered, never a new receipt.
        raise EbmsError(ValueInconsistent, f"MessageId seen before with other content: {problem}") from problem
    finally:
        if not accepted:
            for payload in payloads:
                payload.octets.discard()
    answered = later or not receipt.send
    awaited = awaited_of(message_id, pmode, None if answered else acceptance, accepted=accepted)
    if answered:
        # spec: A 2.1.2
        return Answer(202, accepted=accepted, awaited=awaited)
    # spec: A 5.1.8; a duplicate gets the stored receipt octet for octet (INV-5)
    return Answer(200, acceptance.receipt_content_type, acceptance.receipt, accepted=accepted, awaited=awaited)


def awaited_of(message_id: str, pmode: PMode, acceptance: Acceptance | None, *, accepted: bool) -> Awaited | None:
    """What may take the place of the receipt, where the agreement wants the answer on the same HTTP exchange."""
    if not pmode.sync or pmode.answers:
        return None
    owed = None
    if acceptance is not None:
        octets = HeldOctets(acceptance.receipt)
        owed = Owed(pmode.partner, pmode.id, message_id, acceptance.receipt_content_type, octets)
    return Awaited(pmode.id, message_id, pmode.sync if accepted else 0.0, owed)


def receipt_for(proof: Proof, opened: Opened) -> Receipt:
    """A receipt that repeats what was signed; the user message itself where nothing was (A 3.4)."""
    if proof.references:
        return acknowledge(proof.references)
    user_message = next(child for child in opened.element if child.tag == _USER_MESSAGE)
    return Receipt(non_repudiation=None, user_message=canonicalize(user_message))


def fingerprint(proof: Proof, payloads: tuple[AcceptedPayload, ...], claim: Claim) -> str:
    """SHA-256 over what makes two messages the same: every digest as signed, or the octets themselves when nothing is signed."""
    digest = hashlib.sha256()
    for reference in sorted(proof.references, key=lambda r: r.digest):
        digest.update(reference.digest)
    if not proof.references:
        digest.update(claim.messaging)
        for payload in payloads:
            digest.update(payload.octets.sha256.encode())
    return digest.hexdigest()


# -- signals that come as requests of their own ----------------------------------------------------------------------


def receive_signals(opened: Opened, sight: Sight, ports: Ports) -> Answer:
    """Receipts, errors and a PullRequest that were POSTed by themselves."""
    signals = opened.messaging.signal_messages
    sight.step = Step.SIGNAL
    sight.carries_error = any(signal.errors for signal in signals)
    request = next((signal for signal in signals if signal.pull_request), None)
    if request is None:
        return receive_report(opened, sight, ports)
    if len(signals) > 1:
        # spec: A 2.1.1, a receipt may travel with the next PullRequest
        receive_report(opened, sight, ports)
        sight.pmode = None
    return answer_pull(request, opened, sight, ports)


def receive_report(opened: Opened, sight: Sight, ports: Ports) -> Answer:
    """A receipt or error, judged like one on the back-channel, answered with nothing."""
    exchange = exchange_of(opened.messaging, ports)
    pmode = sight.pmode = ports.agreements.get(exchange.pmode_id)
    check_connection(pmode, sight.peer, ports)
    if exchange.state is OutboundState.SUBMITTED:
        raise EbmsError(ValueInconsistent, f"signal about {exchange.message_id!r}, which has not been sent yet")
    verdict = judge_signal(opened, exchange, pmode, ports)
    if verdict.authentic and (said := read_instant(opened.messaging.signal_messages[0].message_info.timestamp)):
        ports.told_time(pmode.partner, said, ports.clock.now())
    event, detail, code = read_verdict(verdict)
    if event is OutboundEvent.ATTEMPT_FAILED:
        # No attempt of ours ends by what somebody posts: an unsigned error or a warning is written down, no more.
        event = OutboundEvent.HINT_RECEIVED
    ports.messages.settle(
        Settlement(
            *(exchange.message_id, event, ports.clock.now(), detail),
            answer=sight.root,
            error_code=code,
            signed=verdict.signed,
            peer=sight.peer,
        )
    )
    # spec: C 2.2.4
    return Answer(202)


def exchange_of(messaging: Messaging, ports: Ports) -> Exchange:
    """The exchange that the first signal speaks of."""
    for signal in messaging.signal_messages:
        if signal.pull_request is not None:
            continue
        ref = signal.message_info.ref_to_message_id or next((e.ref_to_message_in_error for e in signal.errors), None)
        exchange = ports.messages.exchange(ref) if ref else None
        if exchange is not None:
            return exchange
        raise EbmsError(ValueInconsistent, f"signal about {ref!r}: no such message was sent")
    raise EbmsError(InvalidHeader, "eb:Messaging holds no message unit")
