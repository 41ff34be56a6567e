"""The versions that both sides signed, as the store of a home holds them, ready for the reader of agreements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from node.agreements.agreement import Said, Term
from node.configuration import ConfigurationError, Problems
from node.home import Home
from node.keyring.folder import CertificateFolder, PartnerCertificate
from node.security.certificates import Certificate
from node.sheets.canonical import SheetRefused
from node.sheets.sheet import Sheet
from node.sheets.view import View, view
from node.store.agreed import KeptVersion, in_force
from node.store.messages import database_of
from node.store.shape import check_shape


@dataclass(frozen=True, slots=True)
class Taken:
    """What versions bring: agreements as tables, and the certificates that these name."""

    said: Sequence[Said]
    certificates: CertificateFolder


def read_versions(home: Home) -> list[KeptVersion]:
    """Every version that is, was or will be in force; none for a home that has no store yet, or one of an older node. Raises StorageUnavailable."""
    if not home.database and not (home.data / "node.db").is_file():
        return []
    try:
        database = database_of(home.data, home.database)
    except ConfigurationError:
        # Whoever opens the store tells it.
        return []
    try:
        check_shape(database.read, "")
        return in_force(database)
    except ConfigurationError:
        return []
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
