"""The parts of the story: what counts as good, what the forgery changes, what is shown to whom."""

from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from node.cli.demo_chapters import WORDS, Line
from node.cli.demo_story import Told, program, shown, tampered, tell_story
from node.cli.problems import CommandFailed
from node.ebms.states import OutboundEvent

FILE = "demo/kr/data/inbox/tw/1/payload-1.xml"
LINE = Line("co.query", "tw → kr", "m@x", "urn:uuid:1", "ACKNOWLEDGED", 561, 10_010, 3, 90, "L2 AP", FILE)
WENT, FAILED = {"certificate": {"good": True}}, {"certificate": {"good": True}, "forged": {"good": False}}


@pytest.mark.parametrize(
    ("lines", "chapters", "refused", "good"),
    [
        ([LINE], WENT, {"refused": True}, True),
        ([LINE, LINE], WENT, {"refused": True}, True),
        ([], WENT, {"refused": True}, False),
        ([LINE], FAILED, {"refused": True}, False),
        ([LINE], WENT, {}, False),
        ([LINE], WENT, {"refused": False}, False),
        ([LINE, replace(LINE, state="FAILED")], WENT, {"refused": True}, False),
        ([replace(LINE, state="AWAITING_RECEIPT")], WENT, {"refused": True}, False),
        ([replace(LINE, delivered="")], WENT, {"refused": True}, False),
    ],
)
def test_a_story_is_good_only_if_all_of_it_is(
    lines: list[Line], chapters: dict[str, Any], refused: dict[str, Any], good: bool
) -> None:
    told = Told(Path("demo"), "edelivery-as4-1.15", lines, chapters, refused)
    assert told.good is good
    assert told.document()["good"] is good
    assert len(told.document()["exchanges"]) == len(lines)


@pytest.mark.parametrize("time", ["2026-11-24T08:00:00.000Z", "2026-11-24T08:00:00.007Z"])
def test_a_forgery_differs_by_one_octet_and_is_still_a_time(time: str) -> None:
    body = f"<eb:Timestamp>{time}</eb:Timestamp>".encode()
    changed, _ = tampered(body)
    assert len(changed) == len(body)
    (at,) = [n for n, (one, other) in enumerate(zip(body, changed, strict=True)) if one != other]
    assert chr(changed[at]).isdigit()


def test_a_preset_without_a_demo_is_told_with_those_that_have_one(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed) as caught:
        tell_story(tmp_path / "demo", "bdew-as4-1.1", Console(file=StringIO()), keep=False)
    assert "edelivery-as4-2.0-eddsa" in caught.value.told[0].remedy
    assert not (tmp_path / "demo").exists()


def test_words_are_for_events_that_exist() -> None:
    assert set(WORDS) <= {event.value for event in OutboundEvent}


def test_paths_and_the_program_are_named_as_one_would_type_them_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path / "demo" / "tw") == "demo/tw"
    assert shown(Path("/elsewhere")) == "/elsewhere"
    assert program() == "n2n"
    (tmp_path / "n2n").touch()
    assert program() == "./n2n"
