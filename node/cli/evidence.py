"""`n2n evidence`: what happened, so that others can check it."""

import typer

from node.cli import (
    evidence_archive,
    evidence_authority,
    evidence_export,
    evidence_hold,
    evidence_import,
    evidence_search,
    evidence_show,
    evidence_verify,
)


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Evidence of exchanges, for those who have access to neither system.", no_args_is_help=True)
    for one in (
        evidence_archive,
        evidence_authority,
        evidence_export,
        evidence_hold,
        evidence_import,
        evidence_search,
        evidence_show,
        evidence_verify,
    ):
        one.register(group)
    app.add_typer(group, name="evidence")
