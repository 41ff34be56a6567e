"""A home read whole."""

from pathlib import Path

import pytest

from node.app import Node
from node.configuration import ConfigurationError
from node.setting import Setting
from tests.homes import make_pair


def test_every_problem_of_a_home_is_told_at_once(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    (tw.folder / "certs" / "own" / "tls.pem").unlink()
    (tw.folder / "certs" / "trust" / "ca.pem").unlink()
    (tw.folder / "partners" / "kr" / "agreement.toml").write_text("profile = 'nonsense'\n")
    with pytest.raises(ConfigurationError) as caught:
        Node(Setting(tw.folder))
    text = str(caught.value)
    for place in (
        "node.toml: listen.tls",
        "node.toml: keys.tls",
        "node.toml: listen.client_ca",
        "partners/kr/agreement.toml",
        "nonsense",
    ):
        assert place in text
