"""Every rule of notices holds and is broken at its edge."""

import json

import pytest

from node.codelists import open_lists
from node.customs.checking.offline import Offline
from node.customs.packs.library import Packs
from node.customs.profile import read_profile
from node.library import shipped_documents
from tests.documents import NOW, offline, packs, rules, sample

URGENT = sample("not-urgent-safety").read_text("utf-8")
WITHDRAWAL = sample("not-withdrawal").read_text("utf-8")
FIRST = next(iter(sample("not-withdrawal").with_suffix(".prior").iterdir())).read_bytes()
BY = "<AcknowledgeBy>2026-11-20T18:00:00+08:00</AcknowledgeBy>"
AT = "<IssueDateTime>2026-11-20T14:30:00+08:00</IssueDateTime>"


def told(text: str, *changes: tuple[str, str], desk: Offline | None = None) -> list[str]:
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    return rules(text.encode(), desk)


def by(said: str) -> tuple[str, str]:
    return BY, f"<AcknowledgeBy>{said}</AcknowledgeBy>"


def priority(code: str) -> tuple[str, str]:
    return ">URGENT<", f">{code}<"


def reference(kind: str, number: str) -> tuple[str, str]:
    return "<KindCode>TIN</KindCode>\n    <ID>TW28034411</ID>", f"<KindCode>{kind}</KindCode>\n    <ID>{number}</ID>"


NO_DEADLINE = (f"  {BY}\n", "")
CASES = [
    ([NO_DEADLINE], ["NOT-01"]),
    ([NO_DEADLINE, priority("HIGH")], ["NOT-01"]),
    ([NO_DEADLINE, priority("NORMAL")], []),
    ([by("2026-11-20T06:30:00Z")], ["NOT-02"]),
    ([by("2026-11-20T06:30:01Z")], []),
    ([by("2026-11-20T06:29:59Z"), priority("NORMAL")], ["NOT-02"]),
    ([by("2026-11-21T06:30:00Z")], []),
    ([by("2026-11-21T06:30:01Z")], ["NOT-03"]),
    ([by("2026-11-21T06:30:01Z"), priority("HIGH")], []),
    ([by("2026-11-23T06:30:01Z"), priority("HIGH")], ["NOT-03"]),
    ([by("2026-12-20T06:30:00Z"), priority("NORMAL")], []),
    ([by("2026-12-20T06:30:01Z"), priority("NORMAL")], ["NOT-03"]),
    ([('"zh-Hant"', '"ja"')], []),
    ([('"zh-Hant"', '"ja"'), ('"en"', '"ko"')], ["NOT-04"]),
    ([('Text languageID="en"', 'Text languageID="ko"')], ["NOT-05"]),
    ([('Subject languageID="zh-Hant"', 'Subject languageID="en"')], ["NOT-05"]),
    ([('Text languageID="zh-Hant"', 'Text languageID="en"')], ["NOT-05"]),
    ([('languageID="zh-Hant"', 'languageID="en"')], ["NOT-05"]),
    ([reference("TIN", "TW")], ["NOT-06"]),
    ([reference("TIN", "tw28034411")], ["NOT-06"]),
    ([reference("UCR", "6TW" + "A" * 32)], []),
    ([reference("UCR", "6TW" + "A" * 33)], ["NOT-06"]),
    ([reference("UCR", "6TW-(A)/1")], []),
    ([reference("MESSAGE", "anything at all")], []),
    ([("<TypeID>co.certificate</TypeID>", "")], ["NOT-06"]),
    ([("<KindCode>DOCUMENT<", "<KindCode>MESSAGE<")], ["NOT-06"]),
    ([("TGHU7759932", "TGHU7759931")], ["NOT-07"]),
    ([("TGHU7759932", "TRAILER 12")], []),
    ([("<VersionID>1<", "<VersionID>2<")], ["NOT-09"]),
]


@pytest.mark.parametrize(("changes", "expected"), CASES)
def test_a_rule_ends_where_it_says(changes: list[tuple[str, str]], expected: list[str]) -> None:
    assert told(URGENT, *changes) == expected


def test_what_a_withdrawal_must_keep() -> None:
    def desk() -> Offline:
        made = offline()
        made.put_on_file(FIRST, NOW)
        return made

    assert told(WITHDRAWAL, desk=desk()) == []
    assert told(WITHDRAWAL, (">RISK<", ">OTHER<"), desk=desk()) == ["NOT-10"]
    assert told(WITHDRAWAL, (">HIGH<", ">NORMAL<"), desk=desk()) == ["NOT-10"]
    assert told(WITHDRAWAL, ("<VersionID>2<", "<VersionID>3<"), desk=desk()) == ["NOT-10"]
    assert told(WITHDRAWAL, ("<VersionID>2<", "<VersionID>1<"), desk=desk()) == ["NOT-09"]
    assert told(WITHDRAWAL) == ["LC-01"]


def test_a_category_may_be_left_out_of_an_agreement() -> None:
    said = json.loads((shipped_documents() / "n2n-not" / "profiles" / "notice.1.json").read_text())
    said["categories"] = ["SAFETY"]
    strict = Offline(Packs(packs().all, open_lists(None)(packs().all), [read_profile(json.dumps(said).encode())]))
    assert told(URGENT, desk=strict) == []
    assert told(URGENT, (">SAFETY<", ">RISK<"), desk=strict) == ["NOT-08"]


def test_a_consignment_is_found_by_what_the_notice_is_about() -> None:
    filing = offline().check(URGENT.encode(), NOW).filing
    assert filing is not None
    assert {(one.kind, one.value) for one in filing.named} == {
        ("equipment", "TGHU7759932"),
        ("ucr", "6TW2803AB7741"),
        ("transport-document", "EGLV0036123456"),
        ("certificate", "TW26-0009917"),
    }


def test_a_response_of_level_4_acknowledges() -> None:
    """The ladder of a notice ends with a decision of the recipient; what answers it takes the step."""
    from node.customs.finding import Outcome
    from node.customs.making.heading import Heading
    from node.customs.making.response import Answered, make_response

    desk = offline()
    desk.put_on_file(URGENT.encode(), NOW)
    message = URGENT.partition("<MessageID>")[2].partition("<")[0]
    heading = Heading("urn:uuid:1", "11", NOW, "KR-CUSTOMS", "TW-CUSTOMS", message)
    answer = make_response(heading, Answered(message, "not.notice"), "L4", Outcome.ACCEPTED)
    filing = desk.check(answer, NOW).filing
    assert filing is not None
    assert [(step.message_id, step.level, step.outcome) for step in filing.steps] == [(message, "L4", "AP")]
