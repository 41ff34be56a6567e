"""`n2n serve`: the node at work."""

import os
import sys
from typing import Annotated

import typer

from node.cli.invocation import Json, current
from node.cli.problems import CommandFailed, ExitCode


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve")(serve)


def serve(
    log: Annotated[str | None, typer.Option(help="text or json; else text on a terminal.")] = None,
    _json: Json = False,
) -> None:
    """Receive, send and deliver until SIGTERM or Ctrl-C; the log goes to standard error.

    What cannot work is refused before anybody listens: exit code 3, and n2n doctor tells more. Accepted messages appear as folders in data/inbox. With --json one line says where the node listens.
    """
    if log not in (None, "text", "json"):
        raise CommandFailed(ExitCode.USAGE, "--log", f"{log!r} is neither text nor json")
    words = [
        str(current.home_folder()),
        log or ("text" if sys.stderr.isatty() else "json"),
        *(["--json"] if current.as_json else []),
    ]
    # The same process without the command-line library, which holds 20 MB that a serving node never needs.
    sys.stdout.flush()
    environment = {**current.environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    os.execve(sys.executable, [sys.executable, "-P", "-m", "node.cli.serving", *words], environment)  # noqa: S606 - no shell is meant
