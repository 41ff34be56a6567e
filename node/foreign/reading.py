"""What a reader of one format hands back, and the few steps that all readers share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from node.foreign.exchange import Exchange
from node.foreign.items import ForeignRefused, Item

TRUE = ("true", "1")
FALSE = ("false", "0")
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


def boolean(item: Item | None) -> bool | None:
    """The truth of an item; None where it is absent or says neither."""
    if item is None:
        return None
    word = item.value if isinstance(item.value, bool) else str(item.value).strip().lower()
    if isinstance(word, bool):
        return word
    return True if word in TRUE else False if word in FALSE else None


def integer(item: Item | None) -> int | None:
    """The whole number of an item; None where it is absent or none."""
    if item is None or isinstance(item.value, bool | None):
        return None
    word = str(item.value).strip()
    return int(word) if word.isascii() and word.isdigit() and len(word) <= 12 else None
