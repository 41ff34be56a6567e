"""A home read whole."""

from pathlib import Path

import pytest

from node.app import Node
from node.configuration import ConfigurationError
from node.keyring.passwords import TRIED_FIRST
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


def test_a_password_that_an_agreement_names_must_be_there(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path, more=TOKEN)
    assert any("no password is called 'kr-pull'" in str(one) for one in Setting(tw.folder).problems.found)
    assert Setting(tw.folder, {"pull/kr-pull": b"x"}.get).problems.found == []
    path = tw.folder / "certs" / "own" / "kr-pull.password"
    path.write_text("open sesame\n")
    path.chmod(0o600)
    setting = Setting(tw.folder)
    assert setting.problems.found == []
    assert setting.keyring.password("kr-pull") == b"open sesame"


def test_a_pull_password_that_everybody_tries_first_is_a_problem_wherever_it_comes_from(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path, more=TOKEN)
    words = {"pull/kr-pull": b"Password"}
    assert [one.problem for one in Setting(tw.folder, words.get).problems.found] == [TRIED_FIRST]
    assert Setting(tw.folder, {"pull/kr-pull": b"k2-9QmVz7-tide"}.get).problems.found == []


TOKEN = """binding = "pull"
mpc = "urn:mpc"
[initiator.authorization]
username = "kr"
password = "kr-pull"
[leg.security]
pmode_authorize = true
"""
