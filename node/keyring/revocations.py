"""What authorities said of certificates they took back, as it lies in data/revocations: octets under their SHA-256, and an index of what counts now.

Nothing is fetched here. Whatever is taken in is proven first; a list with a wrong signature, or an older one, never replaces a good one. Old octets
stay as long as the verdict on a message that is kept rests on them, and for a margin. Source: reliability 5.2 goal 33.
"""

import fcntl
import json
import logging
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from node.durable import put
from node.keyring.shown import Shown
from node.security.certificates import Certificate
from node.security.crl import Crl
from node.security.names import NormalName
from node.security.places import places_of
from node.security.revocation import RevocationRefused, StatusAnswer
from node.security.status import AHEAD, Held

_INDEX: Final = "index.json"
#: Nothing is fetched more often, and nothing less often.
OFTEN: Final = timedelta(minutes=5)
SELDOM: Final = timedelta(hours=6)
#: How long what nothing needs lies here; and how often it is looked for.
MARGIN: Final = timedelta(days=30)
CLEARED: Final = timedelta(days=7)
_CLEARED: Final = "cleared"
_SUFFIXES: Final = {"crl": ".crl", "ocsp": ".ocsp"}

log = logging.getLogger("node.keyring.revocations")


@dataclass(frozen=True, slots=True)
class Kept:
    """One list or answer that counts."""

    kind: str
    sha256: str
    #: Who speaks, and of whom: the issuer of the list; the certificate of the answer.
    about: str
    since: datetime
    until: datetime | None
    fetched: datetime
    #: Where it came from: an address, or the name of a file.
    source: str
    #: The SHA-256 of the certificate that an answer is about.
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """One address where an authority says what it took back, and how asking there went."""

    #: The address; for OCSP followed by the SHA-256 of the certificate in question.
    key: str
    first_wanted: datetime
    next: datetime
    tried: datetime | None = None
    fetched: datetime | None = None
    problem: str = ""
    failures: int = 0

    @property
    def url(self) -> str:
        """The address alone."""
        return self.key.partition(" ")[0]


@dataclass(frozen=True, slots=True)
class Index:
    """Everything that counts now."""

    kept: tuple[Kept, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict)

    def wanted_since(self, certificate: Certificate) -> datetime | None:
        """Since when a word is awaited from a place that the certificate names; None where none of them was ever wanted."""
        keys = (one.key(certificate) for one in places_of(certificate))
        return min((self.places[key].first_wanted for key in keys if key in self.places), default=None)


class NotTaken(Exception):
    """A list or an answer that is not taken in; the text says why."""


class Revocations:
    """The folder; may be used by several processes and threads at once."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._file = folder, str(folder / _INDEX)
        #: The paths that partners showed on TLS.
        self.shown = Shown(folder / "shown")
        self._lock = Lock()
        self._seen: tuple[int, int, int] | None = None
        self._was_read = False
        self._index, self._held = Index(), Held()
        self._crls: dict[str, Crl] = {}
        self._answers: dict[str, StatusAnswer] = {}

    # -- looking -----------------------------------------------------------------------------------------------------

    def held(self) -> Held:
        """What counts now. The same object as long as nothing changed; another process's change is seen at once."""
        self._look()
        return self._held

    def index(self) -> Index:
        """What counts now, and the places it comes from."""
        self._look()
        return self._index

    # A list may be long, so the event loop never reads one, nor waits for a thread that does: it asks whether it is behind, lets a thread call
    # `held`, and goes by what that has read.

    @property
    def is_behind(self) -> bool:
        """Whether something has landed that this process has not read yet."""
        return self._stamp() != self._seen

    def known(self) -> tuple[Held, Index]:
        """What counted when somebody last looked; nothing is read but the first time, which whoever serves does at its start."""
        if not self._was_read:
            self._look()
        return self._held, self._index

    def octets(self, sha256: str) -> bytes:
        """Of whatever was ever taken in. Raises LookupError."""
        for suffix in _SUFFIXES.values():
            file = self._folder / f"{sha256}{suffix}"
            if file.is_file():
                return file.read_bytes()
        raise LookupError(f"data/revocations has nothing with SHA-256 {sha256}")

    def _look(self) -> None:
        if self._stamp() != self._seen:
            with self._lock:
                self._catch_up()
        self._was_read = True

    def _catch_up(self) -> None:
        seen = self._stamp()
        if seen == self._seen:
            return
        kept, self._index = self._index.kept, self._read()
        # How asking went is no news to a verdict.
        if self._index.kept != kept:
            self._crls, self._answers = dict(self._parsed(Crl, "crl")), dict(self._parsed(StatusAnswer, "ocsp"))
            self._held = Held(tuple(self._crls.values()), tuple(self._answers.values()))
        self._seen = seen

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = os.stat(self._file)  # noqa: PTH116 - asked for every message, and pathlib takes thrice as long
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size

    def _parsed(self, kind: Any, word: str) -> Iterator[tuple[str, Any]]:
        before: Mapping[str, Any] = self._crls if word == "crl" else self._answers
        for one in self._index.kept:
            if one.kind != word:
                continue
            try:
                yield one.sha256, before.get(one.sha256) or kind((self._folder / f"{one.sha256}{_SUFFIXES[word]}").read_bytes())
            except (OSError, RevocationRefused) as error:
                log.error("data/revocations: what %s said cannot be read any more (%s); it is fetched anew", one.about, error)

    def _read(self) -> Index:
        try:
            said = json.loads((self._folder / _INDEX).read_bytes())
            return Index(
                tuple(Kept(**_with_instants(one, ("since", "until", "fetched"))) for one in said["kept"]),
                {
                    one["key"]: Place(**_with_instants(one, ("first_wanted", "next", "tried", "fetched")))
                    for one in said["places"]
                },
            )
        except FileNotFoundError:
            return Index()
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.error("data/revocations/%s cannot be read (%s); everything is fetched anew", _INDEX, error)
            return Index()

    def read_already(self, before: "Revocations") -> None:
        """What another one has read and proven is not read and proven again; and whatever else lies here is read now."""
        held = before.held()
        with self._lock:
            self._crls, self._answers = {one.sha256: one for one in held.crls}, {one.sha256: one for one in held.answers}
        self._look()

    # -- taking in ---------------------------------------------------------------------------------------------------

    def take_list(self, octets: bytes, signers: Iterable[Certificate], source: str, now: datetime) -> Kept:
        """A revocation list, in DER or PEM, of one of the signers. Raises NotTaken, OSError."""
        crl = _as_list(octets)
        named = [one for one in signers if one.subject_name == crl.issuer]
        issuer = crl.parsed.issuer.rfc4514_string()
        if not named:
            raise NotTaken(f"a list of {issuer}, which is no authority of any certificate here")
        signer = next((one for one in named if crl.is_signed_by(one)), None)
        if signer is None:
            raise NotTaken(f"a list in the name of {issuer} that {issuer} did not sign")
        if crl.since > now + AHEAD:
            raise NotTaken(f"a list of {issuer} of {crl.since:%Y-%m-%d %H:%M} UTC, which has not come")
        kept = Kept("crl", crl.sha256, issuer, crl.since, crl.until, now, source)

        def is_before(other: Kept) -> bool:
            # Whoever brings an authority may call it as somebody else's is called: it takes no place of theirs.
            held = self._crls.get(other.sha256)
            return held is not None and held.scope == crl.scope and held.is_signed_by(signer)

        self._put(kept, crl, is_before)
        return kept

    def take_answer(self, octets: bytes, certificate: Certificate, issuer: Certificate, source: str, now: datetime) -> Kept:
        """An OCSP answer about a certificate. Raises NotTaken, OSError."""
        try:
            answer = StatusAnswer(octets)
        except RevocationRefused as problem:
            raise NotTaken(str(problem)) from None
        if not answer.covers(certificate, issuer):
            raise NotTaken(
                f"an OCSP answer that says nothing of {certificate.subject}, or that {issuer.subject} does not stand for"
            )
        since, until = answer.times(certificate)
        if since > now + AHEAD or (until is not None and until < now):
            raise NotTaken(f"an OCSP answer about {certificate.subject} whose time is not now")
        kept = Kept("ocsp", answer.sha256, certificate.subject, since, until, now, source, certificate.sha256)
        self._put(kept, answer, lambda other: (other.certificate, other.source) == (kept.certificate, source))
        return kept

    def _put(self, kept: Kept, read: Crl | StatusAnswer, replaces: Any) -> None:
        with self._changing() as index:
            versions = [one for one in index.kept if one.kind == kept.kind and replaces(one)]
            newest = max((one.since for one in versions), default=None)
            if newest is not None and kept.since < newest:
                raise NotTaken(
                    f"older than what lies here: {kept.about} of {kept.since:%Y-%m-%d %H:%M} UTC, here is {newest:%Y-%m-%d %H:%M}"
                )
            self._write(f"{kept.sha256}{_SUFFIXES[kept.kind]}", read.der, kept.fetched)
            self._stock(read)
            others = [one for one in index.kept if one not in versions]
            self._write_index(replace(index, kept=(*others, kept)))

    def _stock(self, read: Crl | StatusAnswer) -> None:
        """Whoever looks next, maybe on the event loop, need not read and prove again what may be long."""
        with self._lock:
            if isinstance(read, Crl):
                self._crls = {read.sha256: read, **self._crls}
            else:
                self._answers = {read.sha256: read, **self._answers}

    # -- places ------------------------------------------------------------------------------------------------------

    def want(self, keys: Iterable[str], now: datetime) -> None:
        """Remember since when each place is wanted, and forget those that are not any more."""
        wanted, known = dict.fromkeys(keys), self.index().places
        if set(wanted) == set(known):
            return
        with self._changing() as index:
            places = {one: index.places.get(one) or Place(one, now, now) for one in wanted}
            self._write_index(replace(index, places=places))

    def asked(self, key: str, now: datetime, again: datetime, problem: str = "") -> None:
        """Note how asking at a place went, and when it is asked again."""
        with self._changing() as index:
            place = index.places.get(key) or Place(key, now, now)
            after = replace(
                place,
                tried=now,
                next=again,
                problem=problem,
                fetched=place.fetched if problem else now,
                failures=place.failures + 1 if problem else 0,
            )
            self._write_index(replace(index, places={**index.places, key: after}))

    # -- clearing ------------------------------------------------------------------------------------------------------

    def is_to_clear(self, now: datetime) -> bool:
        """Whether it is time to look for what nothing needs any more."""
        try:
            looked = datetime.fromtimestamp((self._folder / _CLEARED).stat().st_mtime, UTC)
        except FileNotFoundError:
            return self._folder.is_dir()
        return not timedelta(0) <= now - looked < CLEARED

    def clear(
        self,
        authorities: Iterable[Certificate],
        certificates: Iterable[Certificate],
        evidence: Callable[[], Collection[str]],
        now: datetime,
    ) -> int:
        """Remove lists of nobody's authorities, answers about nobody's certificate, and what was superseded, a margin later; how many files.

        `evidence` is asked, where anything could go, for the SHA-256 of what verdicts on kept messages rest on. Raises OSError.
        """
        issuers = {one.subject_name for one in authorities}
        prints = {one.sha256 for one in certificates}
        wanted = self._wanted(self.index(), issuers, prints)
        old = {file.stem for file in self._octet_files() if file.stem not in wanted and _age(file, now) > MARGIN}
        # Many messages may have to be looked at, and nobody else waits for that.
        needed = frozenset(evidence()) if old else frozenset()
        with self._changing() as index:
            wanted = self._wanted(index, issuers, prints)
            gone = old - needed - wanted
            if any(one.sha256 in gone for one in index.kept):
                self._write_index(replace(index, kept=tuple(one for one in index.kept if one.sha256 not in gone)))
            for file in self._octet_files():
                if file.stem in gone:
                    file.unlink(missing_ok=True)
                elif file.stem in wanted or file.stem in needed:
                    # Its margin begins anew; after it, messages are asked again.
                    os.utime(file, (now.timestamp(), now.timestamp()))
            mark = self._folder / _CLEARED
            mark.touch(mode=0o600)
            os.utime(mark, (now.timestamp(), now.timestamp()))
        return len(gone)

    def _wanted(self, index: Index, issuers: Collection[NormalName], certificates: Collection[str]) -> set[str]:
        return {one.sha256 for one in index.kept if self._is_wanted(one, issuers, certificates)}

    def _is_wanted(self, kept: Kept, issuers: Collection[NormalName], certificates: Collection[str]) -> bool:
        if kept.kind == "ocsp":
            return kept.certificate in certificates
        crl = self._crls.get(kept.sha256)
        return crl is not None and crl.issuer in issuers

    def _octet_files(self) -> list[Path]:
        return sorted(file for suffix in _SUFFIXES.values() for file in self._folder.glob(f"*{suffix}"))

    # -- disk --------------------------------------------------------------------------------------------------------

    @contextmanager
    def _changing(self) -> Iterator[Index]:
        """The index as it is, which nobody else changes meanwhile."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self._look()
            yield self._index
        finally:
            os.close(descriptor)
        # Whoever changes it reads it, in its own thread.
        self._look()

    def _write_index(self, index: Index) -> None:
        said = {"kept": [_as_json(one) for one in index.kept], "places": [_as_json(one) for one in index.places.values()]}
        self._write(_INDEX, json.dumps(said, indent=1).encode())

    def _write(self, name: str, octets: bytes, at: datetime | None = None) -> None:
        put(self._folder / name, octets, at)


def _age(file: Path, now: datetime) -> timedelta:
    """Since when nobody has wanted it."""
    return now - datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _as_list(octets: bytes) -> Crl:
    try:
        if b"-----BEGIN" in octets[:1024]:
            octets = x509.load_pem_x509_crl(octets).public_bytes(Encoding.DER)
        return Crl(octets)
    except RevocationRefused as problem:
        raise NotTaken(str(problem)) from None
    except ValueError as error:
        raise NotTaken(f"no revocation list: {error}") from None


def _as_json(one: Kept | Place) -> dict[str, Any]:
    values = {name: getattr(one, name) for name in one.__dataclass_fields__}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def _with_instants(said: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {**said, **{name: datetime.fromisoformat(said[name]).astimezone(UTC) if said[name] else None for name in names}}


def next_fetch(since: datetime, until: datetime | None, now: datetime, chance: float) -> datetime:
    """When a list is to be fetched again: well before it ends and not at the same time as everybody, at most a few hours from now."""
    whole = (until - since) if until is not None and until > since else SELDOM
    # Most authorities publish the next list some time before the last one ends.
    due = since + whole * (0.7 + 0.2 * chance)
    return min(max(due, now + OFTEN * (1 + chance)), now + SELDOM * (0.8 + 0.2 * chance))


def next_try(failures: int, now: datetime, chance: float) -> datetime:
    """When an address that failed is asked again: later each time, but for a spread."""
    rest = min(timedelta(minutes=2 ** min(failures, 8)), timedelta(hours=1))
    return now + rest * (0.75 + 0.5 * chance)
