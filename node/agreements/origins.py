"""Where a value was written: file, key and line."""

import re
from dataclasses import dataclass
from typing import Final

_HEADER: Final = re.compile(r"^\s*\[(\[)?\s*([A-Za-z0-9_.\-]+)\s*\]\]?\s*(#.*)?$")
_ASSIGNMENT: Final = re.compile(r"^\s*([A-Za-z0-9_\-]+(?:\s*\.\s*[A-Za-z0-9_\-]+)*)\s*=")


@dataclass(frozen=True, slots=True)
class Origin:
    """The place of one value; `file` is empty for a default of the node."""

    file: str = ""
    key: str = ""
    line: int | None = None

    def __str__(self) -> str:
        if not self.file:
            return "default of this node"
        return self.file + (f":{self.line}" if self.line else f" ({self.key})")


def key_lines(text: str) -> dict[str, int]:
    """The line of each key of a TOML text as this node's templates write TOML: one assignment a line, tables by headers.

    A key that is written in another way has no line; its name is told all the same. The n-th table of an array is `name[n]`.
    """
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    table, open_text = "", False
    for number, line in enumerate(text.splitlines(), 1):
        # The lines of a multi-line string are no keys.
        odd = (line.count('"""') + line.count("'''")) % 2 == 1
        if open_text:
            open_text = not odd
            continue
        if header := _HEADER.match(line):
            table = header.group(2)
            if header.group(1):
                counts[table] = counts.get(table, 0) + 1
                table = f"{table}[{counts[table]}]"
            lines.setdefault(table, number)
        elif assignment := _ASSIGNMENT.match(line):
            name = re.sub(r"\s", "", assignment.group(1))
            lines.setdefault(f"{table}.{name}" if table else name, number)
        open_text = odd
    return lines
