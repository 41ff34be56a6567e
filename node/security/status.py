"""Whether certificates of a path were taken back, judged from lists and answers that lie here: good, revoked, or unknown with its reason.

Source: RFC 5280 6.3, RFC 6960, reliability 5.2 goal 33. Nothing is fetched; a revocation that is known beats any grace.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from cryptography import x509

from node.security.certificates import Certificate
from node.security.crl import EVERY_REASON, Comparable, Crl, point_names
from node.security.names import NormalName, normal_name
from node.security.path import judge_path
from node.security.path_policy import Demand, PathPolicy, RevocationRule
from node.security.revocation import Revoked, StatusAnswer, is_authority
from node.security.signed import UNREADABLE
from node.security.trust import Untrusted

#: How far the clocks of authorities may be ahead of ours.
AHEAD: Final = timedelta(minutes=5)
#: Signatures of lists and answers that are checked for one path at most.
_MOST_CHECKS: Final = 60
#: How many signers of lists may stand behind each other.
_DEEPEST: Final = 3
# spec: RFC 6960 4.2.2.2.1
_NO_CHECK: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.48.1.5")


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of one certificate at one time. `used` are the SHA-256 of the octets that it rests on."""

    subject: str
    #: `good`, `revoked` or `unknown`.
    state: str
    why: str
    since: datetime | None = None
    reason: x509.ReasonFlags | None = None
    used: tuple[str, ...] = ()
    #: Until when the freshest of what was used holds, and how old it is.
    until: datetime | None = None
    told: datetime | None = None

    def __str__(self) -> str:
        return f"{self.subject}: {self.state}, {self.why}"


@dataclass(frozen=True, slots=True)
class Held:
    """The lists and answers that lie here."""

    crls: tuple[Crl, ...] = ()
    answers: tuple[StatusAnswer, ...] = ()
    by_issuer: Mapping[NormalName, tuple[Crl, ...]] = field(init=False)
    by_serial: Mapping[int, Sequence[StatusAnswer]] = field(init=False)

    def __post_init__(self) -> None:
        table: dict[NormalName, tuple[Crl, ...]] = {}
        for one in sorted(self.crls, key=lambda crl: crl.since, reverse=True):
            table[one.issuer] = (*table.get(one.issuer, ()), one)
        object.__setattr__(self, "by_issuer", table)
        about: dict[int, list[StatusAnswer]] = {}
        for answer in self.answers:
            for serial in answer.serials:
                about.setdefault(serial, []).append(answer)
        object.__setattr__(self, "by_serial", about)


@dataclass(slots=True)
class _Told:
    """What was gathered about one certificate so far."""

    reasons: frozenset[x509.ReasonFlags] = frozenset()
    revoked: Revoked | None = None
    #: Revoked by something that no longer holds.
    before: Revoked | None = None
    used: list[str] = field(default_factory=list)
    until: datetime | None = None
    told: datetime | None = None
    problems: list[str] = field(default_factory=list)

    def note(self, sha256: str, since: datetime | None, until: datetime | None) -> None:
        self.used.append(sha256)
        if since is not None and (self.told is None or since > self.told):
            self.told, self.until = since, until


class StatusJudge:
    """Judges the certificates of paths to `anchors` at one time; bounded work whatever is held."""

    def __init__(
        self, held: Held, pool: Iterable[Certificate], anchors: Sequence[Certificate], now: datetime, policy: PathPolicy
    ) -> None:
        self._held, self._anchors, self._now, self._policy = held, tuple(anchors), now, policy
        self._by_name: dict[NormalName, list[Certificate]] = {}
        self._pool = tuple(dict.fromkeys(pool))
        for one in dict.fromkeys((*anchors, *self._pool)):
            self._by_name.setdefault(one.subject_name, []).append(one)
        self._left = _MOST_CHECKS
        self._signed: dict[tuple[str, str], bool] = {}
        self._asked: list[Certificate] = []

    def of_path(self, path: Sequence[Certificate]) -> list[Status]:
        """The status of each certificate of the path but its anchor, which is trusted as it is; the anchor's side first."""
        return [self.status(one, issuer, path[-1]) for one, issuer in reversed(list(pairwise(path)))]

    def status(self, certificate: Certificate, issuer: Certificate, anchor: Certificate) -> Status:
        """What is known of a certificate whose issuer is proven and stands on a path to the anchor."""
        told = _Told()
        if certificate in self._asked or len(self._asked) > _DEEPEST:
            return Status(certificate.subject, "unknown", "its status would rest on itself")
        self._asked.append(certificate)
        try:
            self._ask_answers(certificate, issuer, anchor, told)
            self._ask_lists(certificate, issuer, anchor, told)
        finally:
            self._asked.pop()
        return _concluded(certificate, issuer, told)

    # -- OCSP --------------------------------------------------------------------------------------------------------

    def _ask_answers(self, certificate: Certificate, issuer: Certificate, anchor: Certificate, told: _Told) -> None:
        for answer in self._held.by_serial.get(certificate.serial, ()):
            if not answer.covers(certificate, issuer):
                continue
            since, until = answer.times(certificate)
            if since > self._now + AHEAD:
                told.problems.append(f"an OCSP answer of {since:%Y-%m-%d %H:%M} UTC, which has not come")
                continue
            found = answer.revoked(certificate)
            why = self._why_not_responder(answer, issuer, anchor)
            if why:
                told.problems.append(why)
                continue
            fresh = until is None or until >= self._now
            told.note(answer.sha256, since, until)
            if found is not None:
                _add(told, found, fresh=fresh)
            elif fresh and until is not None:
                told.reasons = EVERY_REASON
            else:
                told.problems.append(f"the OCSP answer held until {until or since:%Y-%m-%d %H:%M} UTC")

    def _why_not_responder(self, answer: StatusAnswer, issuer: Certificate, anchor: Certificate) -> str:
        signer = answer.signer(issuer)
        if signer is None or signer == issuer:
            return ""
        try:
            signer.x509.extensions.get_extension_for_oid(_NO_CHECK)
        except x509.ExtensionNotFound:
            status = self.status(signer, issuer, anchor)
            return "" if status.state == "good" else f"an OCSP answer whose responder is not known as good: {status}"
        except UNREADABLE:
            return "an OCSP responder whose extensions cannot be read"
        return ""

    # -- revocation lists --------------------------------------------------------------------------------------------

    # spec: RFC 5280 6.3.3
    def _ask_lists(self, certificate: Certificate, issuer: Certificate, anchor: Certificate, told: _Told) -> None:
        authority = is_authority(certificate)
        newest: dict[tuple[object, ...], Crl] = {}
        # The last turn: the list of the issuer itself, which no distribution point need name.
        for point in (*_points(certificate), None):
            wanted = frozenset(point.reasons) & EVERY_REASON if point is not None and point.reasons else EVERY_REASON
            for crl in self._candidates(certificate, point):
                if crl.base is not None or not crl.covers_kind(authority=authority) or not _names_match(crl, point, certificate):
                    continue
                if newest.get(crl.scope, crl) is not crl:
                    self._recall(crl, certificate, issuer, told)
                # One in the name of this authority that somebody else signed is no version of its list.
                elif (signer := self._signer(crl, issuer, anchor, told)) is not None:
                    newest[crl.scope] = crl
                    self._use(crl, crl.reasons & wanted, certificate, signer, told)

    def _recall(self, crl: Crl, certificate: Certificate, issuer: Certificate, told: _Told) -> None:
        """What an older version of a list said: nothing but that the certificate was taken back."""
        found = crl.find(certificate)
        if found is not None and issuer.subject_name == crl.issuer and self._is_signed(crl, issuer):
            told.used.append(crl.sha256)
            _add(told, found, fresh=False)

    def _candidates(self, certificate: Certificate, point: x509.DistributionPoint | None) -> Iterable[Crl]:
        issuers = _crl_issuers(point) if point is not None else ()
        if not issuers:
            return self._held.by_issuer.get(certificate.issuer_name, ())
        return [
            one
            for name in issuers
            for one in self._held.by_issuer.get(name, ())
            if one.indirect or name == certificate.issuer_name
        ]

    def _use(
        self,
        crl: Crl,
        covered: frozenset[x509.ReasonFlags],
        certificate: Certificate,
        signer: Certificate,
        told: _Told,
    ) -> None:
        if crl.since > self._now + AHEAD:
            told.problems.append(f"the list of {crl.since:%Y-%m-%d %H:%M} UTC has not come")
            return
        fresh = crl.until is not None and crl.until >= self._now
        found, used, until = crl.find(certificate), crl, crl.until
        delta = self._delta(crl, signer)
        if delta is not None:
            changed = delta.find(certificate)
            if changed is not None:
                found = None if changed.reason is x509.ReasonFlags.remove_from_crl else changed
            told.used.append(delta.sha256)
        told.note(used.sha256, delta.since if delta is not None else crl.since, until)
        if found is not None:
            _add(told, found, fresh=fresh)
        if not fresh:
            told.problems.append(
                f"its list held until {crl.until:%Y-%m-%d %H:%M} UTC"
                if crl.until
                else "its list does not say until when it holds"
            )
        elif crl.number is None:
            told.problems.append("its list has no number")
        else:
            told.reasons |= covered

    def _delta(self, crl: Crl, signer: Certificate) -> Crl | None:
        """The newest delta list that goes with a complete one."""
        if crl.number is None:
            return None
        for one in self._held.by_issuer.get(crl.issuer, ()):
            # spec: RFC 5280 6.3.3 (c), RFC 5280 5.2.4
            if (
                one.base is not None
                and one.number is not None
                and one.base <= crl.number < one.number
                and (one.point, one.authority_key) == (crl.point, crl.authority_key)
                and one.since <= self._now + AHEAD
                and one.until is not None
                and one.until >= self._now
                and self._is_signed(one, signer)
            ):
                return one
        return None

    def _signer(self, crl: Crl, issuer: Certificate, anchor: Certificate, told: _Told) -> Certificate | None:
        """Whoever signed the list: the issuer, or another certificate of the list's name that stands and has the same anchor."""
        first = [issuer] if issuer.subject_name == crl.issuer else []
        signer: Certificate | None = next(
            (one for one in dict.fromkeys((*first, *self._by_name.get(crl.issuer, ()))) if self._is_signed(crl, one)), None
        )
        if signer is None:
            told.problems.append("its list is not signed by anybody who may")
            return None
        if signer in (issuer, anchor):
            return signer
        try:
            path = judge_path(signer, self._pool, [anchor], self._now, self._policy).certificates
        except Untrusted as problem:
            told.problems.append(f"the signer of its list: {problem}")
            return None
        for one, above in pairwise(path):
            if one in self._asked:
                # That question is being asked already; a signer whose own entry stands in its own list is PKITS 4.14.30.
                continue
            status = self.status(one, above, anchor)
            if status.state != "good":
                told.problems.append(f"the signer of its list: {status}")
                return None
        return signer

    def _is_signed(self, crl: Crl, signer: Certificate) -> bool:
        key = crl.sha256, signer.sha256
        if key not in self._signed:
            self._left -= 1
            self._signed[key] = self._left >= 0 and crl.is_signed_by(signer)
        return self._signed[key]


def _add(told: _Told, found: Revoked, *, fresh: bool) -> None:
    if found.reason is x509.ReasonFlags.remove_from_crl:
        return
    if fresh and (told.revoked is None or found.since < told.revoked.since):
        told.revoked = found
    elif not fresh and (told.before is None or found.since < told.before.since):
        told.before = found


def _concluded(certificate: Certificate, issuer: Certificate, told: _Told) -> Status:
    complete = told.reasons >= EVERY_REASON
    revoked = told.revoked
    # What was taken back stays so, a hold apart: that one ends with what is newer.
    if revoked is None and told.before is not None and not (complete and told.before.reason is x509.ReasonFlags.certificate_hold):
        revoked = told.before
    if revoked is not None:
        reason = revoked.reason.value if revoked.reason is not None else "no reason given"
        why, state = f"revoked {revoked.since:%Y-%m-%d %H:%M} UTC ({reason})", "revoked"
    elif complete:
        state = "good"
        why = f"not revoked as of {told.told:%Y-%m-%d %H:%M} UTC" if told.told else "not revoked"
    else:
        state, why = (
            "unknown",
            "; ".join(dict.fromkeys(told.problems)) or f"no revocation list or answer of {issuer.subject} lies here",
        )
        if not told.problems and told.reasons:
            why = "its lists tell of some reasons only"
    since, reason_ = (revoked.since, revoked.reason) if revoked is not None else (None, None)
    return Status(certificate.subject, state, why, since, reason_, tuple(dict.fromkeys(told.used)), told.until, told.told)


def _points(certificate: Certificate) -> tuple[x509.DistributionPoint, ...]:
    try:
        return tuple(certificate.x509.extensions.get_extension_for_class(x509.CRLDistributionPoints).value)[:16]
    except (x509.ExtensionNotFound, *UNREADABLE):
        return ()


def _crl_issuers(point: x509.DistributionPoint) -> tuple[NormalName, ...]:
    return tuple(normal_name(one.value) for one in point.crl_issuer or () if isinstance(one, x509.DirectoryName))


def _names_match(crl: Crl, point: x509.DistributionPoint | None, certificate: Certificate) -> bool:
    # spec: RFC 5280 6.3.3 (b)(2)(i)
    held = crl.names()
    if not held:
        return True
    if point is None:
        wanted: frozenset[Comparable] = frozenset({("directory", certificate.issuer_name)})
    elif point.full_name is not None or point.relative_name is not None:
        wanted = point_names(point.full_name, point.relative_name, crl.issuer)
    else:
        wanted = point_names(point.crl_issuer, None, crl.issuer)
    return bool(held & wanted)


@dataclass(frozen=True, slots=True)
class Weighed:
    """What the statuses of a path come to under a rule."""

    statuses: tuple[Status, ...]
    #: What was accepted though nobody vouches for it.
    alarms: tuple[str, ...] = ()
    #: When the same question may have another answer.
    until: datetime | None = None


def unvouched(certificate: Certificate) -> str:
    """Why nobody can be asked about a certificate."""
    return f"{certificate.subject}: nobody can vouch that it is not revoked: the certificate of its issuer is not here"


def weigh(statuses: Sequence[Status], rule: RevocationRule, now: datetime, wanted: Mapping[str, datetime]) -> Weighed:
    """What follows from the statuses. `wanted` has since when a list is waited for, by subject; nobody waits where none is named.

    Raises Untrusted for a certificate that was revoked, and for one of unknown status where the rule has no grace.
    """
    # What a list says holds up to and including its nextUpdate.
    after = [one.until + timedelta(microseconds=1) for one in statuses if one.until is not None]
    alarms, ends = [], [one for one in after if one > now]
    for one in statuses:
        if one.state == "revoked":
            raise Untrusted(str(one))
    for one in statuses:
        if one.state == "good" or rule.demand is Demand.OFF:
            continue
        if rule.demand is Demand.HARD:
            raise Untrusted(f"{one.subject}: nobody vouches that it is not revoked: {one.why}")
        known = one.told or wanted.get(one.subject)
        if known is None:
            # Its authority names no place where it would say.
            continue
        if now > known + rule.age:
            raise Untrusted(
                f"{one.subject}: nobody has vouched since {known:%Y-%m-%d %H:%M} UTC that it is not revoked: {one.why}"
            )
        ends.append(known + rule.age)
        alarms.append(f"{one.subject}: accepted until {known + rule.age:%Y-%m-%d %H:%M} UTC though {one.why}")
    return Weighed(tuple(statuses), tuple(alarms), min(ends, default=None))
