"""A home read whole."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from node.app import Node
from node.configuration import ConfigurationError
from node.home import put_own_key
from node.keyring.demo_authority import DemoAuthority
from node.keyring.passwords import TRIED_FIRST
from node.security.certificates import load_certificates
from node.setting import Setting
from node.transport.tls import PartnerContext
from tests.homes import Side, make_pair


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
    assert setting.client_tls("kr", datetime.now(UTC)).minimum_version == version
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


def following(side: Side, *lines: tuple[str, str, datetime]) -> None:
    path = side.folder / "node.toml"
    text = "".join(f'\n[[keys.next]]\npurpose = "{what}"\nname = "{name}"\nfrom = {at.isoformat()}\n' for what, name, at in lines)
    path.write_text(path.read_text() + text)


def test_a_key_that_follows_is_there_and_valid_when_it_begins(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    now = datetime.now(UTC)
    authority = DemoAuthority(now + timedelta(days=1), days=10)
    new = authority.issue("tw", "ecdsa", "sign")
    put_own_key(tw.folder, "sign-next", new.private_key + new.certificate)
    following(
        tw,
        ("sign", "sing-next", now - timedelta(days=1)),
        ("sign", "sign-next", now),
        ("sign", "sign-next", now + timedelta(days=12)),
    )
    said = "\n".join(map(str, Setting(tw.folder).problems.found))
    assert "keys.next[1].name: certs/own has no key 'sing-next'; did you mean 'sign-next'?" in said
    assert "keys.next[2].from: the certificate of 'sign-next' is not valid before" in said
    assert "keys.next[3].from: the certificate of 'sign-next' ends" in said


def test_a_key_that_follows_suits_every_agreement(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    now = datetime.now(UTC)
    new = DemoAuthority(now).issue("tw", "eddsa", "sign")
    put_own_key(tw.folder, "sign-next", new.private_key + new.certificate)
    following(tw, ("sign", "sign-next", now))
    said = "\n".join(map(str, Setting(tw.folder).problems.found))
    assert (
        "partners/kr/agreement.toml: us.sign: certs/own/sign-next holds an Ed25519 key; the profile needs an elliptic curve key"
        in said
    )


def test_what_was_encrypted_to_the_old_key_is_opened_for_as_long_as_partners_may_send_again(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path, more='\n[leg.reception_awareness]\nretry_parameters = "horizon=9d"\n')
    now = datetime.now(UTC)
    new = DemoAuthority(now).issue("tw", "ecdsa", "encrypt")
    put_own_key(tw.folder, "encrypt-next", new.private_key + new.certificate)
    following(tw, ("encrypt", "encrypt-next", now))
    setting = Setting(tw.folder)
    assert setting.problems.found == []
    last = now + timedelta(days=30 + 9)
    for at, count in ((last - timedelta(seconds=1), 2), (last, 1)):
        assert len(setting.keyring.decryption_keys(["encrypt"], at)) == count


def test_the_tls_of_a_home_changes_by_itself(tmp_path: Path) -> None:
    tw, kr = make_pair(tmp_path)
    now = datetime.now(UTC)
    later, last = now + timedelta(days=1), now + timedelta(days=2)
    new = DemoAuthority(now).issue("tw", "ecdsa", "tls")
    put_own_key(tw.folder, "tls-next", new.private_key + new.certificate)
    following(tw, ("tls", "tls-next", later))
    agreement = tw.folder / "partners" / "kr" / "agreement.toml"
    agreement.write_text(agreement.read_text() + f'\n[[certificates.window]]\nname = "kr-tls"\nuntil = {last.isoformat()}\n')
    setting = Setting(tw.folder)
    assert setting.problems.found == []
    assert [setting.tls_until(at) for at in (now, later, last)] == [later, last, None]
    der = load_certificates(kr.issued["tls"].certificate)[0].der
    assert set(setting.agreements.tls_certificates("kr", later)) == {der}
    assert set(setting.agreements.tls_certificates("kr", last)) == set()


def test_a_pinned_partner_of_whom_no_certificate_counts_is_not_believed(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    tw, _ = make_pair(tmp_path, trust="pinned", more=f'\n[[certificates.window]]\nname = "kr-tls"\nuntil = {now.isoformat()}\n')
    agreement = tw.folder / "partners" / "kr" / "agreement.toml"
    setting = Setting(tw.folder)
    assert setting.problems.found == [], agreement.read_text()
    context = setting.client_tls("kr", now)
    # The anchors of certs/trust do not stand in for it.
    assert isinstance(context, PartnerContext)
    assert context.pins == frozenset()
    assert context.get_ca_certs() == []
