"""`n2n document list|show|late|release|refuse`, and the documents of a message."""

import json
import re
from datetime import timedelta

import pytest

from node.app import Node
from node.cli.root import run
from node.customs.filing.registration import IN, OUT, Carried
from tests.registered import Clerk, certificate, hold, home_with_story, utilisation


@pytest.fixture
def home(tmp_path):
    return home_with_story(tmp_path)


@pytest.fixture
def n2n(home, capsys):
    def call(*words, code=0):
        assert run(["--home", str(home.folder), *words], {"USER": "wang"}) == code
        told = capsys.readouterr()
        return told.out if code == 0 else told.err

    return call


def holding(home, octets=None, name="held@kr"):
    node = Node.open(home.folder)
    entry = hold(Clerk(node.documents), octets or certificate("013-26-0771207"), Carried(IN, name, "kr")).entry
    node.close()
    return str(entry.id)


def test_the_register_is_listed_with_what_was_refused(n2n):
    rows = json.loads(n2n("document", "list", "--json"))["documents"]
    assert [(one["id"], one["direction"], one["outcome"]) for one in rows][:2] == [(7, "received", "RE"), (6, "sent", "AP")]
    assert json.loads(n2n("document", "list", "--partner", "nobody", "--json"))["documents"] == []
    assert "refused" in n2n("document", "list")
    assert json.loads(n2n("document", "list", "--held", "--json"))["documents"] == []


def test_a_document_is_shown_with_its_findings_in_both_languages(n2n):
    told = n2n("document", "show", "7")
    assert "CO-30 (F)" in told
    assert "使用通報與所存產證不符" in told
    assert "The report does not fit the certificate on file" in told
    shown = json.loads(n2n("document", "show", "2", "--json"))
    assert [(one["level"], one["by"]) for one in shown["ladder"]["steps"]] == [("L1", "m2@tw.example"), ("L5", "m3@tw.example")]
    assert shown["ladder"]["ended"]
    assert "no such document" in n2n("document", "show", "99", code=7)


def test_a_held_document_is_released_by_a_person_and_the_answer_goes_out(n2n, home):
    row = holding(home)
    assert "HELD" in n2n("document", "list", "--held")
    told = n2n("document", "release", row, "--reason", "seen")
    message_id = re.fullmatch(rf"document {row} is accepted, the partner is told by message (\S+)\n", told)[1]
    message = json.loads(n2n("message", "show", message_id, "--json"))
    (answer,) = message["documents"]
    assert (message["state"], answer["type"], answer["ladder"]["level"]) == ("SUBMITTED", "gen.response", "L0")
    shown = json.loads(n2n("document", "show", row, "--json"))
    assert (shown["decided_by"], shown["decided_because"], shown["answers"][0]["sending"]) == ("wang", "seen", "SENT")
    again = json.loads(n2n("document", "release", row, "--reason", "seen", "--json"))
    assert (again["again"], again["answer"]) == (True, message_id)
    assert "wang has decided AP" in n2n("document", "refuse", row, "--reason", "no", code=8)


def test_a_held_document_is_refused_by_a_person(n2n, home):
    row = holding(home)
    assert "is refused, the partner is told by message" in n2n("document", "refuse", row, "--reason", "forged", "--who", "lee")
    assert json.loads(n2n("document", "show", row, "--json"))["decided_by"] == "lee"


def test_what_would_be_refused_today_is_not_released(n2n, home):
    row = holding(home, utilisation("u", "1", number="013-26-0000000"))
    assert "it would be refused today" in n2n("document", "release", row, "--reason", "seen", code=8)


def test_a_late_step_is_listed_and_shown_with_the_message(n2n, home):
    agreement = home.folder / "partners" / "kr" / "agreement.toml"
    agreement.write_text(agreement.read_text() + '\n[ladder]\nL2 = "15m"\n')
    node = Node.open(home.folder)
    clerk, octets = Clerk(node.documents), utilisation("late", "1", number="013-26-0771339")
    before = node.clock.now() - timedelta(hours=1)
    checked, looked = clerk.looked(octets)
    clerk.record(octets, checked, looked, Carried(OUT, "late@tw", "kr"), before)
    # Those of the story are late as well.
    assert node.following.sweep() == 4
    node.close()
    rows = json.loads(n2n("document", "late", "--json"))["late"]
    assert [(one["number"], one["awaits"]) for one in rows if one["message_id"] == "late@tw"] == [("013-26-0771339", "L2")]
    assert "readable and valid" in n2n("document", "late")
    assert "可讀且有效" in n2n("document", "late", "--lang", "zh-Hant")
    told = n2n("document", "show", str(rows[-1]["id"]))
    assert re.search(r"  L2  due \S+  readable and valid  LATE\n", told)


def test_an_order_keeps_a_document_until_it_is_taken_back(n2n, home):
    assert "is required" in n2n("document", "keep", "1", code=2)
    assert "is kept until" in n2n("document", "keep", "1", "--reason", "court file 12")
    assert "court file 12" in n2n("document", "show", "1")
    node = Node.open(home.folder)
    assert not node.shelves.empty(1, node.clock.now())
    node.close()
    assert "no longer kept" in n2n("document", "keep", "1", "--release")
    node = Node.open(home.folder)
    assert node.shelves.empty(1, node.clock.now())
    node.close()
    assert "were removed" in n2n("document", "keep", "1", "--reason", "late", code=8)
