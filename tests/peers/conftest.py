"""What the tests of the peers share: keys that both sides know, WSS4J as a second opinion on security, and the environment of the library as4."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from bench.as4_worker import As4Unavailable, environment
from tests.conftest import missing


@pytest.fixture(scope="session")
def peer_keys(peer: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One authority, keys of parties a and b in every kind, and a stranger (see phase4/README.md)."""
    folder = tmp_path_factory.mktemp("peer-keys")
    subprocess.run([peer("phase4") / "peer", "keys", folder], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def wssverify(peer: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[dict[str, Any]]]:
    """Run the WSS4J oracle: one list of arguments for each job, one line of JSON for each job; Java starts once."""
    folder = peer("wssverify")

    def run(jobs: Sequence[Sequence[str | Path]], *, brainpool: bool = False) -> list[dict[str, Any]]:
        file = tmp_path_factory.mktemp("jobs") / "jobs"
        file.write_text("".join(json.dumps([str(word) for word in job]) + "\n" for job in jobs))
        options = {"JAVA_OPTS": f"-Djava.security.properties={folder / 'brainpool.security'}"} if brainpool else {}
        result = subprocess.run(
            [folder / "wssverify", "--jobs", file], capture_output=True, text=True, timeout=180, env={**os.environ, **options}
        )
        lines = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
        assert len(lines) == len(jobs), result.stderr[-2000:]
        return lines

    return run


@pytest.fixture(scope="session")
def as4_python() -> Path:
    """The Python of `.venv-as4`, which is made from tests/peers/as4/requirements.lock at the first use."""
    try:
        return environment()
    except As4Unavailable as problem:
        missing(str(problem))


@pytest.fixture(scope="module")
def dss(
    peer: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Sequence[Sequence[str | Path]]], list[tuple[int, Any]]]:
    """Run commands of the oracle: of each its exit status and what it printed, as JSON if it is."""
    folder = peer("dssverify")

    def run(jobs: Sequence[Sequence[str | Path]]) -> list[tuple[int, Any]]:
        file = tmp_path_factory.mktemp("jobs") / "jobs"
        file.write_text("".join("\t".join(map(str, job)) + "\n" for job in jobs))
        ended = subprocess.run([folder / "dssverify", "jobs", file], capture_output=True, text=True, timeout=300)
        *said, _ = re.split(r"== status (\d)\n", ended.stdout)
        found = [
            (int(status), json.loads(text) if text.startswith("{") else text)
            for text, status in zip(said[::2], said[1::2], strict=True)
        ]
        assert len(found) == len(jobs), ended.stderr[-2000:]
        return found

    return run
