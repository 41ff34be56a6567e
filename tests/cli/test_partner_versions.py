"""Versions are shown, compared, restored, approved and refused."""

from pathlib import Path
from typing import Any

import pytest

from tests.homes import Side
from tests.two_homes import OFFER, Two

WEAKER = "leg.security.send_receipt.non_repudiation = false\n"


@pytest.fixture
def two(tmp_path: Path, n2n: Any) -> Two:
    made = Two(tmp_path, n2n)
    made.agree()
    return made


def propose(two: Two, text: str, version: int, side: Side | None = None) -> tuple[Any, Path]:
    file = two.file(f"version-{version}.json")
    proposed = two.run(side or two.tw, "propose", "kr", two.write("terms.toml", text), "--who", "ann", "--out", file)
    assert proposed.code == 0, proposed.err
    return proposed.document, file


def follow(two: Two, file: Path, version: int) -> Any:
    """The partner accepts, and we activate."""
    accepted = two.file(f"accepted-{version}.json")
    taken = two.run(two.kr, "accept", file, "--who", "kim", "--out", accepted)
    assert taken.code == 0, taken.err
    return two.run(two.tw, "activate", accepted, "--who", "ann")


def test_a_sheet_is_shown_in_both_languages_and_as_a_page(two: Two, n2n: Any) -> None:
    page, file = two.file("kr.html"), two.file("kr.json")
    shown = two.run(two.tw, "show", "kr", "--html", page, "--out", file).document
    assert (shown["version"], shown["state"], shown["complete"]) == (1, "ACTIVE", True)
    assert two.print_of(two.kr) in page.read_text("utf-8")
    # What is written out is what was signed.
    assert two.run(two.kr, "activate", file).code == 8
    assert two.run(two.kr, "activate", file, "--fingerprint", two.print_of(two.tw)).code == 0
    assert "Party A (offered): signed" in n2n("--home", two.tw.folder, "partner", "show", "kr").out
    assert "甲方（提出）" in n2n("--home", two.tw.folder, "partner", "show", "kr", "1", "--lang", "zh").out


def test_a_partner_by_a_sheet_is_listed_as_signed_by_both_and_explained(two: Two, n2n: Any) -> None:
    assert two.run(two.tw, "list").document["partners"][0]["version"] == 1
    assert "by both, version 1" in n2n("--home", two.tw.folder, "partner", "list").out
    explained = two.run(two.tw, "explain", "kr").document["parameters"]
    assert any(one["origin"].startswith("signed: partners/kr/version 1") for one in explained)
    checked = two.run(two.tw, "check", "kr")
    assert (checked.code, checked.document["checked"]) == (0, ["kr"]), checked.out


def test_a_change_of_high_risk_is_active_when_a_second_person_has_approved_it_on_each_side(two: Two, n2n: Any) -> None:
    proposed, file = propose(two, WEAKER, 2)
    assert (proposed["risk"], proposed["weaker"]) == ("high", ["leg.security.send_receipt.non_repudiation"])
    assert follow(two, file, 2).document["state"] == "ACCEPTED"
    for side, name, first in ((two.tw, "kr", "ann"), (two.kr, "tw", "kim")):
        assert two.run(side, "approve", name, 2, "--who", f" {first.upper()} ").code == 8
        approved = two.run(side, "approve", name, 2, "--who", "ben", "--why", "compared")
        assert (approved.code, approved.document["state"], approved.document["approved_by"]) == (0, "ACTIVE", ["ben"])
    rows = two.run(two.tw, "versions", "kr").document["versions"]
    assert [(one["version"], one["state"], one["in_force"]) for one in rows] == [(1, "ACTIVE", True), (2, "ACTIVE", True)]
    assert [(one["event"], one["who"], one["why"]) for one in rows[1]["steps"]][-2:] == [
        ("APPROVE", "ben", "compared"),
        ("ACTIVATE", "ben", "compared"),
    ]
    assert "ben" in n2n("--home", two.tw.folder, "partner", "versions", "kr").out
    out = n2n("--home", two.tw.folder, "partner", "diff", "kr").out
    assert "from version 1 to version 2, risk high" in out
    assert (
        "high: profile.parameters.leg.security.send_receipt.non_repudiation: it protects less than before: the receipt does not prove"
        in out
    )
    assert (
        "保護程度低於先前：回執無法證明收到的內容"
        in n2n("--home", two.tw.folder, "partner", "diff", "kr", 1, 2, "--lang", "zh").out
    )
    assert "nothing differs" in n2n("--home", two.tw.folder, "partner", "diff", "kr", 2, 2).out


def test_one_command_restores_an_older_version(two: Two, n2n: Any) -> None:
    _, file = propose(two, 'title = "new"\n[ladder]\nL1 = "15m"\n', 2)
    assert follow(two, file, 2).document["state"] == "ACTIVE"
    restored = two.run(two.tw, "rollback", "kr", 1, "--out", two.file("version-3.json"), "--why", "too tight")
    assert (restored.code, restored.document["version"], restored.document["partner_must_change"]) == (0, 3, ["ladder"])
    assert follow(two, two.file("version-3.json"), 3).document["state"] == "ACTIVE"
    assert {one["path"] for one in two.run(two.tw, "diff", "kr", 1, 3).document["changes"]} <= {"effective.from"}
    assert two.run(two.tw, "rollback", "kr", 9).code == 8


def test_a_version_is_refused_before_it_is_active_and_not_after(two: Two) -> None:
    propose(two, 'title = "new"\n', 2)
    ended = two.run(two.tw, "reject", "kr", 2, "--why", "a slip")
    assert (ended.code, ended.document["state"]) == (0, "WITHDRAWN")
    assert two.run(two.tw, "reject", "kr", 1).code == 8


def test_a_partner_that_is_none_is_told_who_is_one(two: Two) -> None:
    for words in (("show", "jp"), ("versions", "jp"), ("diff", "jp"), ("approve", "jp", 1)):
        ended = two.run(two.tw, *words)
        assert (ended.code, "nothing is agreed" in ended.err, "known here: kr" in ended.err) == (7, True, True)


def test_a_version_is_looked_at_before_it_is_signed(two: Two, n2n: Any) -> None:
    _, file = propose(two, WEAKER, 2)
    looked = two.run(two.kr, "accept", file, "--dry-run").document
    assert (looked["vouched"], looked["risk"], looked["partner"], looked["signed_by"]) == (True, "high", "tw", ["a"])
    assert looked["signed_with"].startswith(two.print_of(two.tw))
    assert "nothing was signed or kept" in n2n("--home", two.kr.folder, "partner", "accept", file, "--dry-run").out
    assert [one["version"] for one in two.run(two.kr, "versions", "tw").document["versions"]] == [1]
    # Before the first agreement nobody vouches for a key.
    offer = two.file("other.json")
    assert two.run(two.tw, "offer", "--out", offer, *OFFER).code == 0
    assert two.run(two.kr, "accept", offer, "--dry-run").document["vouched"] is False
    assert two.run(two.tw, "activate", offer, "--dry-run").code == 8


@pytest.mark.parametrize(("environment", "red"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_what_protects_less_is_red_on_a_terminal(
    two: Two, n2n: Any, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], red: bool
) -> None:
    _, file = propose(two, WEAKER, 2)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)

    def marked(*words: object) -> list[str]:
        out = n2n(*words, environment=environment).out
        assert out.count("\x1b[31m") == out.count("\x1b[0m")
        return [line for line in out.splitlines() if ("\x1b[31m" in line) is red and "send_receipt.non_repudiation" in line]

    tw, kr = (("--home", side.folder, "partner") for side in (two.tw, two.kr))
    for words in ((*tw, "show", "kr", "2"), (*tw, "diff", "kr", "1", "2"), (*kr, "accept", file, "--dry-run")):
        assert marked(*words), words
    accepted = two.file("accepted.json")
    assert marked(*kr, "accept", file, "--out", accepted)
    assert marked(*tw, "activate", accepted)


def test_versions_show_until_when_an_answer_is_awaited(two: Two, n2n: Any) -> None:
    words = (
        "propose",
        "kr",
        two.write("terms.toml", 'title = "x"'),
        "--out",
        two.file("v2.json"),
        "--answer-by",
        "2099-01-02T03:04Z",
    )
    told = two.run(two.tw, *words).document
    assert (told["answer_by"], told["until"]) == ("2099-01-02T03:04:00.000Z", None)
    rows = two.run(two.tw, "versions", "kr").document["versions"]
    assert [(one["state"], one["answer_by"]) for one in rows] == [("ACTIVE", None), ("OFFERED", told["answer_by"])]
    assert "ANSWER BY" in n2n("--home", two.tw.folder, "partner", "versions", "kr").out


def test_the_version_that_is_meant_is_named_by_its_digest(two: Two) -> None:
    proposed, _ = propose(two, WEAKER, 2)
    digest = proposed["digest"]
    assert two.run(two.tw, "show", "kr", 2, "--digest", digest[:16]).document["digest"] == digest
    assert two.run(two.tw, "approve", "kr", 2, "--who", "ben", "--digest", "0" * 16).code == 8
    approved = two.run(two.tw, "approve", "kr", 2, "--who", "ben", "--digest", digest[:16])
    assert (approved.code, approved.document["digest"]) == (0, digest)
    assert two.run(two.tw, "reject", "kr", 2, "--digest", "0" * 16).code == 8
    assert two.run(two.tw, "reject", "kr", 2, "--digest", digest).code == 0
