"""Who vouches that partners' certificates were not taken back, until when, and from when on messages are refused because nobody does; by what lies here alone."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from node.agreements.agreement import Agreement
from node.keyring.folder import PartnerCertificate
from node.keyring.judging import Vouched
from node.keyring.revocations import Index, Place
from node.security.certificates import Certificate
from node.security.path import find_path
from node.security.path_policy import STANDARD, Demand, RevocationRule
from node.security.period import ALWAYS, in_force
from node.security.places import places_of
from node.security.status import StatusJudge
from node.security.trust import Purpose, Untrusted
from node.setting import Setting

_PURPOSES: Final = {"sign": Purpose.SIGN, "encrypt": Purpose.ENCRYPT}
#: How much of its time a list has left when it is told that nobody renews it; and the most that this may be.
SHARE: Final = 1 / 3
MOST: Final = timedelta(days=30)
#: The same for one that is fetched: authorities publish the next one well before, so this late it is no longer in time.
LATE_SHARE: Final = 1 / 20


@dataclass(frozen=True, slots=True)
class Standing:
    """What one partner's certificates of one authority rest on."""

    partner: str
    #: Below certs/partners.
    names: tuple[str, ...]
    #: Who is to vouch.
    authority: str
    rule: RevocationRule
    #: `good`, `revoked` or `unknown`, and why.
    state: str
    why: str
    #: When what lies here was said, and until when it holds.
    since: datetime | None = None
    until: datetime | None = None
    #: From when on the partner is refused unless something newer comes; None for never.
    refused_from: datetime | None = None
    #: Whether an address brought something when it was asked last.
    is_renewed: bool = False
    #: The addresses that brought nothing when they were asked last.
    failing: tuple[Place, ...] = ()

    def is_refused(self, now: datetime) -> bool:
        """Whether the partner is refused already."""
        return self.state == "revoked" or (self.refused_from is not None and self.refused_from <= now)

    def is_late(self, now: datetime) -> bool:
        """Whether what lies here ends so soon that its successor should be here already."""
        if self.state != "good" or self.until is None or self.since is None:
            return False
        share = LATE_SHARE if self.is_renewed else SHARE
        return self.until - now <= min((self.until - self.since) * share, MOST)


def standings_of(setting: Setting, now: datetime) -> list[Standing]:
    """What each partner's certificates rest on that count now; nothing of partners whose rule asks nobody, unless a certificate was taken back."""
    index, found = setting.revocations.index(), dict[tuple[object, ...], Standing]()
    for agreement in setting.agreements.partners():
        for one in _of_agreement(setting, index, agreement, now):
            key = (one.partner, one.authority, one.state, one.until, one.refused_from, one.is_renewed, one.failing)
            before = found.get(key)
            found[key] = replace(before, names=tuple(dict.fromkeys((*before.names, *one.names)))) if before else one
    return list(found.values())


def own_taken_back(setting: Setting, now: datetime) -> Mapping[str, str] | None:
    """The keys of certs/own whose certificate an authority took back, and why, by lists that lie here; None where none does."""
    held = setting.revocations.held()
    if not held.crls and not held.answers:
        return None
    found: dict[str, str] = {}
    for name, key in setting.certificates.own.items():
        try:
            path = find_path(key.certificate, key.chain, setting.keyring.judging.anchors, now)
        except Untrusted:
            # Told by whoever judges paths.
            continue
        pool = (*key.chain, *setting.keyring.judging.anchors)
        statuses = StatusJudge(held, pool, [path[-1]], now, STANDARD).of_path(path)
        revoked = [str(one) for one in statuses if one.state == "revoked"]
        if revoked:
            found[name] = "; ".join(revoked)
    return found


def _of_agreement(setting: Setting, index: Index, agreement: Agreement, now: datetime) -> Iterator[Standing]:
    rule = agreement.certificates.trusting.policy.revocation
    if rule.demand is not Demand.HARD and not index.kept and not index.places:
        # Nothing was ever told or waited for.
        return
    held, periods = setting.certificates.partners, agreement.certificates.periods
    for purpose, names in agreement.certificates.named().items():
        for name in names:
            one = held.get(name)
            if one is None or not one.certificate.is_valid_at(now) or not in_force(periods.get(name, ALWAYS), now):
                continue
            asked = _Asked(setting, index, agreement.partner, one, rule, now)
            # Of a TLS certificate only that it was taken back counts.
            yield from asked.taken_back() if purpose == "tls" else asked.vouched(_PURPOSES[purpose])


@dataclass(frozen=True, slots=True)
class _Asked:
    """One certificate of a partner, about which its authorities are to say something."""

    setting: Setting
    index: Index
    partner: str
    held: PartnerCertificate
    rule: RevocationRule
    now: datetime

    def taken_back(self) -> Iterator[Standing]:
        why = self.setting.keyring.judging.taken_back(self.held, self.now)
        if why is not None:
            issuer = self.held.certificate.issuer
            yield Standing(self.partner, (self.held.name,), issuer, self.rule, "revoked", why, refused_from=self.now)

    def vouched(self, purpose: Purpose) -> Iterator[Standing]:
        judging = self.setting.keyring.judging
        try:
            found = judging.vouched(self.held, purpose, self.now)
        except Untrusted:
            # Told by whoever judges paths; that it was taken back is worse.
            yield from self.taken_back()
            return
        if not found and self.rule.demand is Demand.HARD and self.held.certificate not in judging.anchors:
            issuer, why = self.held.certificate.issuer, "the certificate of its issuer is not here"
            begun = self.held.certificate.x509.not_valid_before_utc
            yield Standing(self.partner, (self.held.name,), issuer, self.rule, "unknown", why, refused_from=begun)
        for one in found:
            if self.rule.demand is not Demand.OFF or one.status.state == "revoked":
                yield self._standing(one, purpose)

    def _standing(self, one: Vouched, purpose: Purpose) -> Standing:
        keys = (each.key(one.certificate) for each in places_of(one.certificate))
        places = [self.index.places[key] for key in keys if key in self.index.places]
        until = self._until(one, purpose)
        return Standing(
            *(self.partner, (self.held.name,), one.certificate.issuer, self.rule, one.status.state, one.status.why),
            *(one.status.told, until, self._refused_from(one, until, places)),
            self.setting.home.revocation.fetch and any(each.fetched and not each.problem for each in places),
            tuple(each for each in places if each.problem),
        )

    def _until(self, one: Vouched, purpose: Purpose) -> datetime | None:
        """Until when somebody vouches for it: of several lists and answers one may go on where another has ended."""
        ends = {each.until for each in self.index.kept if each.until is not None and each.sha256 in one.status.used}
        if one.status.state != "good" or len(ends) < 2:
            return one.status.until
        return next((end for end in sorted(ends, reverse=True) if self._is_good(one.certificate, purpose, end)), one.status.until)

    def _is_good(self, certificate: Certificate, purpose: Purpose, at: datetime) -> bool:
        try:
            found = self.setting.keyring.judging.vouched(self.held, purpose, at)
        except Untrusted:
            return False
        return any(one.certificate == certificate and one.status.state == "good" for one in found)

    def _refused_from(self, one: Vouched, until: datetime | None, places: Iterable[Place]) -> datetime | None:
        status, wanted = one.status, min((each.first_wanted for each in places), default=None)
        if status.state == "revoked":
            return status.since or self.now
        if self.rule.demand is Demand.HARD and status.state == "good":
            return until
        if self.rule.demand is Demand.HARD:
            # Where nobody ever vouched it was never accepted; the same instant whenever somebody asks.
            return min(until or wanted or one.certificate.x509.not_valid_before_utc, self.now)
        # As `node.security.status.weigh` counts: from the last word, else from when one was first waited for.
        known = status.told or wanted
        if known is None:
            return None
        return max(known + self.rule.age, until) if status.state == "good" and until is not None else known + self.rule.age
