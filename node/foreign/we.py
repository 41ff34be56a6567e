"""Which of the parties of a file we are."""

from collections.abc import Mapping
from dataclasses import dataclass

from node.ebms.message import PartyId


class PartyUnknown(Exception):
    """None of a file's parties is known to be us; `parties` are the names to choose from."""

    def __init__(self, parties: tuple[str, ...], named: str = "") -> None:
        what = f"the file has no party {named!r}" if named else "the file does not say which party we are"
        super().__init__(what)
        self.parties = parties


@dataclass(frozen=True, slots=True)
class We:
    """What we know of ourselves: the name that somebody said, and our party ids."""

    named: str = ""
    party_ids: tuple[PartyId, ...] = ()
    #: The partner's, where it is known: of two parties we are the other one.
    partner_ids: tuple[PartyId, ...] = ()

    def among(self, parties: Mapping[str, tuple[PartyId, ...]], otherwise: str = "") -> str:
        """The name of the party that is us: as named, else with a party id of ours, else as the file says. Raises PartyUnknown."""
        if self.named:
            for name, party_ids in parties.items():
                if self.named == name or self.named in {one.value for one in party_ids}:
                    return name
            raise PartyUnknown(tuple(parties), self.named)
        for fits in (self._same, self._same_value):
            found = [name for name, party_ids in parties.items() if fits(party_ids)]
            if len(found) == 1:
                return found[0]
        theirs = {one.value for one in self.partner_ids}
        others = [name for name, party_ids in parties.items() if not theirs & {one.value for one in party_ids}]
        if theirs and len(others) == 1 < len(parties):
            return others[0]
        if otherwise in parties:
            return otherwise
        raise PartyUnknown(tuple(parties))

    def _same(self, party_ids: tuple[PartyId, ...]) -> bool:
        return bool({*party_ids} & {*self.party_ids})

    def _same_value(self, party_ids: tuple[PartyId, ...]) -> bool:
        return bool({one.value for one in party_ids} & {one.value for one in self.party_ids})
