"""An authority for time on this machine, as a command."""

import json
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from node.cli.evidence_authority import ANCHOR, made_or_kept
from node.evidence.notes import judge_token, make_note, stamp
from node.security.certificates import load_certificates
from node.transport.stamping import named_by_hand

NOTE = make_note(b"checkpoint", b"signature")


def test_it_is_the_same_one_the_second_time(tmp_path: Path) -> None:
    first = made_or_kept(tmp_path / "time")
    assert made_or_kept(tmp_path / "time").certificate == first.certificate
    assert (tmp_path / "time" / "key.pem").stat().st_mode & 0o77 == 0
    (anchor,) = load_certificates((tmp_path / "time" / ANCHOR).read_bytes())
    assert judge_token(stamp(NOTE, first), NOTE, [], [anchor], []).anchor == anchor


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_until_it_is_stopped(tmp_path: Path, stop: signal.Signals) -> None:
    words = [
        # As a shell starts it in the background.
        *("sh", "-c", 'trap "" INT; exec "$@"', "-"),
        sys.executable,
        "-u",
        "-c",
        "from node.cli import main; raise SystemExit(main())",
        "evidence",
        "authority",
        "--dir",
        tmp_path / "time",
        "--port",
        "0",
        "--json",
    ]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines = [process.stdout.readline()]
    while lines[-1] != "}\n":
        lines.append(process.stdout.readline())
    told = json.loads("".join(lines))
    (anchor,) = load_certificates(Path(told["anchor"]).read_bytes())
    assert judge_token(stamp(NOTE, named_by_hand(told["url"])), NOTE, [], [anchor], [])
    process.send_signal(stop)
    assert process.wait(30) == 0
    process.stdout.close()


def test_its_anchor_is_not_called_as_that_of_the_customs(tmp_path: Path) -> None:
    made_or_kept(tmp_path / "time")
    (anchor,) = load_certificates((tmp_path / "time" / ANCHOR).read_bytes())
    assert "Demo Time CA - not for production" in anchor.subject


@pytest.mark.parametrize("name", ["key.pem", "tsa.pem", ANCHOR])
def test_a_folder_with_something_else_is_told_with_the_remedy(n2n: Any, tmp_path: Path, name: str) -> None:
    made_or_kept(tmp_path / "time")
    (tmp_path / "time" / name).write_text("junk")
    ended = n2n("evidence", "authority", "--dir", tmp_path / "time", "--port", "0")
    assert (ended.code, ended.err) == (
        3,
        f"error: {tmp_path / 'time' / name}: holds no key or certificate: take that folder away, or name another: --dir\n",
    )
    there = n2n("evidence", "authority", "--dir", tmp_path / "time" / name)
    assert (there.code, "a file stands where a folder belongs" in there.err) == (4, True), there.err


def test_what_is_to_be_written_into_node_toml_is_printed_as_it_is_to_be_written(tmp_path: Path) -> None:
    words = [sys.executable, "-u", "-c", "from node.cli import main; raise SystemExit(main())", "evidence", "authority"]
    with subprocess.Popen([*words, "--dir", tmp_path / "time", "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.terminate()
        lines = [first, *process.stdout]
    written = tomllib.loads("".join(lines[2:]))
    assert written["evidence"]["allow_private"] is True
    assert written["evidence"]["time_stamp_authority"].startswith("http://127.0.0.1:")
