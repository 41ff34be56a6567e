"""Updates of certificates by message, and switches of our own keys: who waits for whom, what expires, what takes effect, and which partner does not take part?"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from node.doctor.check import Check, Found, NotApplicable, Severity, Who
from node.doctor.facts import Facts
from node.doctor.times import at, days
from node.keyring.forecast import TOLD_AFTER
from node.store.updates import DUE, KeptUpdate
from node.switching import CALLED, Knowing, Switch, switches_of
from node.updates.states import UpdateState
from node.updates.update import SERVICE
from node.updating import subjects_of

#: What comes or ends so soon is told.
SOON: Final = timedelta(days=7)
#: What is owed goes out within seconds.
AT_ONCE: Final = timedelta(minutes=10)
_ENDED: Final = (UpdateState.REJECTED, UpdateState.EXPIRED)


def _updates(facts: Facts) -> Sequence[KeptUpdate]:
    if not facts.store.pending.updates:
        raise NotApplicable("nobody has asked for an update by message")
    return facts.store.pending.updates


def _place(one: KeptUpdate) -> str:
    return f"update {one.id} {'to' if one.is_ours else 'of'} {one.partner}"


def _answered(facts: Facts) -> Iterator[Found]:
    for one in _updates(facts):
        begins = one.asked.activate_by
        about = "; ".join(subjects_of(one))
        if one.is_ours:
            continue
        if one.state is UpdateState.PROPOSED:
            names = ", ".join(facts.store.pending.compared.get(one.id, ()))
            waits = f"a second person ({names} has accepted it)" if names else "two people here"
            until = f", until {at(one.ends_at)}" if one.ends_at else ""
            yield Found(
                _place(one), f"waits for {waits}{until}: {about}", f"n2n partner update-accept {one.id}, or update-reject"
            )
        elif one.state is UpdateState.EXPIRED and begins is not None and facts.now - begins < TOLD_AFTER:
            if _asked_again(facts, one):
                continue
            what = (
                f"expired without our answer; {one.partner} may use {about} from {at(begins)} all the same, and we do not know it"
            )
            yield Found(
                _place(one), what, f"call {one.partner}, and let it ask again or send the certificate: n2n cert add --partner"
            )


def _asked_again(facts: Facts, one: KeptUpdate) -> bool:
    """Whether the partner asked for the same certificates once more."""
    about = subjects_of(one)
    return any(
        each.id > one.id and each.partner == one.partner and not each.is_ours and subjects_of(each) == about
        for each in facts.store.pending.updates
    )


def _expires(facts: Facts) -> Iterator[Found]:
    for one in _updates(facts):
        end = one.ends_at
        if one.state is UpdateState.PROPOSED and end is not None and end - facts.now < SOON:
            when = f"on {at(end)}, in {days(end - facts.now)}" if end > facts.now else f"since {at(end)} its time is over"
            who = f"{one.partner} has not answered" if one.is_ours else "we have not answered"
            after = "then our switch comes without the partner" if one.is_ours else "then the partner's switch comes without us"
            fix = f"call {one.partner}" if one.is_ours else f"n2n partner update-accept {one.id}, or update-reject"
            yield Found(_place(one), f"expires {when}: {who}, and {after}", fix, who=Who.PARTNER if one.is_ours else None)


def _sent(facts: Facts) -> Iterator[Found]:
    for one in _updates(facts):
        if one.sending == DUE and facts.now - one.changed_at > AT_ONCE:
            what = "our request" if one.is_ours else "our answer"
            yield Found(
                _place(one), f"{what} is owed since {at(one.changed_at)} and has not gone out: {one.partner} knows nothing of it"
            )


def _begins(facts: Facts) -> Iterator[Found]:
    for one in _updates(facts):
        begins = one.asked.activate_by
        if one.state is UpdateState.ACCEPTED and begins is not None and timedelta() < begins - facts.now < SOON:
            what = f"takes effect on {at(begins)}, in {days(begins - facts.now)}: {'; '.join(subjects_of(one))}"
            yield Found(_place(one), what)


def _switches(facts: Facts) -> list[Switch]:
    found = switches_of(facts.setting, facts.store.pending.updates)
    if not found:
        raise NotApplicable("node.toml names no key that follows another one")
    return found


def _refused(facts: Facts) -> Iterator[Found]:
    for switch in _switches(facts):
        if facts.now - switch.since >= TOLD_AFTER:
            continue
        for one in switch.partners:
            if one.update is None or one.update.state not in _ENDED:
                continue
            did = "refused it" if one.update.state is UpdateState.REJECTED else "never answered it"
            yield Found(_place(one.update), f"{one.partner} {did}; {_consequence(switch, one, facts.now)}", who=Who.PARTNER)


def _consequence(switch: Switch, one: Knowing, now: datetime) -> str:
    comes = "came" if switch.since <= now else "comes all the same"
    return f"the switch to {switch.name} {comes} on {at(switch.since)}, and {one.partner} may refuse what we {switch.purpose} with it"


def _told(facts: Facts) -> Iterator[Found]:
    for switch in _switches(facts):
        left = switch.since - facts.now
        if not timedelta() < left <= CALLED:
            continue
        for one in switch.partners:
            said = switch.warning(one)
            if not said or (one.update is not None and one.update.state in _ENDED):
                # Told by the check before.
                continue
            by_message = one.update is not None or one.may_be_asked
            severity = Severity.WARNING if by_message or left < SOON else Severity.INFO
            fix = f"n2n partner update {one.partner}" if one.update is None and one.may_be_asked else ""
            yield Found(switch.place, f"{said} (in {days(left)})", fix, severity)


CHECKS: Final = (
    Check(
        "updates.answered",
        "No partner waits for our answer to an update of its certificates",
        "What is not accepted in time expires, and the partner's next key is one that we do not know.",
        "n2n partner updates",
        Who.OPERATOR,
        Severity.WARNING,
        _answered,
    ),
    Check(
        "updates.expires",
        f"No update expires unanswered within {SOON.days} days",
        "Nothing changes when it expires, but the key that it was about changes all the same.",
        "n2n partner updates",
        Who.OPERATOR,
        Severity.WARNING,
        _expires,
    ),
    Check(
        "updates.sent",
        "What we ask and answer about updates goes out at once",
        "A partner that never hears of it lets it expire.",
        f'start n2n serve; the agreement needs the service "{SERVICE}" in both directions',
        Who.OPERATOR,
        Severity.WARNING,
        _sent,
    ),
    Check(
        "updates.begins",
        f"No accepted update takes effect within {SOON.days} days",
        "Whoever is on duty that day is to know that a key changes, on both sides at one time.",
        "nothing is to be done; be there: n2n partner updates",
        Who.OPERATOR,
        Severity.INFO,
        _begins,
    ),
    Check(
        "updates.refused",
        "Every partner that was asked takes our next keys in",
        "The switch stands in node.toml and comes by the clock, whatever a partner said.",
        "talk to the partner and ask again (n2n partner update), or take its [[keys.next]] out of node.toml",
        Who.OPERATOR,
        Severity.WARNING,
        _refused,
    ),
    Check(
        "updates.switch",
        f"Every partner knows of the next switch of our keys {CALLED.days} days before",
        "A partner that does not know the new certificate refuses the first message after the switch.",
        "call the partner, compare the fingerprint, and let it answer: n2n partner updates",
        Who.OPERATOR,
        Severity.WARNING,
        _told,
    ),
)
