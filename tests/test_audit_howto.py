"""The commands of docs/howto/see-who-changed-what.md, run in its order, show what the page shows."""

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from node.cli.root import run
from tests.homes import make_pair
from tests.pages import MANUAL, blocks, pattern

PAGE = MANUAL / "howto" / "see-who-changed-what.md"


def test_the_page_keeps_its_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    tw, kr = make_pair(tmp_path)
    monkeypatch.chdir(tw.folder)
    (tw.folder / "kr-2027.pem").write_bytes(kr.issued["sign"].certificate)
    (tw.folder / "document.xml").write_text("<certificate/>")
    assert run(["submit", "--partner", "kr", "document.xml", "--message-id", "m1@tw.example"], {"USER": "wu"}) == 0
    shown, number = "", ""
    outputs = []
    for block in blocks(PAGE, "sh"):
        for line in block.splitlines():
            words = shlex.split(line.replace("NUMBER", number))
            capsys.readouterr()
            if words[0] != "n2n":
                subprocess.run(words, check=True)
                continue
            code = run(words[1:], {"USER": "lin"})
            told = capsys.readouterr()
            # The doctor of this home of a test has other things to say.
            assert code == 0 or words[1] == "doctor", told.err
            shown = told.out
            if "--json" not in words and words[1] == "audit":
                outputs.append(shown)
            if "outside" in words:
                number = shown.splitlines()[1].split()[0]
    texts = [one.replace("NUMBER:", f"{number}:") for one in blocks(PAGE, "text")]
    assert len(texts) == 3
    for text, told in zip(texts, [outputs[0], outputs[2], outputs[3]], strict=True):
        assert re.fullmatch(pattern(text), told), told
