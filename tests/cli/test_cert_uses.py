"""What certificates are used for, and when there is none."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from node.cli.cert_uses import own_uses, partner_uses
from node.setting import Setting
from tests.homes import make_pair

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)


def test_uses_and_gaps_are_shown(tmp_path: Path, n2n: Any) -> None:
    tw, _ = make_pair(tmp_path)
    path = tw.folder / "partners" / "kr" / "agreement.toml"
    windows = "".join(
        f'\n[[certificates.window]]\nname = "kr-sign"\nfrom = {(NOW + a * DAY).isoformat()}\nuntil = {(NOW + b * DAY).isoformat()}\n'
        for a, b in ((-1, 2), (3, 4))
    )
    path.write_text(path.read_text() + windows)
    gap = "partners/kr/agreement.toml: certificates.sign: no certificate of kr counts from "
    checked = n2n("--home", tw.folder, "partner", "check", "kr")
    assert (checked.code, gap in checked.out) == (1, True)
    listed = n2n("--home", tw.folder, "cert", "list")
    assert f"warning: {gap}" in listed.out
    assert "now sign of kr from" in listed.out


def test_an_agreement_may_name_another_key_of_ours(tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path)
    (tw.folder / "certs" / "own" / "special.pem").write_bytes((tw.folder / "certs" / "own" / "sign.pem").read_bytes())
    (tw.folder / "certs" / "own" / "special.pem").chmod(0o600)
    path = tw.folder / "partners" / "kr" / "agreement.toml"
    path.write_text(path.read_text() + '\n[us]\nsign = "special"\n')
    setting = Setting(tw.folder)
    assert setting.problems.found == []
    (use,) = own_uses(setting, "special", NOW)
    assert (use["purpose"], use["partner"], use["state"]) == ("sign", "kr", "now")
    assert partner_uses(setting, "nothing", NOW) == []
