"""Agreement profiles: the parameters of the rules by agreement, dated, as JSON files of a pack or of an operator."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any


class ProfileRefused(ValueError):
    """The octets are no profile; the text says what and where."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What one agreement asks of the documents under it. Source: DESIGN 2.6."""

    #: `rcep.1`: changes are a new profile, never an edit.
    id: str
    #: The type ids that may name it.
    types: tuple[str, ...]
    #: The highest `1.m` that the partner takes.
    schema_version: str
    begins: date
    #: The last day; None for no end.
    ends: date | None
    #: Everything in the file, the fields above included.
    values: Mapping[str, Any]

    def in_force(self, day: date) -> bool:
        """Whether documents issued on that day may name it."""
        return self.begins <= day and (self.ends is None or day <= self.ends)


def read_profile(octets: bytes) -> Profile:
    """A profile from its file. Raises ProfileRefused."""
    try:
        values = json.loads(octets)
    except ValueError as error:
        raise ProfileRefused(f"not JSON: {error}") from None
    if not isinstance(values, dict):
        raise ProfileRefused("not a JSON object")
    try:
        ends = values.get("to")
        return Profile(
            _text(values, "id"),
            tuple(map(str, values["types"])),
            _text(values, "schemaVersion"),
            date.fromisoformat(_text(values, "from")),
            None if ends is None else date.fromisoformat(ends),
            values,
        )
    except KeyError as error:
        raise ProfileRefused(f"{error.args[0]} is missing") from None
    except (TypeError, ValueError) as error:
        raise ProfileRefused(str(error)) from None


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values[name]
    if not isinstance(value, str):
        raise ProfileRefused(f"{name}: {value!r} is not a text")
    return value
