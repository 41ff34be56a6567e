"""Where an agreement protects less than its profile prescribes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from node.sheets.strength import PROTECTS, WEAKER, rating


@dataclass(frozen=True, slots=True)
class Weakness:
    """One parameter that is weaker than the profile has it."""

    parameter: str
    profile: Any
    agreed: Any


def weaknesses(profile: Mapping[str, Any], agreed: Mapping[str, Any]) -> list[Weakness]:
    """Each parameter that the agreement weakens, in the order of the table of what protects."""
    return [
        Weakness(name, profile.get(name), agreed.get(name))
        for name in PROTECTS
        if rating(name, profile.get(name), agreed.get(name)) == WEAKER
    ]
