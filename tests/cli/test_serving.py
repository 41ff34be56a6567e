"""The serving process itself, as far as it goes without serving."""

import json
from pathlib import Path

import pytest

from node.cli.serving import main
from tests.homes import make_pair


def test_a_home_with_problems_does_not_start_and_names_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tw, _ = make_pair(tmp_path)
    (tw.folder / "certs" / "own" / "tls.pem").unlink()
    assert main([str(tw.folder), "json", "--json"]) == 3
    told = json.loads(capsys.readouterr().err)
    assert {one["where"] for one in told["errors"]} == {"node.toml: listen.tls", "node.toml: keys.tls"}
