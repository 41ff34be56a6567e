"""The tree as a whole: help, version, usage."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from node.cli import main
from node.cli.root import build


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with its path."""
    for name, sub in getattr(command, "commands", {}).items():
        if hasattr(sub, "commands"):
            yield from leaves(sub, (*path, name))
        else:
            yield (*path, name), sub


LEAVES = list(leaves(typer.main.get_command(build())))


def test_the_tree_has_leaves() -> None:
    assert LEAVES


@pytest.mark.parametrize("leaf", [row[1] for row in LEAVES], ids=[" ".join(row[0]) for row in LEAVES])
def test_every_command_has_help_and_json(leaf: Any) -> None:
    assert leaf.help
    options = {option for parameter in leaf.params for option in parameter.opts}
    assert "--json" in options
    for parameter in leaf.params:
        if getattr(parameter, "opts", None) and parameter.opts[0].startswith("-"):
            assert parameter.help, parameter.opts


@pytest.mark.parametrize("words", [["--help"], ["-h"], []])
def test_help_names_the_groups(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) in (0, 2)
    out, err = capsys.readouterr()
    assert "Commands" in out + err


def test_the_version_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("n2n ")


@pytest.mark.parametrize("words", [["--nonsense"], ["nonsense"], ["submit"]])
def test_wrong_usage_is_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert capsys.readouterr().err


def test_help_imports_none_of_the_node() -> None:
    # What makes --help slow is imported only by the command that needs it.
    program = (
        "import sys; from node.cli import main; main(['--help']); print([m for m in HEAVY if m in sys.modules], file=sys.stderr)"
    )
    heavy = ["lxml", "cryptography", "aiohttp", "uvicorn", "sqlalchemy", "rich", "starlette", "asyncio", "node.msh", "node.app"]
    ended = subprocess.run([sys.executable, "-c", f"HEAVY={heavy!r}; {program}"], capture_output=True, text=True, check=True)
    assert ended.stderr.strip() == "[]"
