"""The two ways of a manifest: an interchange to canonical documents, and a canonical document to an interchange. Source: DESIGN 7.2, 10."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Final

from node.customs.edifact import mapping as mappings
from node.customs.edifact.canonical import Mapped, to_canonical
from node.customs.edifact.cuscar import Written, to_cuscar
from node.customs.edifact.envelope import Header, Interchange, InterchangeRefused, read_interchange
from node.customs.edifact.found import LISTED, Found
from node.customs.edifact.outgoing import References
from node.customs.edifact.report_reader import ReportRefused, read_header
from node.customs.edifact.table import Table, read_table
from node.customs.edifact.terms import USUAL_KIND, Terms, choose, terms_of
from node.customs.finding import Finding, Verdict
from node.customs.profile import Profile
from node.customs.rulebook import RULEBOOK

#: The type of an interchange in a verdict. Source: DESIGN 10.
TYPE_ID: Final = "edifact.cuscar"

#: Findings of all messages together, before each message keeps the first refusal and the first warning only.
_KEPT: Final = 10 * LISTED


@dataclass(frozen=True, slots=True)
class Directory:
    """The messages that packs describe, by kind: `CUSCAR:D:95B:UN`."""

    tables: Mapping[str, Table]
    mappings: Mapping[str, mappings.Mapping]


def read_directory(files: Mapping[str, bytes]) -> Directory:
    """The directory in the files of a pack's folder `edifact`: `NAME.toml` is a segment table, `NAME.csv` its mapping, if it has one. Raises TableRefused."""
    tables = {name.removesuffix(".toml"): read_table(octets) for name, octets in files.items() if name.endswith(".toml")}
    mapped = {
        table.kind: mappings.read_mapping(files[f"{name}.csv"], table) for name, table in tables.items() if f"{name}.csv" in files
    }
    return Directory({table.kind: table for table in tables.values()}, mapped)


@dataclass(frozen=True)
class Converted:
    """What an interchange became: one document for each message that nothing refuses."""

    #: None if not even UNB could be read.
    header: Header | None
    #: In the order of the messages; empty if the envelope refuses all of them.
    mapped: tuple[Mapped, ...]
    #: What is wrong with the envelope.
    envelope: Found = field(default_factory=Found)

    @cached_property
    def verdict(self) -> Verdict:
        """The union of all findings; what is refused in one message only refuses no other, but refuses here."""
        union = Found()
        for finding in self.envelope.findings:
            union.add(finding)
        for one in self.mapped:
            for finding in one.findings:
                union.add(finding)
        beyond = self.envelope.not_listed + sum(one.not_listed for one in self.mapped)
        return Verdict(TYPE_ID, union.listed, union.not_listed + beyond)


def canonical_documents(octets: bytes, directory: Directory, profiles: Iterable[Profile]) -> Converted:
    """An interchange to canonical documents: `convert --to canonical`, and stages 1 to 3 of the check.

    A finding in the envelope refuses all messages, a finding in a message that message alone. Each message has its profile from `terms.choose`.
    """
    try:
        interchange = read_interchange(octets)
    except InterchangeRefused as refused:
        return Converted(refused.header, (), refused.found)
    return Converted(interchange.header, tuple(_mapped(interchange, directory, tuple(profiles))))


def _mapped(interchange: Interchange, directory: Directory, profiles: tuple[Profile, ...]) -> Iterator[Mapped]:
    terms: dict[str, Terms | Finding] = {}
    kept = 0
    for message in interchange.messages:
        kind = message.kind
        if kind not in terms:
            terms[kind] = _terms(interchange.header, kind, directory, profiles)
        chosen = terms[kind]
        if isinstance(chosen, Finding):
            finding = replace(chosen, location=f"/UNH[{message.number}]/S009")
            mapped = Mapped(message.number, message.reference, None, (finding,))
        else:
            room = LISTED if kept < _KEPT else 1
            mapped = to_canonical(interchange, message, directory.mappings[kind], chosen, room)
        kept += len(mapped.findings)
        yield mapped


def _terms(header: Header, kind: str, directory: Directory, profiles: tuple[Profile, ...]) -> Terms | Finding:
    """The terms for a kind of message, or why there are none."""
    agreed = [profile for profile in profiles if "edifact" in profile.values and terms_of(profile).kind == kind]
    if kind not in directory.mappings or not agreed:
        return RULEBOOK["EDI-05"].found("", kind)
    terms = choose(agreed, kind, header.sender, datetime.strptime(header.day, "%Y%m%d").replace(tzinfo=UTC).date())
    return terms or RULEBOOK["GEN-04"].found("", agreed[-1].id, agreed[-1].schema_version)


def interchange_of(
    octets: bytes, directory: Directory, profiles: Iterable[Profile], references: References | None = None
) -> Written:
    """A canonical manifest as an interchange with one message: `convert --to cuscar`. Raises ReportRefused.

    The terms are those of the profile that the document names, if it has a section `edifact`; else those that an interchange between the same two would be read by.
    Without references of the sender's counters, they are made from the document: the same document has the same.
    """
    known = tuple(profiles)
    named, header = read_header(octets)
    own = [profile for profile in known if profile.id == named and "edifact" in profile.values]
    issued = header.get("IssueDateTime", "")[:10]
    try:
        day = date.fromisoformat(issued)
    except ValueError:
        raise ReportRefused(f"IssueDateTime: {issued!r} is no date") from None
    terms = terms_of(own[0]) if own else choose(known, USUAL_KIND, header.get("SenderAuthority", ""), day)
    if terms is None or terms.kind not in directory.mappings:
        raise ReportRefused(f"no profile says how {named or 'this manifest'} goes out as EDIFACT")
    return to_cuscar(octets, directory.mappings[terms.kind], terms, references or references_from(octets))


def references_from(octets: bytes) -> References:
    """References that belong to these octets, for those who keep no counters."""
    return References(hashlib.sha256(octets).hexdigest()[:14].upper(), "1")
