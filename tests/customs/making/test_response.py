"""Responses that the node makes pass the check of their pack."""

import pytest

from node.customs.finding import Finding, Outcome, Pointer, Severity
from node.customs.making.heading import Heading, following
from node.customs.making.response import Answered, RecordResult, function_of, make_response
from node.ebms.xml import parse_xml
from tests.documents import NOW, offline, rules, sample

CERTIFICATE = "co-rcep-multi-item"


def answered() -> Answered:
    octets = sample(CERTIFICATE).read_bytes()
    filed = offline().check(octets, NOW).filing.filed
    return Answered(filed.message_id, filed.type_id, filed.digest, filed.number, filed.version)


def heading(outcome: Outcome) -> Heading:
    message_id = answered().message_id
    return Heading(following("L2", message_id), function_of(outcome), NOW, "VN-CUSTOMS", "JP-CUSTOMS", message_id)


def finding(severity: Severity, number: int = 1) -> Finding:
    return Finding("CO-08", severity, 6, f"/CertificateOfOrigin/GoodsItem[{number}]", (), "No.", "否。", Pointer("21A", "145"))


@pytest.mark.parametrize(
    ("level", "outcome", "severities"),
    [
        ("L2", Outcome.ACCEPTED, []),
        ("L2", Outcome.ACCEPTED_WITH_WARNINGS, [Severity.WARNING]),
        ("L2", Outcome.REFUSED, [Severity.FATAL, Severity.WARNING]),
        ("L3", Outcome.HELD, [Severity.HOLD]),
        ("L3", Outcome.ACCEPTED, []),
        ("L4", Outcome.ACCEPTED, []),
    ],
)
def test_every_outcome_passes_the_check_of_responses(level, outcome, severities):
    findings = [finding(severity) for severity in severities]
    octets = make_response(heading(outcome), answered(), level, outcome, findings=findings)
    assert rules(octets, offline(CERTIFICATE)) == []


def test_more_findings_than_a_response_may_list_are_counted():
    findings = [finding(Severity.FATAL, number) for number in range(1, 1501)]
    octets = make_response(heading(Outcome.REFUSED), answered(), "L2", Outcome.REFUSED, findings=findings, not_listed=7)
    assert rules(octets, offline(CERTIFICATE)) == []
    root = parse_xml(octets)
    assert len(root.findall("{*}Error")) == 999
    assert root.findtext("{*}ErrorsNotListedQuantity") == "508"


def test_hostile_texts_of_a_document_come_back_as_plain_text():
    bad = Finding("CO-08", Severity.FATAL, 6, "/X", (), "a\x00\x1b[31m\n<b>" + "x" * 900, "x")
    octets = make_response(heading(Outcome.REFUSED), answered(), "L2", Outcome.REFUSED, findings=[bad])
    assert rules(octets, offline(CERTIFICATE)) == []
    said = parse_xml(octets).findtext("{*}Error/{*}Description")
    assert said.startswith("a[31m <b>xxx")
    assert len(said) == 512


def test_results_of_records_are_listed():
    result = RecordResult("TW45725232", "AEOF", 2, "RE", "AEO-08")
    octets = make_response(
        heading(Outcome.REFUSED), answered(), "L4", Outcome.REFUSED, findings=[finding(Severity.FATAL)], records=[result]
    )
    assert rules(octets, offline(CERTIFICATE)) == []
    assert parse_xml(octets).findtext("{*}RecordResult/{*}ValidationCode") == "AEO-08"
