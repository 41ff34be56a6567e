"""One version of one code list: a CSV file that says what it is in its first lines, read as late and kept as small as can be.

    # title: UN/LOCODE
    # version: 2024-2
    # from: 2025-01-01
    # complete: yes
    # source: UNECE
    code,name_en,name_zh,valid_from,valid_to,flags
    TWKEL,Keelung (Chilung),基隆,,,1

`complete` says of which codes the list knows that they do *not* exist: of all (`yes`, also when the line is missing), of none (`no`), or of those that begin
with one of these (`TW KR`). About every other code that is not in it the list is silent, which is no finding: who wants the answer imports the whole list.
`changes: yes` makes the file a change to whatever version counts: its rows are added, and those with the flag `hidden` are taken away. `from` and `to` hold
for the whole file, `valid_from` and `valid_to` for one code; the last day is inclusive. What `flags` means is the list's: functions of a UN/LOCODE,
`hs-2022=390720` for what a code became in another edition.
"""

import csv
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cached_property, lru_cache
from typing import Final

#: The columns, in their order; the last one may be missing.
COLUMNS: Final = ("code", "name_en", "name_zh", "valid_from", "valid_to", "flags")
#: The flag of a row that takes a code away, in a file that changes a list.
HIDDEN: Final = "hidden"
_HEAD: Final = frozenset({"title", "version", "from", "to", "complete", "source", "changes"})
_LONGEST_CODE: Final = 35
#: Some tools begin a file of UTF-8 with it.
_MARK: Final = b"\xef\xbb\xbf"


class Answer(Enum):
    """What a list says about a code on a day."""

    HELD = "held"
    #: The list knows that the code does not exist, or not on that day.
    UNKNOWN = "unknown"
    #: The list is silent: it does not have all codes, or was not in force.
    SILENT = "silent"


class ListRefused(ValueError):
    """The octets are no code list; the text has one line for each problem."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row."""

    code: str
    name_en: str
    name_zh: str
    begins: date
    ends: date
    flags: str

    def on(self, day: date) -> bool:
        """Whether the code exists on that day."""
        return self.begins <= day <= self.ends


@dataclass(frozen=True, slots=True)
class Head:
    """What the first lines of the file say."""

    title: str = ""
    version: str = "1"
    begins: date = date.min
    ends: date = date.max
    #: Beginnings of the codes of which the list has all; one empty beginning for every code.
    complete: tuple[str, ...] = ("",)
    source: str = ""
    changes: bool = False


class CodeList:
    """One version of a list. The file is read when the first code is asked for, and kept as its sorted lines: some 9 MB for 116,000 codes."""

    def __init__(self, name: str, read: Callable[[], bytes], origin: str = "", partner: str = "*") -> None:
        """`read` gives the octets; `origin` says where they lie, for people; `partner` for whom the list counts."""
        self.name, self.origin, self.partner = name, origin, partner
        self._read = read
        self.entries = lru_cache(10_000)(self._entries)

    @cached_property
    def head(self) -> Head:
        """What the first lines say. Raises ListRefused."""
        return _head(_said(self._read())[0])

    @cached_property
    def _lines(self) -> list[bytes]:
        octets = self._read()
        # Only these two end a line; splitlines() would cut at signs inside of names as well.
        lines = octets.replace(b"\r\n", b"\n").split(b"\n")[len(_said(octets)[0]) + 1 :]
        # A comma sorts before every letter and digit, so that sorted lines are sorted by code.
        return sorted(filter(None, lines))

    def __len__(self) -> int:
        return len(self._lines)

    def in_force(self, day: date) -> bool:
        """Whether this version counts on that day."""
        return self.head.begins <= day <= self.head.ends

    def answer(self, code: str, day: date) -> Answer:
        """Whether the code exists on that day."""
        entries = self.entries(code)
        if any(entry.on(day) for entry in entries):
            return Answer.HELD
        if not self.in_force(day):
            return Answer.SILENT
        return Answer.UNKNOWN if entries or code.startswith(self.head.complete) else Answer.SILENT

    def entry(self, code: str, day: date) -> Entry | None:
        """The row that counts on that day; None when the list has none."""
        return next((entry for entry in self.entries(code) if entry.on(day)), None)

    def _entries(self, code: str) -> tuple[Entry, ...]:
        if "," in code:
            # It would be compared with what follows a code in the line.
            return ()
        lines = self._lines
        key = f"{code},".encode()
        found = []
        place = bisect_left(lines, key)
        while place < len(lines) and lines[place].startswith(key):
            found.append(_entry(lines[place].decode()))
            place += 1
        return tuple(found)

    def all(self) -> Iterator[Entry]:
        """Every row, by code."""
        for line in self._lines:
            yield _entry(line.decode())

    def problems(self) -> Iterator[str]:
        """Everything that is wrong with the file, with its line."""
        try:
            yield from _problems(self._read())
        except ListRefused as error:
            yield str(error)


def _said(octets: bytes) -> tuple[dict[str, str], str]:
    """What the first lines say, and the line with the columns. Raises ListRefused."""
    said: dict[str, str] = {}
    start = len(_MARK) if octets.startswith(_MARK) else 0
    while True:
        end = octets.find(b"\n", start)
        line = octets[start : end if end >= 0 else len(octets)].decode("utf-8", "replace").rstrip("\r")
        if not line.startswith("#"):
            break
        key, _, value = line[1:].partition(":")
        if key.strip() in said:
            raise ListRefused(f"line {len(said) + 1}: {key.strip()} is said twice")
        said[key.strip()] = value.strip()
        start = end + 1
        if end < 0:
            line = ""
            break
    if tuple(line.split(",")) not in {COLUMNS, COLUMNS[:-1]}:
        raise ListRefused(f"line {len(said) + 1}: the columns are {line!r}, not {','.join(COLUMNS)}")
    return said, line


def _head(said: Mapping[str, str]) -> Head:
    if unknown := set(said) - _HEAD:
        raise ListRefused(f"{min(unknown)!r} is nothing that a list says of itself; there are {', '.join(sorted(_HEAD))}")
    complete = said.get("complete", "yes")
    try:
        return Head(
            said.get("title", ""),
            said.get("version", "1"),
            date.fromisoformat(said["from"]) if said.get("from") else date.min,
            date.fromisoformat(said["to"]) if said.get("to") else date.max,
            {"yes": ("",), "no": ()}.get(complete, tuple(complete.split())),
            said.get("source", ""),
            said.get("changes", "no") == "yes",
        )
    except ValueError as error:
        raise ListRefused(f"in the first lines: {error}") from None


def _entry(line: str) -> Entry:
    cells = next(csv.reader([line], strict=True)) if '"' in line else line.split(",")
    if not len(COLUMNS) - 1 <= len(cells) <= len(COLUMNS):
        raise ValueError(f"{len(cells)} cells under {len(COLUMNS)} columns")
    code, name_en, name_zh, begins, ends, *flags = cells
    return Entry(
        code,
        name_en,
        name_zh,
        date.fromisoformat(begins) if begins else date.min,
        date.fromisoformat(ends) if ends else date.max,
        flags[0] if flags else "",
    )


def _problems(octets: bytes) -> Iterator[str]:
    said, _ = _said(octets)
    _head(said)
    seen: dict[str, list[Entry]] = {}
    for number, raw in enumerate(octets.replace(b"\r\n", b"\n").split(b"\n"), 1):
        if number <= len(said) + 1 or not raw:
            continue
        try:
            entry = _entry(raw.decode())
        except (ValueError, csv.Error) as error:
            yield f"line {number}: {error}"
            continue
        before = seen.setdefault(entry.code, [])
        if problem := _problem(entry, before):
            yield f"line {number}: {problem}"
        before.append(entry)


def _problem(entry: Entry, before: list[Entry]) -> str:
    if not entry.code or entry.code != entry.code.strip() or len(entry.code) > _LONGEST_CODE or set(entry.code) & set('",'):
        return f"{entry.code!r} is no code"
    if entry.begins > entry.ends:
        return f"{entry.code} ends before it begins"
    if any(entry.begins <= other.ends and other.begins <= entry.ends for other in before):
        return f"{entry.code} stands twice for the same days"
    return ""


def written(head: Head, entries: Iterator[Entry]) -> bytes:
    """The file of a list, sorted by code."""
    complete = {("",): "yes", (): "no"}.get(head.complete, " ".join(head.complete))
    said = {
        "title": head.title,
        "version": head.version,
        "from": "" if head.begins == date.min else head.begins.isoformat(),
        "to": "" if head.ends == date.max else head.ends.isoformat(),
        "complete": "" if head.changes else complete,
        "source": head.source,
        "changes": "yes" if head.changes else "",
    }
    lines = [f"# {key}: {value}" for key, value in said.items() if value]
    lines.append(",".join(COLUMNS))
    lines += sorted(map(_line, entries))
    return ("\n".join(lines) + "\n").encode()


def _line(entry: Entry) -> str:
    begins = "" if entry.begins == date.min else entry.begins.isoformat()
    ends = "" if entry.ends == date.max else entry.ends.isoformat()
    names = [_cell(name) for name in (entry.name_en, entry.name_zh)]
    return ",".join((entry.code, *names, begins, ends, _cell(entry.flags)))


def _cell(text: str) -> str:
    # A line is a row: no cell has a line end.
    text = " ".join(text.split())
    return '"' + text.replace('"', '""') + '"' if '"' in text or "," in text else text
