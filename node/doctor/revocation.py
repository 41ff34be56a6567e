"""Does somebody vouch that the partners' certificates were not taken back, until when, and does the next word come by itself?"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from node.doctor.check import Check, Found, NotApplicable, Severity, Who
from node.doctor.facts import Facts
from node.doctor.own_keys import uses
from node.doctor.times import at
from node.security.path_policy import Demand
from node.vouching import Standing

#: An address that failed less often is asked again in a moment, and may have been busy.
PASSING: Final = 3


def _asked(facts: Facts) -> Sequence[Standing]:
    if not facts.setting.agreements.partners():
        raise NotApplicable("nothing is agreed with anybody yet")
    if facts.revocations_trouble:
        raise NotApplicable("data/revocations cannot be read")
    if not facts.standings:
        raise NotApplicable("no agreement demands that authorities vouch, and no list was ever waited for")
    return facts.standings


def _place(one: Standing) -> str:
    return f"certs/partners/{', '.join(one.names)}"


def _then(one: Standing, now: datetime) -> str:
    """What becomes of messages when nothing newer comes."""
    if one.refused_from is None:
        return "it is accepted all the same"
    begins = (
        f" from {at(one.refused_from)} on" if one.refused_from > now else f" since {at(one.refused_from)}" if one.until else ""
    )
    return f"what {one.partner} signs or we encrypt with it is refused{begins} (revocation {one.rule.demand.value})"


def _remedy(facts: Facts, one: Standing) -> str:
    """How the next list comes: whoever can be reached is asked again by itself."""
    if not facts.setting.home.revocation.fetch:
        return "n2n cert add-crl FILE with the authority's newest list, or fetch = true under [revocation] of node.toml"
    if one.failing:
        return f"see why {one.failing[0].url} brings nothing (n2n cert revocations), or bring the list: n2n cert add-crl FILE"
    if one.is_renewed:
        return f"ask {one.authority} why it publishes nothing newer, or bring the list: n2n cert add-crl FILE"
    if facts.serving.locked:
        return "n2n cert add-crl FILE with the authority's newest list, each time before the last one ends"
    return "start n2n serve, which fetches from the addresses that certificates name; where none is named: n2n cert add-crl FILE"


def _revoked(facts: Facts) -> Iterator[Found]:
    for one in _asked(facts):
        if one.state == "revoked":
            yield Found(_place(one), f"{one.partner} uses it, and {one.authority} has taken it back: {one.why}")


def _vouched(facts: Facts) -> Iterator[Found]:
    if facts.revocations_trouble:
        what = f"cannot be read: {facts.revocations_trouble}; no message of anybody is judged without it"
        yield Found("data/revocations", what, "look at the disk, the owner and the mode of data/revocations")
        return
    for one in _asked(facts):
        if one.state == "unknown" and one.is_refused(facts.now):
            what = f"nobody vouches for it: {one.why}; {_then(one, facts.now)}"
            yield Found(_place(one), what, _remedy(facts, one))


def _grace(facts: Facts) -> Iterator[Found]:
    for one in _asked(facts):
        if one.state == "unknown" and one.refused_from is not None and not one.is_refused(facts.now):
            yield Found(_place(one), f"nobody vouches for it: {one.why}; {_then(one, facts.now)}", _remedy(facts, one))


def _ends(facts: Facts) -> Iterator[Found]:
    for one in _asked(facts):
        # Where asking fails, that is what there is to tell.
        if one.is_late(facts.now) and not one.failing and one.until is not None:
            severity = None if one.rule.demand is Demand.HARD else Severity.INFO
            what = f"what {one.authority} said holds until {at(one.until)}, and nothing newer has come; {_then(one, facts.now)}"
            yield Found(_place(one), what, _remedy(facts, one), severity)


def _fetched(facts: Facts) -> Iterator[Found]:
    if not facts.setting.home.revocation.fetch:
        raise NotApplicable("node.toml says that nothing is fetched ([revocation] fetch = false)")
    for one in _asked(facts):
        for place in one.failing:
            times = "once" if place.failures == 1 else f"{place.failures} times in a row"
            last = f"it last brought something on {at(place.fetched)}" if place.fetched else "it never brought anything"
            then = "another address brings it" if one.is_renewed else _then(one, facts.now)
            what = f"failed {times} ({place.problem}), {last}; {_place(one)} depends on it: {then}"
            passing = place.failures < PASSING and not one.is_late(facts.now) and one.state == "good"
            harmless = one.is_renewed or one.refused_from is None or passing
            yield Found(place.url, what, severity=Severity.INFO if harmless else None)


def _ours(facts: Facts) -> Iterator[Found]:
    if facts.own_taken_back is None:
        raise NotApplicable("no revocation list lies here")
    # Keys of before may lie there for long, and nobody is shown them.
    names = {*uses(facts), *(one.name for one in facts.setting.own.following)}
    for name, why in facts.own_taken_back.items():
        if name in names:
            yield Found(f"certs/own/{name}", f"{why}: partners refuse what we sign with it, or do not call us")


CHECKS: Final = (
    Check(
        "revocation.revoked",
        "No certificate of a partner that an agreement names was taken back",
        "Whatever its policy says, the partner is refused from the first message on.",
        "ask the partner for its new certificate by another way than a message, and compare the fingerprint",
        Who.PARTNER,
        Severity.CONFIG,
        _revoked,
    ),
    Check(
        "revocation.vouched",
        "For each certificate of a partner somebody vouches who is to do so by its policy",
        "Under hard, or when the grace of soft is over, the partner's messages are refused and ours are not encrypted to it.",
        "n2n cert revocations shows what lies here; n2n cert add-crl FILE brings a list",
        Who.OPERATOR,
        Severity.CONFIG,
        _vouched,
    ),
    Check(
        "revocation.grace",
        "No certificate of a partner is accepted only by the grace of its policy",
        "Under soft a partner goes on for a while though nobody vouches, and is then refused from one message to the next.",
        "n2n cert revocations shows what lies here; n2n cert add-crl FILE brings a list",
        Who.OPERATOR,
        Severity.WARNING,
        _grace,
    ),
    Check(
        "revocation.ends",
        "What authorities said does not end before its successor is here",
        "A list that ends in silence refuses a partner that has done nothing wrong.",
        "n2n cert add-crl FILE with the authority's newest list",
        Who.OPERATOR,
        Severity.WARNING,
        _ends,
    ),
    Check(
        "revocation.fetched",
        "Every address of revocation lists and OCSP brought something when it was asked last",
        "What cannot be fetched for some days is missed when the list at hand ends.",
        "see whether this machine may call it (allow_private under [revocation]); else bring the list: n2n cert add-crl FILE",
        Who.ADMINISTRATOR,
        Severity.WARNING,
        _fetched,
    ),
    Check(
        "revocation.ours",
        "None of our own certificates was taken back, as far as lists here say",
        "Partners that read the same list refuse what we sign.",
        "make a new key, have it certified and change to it: docs/howto/change-a-key.md",
        Who.ADMINISTRATOR,
        Severity.CONFIG,
        _ours,
    ),
)
