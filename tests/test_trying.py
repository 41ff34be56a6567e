"""The dry run; with a partner that answers it is in tests/cli/test_cert_try.py."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from node.app import Node
from node.home import put_own_key
from node.keyring.demo_authority import DemoAuthority
from node.trying import Trial, next_to_encrypt_to, ports_of
from tests.homes import make_pair

NOW = datetime.now(UTC).replace(microsecond=0)


def test_the_keys_of_a_trial_are_used_and_nothing_else_changes(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    issued = DemoAuthority(NOW).issue("tw", "ecdsa", "sign")
    put_own_key(tw.folder, "sign-2027", issued.private_key + issued.certificate)
    node = Node.open(tw.folder)
    trying = ports_of(node.setting, node.ports, "kr", Trial(sign="sign-2027"))
    assert trying.keyring.signing_key("sign", NOW) is node.setting.certificates.own["sign-2027"]
    assert node.ports.keyring.signing_key("sign", NOW) is node.setting.certificates.own["sign"]
    assert trying.messages is not node.ports.messages
    node.close()


def test_the_next_certificate_of_a_partner_is_the_one_whose_window_begins_next(tmp_path: Path) -> None:
    since = NOW + timedelta(days=1)
    tw, _ = make_pair(tmp_path)
    path = tw.folder / "partners" / "kr" / "agreement.toml"
    node = Node.open(tw.folder)
    assert next_to_encrypt_to(node.setting.agreements.agreements["kr"], NOW) is None
    path.write_text(path.read_text() + f'\n[[certificates.window]]\nname = "kr-encrypt"\nfrom = {since.isoformat()}\n')
    node.take(node.read_again())
    agreement = node.setting.agreements.agreements["kr"]
    assert (next_to_encrypt_to(agreement, NOW), next_to_encrypt_to(agreement, since)) == ("kr-encrypt", None)
    node.close()
