"""Signed sheets: does a version end with none to follow, wait for a second person or an answer, and can our key still sign the next one?"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from node.doctor.check import Check, Found, NotApplicable, Severity, Who
from node.doctor.facts import Facts
from node.doctor.own_keys import PRESSING
from node.doctor.times import at, days
from node.keyring.forecast import ALARMS, TOLD_AFTER
from node.sheets.canonical import SheetRefused
from node.sheets.effects import Risk
from node.sheets.signing import read_signed, write_signed
from node.sheets.states import VersionState
from node.store.agreed import KeptVersion, check_signed
from node.store.steps import NotAgreed
from node.store.updates import KeptUpdate

#: An offer presses when it has so long left.
SOON: Final = timedelta(days=7)


def _versions(facts: Facts) -> Sequence[KeptVersion]:
    if not facts.store.pending.versions:
        if facts.store.trouble:
            raise NotApplicable("the store cannot be read: see store.reachable")
        raise NotApplicable("nothing was agreed or offered by a signed sheet")
    return facts.store.pending.versions


def _place(one: KeptVersion) -> str:
    return f"partners/{one.partner or '(not named yet)'}: version {one.sheet.version}"


def _ends(facts: Facts) -> Iterator[Found]:
    versions = _versions(facts)
    for one in facts.store.pending.ending(facts.now):
        end = one.ends_at
        if end is None or end - facts.now > timedelta(days=ALARMS[0]):
            continue
        fix = _successor(versions, one) or f"n2n partner propose {one.partner}; nothing, where both sides mean to part"
        if facts.now >= end:
            # Whoever parted long ago knows it.
            severity = Severity.CONFIG if facts.now - end < TOLD_AFTER else Severity.INFO
            what = f"ended on {at(end)} with none to follow: nothing is sent to {one.partner} or taken from it"
            yield Found(_place(one), what, fix, severity)
            continue
        pressing = Severity.WARNING if end - facts.now < timedelta(days=PRESSING) else Severity.INFO
        what = f"ends on {at(end)}, in {days(end - facts.now)}, with none to follow: from then on messages are refused"
        yield Found(_place(one), what, fix, pressing)


def _successor(versions: Sequence[KeptVersion], before: KeptVersion) -> str:
    """What is to be done with a version that was to follow."""
    waiting = (VersionState.OFFERED, VersionState.ACCEPTED)
    for one in versions:
        if one.partner == before.partner and one.sheet.before == before.sheet.digest and one.state in waiting:
            what = "approved and activated" if one.state is VersionState.ACCEPTED else "answered"
            return (
                f"version {one.sheet.version} is to follow, and is to be {what} before then: n2n partner versions {one.partner}"
            )
    return ""


def _second(facts: Facts) -> Iterator[Found]:
    for one in _versions(facts):
        if one.state is not VersionState.ACCEPTED:
            continue
        names = ", ".join(facts.store.pending.approved.get(one.id, ()))
        seen = f"proposed by {one.proposed_by}" + (f", approved by {names}" if names else "")
        over = one.sheet.since <= facts.now
        then = (
            f"its time came on {at(one.sheet.since)}: the partner may obey it already, and we do not"
            if over
            else f"it is to hold from {at(one.sheet.since)}"
        )
        fix = f"another person looks at it: n2n partner approve {one.partner} {one.sheet.version} --who NAME"
        if one.risk is not Risk.HIGH or names:
            # Two people have seen it: something else keeps it back, which that command tells.
            fix = f"n2n partner activate FILE says what keeps it back; else n2n partner reject {one.partner} {one.sheet.version}"
        what = f"is signed by both and not active here ({seen}, risk {one.risk.value}); {then}"
        yield Found(_place(one), what, fix, Severity.CONFIG if over else None)


def _answered(facts: Facts) -> Iterator[Found]:
    versions = _versions(facts)
    for one in versions:
        end = one.answer_by
        if one.state is VersionState.OFFERED:
            yield from _waiting(one, end, facts.now)
        elif end is not None and facts.now - end < TOLD_AFTER and not _goes_on(versions, one):
            yield Found(
                _place(one), f"was offered, and nobody answered by {at(end)}: nothing changes", "offer or propose it anew"
            )


def _waiting(one: KeptVersion, end: datetime | None, now: datetime) -> Iterator[Found]:
    is_ours = one.signed.of(one.side) is not None
    until = f" by {at(end)}" if end else ""
    pressing = end is not None and end - now < SOON
    if is_ours:
        what = f"waits for {one.partner or 'the partner'} to sign it{until}; after that an answer comes too late"
        yield Found(_place(one), what, severity=None if pressing else Severity.INFO, who=Who.PARTNER)
    else:
        fix = "n2n partner accept FILE, or n2n partner counter FILE"
        yield Found(_place(one), f"was offered to us, and waits for our signature{until}", fix)


def _goes_on(versions: Sequence[KeptVersion], one: KeptVersion) -> bool:
    """Whether something later came of the same sheet."""
    return any(each.sheet.id == one.sheet.id and each.id > one.id for each in versions)


def _signs(facts: Facts) -> Iterator[Found]:
    own = {key.certificate.sha256 for key in facts.setting.certificates.own.values()}
    for one in _versions(facts):
        if not one.holds(facts.now) or _follows(facts, one):
            continue
        agreed = one.sheet.certificates(one.side, "sign")
        here = [each.x509 for each in agreed if each.sha256 in own]
        last = max((each.not_valid_after_utc for each in here), default=None)
        if last is None:
            what = "names no key for us to sign the next version with that is still in certs/own"
        elif last <= facts.now:
            what = f"the last key that it names for us to sign the next version with ended on {at(last)}"
        elif last - facts.now < timedelta(days=PRESSING):
            what = f"the last key that it names for us to sign the next version with ends on {at(last)}"
        else:
            continue
        ended = last is None or last <= facts.now
        fix = (
            f"n2n partner offer {one.partner}, and compare fingerprints anew"
            if ended
            else f"n2n partner propose {one.partner} with the next key"
        )
        yield Found(_place(one), what, fix)


def _whole(facts: Facts) -> Iterator[Found]:
    by_partner: dict[str, list[KeptVersion]] = {}
    updates: dict[str, list[KeptUpdate]] = {}
    for one in _versions(facts):
        by_partner.setdefault(one.partner, []).append(one)
    for each in facts.store.pending.updates:
        updates.setdefault(each.partner, []).append(each)
    for every in by_partner.values():
        for one in every:
            # Without its signatures a version is not obeyed any more, which nobody would be told.
            if one.was_active or one.state in (VersionState.ACTIVE, VersionState.SUPERSEDED):
                try:
                    # The store reads what it has written, and looks at nothing a second time.
                    check_signed(read_signed(write_signed(one.signed)), every, one.side, updates.get(one.partner, ()), facts.now)
                except (SheetRefused, NotAgreed) as error:
                    yield Found(_place(one), f"is not what both signed: {error}")


def _follows(facts: Facts, one: KeptVersion) -> bool:
    """Whether another version with the partner is in force, or will be, which is then the one before the next."""
    others = facts.store.pending.versions
    return any(each.partner == one.partner and each.was_active and each.sheet.since > one.sheet.since for each in others)


CHECKS: Final = (
    Check(
        "sheets.ends",
        f"No version of an agreement ends within {ALARMS[0]} days with none to follow",
        "From its end on nothing is agreed: messages of the partner are refused, and nothing can be sent.",
        "n2n partner propose",
        Who.OPERATOR,
        Severity.WARNING,
        _ends,
    ),
    Check(
        "sheets.second",
        "No version that both sides signed waits for a second person",
        "A change of high risk becomes active with two names or not at all, and the partner counts on its day.",
        "n2n partner approve",
        Who.OPERATOR,
        Severity.WARNING,
        _second,
    ),
    Check(
        "sheets.answered",
        "No offer waits for its answer, or went without one",
        "What nobody answers in time expires, and nobody is told by message.",
        "ask the partner whether the file has come, and for its answer",
        Who.OPERATOR,
        Severity.WARNING,
        _answered,
    ),
    Check(
        "sheets.signs",
        "A key that the sheet in force names for us can sign the next version",
        "A next version is believed by the keys of the one before; without them both sides begin anew, by telephone.",
        "n2n partner propose while the old key is valid, with the new one in it",
        Who.OPERATOR,
        Severity.WARNING,
        _signs,
    ),
    Check(
        "sheets.whole",
        "Each version that is, was or will be in force is what both sides signed",
        "Whoever can write into the database could send our messages elsewhere; the node trusts its own store at the start.",
        "keep a copy of the database for whoever looks into it, restore it from a backup, and ask who has access to it",
        Who.ADMINISTRATOR,
        Severity.CONFIG,
        _whole,
    ),
)
