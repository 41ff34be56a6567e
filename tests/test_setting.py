"""A home read whole."""

import ssl
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


@pytest.mark.parametrize(("agreed", "version"), [("1.2", ssl.TLSVersion.TLSv1_2), ("1.3", ssl.TLSVersion.TLSv1_3)])
def test_a_partner_is_called_with_no_older_tls_than_agreed(tmp_path: Path, agreed: str, version: ssl.TLSVersion) -> None:
    tw, _ = make_pair(tmp_path, more=f'[leg.protocol.security]\nprotocol_version = "{agreed}"\n')
    setting = Setting(tw.folder)
    assert setting.client_tls("kr").minimum_version == version
    assert [str(one) for one in setting.problems.found] == (
        []
        if agreed == "1.2"
        else [
            (
                "partners/kr/agreement.toml: leg.protocol.security.protocol_version: 1.3 is agreed, and listen.minimum_tls of node.toml lets in 1.2; "
                'write minimum_tls = "1.3" there'
            )
        ]
    )


TOKEN = """binding = "pull"
mpc = "urn:mpc"
[initiator.authorization]
username = "kr"
password = "kr-pull"
[leg.security]
pmode_authorize = true
"""
