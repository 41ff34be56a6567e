"""Eight gates between two real nodes; what breaks is seen at its gate."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bars.nodes import Process
from tests.customs_pair import make_customs_pair
from tests.two_homes import Two


@pytest.fixture
def two(tmp_path: Path, n2n: Any) -> Two:
    made = Two(tmp_path, n2n)
    made.agree()
    return made


@pytest.fixture
def partner(two: Two) -> Iterator[Process]:
    """Theirs serves; ours need not, as long as it is not to receive anything."""
    started = Process(two.kr.folder)
    yield started
    started.stop()


@pytest.fixture
def ours(two: Two) -> Iterator[Process]:
    started = Process(two.tw.folder)
    yield started
    started.stop()


def gate(two: Two, number: int, *words: object) -> Any:
    return two.run(two.tw, "gate", "kr", number, *words)


def test_the_first_four_gates_are_passed_one_after_the_other(two: Two, partner: Process, ours: Process, n2n: Any) -> None:
    standings = two.run(two.tw, "gates", "kr").document
    # The fingerprint was compared when the agreement was activated.
    assert [one["standing"] for one in standings["gates"]] == ["OPEN", "PASSED", *["CLOSED"] * 6]
    assert standings["next"].startswith("gate 1, agreement")
    shut = gate(two, 4)
    assert shut.document["missing"] == [
        (
            "PNG-06, a test message of the partner came here and was receipted: none has come under this version: serve this home, and let "
            "the partner send one (with this product: n2n partner ping, or its gate 3)"
        )
    ]
    assert two.run(two.kr, "gate", "tw", 3).code == 0
    looks = {number: gate(two, number) for number in (1, 2, 3, 4)}
    assert {number: ended.code for number, ended in looks.items()} == dict.fromkeys(looks, 0), [one.out for one in looks.values()]
    facts = {number: ended.document["facts"] for number, ended in looks.items()}
    assert [one["side"] for one in facts[1]["signatures"]] == ["a", "b"]
    assert (facts[2]["compared_now"], len(facts[2]["compared"])) == (False, 64)
    assert (facts[3]["answered"], facts[3]["offset_ms"]) == (True, 0)
    cases = {one["case"]: (one["result"], one["got"] and one["got"]["code"]) for one in facts[4]["cases"]}
    assert cases["RLY-05"] == ("passed", None)
    assert cases["SIG-14"] == ("passed", "EBMS:0101")
    assert cases["HDR-11"] == ("passed", "EBMS:0010")
    assert cases["SIG-17"] == ("passed", "EBMS:0103")
    assert cases["PUL-04"] == ("not applicable", None)
    assert facts[4]["counts"] == {
        "passed": 41,
        "passed with a note": 0,
        "failed": 0,
        "inconclusive": 0,
        "not applicable": 9,
    }
    assert facts[4]["same_receipt_octet_for_octet"]
    standings = two.run(two.tw, "gates", "kr").document
    assert [one["standing"] for one in standings["gates"]] == ["PASSED"] * 4 + ["OPEN", "CLOSED", "CLOSED", "CLOSED"]
    assert "憑證與位址" in n2n("--home", two.tw.folder, "partner", "gates", "kr", "--lang", "zh").out


def test_nobody_answers_at_gates_three_and_four_and_production_stays_shut(two: Two) -> None:
    for number in (3, 4, 8):
        ended = gate(two, number)
        assert (ended.code, ended.document["passed"]) == (1, False)
    assert "nothing listens there" in gate(two, 3).document["missing"][0]
    assert gate(two, 4).document["missing"][1].endswith("not sent, since a plain test message gets no receipt: gate 3 first")
    assert any("gate 4" in one for one in gate(two, 8).document["missing"])
    # Documents, and nights of both sides' lists, have not been yet.
    assert "co.certificate (out)" in gate(two, 5).document["missing"][0]
    assert "5 more nights" in gate(two, 7).document["missing"][0]


def test_a_wrong_fingerprint_and_an_unknown_partner_are_told(two: Two) -> None:
    ended = gate(two, 2, "--fingerprint", two.print_of(two.tw))
    assert (ended.code, "none of the agreed certificates" in ended.document["missing"][0]) == (1, True)
    assert gate(two, 2, "--fingerprint", two.print_of(two.kr)).code == 0
    assert two.run(two.tw, "gate", "jp", 1).code == 7
    assert two.run(two.tw, "gates", "jp").code == 2


def test_a_drill_with_a_break_loses_nothing(two: Two, partner: Process) -> None:
    def stop_and_start() -> None:
        time.sleep(3)
        partner.stop()
        time.sleep(1)
        again.append(Process(two.kr.folder))

    again: list[Process] = []
    breaking = threading.Thread(target=stop_and_start)
    breaking.start()
    try:
        ended = gate(two, 6, "--messages", 20, "--outage", 60)
    finally:
        breaking.join()
        for one in again:
            one.stop()
    facts = ended.document["facts"]
    assert (facts["receipted"], facts["outage"]["broke"], facts["outage"]["receipted_after"]) == (20, True, True)
    assert ended.document["missing"] == ["a drill has at least 200 messages: --messages 200"]


def test_another_version_asks_for_the_gates_again(two: Two) -> None:
    assert gate(two, 1).code == 0
    file, accepted = two.file("v2.json"), two.file("v2-accepted.json")
    assert two.run(two.tw, "propose", "kr", two.write("t.toml", 'title = "x"\n'), "--out", file).code == 0
    assert two.run(two.kr, "accept", file, "--out", accepted).code == 0
    assert two.run(two.tw, "activate", accepted).code == 0
    assert two.run(two.tw, "gates", "kr").document["gates"][0]["standing"] == "AGAIN"
    assert gate(two, 1).document["version"] == 2
    # The key whose fingerprint was compared has signed this version too.
    assert gate(two, 2).code == 0


def test_samples_of_the_agreed_types_are_sent_in_a_campaign_and_their_answers_are_written_down(tmp_path: Path, n2n: Any) -> None:
    tw, kr = make_customs_pair(tmp_path)
    asked = ("--home", tw.folder, "partner", "gate", "kr", 5, "--wait", 15)
    assert "nothing was sent, since nobody serves this home" in n2n(*asked).out
    serving = [Process(one.folder) for one in (tw, kr)]
    try:
        ended = n2n(*asked, "--json")
    finally:
        for one in serving:
            one.stop()
    facts = ended.document["facts"]
    assert {"not.notice", "rec.manifest", "aeo.recordset", "man.cargo-report", "co.certificate", "gen.response"} == set(
        facts["valid"]
    )
    rehearsed = facts["rehearsed"]
    assert rehearsed["not.notice"] == {"document_id": facts["valid"]["not.notice"][0], "L2": "AP", "not_sent_because": ""}
    assert "needs no other document before it" in rehearsed["man.arrival"]["not_sent_because"]
    # A query is answered by what it asks for, not by an L2; that is told, and whoever runs the gate looks.
    assert (rehearsed["co.query"]["L2"], rehearsed["co.query"]["not_sent_because"]) == ("", "")
    assert not any(one.startswith(("not.notice", "co.certificate")) for one in ended.document["missing"])
    # What has passed is not sent again, and what was found stays where nobody serves.
    again = n2n(*asked, "--json").document["facts"]
    assert (again["valid"], again["rehearsed"]) == (facts["valid"], {})
    assert len(list((kr.folder / "data" / "campaign").rglob("message.json"))) >= 5
