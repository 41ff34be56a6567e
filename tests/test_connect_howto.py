"""The page on connecting a partner is followed word for word, by two homes."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from node.cli.root import run
from tests.pages import MANUAL, blocks, pattern
from tests.two_homes import Two

PAGE = MANUAL / "howto" / "connect-a-partner.md"


def test_every_command_of_the_page_prints_what_it_shows(tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    two = Two(tmp_path, None)
    monkeypatch.chdir(tmp_path)
    (terms,) = blocks(PAGE, "toml")
    Path("terms.toml").write_text(terms)
    commands, shown = blocks(PAGE, "sh"), blocks(PAGE, "text")
    assert len(commands) == len(shown) == 12
    prints = {f"{side.name.upper()}-FINGERPRINT": two.print_of(side) for side in (two.tw, two.kr)}
    for command, text in zip(commands, shown, strict=True):
        who, *words = (prints.get(word, word) for word in shlex.split(command))
        home = {"tw:": two.tw, "kr:": two.kr}[who]
        assert words[0] == "n2n"
        assert run(["--home", str(home.folder), *words[1:]], {"USER": "wang"}) == 0, capsys.readouterr().err
        out = capsys.readouterr().out
        assert re.fullmatch(pattern(text), out), out
