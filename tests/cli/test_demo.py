"""The demo as a newcomer runs it: both nodes as processes, the customs chapters, one changed message."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
N2N = [sys.executable, "-c", "import sys; from node.cli import main; sys.exit(main())"]


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([*N2N, *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("demo")
    ended = run(folder, "demo", "--profile", "edelivery-as4-2.0-ecdsa", "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return folder, json.loads(ended.stdout)


pytestmark = pytest.mark.slow


def test_every_document_is_acknowledged_and_accepted(told: tuple[Path, Any]) -> None:
    _, document = told
    types = [one["type_id"] for one in document["exchanges"]]
    assert types == [
        *("co.certificate", "co.utilisation", "co.utilisation", "aeo.recordset", "aeo.recordset", "man.cargo-report")
    ]
    assert {one["state"] for one in document["exchanges"]} == {"ACKNOWLEDGED"}
    assert {one["answered"] for one in document["exchanges"]} <= {"L2 AP", "L3 AP"}
    assert {one["route"] for one in document["exchanges"]} == {"tw → kr", "kr → tw"}
    # Header, Body and one payload.
    assert {one["digests"] for one in document["exchanges"]} == {3}


def test_each_document_lies_in_the_inbox_of_the_other_side(told: tuple[Path, Any]) -> None:
    folder, document = told
    for one in document["exchanges"]:
        delivered = Path(one["delivered"])
        sender, _, receiver = one["route"].partition(" → ")
        assert delivered.is_relative_to(folder / "demo" / receiver / "data" / "inbox" / sender)
        assert delivered.stat().st_size == one["octets"]


def test_every_chapter_goes_as_it_should(told: tuple[Path, Any]) -> None:
    _, document = told
    chapters = document["chapters"]
    assert {name: chapter["good"] for name, chapter in chapters.items()} == dict.fromkeys(
        ("certificate", "operators", "manifest", "forged", "proof"), True
    )
    assert chapters["certificate"]["lives"] == {"issue": "ISSUED", "use": "USED"}
    assert chapters["operators"]["statuses"] == ["ACTIVE", "SUSPENDED", "ACTIVE"]
    assert "GIS+AP::ZZZ'" in chapters["manifest"]["cusres"]
    (finding,) = chapters["forged"]["findings"]
    assert (finding["rule"], finding["zh"]) == ("SIG-02", "文件或簽章遭變更。")


def test_a_certificate_and_an_operator_can_be_looked_up(told: tuple[Path, Any]) -> None:
    folder, document = told
    shown = run(folder, "--home", "demo/kr", "co", "show", document["chapters"]["certificate"]["number"])
    assert shown.returncode == 0, shown.stderr
    assert "USED" in shown.stdout
    found = run(folder, "--home", "demo/kr", "aeo", "lookup", document["chapters"]["operators"]["operator"])
    assert found.returncode == 0, found.stderr
    assert "SUSPENDED" in found.stdout


def test_the_forgery_is_refused_and_written_down(told: tuple[Path, Any]) -> None:
    folder, document = told
    assert document["good"] is True
    assert (document["forgery"]["refused"], document["forgery"]["error_code"]) == (True, "EBMS:0101")
    refused = json.loads(run(folder, "--home", "demo/kr", "message", "list", "--refused", "--json").stdout)["refused"]
    assert [row["error_code"] for row in refused] == ["EBMS:0101"]
    assert refused[0]["detail"] == document["forgery"]["reason"]


def test_no_answer_is_refused_but_that_about_what_its_sender_does_not_know(told: tuple[Path, Any]) -> None:
    folder, _ = told
    for home in ("tw", "kr"):
        rows = json.loads(run(folder, "--home", f"demo/{home}", "document", "list", "--json").stdout)["documents"]
        refused = [row["id"] for row in rows if row["type"] == "gen.response" and row["outcome"] == "RE"]
        shown = [
            json.loads(run(folder, "--home", f"demo/{home}", "document", "show", str(one), "--json").stdout) for one in refused
        ]
        # The forgery went past Korea's own register.
        assert {finding["rule"] for one in shown for finding in one["findings"]} <= {"RES-03"}
        assert len(refused) <= 1


def test_what_the_last_lines_say_to_look_at_can_be_looked_at(told: tuple[Path, Any]) -> None:
    folder, document = told
    last = document["exchanges"][-1]
    shown = run(folder, "--home", f"demo/{last['route'][:2]}", "message", "show", last["message_id"][:8])
    assert shown.returncode == 0, shown.stderr
    assert "ACKNOWLEDGED" in shown.stdout


def shape(text: str) -> list[str]:
    """The lines of a story without what differs from run to run: ids and numbers, and the gaps that numbers leave."""
    text = re.sub(r"_msg-[0-9a-f-]{36}|(?<=show )[0-9a-f]{8}", "ID", text.replace("./n2n ", "n2n "))
    return [re.sub(r"\s+", " ", re.sub(r"[\d,.]*\d", "N", line)).strip() for line in text.splitlines()]


def test_the_story_told_to_people_fits_a_terminal_and_is_the_one_in_the_readme(told: tuple[Path, Any]) -> None:
    folder, _ = told
    ended = run(folder, "demo")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    readme = (ROOT / "README.md").read_text("utf-8")
    block = readme[readme.index("```text\n") + 8 :].split("\n```", 1)[0]
    story = shape(ended.stdout)
    first, _, last = block.partition("\n...\n")
    assert story[: len(shape(first))] == shape(first)
    assert story[-len(shape(last)) :] == shape(last)
    assert ended.stdout.rstrip().endswith(
        "6 documents accepted, 1 forged certificate and 1 changed message refused: all as it should be"
    )
    table = ended.stdout[ended.stdout.index("What was exchanged") :].split("\n\n", 1)[0].splitlines()
    assert len(table) == 8
    assert max(len(line.rstrip()) for line in table) <= 80
    assert "Traceback" not in ended.stdout + ended.stderr
