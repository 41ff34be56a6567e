"""What a response says is wrong with a list."""

from datetime import UTC, datetime

from node.customs.finding import Outcome, RuleText, Severity
from node.customs.making.heading import Heading
from node.customs.making.response import Answered, RecordResult, make_response
from node.customs.operators.rejections import Rejection, Said, read_response

AT = datetime(2026, 11, 20, tzinfo=UTC)
HEADING = Heading("urn:uuid:1", "11", AT, "KR-KCS", "TW-CUSTOMS", "urn:uuid:0")
LIST = Answered("urn:uuid:0", "aeo.recordset")


def test_errors_and_records_that_were_not_taken_are_read():
    rule = RuleText("AEO-07", Severity.FATAL, 6, "The name of {0} is not in Latin letters.", "{0} 之名稱非拉丁字母。")
    findings = [rule.found("/AeoRecordSet/Record[2]/Name", "TW2")]
    records = [RecordResult("TW1", "AEOS", 3, "AP"), RecordResult("TW2", "AEOS", 4, "RE", "AEO-07")]
    octets = make_response(HEADING, LIST, "L4", Outcome.REFUSED, findings=findings, records=records)
    assert read_response(octets) == Said(
        "L4",
        "RE",
        "",
        (
            Rejection(
                "AEO-07",
                "/AeoRecordSet/Record[2]/Name",
                "The name of TW2 is not in Latin letters.",
                "TW2 之名稱非拉丁字母。",
            ),
            Rejection("AEO-07", "TW2 AEOS 4"),
        ),
        0,
        {"AP": 1, "RE": 1},
    )


def test_what_is_not_listed_is_counted():
    rule = RuleText("AEO-03", Severity.FATAL, 6, "x", "y")
    octets = make_response(HEADING, LIST, "L2", Outcome.REFUSED, findings=[rule.found("")] * 1001)
    assert (len(read_response(octets).rejections), read_response(octets).more) == (999, 2)


def test_a_superseded_list_says_so():
    octets = make_response(HEADING, LIST, "LX", Outcome.ACCEPTED, status="SUPERSEDED")
    assert read_response(octets) == Said("LX", "AP", "SUPERSEDED")
