"""Rules by name, what they find in a document, and the verdict that all findings make together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Severity(Enum):
    """What a finding does to the document. Source: DESIGN 3.1."""

    #: Refuses it.
    FATAL = "F"
    #: Holds it until a person has looked.
    HOLD = "H"
    #: Only warns.
    WARNING = "W"


class Outcome(Enum):
    """UN/EDIFACT 4343: the answer to a document."""

    ACCEPTED = "AP"
    ACCEPTED_WITH_WARNINGS = "CA"
    REFUSED = "RE"
    HELD = "AJ"


@dataclass(frozen=True, slots=True)
class Pointer:
    """The place in the WCO Data Model: class id (`68A`) and element id (`145`); either may be empty."""

    section: str = ""
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule says about one place of a document."""

    rule: str
    severity: Severity
    #: 1 to 8, see `node.customs.checking`.
    stage: int
    #: XPath with local names, and positions where an element may be repeated; empty for the whole input.
    location: str
    args: tuple[str, ...]
    en: str
    #: Traditional Chinese.
    zh: str
    pointer: Pointer = field(default=Pointer())

    def as_json(self) -> dict[str, Any]:
        """The form of the command line. Source: DESIGN 10."""
        found: dict[str, Any] = {
            "rule": self.rule,
            "severity": self.severity.value,
            "stage": self.stage,
            "location": self.location,
            "args": list(self.args),
            "en": self.en,
            "zh": self.zh,
        }
        if self.pointer != Pointer():
            found["pointer"] = {"section": self.pointer.section, "tag": self.pointer.tag}
        return found


@dataclass(frozen=True, slots=True)
class RuleText:
    """What a rule is called, how bad its breach is, when it is asked, and what it says in both languages; `{0}`, `{1}` take the arguments."""

    id: str
    severity: Severity
    stage: int
    en: str
    zh: str

    def found(self, location: str, *args: str, pointer: Pointer = Pointer()) -> Finding:
        """The finding that this rule is broken at `location`."""
        return Finding(self.id, self.severity, self.stage, location, args, _said(self.en, args), _said(self.zh, args), pointer)


def _said(text: str, args: Sequence[str]) -> str:
    # Not str.format: an argument comes from a document and may hold braces, and a pack may use fewer arguments than it names.
    for number, arg in enumerate(args):
        text = text.replace(f"{{{number}}}", arg)
    return text


@dataclass(frozen=True, slots=True)
class Verdict:
    """What all findings about one document come to. Source: DESIGN 3.1, 10."""

    #: `co.certificate`, `edifact.cuscar`; empty when the type is unknown.
    type_id: str
    findings: tuple[Finding, ...] = ()
    #: Findings beyond those that are listed.
    not_listed: int = 0

    @property
    def outcome(self) -> Outcome:
        """Refused by any F, held by any H, accepted with warnings by any W, else accepted."""
        severities = {finding.severity for finding in self.findings}
        if Severity.FATAL in severities:
            return Outcome.REFUSED
        if Severity.HOLD in severities:
            return Outcome.HELD
        return Outcome.ACCEPTED_WITH_WARNINGS if severities else Outcome.ACCEPTED

    @property
    def accepted(self) -> bool:
        """Whether nothing refuses or holds the document."""
        return self.outcome in (Outcome.ACCEPTED, Outcome.ACCEPTED_WITH_WARNINGS)

    def as_json(self) -> dict[str, Any]:
        """The form of the command line. Source: DESIGN 10."""
        told: dict[str, Any] = {
            "type": self.type_id,
            "accepted": self.accepted,
            "outcome": self.outcome.value,
            "findings": [finding.as_json() for finding in self.findings],
        }
        if self.not_listed:
            told["findingsNotListed"] = self.not_listed
        return told
