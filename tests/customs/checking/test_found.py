"""Findings stage by stage: what counts, what is listed, what is counted alone."""

import pytest

from node.customs.checking.found import MOST_LISTED, Found
from node.customs.finding import Outcome, RuleText, Severity


def rule(severity, stage):
    return RuleText(f"{severity.value}-{stage}", severity, stage, "en", "zh").found("/a")


FATAL, HOLD, WARNING = Severity


def told(*findings):
    found = Found()
    for severity, stage in findings:
        found.add(rule(severity, stage))
    return found.verdict("x"), found


def test_all_findings_of_the_first_stage_that_refuses_and_the_warnings_before_it_are_told():
    verdict, _ = told((WARNING, 5), (FATAL, 6), (WARNING, 6), (HOLD, 6), (FATAL, 7), (WARNING, 8))
    assert [one.rule for one in verdict.findings] == ["W-5", "F-6", "W-6", "H-6"]
    assert verdict.outcome is Outcome.REFUSED
    assert verdict.not_listed == 0


def test_a_hold_ends_the_check_as_well():
    verdict, found = told((HOLD, 4), (FATAL, 6))
    assert [one.rule for one in verdict.findings] == ["H-4"]
    assert verdict.outcome is Outcome.HELD
    assert not found.ended_by(3)
    assert found.ended_by(4)
    assert found.ended_by(8)


def test_what_comes_in_another_order_is_told_by_stages():
    verdict, _ = told((FATAL, 6), (FATAL, 5))
    assert [one.rule for one in verdict.findings] == ["F-5"]


def test_beyond_999_findings_are_counted():
    verdict, _ = told(*[(FATAL, 6)] * 1200)
    assert len(verdict.findings) == MOST_LISTED == 999
    assert verdict.not_listed == 201


def test_warnings_do_not_hide_what_refuses_after_them():
    verdict, _ = told(*[(WARNING, 6)] * 1200, (FATAL, 6))
    assert len(verdict.findings) == MOST_LISTED
    assert verdict.findings[-1].rule == "F-6"
    assert verdict.outcome is Outcome.REFUSED
    assert verdict.not_listed == 1201 - MOST_LISTED


def test_warnings_of_an_earlier_stage_do_not_hide_it_either():
    verdict, _ = told(*[(WARNING, 5)] * 1200, *[(FATAL, 6)] * 3)
    assert verdict.outcome is Outcome.REFUSED
    assert not verdict.accepted
    assert len(verdict.findings) == MOST_LISTED
    assert len(verdict.findings) + verdict.not_listed == 1203


def test_warnings_alone_accept():
    verdict, _ = told(*[(WARNING, 6)] * 1200)
    assert verdict.outcome is Outcome.ACCEPTED_WITH_WARNINGS
    assert len(verdict.findings) + verdict.not_listed == 1200


@pytest.mark.parametrize(
    "order", [(WARNING,) * 1200 + (FATAL,) * 1200, (FATAL,) * 1200 + (WARNING,) * 1200, (WARNING, HOLD) * 1200]
)
def test_what_is_only_counted_is_counted_as_if_it_had_been_added(order):
    added, asked = Found(), Found()
    for severity in order:
        added.add(rule(severity, 6))
        text = RuleText(f"{severity.value}-6", severity, 6, "en", "zh")
        if not asked.counted_only(text):
            asked.add(rule(severity, 6))
    assert asked.verdict("x") == added.verdict("x")
