"""Certificates that both sides agreed to replace by message: what they do to an agreement, whoever wrote that. Source: decision 23."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from node.agreements.agreement import Agreement
from node.agreements.pmodes import pmodes_of
from node.agreements.window import retry_horizon
from node.security.certificates import Certificate
from node.security.period import ALWAYS, Period

#: So long before its time a new certificate is accepted, since clocks need not agree.
CLOCKS: Final = timedelta(minutes=5)
_NEVER: Final = Period(until=datetime.min.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Replacement:
    """In place of one certificate of a partner another one, from a time."""

    partner: str
    old: Certificate
    new: Certificate
    #: What came along above the new one.
    chain: tuple[Certificate, ...]
    since: datetime
    #: The beginning of the names of the new certificate, which no file can have.
    name: str
    #: For how long the partner's messages of before may be new to us, beside what it may send again.
    keep: timedelta

    def named(self, purpose: str) -> str:
        """The name of the new certificate for a purpose."""
        return f"{self.name}-{purpose}"


def replaced(agreement: Agreement, replacements: Iterable[Replacement], known: Mapping[str, Certificate]) -> Agreement:
    """The agreement with every replacement that concerns it; `known` are the partners' certificates by name, the new ones among them."""
    for one in replacements:
        if one.partner == agreement.partner:
            agreement = _replaced(agreement, one, known)
    return agreement


def _replaced(agreement: Agreement, one: Replacement, known: Mapping[str, Certificate]) -> Agreement:
    agreed = agreement.certificates
    named, periods = dict(agreed.named()), dict(agreed.periods)
    ends = one.since + longest_resend(agreement) + one.keep
    for purpose, names in agreed.named().items():
        old = [name for name in names if name in known and known[name] == one.old]
        if not old:
            continue
        for name in old:
            periods[name] = _until(agreed.periods.get(name, ALWAYS), ends)
        new = one.named(purpose)
        named[purpose] = (*names, new)
        # Nobody encrypts to a key before its time; what is signed with it a moment early is taken.
        periods[new] = (Period(since=one.since if purpose == "encrypt" else one.since - CLOCKS),)
    return replace(
        agreement, certificates=replace(agreed, sign=named["sign"], encrypt=named["encrypt"], tls=named["tls"], periods=periods)
    )


def longest_resend(agreement: Agreement) -> timedelta:
    """For how long the partner may send a message again."""
    horizons = (retry_horizon(one.leg.reception_awareness) for one in pmodes_of(agreement) if one.inbound)
    return max(horizons, default=timedelta(0))


def _until(periods: Sequence[Period], end: datetime) -> tuple[Period, ...]:
    """What of these lies before an instant; a window that ends earlier stays as it is."""
    cut = (
        Period(one.since, end if one.until is None else min(one.until, end))
        for one in periods
        if one.since is None or one.since < end
    )
    return tuple(cut) or (_NEVER,)
