"""`n2n doctor`: is everything as it must be."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.invocation import Json, current, say, show
from node.cli.problems import CommandFailed, ExitCode, one_line

if TYPE_CHECKING:
    from node.store.finding import Finding
    from node.store.invariants import Invariant


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(
    store: Annotated[
        bool, typer.Option("--store", help="Check every promise about the messages; all octets are hashed again.")
    ] = False,
    _json: Json = False,
) -> None:
    """Check the store against the promises of the node; only reads, also while n2n serve runs.

    Exit code 0 when all is well, 1 when something was found.

    Example: n2n doctor --store
    """
    if not store:
        raise CommandFailed(ExitCode.USAGE, "doctor", "nothing was asked for", "n2n doctor --store")
    from node.app import examine
    from node.store.integrity import ID, SAYS
    from node.store.invariants import INVARIANTS, Invariant

    say("reading the store; every octet is hashed again")
    found = list(examine(current.home_folder()))
    rows = [_row(one, found) for one in (Invariant(ID, SAYS, lambda *_: iter(())), *INVARIANTS)]
    show({"ok": not found, "invariants": rows, "findings": [asdict(one) for one in found]}, _lines(rows, found))
    if found:
        raise typer.Exit(ExitCode.NO)


def _row(invariant: "Invariant", found: "list[Finding]") -> dict[str, Any]:
    count = sum(one.id == invariant.id for one in found)
    return {"id": invariant.id, "says": invariant.says, "kept": invariant.check is not None, "findings": count}


def _lines(rows: list[dict[str, Any]], found: "list[Finding]") -> list[str]:
    lines = []
    for row in rows:
        verdict = f"{row['findings']} found" if row["findings"] else "ok" if row["kept"] else "not kept yet"
        lines.append(f"{row['id']:7} {verdict:13} {row['says']}")
    lines += [f"{one.id}: {one_line(one.where)}: {one_line(one.what)}; {one.remedy}" for one in found]
    return [*lines, f"{len(found)} found" if found else "all is well"]
