"""`n2n demo`: two customs administrations on this machine exchange documents before the viewer's eyes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.invocation import Json, current, show

if TYPE_CHECKING:
    from rich.console import Console


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    folder: Annotated[Path, typer.Option("--dir", metavar="DIR", help="Where the two homes are made.")] = Path("demo"),
    profile: Annotated[str, typer.Option(help="The preset that both sides agree on.")] = "edelivery-as4-1.15",
    keep: Annotated[bool, typer.Option("--keep", help="Leave both nodes up until Ctrl-C.")] = False,
    _json: Json = False,
) -> None:
    """Show two customs nodes at work: documents over AS4 with mutual TLS, receipts checked, one forgery refused.

    Ends with exit code 0 if every document was acknowledged and delivered and the forgery was refused.
    """
    from node.cli.demo_story import tell_story

    told = tell_story(folder.resolve(), profile, console(), keep=keep)
    show(told.document(), ())
    raise typer.Exit(0 if told.good else 1)


def console() -> "Console":
    """Where the story is told: standard output, or nowhere with --json."""
    from rich.console import Console

    return Console(quiet=current.as_json, highlight=False, soft_wrap=True)
