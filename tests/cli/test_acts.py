"""Every command says what the log of evidence is told of it."""

from pathlib import Path

import typer

from node.cli.acts import ACTS, READS, RETRIEVALS, SERVED
from node.cli.reference import leaves
from node.cli.root import build

CLI = Path(__file__).parents[2] / "node" / "cli"


def commands() -> set[str]:
    return {" ".join(words[1:]) for words, _ in leaves(typer.main.get_command(build()), ("n2n",))}


def test_each_command_either_reads_or_acts_and_there_is_no_third() -> None:
    assert sorted(commands() - ACTS.keys() - RETRIEVALS.keys() - READS) == [], (
        "say in node/cli/acts.py whether it changes something"
    )
    assert sorted((ACTS.keys() | RETRIEVALS.keys() | READS) - commands()) == [], "no such command"
    assert sorted(ACTS.keys() & READS) == []
    assert sorted(RETRIEVALS.keys() & (ACTS.keys() | READS)) == []


def test_each_says_what_is_written() -> None:
    assert all(ACTS.values()) and all(SERVED.values()) and all(RETRIEVALS.values())
