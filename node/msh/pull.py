"""Answering a PullRequest: whoever may pull gets the oldest message of the channel; nobody else learns whether there is one, or a channel."""

from node.ebms.errors import EbmsError, EmptyMessagePartitionChannel, FailedAuthentication
from node.ebms.message import MessageInfo, SignalMessage
from node.ebms.namespaces import DEFAULT_MPC
from node.ebms.pmode import PMode, Pulling
from node.msh.age import read_instant
from node.msh.connection import check_connection
from node.msh.opening import Opened
from node.msh.packaging import package
from node.msh.ports import Answer, Exchange, Peer, Ports, SubmissionError
from node.msh.refusals import Sight
from node.msh.schedule import schedule_of
from node.msh.seen import CLOCKS_APART
from node.msh.signals import accepted_signers, write_error
from node.security.username_token import check_password
from node.security.verify import verify_signature

#: Messages that one answer packages at most while it looks for one that can be sent.
FROZEN_AT_ONCE = 16


def answer_pull(request: SignalMessage, opened: Opened, sight: Sight, ports: Ports) -> Answer:
    """The oldest message of the channel as the HTTP response, or EBMS:0006.

    Raises EbmsError FailedAuthentication, and no other, for an unknown channel and for whoever may not pull from it.
    """
    mpc = request.pull_request.mpc if request.pull_request else DEFAULT_MPC
    sight.message_id = request.message_info.message_id
    pmode = entitled(mpc, request.message_info, opened, sight.peer, ports)
    exchange = next_message(pmode, mpc, ports)
    if exchange is None:
        # spec: C 3.2, C 6.7.1
        nothing = EbmsError(EmptyMessagePartitionChannel, mpc, ref_to_message_id=request.message_info.message_id)
        content_type, octets = write_error(nothing, pmode, ports, sight.soap_version)
        return Answer(200, content_type, octets)
    # spec: C 2.2.6; the frozen octets, at each pull the same
    return Answer(200, exchange.content_type, body=exchange.wire)


# -- who may pull ----------------------------------------------------------------------------------------------------


def entitled(mpc: str, info: MessageInfo, opened: Opened, peer: Peer, ports: Ports) -> PMode:
    """A P-Mode of the partner that asks, proven and for the first time. Raises EbmsError FailedAuthentication."""
    reasons: list[str] = []
    for pmode in {one.partner: one for one in ports.agreements.offered(mpc)}.values():
        try:
            authorise(pmode, opened, peer, ports)
            check_new(pmode, info, opened, ports)
        except EbmsError as error:
            reasons.append(f"{pmode.partner}: {error.detail}")
        else:
            return pmode
    # spec: C 3.4; one answer, whatever the reason
    raise EbmsError(FailedAuthentication, f"PullRequest for {mpc}: {'; '.join(reasons) or 'no agreement has this channel'}")


def authorise(pmode: PMode, opened: Opened, peer: Peer, ports: Ports) -> None:
    """The request is this partner's: by its username token, its signature, or its TLS certificate, as agreed. Raises EbmsError."""
    check_connection(pmode, peer, ports)
    pulling, policy = pmode.pulling or Pulling(), pmode.leg.security.signal_signature
    if pulling.username is not None:
        # spec: C 7.10.1
        password = ports.keyring.password(pulling.password or "")
        check_password(opened.pull_token, pulling.username, password, digest=pulling.digest)
    elif not policy.sign and not ports.agreements.tls_certificates(pmode.partner):
        raise EbmsError(FailedAuthentication, "nothing is agreed that would prove who asks")
    # spec: A 2.1.1, a token may stand alone; whatever is signed must be right
    if opened.claim.signature is not None or (policy.sign and pulling.username is None):
        verify_signature(opened.claim, policy, accepted_signers(policy, ports), (), pmode.leg.security.also_allowed)


def check_new(pmode: PMode, info: MessageInfo, opened: Opened, ports: Ports) -> None:
    """The proof was made just now and is seen for the first time. Raises EbmsError FailedAuthentication."""
    token, now = opened.pull_token, ports.clock.now()
    marks = []
    if opened.claim.signature is not None:
        marks.append(("eb:Timestamp", info.timestamp, info.message_id))
    if pmode.pulling and pmode.pulling.username is not None and pmode.pulling.digest and token is not None:
        marks.append(("wsu:Created", token.created or "", token.nonce.hex()))
    for name, said, mark in marks:
        made = read_instant(said)
        if made is not None:
            ports.told_time(pmode.partner, made, now)
        if made is None or abs(now - made) > CLOCKS_APART:
            raise EbmsError(
                FailedAuthentication, f"{name} {said[:40]!r}: more than {CLOCKS_APART} from our clock, {now.isoformat()}"
            )
        # spec: C 7.11.3
        if not ports.first_seen(f"{pmode.partner} {mark}", now):
            raise EbmsError(FailedAuthentication, f"{name} {said[:40]!r}: the same request was answered before")


# -- what is pulled --------------------------------------------------------------------------------------------------


def next_message(pmode: PMode, mpc: str, ports: Ports) -> Exchange | None:
    """The oldest message that waits on the channel, nobody else's until its receipt is overdue; packaged here if it is not yet."""
    found = claim(pmode, mpc, ports)
    if found is not None:
        return found
    for exchange in ports.messages.unfrozen(pmode.partner, mpc, FROZEN_AT_ONCE):
        # Somebody else may have packaged it meanwhile, and taken it.
        freeze(exchange, ports)
        if (found := claim(pmode, mpc, ports)) is not None:
            return found
    return None


def claim(pmode: PMode, mpc: str, ports: Ports) -> Exchange | None:
    """One transaction: an attempt begins and is over, and the receipt is awaited."""
    schedule, now = schedule_of(pmode.leg.reception_awareness), ports.waiting.now()
    receipt_by, _ = ports.calendar_of(pmode.partner).after(now, schedule.receipt)
    return ports.messages.claim_pulled(pmode.partner, mpc, ports.clock.now(), now, receipt_by)


def freeze(exchange: Exchange, ports: Ports) -> bool:
    """Package a message that is to be pulled; False where that is not possible now, or somebody else was faster."""
    try:
        packaged = package(exchange, ports.agreements.get(exchange.pmode_id), ports)
    except (SubmissionError, KeyError) as error:
        why = str(error) if isinstance(error, SubmissionError) else f"no agreement has {exchange.pmode_id} any more"
        ports.messages.explain(exchange.message_id, f"cannot be packaged: {why}")
        return False
    return ports.messages.freeze(packaged, ports.clock.now())
