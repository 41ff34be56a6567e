"""The tutorial is followed word for word: its commands run in order in one shell, and print what the page shows."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.homes import free_port
from tests.pages import pattern

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "tutorial" / "two-nodes.md"
MARK = "=== end of block"


def blocks() -> list[tuple[str, str | None]]:
    """Each ```sh block with the ```text block that follows it."""
    found: list[tuple[str, str | None]] = []
    for kind, text in re.findall(r"^```(sh|text)\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        if kind == "sh":
            found.append((text, None))
        else:
            found[-1] = (found[-1][0], text)
    return found


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """An environment in which `n2n` is this checkout's."""
    command = tmp_path / "bin" / "n2n"
    command.parent.mkdir()
    run = "import sys; from node.cli import main; sys.exit(main())"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c "{run}" "$@"\n')
    command.chmod(0o755)
    return {**os.environ, "PATH": f"{command.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}


@pytest.mark.slow
def test_the_tutorial_can_be_followed_word_for_word(tmp_path: Path, shell: dict[str, str], require: Callable[[str], str]) -> None:
    require("openssl")
    folder = tmp_path / "tutorial"
    folder.mkdir()
    ports = {"18443": str(free_port()), "18444": str(free_port())}
    page = [
        tuple(re.sub("18443|18444", lambda port: ports[port[0]], text) if text else None for text in block) for block in blocks()
    ]
    script = "trap 'kill $tw $kr 2>/dev/null' EXIT\n" + "".join(f"{commands}\necho; echo '{MARK}' $?\n" for commands, _ in page)
    ended = subprocess.run(
        ["sh"],
        input=script,
        cwd=folder,
        env=shell,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=180,
        check=False,
    )
    printed = re.split(rf"\n{MARK} \d+\n", ended.stdout)
    assert len(printed) == len(page) + 1, ended.stdout
    for (commands, shown), output in zip(page, printed, strict=False):
        if shown is not None:
            assert re.fullmatch(pattern(shown), output), f"{commands}\nshown:\n{shown}\nprinted:\n{output}"
    assert list(folder.iterdir()) == []


def test_the_page_has_commands_and_shows_what_they_print() -> None:
    assert len(blocks()) >= 10
    assert sum(shown is not None for _, shown in blocks()) >= 10


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a ... b\n", "a 17 b\n", True),
        ("a ... b\n", "a 17 c\n", False),
        ("...\nb\n", "a\na\nb\n", True),
        ("...\nb\n", "b\n", True),
        ("...\nb\n", "b\nc\n", False),
        ("a.c\n", "abc\n", False),
    ],
)
def test_dots_stand_for_what_differs_and_for_nothing_else(shown: str, printed: str, same: bool) -> None:
    assert bool(re.fullmatch(pattern(shown), printed)) is same
