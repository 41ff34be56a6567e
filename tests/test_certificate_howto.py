"""The page on following a certificate is followed word for word."""

import re
import shlex
from pathlib import Path
from typing import Any

from node.app import Node
from node.cli.root import run
from node.customs.filing.registration import IN, Carried
from tests.pages import MANUAL, blocks, pattern
from tests.registered import Clerk, certificate, hold, home_with_story, later

PAGE = MANUAL / "howto" / "follow-a-certificate.md"


def test_every_command_of_the_page_prints_what_it_shows(tmp_path: Path, capsys: Any) -> None:
    home = home_with_story(tmp_path)
    agreement = home.folder / "partners" / "kr" / "agreement.toml"
    (ladder,) = blocks(PAGE, "toml")
    agreement.write_text(f"{agreement.read_text()}\n{ladder}")
    node = Node.open(home.folder)
    hold(Clerk(node.documents), certificate("013-26-0771207"), Carried(IN, "m8@kr.example", "kr"), later(days=3))
    # Whoever serves looks for late steps.
    assert node.following.sweep() == 3
    node.close()
    commands, shown = blocks(PAGE, "sh"), blocks(PAGE, "text")
    assert len(commands) == len(shown) == 8
    for command, text in zip(commands, shown, strict=True):
        words = shlex.split(command)
        assert words[0] == "n2n"
        assert run(["--home", str(home.folder), *words[1:]], {"USER": "wang"}) == 0
        out = capsys.readouterr().out
        assert re.fullmatch(pattern(text), out), out
