"""Two-way exchanges on one connection (sync): the answer goes back, or comes, as the HTTP response of the message that it answers (C 2.2.8)."""

from dataclasses import replace

from node.ebms.errors import EbmsError, SoapFault
from node.ebms.pmode import PMode
from node.ebms.states import OutboundEvent, OutboundState
from node.mime.package import Package
from node.msh.inbound import receive_user_message
from node.msh.next_action import second_leg_of
from node.msh.opening import Opened, open_message
from node.msh.outbound import Reading, settle
from node.msh.ports import Answer, Awaited, HttpAnswer, Outgoing, Peer, Ports, TransportError
from node.msh.pull import next_message
from node.msh.refusals import Asked, Sight, refuse

# -- whoever was asked -----------------------------------------------------------------------------------------------


def take_second_leg(awaited: Awaited, ports: Ports) -> Answer | None:
    """The answer to a request, if it is there, as the HTTP response; the receipt of the request is then owed. None while there is none.

    Nobody else is given this answer until its own receipt is overdue; then it is pushed.
    """
    pmode = ports.agreements.get(awaited.pmode_id)
    exchange = next_message(pmode, second_leg_of(awaited.message_id), ports)
    if exchange is None:
        return None
    if awaited.receipt is not None:
        # A crash before this line is harmless: without a receipt the request comes again, and gets the stored one.
        ports.messages.owe(awaited.receipt, ports.clock.now(), ports.waiting.now())
    # spec: C 2.2.8; the frozen octets
    return Answer(200, exchange.content_type, body=exchange.wire)


# -- whoever asked ---------------------------------------------------------------------------------------------------


def settle_first_leg(
    sent: Outgoing, answer: HttpAnswer | TransportError, address: str, ports: Ports
) -> tuple[OutboundState, bool]:
    """Record what one attempt brought, and whether a message was accepted that came with it.

    A message is durable before the attempt is over: after a crash in between the request goes out again, and what comes twice is known.
    """
    pmode = ports.agreements.get(sent.pmode_id)
    reading, accepted = None, False
    if pmode.sync and not pmode.answers and isinstance(answer, HttpAnswer):
        reading, accepted = read_second_leg(sent, pmode, answer, address, ports)
    return settle(sent, answer, ports, reading), accepted


def read_second_leg(sent: Outgoing, pmode: PMode, answer: HttpAnswer, address: str, ports: Ports) -> tuple[Reading | None, bool]:
    """What the answer means for the request where it is a user message; None where it is none, and is read like any other.

    Raises StorageUnavailable: nothing was accepted then.
    """
    asked = Asked(sent.message_id, pmode.partner, pmode.leg.business_info.mpc, first_leg=True)
    sight = Sight(replace(answer.peer, called=True) if answer.peer else Peer(address, called=True), asked=asked)
    try:
        package = Package.open(answer.content_type or "", sight.counted((answer.octets,)))
        sight.root = package.root.octets
        opened = open_message(package.root.octets, package.root.media_type, sight.message_seen)
    except (EbmsError, SoapFault):
        return None, False
    if opened.messaging.user_message is None:
        return None, False
    return take_answer(opened, package, pmode, answer.status, sight, ports)


def take_answer(opened: Opened, package: Package, pmode: PMode, status: int, sight: Sight, ports: Ports) -> tuple[Reading, bool]:
    """Take the message in as if it had been pushed; nothing is believed of it that would not be believed then."""
    try:
        taken = receive_user_message(opened, package, sight, ports)
    except EbmsError as error:
        refuse(error, sight, ports)
        detail = f"HTTP {status}: answer not accepted: {error.detail}"
        return Reading(OutboundEvent.ATTEMPT_FAILED, detail, error.definition.code), False
    said = f"HTTP {status} with the answer {sight.message_id}"
    # spec: A 3.4; an answer is no receipt
    if pmode.leg.security.send_receipt.send:
        return Reading(OutboundEvent.TAKEN, f"{said}; the receipt comes by callback"), taken.accepted
    return Reading(OutboundEvent.TAKEN_NO_RECEIPT_OWED, f"{said}; no receipt is agreed"), taken.accepted
