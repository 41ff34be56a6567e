"""Signals that are posted by themselves: receipts and errors by callback, and about pulled messages."""

from datetime import timedelta
from typing import Final

from node.msh.outbound import asked_patience
from node.msh.ports import HttpAnswer, Outgoing, Owed, Ports, TransportError
from node.msh.schedule import Schedule

#: Waits between attempts; a partner that wants the receipt resends the message, which makes it due at once.
WAITS: Final = Schedule(base=timedelta(seconds=5), cap=timedelta(hours=1), jitter=True)
#: After so long without success nothing more is tried until the message comes again.
PATIENCE: Final = timedelta(days=31)


def outgoing_signal(owed: Owed, ports: Ports) -> Outgoing:
    """The HTTP request of an owed signal. Raises KeyError where its agreement is gone, LookupError where it has no address."""
    pmode = ports.agreements.get(owed.pmode_id)
    leg = pmode.leg
    # spec: C D.3.4, C D.3.6
    url = leg.error_handling.receiver_errors_to if owed.is_error else leg.security.send_receipt.reply_to
    if not url:
        raise LookupError(f"{owed.pmode_id}: no address for {'errors' if owed.is_error else 'receipts'}")
    return Outgoing(
        message_id=owed.about,
        partner=owed.partner,
        url=url,
        content_type=owed.content_type,
        body=(owed.octets,),
        connect_timeout=leg.limits.connect_timeout,
        read_timeout=leg.limits.read_timeout,
        pmode_id=pmode.id,
    )


def settle_signal(owed: Owed, outcome: HttpAnswer | TransportError, ports: Ports) -> str:
    """Write down what one attempt brought, and when the next is due; empty where the partner has taken it, else why not."""
    now = ports.waiting.now()
    why = problem(outcome)
    if not why:
        ports.messages.posted(owed, None, "posted")
        return ""
    patience = asked_patience(outcome if isinstance(outcome, HttpAnswer) else None)
    wait = max(WAITS.wait(owed.attempts + 1, ports.chance()), min(patience, WAITS.cap))
    ends = owed.since is not None and now + wait > owed.since + PATIENCE
    ports.messages.posted(owed, None if ends else now + wait, why)
    return why


def problem(outcome: HttpAnswer | TransportError) -> str:
    """Why a signal counts as not taken; empty where it counts as taken."""
    if isinstance(outcome, TransportError):
        return str(outcome)
    # spec: C 2.2.4; nothing answers a signal, and what is said all the same changes nothing
    return "" if 200 <= outcome.status < 300 else f"HTTP {outcome.status}"
