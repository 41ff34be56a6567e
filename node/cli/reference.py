"""docs/reference/cli.md, drawn from the tree of commands: `python -m node.cli.reference` prints it."""

from collections.abc import Iterator
from typing import Any

import typer

from node.cli.problems import MEANINGS
from node.cli.root import build

_HEAD = """\
# Command line

Written by `python -m node.cli.reference` from the commands themselves, never by hand.

Data goes to standard output, everything else to standard error. With `--json` standard output holds one JSON document with stable keys,
and an error is one JSON document on standard error: `{"exit": 3, "errors": [{"where": ..., "problem": ..., "remedy": ...}]}`. Without it an
error reads `error: where: what: remedy`. Instants are RFC 3339 in UTC.

The node home is `--home DIR`, else the variable `N2N_HOME`, else the working folder if it holds a `node.toml`. Passwords of own keys are read from
`N2N_KEY_PASSWORD_<NAME>` (such as `N2N_KEY_PASSWORD_SIGN`), else from `N2N_KEY_PASSWORD`.

## Exit codes

| code | meaning |
|---|---|
"""


def reference() -> str:
    """The page."""
    tree = typer.main.get_command(build())
    codes = "".join(f"| {int(code)} | {meaning} |\n" for code, meaning in MEANINGS.items())
    return _HEAD + codes + "".join(_section(words, command) for words, command in leaves(tree, ("n2n",)))


def leaves(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that call it."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield words, command
        return
    for name, one in inner.items():
        yield from leaves(one, (*words, name))


def _section(words: tuple[str, ...], command: Any) -> str:
    arguments = " ".join(_argument(one) for one in command.params if one.param_type_name == "argument")
    usage = " ".join((*words, "[OPTIONS]", *([arguments] if arguments else [])))
    rows = "".join(_row(one) for one in command.params)
    return f"\n## {' '.join(words)}\n\n```\n{usage}\n```\n\n{_text(command.help)}\n\n| | |\n|---|---|\n{rows}"


def _argument(parameter: Any) -> str:
    name = str(parameter.metavar or parameter.name.upper())
    return name if parameter.required or name.startswith("[") else f"[{name}]"


def _row(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        name = _argument(parameter)
    else:
        metavar = "" if parameter.is_flag else f" {parameter.metavar or 'VALUE'}"
        name = ", ".join(parameter.opts) + metavar
    default = parameter.default
    shown = (
        f" Default: `{default}`." if isinstance(default, str | int | float) and not isinstance(default, bool) and default else ""
    )
    required = " Required." if parameter.required and parameter.param_type_name == "option" else ""
    return f"| `{name}` | {parameter.help}{required}{shown} |\n".replace("\n\n", " ")


def _text(help_text: str) -> str:
    return "\n".join(line.strip() for line in help_text.strip().splitlines())


if __name__ == "__main__":
    print(reference(), end="")
