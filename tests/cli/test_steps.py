"""The ladder for people; with its messages it is in test_documents.py."""

from datetime import UTC, datetime, timedelta

from node.cli.steps import document_lines, ladder_json, ladder_lines
from node.customs.ladder import Deadlines, Reached, stand

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def told(*steps, after=0):
    heard = [
        Reached(level, outcome, AT + timedelta(minutes=n), AT + timedelta(minutes=n), by)
        for n, (level, outcome, by) in enumerate(steps)
    ]
    return ladder_json(stand(heard, Deadlines({"L4": timedelta(days=1)}), AT + timedelta(minutes=after)))


def test_each_step_says_when_what_and_by_whom():
    ladder = told(("L0", "", "m1@tw"), ("L1", "", ""), ("L2", "CA", "r1@kr"))
    assert list(ladder_lines(ladder)) == [
        "  L0  2026-11-20T12:00:00.000Z  archived here  (m1@tw)",
        "  L1  2026-11-20T12:01:00.000Z  held there",
        "  L2  2026-11-20T12:02:00.000Z  readable and valid: accepted with warnings  (r1@kr)",
        "  L4  due 2026-11-21T12:02:00.000Z  decided",
    ]
    assert list(ladder_lines(ladder, 1))[2:] == [
        "  L2  2026-11-20T12:02:00.000Z  可讀且有效: 有條件接受  (r1@kr)",
        "  L4  期限 2026-11-21T12:02:00.000Z  已作成決定",
    ]


def test_what_is_late_and_what_has_ended_is_told():
    assert list(ladder_lines(told(("L2", "AP", "r"), after=9999)))[-1].endswith("decided  LATE")
    assert list(ladder_lines(told(("L2", "RE", "r"))))[-1] == "  --  ended"


def test_a_name_of_a_partner_is_harmless():
    one = {
        "id": 3,
        "type": "x\x1b[2J",
        "number": "n\n",
        "document_id": "",
        "version": 2,
        "outcome": "RE",
        "ladder": told(("L1", "", "a\x1b")),
    }
    lines = list(document_lines([one]))
    assert lines[0] == "document 3         x [2J n version 2: refused"
    assert all(line.isprintable() for line in lines)
