"""Whether a partner's certificate may be used: period, purpose, path by the policy of its agreement, and what its authorities said of it."""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from node.keyring.alarms import Alarms
from node.keyring.folder import CertificateFolder, PartnerCertificate
from node.keyring.judgements import Judgement, Judgements
from node.keyring.revocations import Revocations
from node.msh.ports import Grounds
from node.security.certificates import Certificate
from node.security.path import check_purpose, find_path, pinned_path
from node.security.path_policy import STANDARD_TRUSTING, Demand, Trusting
from node.security.signed import issuers_of
from node.security.status import Held, Status, StatusJudge, Weighed, unvouched, weigh
from node.security.trust import Purpose, Untrusted

log = logging.getLogger("node.keyring")


@dataclass(frozen=True, slots=True)
class Vouched:
    """One certificate of a path, and what its authority says of it."""

    certificate: Certificate
    status: Status


class Judging:
    """Judges by what lies here; nothing is fetched. Without `revocations` nobody is asked what was taken back."""

    def __init__(
        self,
        folder: CertificateFolder,
        pinned: Collection[str] = (),
        trusting: Mapping[str, Trusting] | None = None,
        revocations: Revocations | None = None,
        judgements: Judgements | None = None,
    ) -> None:
        self._folder, self._pinned, self._trusting = folder, frozenset(pinned), trusting or {}
        self._revocations, self._judgements = revocations, judgements
        self.anchors = tuple(folder.anchors(folder.shared))
        self._alarms = Alarms()

    def look_only(self) -> None:
        """From now on no verdict is written down: whoever explains a message changes nothing."""
        self._judgements = None

    @property
    def held(self) -> Held | None:
        """What a verdict rests on; another object as soon as a list or an answer has landed."""
        return self._revocations.held() if self._revocations is not None else None

    def check(self, held: PartnerCertificate, purpose: Purpose, now: datetime) -> datetime | None:
        """Until when the verdict stands, as far as revocation goes; None for as long as one likes. Raises Untrusted."""
        trusting = self._trusting.get(held.name, STANDARD_TRUSTING)
        check_purpose(held.certificate, purpose, trusting.policy)
        path = self.path(held, purpose, now)
        if self._revocations is None:
            return None
        if len(path) == 1 and path[0] not in self.anchors and trusting.policy.revocation.demand is Demand.HARD:
            raise Untrusted(unvouched(path[0]))
        statuses = self._statuses(path, held, trusting, now)
        try:
            weighed = weigh(statuses, trusting.policy.revocation, now, self._wanted(path))
        except Untrusted as problem:
            self._note(held, statuses, f"refused: {problem}", now)
            raise
        self._note(held, statuses, "; ".join(weighed.alarms), now)
        self._alarm(held, weighed, now)
        return weighed.until

    def statuses(self, held: PartnerCertificate, now: datetime) -> Sequence[Status]:
        """What is known of the certificate and of the authorities above it. Raises Untrusted where it has no path."""
        return [one.status for one in self.vouched(held, Purpose.SIGN, now)]

    def vouched(self, held: PartnerCertificate, purpose: Purpose, now: datetime) -> list[Vouched]:
        """Each certificate of the path but its anchor, the anchor's side first, with what is known of it; empty where nobody above it is here.

        Raises Untrusted where it has no path.
        """
        trusting = self._trusting.get(held.name, STANDARD_TRUSTING)
        path = self.path(held, purpose, now)
        return [Vouched(*one) for one in zip(reversed(path[:-1]), self._statuses(path, held, trusting, now), strict=True)]

    def grounds(self, held: PartnerCertificate, now: datetime) -> Grounds | None:
        """What the verdict on a certificate that signs rests on; None where it has no path."""
        trusting = self._trusting.get(held.name, STANDARD_TRUSTING)
        pinned = "pinned by the agreement; " if held.name in self._pinned else ""
        try:
            path = self.path(held, Purpose.SIGN, now)
            statuses = self._statuses(path, held, trusting, now) if self._revocations is not None else ()
        except Untrusted:
            return None
        good = bool(statuses) and all(one.state == "good" for one in statuses)
        asked = self._revocations is not None and trusting.policy.revocation.demand is not Demand.OFF
        used = dict.fromkeys(sha256 for one in statuses for sha256 in one.used)
        return Grounds(
            f"{pinned}{trusting.words()}",
            "good" if good else "unknown" if asked else "off",
            tuple(one.der for one in path[1:]),
            tuple(self._octets(used)),
        )

    def _octets(self, used: Iterable[str]) -> Iterator[bytes]:
        for sha256 in used:
            assert self._revocations is not None
            try:
                yield self._revocations.octets(sha256)
            except (LookupError, OSError) as error:
                log.error("what the verdict on a certificate rests on is not kept as evidence: %s", error)

    def taken_back(self, held: PartnerCertificate, now: datetime) -> str | None:
        """Why an authority no longer stands for the certificate, whatever else is wrong with it; None as far as is known."""
        if self._revocations is None:
            return None
        trusting = self._trusting.get(held.name, STANDARD_TRUSTING)
        issuer = self._issuer(held)
        if issuer is None:
            return None
        statuses = self._statuses((held.certificate, issuer), held, trusting, now)
        return next((str(one) for one in statuses if one.state == "revoked"), None)

    def check_caller(self, held: PartnerCertificate, now: datetime) -> datetime | None:
        """As `check`, for a certificate that an agreement names for callers on TLS and for which no path is asked. Raises Untrusted."""
        if self._revocations is None:
            return None
        rule = self._trusting.get(held.name, STANDARD_TRUSTING).policy.revocation
        issuer = self._issuer(held)
        if issuer is None:
            if rule.demand is Demand.HARD and held.certificate not in self.anchors:
                raise Untrusted(unvouched(held.certificate))
            return None
        path = held.certificate, issuer
        statuses = self._statuses(path, held, self._trusting.get(held.name, STANDARD_TRUSTING), now)
        weighed = weigh(statuses, rule, now, self._wanted(path))
        self._alarm(held, weighed, now)
        return weighed.until

    def path(self, held: PartnerCertificate, purpose: Purpose, now: datetime) -> tuple[Certificate, ...]:
        """The path by the policy and the anchors of its agreement, the certificate first; of a pinned one no more than its issuer. Raises Untrusted."""
        trusting = self._trusting.get(held.name, STANDARD_TRUSTING)
        if held.name not in self._pinned:
            return find_path(held.certificate, held.above, self._anchors_for(purpose, trusting), now, trusting.policy)
        return pinned_path(held.certificate, self._pool(held), now, trusting.policy)

    def _pool(self, held: PartnerCertificate) -> Sequence[Certificate]:
        """Where authorities above it are looked for."""
        return (*held.above, *self.anchors)

    def _issuer(self, held: PartnerCertificate) -> Certificate | None:
        return next(issuers_of(held.certificate, self._pool(held)), None)

    def _anchors_for(self, purpose: Purpose, trusting: Trusting) -> Sequence[Certificate]:
        names = trusting.anchors.get(purpose)
        if names is None:
            return self.anchors
        return self._folder.anchors(names)

    def _statuses(
        self, path: Sequence[Certificate], held: PartnerCertificate, trusting: Trusting, now: datetime
    ) -> Sequence[Status]:
        if len(path) == 1:
            # An anchor itself, or pinned without anybody above it.
            return []
        assert self._revocations is not None
        judge = StatusJudge(self._revocations.held(), self._pool(held), [path[-1]], now, trusting.policy)
        return judge.of_path(path)

    def _wanted(self, path: Sequence[Certificate]) -> Mapping[str, datetime]:
        """Since when we wait for a word about each certificate; nothing for one whose authority names no place."""
        assert self._revocations is not None
        index = self._revocations.index()
        return {one.subject: since for one in path[:-1] if (since := index.wanted_since(one)) is not None}

    def _note(self, held: PartnerCertificate, statuses: Sequence[Status], outcome: str, now: datetime) -> None:
        if self._judgements is not None and statuses:
            try:
                self._judgements.note(held.certificate.sha256, Judgement.of(statuses, outcome, now))
            except OSError as error:
                log.error(
                    "what the verdict on certs/partners/%s rests on cannot be written: %s; the next verdict tries again",
                    held.name,
                    error,
                )

    def _alarm(self, held: PartnerCertificate, weighed: Weighed, now: datetime) -> None:
        self._alarms.tell(f"certs/partners/{held.name}", weighed.alarms, now)
