"""The refusal of a seal: the one finding that ends stage 8. Source: DESIGN 3.1."""

from node.customs.finding import Finding
from node.customs.rulebook import RULEBOOK


class SealRefused(Exception):
    """The seal does not hold; `finding` says which rule it breaks, and its last argument why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"{finding.rule}: {'; '.join(finding.args)}")
        self.finding = finding


class Fault(Exception):
    """A rule is broken, told where the place in the document is not known."""

    def __init__(self, rule: str, *args: str) -> None:
        super().__init__(f"{rule}: {'; '.join(args)}")
        self.rule, self.said = rule, args

    def at(self, location: str) -> SealRefused:
        """The refusal at a place."""
        return SealRefused(RULEBOOK[self.rule].found(location, *self.said))
