"""Brings what authorities took back, before anybody needs it: the lists and OCSP answers that partners' certificates name. Source: reliability 5.2 goal 33."""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from node.keyring.folder import CertificateFolder
from node.keyring.revocations import MARGIN, Kept, NotTaken, Place, Revocations, next_fetch, next_try
from node.keyring.shown import ShownPath
from node.msh.ports import Clock, TransportError
from node.security.certificates import Certificate
from node.security.places import Named, places_of, question
from node.security.signed import is_signed_by
from node.transport.public import Stopping

#: Addresses asked in one sweep at most; the others wait for the next.
MOST = 50
#: Addresses asked at the same time.
AT_ONCE = 4

log = logging.getLogger("node.refreshing")


class Fetch(Protocol):
    """`node.transport.public.PublicFetch`. Raises TransportError."""

    def __call__(self, url: str, body: bytes | None = None, content_type: str = "") -> bytes: ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """One address to be asked, and about whom."""

    named: Named
    certificate: Certificate
    issuer: Certificate | None

    @property
    def key(self) -> str:
        """By which asking there is remembered."""
        return self.named.key(self.certificate)


@dataclass(frozen=True, slots=True)
class _Sought:
    """What the certificates of a home want, and who may have signed it; the same as long as they are the same."""

    folder: CertificateFolder
    shown: Sequence[ShownPath]
    wanted: Mapping[str, Wanted]
    authorities: Sequence[Certificate]


class Refreshing:
    """A sweep: harmless when done twice, also by two processes at once."""

    def __init__(
        self,
        certificates: Callable[[], CertificateFolder],
        revocations: Callable[[], Revocations],
        fetch: Fetch | None,
        clock: Clock,
        chance: Callable[[], float],
        evidence: Callable[[], Collection[str]] | None = None,
        forget: Callable[[Collection[str], datetime], int] | None = None,
    ) -> None:
        """`certificates` and `revocations` are asked anew by each sweep: they belong to the setting that is in force.

        `fetch` is None where this node may call nobody: then lists come by `n2n cert add-crl` alone.

        `evidence` gives the SHA-256 of what verdicts on kept messages rest on; where nobody knows, nothing is cleared away.
        `forget` removes what was judged of certificates before an instant, given the SHA-256 of those that are used; how many records.
        """
        self._evidence, self._forget = evidence, forget
        self._certificates, self._in_force, self._fetch = certificates, revocations, fetch
        self._clock, self._chance = clock, chance
        self._last: _Sought | None = None

    @property
    def _revocations(self) -> Revocations:
        return self._in_force()

    def sweep(self) -> int:
        """Ask every address that is due; how many lists and answers came. Raises OSError."""
        folder, shown = self._certificates(), self._shown()
        sought = self._sought(folder, shown)
        wanted, authorities = sought.wanted, sought.authorities
        self._revocations.want(wanted, self._clock.now())
        places: Mapping[str, Place] = self._revocations.index().places
        due = sorted((one for one in places.values() if one.next <= self._clock.now()), key=lambda one: one.next)
        asking = [(wanted[one.key], one) for one in due[:MOST] if one.key in wanted]
        came = 0
        if asking:
            # An authority that does not answer keeps few others waiting.
            with ThreadPoolExecutor(AT_ONCE, "fetching") as pool:
                came = sum(pool.map(lambda one: self._ask(one[0], one[1], authorities), asking))
        self._clear(folder, shown, authorities)
        return came

    def _sought(self, folder: CertificateFolder, shown: Sequence[ShownPath]) -> "_Sought":
        last = self._last
        # A sweep comes every few seconds, and finding who issued ten thousand certificates takes most of one.
        if last is None or last.folder is not folder or last.shown != shown:
            wanted = {one.key: one for one in wanted_of(folder, shown)}
            last = self._last = _Sought(folder, shown, wanted, authorities_of(folder, shown))
        return last

    def _clear(self, folder: CertificateFolder, shown: Sequence[ShownPath], authorities: Sequence[Certificate]) -> None:
        now = self._clock.now()
        if self._evidence is None or not self._revocations.is_to_clear(now):
            return
        used = [*_partners(folder, shown), *authorities]
        gone = self._revocations.clear(authorities, used, self._evidence, now)
        forgotten = self._forget({one.sha256 for one in used}, now - MARGIN) if self._forget is not None else 0
        if forgotten:
            log.info("data/revocations/judged: %d records are gone that no kept message rests on", forgotten)
        if gone:
            log.info("data/revocations: %d lists and answers are gone that nothing has needed for %d days", gone, MARGIN.days)

    def _shown(self) -> Sequence[ShownPath]:
        self._revocations.shown.forget(self._clock.now())
        return self._revocations.shown.paths()

    def _ask(self, one: Wanted, place: Place, authorities: Sequence[Certificate]) -> bool:
        url = one.named.url
        if self._fetch is None:
            return False
        try:
            kept = self._take(one, self._fetch, authorities)
        except Stopping:
            return False
        except (TransportError, NotTaken) as problem:
            now = self._clock.now()
            self._revocations.asked(one.key, now, next_try(place.failures, now, self._chance()), str(problem))
            if str(problem) != place.problem:
                log.warning("%s brings nothing that can be used about %s: %s", url, one.certificate.subject, problem)
            return False
        now = self._clock.now()
        self._revocations.asked(one.key, now, next_fetch(kept.since, kept.until, now, self._chance()))
        if place.problem:
            log.info("%s answers again", url)
        return True

    def _take(self, one: Wanted, fetch: Fetch, authorities: Sequence[Certificate]) -> Kept:
        url = one.named.url
        if one.named.kind == "crl":
            octets = fetch(url)
            return self._revocations.take_list(octets, authorities, url, self._clock.now())
        assert one.issuer is not None
        octets = fetch(url, question(one.certificate, one.issuer), "application/ocsp-request")
        return self._revocations.take_answer(octets, one.certificate, one.issuer, url, self._clock.now())


def authorities_of(folder: CertificateFolder, shown: Sequence[ShownPath] = ()) -> list[Certificate]:
    """Every certificate here that may have signed a list; `shown` are the paths that partners' servers showed."""
    above = (one for partner in folder.partners.values() for one in partner.above)
    between = (one for path in shown for one in path[1:])
    return list(dict.fromkeys((*folder.trusted, *above, *between)))


def wanted_of(folder: CertificateFolder, shown: Sequence[ShownPath] = ()) -> Iterator[Wanted]:
    """Each address that a partner's certificate, or one above it, names."""
    authorities = authorities_of(folder, shown)
    partners = _partners(folder, shown)
    by_name: dict[object, list[Certificate]] = {}
    for one in authorities:
        by_name.setdefault(one.subject_name, []).append(one)
    for certificate in dict.fromkeys((*partners, *authorities)):
        issuer = _issuer(certificate, by_name.get(certificate.issuer_name, ()))
        for named in places_of(certificate):
            if named.kind == "crl" or issuer is not None:
                yield Wanted(named, certificate, issuer)


def _partners(folder: CertificateFolder, shown: Sequence[ShownPath]) -> list[Certificate]:
    return [*(one.certificate for one in folder.partners.values()), *(path[0] for path in shown)]


def _issuer(certificate: Certificate, among: Iterable[Certificate]) -> Certificate | None:
    return next((one for one in among if one != certificate and is_signed_by(certificate, one)), None)


def taken(revocations: Revocations, octets: bytes, folder: CertificateFolder, source: str, now: datetime) -> Kept:
    """A list that somebody brought as a file. Raises NotTaken, OSError."""
    return revocations.take_list(octets, authorities_of(folder, revocations.shown.paths()), source, now)
