"""What ends or begins one day besides certificates: revocation lists that nobody renews, versions of agreements, offers, updates, and switches of our keys."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from node.keyring.forecast import TOLD_AFTER, Ending
from node.security.path_policy import Demand
from node.setting import Setting
from node.sheets.states import VersionState
from node.store.agreed import KeptVersion
from node.store.pending import Pending
from node.store.updates import KeptUpdate
from node.switching import Switch, switches_of
from node.updates.states import UpdateState
from node.updating import subjects_of
from node.vouching import Standing, standings_of

_ACCEPTED: Final = UpdateState.ACCEPTED
#: What is to be done before a partner changes its certificate. It does so whether we have answered or not.
_BEGINS: Final[Mapping[UpdateState, str]] = {
    UpdateState.PROPOSED: "n2n partner update-accept {0.id}",
    UpdateState.ACCEPTED: "nothing is to be done",
    UpdateState.EXPIRED: "we did not answer in time: call {0.partner}, and let it ask again",
}


def foreseen(setting: Setting, pending: Pending, now: datetime) -> list[Ending]:
    """Everything of a home that ends or begins from now on and is no certificate, the first first."""
    found = [
        *_lists(standings_of(setting, now)),
        *(_ends(one) for one in pending.ending(now) if one.ends_at is None or now - one.ends_at < TOLD_AFTER),
        *_offers(pending.versions, now),
        *_updates(pending.updates, now),
        *(_switch(one) for one in switches_of(setting, pending.updates) if one.since > now),
    ]
    return sorted(found, key=lambda one: (one.end, one.kind, one.key))


# -- revocation lists ------------------------------------------------------------------------------------------------


def _lists(standings: Iterable[Standing]) -> Iterator[Ending]:
    """From when on partners are refused, one entry for each authority and rule; what is fetched without trouble is nobody's work."""
    by_authority: dict[tuple[str, Demand], list[Standing]] = {}
    for one in standings:
        if one.state != "revoked" and one.refused_from is not None and (not one.is_renewed or one.state != "good"):
            by_authority.setdefault((one.authority, one.rule.demand), []).append(one)
    for (authority, demand), every in by_authority.items():
        partners = ", ".join(sorted({one.partner for one in every}))
        failing = any(one.failing for one in every)
        none = ", and none ever lay here" if all(one.since is None for one in every) else ""
        yield Ending(
            kind="crl",
            name=authority,
            subject=f"{partners}: revocation {demand.value}{none}",
            end=min(one.refused_from for one in every if one.refused_from is not None),
            key=f"crl-{demand.value}-{hashlib.sha256(authority.encode()).hexdigest()[:16]}",
            where=f"the revocation list of {authority}",
            event="ends" if demand is Demand.HARD else "is too old",
            remedy="its address brings nothing: n2n cert revocations"
            if failing
            else "n2n cert add-crl FILE takes in the next one",
            after=f"messages of {partners} are refused until the next one lies here",
        )


# -- versions of sheets ----------------------------------------------------------------------------------------------


def _ends(one: KeptVersion) -> Ending:
    assert one.ends_at is not None
    return Ending(
        kind="version",
        name=one.partner,
        subject=one.sheet.body["title"] or one.sheet.id,
        end=one.ends_at,
        key=f"version-{one.sheet.id}-{one.sheet.version}",
        where=f"version {one.sheet.version} of the agreement with {one.partner}",
        remedy=f"n2n partner propose {one.partner}",
        after=f"nothing is sent to {one.partner} or taken from it until another is in force",
    )


def _offers(versions: Iterable[KeptVersion], now: datetime) -> Iterator[Ending]:
    for one in versions:
        if one.state is VersionState.OFFERED and one.ends_at is not None and one.ends_at > now:
            is_ours = one.signed.of(one.side) is not None
            yield Ending(
                kind="offer",
                name=one.partner,
                subject=one.sheet.body["title"] or one.sheet.id,
                end=one.ends_at,
                key=f"offer-{one.sheet.id}-{one.sheet.version}",
                where=f"version {one.sheet.version} offered {'to' if is_ours else 'by'} {one.partner or 'a partner'}",
                event="must be answered",
                remedy="ask the partner for its answer" if is_ours else "n2n partner accept, or counter",
            )


# -- updates by message and switches ---------------------------------------------------------------------------------


def _updates(updates: Iterable[KeptUpdate], now: datetime) -> Iterator[Ending]:
    for one in updates:
        if one.state is UpdateState.PROPOSED and one.ends_at is not None and one.ends_at > now:
            remedy = f"ask {one.partner} for its answer" if one.is_ours else f"n2n partner update-accept {one.id}"
            yield _update(one, one.ends_at, "answer", "must be answered", remedy)
        # A switch of ours has an entry of its own.
        begins = one.asked.activate_by
        if not one.is_ours and one.state in _BEGINS and begins is not None and begins > now and begins != _told_already(one):
            yield _update(one, begins, "begins", "takes effect", _BEGINS[one.state].format(one), calm=one.state is _ACCEPTED)


def _told_already(one: KeptUpdate) -> datetime | None:
    """The time that has an entry already."""
    return one.ends_at if one.state is UpdateState.PROPOSED else None


def _update(one: KeptUpdate, end: datetime, word: str, event: str, remedy: str, *, calm: bool = False) -> Ending:
    return Ending(
        kind="update",
        name=one.partner,
        subject="; ".join(subjects_of(one)),
        end=end,
        key=f"update-{one.partner}-{one.id}-{word}",
        where=f"update {one.id} {'to' if one.is_ours else 'of'} {one.partner}",
        event=event,
        remedy=remedy,
        calm=calm,
    )


def _switch(one: Switch) -> Ending:
    missing = [each.partner for each in one.partners if not each.has_accepted]
    return Ending(
        kind="switch",
        name=one.name,
        subject=f"{one.name} takes over from {one.before} to {one.purpose}",
        end=one.since,
        key=f"switch-{one.purpose}-{one.name}",
        where=one.place,
        event="takes effect",
        remedy=f"{', '.join(missing)} did not accept it by message: n2n cert list" if missing else "nothing is to be done",
        calm=not missing,
    )
