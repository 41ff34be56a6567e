"""`n2n codelist`: the code lists that rules ask, in all their versions."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.acting import changing
from node.cli.invocation import Json, current, show, table
from node.cli.problems import CommandFailed, ExitCode, Told

if TYPE_CHECKING:
    from node.customs.packs.codelist import CodeList

Day = Annotated[
    str | None, typer.Option("--to", metavar="DATE", help="The last day on which this version counts; else without end.")
]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Code lists that rules ask: countries, places, goods, units.", no_args_is_help=True)
    group.command("import")(import_)
    group.command("list")(list_)
    app.add_typer(group, name="codelist")


def import_(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The list: un-locode, hs-2022, hs-2017, hs-2012, ...")],
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="UN/LOCODE or HS as CSV, a correlation of HS editions, or our own columns; .gz too.",
        ),
    ],
    version: Annotated[str, typer.Option(help="How this version is called: 2024-2.")],
    begins: Annotated[str, typer.Option("--from", metavar="DATE", help="The first day on which this version counts.")],
    ends: Day = None,
    _json: Json = False,
) -> None:
    """Take a version of a list into the home; nothing is kept when a row is bad, and each bad row is told.

    Example: n2n codelist import un-locode unlocode-2024-2.csv.gz --version 2024-2 --from 2025-01-01
    """
    import hashlib

    from node.codelists import keep
    from node.customs.packs.codelist import CodeList, Head, ListRefused
    from node.customs.packs.importing import imported

    home = current.home_folder()
    octets = file.read_bytes()
    source = f"{file.name}, sha256 {hashlib.sha256(octets).hexdigest()}"
    head = Head(version=version, begins=_day("--from", begins), ends=_day("--to", ends) if ends else date.max, source=source)
    if head.begins > head.ends:
        raise CommandFailed(ExitCode.USAGE, "--to", f"{ends} is before --from {begins}")
    try:
        taken = imported(octets, name, head)
    except ListRefused as error:
        failed = CommandFailed(ExitCode.NO, str(file), "is no list that can be taken")
        failed.told = tuple(Told(str(file), line) for line in str(error).splitlines())
        raise failed from None
    with changing(home, "codelist import", {"list": name, "version": version}):
        kept = keep(home, name, version, taken)
    one = CodeList(name, kept.read_bytes, str(kept))
    show(_row(one), [f"{name} {version}: {len(one)} codes, counts from {begins}{f' to {ends}' if ends else ''}: {kept}"])


def list_(_json: Json = False) -> None:
    """Show every version of every list: those of the home, of packs, and those that came with the node.

    Where `complete` is not yes, the list is silent about codes that it does not have: they are no finding.

    Example: n2n codelist list --json
    """
    from node.cli.document import home_if_any
    from node.codelists import open_lists
    from node.library import open_pack, pack_folders

    home = home_if_any()
    packs = [open_pack(one.folder) for one in pack_folders(home) if one.state in {"shipped", "active"}]
    rows = [_row(one) for one in sorted(open_lists(home)(packs).all(), key=lambda one: (one.name, one.head.begins))]
    cells = [
        [row["name"], row["version"], row["from"] or "", row["to"] or "", row["entries"], row["complete"][:20], row["origin"]]
        for row in rows
    ]
    show({"codelists": rows}, table(("LIST", "VERSION", "FROM", "TO", "CODES", "COMPLETE", "FROM WHERE"), cells))


def _row(one: "CodeList") -> dict[str, Any]:
    head = one.head
    complete = {("",): "yes", (): "no"}.get(head.complete, " ".join(head.complete))
    return {
        "name": one.name,
        "version": head.version,
        "title": head.title,
        "from": None if head.begins == date.min else head.begins,
        "to": None if head.ends == date.max else head.ends,
        "entries": len(one),
        "complete": "changes" if head.changes else complete,
        "partner": one.partner,
        "source": head.source,
        "origin": one.origin,
    }


def _day(option: str, said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise CommandFailed(ExitCode.USAGE, option, f"{said!r} is no date", "as 2025-01-01") from None
