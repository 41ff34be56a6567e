"""Pulling: a PullRequest to a partner, and what its answer brings; a message is taken in as if it had been pushed."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from node.ebms.errors import EbmsError, EmptyMessagePartitionChannel, InvalidHeader, SoapFault
from node.ebms.message import MessageInfo, PullRequest, SignalMessage
from node.ebms.pmode import PMode
from node.mime.package import Package
from node.msh.inbound import receive_user_message
from node.msh.octets import HeldOctets
from node.msh.opening import Opened, open_message
from node.msh.ports import Outgoing, Peer, Ports, StorageUnavailable
from node.msh.refusals import Asked, Sight, record, refuse
from node.msh.signals import is_about, write_signal
from node.msh.submit import timestamp
from node.security.username_token import NONCE, pull_header


class Brought(StrEnum):
    """What one PullRequest brought."""

    #: A message, which is now durable here; its receipt is owed where one is agreed.
    MESSAGE = "message"
    NOTHING = "nothing"
    #: An answer that is of no use; the reason is in the log of refusals.
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one PullRequest brought, in words too; `accepted` is false for a message that was here before."""

    brought: Brought
    detail: str = ""
    accepted: bool = False


def pull_request(pmode: PMode, ports: Ports) -> Outgoing:
    """A PullRequest for the channel of an inbound P-Mode: signed, or with a username token, as agreed.

    Raises LookupError for a key that is not there.
    """
    mpc, pulling = pmode.leg.business_info.mpc, pmode.pulling
    # spec: C 5.2.3.1
    info = MessageInfo(timestamp(ports.clock.now()), f"{ports.identifiers.unique()}@{ports.host}")
    token = b""
    if pulling is not None and pulling.username is not None:
        password = ports.keyring.password(pulling.password or "")
        if password is None:
            raise LookupError(f"{pmode.partner}: no password is called {pulling.password!r}")
        nonce = ports.identifiers.unique().encode()[-2 * NONCE :]
        token = pull_header(
            *(pulling.username, password, nonce, info.timestamp),
            digest=pulling.digest,
            soap_version=pmode.leg.protocol.soap_version,
        )
    content_type, octets = write_signal(SignalMessage(info, pull_request=PullRequest(mpc)), pmode, ports, before=token)
    limits = pmode.leg.limits
    return Outgoing(
        message_id=info.message_id,
        partner=pmode.partner,
        # The receipt goes to the same address (ED 4.5.3), unless another is agreed for it.
        url=pmode.leg.protocol.address or "",
        content_type=content_type,
        body=(HeldOctets(octets),),
        connect_timeout=limits.connect_timeout,
        read_timeout=limits.read_timeout,
        pmode_id=pmode.id,
    )


def take_pulled(
    request: Outgoing, status: int, content_type: str | None, chunks: Iterable[bytes | memoryview], address: str, ports: Ports
) -> Pulled:
    """Take in the answer to a PullRequest of ours; nothing is believed of it that would not be believed of a push.

    Raises whatever `chunks` raises.
    """
    pmode = ports.agreements.get(request.pmode_id)
    asked = Asked(request.message_id, request.partner, pmode.leg.business_info.mpc)
    sight = Sight(Peer(address, called=True), asked=asked)
    try:
        package = Package.open(content_type or "", sight.counted(chunks))
        sight.root = package.root.octets
        opened = open_message(package.root.octets, package.root.media_type, sight.message_seen)
        if opened.messaging.user_message is None:
            sight.carries_error = True
            return read_report(opened, asked)
        answer = receive_user_message(opened, package, sight, ports)
    except EbmsError as error:
        # spec: ED 4.5.3; where nothing fits the message, the channel's agreement says where errors go
        sight.pmode = sight.pmode or pmode
        refuse(error, sight, ports)
        return Pulled(Brought.TROUBLE, f"HTTP {status}: {error}")
    except SoapFault as fault:
        record(f"SOAP:{fault.code}", fault.detail, sight, ports, None)
        return Pulled(Brought.TROUBLE, f"HTTP {status}: no ebMS answer: {fault.detail}")
    except StorageUnavailable as error:
        # Nothing was accepted, so nothing is receipted, and the partner offers it again.
        return Pulled(Brought.TROUBLE, str(error))
    return Pulled(Brought.MESSAGE, sight.message_id or "", accepted=answer.accepted)


def read_report(opened: Opened, asked: Asked) -> Pulled:
    """What the partner says instead of a message: that there is none, or why we get none."""
    about = [signal for signal in opened.messaging.signal_messages if is_about(signal, asked.message_id)]
    errors = [error for signal in about or opened.messaging.signal_messages for error in signal.errors]
    if not errors:
        raise EbmsError(InvalidHeader, "the answer to a PullRequest holds neither a user message nor an error")
    # spec: C 6.7.1; whoever forges it only lets the message wait for the next look
    if any(error.code == EmptyMessagePartitionChannel.code for error in errors):
        return Pulled(Brought.NOTHING)
    told = "; ".join(" ".join(filter(None, (error.code, error.short_description, error.error_detail))) for error in errors)
    return Pulled(Brought.TROUBLE, f"{asked.partner} refuses: {told}")
