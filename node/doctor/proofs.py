"""Does a third side say the time of what is kept as evidence, and will that still be verified when it is needed?"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from node.doctor.check import Check, Found, NotApplicable, Severity, Who
from node.doctor.facts import Facts, Proven

#: An authority that is asked every hour may be silent for so many hours before somebody is told.
ROUNDS: Final = 3
_AUTHORITY: Final = "node.toml: evidence.time_stamp_authority"


def _asked(facts: Facts) -> Proven:
    if not facts.setting.home.proofs.authorities:
        raise NotApplicable("node.toml names no authority for time ([evidence])")
    return facts.store.proven


def _named(facts: Facts) -> Iterator[Found]:
    if facts.demo:
        raise NotApplicable("this is a demo, whose evidence proves nothing to anybody")
    if not facts.setting.home.proofs.authorities:
        yield Found(_AUTHORITY, "names no authority for time: when something was written is said by this node alone")


def _anchors(facts: Facts) -> Iterator[Found]:
    _asked(facts)
    proofs, certificates = facts.setting.home.proofs, facts.setting.certificates
    anchors = certificates.anchors(proofs.trust or certificates.trust)
    where = "node.toml: evidence.time_stamp_trust" if proofs.trust else "certs/trust"
    if not any(one.is_valid_at(facts.now) for one in anchors):
        yield Found(where, "has no certificate that is valid now and could vouch for an authority for time: no token is believed")


def _stamped(facts: Facts) -> Iterator[Found]:
    proven = _asked(facts)
    if proven.waits_since is None:
        raise NotApplicable("every checkpoint has its time, or there is none yet")
    waited, every = facts.now - proven.waits_since, facts.setting.home.proofs.stamp
    if waited > ROUNDS * every:
        last = f"the last one is of {proven.stamped:%Y-%m-%d %H:%M} UTC" if proven.stamped else "none ever came"
        yield Found(_AUTHORITY, f"has given no time for {_hours(waited)}, and is asked every {_hours(every)}; {last}")


def _renewed(facts: Facts) -> Iterator[Found]:
    proven = _asked(facts)
    if proven.stamped is None:
        raise NotApplicable("no time stamp was ever made")
    if proven.ending:
        many = "the time stamp" if proven.ending == 1 else f"{proven.ending} time stamps"
        proofs = facts.setting.home.proofs
        what = (
            f"{many} over checkpoint {proven.first_ending} and later can be verified until {proven.ends:%Y-%m-%d} at most, "
            f"and none newer stands over them, though less than {proofs.renew_before.days} days are left"
        )
        yield Found("store", what)


def _hours(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours:.0f} hours" if hours >= 2 else f"{hours * 60:.0f} minutes"


CHECKS: Final = (
    Check(
        "proof.authority",
        "An authority for time is named",
        "A court asks whose clock it was. That of one of the two sides proves little.",
        "name one or two that neither side runs: [evidence] time_stamp_authority in node.toml",
        Who.ADMINISTRATOR,
        Severity.INFO,
        _named,
    ),
    Check(
        "proof.anchors",
        "Somebody vouches for the authorities for time",
        "A token is judged before it is kept; without an anchor each is refused.",
        "n2n cert add --trust FILE with the certificate above the authority, and name it in [evidence] time_stamp_trust",
        Who.ADMINISTRATOR,
        Severity.WARNING,
        _anchors,
    ),
    Check(
        "proof.stamped",
        "The newest entries have the time of a third side",
        "What waits for its time has that of this node alone until then.",
        "see the alarms of n2n serve for why; name a second authority: [evidence] time_stamp_authority takes a list",
        Who.OPERATOR,
        Severity.WARNING,
        _stamped,
    ),
    Check(
        "proof.renewed",
        "Time stamps are renewed before they can be verified no longer",
        "A token whose certificate has ended proves no time any more, and cannot be renewed then.",
        "ask the authority for its new certificate's service, or name another authority whose certificate ends later",
        Who.ADMINISTRATOR,
        Severity.WARNING,
        _renewed,
    ),
)
