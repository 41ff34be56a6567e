"""What a manifest reported and what arrived of it, consignment by consignment."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from node.customs.checking.reading import read_rows
from node.customs.filing.registration import Entry
from node.customs.packs.library import Packs
from node.store.documents import StoredDocuments
from node.store.lives import StoredLives

REPORT: Final = "man.cargo-report"
ARRIVAL: Final = "man.arrival"
LANDED: Final = "LANDED"
OVER: Final = "OVER"
#: Nobody has said yet what arrived.
AWAITED: Final = "AWAITED"


@dataclass(frozen=True, slots=True)
class Landed:
    """One consignment: what was reported, and what was found."""

    document: str
    ucr: str
    #: LANDED, SHORT, OVER, NOT-LANDED; AWAITED before an arrival.
    code: str
    #: Packages as reported; None for what was not reported.
    reported: int | None
    #: Packages as found; None before an arrival.
    found: int | None

    @property
    def differs(self) -> bool:
        """Whether something is missing or too much."""
        return self.code not in {LANDED, AWAITED}


@dataclass(frozen=True, slots=True)
class Landing:
    """One manifest as it stands."""

    #: Every version on file, the first one first.
    versions: tuple[Entry, ...]
    #: The arrival, when one has come.
    arrival: Entry | None
    state: str
    en: str
    zh: str
    consignments: tuple[Landed, ...]


class Landings:
    """Reconciles what was sent with what arrived."""

    def __init__(self, documents: StoredDocuments, lives: StoredLives, packs: Packs) -> None:
        self._documents, self._lives, self._packs = documents, lives, packs

    def find(self, number: str) -> list[Landing]:
        """The manifests of a number: one for each authority that has used it. Raises NoLongerThere."""
        entries = self._lives.on_file(REPORT, number)
        issuers = dict.fromkeys(one.about.issuer for one in entries)
        return [self._landing(tuple(one for one in entries if one.about.issuer == each)) for each in issuers]

    def _landing(self, versions: tuple[Entry, ...]) -> Landing:
        subject = (REPORT, versions[-1].about.number, versions[-1].about.issuer)
        arrivals = [one for one in self._lives.naming(subject) if one.about.type_id == ARRIVAL]
        arrival = max(arrivals, key=lambda one: one.id, default=None)
        told = self._rows(arrival) if arrival is not None else None
        # An arrival is about the version that it names.
        about = next(
            (one for one in versions if arrival is not None and one.about.version == arrival.about.version), versions[-1]
        )
        machine = next(iter(self._packs.machines(REPORT).values()), None)
        state = next((turn.after for turn in reversed(self._lives.turns(subject))), "")
        said = machine.states.get(state) if machine is not None else None
        names = (said.name_en, said.name_zh) if said else (state, state)
        return Landing(versions, arrival, state, *names, tuple(_reconciled(self._rows(about), told)))

    def _rows(self, entry: Entry) -> list[Mapping[str, str]]:
        definition = self._packs.named(entry.about.type_id)
        assert definition is not None
        reader = _Consignments()
        root = read_rows(self._documents.octets(entry.id), definition, reader)
        # Whether a type lets go of its rows is for its pack to say.
        return reader.found or [_consignment(one) for one in root.findall("{*}Consignment")]


def _reconciled(reported: list[Mapping[str, str]], told: list[Mapping[str, str]] | None) -> Iterator[Landed]:
    """What is not told to differ has landed in full. Source: DESIGN 7.1."""
    differs = {one["document"]: one for one in told or ()}
    for one in reported:
        packages = int(one["reported"] or 0)
        other = differs.pop(one["document"], None)
        if told is None:
            yield Landed(one["document"], one["ucr"], AWAITED, packages, None)
        elif other is None:
            yield Landed(one["document"], one["ucr"], LANDED, packages, packages)
        else:
            yield Landed(one["document"], one["ucr"], other["code"], packages, int(other["found"]))
    for document, one in differs.items():
        yield Landed(document, "", one["code"], None, int(one["found"]))


class _Consignments:
    """The consignments of a report or an arrival, as texts."""

    def __init__(self) -> None:
        self.found: list[Mapping[str, str]] = []

    def row(self, element: Any, _place: int) -> None:
        """See `Reader`."""
        if element.tag.rpartition("}")[2] == "Consignment":
            self.found.append(_consignment(element))


def _consignment(element: Any) -> Mapping[str, str]:
    return {
        "document": _text(element, "TransportContractDocument/{*}ID") or _text(element, "DocumentID"),
        "ucr": _text(element, "UCR"),
        "reported": _text(element, "TotalPackageQuantity"),
        "code": _text(element, "LandingCode"),
        "found": _text(element, "PackageQuantity"),
    }


def _text(element: Any, name: str) -> str:
    return (element.findtext(f"{{*}}{name}") or "").strip()
