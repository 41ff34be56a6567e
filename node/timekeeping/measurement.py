"""One round of asking the references about this machine's clock: what each said, and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from node.timekeeping.majority import agree
from node.timekeeping.offset import Offset, Unusable
from node.timekeeping.packet import Answer

#: A source is named in every entry of the log: not at any length.
_MOST_LETTERS: Final = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """One reference, and what came of asking it."""

    name: str
    offset: Offset | None = None
    #: Why it gave none.
    trouble: str = ""
    stratum: int | None = None
    #: Whether it is one of those that agree.
    agrees: bool = False


@dataclass(frozen=True, slots=True)
class Measurement:
    """How far the clock is off, or why nobody knows."""

    at: datetime
    asked: tuple[Asked, ...] = ()
    offset: Offset | None = None
    #: By whom it is known, in a few words.
    source: str = ""
    #: Why there is no offset.
    trouble: str = ""


def by_servers(answers: Mapping[str, Answer | Unusable], at: datetime) -> Measurement:
    """What NTP servers said, all of those that were named."""
    usable = {name: one for name, one in answers.items() if isinstance(one, Answer)}
    asked = tuple(_asked(name, one) for name, one in answers.items())
    try:
        found = agree({name: one.offset for name, one in usable.items()}, len(answers))
    except Unusable as trouble:
        return Measurement(at, asked, trouble=str(trouble))
    asked = tuple(replace(one, agrees=one.name in found.agreeing) for one in asked)
    source = f"ntp {', '.join(found.agreeing)} ({len(found.agreeing)} of {len(answers)})"
    return Measurement(at, asked, found.offset, source[:_MOST_LETTERS])


def _asked(name: str, said: Answer | Unusable) -> Asked:
    if isinstance(said, Answer):
        return Asked(name, said.offset, stratum=said.stratum)
    return Asked(name, trouble=str(said))


def by_chrony(said: tuple[Offset, str] | Unusable, at: datetime) -> Measurement:
    """What the chrony of this machine said."""
    if isinstance(said, Unusable):
        return Measurement(at, (Asked("chrony", trouble=str(said)),), trouble=str(said))
    offset, by = said
    return Measurement(at, (Asked("chrony", offset, agrees=True),), offset, f"chrony by {by}"[:_MOST_LETTERS])
