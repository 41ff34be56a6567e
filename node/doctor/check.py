"""A check: what it asks of the facts, why that matters, how it is mended and by whom; and what came of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from node.doctor.facts import Facts


class Severity(StrEnum):
    """How much hangs on it."""

    #: The node refuses to start, or messages fail, as it is configured.
    CONFIG = "CONFIG"
    #: It works, and will not go on working, or somebody waits.
    WARNING = "warning"
    #: Worth knowing; nothing fails.
    INFO = "info"


class Who(StrEnum):
    """Who has to act."""

    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"
    PARTNER = "partner"


class NotApplicable(Exception):
    """The home has nothing that this check could ask about; the text says why."""


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that is not as it must be: where, what, and how to mend it if that is more than the check itself says."""

    place: str
    what: str
    fix: str = ""
    #: Where it is more, or less, than the check as a rule.
    severity: Severity | None = None
    who: Who | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One question to the facts. `judge` gives what is wrong, or raises NotApplicable."""

    id: str
    #: What is asked, as the sentence that holds where all is well.
    asks: str
    why: str
    fix: str
    who: Who
    severity: Severity
    judge: Callable[[Facts], Iterable[Found]]

    @property
    def area(self) -> str:
        """The part of the home that it is about."""
        return self.id.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a check: nothing found, something found, or why it was not asked."""

    check: Check
    found: Sequence[Found] = ()
    not_applicable: str = ""

    @property
    def verdict(self) -> str:
        """One word."""
        return "not applicable" if self.not_applicable else "finding" if self.found else "ok"

    @property
    def counts(self) -> bool:
        """Whether somebody has to act."""
        return any(one.severity is not Severity.INFO for one in self.found)


def examine(check: Check, facts: Facts) -> Result:
    """Ask one check. What it finds has a fix, a severity and somebody who acts."""
    try:
        found = [
            replace(
                one,
                fix=one.fix or check.fix,
                severity=one.severity or check.severity,
                who=one.who or check.who,
            )
            for one in check.judge(facts)
        ]
    except NotApplicable as reason:
        return Result(check, not_applicable=str(reason))
    return Result(check, tuple(found))


#: The order in which they are told.
ORDER: Final = tuple(Severity)
