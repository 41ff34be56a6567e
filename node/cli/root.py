"""The tree of commands: global options, and the modules in which the groups are."""

import importlib
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from node.cli import invocation
from node.cli.environment import HOME_VARIABLE, arm_failpoint
from node.cli.problems import CommandFailed, ExitCode, tell

#: Modules of node.cli in the order of the help; each has `register(app)`. One that is not there is left out.
MODULES = (
    *("init", "partner", "profile", "cert", "serve", "submit", "message", "document", "co", "consignment", "manifest", "aeo"),
    *("notice", "pack", "codelist", "reconcile", "retention", "evidence", "audit"),
    *("directory", "doctor", "time", "explain", "demo", "bench", "simulate"),
)
EPILOG = "Every command takes --json. Exit codes: docs/reference/cli.md."


def build() -> typer.Typer:
    """The whole tree; cheap, since no group imports the node before one of its commands runs."""
    app = typer.Typer(
        name="n2n",
        help="A nation-to-nation customs exchange node: AS4 / ebMS 3.0.",
        epilog=EPILOG,
        no_args_is_help=True,
        add_completion=False,
        # Plain help loads in half the time, and reads the same in a pipe.
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    )

    @app.callback()
    def options(
        home: Annotated[
            Path | None,
            typer.Option("--home", metavar="DIR", help=f"The node home; else {HOME_VARIABLE}, else the working folder."),
        ] = None,
        version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,  # noqa: ARG001 - read in main
    ) -> None:
        invocation.current.home = home

    for name in MODULES:
        module = f"node.cli.{name}"
        if importlib.util.find_spec(module):
            importlib.import_module(module).register(app)
    return app


def run(words: Sequence[str], environment: Mapping[str, str] | None = None) -> int:
    """Run one command line and tell what went wrong; the exit code."""
    call = invocation.begin(environment)
    # Seen before parsing, so that a wrong option is told in JSON too.
    call.as_json = "--json" in words
    call.words = tuple(words)
    try:
        arm_failpoint(call.environment)
        result = build()(list(words), standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        return ExitCode.INTERRUPTED
    except typer.Exit as stop:
        return stop.exit_code
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told in one line with its exit code
        show = getattr(error, "show", None)
        if show is not None:
            # The parser's own words for wrong usage, with the line on how to use it.
            if call.as_json:
                return tell(CommandFailed(ExitCode.USAGE, "command line", error.format_message()), as_json=True)  # type: ignore[attr-defined]
            show()
            return ExitCode.USAGE
        return tell(error, as_json=call.as_json)
    return result if isinstance(result, int) else ExitCode.DONE
