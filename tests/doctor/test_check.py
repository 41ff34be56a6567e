"""A check fills in what its findings leave out, and says in one word what came of it."""

from dataclasses import replace
from typing import Any

import pytest

from node.doctor.check import Check, Found, NotApplicable, Severity, Who, examine


def check(judge: Any) -> Check:
    return Check("area.id", "all is well", "because", "mend it", Who.OPERATOR, Severity.WARNING, judge)


def refuse(_: Any) -> Any:
    raise NotApplicable("there is none")


def test_what_a_finding_leaves_out_comes_from_its_check() -> None:
    result = examine(check(lambda _: [Found("here", "broken")]), None)  # type: ignore[arg-type]
    assert result.found == (Found("here", "broken", "mend it", Severity.WARNING, Who.OPERATOR),)
    assert (result.verdict, result.counts, result.check.area) == ("finding", True, "area")


def test_what_a_finding_says_itself_stays() -> None:
    one = Found("here", "broken", "turn it off", Severity.INFO, Who.PARTNER)
    result = examine(check(lambda _: iter([one])), None)  # type: ignore[arg-type]
    assert (result.found, result.counts) == ((one,), False)
    assert replace(result, found=()).verdict == "ok"


@pytest.mark.parametrize("judge", [refuse, lambda facts: (one for one in [refuse(facts)])])
def test_a_check_that_is_not_asked_says_why(judge: Any) -> None:
    result = examine(check(judge), None)  # type: ignore[arg-type]
    assert (result.verdict, result.not_applicable, result.counts) == ("not applicable", "there is none", False)
