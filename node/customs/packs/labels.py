"""Names for screens: of fields, of the values of codes, and of states, in one language."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

#: The languages that a pack speaks.
LANGUAGES: Final = ("en", "zh-Hant")
_TABLES: Final = frozenset({"fields", "values", "states"})


class LabelsRefused(ValueError):
    """The octets are no labels; the text says what and where."""


@dataclass(frozen=True, slots=True)
class Labels:
    """The names of one pack, over those that every pack has from the core."""

    #: By `Element`, or by `Parent/Element` where that says more.
    fields: Mapping[str, str]
    #: By element as above, then by code.
    values: Mapping[str, Mapping[str, str]]
    #: By machine, then by state.
    states: Mapping[str, Mapping[str, str]]

    def field(self, name: str, parent: str = "") -> str:
        """What an element is called; its own name when nobody named it."""
        return self.fields.get(f"{parent}/{name}") or self.fields.get(name) or name

    def value(self, name: str, code: str, parent: str = "") -> str:
        """What the value of a code element means; the code when nobody said."""
        for key in (f"{parent}/{name}", name):
            if said := self.values.get(key, {}).get(code):
                return said
        return code

    def state(self, machine: str, state: str) -> str:
        """What a state is called; its own name when nobody named it."""
        return self.states.get(machine, {}).get(state) or state


def read_labels(files: Iterable[bytes]) -> Labels:
    """The labels of one language; what a later file says goes over what an earlier one says. Raises LabelsRefused."""
    fields: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    states: dict[str, dict[str, str]] = {}
    for octets in files:
        table = _table(octets)
        fields.update(_texts(table, "fields"))
        for name, into in (("values", values), ("states", states)):
            for key in table.get(name, {}):
                into.setdefault(key, {}).update(_texts(table[name], key, f"{name}."))
    return Labels(fields, values, states)


def _table(octets: bytes) -> Mapping[str, Any]:
    try:
        table = tomllib.loads(octets.decode())
    except ValueError as error:
        raise LabelsRefused(str(error)) from None
    if unknown := set(table) - _TABLES:
        raise LabelsRefused(f"{min(unknown)} is no table of labels; there are {', '.join(sorted(_TABLES))}")
    if wrong := [name for name, said in table.items() if not isinstance(said, dict)]:
        raise LabelsRefused(f"{min(wrong)} is no table")
    return table


def _texts(table: Mapping[str, Any], key: str, within: str = "") -> dict[str, str]:
    said = table.get(key, {})
    if not isinstance(said, dict) or not all(isinstance(text, str) for text in said.values()):
        raise LabelsRefused(f"{within}{key} has something else than texts")
    return said
