from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.customs.edifact.cusres import Answer, ResponseRefused, Said, answer_of_response, answer_to, to_cusres
from node.customs.edifact.envelope import read_interchange
from node.customs.edifact.found import Found
from node.customs.edifact.outgoing import References
from node.customs.edifact.segments import Segment
from node.customs.edifact.walk import Walk
from node.customs.finding import Outcome, Verdict
from node.customs.rulebook import RULEBOOK
from tests.customs.edifact.manifests import DIRECTORY, TERMS, converted, short, terms

TABLE = DIRECTORY.tables["CUSRES:D:95B:UN"]
OWN = References("TW00000007", "1")
ISSUED = "2026-11-16T10:00:00+08:00"
ANSWERED = References("TYO00042", "M0001")


def written(answer: Answer, chosen: object = TERMS) -> list[Segment]:
    """The segments of the answer, which keeps to the table of its message."""
    octets = to_cusres(answer, TABLE, chosen, OWN)  # type: ignore[arg-type]
    interchange = read_interchange(octets)
    found = Found()
    walk = Walk(TABLE, 1, interchange.separators, found)
    segments = [segment for _, _, segment in walk.steps(interchange.segments(interchange.messages[0])) if segment]
    assert found.findings == ()
    assert (interchange.header.sender, interchange.header.recipient) == ("TWCUS", "JPCUS")
    return segments


def answered(verdict: Verdict, language: str = "en") -> Answer:
    result = converted(short())
    assert result.header
    return answer_to(result.mapped[0], result.header, verdict, ISSUED, language)


def told(segments: list[Segment]) -> list[tuple[str, list[list[str]]]]:
    return [(segment.tag, segment.elements) for segment in segments]


def test_a_message_that_is_not_supported_is_answered_to_the_party_of_the_envelope() -> None:
    result = converted(short(("CUSCAR:D:95B:UN", "CUSCAR:D:96A:UN")))
    assert result.header
    segments = told(written(answer_to(result.mapped[0], result.header, result.verdict, ISSUED)))
    assert segments[1][1][3] == ["RE"] and ("RFF", [["ACW"]]) in segments


def test_a_manifest_that_is_accepted_is_told_so() -> None:
    verdict = converted(short()).verdict
    assert told(written(answered(verdict)))[1:-1] == [
        ("BGM", [["962"], ["TW00000007"], ["11"], ["AP"]]),
        ("DTM", [["137", "202611161000", "203"]]),
        ("GIS", [["AP", "", "ZZZ"]]),
        ("RFF", [["ACW", "KSL-043W"]]),
    ]


def test_a_refusal_says_each_error_with_place_and_text() -> None:
    verdict = converted(short(("LOC+5+JPTYO:139:6'\n", ""), ("9812341", "9812341000"), ("CNT+11:27'\n", ""))).verdict
    segments = told(written(answered(verdict)))
    assert segments[0][1][2] == ["TYO00042/M0001"]
    assert segments[1][1] == [["962"], ["TW00000007"], ["27"], ["RE"]]
    texts = [element[3] for tag, element in segments if tag == "FTX"]
    assert texts == [
        [
            "EDI-04: Element 8213 has the wrong format or length.",
            "EDI-08: DepartureLocationID is needed and missing.",
            "EDI-07: Control total 11 is missing and was computed.",
        ]
    ]
    points = [(tag, elements[0]) for tag, elements in segments if tag in {"ERP", "ERC"}]
    assert points[:2] == [("ERP", ["2", "SG1[1]/TDT[1]/8213", "1"]), ("ERC", ["EDI-04", "", "ZZZ"])]


def test_a_place_names_section_and_consignment() -> None:
    from node.customs.edifact.cusres import _point

    assert _point("/CargoReport/Consignment[12]/ConsignmentItem[1]/Description") == ["2", "ConsignmentItem[1]/Description", "12"]
    assert _point("/CargoReport/ID") == ["1", "ID", ""] and _point("") == ["1", "", ""]


def test_chinese_texts_go_out_in_utf_8() -> None:
    verdict = Verdict("man.cargo-report", (RULEBOOK["EDI-08"].found("/CargoReport/ID", "ID"),))
    assert ("FTX", [["AAO"], [""], [""], ["EDI-08: 缺少必要資料 ID。"]]) in told(written(answered(verdict, "zh")))
    assert ["EDI-08: ???????ID?"] not in told(written(answered(verdict, "zh"), terms(syntax="UNOC:3")))


def test_what_has_no_room_is_counted() -> None:
    findings = tuple(RULEBOOK["EDI-08"].found(f"/CargoReport/Consignment[{n}]/UCR", "x" * 200) for n in range(1, 200))
    segments = told(written(answered(Verdict("", findings, 10))))
    tags = [tag for tag, _ in segments]
    assert (tags.count("FTX"), tags.count("ERP"), tags.count("ERC")) == (5, 50, 99)
    last = [element for tag, element in segments if tag == "FTX"][-1][3][-1]
    assert last.endswith(" more") and int(last.split()[0]) > 180
    assert any(
        tag == "FTX" and elements[3][-1].endswith(" MORE")
        for tag, elements in told(written(answered(Verdict("", findings)), terms(syntax="UNOA:1")))
    )


@given(
    st.lists(st.tuples(st.text(max_size=12), st.text(max_size=60), st.text(max_size=300)), max_size=80),
    st.sampled_from(Outcome),
    st.text(max_size=50),
    st.sampled_from(["", "UNOC:3", "UNOA:1", "UNOF:4"]),
)
def test_every_answer_keeps_to_the_table(errors: list[tuple[str, str, str]], outcome: Outcome, text: str, syntax: str) -> None:
    said = tuple(Said(*error) for error in errors)
    written(Answer(outcome, text, References(text, text), "TW-CUSTOMS", "JP-CUSTOMS", ISSUED, said), terms(syntax=syntax))


RESPONSE = """<?xml version="1.0" encoding="UTF-8"?>
<Response xmlns="urn:n2n:customs:res:1" schemaVersion="1.0" profile="response.1">
  <DocumentHeader><MessageID>urn:x</MessageID><FunctionCode>27</FunctionCode><IssueDateTime>2026-11-16T10:00:00+08:00</IssueDateTime>
    <SenderAuthority>TW-CUSTOMS</SenderAuthority><RecipientAuthority>JP-CUSTOMS</RecipientAuthority></DocumentHeader>
  <ReferencedMessage><MessageID>edi:JPCUS:TYO00042:M0001</MessageID><TypeID>man.cargo-report</TypeID></ReferencedMessage>
  <LadderLevelCode>L2</LadderLevelCode><OutcomeCode>RE</OutcomeCode><EffectiveDateTime>2026-11-16T10:00:00+08:00</EffectiveDateTime>
  <Document><ID>KSL-043W</ID><VersionID>1</VersionID></Document>
  <Error><SequenceNumeric>1</SequenceNumeric><ValidationCode>MAN-08</ValidationCode><SeverityCode>F</SeverityCode>
    <Description languageID="en">Description GOODS is too vague.</Description><Description languageID="zh-Hant">貨名「GOODS」過於籠統。</Description>
    <Pointer><Location>/CargoReport/Consignment[3]/ConsignmentItem[1]/Description</Location></Pointer></Error>
  <ErrorsNotListedQuantity>4</ErrorsNotListedQuantity>
</Response>
"""


def test_a_response_becomes_the_answer_to_the_interchange_that_it_names() -> None:
    answer = answer_of_response(RESPONSE.encode())
    assert (answer.outcome, answer.document, answer.answered, answer.not_listed) == (Outcome.REFUSED, "KSL-043W", ANSWERED, 4)
    assert ("ERP", [["2", "ConsignmentItem[1]/Description", "3"]]) in told(written(answer))
    assert answer_of_response(RESPONSE.encode(), "zh").errors[0].text == "貨名「GOODS」過於籠統。"


@pytest.mark.parametrize(
    ("old", "new"),
    [("edi:JPCUS:TYO00042:M0001", "urn:uuid:1"), (">RE<", ">XX<"), ("customs:res:1", "customs:res:2"), ("</Response>", "")],
)
def test_a_response_that_answers_no_interchange_says_so(old: str, new: str) -> None:
    with pytest.raises(ResponseRefused):
        answer_of_response(RESPONSE.replace(old, new).encode())


def test_an_answer_without_a_moment_does_not_go_out() -> None:
    with pytest.raises(ResponseRefused):
        written(replace(answered(Verdict("")), issued="yesterday"))
