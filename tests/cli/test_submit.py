"""Submitting: what is agreed goes into the store, what is not is told, and the end of a wait is an exit code."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from node.cli import submit as module
from node.cli.problems import ExitCode
from node.cli.submit import exit_code_of, media_type_of
from tests.homes import Side, make_pair


@pytest.fixture(scope="module")
def tw(tmp_path_factory: pytest.TempPathFactory) -> Side:
    return make_pair(tmp_path_factory.mktemp("homes"))[0]


def test_a_submission_is_kept_with_its_media_type_and_properties(n2n: Any, files: Path, tw: Side) -> None:
    ended = n2n(
        "--home",
        tw.folder,
        "submit",
        "--partner",
        "kr",
        files / "document.xml",
        "--property",
        "a=b=c",
        "--message-id",
        "m1@tw.example",
        "--json",
    )
    assert ended.code == 0, ended.err
    assert ended.document == {"message_id": "m1@tw.example", "partner": "kr", "state": "SUBMITTED", "served": False}
    shown = n2n("--home", tw.folder, "message", "show", "m1@tw.example", "--json").document
    assert shown["properties"] == {"a": "b=c"}
    assert (shown["payloads"][0]["media_type"], shown["payloads"][0]["size"]) == ("application/xml", 14)


def test_without_anybody_who_serves_the_next_step_is_to_serve(n2n: Any, files: Path, tw: Side) -> None:
    assert "next: n2n serve" in n2n("--home", tw.folder, "submit", "--partner", "kr", files / "document.xml").out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--partner", "kr", "--action", "co.nonsense"], 2, "co.certificate"),
        (["--partner", "jp"], 2, "known here: kr"),
        (["--partner", "kr", "--property", "novalue"], 2, "NAME=VALUE"),
        (["--partner", "kr", "--message-id", "no at sign"], 2, "message id"),
        (["--partner", "kr", "--property", "a=\x01"], 2, "U+0001"),
        (["--partner", "kr", "--property", "a=\udcff"], 2, "U+DCFF"),
        (["--partner", "kr", "--media-type", "text/xml\r\nX: y"], 2, "media type"),
    ],
)
def test_what_was_not_agreed_is_told_with_what_was(
    n2n: Any, files: Path, tw: Side, words: list[str], code: int, said: str
) -> None:
    ended = n2n("--home", tw.folder, "submit", *words, files / "document.xml")
    assert (ended.code, said in ended.err) == (code, True), ended.err
    assert ended.err.startswith("error: ")


def test_a_file_whose_name_is_no_utf_8_is_sent(n2n: Any, tw: Side, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/stra\xdfe.xml"))
    path.write_text("<a/>")
    ended = n2n("--home", tw.folder, "submit", "--partner", "kr", path, "--json")
    assert ended.code == 0, ended.err


def test_a_pipe_is_no_payload(n2n: Any, tw: Side, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    ended = n2n("--home", tw.folder, "submit", "--partner", "kr", tmp_path / "pipe")
    assert (ended.code, "is no regular file" in ended.err) == (2, True), ended.err


def test_nothing_that_a_partner_wrote_moves_the_cursor(n2n: Any, files: Path, tw: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    step = SimpleNamespace(event="ERROR_RECEIVED", detail="partner reports\nacknowledged\x1b[2J\x9b1A", error_code="EBMS:0004")
    monkeypatch.setattr("node.store.messages.StoredMessages.history", lambda self, message_id: [step])
    ended = n2n("--home", tw.folder, "submit", "--partner", "kr", files / "document.xml", "--wait", "0.01")
    assert len(ended.out.splitlines()) == 2
    assert "".join(ended.out.splitlines()).isprintable()


def test_a_wait_that_ends_without_a_receipt_is_6(n2n: Any, files: Path, tw: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    ended = n2n("--home", tw.folder, "submit", "--partner", "kr", files / "document.xml", "--wait", "0.05")
    assert ended.code == 6
    assert "nobody serves this home" in ended.out


@pytest.mark.parametrize(
    ("state", "events", "code"),
    [
        ("ACKNOWLEDGED", ["RECEIPT_MATCHED"], ExitCode.DONE),
        ("SENT", ["TAKEN_NO_RECEIPT_OWED"], ExitCode.DONE),
        ("FAILED", ["ERROR_RECEIVED"], ExitCode.REFUSED),
        ("FAILED", ["ATTEMPT_FAILED", "GAVE_UP"], ExitCode.UNREACHABLE),
        ("READY", ["ATTEMPT_FAILED"], ExitCode.TIMED_OUT),
    ],
)
def test_how_an_exchange_ended_is_an_exit_code(state: str, events: list[str], code: ExitCode) -> None:
    assert exit_code_of(state, [SimpleNamespace(event=event) for event in events]) is code  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "expected"), [("a.XML", "application/xml"), ("a.edi", "application/EDIFACT"), ("a", "application/octet-stream")]
)
def test_the_ending_tells_the_media_type(name: str, expected: str) -> None:
    assert media_type_of(Path(name)) == expected
