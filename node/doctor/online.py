"""Partners' addresses: do they answer, by which TLS, with which certificate, how fast, and does their clock agree with ours?"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from node.doctor.check import Check, Found, NotApplicable, Severity, Who
from node.doctor.facts import Facts, Reached
from node.doctor.times import at, days
from node.keyring.forecast import ALARMS

#: A partner that takes longer for a connection will time out under load.
SLOW: Final = 5.0
#: Timestamps and certificates stand a little; more is a clock that nobody keeps right.
APART: Final = timedelta(seconds=60)


def _asked(facts: Facts) -> Iterator[tuple[str, str, Reached]]:
    """Place, partner's name, and what its address answered."""
    if facts.online is None:
        raise NotApplicable("nobody was asked: n2n doctor --online")
    if not facts.online:
        raise NotApplicable("no partner has an address")
    for name, one in facts.online.items():
        yield f"partners/{name}/agreement.toml: partner.url", name, one


def _name(facts: Facts) -> Iterator[Found]:
    yield from _failed_at(facts, "name")


def _tcp(facts: Facts) -> Iterator[Found]:
    yield from _failed_at(facts, "tcp")


def _tls(facts: Facts) -> Iterator[Found]:
    yield from _failed_at(facts, "tls")


def _failed_at(facts: Facts, step: str) -> Iterator[Found]:
    for place, _, one in _asked(facts):
        if one.step == step:
            yield Found(place, one.trouble)


def _ends(facts: Facts) -> Iterator[Found]:
    for place, name, one in _asked(facts):
        if one.until is None or facts.demo:
            continue
        left = one.until - facts.now
        if left < timedelta(days=ALARMS[2]):
            yield Found(place, f"the certificate that {name} shows ends on {at(one.until)}, in {days(left)}")


def _strangers(facts: Facts) -> Iterator[Found]:
    for place, name, one in _asked(facts):
        if one.lets_anybody_in:
            yield Found(place, f"{name} lets callers in who show no certificate")


def _slow(facts: Facts) -> Iterator[Found]:
    for place, _, one in _asked(facts):
        if not one.trouble and one.seconds > SLOW:
            yield Found(place, f"took {one.seconds:.1f} s to answer")


def _clock(facts: Facts) -> Iterator[Found]:
    for place, name, one in _asked(facts):
        if one.clock is not None and abs(one.clock) > APART:
            yield Found(place, f"the clock of {name} is {one.clock.total_seconds():+.0f} s from ours")


def _pinged(facts: Facts) -> Iterator[Found]:
    told = [(place, one) for place, _, one in _asked(facts) if one.ping]
    if not told:
        raise NotApplicable("no test message was wanted: n2n doctor --online --ping")
    for place, one in told:
        if one.ping != "answered":
            yield Found(place, one.ping)


CHECKS: Final = (
    Check(
        "online.name",
        "Names of partners' addresses are known",
        "A name that nobody knows cannot be called.",
        "ask the partner for its address; look at the machine's resolver",
        Who.PARTNER,
        Severity.WARNING,
        _name,
    ),
    Check(
        "online.connection",
        "Partners' addresses take a connection",
        "A port that is closed, or a firewall between, is the commonest reason why nothing goes.",
        "let the firewall pass it; ask the partner whether its node runs",
        Who.ADMINISTRATOR,
        Severity.WARNING,
        _tcp,
    ),
    Check(
        "online.tls",
        "TLS with each partner holds: version, way to an anchor, name, our certificate",
        "Without it nothing travels.",
        "the reason says whose certificate it is; n2n cert list",
        Who.OPERATOR,
        Severity.WARNING,
        _tls,
    ),
    Check(
        "online.ends",
        f"Certificates that partners show hold for {ALARMS[2]} days more",
        "A server certificate that ends stops everything at once.",
        "ask the partner when it will be renewed",
        Who.PARTNER,
        Severity.WARNING,
        _ends,
    ),
    Check(
        "online.strangers",
        "Partners ask callers for a certificate",
        "An address that lets anybody in is open to whoever wants to try.",
        "tell the partner",
        Who.PARTNER,
        Severity.INFO,
        _strangers,
    ),
    Check(
        "online.time",
        f"Partners answer within {SLOW:.0f} seconds",
        "What is slow for one connection times out under load.",
        "ask the partner; leg.x.http.connect_timeout",
        Who.PARTNER,
        Severity.WARNING,
        _slow,
    ),
    Check(
        "online.clock",
        f"Partners' clocks are less than {APART.seconds} seconds from ours",
        "Certificates and timestamps are judged by both clocks.",
        "compare both with a third one",
        Who.PARTNER,
        Severity.WARNING,
        _clock,
    ),
    Check(
        "online.ping",
        "Partners answer a test message with a receipt",
        "It proves address, TLS, agreement, keys and store of both sides at once.",
        "n2n partner ping NAME says more",
        Who.OPERATOR,
        Severity.WARNING,
        _pinged,
    ),
)
