"""The versions that both sides signed, and the updates that both accepted, as the store of a home holds them, ready for the reader of agreements."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from node.agreements.agreement import Said, Term
from node.agreements.replacing import Replacement
from node.configuration import ConfigurationError, Problems
from node.home import Home
from node.keyring.folder import CertificateFolder, PartnerCertificate
from node.security.certificates import Certificate
from node.security.succession import PURPOSES
from node.sheets.canonical import SheetRefused
from node.sheets.sheet import Sheet
from node.sheets.view import View, view
from node.store.agreed import KeptVersion, VersionDamaged, in_force
from node.store.connection import Database
from node.store.messages import database_of
from node.store.pending import Pending, pending
from node.store.reading import RESTORE
from node.store.shape import check_shape
from node.store.updates import KeptUpdate, accepted
from node.updates.reading import read_update
from node.updates.update import CertificateUpdate, UpdateRequest, digest_of

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Taken:
    """What versions bring: agreements as tables, and the certificates that these name."""

    said: Sequence[Said]
    certificates: CertificateFolder


def read_versions(home: Home, problems: Problems) -> list[KeptVersion]:
    """Every version that is, was or will be in force; none for a home that has no store yet, or one of an older node. What a damaged one lacks is a problem each.

    Raises ConfigurationError where no database can be meant, StorageUnavailable.
    """
    damaged: list[VersionDamaged] = []
    nothing: list[KeptVersion] = []
    found = _read(home, lambda database: in_force(database, damaged), nothing)
    for one in damaged:
        for place, problem in one.problems:
            said = f"{problem}: row {one.row_id} of agreed_version is damaged, or no node of this version wrote it"
            problems.add(f"partners/{one.partner}/version {one.version}", place, said, RESTORE)
    return found


def read_updates(home: Home) -> list[KeptUpdate]:
    """Every update that was accepted, the oldest first; none where `read_versions` finds none. Raises as that."""
    return _read(home, lambda database: accepted(database.read), [])


def read_pending(home: Home) -> Pending:
    """What is under way, ends or waits for somebody; nothing where `read_versions` finds none. Raises as that."""
    return _read(home, pending, Pending())


def _read(home: Home, kept: Callable[[Database], Kept], otherwise: Kept) -> Kept:
    if not home.database and not (home.data / "node.db").is_file():
        return otherwise
    database = database_of(home.data, home.database)
    try:
        check_shape(database.read, "")
        return kept(database)
    except ConfigurationError:
        return otherwise
    finally:
        database.close()


def take(versions: Iterable[KeptVersion], folder: CertificateFolder, problems: Problems) -> Taken:
    """The versions as tables; one that cannot be taken is a problem. Their certificates stand beside those of the folder."""
    said: list[Said] = []
    partners, trust = dict(folder.partners), dict(folder.trust)
    own = {name: key.certificate for name, key in folder.own.items()}
    for one in versions:
        term = Term(one.sheet.version, one.sheet.since, one.ends_at, one.sheet.before_ends)
        made = said_of(one.partner, one.sheet, one.side, term, own, problems)
        if made is not None:
            seen, tables = made
            said.append(tables)
            above = tuple(certificate for anchors in seen.anchors.values() for certificate in anchors)
            for name, each in seen.certificates.items():
                before = partners[name].above if name in partners else ()
                partners[name] = PartnerCertificate(name, each, tuple(dict.fromkeys((*above, *before))))
            trust |= seen.anchors
    return Taken(said, replace(folder, partners=partners, trust=trust))


class _ByDigest:
    """Certificates by the digests under which updates name them, since of many partners each update is one of many."""

    def __init__(self, certificates: Iterable[Certificate]) -> None:
        self._certificates = dict.fromkeys(certificates)
        self._found: dict[str, dict[bytes, Certificate]] = {}

    def add(self, certificate: Certificate) -> None:
        self._certificates[certificate] = None
        for algorithm, found in self._found.items():
            found[digest_of(certificate, algorithm)] = certificate

    def replaced_by(self, update: CertificateUpdate) -> Certificate | None:
        algorithm = update.digest_algorithm
        if algorithm not in self._found:
            self._found[algorithm] = {digest_of(one, algorithm): one for one in self._certificates}
        return self._found[algorithm].get(update.digest)


def replacements_of(updates: Iterable[KeptUpdate], folder: CertificateFolder, keep: timedelta) -> list[Replacement]:
    """What partners' updates do to their agreements; an update whose present certificate is not known here any more does nothing."""
    theirs = [one for one in updates if not one.is_ours and one.asked.activate_by is not None]
    if not theirs:
        return []
    found: list[Replacement] = []
    known = _ByDigest(one.certificate for one in folder.partners.values())
    for one in theirs:
        request, since = read_update(one.asked.content), one.asked.activate_by
        if not isinstance(request, UpdateRequest) or since is None:
            continue
        for number, each in enumerate(request.updates, 1):
            old = known.replaced_by(each)
            if old is not None:
                # A certificate that an earlier update brought may be replaced in its turn.
                known.add(each.certificate)
                name = f"{one.partner}/update-{one.id}-{number}"
                found.append(Replacement(one.partner, old, each.certificate, each.chain, since, name, keep))
    return found


def with_new(folder: CertificateFolder, replacements: Iterable[Replacement]) -> CertificateFolder:
    """The folder with the new certificates under their names for every purpose."""
    new = {one.named(purpose): one for one in replacements for purpose in PURPOSES}
    brought = {name: PartnerCertificate(name, one.new, one.chain) for name, one in new.items()}
    return replace(folder, partners={**folder.partners, **brought}) if brought else folder


def without_unused(folder: CertificateFolder, replacements: Iterable[Replacement], used: Container[str]) -> CertificateFolder:
    """The folder without the new certificates for purposes that the old one did not serve."""
    unused = {name for one in replacements for name in map(one.named, PURPOSES) if name not in used}
    if not unused:
        return folder
    return replace(folder, partners={name: one for name, one in folder.partners.items() if name not in unused})


def said_of(
    partner: str, sheet: Sheet, side: str, term: Term, own: Mapping[str, Certificate], problems: Problems
) -> tuple[View, Said] | None:
    """One version as one side sees it; None and a problem where it names keys that are not here."""
    file = f"partners/{partner}/version {sheet.version}"
    try:
        seen = view(sheet, side, partner, own)
    except SheetRefused as error:
        for place, problem in error.problems:
            problems.add(file, place, problem, "put the agreed key into certs/own, or agree on another version")
        return None
    return seen, Said(partner, file, seen.tables, {}, seen.parameters, term)
