"""What an operator wrote, read with its types: every problem is collected, each with file, key, problem and remedy."""

import tomllib
from codecs import BOM_UTF8
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, NoReturn


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in one place, and what to do about it."""

    file: str
    key: str
    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        place = f"{self.file}: {self.key}" if self.key else self.file
        return f"{place}: {self.problem}" + (f"; {self.remedy}" if self.remedy else "")


class ConfigurationError(Exception):
    """The node cannot work as it is configured; `problems` names every file and key."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class Problems:
    """The problems found so far; reading goes on so that the operator sees all of them at once."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, file: str, key: str, problem: str, remedy: str = "") -> None:
        """Note one more problem."""
        self.found.append(Problem(file, key, problem, remedy))

    def raise_if_any(self) -> None:
        """Raises ConfigurationError when anything was found."""
        if self.found:
            raise ConfigurationError(self.found)


def refuse(file: str, key: str, problem: str, remedy: str = "") -> NoReturn:
    """Raises ConfigurationError with this one problem."""
    raise ConfigurationError([Problem(file, key, problem, remedy)])


#: What a name is made of, for whoever chose another.
NAMES: Final = "letters, digits, hyphens, underscores and dots"
_LONGEST_NAME: Final = 100


def nearest(name: str, known: Iterable[str]) -> str:
    """`did you mean ...?` where something known is near, else the known names."""
    names = sorted(known)
    near = get_close_matches(name, names, 1, 0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"known here: {', '.join(names)}" if names else "nothing is known here"


def read_toml(path: Path, problems: Problems, shown: str | None = None) -> dict[str, Any]:
    """The tables of a TOML file; empty, and a problem noted, when it cannot be read."""
    name = shown or str(path)
    try:
        return parse_toml(path.read_bytes())
    except FileNotFoundError:
        problems.add(name, "", "no such file")
    except (OSError, UnicodeDecodeError) as error:
        problems.add(name, "", f"cannot be read: {error}")
    except tomllib.TOMLDecodeError as error:
        problems.add(name, "", f"is not TOML: {error}")
    return {}


def parse_toml(octets: bytes) -> dict[str, Any]:
    """The tables of TOML in UTF-8; the mark that some editors put before it is no part of it. Raises UnicodeDecodeError, TOMLDecodeError."""
    try:
        return tomllib.loads(octets.removeprefix(BOM_UTF8).decode())
    except RecursionError as error:
        raise tomllib.TOMLDecodeError("it is nested too deeply") from error


def is_name(said: str) -> bool:
    """Whether partners, keys and certificates may be called so: names become file names."""
    plain = all(one.isascii() and (one.isalnum() or one in "-_.") for one in said)
    return 0 < len(said) <= _LONGEST_NAME and plain and not said.startswith(".")


def toml(value: str | Sequence[str]) -> str:
    """A string or a list of strings as TOML writes it."""
    if not isinstance(value, str):
        return "[" + ", ".join(toml(one) for one in value) + "]"
    escaped = "".join({'"': '\\"', "\\": "\\\\"}.get(c, c) if c.isprintable() else f"\\U{ord(c):08X}" for c in value)
    return f'"{escaped}"'


class Table:
    """One TOML table being read: each key is asked for with its type, and what nobody asked for is a problem."""

    def __init__(self, values: Mapping[str, Any], file: str, problems: Problems, prefix: str = "") -> None:
        self.values, self.file, self.problems, self.prefix = values, file, problems, prefix
        self.asked: set[str] = set()

    def key(self, name: str) -> str:
        """The full key of `name` as the operator would write it."""
        return f"{self.prefix}.{name}" if self.prefix else name

    def problem(self, name: str, problem: str, remedy: str = "") -> None:
        """Note a problem with one of this table's keys."""
        self.problems.add(self.file, self.key(name) if name else self.prefix, problem, remedy)

    def _take(self, name: str, kind: type | tuple[type, ...], said: str) -> Any:
        self.asked.add(name)
        value = self.values.get(name)
        if value is None:
            return None
        # A TOML boolean is a Python int.
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.problem(name, f"must be {said}, is {value!r}")
            return None
        return value

    def text(self, name: str, default: str | None = None, *, required: bool = False) -> str:
        """A string, never empty where it is required."""
        value = self._take(name, str, "a string")
        if required and not value and (value is not None or name not in self.values):
            self.problem(name, "is required")
        return value if value is not None else default or ""

    def optional(self, name: str) -> str | None:
        """A string, or None where it is absent or empty."""
        return self._take(name, str, "a string") or None

    def choice(self, name: str, default: str, allowed: Sequence[str]) -> str:
        """One of a few words."""
        value = self.text(name, default)
        if value not in allowed:
            self.problem(name, f"must be one of {', '.join(allowed)}, is {value!r}")
            return default
        return value

    def integer(self, name: str, default: int, least: int = 0, most: int = 1 << 62) -> int:
        """A whole number within its bounds."""
        value = self._take(name, int, "a whole number")
        if value is not None and not least <= value <= most:
            self.problem(name, f"must lie between {least} and {most}, is {value}")
        return default if value is None else int(value)

    def boolean(self, name: str, default: bool) -> bool:
        """Whether it is so: TOML's true or false."""
        value = self._take(name, bool, "true or false")
        return default if value is None else bool(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings; one string counts as a list of one."""
        value = self._take(name, (str, list), "a string or a list of strings")
        if value is None:
            return ()
        listed = [value] if isinstance(value, str) else value
        if not all(isinstance(one, str) and one for one in listed):
            self.problem(name, "must be a list of non-empty strings")
            return ()
        return tuple(listed)

    def instant(self, name: str, *, required: bool = False) -> datetime | None:
        """An instant with its zone, as a TOML date and time or as text; None where it is absent or no such instant."""
        value = self._take(name, (str, datetime), "an instant such as 2027-01-05T00:00:00Z")
        if value is None:
            if required and name not in self.values:
                self.problem(name, "is required", "write it as 2027-01-05T00:00:00Z")
            return None
        try:
            found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
            if found.tzinfo is not None:
                return found.astimezone(UTC)
        except (ValueError, OverflowError):
            self.problem(name, f"{str(value)!r} is no instant", "write it as 2027-01-05T00:00:00Z")
            return None
        self.problem(name, f"{found.isoformat()} names no zone", "write it as 2027-01-05T00:00:00Z, or with +08:00")
        return None

    def table(self, name: str) -> "Table":
        """A table below this one; empty where it is absent."""
        value = self._take(name, dict, "a table")
        return Table(value or {}, self.file, self.problems, self.key(name))

    def tables(self, name: str) -> "list[Table]":
        """An array of tables."""
        value = self._take(name, list, "an array of tables")
        if value and not all(isinstance(one, dict) for one in value):
            self.problem(name, f"must be written as [[{self.key(name)}]]")
            return []
        return [Table(one, self.file, self.problems, f"{self.key(name)}[{i}]") for i, one in enumerate(value or (), 1)]

    def rest(self, name: str) -> Mapping[str, Any]:
        """A table that somebody else judges."""
        value: Mapping[str, Any] | None = self._take(name, dict, "a table")
        return value or {}

    def finish(self) -> None:
        """Every key that nobody asked for is a problem, with the nearest one that is known."""
        for name in self.values:
            if name not in self.asked:
                self.problem(name, "is not known", nearest(name, self.asked))
