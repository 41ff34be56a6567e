"""One call of the command line: which home, which form of output, and what is printed."""

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Final
from unicodedata import east_asian_width

import typer

from node.cli.environment import HOME_VARIABLE, passwords
from node.cli.problems import CommandFailed, ExitCode, one_line

#: The largest number that a row of a store may have.
LARGEST: Final = (1 << 63) - 1
#: Whatever is neither ASCII that is shown nor the end of a line; which of it is shown, Python knows.
_UNSEEN: Final = re.compile("[^\n -~]+")
#: Around a line that must not be overlooked.
_RED: Final = ("\x1b[31m", "\x1b[0m")


@dataclass(slots=True)
class Invocation:
    """What the options before and after the command said."""

    home: Path | None = None
    as_json: bool = False
    #: What stands on the command line.
    words: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def home_folder(self) -> Path:
        """--home, else N2N_HOME, else the working folder if it is a home."""
        named = self.home or (Path(self.environment[HOME_VARIABLE]) if self.environment.get(HOME_VARIABLE) else None)
        if named is not None:
            if not (named / "node.toml").is_file():
                raise CommandFailed(
                    ExitCode.CONFIGURATION, str(named), "is no node home (no node.toml)", f"make one: n2n init {named}"
                )
            return named.resolve()
        here = Path.cwd()
        if (here / "node.toml").is_file():
            return here
        remedy = f"use --home DIR or {HOME_VARIABLE}, or make one: n2n init DIR"
        raise CommandFailed(ExitCode.CONFIGURATION, str(here), "is no node home (no node.toml)", remedy)

    def passwords(self) -> Callable[[str], bytes | None]:
        """The passwords of own keys by name."""
        return passwords(self.environment)

    def person(self, said: str) -> str:
        """Who asks or decides: as said with --who, else the user of this machine."""
        return said or self.environment.get("USER") or self.environment.get("LOGNAME") or "unknown"


#: The call under way; `run` makes a new one each time.
current = Invocation()


def begin(environment: Mapping[str, str] | None = None) -> Invocation:
    """Forget the call before."""
    current.home, current.as_json, current.words = None, False, ()
    current.environment = os.environ if environment is None else environment
    return current


def _set_json(value: bool) -> bool:
    current.as_json = current.as_json or value
    return value


#: On every command.
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.", callback=_set_json, is_eager=True)]


def show(document: Any, lines: Iterable[str]) -> None:
    """Print the document with --json, else the lines."""
    if current.as_json:
        print(_UNSEEN.sub(_numbered, json.dumps(document, default=plain, ensure_ascii=False, indent=2)))
        return
    for line in lines:
        print(harmless(line))


def _numbered(found: re.Match[str]) -> str:
    """Signs that no terminal shows, as JSON writes them by their numbers; they stand in texts alone."""
    return "".join(one if one.isprintable() or one == "\n" else json.dumps(one)[1:-1] for one in found[0])


def say(text: str) -> None:
    """Talk, which is not data: standard error, and silent with --json."""
    if not current.as_json:
        print(harmless(text), file=sys.stderr)


def harmless(line: str) -> str:
    """A line as a terminal shows it and nothing else: what a partner, a file or a certificate brought along moves no cursor and turns no writing. Red stays red."""
    begin, end = _RED if line.startswith(_RED[0]) and line.endswith(_RED[1]) else ("", "")
    inner = line[len(begin) : len(line) - len(end)]
    return line if inner.isprintable() else f"{begin}{''.join(c if c.isprintable() else ' ' for c in inner)}{end}"


def red(line: str) -> str:
    """A line that must not be overlooked, red on a terminal; its words say the same where there is no colour."""
    wanted = sys.stdout.isatty() and not current.environment.get("NO_COLOR")
    return line.join(_RED) if wanted else line


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    """Aligned columns; whatever a partner may have written is made harmless for a terminal."""
    cells = [list(headings), *([one_line(str(plain(value))) for value in row] for row in rows)]
    widths = [max(wide(row[i]) for row in cells) for i in range(len(headings))]
    return ["  ".join(padded(value, width) for value, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def wide(text: str) -> int:
    """How many columns of a terminal a text takes: Chinese signs take two."""
    return sum(2 if east_asian_width(one) in "WF" else 1 for one in text)


def padded(text: str, width: int) -> str:
    """A text filled with spaces up to so many columns."""
    return text + " " * max(width - wide(text), 0)


def plain(value: Any) -> Any:
    """A value as JSON and tables show it: instants in RFC 3339 UTC, states and paths as text."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return "" if value is None else str(value) if not isinstance(value, str | int | float | bool) else value
