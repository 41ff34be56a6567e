"""Eight gates between two real nodes; what breaks is seen at its gate."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from node.app import Node
from node.cli.problems import ExitCode
from node.examining import examine
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
    assert two.run(two.tw, "gate", "jp", 1).code == ExitCode.NOT_FOUND
    assert two.run(two.tw, "gates", "jp").code == ExitCode.NOT_FOUND


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


#: What nobody of the pair can show: no pack has a sample, or the samples are of the other country.
UNSHOWN = {"tw": {"aeo.reconcile"}, "kr": {"aeo.reconcile", "aeo.recordset"}}


def test_each_agreed_type_is_shown_in_both_directions_by_two_rounds_or_named_with_the_reason(tmp_path: Path, n2n: Any) -> None:
    tw, kr = make_customs_pair(tmp_path)

    def run(side: Any, other: str, *more: object) -> Any:
        return n2n("--home", side.folder, "partner", "gate", other, 5, "--wait", 20, *more, "--json")

    assert "nothing was sent, since nobody serves this home" in n2n("--home", tw.folder, "partner", "gate", "kr", 5).out
    serving = [Process(one.folder) for one in (tw, kr)]
    try:
        rounds = [run(side, other) for side, other in ((tw, "kr"), (kr, "tw"), (tw, "kr"), (kr, "tw"))]
        sent = len(list((kr.folder / "data" / "campaign").rglob("message.json")))
        again = run(tw, "kr")
        left_out = [
            run(side, other, *(word for one in UNSHOWN[side.name] for word in ("--without", f"{one}=not before May")))
            for side, other in ((tw, "kr"), (kr, "tw"))
        ]
    finally:
        for one in serving:
            one.stop()
    first = {one["type"]: one for one in rounds[0].document["facts"]["types"]}
    # At first what rests on documents of the partner cannot go out, and says so.
    (unsent,) = first["co.utilisation"]["not_sent"]
    assert "the partner runs its gate 5 first, then this one is run again" in unsent["because"]
    for side, ended in (("tw", rounds[2]), ("kr", rounds[3])):
        types = {one["type"]: one for one in ended.document["facts"]["types"]}
        assert {name for name, one in types.items() if not one["right"]} == UNSHOWN[side], ended.document["missing"]
        assert {one["what"] for one in types["not.notice"]["shown"]} == {"send", "withdraw", "bad sample"}
        assert {one["what"] for one in types["man.cargo-report"]["shown"]} == {"file", "amend", "bad sample"}
        assert {one["what"] for one in types["co.certificate"]["shown"]} == {"issue", "replace", "cancel", "bad sample"}
        assert [one["what"] for one in types["co.query"]["shown"]] == ["ask"]
        assert types["co.query-response"]["direction"] == "in"
        assert types["aeo.reconcile"]["not_sent"] == [{"what": "", "because": "its pack has no good sample"}]
        bad = {name: shown for name, one in types.items() for shown in one["shown"] if shown["what"] == "bad sample"}
        assert all(one["rule"] in one["rules"] and one["outcome"] == "RE" for one in bad.values())
        assert {"not.notice", "co.certificate", "man.cargo-report", "rec.manifest"} <= set(bad)
    # What was shown is not sent again.
    assert again.document["missing"] == rounds[2].document["missing"]
    assert len(list((kr.folder / "data" / "campaign").rglob("message.json"))) == sent
    # A bad sample never comes to the partner's business, and nobody has to decide about it.
    for side in (tw, kr):
        assert not (side.folder / "data" / "inbox").exists()
        assert not (side.folder / "data" / "held").exists()
        node = Node.open(side.folder)
        assert node.operators.latest_sequence("TW-CUSTOMS", "TW-AEO") == 0
        node.close()
        assert list(examine(side.folder)) == []
    for ended in left_out:
        assert (ended.code, ended.document["passed"]) == (0, True)
        assert {one["left_out_because"] for one in ended.document["facts"]["types"]} == {"", "not before May"}


def test_a_type_is_left_out_with_a_reason_alone(two: Two) -> None:
    ended = gate(two, 5, "--without", "co.certificate")
    assert (ended.code, "says no reason" in ended.err) == (2, True)
