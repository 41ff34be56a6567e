"""`n2n co`: certificates of origin."""

import typer

from node.cli import co_send, co_show


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Certificates of origin: what is on file, and what is sent about them.", no_args_is_help=True)
    co_show.register(group)
    co_send.register(group)
    app.add_typer(group, name="co")
