"""`n2n bench`: how fast this node is on this machine, as ratios against the crypto floor and against peers."""

import importlib.util
from typing import Annotated

import typer

from node.cli.invocation import Json, current, show
from node.cli.problems import CommandFailed, ExitCode


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("bench")(bench)


def bench(
    part: Annotated[
        list[str] | None,
        typer.Option(
            help="exchange, store, claims, as4, nodes, large, documents, agreements or evidence; may be repeated; else all of them."
        ),
    ] = None,
    peer: Annotated[
        str | None, typer.Option(help="phase4 (Java, built in tests/peers), as4 (PyPI) or all: measured in turn with us.")
    ] = None,
    case: Annotated[list[str] | None, typer.Option(help="Only these cases of `nodes`, such as '4 KB'; may be repeated.")] = None,
    evidence: Annotated[bool, typer.Option("--evidence", help="Only what the log of evidence costs.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer rounds and a smaller payload; worth less.")] = False,
    _json: Json = False,
) -> None:
    """Measure, each figure beside its floor or its peer in the same run.

    Machines are noisy: only ratios mean something, and only on a machine that does nothing else. Exit code 1 if a bar is not held.
    """
    if importlib.util.find_spec("bench") is None:
        remedy = "run ./n2n bench in a checkout"
        raise CommandFailed(ExitCode.NOT_FOUND, "bench", "the measuring programs are not part of the installed package", remedy)
    from bench.exchange import machine
    from bench.report import PARTS, line, rows

    unknown = [one for one in part or () if one not in PARTS]
    if unknown:
        raise CommandFailed(ExitCode.USAGE, "--part", f"{unknown[0]!r} is not known", f"one of: {', '.join(PARTS)}")
    found = []
    if not current.as_json:
        print(machine())
    for one in rows(("evidence",) if evidence else tuple(part or PARTS), peer=peer, quick=quick, names=case):
        found.append(one)
        if not current.as_json:
            print(line(one), flush=True)
    if current.as_json:
        show({"machine": machine(), "figures": found}, ())
    raise typer.Exit(ExitCode.NO if any(one["held"] is False for one in found) else ExitCode.DONE)
