"""Rules, findings and verdicts."""

import pytest

from node.customs.finding import Finding, Outcome, RuleText, Severity, Verdict

RULE = RuleText("CO-08", Severity.FATAL, 6, "HS code {0} does not exist in edition {1}.", "稅則號別 {0} 不存在於 {1} 年版。")


def finding(severity: Severity) -> Finding:
    return RuleText("X-01", severity, 6, "", "").found("/X")


@pytest.mark.parametrize(
    ("severities", "outcome", "accepted"),
    [
        ([], Outcome.ACCEPTED, True),
        ([Severity.WARNING], Outcome.ACCEPTED_WITH_WARNINGS, True),
        ([Severity.WARNING, Severity.HOLD], Outcome.HELD, False),
        ([Severity.HOLD, Severity.FATAL, Severity.WARNING], Outcome.REFUSED, False),
    ],
)
def test_the_worst_finding_decides(severities, outcome, accepted):
    verdict = Verdict("co.certificate", tuple(map(finding, severities)))
    assert (verdict.outcome, verdict.accepted) == (outcome, accepted)


def test_a_finding_says_its_arguments_in_both_languages():
    found = RULE.found("/CertificateOfOrigin/ID", "392499", "2022")
    assert found.en == "HS code 392499 does not exist in edition 2022."
    assert found.zh == "稅則號別 392499 不存在於 2022 年版。"


def test_braces_of_a_document_stay_braces():
    assert RULE.found("/X", "{1}{x}", "2022").en == "HS code 2022{x} does not exist in edition 2022."
