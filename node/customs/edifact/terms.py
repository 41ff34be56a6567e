"""What an agreement says about EDIFACT: the section `edifact` of a profile. Source: DESIGN 2.6, 7.4."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from node.customs.edifact.characters import repertoire
from node.customs.profile import Profile, ProfileRefused

#: What an agreement exchanges that does not name another message.
USUAL_KIND: Final = "CUSCAR:D:95B:UN"
_ZONE: Final = re.compile(r"Z|[+-](0[0-9]|1[0-4]):[0-5][0-9]")


@dataclass(frozen=True, slots=True)
class Terms:
    """The parameters of a mapping under one profile."""

    profile: Profile
    #: `CUSCAR:D:95B:UN`: key `message`.
    kind: str
    #: Times in messages have no zone of their own.
    zone: str
    hs_edition: str
    #: Party in UNB or NAD to authority.
    authorities: Mapping[str, str]
    #: `UNOC:3` if the agreement fixes what is written; empty: as the texts need it.
    syntax: str

    def authority(self, party: str) -> str:
        """The authority behind a party; one that is not known is taken as it is."""
        return self.authorities.get(party, party)

    def party(self, authority: str) -> str:
        """The party that stands for an authority; the authority itself if none does."""
        return next((party for party, known in self.authorities.items() if known == authority), authority)


def terms_of(profile: Profile) -> Terms:
    """The terms in a profile. Raises ProfileRefused."""
    told = profile.values.get("edifact")
    if not isinstance(told, dict):
        raise ProfileRefused("edifact: the section is missing")
    zone, syntax = _text(told, "zone"), _text(told, "syntax", "")
    if _ZONE.fullmatch(zone) is None:
        raise ProfileRefused(f"edifact.zone: {zone!r} is no offset like +08:00")
    if syntax and repertoire(*syntax.partition(":")[::2]) is None:
        raise ProfileRefused(f"edifact.syntax: {syntax!r} is no identifier and version like UNOC:3")
    authorities = told.get("authorities", {})
    if not isinstance(authorities, dict) or not all(isinstance(name, str) for name in authorities.values()):
        raise ProfileRefused("edifact.authorities: not texts by party")
    return Terms(profile, _text(told, "message", USUAL_KIND), zone, _text(told, "hsEdition"), authorities, syntax)


def choose(profiles: Iterable[Profile], kind: str, sender: str, day: date) -> Terms | None:
    """The terms for a message, which cannot name its profile.

    Of the profiles that have a section `edifact`, exchange this kind of message and are in force on the day of the interchange, those come first whose `authorities`
    know its sender; then the one that began last; then the last by id.
    """
    known = [terms_of(profile) for profile in profiles if "edifact" in profile.values and profile.in_force(day)]
    fitting = [terms for terms in known if terms.kind == kind]
    return max(fitting, key=lambda terms: (sender in terms.authorities, terms.profile.begins, terms.profile.id), default=None)


def _text(told: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = told.get(name, default)
    if not isinstance(value, str):
        raise ProfileRefused(f"edifact.{name}: {'missing' if value is None else 'not a text'}")
    return value
