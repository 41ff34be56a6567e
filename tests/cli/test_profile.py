"""Presets are listed, shown value by value with their sources, and compared."""

from pathlib import Path
from typing import Any

import pytest

SHIPPED = {path.stem for path in (Path(__file__).parents[2] / "profiles" / "messaging").glob("*.toml")}


def test_every_shipped_preset_is_listed_without_a_home(n2n: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    ended = n2n("profile", "list", "--json")
    assert ended.code == 0, ended.err
    rows = {one["name"]: one for one in ended.document["profiles"]}
    assert set(rows) == SHIPPED
    assert rows["entsog-as4-4.0-ecdsa"]["base"] == "entsog-as4-4.0-eddsa"
    assert rows["ics2-trader"]["weakened"] == 1
    assert "SOAP Body" in rows["as4-minimal-client"]["unsupported"]
    assert "not supported" in n2n("profile", "list").out


def test_a_preset_is_shown_with_names_values_clauses_and_lines(n2n: Any) -> None:
    shown = n2n("profile", "show", "ics2-trader", "--json").document
    rows = {one["key"]: one for one in shown["parameters"]}
    encrypt = rows["leg.security.x509.encryption.encrypt"]
    assert (encrypt["parameter"], encrypt["value"], encrypt["clause"]) == (
        "Security.X509.Encryption.Encrypt",
        False,
        "IC: TLS alone",
    )
    assert encrypt["origin"].startswith("profiles/messaging/ics2-trader.toml:")
    assert rows["leg.protocol.soap_version"]["origin"].startswith("profiles/messaging/edelivery-as4-1.15.toml:")
    assert [(one["key"], one["before"], one["after"]) for one in shown["weakened"]] == [
        ("leg.security.x509.encryption.encrypt", True, False)
    ]
    assert {one["fact"]: one["level"] for one in shown["requires"]}["agreement_ref.type"] == "must"
    out = n2n("profile", "show", "customs-n2n").out
    assert "[ladder] unless the agreement says otherwise: L1=1h" in out
    assert "based on: edelivery-as4-1.15-four-corner, then edelivery-as4-1.15" in out


def test_a_preset_that_protects_less_says_so_and_why(n2n: Any) -> None:
    out = n2n("profile", "show", "dbc-as4-2017").out
    assert out.count("WEAKENED dbc-as4-2017: ") == 3
    assert (
        "Security.X509.Sign = false instead of true, because: DBC: access points know each other by their TLS certificates" in out
    )
    assert (
        "not supported by this node: its only payload travels in the SOAP Body"
        in n2n("profile", "show", "as4-minimal-client").out
    )


def test_two_presets_are_compared(n2n: Any) -> None:
    ended = n2n("profile", "diff", "edelivery-as4-1.15", "bdx-as4-1.0", "--json")
    assert ended.code == 1
    rows = {one["key"]: one for one in ended.document["differences"]}
    assert rows["leg.security.x509.encryption.algorithm"]["rating"] == "stronger"
    assert rows["leg.business_info.properties"]["kind"] == "only B"
    assert "weaker" in n2n("profile", "diff", "edelivery-as4-1.15", "ics2-trader").out
    same = n2n("profile", "diff", "bdew-as4-1.1", "bdew-as4-1.1")
    assert (same.code, same.out) == (0, "bdew-as4-1.1 and bdew-as4-1.1 say the same\n")


@pytest.mark.parametrize(
    "words", [("show", "ics2-trade"), ("diff", "ics2-trade", "customs-n2n"), ("diff", "customs-n2n", "ics2-trade")]
)
def test_an_unknown_name_is_told_with_the_nearest(n2n: Any, words: tuple[str, ...]) -> None:
    ended = n2n("profile", *words)
    assert ended.code == 7
    assert "profile 'ics2-trade': no such preset: did you mean 'ics2-trader'?" in ended.err


def test_a_preset_of_the_home_is_read_and_its_problems_are_told(n2n: Any, files: Path, tmp_path: Path) -> None:
    n2n(
        "init",
        tmp_path / "tw",
        "--party-id",
        "TW",
        "--sign",
        files / "tw-sign.key.pem",
        "--encrypt",
        files / "tw-encrypt.key.pem",
    )
    folder = tmp_path / "tw" / "profiles" / "messaging"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ours.toml").write_text('source = "us"\nbase = "customs-n2n"\nleg.x.http.connections = 2\n')
    shown = n2n("--home", tmp_path / "tw", "profile", "show", "ours", "--json").document
    assert (
        next(one for one in shown["parameters"] if one["key"] == "leg.x.http.connections")["origin"]
        == "profiles/messaging/ours.toml:3"
    )
    (folder / "ours.toml").write_text('base = "customs-n2n"\nleg.security.x509.sign = false\n')
    ended = n2n("--home", tmp_path / "tw", "profile", "show", "ours")
    assert ended.code == 3
    assert "source" in ended.err
    assert "leg.security.x509.sign" not in ended.err or "no reason" in ended.err
    listed = n2n("--home", tmp_path / "tw", "profile", "list")
    assert (listed.code, "customs-n2n" in listed.out) == (3, True)
    assert n2n("--home", tmp_path / "nowhere", "profile", "list").code == 3
