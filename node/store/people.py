"""Who does something, and how many different people names stand for."""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from node.store.connection import Row
from node.store.database import read_instant

#: How many different people must have seen what is of high risk.
EYES: Final = 2
#: Signs that only choose the form of the one before, and letters that are blank.
_UNSEEN: Final = ("\ufe00", "\ufe0f")
_BLANK: Final = dict.fromkeys(map(ord, "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"))


@dataclass(frozen=True, slots=True)
class Acted:
    """Who did something, when and why."""

    who: str
    at: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's approval."""

    who: str
    at: datetime
    why: str


def read_approval(row: Row) -> Approval:
    """One person's approval, of a version or of an update."""
    return Approval(row["who"], read_instant(row["at"]), row["why"])


def folded(name: str) -> str:
    """A name as names are compared: capitals, spaces, the forms in which Unicode writes a letter and signs that nobody sees make nobody else of it."""
    forms = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    seen = "".join(one for one in forms if unicodedata.category(one) != "Cf" and not _UNSEEN[0] <= one <= _UNSEEN[1])
    return " ".join(seen.translate(_BLANK).split())


def people(names: Collection[str]) -> set[str]:
    """The different people whom names stand for; who has no name is nobody."""
    return {folded(one) for one in names} - {""}
