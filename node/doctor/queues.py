"""Does anything wait longer than it should: to be sent, for its receipt, for the Consumer, or for somebody to look?"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from node.doctor.check import Check, Found, NotApplicable, Severity, Who
from node.doctor.facts import Facts
from node.doctor.times import at
from node.store.condition import Condition

#: What is due for longer waits for something that is broken.
STUCK: Final = timedelta(hours=1)
#: No schedule of ours waits longer for a receipt before it sends again.
NO_RECEIPT: Final = timedelta(days=1)
HELD: Final = timedelta(days=7)
#: Of what may wait for the Consumer.
FULL: Final = 0.8


def _condition(facts: Facts) -> Condition:
    if facts.store.condition is None:
        raise NotApplicable("the store cannot be read, or is not there yet")
    return facts.store.condition


def _since(moment: datetime) -> str:
    return f"since {at(moment)}"


def _stuck(facts: Facts) -> Iterator[Found]:
    due = _condition(facts).oldest_due
    if due is not None and facts.now - due > STUCK:
        yield Found("messages to send", f"the oldest is due {_since(due)}")


def _unreceipted(facts: Facts) -> Iterator[Found]:
    since = _condition(facts).oldest_awaited
    if since is not None and facts.now - since > NO_RECEIPT:
        yield Found("receipts", f"the oldest is awaited {_since(since)}")


def _unposted(facts: Facts) -> Iterator[Found]:
    due = _condition(facts).oldest_signal
    if due is not None and facts.now - due > STUCK:
        yield Found("receipts of ours", f"the oldest is to be posted {_since(due)}")


def _undelivered(facts: Facts) -> Iterator[Found]:
    condition = _condition(facts)
    since, most = condition.oldest_undelivered, facts.setting.home.limits.waiting
    if since is not None and facts.now - since > STUCK:
        yield Found("messages received", f"{condition.undelivered} wait for the Consumer, the oldest {_since(since)}")
    if condition.undelivered > FULL * most:
        yield Found("node.toml: limits.waiting", f"{condition.undelivered} of {most} wait: at {most} partners are answered 503")


def _set_aside(facts: Facts) -> Iterator[Found]:
    for partner, count in _condition(facts).set_aside.items():
        yield Found(f"messages of {partner}", f"{count} were set aside: the Consumer could not be given them")


def _failed(facts: Facts) -> Iterator[Found]:
    for partner, count in _condition(facts).failed.items():
        yield Found(f"messages to {partner}", f"{count} failed in the last seven days")


def _refused(facts: Facts) -> Iterator[Found]:
    for partner, count in _condition(facts).refused.items():
        yield Found(f"messages of {partner}", f"{count} were refused in the last day")


def _held(facts: Facts) -> Iterator[Found]:
    since = _condition(facts).held_back
    if since is not None and facts.now - since > HELD:
        yield Found("messages held back", f"the oldest {_since(since)}")


def _silent(facts: Facts) -> Iterator[Found]:
    for partner, (since, why) in _condition(facts).circuits.items():
        yield Found(partner, f"does not answer {_since(since)}: {why}")


def _quarantine(facts: Facts) -> Iterator[Found]:
    if facts.places.quarantine:
        yield Found("data/quarantine", f"{facts.places.quarantine} files lie there for more than a day")


CHECKS: Final = (
    Check(
        "queues.due",
        "Nothing is due for more than an hour",
        "A message that is due and does not go waits for something that is broken.",
        "n2n message list --state READY, then n2n message show; does n2n serve run?",
        Who.OPERATOR,
        Severity.WARNING,
        _stuck,
    ),
    Check(
        "queues.receipts",
        "No receipt is awaited for more than a day",
        "Without a receipt nobody knows whether the partner has it.",
        "n2n message list --state AWAITING_RECEIPT, and ask the partner",
        Who.PARTNER,
        Severity.WARNING,
        _unreceipted,
    ),
    Check(
        "queues.posted",
        "Receipts that we owe are posted",
        "The partner sends the message again until it has its receipt.",
        "does the partner's address take posts? n2n partner ping",
        Who.OPERATOR,
        Severity.WARNING,
        _unposted,
    ),
    Check(
        "queues.delivered",
        "What was accepted is handed over",
        "A message that lies in the store has reached nobody.",
        "does n2n serve run, and has data/inbox room?",
        Who.OPERATOR,
        Severity.WARNING,
        _undelivered,
    ),
    Check(
        "queues.set-aside",
        "No message is set aside",
        "It was accepted and receipted; only a person brings it further.",
        "n2n message list --in --state DELIVERY_FAILED, mend the cause, n2n message deliver",
        Who.OPERATOR,
        Severity.WARNING,
        _set_aside,
    ),
    Check(
        "queues.failed",
        "No message has failed in the last week",
        "It will not be sent again by itself.",
        "n2n message list --state FAILED, then n2n message resend or cancel",
        Who.OPERATOR,
        Severity.WARNING,
        _failed,
    ),
    Check(
        "queues.refused",
        "No message of a partner was refused in the last day",
        "The partner believes that it sent us something.",
        "n2n message list --refused; n2n explain ID says why",
        Who.OPERATOR,
        Severity.WARNING,
        _refused,
    ),
    Check(
        "queues.held",
        "No message is held back for more than a week",
        "Whoever held it back may have forgotten it.",
        "n2n message release, or cancel",
        Who.OPERATOR,
        Severity.INFO,
        _held,
    ),
    Check(
        "queues.circuits",
        "Every partner answers",
        "While a partner does not, its messages wait.",
        "n2n doctor --online, and telephone the partner",
        Who.PARTNER,
        Severity.WARNING,
        _silent,
    ),
    Check(
        "queues.quarantine",
        "The quarantine is empty of what is old",
        "What lies there belongs to no message: a process died while it was received.",
        "n2n serve sweeps it when it starts",
        Who.ADMINISTRATOR,
        Severity.INFO,
        _quarantine,
    ),
)
