"""All code lists of a node, in all their versions: what a rule asks about a code on a day."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Final

import iso3166

from node.customs.packs.codelist import HIDDEN, Answer, CodeList, Entry, Head, written

COUNTRIES: Final = "iso-3166-1"
PLACES: Final = "un-locode"
#: In UN/LOCODE the country of installations in international waters.
_HIGH_SEAS: Final = "XZ"
#: An edition of the Harmonized System is `hs-` and its year; the editions correlate with one another.
_CORRELATION: Final = "="
#: Some codes became hundreds; nobody reads them in a finding.
_MOST_CORRELATED: Final = 12
#: Codes that could not be judged, kept for who wants to tell them.
_MOST_NOTED: Final = 100


class CodeLists:
    """The lists that count. Those of the operator come first, then those of packs, then those of the core."""

    def __init__(self, lists: Iterable[CodeList], silent: dict[tuple[str, str], None] | None = None) -> None:
        """`silent` is where views of the same lists note what none of them knows. Of two versions that are in force on a day the one that begins later counts; of two that begin at once, the one that comes first here."""
        self._all: Sequence[CodeList] = (*lists, countries())
        self._silent = {} if silent is None else silent
        self._versions: dict[str, list[CodeList]] = {}
        self._changes: dict[str, list[CodeList]] = {}
        for one in self._all:
            (self._changes if one.head.changes else self._versions).setdefault(one.name, []).append(one)
        for versions in self._versions.values():
            versions.sort(key=lambda one: one.head.begins, reverse=True)
        self.between = lru_cache(1000)(self._between)

    def _between(self, sender: str, recipient: str) -> "CodeLists":
        """The lists without the changes that packs of other partners bring."""
        wanted = {"*", sender, recipient}
        if all(one.partner in wanted for one in self._all):
            return self
        return CodeLists((one for one in self._all if one.partner in wanted and one.origin != _PACKAGE), self._silent)

    def all(self) -> Sequence[CodeList]:
        """Every version of every list, and every change."""
        return self._all

    def version(self, name: str, day: date) -> CodeList | None:
        """The version of a list that counts on a day; before the first one began, that one."""
        versions = self._versions.get(name, [])
        for one in versions:
            if one.in_force(day):
                return one
        return versions[-1] if versions else None

    def answer(self, name: str, code: str, day: date) -> Answer:
        """What the list says about the code on that day; a list that nobody has is silent."""
        for change in self._changes.get(name, ()):
            entry = change.entry(code, day) if change.in_force(day) else None
            if entry is not None:
                return Answer.UNKNOWN if entry.flags == HIDDEN else Answer.HELD
        version = self.version(name, day)
        if version is None:
            return Answer.SILENT
        answer = version.answer(code, day)
        if answer is Answer.SILENT and (self._became_others(name, code, day) or self._nowhere(name, code, day)):
            return Answer.UNKNOWN
        return answer

    def _nowhere(self, name: str, code: str, day: date) -> bool:
        """Whether a place is in no country that exists: every list knows that."""
        return name == PLACES and code[:2] != _HIGH_SEAS and self.answer(COUNTRIES, code[:2], day) is Answer.UNKNOWN

    def holds(self, name: str, code: str, day: date) -> bool:
        """Whether the code is in the list; true as well where the list is silent, which is noted."""
        answer = self.answer(name, code, day)
        if answer is Answer.SILENT and len(self._silent) < _MOST_NOTED:
            self._silent[name, code] = None
        return answer is not Answer.UNKNOWN

    def silent_about(self) -> Sequence[tuple[str, str]]:
        """List and code of what was asked and could not be judged, the first of them."""
        return tuple(self._silent)

    def entry(self, name: str, code: str, day: date) -> Entry | None:
        """The row of the code; None when no list has it on that day."""
        for change in self._changes.get(name, ()):
            entry = change.entry(code, day) if change.in_force(day) else None
            if entry is not None:
                return None if entry.flags == HIDDEN else entry
        version = self.version(name, day)
        return version.entry(code, day) if version is not None else None

    def flags(self, name: str, code: str, day: date) -> str | None:
        """The flags of the code; None when the list does not have it."""
        entry = self.entry(name, code, day)
        return None if entry is None else entry.flags

    # -- editions that correlate ---------------------------------------------------------------------------------------

    def correlated(self, name: str, code: str, day: date) -> Sequence[tuple[str, str]]:
        """Other editions in which the code stands, with the codes of `name` that correspond: ("2017", "391239").

        An edition that has the code and correlates with none of `name` comes with the code itself.
        """
        family = name.rpartition("-")[0]
        found = []
        for edition in sorted((one for one in self._versions if one.startswith(f"{family}-") and one != name), reverse=True):
            if self.entry(edition, code, day) is not None:
                others = self._translated(edition, name, code, day) or (code,)
                more = ("…",) if len(others) > _MOST_CORRELATED else ()
                found += [(edition.removeprefix(f"{family}-"), other) for other in (*others[:_MOST_CORRELATED], *more)]
        return found

    def _became_others(self, name: str, code: str, day: date) -> bool:
        """Whether a neighbouring edition has the code, and says that it became other codes in this one: then this one does not have it."""
        family, _, year = name.rpartition("-")
        if not family or not year.isdigit():
            return False
        for edition in self._versions:
            if edition != name and edition.startswith(f"{family}-"):
                others = self._translated(edition, name, code, day)
                if others and code not in others:
                    return True
        return False

    def _translated(self, edition: str, name: str, code: str, day: date) -> tuple[str, ...]:
        """The codes of `name` that correspond to a code of another edition, over the editions between them."""
        family = name.rpartition("-")[0]
        years = sorted(one for one in self._versions if one.startswith(f"{family}-"))
        way = years[years.index(edition) :] if edition < name else years[years.index(edition) :: -1]
        codes: tuple[str, ...] = (code,)
        for before, after in pairwise(way):
            codes = tuple(dict.fromkeys(other for one in codes for other in self._step(before, after, one, day)))
            if after == name:
                return codes
        return ()

    def _step(self, before: str, after: str, code: str, day: date) -> Sequence[str]:
        # The older edition says what its codes became.
        older, newer = sorted((before, after))
        version = self.version(older, day)
        if version is None:
            return ()
        return _became(version, newer).get(code, ()) if before == older else _came_from(version, newer).get(code, ())


@lru_cache(16)
def _became(version: CodeList, newer: str) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for entry in version.all():
        items = [item.partition(_CORRELATION) for item in entry.flags.split()]
        found.setdefault(entry.code, []).extend(code for other, _, code in items if other == newer)
    for code, others in found.items():
        if not others:
            # What stayed what it was needs no word.
            others.append(code)
    return found


@lru_cache(16)
def _came_from(version: CodeList, newer: str) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for code, others in _became(version, newer).items():
        for other in others:
            found.setdefault(other, []).append(code)
    return found


_PACKAGE: Final = "iso3166"


def countries() -> CodeList:
    """The countries that exist today, from the package that knows them; dates and what partners see differently are changes in files."""
    return CodeList(COUNTRIES, _countries, _PACKAGE)


@lru_cache(1)
def _countries() -> bytes:
    def rows() -> Iterator[Entry]:
        for country in iso3166.countries:
            yield Entry(country.alpha2, country.name, "", date.min, date.max, "")

    head = Head("ISO 3166-1 alpha-2", "package", source="the package iso3166")
    return written(head, rows())
