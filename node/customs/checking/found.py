"""The findings of a check, stage by stage."""

from typing import Final

from node.customs.finding import Finding, RuleText, Severity, Verdict

#: Findings that are listed; the others are counted. Source: DESIGN 8.
MOST_LISTED: Final = 999
_STAGES: Final = range(1, 9)


class Found:
    """Findings as they come, of every stage; what a stage says counts only when none before it refuses or holds."""

    def __init__(self) -> None:
        self._listed: dict[int, list[Finding]] = {stage: [] for stage in _STAGES}
        self._counted = dict.fromkeys(_STAGES, 0)
        self._ended = dict.fromkeys(_STAGES, False)

    def counted_only(self, rule: RuleText) -> bool:
        """Whether one more finding of the rule would not be listed; then it has been counted, and nobody need find its place."""
        listed, ended = len(self._listed[rule.stage]), self._ended[rule.stage]
        warning = rule.severity is Severity.WARNING
        full = listed >= (MOST_LISTED - 1 if warning and not ended else MOST_LISTED) and (warning or ended)
        self._counted[rule.stage] += full
        return full

    def add(self, finding: Finding) -> None:
        """Note one more."""
        self._counted[finding.stage] += 1
        if finding.severity is not Severity.WARNING:
            if not self._ended[finding.stage]:
                self._ended[finding.stage] = True
                # A list full of warnings must not hide what refuses.
                del self._listed[finding.stage][MOST_LISTED - 1 :]
        elif len(self._listed[finding.stage]) >= MOST_LISTED - 1 and not self._ended[finding.stage]:
            return
        if len(self._listed[finding.stage]) < MOST_LISTED:
            self._listed[finding.stage].append(finding)

    def ended_by(self, stage: int) -> bool:
        """Whether a finding of this stage or of one before refuses or holds."""
        return any(self._ended[earlier] for earlier in _STAGES if earlier <= stage)

    def verdict(self, type_id: str) -> Verdict:
        """What all of it comes to."""
        told: list[Finding] = []
        counted = 0
        for stage in _STAGES:
            told += self._listed[stage]
            counted += self._counted[stage]
            if self._ended[stage]:
                break
        listed = told[:MOST_LISTED]
        return Verdict(type_id, tuple(listed), counted - len(listed))
