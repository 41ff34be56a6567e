"""A notice that the node makes is one that its own rules accept."""

from dataclasses import replace
from datetime import timedelta

import pytest

from node.customs.filing.filing import is_over
from node.customs.filing.in_memory import DocumentsInMemory
from node.customs.making.heading import Heading
from node.customs.making.notice import About, Notice, Said, make_notice
from tests.documents import NOW, offline, packs, rules

HEADING = Heading("urn:uuid:1", "9", NOW, "TW-CUSTOMS", "KR-CUSTOMS")
SUBJECTS = (Said("en", "Fire & smoke"), Said("zh-Hant", "碼頭火警"))
TEXTS = (Said("en", "Stop <it>."), Said("zh-Hant", "請攔停"))
ABOUT = (About("UCR", "6TW2803AB7741"), About("DOCUMENT", "26-1", "co.certificate"), About("EQUIPMENT", "TGHU7759932"))


@pytest.mark.parametrize(
    ("priority", "hours", "broken"),
    [("URGENT", 3, []), ("NORMAL", None, []), ("URGENT", None, ["NOT-01"]), ("URGENT", 25, ["NOT-03"])],
)
def test_it_follows_its_schema_and_its_rules(priority, hours, broken):
    by = NOW + timedelta(hours=hours) if hours is not None else None
    notice = Notice("TW-N-1", "SAFETY", priority, SUBJECTS, TEXTS, "RESTRICTED", by, ABOUT)
    assert rules(make_notice(HEADING, notice)) == broken


def test_its_withdrawal_follows_the_rules_of_the_notice_on_file():
    desk = offline()
    first = Notice("TW-N-1", "SAFETY", "HIGH", SUBJECTS, TEXTS, "GENERAL", NOW + timedelta(hours=3))
    desk.put_on_file(make_notice(HEADING, first), NOW)
    heading = Heading("urn:uuid:2", "1", NOW, "TW-CUSTOMS", "KR-CUSTOMS")
    checked = desk.check(make_notice(heading, replace(first, acknowledge_by=None, version=2)), NOW)
    assert checked.verdict.accepted, checked.verdict.findings
    (move,) = checked.filing.moves
    assert (move.before, move.after) == ("SENT", "WITHDRAWN")
    # What the notice wanted is awaited no longer.
    assert checked.filing.ends == (("TW-CUSTOMS", "urn:uuid:1"),)
    wrong = desk.check(make_notice(heading, replace(first, acknowledge_by=None, version=3)), NOW)
    on_file = DocumentsInMemory()
    assert not is_over("not.notice", "TW-N-1", "TW-CUSTOMS", packs(), on_file)
    on_file.file(checked.filing)
    assert is_over("not.notice", "TW-N-1", "TW-CUSTOMS", packs(), on_file)
    assert [one.rule for one in wrong.verdict.findings] == ["NOT-10"]


def test_what_it_is_about_finds_it_again():
    desk = offline()
    octets = make_notice(HEADING, Notice("TW-N-1", "SAFETY", "NORMAL", SUBJECTS, TEXTS, about=ABOUT))
    named = desk.check(octets, NOW).filing.named
    assert {(one.kind, one.value) for one in named} == {
        ("ucr", "6TW2803AB7741"),
        ("certificate", "26-1"),
        ("equipment", "TGHU7759932"),
    }
