"""From when until when something counts, such as a certificate by agreement, whatever the certificate itself says of its validity."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from node.security.certificates import Certificate


@dataclass(frozen=True, slots=True)
class Period:
    """One span of time; an end that is None is open. It begins at `since` and is over at `until`."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether the instant lies in it."""
        return (self.since is None or self.since <= now) and (self.until is None or now < self.until)

    def instants(self) -> list[datetime]:
        """Its ends."""
        return [one for one in (self.since, self.until) if one is not None]

    def __str__(self) -> str:
        since = f"from {self.since:%Y-%m-%d %H:%M %Z}" if self.since else ""
        until = f"until {self.until:%Y-%m-%d %H:%M %Z}" if self.until else ""
        return " ".join(filter(None, (since, until))) or "always"


ALWAYS = (Period(),)


def in_force(periods: Sequence[Period], now: datetime) -> Period | None:
    """The one that holds now and began last; None where none does."""
    holding = [one for one in periods if one.holds(now)]
    return max(holding, key=since_of, default=None)


def since_of(period: Period) -> float:
    """When it began, as a number to sort by; before everything where it has no beginning."""
    return period.since.timestamp() if period.since else float("-inf")


def of_certificate(certificate: Certificate) -> Period:
    """The validity of a certificate itself; its last second is part of it, to the whole second."""
    parsed = certificate.x509
    return Period(parsed.not_valid_before_utc, parsed.not_valid_after_utc)


def gaps(spans: Iterable[Period], now: datetime) -> list[Period]:
    """The times from now on in which none of these spans holds, up to the end of the last; without an end there is no gap after the last."""
    found: list[Period] = []
    covered: datetime | None = now
    for one in sorted(spans, key=since_of):
        if covered is None:
            break
        if one.until is not None and one.until <= covered:
            continue
        if one.since is not None and one.since > covered:
            found.append(Period(covered, one.since))
        covered = one.until
    return found
