"""The serving process as people and service managers see it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.homes import make_pair

ROOT = Path(__file__).parents[2]
N2N = [sys.executable, "-c", "import sys; from node.cli import main; sys.exit(main())"]


@pytest.mark.slow
def test_a_submission_by_the_command_line_is_answered_and_sigterm_ends_both_nodes(tmp_path: Path) -> None:
    sides = make_pair(tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = [
        subprocess.Popen(
            [*N2N, "--home", side.folder, "serve", "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        )
        for side in sides
    ]
    try:
        for side, process in zip(sides, running, strict=True):
            assert process.stdout
            told = json.loads(process.stdout.readline())
            # The serving process is the one that was started, whatever became of its command line.
            assert (told["party_id"], told["address"], told["pid"]) == (side.party_id, side.url, process.pid)
        (tmp_path / "d.xml").write_text("<x/>")
        words = ["--home", sides[0].folder, "submit", "--partner", "kr", tmp_path / "d.xml", "--wait", "20", "--json"]
        ended = subprocess.run([*N2N, *words], capture_output=True, env=environment, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert json.loads(ended.stdout)["state"] == "ACKNOWLEDGED"
        loaded = Path(f"/proc/{running[0].pid}/maps")
        if loaded.exists():
            assert "pydantic_core" not in loaded.read_text()
        begun = time.monotonic()
        for process in running:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(10) for process in running] == [0, 0]
        assert time.monotonic() - begun < 10
    finally:
        for process in running:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()


def test_an_unknown_kind_of_log_is_wrong_usage(n2n: Any, tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    assert n2n("--home", tw.folder, "serve", "--log", "loud").code == 2
