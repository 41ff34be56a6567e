"""An authority for time on this machine, as a command."""

import json
import signal
import subprocess
import sys
from pathlib import Path

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
