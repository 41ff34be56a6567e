"""Exchanges gathered into agreements: one for each partner, and more where a partner's legs cannot share one set of parameters."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from node.agreements.agreement import AgreedService
from node.agreements.parameters import PARAMETERS
from node.ebms.message import AgreementRef, PartyId
from node.ebms.namespaces import DEFAULT_MPC, INITIATOR, PULL, PUSH, RESPONDER
from node.foreign.exchange import Exchange, swapped

#: An agreement says one of each of these for all its exchanges.
Identity = tuple[tuple[PartyId, ...], tuple[PartyId, ...], AgreementRef | None]
#: An exchange is tried in so many agreements with its partner, so that a file of ever other legs costs no more than its size.
_LATEST: Final = 16
_DIRECTIONS: Final = {(True, False): "send", (False, True): "receive", (True, True): "both"}


@dataclass(frozen=True, slots=True)
class Gathered:
    """What one agreement with one partner would say, before a preset is chosen."""

    name: str
    us: tuple[PartyId, ...]
    partner: tuple[PartyId, ...]
    agreement_ref: AgreementRef | None
    url: str
    services: tuple[AgreedService, ...]
    #: Stated parameters, with `mep_binding`, `initiator.role` and `responder.role`.
    parameters: Mapping[str, Any]
    #: Whether the test service is agreed; None where the file does not say.
    test_service: bool | None
    exchanges: tuple[Exchange, ...] = ()
    #: Roles that hold whoever sends.
    our_role: str = ""
    partner_role: str = ""
    #: What could not be brought together, for people.
    doubts: tuple[str, ...] = ()


@dataclass(slots=True)
class _Group:
    identity: Identity
    exchanges: list[Exchange] = field(default_factory=list)
    places: set[tuple[str, str, str]] = field(default_factory=set)
    parameters: dict[str, Any] = field(default_factory=dict)
    url: str = ""
    doubts: list[str] = field(default_factory=list)

    def asked(self, exchange: Exchange) -> bool:
        """Whether it is answered here: question and answer are of one agreement, come what may."""
        wanted = ("receive" if exchange.sends else "send", exchange.service.value, exchange.answers)
        return bool(exchange.answers) and wanted in self.places

    def takes(self, exchange: Exchange) -> bool:
        """Whether an exchange says nothing that another of the group says otherwise."""
        if self.url and exchange.partner.url and self.url != exchange.partner.url:
            return False
        if exchange.place in self.places:
            return False
        kept = self.parameters
        return all(kept.get(key, value) is value or kept[key] == value for key, value in exchange.parameters.items())

    def add(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)
        self.places.add(exchange.place)
        self.url = self.url or exchange.partner.url
        for key, value in exchange.parameters.items():
            kept = self.parameters.setdefault(key, value)
            if kept != value:
                place = " ".join(exchange.place)
                self.doubts.append(
                    f"{place} has another {PARAMETERS[key].standard} than what it answers, whose value is taken for both"
                )


def gather(exchanges: Iterable[Exchange], *, whole: bool, our_role: str | None = None) -> tuple[Gathered, ...]:
    """The agreements that hold these exchanges. `whole`: the file says all, so that a test service it does not name is not agreed."""
    groups: list[_Group] = []
    by_identity: dict[Identity, list[_Group]] = {}
    listed = _distinct(exchanges)
    tests = [one for one in listed if one.test]
    for exchange in listed:
        if exchange.test:
            continue
        identity = _identity(exchange)
        fits = by_identity.setdefault(identity, [])
        group = next((one for one in fits[-_LATEST:] if one.asked(exchange)), None)
        group = group or next((one for one in fits[-_LATEST:] if one.takes(exchange)), None)
        if group is None:
            group = _Group(identity)
            groups.append(group)
            fits.append(group)
        group.add(exchange)
    tested = _join_tests(groups, tests)
    return tuple(_gathered(group, id(group) in tested, whole=whole, our_role=our_role) for group in groups)


def _distinct(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """What two legs of a file say alike counts once."""
    return list({repr(one): one for one in exchanges}.values())


def _identity(exchange: Exchange) -> Identity:
    return (exchange.us.party_ids, exchange.partner.party_ids, exchange.agreement_ref)


def _join_tests(groups: list[_Group], tests: Sequence[Exchange]) -> set[int]:
    """The test service belongs to the first agreement with this partner; without any other exchange it is an agreement of its own."""
    tested: set[int] = set()
    first: dict[object, _Group] = {}
    for one in groups:
        first.setdefault(one.identity, one)
        first.setdefault(one.identity[:2], one)
    for test in tests:
        identity = _identity(test)
        group = first.get(identity) or first.get(identity[:2])
        if group is None:
            group = first[identity[:2]] = _Group(identity)
            groups.append(group)
            group.parameters |= test.parameters
        tested.add(id(group))
        group.exchanges.append(test)
        group.url = group.url or test.partner.url
    return tested


def _gathered(group: _Group, tested: bool, *, whole: bool, our_role: str | None) -> Gathered:
    business = [one for one in group.exchanges if not one.test]
    us, partner, agreement_ref = group.identity
    pulled = bool(business) and all(one.pulled for one in business)
    parameters = {**group.parameters, "mep_binding": PULL if pulled else PUSH}
    roles, ours, theirs, doubts = _roles(group.exchanges, our_role)
    if doubts and business:
        # A test may go under other roles than the business, and the business counts.
        roles, ours, theirs, doubts = _roles(business, our_role)
    return Gathered(
        name=group.exchanges[0].partner.name,
        us=us,
        partner=partner,
        agreement_ref=agreement_ref,
        url=group.url,
        services=_services(business, pulled=pulled),
        parameters=parameters | roles,
        test_service=True if tested else False if whole else None,
        exchanges=tuple(group.exchanges),
        our_role=ours,
        partner_role=theirs,
        doubts=(*doubts, *group.doubts),
    )


def _roles(exchanges: Sequence[Exchange], our_role: str | None) -> tuple[dict[str, Any], str, str, tuple[str, ...]]:
    """Roles as initiator and responder, or as ours and the partner's where these hold whoever sends."""
    places = {one.place: one for one in exchanges}
    sides: list[tuple[str, str]] = []
    for one in exchanges:
        roles = (one.sender.role, one.receiver.role)
        sides.append(roles[::-1] if swapped(one, places) else roles)
    initiators, responders = {one for one, _ in sides if one}, {one for _, one in sides if one}
    ours = {one.us.role for one in exchanges if one.us.role}
    theirs = {one.partner.role for one in exchanges if one.partner.role}
    if our_role is None and len(initiators) <= 1 and len(responders) <= 1:
        found = {"initiator.role": initiators, "responder.role": responders}
        return {key: next(iter(values)) for key, values in found.items() if values}, "", "", ()
    if len(ours) <= 1 and len(theirs) <= 1:
        us = next(iter(ours), "")
        return {}, "" if us == our_role else us, next(iter(theirs), ""), ()
    said = "; ".join(f"{' '.join(one.place)}: {one.sender.role} to {one.receiver.role}" for one in exchanges)
    first = {"initiator.role": sides[0][0] or INITIATOR, "responder.role": sides[0][1] or RESPONDER}
    return first, "", "", (f"the roles differ from exchange to exchange, and an agreement has one pair: {said}",)


def _services(exchanges: Sequence[Exchange], *, pulled: bool) -> tuple[AgreedService, ...]:
    """One `[[service]]` for what differs in nothing but the action."""
    ways: dict[tuple[Any, ...], set[bool]] = {}
    for one in exchanges:
        key = (one.service, one.action, one.pulled, one.sync, one.mpc, one.answers)
        ways.setdefault(key, set()).add(one.sends)
    found: dict[tuple[Any, ...], AgreedService] = {}
    for (service, action, is_pulled, sync, mpc, answers), sends in ways.items():
        direction = _DIRECTIONS[True in sends, False in sends]
        row = AgreedService(
            service,
            (),
            direction,
            None if is_pulled == pulled or sync else is_pulled,
            None if mpc == DEFAULT_MPC else mpc,
            answers,
            sync,
        )
        kept = found.setdefault((service, direction, is_pulled, sync, mpc, answers), row)
        found[service, direction, is_pulled, sync, mpc, answers] = replace(kept, actions=(*kept.actions, action))
    return tuple(found.values())
