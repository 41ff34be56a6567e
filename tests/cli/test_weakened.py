"""What an agreement weakens is shown with its reason wherever the agreement is."""

from pathlib import Path
from typing import Any

import pytest

from node.agreements.origins import Origin
from node.agreements.weakened import Weakened
from node.cli import invocation
from node.cli.weakened import weakened_lines, weakened_rows
from tests.homes import make_pair

KEY = "leg.security.x509.encryption.encrypt"
WEAK = Weakened(KEY, True, False, "TLS alone\x1b[2J", Origin("partners/kr/agreement.toml", KEY, 9))
MORE = f'[leg.security]\nx509.encryption.encrypt = false\n[[weakened]]\nparameter = "{KEY}"\nreason = "TLS alone, until June"\n'


def test_a_line_names_both_values_the_reason_and_the_place_and_no_control_character():
    assert weakened_lines("kr", [WEAK]) == [
        "WEAKENED kr: Security.X509.Encryption.Encrypt = false instead of true, because: TLS alone [2J (partners/kr/agreement.toml:9)"
    ]
    assert weakened_rows([WEAK])[0]["origin"] == "partners/kr/agreement.toml:9"


@pytest.mark.parametrize(
    ("terminal", "environment", "red"), [(True, {}, True), (True, {"NO_COLOR": "1"}, False), (False, {}, False)]
)
def test_a_line_is_red_on_a_terminal_alone(monkeypatch: Any, terminal: bool, environment: dict[str, str], red: bool) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    monkeypatch.setattr(invocation.current, "environment", environment)
    assert weakened_lines("kr", [WEAK])[0].startswith("\x1b[31mWEAKENED") is red


def test_partner_commands_show_it(n2n: Any, tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path, more=MORE)
    for command in (("list",), ("check",), ("explain", "kr")):
        ended = n2n("--home", tw.folder, "partner", *command)
        assert ended.code == 0, ended.err
        assert (
            "WEAKENED kr: Security.X509.Encryption.Encrypt = false instead of true, because: TLS alone, until June" in ended.out
        )
    assert n2n("--home", tw.folder, "partner", "list", "--json").document["partners"][0]["weakened"][0]["key"] == KEY
    assert (
        n2n("--home", tw.folder, "partner", "check", "--json").document["weakened"]["kr"][0]["reason"] == "TLS alone, until June"
    )
    assert n2n("--home", tw.folder, "partner", "explain", "kr", "--json").document["weakened"][0]["after"] is False


def test_without_its_reason_the_agreement_is_refused(n2n: Any, tmp_path: Path) -> None:
    tw, _ = make_pair(tmp_path, more=MORE.partition("[[weakened]]")[0])
    ended = n2n("--home", tw.folder, "partner", "check", "kr")
    assert ended.code == 1
    assert f"{KEY}: Security.X509.Encryption.Encrypt is weaker than edelivery-as4-2.0-ecdsa" in ended.out
