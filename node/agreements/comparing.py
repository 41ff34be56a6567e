"""Two presets side by side: what differs, what only one of them says, and whether the second protects more or less."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from node.agreements.origins import Origin
from node.agreements.parameters import PARAMETERS
from node.agreements.presets import Preset
from node.agreements.requirements import Requirement
from node.sheets.strength import OTHER, rating

DIFFERS: Final = "differs"
ONLY_A: Final = "only A"
ONLY_B: Final = "only B"


@dataclass(frozen=True, slots=True)
class Difference:
    """One parameter or demand that is not the same in both."""

    parameter: str
    key: str
    kind: str
    a: Any
    b: Any
    a_origin: Origin
    b_origin: Origin
    #: Of B against A: weaker, stronger or other. What only one of them says is compared with the default of this node.
    rating: str


def differences(a: Preset, b: Preset) -> Iterator[Difference]:
    """Parameter by parameter in the standard's order, then demand by demand; equal ones are left out."""
    for key, parameter in PARAMETERS.items():
        ours, theirs = a.resolved[key], b.resolved[key]
        if plain(ours) == plain(theirs):
            continue
        origins = a.resolved.origins[key], b.resolved.origins[key]
        kind = DIFFERS if origins[0].file and origins[1].file else ONLY_A if origins[0].file else ONLY_B
        yield Difference(parameter.standard, key, kind, ours, theirs, *origins, rating(key, ours, theirs))
    for fact in dict.fromkeys((*a.requires, *b.requires)):
        first, second = a.requires.get(fact), b.requires.get(fact)
        said, other = demanded(first), demanded(second)
        if said == other:
            continue
        kind = DIFFERS if first and second else ONLY_A if first else ONLY_B
        places = (first.origin if first else Origin(), second.origin if second else Origin())
        yield Difference(f"requires {fact}", f"requires.{fact}", kind, said, other, *places, OTHER)


def demanded(requirement: Requirement | None) -> str | None:
    """A demand in words, with its level."""
    return f"{requirement.level}: {requirement.words()}" if requirement else None


def plain(value: Any) -> Any:
    """Lists and tuples of the same are the same."""
    return list(value) if isinstance(value, tuple) else value
