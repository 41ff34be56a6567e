"""`n2n audit`: who changed what of this node, and why."""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.instants import read_instant
from node.cli.invocation import LARGEST, Json, current, show, table
from node.cli.problems import CommandFailed, ExitCode, one_line

if TYPE_CHECKING:
    from node.recounting import Act

#: Signs of a reason that a list shows.
_SHORT = 60


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Who changed what of this node, when and why.", no_args_is_help=True)
    group.command("list")(list_)
    group.command("show")(show_)
    app.add_typer(group, name="audit")


def list_(
    since: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="At or after, such as 2026-11-24T08:00Z or 2026-11-24.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="INSTANT", help="Before.")] = None,
    who: Annotated[str, typer.Option(help="Only of this person.")] = "",
    what: Annotated[str, typer.Option(help="Only what is called so, or has this in its name: 'cert', 'agreement'.")] = "",
    partner: Annotated[str, typer.Option(help="Only about this partner.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most as many, the newest first.")] = 50,
    _json: Json = False,
) -> None:
    """Show what was changed of configuration, keys and agreements, and what was done by hand, the newest first.

    Each line is an entry of the log of evidence; n2n doctor --store checks that none was changed or removed.

    Example: n2n audit list --partner kr --since 2026-11-01
    """
    from node.app import Node
    from node.recounting import Wanted, acts

    wanted = Wanted(
        read_instant("--since", since) if since else None,
        read_instant("--until", until) if until else None,
        *(who, what, partner),
    )
    node = Node.open(current.home_folder(), current.passwords())
    try:
        found = list(islice(acts(node.evidence, wanted), limit))
    finally:
        node.close()
    cells = [[one.number, one.at, one.who, _what(one), _about(one), one.why[:_SHORT]] for one in found]
    lines = table(("NUMBER", "AT", "WHO", "WHAT", "ABOUT", "WHY"), cells) if found else ["nothing of the kind was done"]
    show({"acts": [_document(one) for one in found]}, lines)


def show_(
    number: Annotated[int, typer.Argument(metavar="NUMBER", min=1, max=LARGEST, help="Of the entry: n2n audit list.")],
    _json: Json = False,
) -> None:
    """Show one act with everything that it changed: each file line by line, keys by their certificates.

    Of secrets it is only told that they changed: passwords and private keys are not kept.

    Example: n2n audit show 12
    """
    from node.app import Node
    from node.recounting import act

    node = Node.open(current.home_folder(), current.passwords())
    try:
        found = act(node.evidence, number)
    finally:
        node.close()
    if found is None:
        raise CommandFailed(ExitCode.NOT_FOUND, f"entry {number}", "tells of no act", "n2n audit list shows them")
    show(_document(found), _lines(found))


def _document(one: "Act") -> dict[str, Any]:
    return {
        "number": one.number,
        "kind": one.kind,
        "at": one.at,
        "who": one.who,
        "what": one.what,
        "why": one.why,
        "stage": one.stage,
        "about": one.about,
        "facts": one.facts,
        "objects": one.objects,
        "files": [
            {
                "file": each.path,
                "event": each.event,
                "was": each.was,
                "is": each.now,
                "kept": each.kept,
                "modified_at": each.modified_at,
                "difference": list(each.lines),
            }
            for each in one.files
        ],
    }


def _what(one: "Act") -> str:
    return f"{one.what} ({one.stage})" if one.stage and one.stage != "done" else one.what


def _about(one: "Act") -> str:
    told = [value for name, value in one.about.items() if name not in ("order", "direction", "sheet")]
    files = [each.path for each in one.files[:2]]
    more = [f"and {len(one.files) - 2} more"] if len(one.files) > 2 else []
    return ", ".join([*told, *files, *more])


def _lines(one: "Act") -> Iterator[str]:
    at = f"{one.at:%Y-%m-%d %H:%M:%S} UTC"
    yield one_line(f"entry {one.number}: {_what(one)}")
    yield one_line(f"{'by':10} {one.who}, {at}")
    yield one_line(f"{'why':10} {one.why}")
    for name, value in (*one.about.items(), *((key, value) for key, value in one.facts.items())):
        yield one_line(f"{name:10} {value}")
    for name, sha256 in one.objects.items():
        yield f"{name:10} SHA-256 {sha256}"
    for each in one.files:
        yield ""
        yield one_line(f"{each.event} {each.path}")
        if not each.lines:
            yield "  what is in it is not kept" if each.kept == "none" else "  only what is secret in it is different"
        yield from (f"  {line}" for line in each.lines)
