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

PAGE = Path(__file__).parents[1] / "docs" / "howto" / "look-up-an-operator.md"


def blocks(kind: str) -> list[str]:
    """What stands between the fences, without the indent of the list."""
    found = re.findall(rf"^   ```{kind}\n(.*?)^   ```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [re.sub(r"^   ", "", text, flags=re.MULTILINE) for text in found]


def pattern(shown: str) -> str:
    """`...` alone on a line stands for any lines, within a line for any text."""
    lines = (
        r"(?:.*\n)*" if line == "..." else ".*".join(map(re.escape, line.split("..."))) + "\n" for line in shown.splitlines()
    )
    return "".join(lines)


@pytest.fixture
def kr(tmp_path: Path, shared: Path) -> Side:
    side = make_pair(tmp_path)[1]
    (side.folder / "aeo.toml").write_text(blocks("toml")[0])
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
    commands, shown = blocks("sh"), blocks("text")
    assert len(commands) == len(shown) == 5
    for command, text in zip(commands, shown, strict=True):
        words = shlex.split(command)
        assert words[0] == "n2n"
        assert run(["--home", str(kr.folder), *words[1:]], {}) == 0
        out = capsys.readouterr().out
        assert re.fullmatch(pattern(text), out), f"{command}\nprinted\n{out}"
