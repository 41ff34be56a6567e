"""What a reader of one format hands back, and the few steps that all readers share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from node.foreign.exchange import Exchange
from node.foreign.items import ForeignRefused

#: One process of many parties and legs is as many exchanges as their product.
MOST_EXCHANGES: Final = 20_000
#: Rules in one list of properties or payloads, which each leg that refers to it has.
MOST_RULES: Final = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """The exchanges of one file as we see them."""

    exchanges: tuple[Exchange, ...]
    #: Whether the file says everything that is exchanged, so that what it does not say is not agreed.
    whole: bool
    #: The partner's certificates that lie in the file, DER by (partner, purpose).
    certificates: Mapping[tuple[str, str], bytes] = field(default_factory=dict)


def check_rules(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rules of one list. Raises ForeignRefused where they are too many."""
    if len(rules) > MOST_RULES:
        raise ForeignRefused(f"{len(rules)} properties or payloads in one list, at most {MOST_RULES}")
    return rules
