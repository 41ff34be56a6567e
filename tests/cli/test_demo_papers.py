"""The documents of the demo are good ones, today."""

from datetime import UTC, datetime

from node.cli import demo_papers as papers
from node.customs.finding import Outcome
from tests.documents import offline, rules

NOW = datetime.now(UTC)


def test_each_is_accepted_after_the_one_before():
    desk = offline()
    for paper in (papers.certificate, papers.full_list, papers.suspension):
        verdict = desk.accept(paper(NOW), NOW).verdict
        assert (verdict.outcome, verdict.findings) == (Outcome.ACCEPTED, ()), paper


def test_the_manifest_is_an_interchange_that_is_accepted():
    verdict = offline().check(papers.manifest(NOW), NOW).verdict
    assert (verdict.type_id, verdict.outcome) == ("edifact.cuscar", Outcome.ACCEPTED)


def test_the_forgery_breaks_no_rule_but_the_seal():
    forged = papers.forged(papers.certificate(NOW))
    assert b"Somebody Else" in forged
    assert rules(forged, at=NOW) == []
