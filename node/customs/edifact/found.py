"""The findings of one input, as many as an operator can use: those beyond are counted."""

from typing import Final

from node.customs.finding import Finding, Severity

#: As many errors as a Response holds. Source: DESIGN 8.
LISTED: Final = 999


class Found:
    """Findings in the order in which they are found. Warnings never crowd out what refuses."""

    def __init__(self) -> None:
        self.not_listed = 0
        self._findings: list[Finding] = []
        self._room = dict.fromkeys(Severity, LISTED)

    def add(self, finding: Finding) -> None:
        """Lists a finding, or counts it where the list is full."""
        if self._room[finding.severity] == 0:
            self.not_listed += 1
            return
        self._room[finding.severity] -= 1
        self._findings.append(finding)

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
        return self._room[Severity.FATAL] < LISTED
