"""Whether the TLS certificate that a partner's server shows may be believed: its path, and what its authorities took back, by the policy of the agreement.

OpenSSL has proven before that the server holds the key. Nothing is fetched: what a path wants is remembered for the next sweep. Source: reliability 5.2 goal 33.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from node.keyring.alarms import BRING, Alarms
from node.keyring.judgements import Judgement, Judgements
from node.keyring.revocations import Revocations
from node.security.certificates import Certificate, CertificateRefused
from node.security.path import check_purpose, find_path, pinned_path
from node.security.path_policy import Demand, PathPolicy
from node.security.places import places_of
from node.security.status import Held, Status, StatusJudge, Weighed, unvouched, weigh
from node.security.trust import Purpose, Untrusted

#: Certificates of what a server shows that are looked at; a longer path holds by no policy.
MOST: Final = 16
ASK: Final = "ask the partner to put another certificate up; n2n cert revocations shows what lies here"

log = logging.getLogger("node.keyring")


@dataclass(frozen=True, slots=True)
class Asked:
    """By what a partner's server is judged."""

    partner: str
    policy: PathPolicy
    anchors: Sequence[Certificate]
    #: Whether the agreement itself vouches for the very certificate.
    pinned: bool = False


class Servers:
    """Judges what servers show by what lies here."""

    def __init__(self, revocations: Revocations, known: Iterable[Certificate] = (), judgements: Judgements | None = None) -> None:
        """`known` may stand between a server and its anchor where the server leaves it out."""
        self._revocations, self._known, self._judgements = revocations, tuple(dict.fromkeys(known)), judgements
        self._writes = True
        self._alarms = Alarms()

    def look_only(self) -> None:
        """From now on nothing is written down: whoever examines a home changes nothing."""
        self._writes = False

    @property
    def held(self) -> Held:
        """What a verdict rests on; another object as soon as a list or an answer has landed and was read. Asked on the event loop, which reads nothing."""
        return self._revocations.known()[0]

    @property
    def is_behind(self) -> bool:
        """Whether something has landed that was not read yet."""
        return self._revocations.is_behind

    def catch_up(self) -> None:
        """Read what has landed, which may be long: not on the event loop."""
        self._revocations.held()

    def judge(self, asked: Asked, now: Callable[[], datetime]) -> "ServerJudge":
        """Whoever judges the connections to one partner."""
        return ServerJudge(self, asked, now)

    def check(self, asked: Asked, shown: Sequence[bytes], now: datetime) -> datetime:
        """Until when the verdict stands where nothing lands. `shown` is DER, the server's own certificate first. Raises Untrusted."""
        leaf, above = _read(shown)
        check_purpose(leaf, Purpose.TLS_SERVER, asked.policy)
        pool = (*above, *self._known, *asked.anchors)
        path = _path(leaf, pool, asked, now)
        if any(places_of(one) for one in path[:-1]):
            self._remember(path, now)
        return min(one for one in (self._weigh(path, pool, asked, now), *_ends(path)) if one is not None)

    def _weigh(self, path: Sequence[Certificate], pool: Iterable[Certificate], asked: Asked, now: datetime) -> datetime | None:
        rule = asked.policy.revocation
        if len(path) == 1:
            if path[0] not in asked.anchors and rule.demand is Demand.HARD:
                raise Untrusted(f"{unvouched(path[0])}; ask for it: n2n cert add --trust FILE")
            return None
        statuses = StatusJudge(self.held, pool, [path[-1]], now, asked.policy).of_path(path)
        try:
            self._refuse_revoked(statuses)
            weighed = _weighed(statuses, asked, now, self._wanted(path, now))
        except Untrusted as problem:
            self._note(path[0], statuses, f"refused: {problem}", now)
            raise
        self._note(path[0], statuses, "; ".join(weighed.alarms), now)
        self._alarms.tell(f"the server of partners/{asked.partner}", weighed.alarms, now)
        return weighed.until

    def _refuse_revoked(self, statuses: Iterable[Status]) -> None:
        for one in statuses:
            if one.state == "revoked":
                raise Untrusted(f"{one.subject}: {one.why}, says {self._source(one)}; {ASK}")

    def _source(self, status: Status) -> str:
        for kept in self._revocations.known()[1].kept:
            if kept.sha256 in status.used:
                what = "the list" if kept.kind == "crl" else "the OCSP answer about"
                return (
                    f"{what} {'of ' if kept.kind == 'crl' else ''}{kept.about} of {kept.since:%Y-%m-%d %H:%M} UTC ({kept.source})"
                )
        return f"what lies in data/revocations as {', '.join(status.used)}"

    def _wanted(self, path: Sequence[Certificate], now: datetime) -> Mapping[str, datetime]:
        """Since when we wait for a word about each certificate: from now on where it is shown for the first time."""
        index = self._revocations.known()[1]
        return {one.subject: index.wanted_since(one) or now for one in path[:-1] if any(places_of(one))}

    def _remember(self, path: tuple[Certificate, ...], now: datetime) -> None:
        if not self._writes:
            return
        try:
            self._revocations.shown.remember(path, now)
        except OSError as error:
            log.error("that %s was shown cannot be written: %s; the next connection tries again", path[0].subject, error)

    def _note(self, leaf: Certificate, statuses: Sequence[Status], outcome: str, now: datetime) -> None:
        if self._judgements is None or not self._writes:
            return
        try:
            self._judgements.note(leaf.sha256, Judgement.of(statuses, outcome, now))
        except OSError as error:
            log.error(
                "what the verdict on the server %s rests on cannot be written: %s; the next verdict tries again",
                leaf.subject,
                error,
            )


class ServerJudge:
    """Judges the connections to one partner, and knows as long as nothing has changed that would want another verdict."""

    def __init__(self, servers: Servers, asked: Asked, now: Callable[[], datetime]) -> None:
        self._servers, self._asked, self._now = servers, asked, now
        self._rests_on: Held | None = None
        self._until: datetime | None = None

    def __call__(self, shown: Sequence[bytes]) -> None:
        """Judge what a server has shown, as DER, its own certificate first. Raises Untrusted."""
        rests_on = self._servers.held
        until = self._servers.check(self._asked, shown, self._now())
        # Of several connections the verdict that ends first.
        self._until = min(until, self._until or until)
        self._rests_on = self._rests_on or rests_on

    @property
    def is_behind(self) -> bool:
        """Whether something has landed that was not read yet."""
        return self._servers.is_behind

    def catch_up(self) -> None:
        """Read what has landed; in a thread."""
        self._servers.catch_up()

    def stands(self) -> bool:
        """Whether connections that were let through may still be used."""
        if self._until is None:
            return True
        return self._rests_on is self._servers.held and self._now() < self._until


def _read(shown: Sequence[bytes]) -> tuple[Certificate, list[Certificate]]:
    """What a server shows; whatever cannot be read beside its own certificate helps nobody."""
    if not shown:
        raise Untrusted("the server shows no certificate")
    try:
        leaf = Certificate(shown[0])
    except CertificateRefused as error:
        raise Untrusted(f"the server's certificate cannot be used: {error}") from None
    above = []
    for der in shown[1:MOST]:
        try:
            above.append(Certificate(der))
        except CertificateRefused:
            continue
    return leaf, above


def _path(leaf: Certificate, pool: Iterable[Certificate], asked: Asked, now: datetime) -> tuple[Certificate, ...]:
    if not asked.pinned:
        return find_path(leaf, pool, asked.anchors, now, asked.policy)
    return pinned_path(leaf, pool, now, asked.policy)


def _weighed(statuses: Sequence[Status], asked: Asked, now: datetime, wanted: Mapping[str, datetime]) -> Weighed:
    try:
        return weigh(statuses, asked.policy.revocation, now, wanted)
    except Untrusted as problem:
        raise Untrusted(f"{problem}; {BRING}") from None


def _ends(path: Iterable[Certificate]) -> Iterator[datetime]:
    # A certificate is valid up to and including its last second.
    return (one.x509.not_valid_after_utc + timedelta(microseconds=1) for one in path)
