"""Where the home is looked for, and how things are printed."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from node.cli import invocation
from node.cli.invocation import Invocation, show, table
from node.cli.problems import CommandFailed, ExitCode
from node.ebms.states import OutboundState


def home(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "node.toml").touch()
    return folder


def test_the_option_comes_before_the_variable_before_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    option, variable, here = home(tmp_path / "option"), home(tmp_path / "variable"), home(tmp_path / "here")
    monkeypatch.chdir(here)
    environment = {"N2N_HOME": str(variable)}
    assert Invocation(option, environment=environment).home_folder() == option
    assert Invocation(None, environment=environment).home_folder() == variable
    assert Invocation(None, environment={}).home_folder() == here


@pytest.mark.parametrize("named", [True, False])
def test_a_folder_without_node_toml_is_no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: bool) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandFailed, match=r"no node\.toml") as caught:
        Invocation(tmp_path if named else None, environment={}).home_folder()
    assert caught.value.code is ExitCode.CONFIGURATION
    assert "n2n init" in caught.value.told[0].remedy


def test_the_password_of_one_key_comes_before_that_of_all() -> None:
    password = Invocation(environment={"N2N_KEY_PASSWORD": "all", "N2N_KEY_PASSWORD_SIGN_2027": "one"}).passwords()
    assert (password("sign-2027"), password("tls")) == (b"one", b"all")
    assert Invocation(environment={}).passwords()("tls") is None


def test_a_document_or_lines(capsys: pytest.CaptureFixture[str]) -> None:
    document = {"at": datetime(2026, 11, 20, 12, tzinfo=UTC), "state": OutboundState.READY, "name": "產地"}
    call = invocation.begin({})
    show(document, ["line"])
    call.as_json = True
    show(document, ["line"])
    out = capsys.readouterr().out
    assert out.startswith("line\n{")
    assert json.loads(out[5:]) == {"at": "2026-11-20T12:00:00.000Z", "state": "READY", "name": "產地"}


def test_json_moves_no_cursor_and_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    said = "產地 é\x1b[2J\x9b2J\u202egnp.exe\u200b\u2028\x7f\U000e0041 \n\t"
    invocation.begin({}).as_json = True
    show({"name": said}, [])
    out = capsys.readouterr().out
    assert all(one.isprintable() or one == "\n" for one in out) and "產地 é" in out
    assert json.loads(out) == {"name": said}


def test_a_table_is_aligned_and_harmless() -> None:
    assert table(["ID", "STATE"], [["long-id", "x"], ["a\x1b[2J", None]]) == ["ID       STATE", "long-id  x", "a [2J"]


def test_what_is_shown_moves_no_cursor_and_red_stays_red(capsys: pytest.CaptureFixture[str]) -> None:
    invocation.begin({})
    show({}, ["  a\x1b[2J\x9b31mb\u202ec\nd", "\x1b[31mred\x1b[1A\x1b[0m", "\x1b[31m", "海關"])
    assert capsys.readouterr().out.split("\n") == ["  a [2J 31mb c d", "\x1b[31mred [1A\x1b[0m", " [31m", "海關", ""]
