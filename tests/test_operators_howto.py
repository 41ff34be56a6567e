"""The page on looking up operators is followed word for word, over the sample lists."""

import re
import shlex
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from node.app import Node
from node.cli.root import run
from node.customs.operators.record import Source
from node.customs.operators.record_set import RecordSetReader
from tests.homes import Side, make_pair
from tests.pages import MANUAL, blocks, pattern

PAGE = MANUAL / "howto" / "look-up-an-operator.md"


@pytest.fixture
def kr(tmp_path: Path, shared: Path) -> Side:
    side = make_pair(tmp_path)[1]
    (side.folder / "aeo.toml").write_text(blocks(PAGE, "toml")[0])
    node = Node.open(side.folder)
    samples = shared / "documents" / "samples" / "good"
    paths = [
        samples / "aeo-full-50.xml",
        *sorted((samples / "aeo-urgent-suspension.prior").iterdir()),
        samples / "aeo-urgent-suspension.xml",
    ]
    for path in paths:
        reader = RecordSetReader(BytesIO(path.read_bytes()))
        # Each came when it was issued.
        node.operators.take(reader.head, reader.records(), Source(reader.head.document_id, "", reader.head.issued_at))
    node.close()
    return side


def test_every_command_of_the_page_prints_what_it_shows(kr: Side, capsys: Any) -> None:
    commands, shown = blocks(PAGE, "sh"), blocks(PAGE, "text")
    assert len(commands) == len(shown) == 5
    for command, text in zip(commands, shown, strict=True):
        words = shlex.split(command)
        assert words[0] == "n2n"
        assert run(["--home", str(kr.folder), *words[1:]], {}) == 0
        out = capsys.readouterr().out
        assert re.fullmatch(pattern(text), out), f"{command}\nprinted\n{out}"
