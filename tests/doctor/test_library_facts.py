"""Versions as libraries write them, requirements, and cryptography that is tried with the very keys."""

import sys
from pathlib import Path

import pytest

from node.doctor.library_facts import gather_versions, numbers, openssl_of, requires_of, unable, unmet
from node.setting import Setting
from tests.doctor.homes import Home, key


@pytest.mark.parametrize(
    ("text", "version"),
    [("OpenSSL 3.0.19 27 Jan 2026", (3, 0, 19)), ("OpenSSL 1.1.1w  11 Sep 2023", (1, 1, 1)), ("LibreSSL 4.0", (sys.maxsize,))],
)
def test_openssl_says_its_version_in_words(text: str, version: tuple[int, ...]) -> None:
    assert openssl_of(text) == version


@pytest.mark.parametrize(("text", "found"), [("1.2.3", (1, 2, 3)), ("2.0rc1", (2, 0)), ("x", ())])
def test_a_version_is_its_leading_numbers(text: str, found: tuple[int, ...]) -> None:
    assert numbers(text) == found


def test_what_is_missing_and_what_is_too_old_is_told() -> None:
    told = dict(unmet(["lxml>=999", "no-such-thing>=1", "lxml>=6.1,<99", "typer"]))
    assert set(told) == {"lxml", "no-such-thing"}
    assert told["no-such-thing"] == "is not installed"
    assert "below 999" in told["lxml"]


def test_a_distribution_says_what_it_asks_for() -> None:
    assert any(one.startswith(("sqlalchemy", "typing")) for one in requires_of("sqlalchemy"))
    assert requires_of("no-such-thing") == []


def test_the_libraries_here_are_right(healthy: Home) -> None:
    found = gather_versions(Setting(healthy.folder))
    assert found.unable == {}
    assert found.zones == {}
    assert found.python == sys.version_info[:3]


def test_an_algorithm_that_fails_with_the_very_key_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    from node.security.keys import KeyUseFailed, SoftwareKey

    def fails(*_: object) -> bytes:
        raise KeyUseFailed("disabled for fips") from ValueError()

    monkeypatch.setattr(SoftwareKey, "sign", fails)
    assert (
        dict(unable(Setting(home.folder)))["partners/kr/agreement.toml: leg.security.x509.signature.algorithm"]
        == "disabled for fips"
    )


def test_a_key_of_the_wrong_kind_is_left_to_another_check(home: Home, tmp_path: Path) -> None:
    home.put_partner("kr-encrypt", key("enc"))
    assert dict(unable(Setting(home.folder))) == {}
