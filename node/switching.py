"""Our own keys that are to take over one day, and which partners have said that they will take them in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from node.agreements.agreement import Agreement
from node.security.certificates import Certificate
from node.security.succession import PURPOSES
from node.setting import Setting
from node.store.updates import KeptUpdate
from node.updates.reading import read_update
from node.updates.states import UpdateState
from node.updates.update import REQUEST, SERVICE, UpdateRequest

#: So long before a switch partners are told of it by another way than by message.
CALLED: Final = timedelta(days=30)
_Key = tuple[str, datetime | None, Certificate]


@dataclass(frozen=True, slots=True)
class Knowing:
    """Whether a partner knows of a switch."""

    partner: str
    #: What we asked it last about this switch; None where it was not asked by message.
    update: KeptUpdate | None
    #: Whether the agreement lets us ask by message.
    may_be_asked: bool

    @property
    def has_accepted(self) -> bool:
        """Whether the partner has said that it takes the new certificate from that time on."""
        return self.update is not None and self.update.state is UpdateState.ACCEPTED


@dataclass(frozen=True, slots=True)
class Switch:
    """One key that takes over from another at a time that node.toml names."""

    purpose: str
    before: str
    name: str
    since: datetime
    #: Everybody who sees our key of this purpose.
    partners: Sequence[Knowing]

    @property
    def place(self) -> str:
        """Where it stands."""
        return f"node.toml: keys.next {self.name}"

    def concerns(self, one: Knowing, now: datetime) -> bool:
        """Whether it is time to speak of a partner: those that are asked by message any day, the others in the last month."""
        return one.may_be_asked or one.update is not None or self.since - now <= CALLED

    def warning(self, one: Knowing) -> str:
        """What is to be done about one of the partners; empty where it has accepted the new certificate."""
        at = f"{self.since:%Y-%m-%dT%H:%MZ}"
        if one.has_accepted:
            return ""
        if one.update is not None:
            return (
                f"update {one.update.id}: {one.partner} has not accepted it, and the switch comes at {at}: "
                "talk to the partner, or take its [[keys.next]] out of node.toml"
            )
        by = f"n2n partner update {one.partner}" if one.may_be_asked else f"n2n cert try --name {self.name} {one.partner}"
        return f"{self.name} takes over to {self.purpose} at {at}, and {one.partner} was not asked by message: {by}"


def switches_of(setting: Setting, updates: Sequence[KeptUpdate]) -> list[Switch]:
    """Every switch of node.toml, those that were made too, in the order of their times."""
    asked = _asked(updates)
    found = [
        Switch(purpose, before.name, turn.name, turn.since, list(_partners(setting, purpose, turn.name, turn.since, asked)))
        for purpose in PURPOSES
        for before, turn in pairwise(setting.own.turns(purpose))
        if turn.since is not None
    ]
    return sorted(found, key=lambda one: one.since)


def warnings_of(setting: Setting, updates: Sequence[KeptUpdate], now: datetime, partner: str | None = None) -> list[str]:
    """What is to be done about a partner, or about all, before switches that are still to come."""
    coming = [one for one in switches_of(setting, updates) if one.since > now]
    concerned = [(one, each) for one in coming for each in one.partners if partner in (None, each.partner)]
    return [said for one, each in concerned if one.concerns(each, now) and (said := one.warning(each))]


def _asked(updates: Sequence[KeptUpdate]) -> Mapping[_Key, KeptUpdate]:
    """The last request about each certificate of ours and each time."""
    found: dict[_Key, KeptUpdate] = {}
    for one in updates:
        request = read_update(one.asked.content) if one.is_ours else None
        if isinstance(request, UpdateRequest):
            found |= {(one.partner, one.asked.activate_by, each.certificate): one for each in request.updates}
    return found


def _partners(setting: Setting, purpose: str, name: str, since: datetime, asked: Mapping[_Key, KeptUpdate]) -> Iterator[Knowing]:
    key = setting.certificates.own.get(name)
    for one in setting.agreements.partners():
        if key is not None and _sees(setting, one, purpose):
            about = asked.get((one.partner, since, key.certificate))
            yield Knowing(one.partner, about, _may_be_asked(setting, one.partner))


def _sees(setting: Setting, agreement: Agreement, purpose: str) -> bool:
    """Whether the partner is shown our key of this purpose, and not one of its own that node.toml lets none follow."""
    first = setting.own.first(purpose)
    return first == {"sign": agreement.us.sign, "encrypt": agreement.us.encrypt, "tls": first}[purpose]


def _may_be_asked(setting: Setting, partner: str) -> bool:
    return any(
        not one.inbound and (one.leg.business_info.service.value, one.leg.business_info.action) == (SERVICE, REQUEST)
        for one in setting.agreements.pmodes(partner)
    )
