"""The findings of one input, as many as an operator can use: those beyond are counted."""

from typing import Final

from node.customs.finding import Finding, Severity
from node.customs.rulebook import RULEBOOK

#: As many errors as a Response holds. Source: DESIGN 8.
LISTED: Final = 999
#: Longer than the longest field with its name.
_LONGEST: Final = 700


class Found:
    """Findings in the order in which they are found. Warnings never crowd out what refuses."""

    def __init__(self, room: int = LISTED) -> None:
        """Lists at most `room` findings of each severity."""
        self.not_listed = 0
        self._findings: list[Finding] = []
        self._room = dict.fromkeys(Severity, room)
        self._most = room

    def add(self, finding: Finding) -> None:
        """Lists a finding, or counts it where the list is full."""
        if self._room[finding.severity] == 0:
            self.not_listed += 1
            return
        self._room[finding.severity] -= 1
        self._findings.append(finding)

    def tell(self, rule: str, place: str, *args: str) -> None:
        """Adds a finding of the rulebook; its texts are made only if there is room for it."""
        text = RULEBOOK[rule]
        if self._room[text.severity] == 0:
            self.not_listed += 1
        else:
            self.add(text.found(_shown(place), *map(_shown, args)))

    @property
    def listed(self) -> tuple[Finding, ...]:
        """What is listed, as it was found."""
        return tuple(self._findings)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is listed, by stage; those of a stage after the first that refuses are left out. Source: DESIGN 3.1."""
        refusing = [finding.stage for finding in self._findings if finding.severity is not Severity.WARNING]
        last = min(refusing, default=8)
        return tuple(sorted((f for f in self._findings if f.stage <= last), key=lambda finding: finding.stage))

    @property
    def refuses(self) -> bool:
        """Whether any of them refuses."""
        return self._room[Severity.FATAL] < self._most


def _shown(text: str) -> str:
    """A value as far as it helps: what is longer than any field is no value but an attack."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
