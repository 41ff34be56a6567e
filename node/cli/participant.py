"""Participants and services of an open network, as commands are given them."""

from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.problems import CommandFailed, ExitCode

if TYPE_CHECKING:
    from node.discovery.identifiers import Identifier

Participant = Annotated[
    str, typer.Argument(metavar="PARTICIPANT", help="scheme::value, such as iso6523-actorid-upis::0203:KR-KCS.")
]


def identifier(option: str, said: str) -> "Identifier":
    """What stands behind an option or argument. Raises CommandFailed."""
    from node.discovery.identifiers import IdentifierRefused, read_identifier

    try:
        return read_identifier(said)
    except IdentifierRefused as error:
        raise CommandFailed(ExitCode.USAGE, option, str(error)) from None
