"""Times in which nothing counts are named."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from node.cli.cert_uses import own_uses, partner_uses
from node.gaps import gaps_of
from node.setting import Setting
from tests.homes import make_pair

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)


def test_a_gap_between_two_windows_is_named(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    setting = Setting(tw.folder)
    assert gaps_of(setting, NOW) == []
    path = tw.folder / "partners" / "kr" / "agreement.toml"
    windows = "".join(
        f'\n[[certificates.window]]\nname = "kr-sign"\nfrom = {(NOW + a * DAY).isoformat()}\nuntil = {(NOW + b * DAY).isoformat()}\n'
        for a, b in ((-1, 2), (3, 4))
    )
    path.write_text(path.read_text() + windows)
    setting = Setting(tw.folder)
    assert setting.problems.found == []
    (gap,) = gaps_of(setting, NOW)
    assert gap.startswith("partners/kr/agreement.toml: certificates.sign: no certificate of kr counts from ")
    assert f"{NOW + 2 * DAY:%Y-%m-%d %H:%M} UTC until {NOW + 3 * DAY:%Y-%m-%d %H:%M} UTC" in gap
    assert [one["state"] for one in partner_uses(setting, "kr-sign", NOW)] == ["now", "next"]
    assert [one["state"] for one in partner_uses(setting, "kr-sign", NOW + 3.5 * DAY)] == ["past", "now"]


def test_an_own_key_that_ends_before_its_successor_begins_is_a_gap(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    from node.home import put_own_key
    from node.keyring.demo_authority import DemoAuthority

    new = DemoAuthority(NOW, days=90).issue("tw", "ecdsa", "sign")
    put_own_key(tw.folder, "sign-2027", new.private_key + new.certificate)
    path = tw.folder / "node.toml"
    since = (NOW + 40 * DAY).isoformat()
    path.write_text(path.read_text() + f'\n[[keys.next]]\npurpose = "sign"\nname = "sign-2027"\nfrom = {since}\n')
    setting = Setting(tw.folder)
    assert setting.problems.found == []
    (gap,) = gaps_of(setting, NOW)
    assert "'sign' ends before its successor begins to sign" in gap
    assert [one["state"] for one in own_uses(setting, "sign", NOW + 41 * DAY)] == ["past"]
    assert [one["purpose"] for one in own_uses(setting, "tls", NOW)] == ["tls"]
