"""`n2n audit list` and `show`, beside what tests/test_audit_howto.py tells."""

from pathlib import Path
from typing import Any

import pytest

from tests.homes import make_pair


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_pair(tmp_path)[0].folder


def test_acts_are_listed_with_stable_keys_and_shown_whole(n2n: Any, home: Path, files: Path) -> None:
    assert n2n("--home", home, "cert", "add", "--trust", files / "ca.pem", "--name", "two", environment={"USER": "lin"}).code == 0
    rows = n2n("--home", home, "audit", "list", "--json").document["acts"]
    assert [(one["number"], one["who"], one["what"], one["stage"]) for one in rows] == [
        (3, "lin", "cert add", "done"),
        (2, "lin", "cert add", "ordered"),
        (1, "n2n", "configuration recorded for the first time", ""),
    ]
    assert rows[0]["files"][0] | {"modified_at": "", "is": ""} == {
        "file": "certs/trust/two.pem",
        "event": "added",
        "was": None,
        "is": "",
        "kept": "whole",
        "modified_at": "",
        "difference": [],
    }
    (shown,) = n2n("--home", home, "audit", "show", "3", "--json").document["files"]
    assert "Demo Customs CA" in shown["difference"][1]
    assert "cert add (ordered)" in n2n("--home", home, "audit", "list").out
    assert "and 8 more" in n2n("--home", home, "audit", "list", "--what", "first").out
    assert n2n("--home", home, "audit", "list", "--limit", "1", "--json").document["acts"][0]["number"] == 3


def test_of_a_secret_it_is_told_that_it_is_another(n2n: Any, home: Path) -> None:
    path = home / "certs" / "own" / "kr.password"
    for word in ("one", "two"):
        path.touch(mode=0o600)
        path.write_text(f"{word}-{word}-{word}")
        assert n2n("--home", home, "audit", "list").code == 0
    number = n2n("--home", home, "audit", "list", "--json").document["acts"][0]["number"]
    told = n2n("--home", home, "audit", "show", number).out
    assert told.splitlines()[-2:] == ["changed certs/own/kr.password", "  what is in it is not kept"]
    toml = home / "aeo.toml"
    for word in ("one", "two"):
        toml.write_text(f'# password = "{word}"\n')
        assert n2n("--home", home, "audit", "list").code == 0
    number = n2n("--home", home, "audit", "list", "--json").document["acts"][0]["number"]
    assert "  only what is secret in it is different" in n2n("--home", home, "audit", "show", number).out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [(("show", "99"), 7, "tells of no act"), (("show", "0"), 2, "NUMBER"), (("list", "--since", "soon"), 2, "soon")],
)
def test_what_is_not_there_is_told(n2n: Any, home: Path, words: tuple[str, ...], code: int, said: str) -> None:
    ended = n2n("--home", home, "audit", *words)
    assert (ended.code, said in ended.err) == (code, True), ended.err


def test_nothing_found_is_said(n2n: Any, home: Path) -> None:
    assert n2n("--home", home, "audit", "list", "--who", "nobody").out == "nothing of the kind was done\n"
