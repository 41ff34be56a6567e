"""Other people's files as code lists: UN/LOCODE, the Harmonized System and its correlation tables, or our own columns. Every bad row is told with its line."""

import csv
import gzip
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from node.customs.packs.codelist import COLUMNS, CodeList, Entry, Head, ListRefused, written

#: Octets of a file, unpacked.
MOST: Final = 200 << 20
_GZIP: Final = b"\x1f\x8b"
_MOST_PROBLEMS: Final = 100
_FUNCTIONS: Final = frozenset("0123456789B")
#: The columns of UN/LOCODE as UNECE publishes it, in three files that can be put behind each other.
_UNECE: Final = (
    *("change", "country", "location", "name", "name_ascii", "subdivision", "status", "function", "date", "iata"),
    *("coordinates", "remarks"),
)
_COUNTRY_ROW: Final = re.compile(r"[A-Z]{2}\|\|\..*")
#: Marks of a row that is to be taken away, and of one that only leads to another name.
_NO_PLACE: Final = frozenset({"X", "="})
_FAMILY: Final = re.compile(r"hs-?([0-9]{4})")
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Format:
    """One form of file: by which columns it is known, and how it is read."""

    title: str
    columns: frozenset[str]
    read: Callable[["_Rows", str], Iterator[Entry]]


class _Rows:
    """The rows of a file, with what is wrong in them."""

    def __init__(self, text: str) -> None:
        reader = csv.reader(io.StringIO(text, newline=""))
        first = next(reader, [])
        self.columns = [column.strip().lower() for column in first]
        if len(first) == len(_UNECE) and _COUNTRY_ROW.fullmatch("|".join(first[1:4])):
            # As UNECE publishes it: no columns are named, and the first row is a country.
            self.columns = list(_UNECE)
        self._reader = reader
        self.problems: list[str] = []

    def __iter__(self) -> Iterator[tuple[int, Row]]:
        try:
            for cells in self._reader:
                if len(cells) == len(self.columns):
                    yield self._reader.line_num, dict(zip(self.columns, (cell.strip() for cell in cells), strict=True))
                elif cells:
                    self.add(self._reader.line_num, f"{len(cells)} cells under {len(self.columns)} columns")
        except csv.Error as error:
            self.add(self._reader.line_num, str(error))

    def add(self, line: int, problem: str) -> None:
        self.problems.append(f"line {line}: {problem}")


def imported(octets: bytes, name: str, head: Head) -> bytes:
    """The list `name` from a file of any form that is known here. Raises ListRefused, with a line for each bad row."""
    text = _text(octets)
    if text.startswith("#") or tuple(text.partition("\n")[0].rstrip("\r").split(",")) in {COLUMNS, COLUMNS[:-1]}:
        return _own(octets, name, head)
    rows = _Rows(text)
    known = next((one for one in FORMATS if one.columns <= set(rows.columns)), None) or _correlation_of(rows.columns)
    if known is None:
        wanted = "; ".join(f"{one.title}: {', '.join(sorted(one.columns))}" for one in FORMATS)
        raise ListRefused(
            f"line 1: the columns {', '.join(rows.columns)} are of no known form. Known are {wanted}; hsYYYY, hsYYYY"
        )
    entries = list(known.read(rows, name))
    if rows.problems:
        raise ListRefused(_told(rows.problems))
    if not entries:
        raise ListRefused("no row has a code")
    return written(_with_title(head, known.title), iter(entries))


def _with_title(head: Head, title: str) -> Head:
    return Head(head.title or title, head.version, head.begins, head.ends, head.complete, head.source, head.changes)


def _told(problems: list[str]) -> str:
    more = len(problems) - _MOST_PROBLEMS
    return "\n".join([*problems[:_MOST_PROBLEMS], *([f"and {more} more"] if more > 0 else [])])


def _text(octets: bytes) -> str:
    if octets.startswith(_GZIP):
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(octets)) as unpacking:
                octets = unpacking.read(MOST + 1)
        except (OSError, EOFError) as error:
            raise ListRefused(f"not gzip: {error}") from None
    if len(octets) > MOST:
        raise ListRefused(f"more than {MOST} octets")
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets[: error.start].count(b"\n") + 1
        raise ListRefused(f"line {line}: not UTF-8; convert it first") from None


def _own(octets: bytes, name: str, head: Head) -> bytes:
    plain = _text(octets).encode()
    one = CodeList(name, lambda: plain)
    if problems := list(one.problems()):
        raise ListRefused(_told(problems))
    if not len(one):
        raise ListRefused("no row has a code")
    said = one.head
    told = Head(
        said.title or head.title, head.version, head.begins, head.ends, said.complete, said.source or head.source, said.changes
    )
    return written(told, one.all())


# -- UN/LOCODE ---------------------------------------------------------------------------------------------------------


def _locodes(rows: _Rows, _name: str) -> Iterator[Entry]:
    found: dict[str, Entry] = {}
    for line, row in rows:
        if row.get("change") in _NO_PLACE or ("change" in row and not row["location"]):
            continue
        code = row["country"] + row["location"]
        functions = "".join(sign for sign in row["function"] if sign not in "- ")
        if not re.fullmatch("[A-Z]{2}[A-Z0-9]{3}", code):
            rows.add(line, f"{code!r} is no UN/LOCODE")
        elif set(functions) - _FUNCTIONS:
            rows.add(line, f"{row['function']!r} are no functions of {code}")
        else:
            before = found.get(code)
            # Some places stand twice, once for each spelling: what either row says holds.
            both = "".join(sorted({*functions, *before.flags})) if before else functions
            name = before.name_en if before else row.get("name_ascii") or row["name"]
            found[code] = Entry(code, name, "", date.min, date.max, both)
    yield from found.values()


# -- Harmonized System -------------------------------------------------------------------------------------------------


def _subheadings(rows: _Rows, _name: str) -> Iterator[Entry]:
    seen = set()
    for line, row in rows:
        code = row["hscode"]
        if len(code) not in {4, 6} or code.startswith("99"):
            # Sections, chapters, and what statistics add for goods that nobody classified.
            continue
        if not code.isdecimal() or not code.isascii() or code in seen:
            rows.add(line, f"{code!r} is no HS code, or stands twice")
        seen.add(code)
        yield Entry(code, row["description"], "", date.min, date.max, "")


def _correlation_of(columns: Iterable[str]) -> Format | None:
    years = [found[1] for found in map(_FAMILY.fullmatch, columns) if found]
    return Format("Harmonized System", frozenset(columns), _correlated) if len(years) == 2 else None


def _correlated(rows: _Rows, name: str) -> Iterator[Entry]:
    columns = {f"hs-{found[1]}": column for column in rows.columns if (found := _FAMILY.fullmatch(column))}
    older, newer = sorted(columns)
    if name != older:
        rows.add(1, f"this table gives the list {older}, with what became of it in {newer}; it is not the whole of {name}")
        return
    became: dict[str, dict[str, None]] = {}
    for line, row in rows:
        code, other = row[columns[older]], row[columns[newer]]
        if not all(re.fullmatch("[0-9]{6}", one) for one in (code, other)):
            rows.add(line, f"{code!r} and {other!r} are no HS subheadings")
        elif not code.startswith("99"):
            became.setdefault(code[:4], {})
            became.setdefault(code, {})[f"{newer}={other}"] = None
    for code, items in became.items():
        yield Entry(code, "", "", date.min, date.max, " ".join(items))


FORMATS: Final = (
    Format("UN/LOCODE", frozenset({"country", "location", "name", "function"}), _locodes),
    Format("Harmonized System", frozenset({"hscode", "description", "level"}), _subheadings),
)
