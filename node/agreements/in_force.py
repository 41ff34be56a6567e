"""Which versions of which agreements are in force at an instant, as dictionaries that stand until a version begins or ends."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from node.agreements.agreement import Agreement
from node.agreements.matching import Index, Key, key_of_message, key_of_pmode
from node.agreements.pmodes import pmodes_of
from node.ebms.errors import ProcessingModeMismatch
from node.ebms.message import UserMessage
from node.ebms.pmode import Encryption, PayloadRule, PMode, PropertyRule, Security, Signature
from node.msh.ports import NearMiss, PModeNotFound

Rule = TypeVar("Rule", PropertyRule, PayloadRule)


@dataclass(frozen=True)
class InForce:
    """What holds from one instant to another; None for ever."""

    since: datetime | None
    until: datetime | None
    #: For each partner the newest version in force; where none is, the one that is nearest.
    agreements: Mapping[str, Agreement]
    #: Partners of which no version is in force, and why.
    ended: Mapping[str, str]
    #: In force.
    pmodes: Sequence[PMode]
    #: Those of versions that are no longer in force too, since exchanges are stored with them.
    by_id: Mapping[str, PMode]
    outbound: Mapping[str, list[PMode]]
    channels: Mapping[str, list[PMode]]
    inbound: Index
    #: What would be inbound if it were in force.
    not_in_force: Mapping[Key, tuple[str, str]] = field(default_factory=dict)

    @property
    def stands_for_ever(self) -> bool:
        return self.since is None and self.until is None

    def stands(self, at: datetime) -> bool:
        """Whether these are still the answers at an instant."""
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)

    def find(self, message: UserMessage) -> PMode:
        """The P-Mode of a message. Raises PModeNotFound; where a version that is not in force has one, it says so."""
        missed = self.not_in_force.get(key_of_message(message)) if self.not_in_force else None
        if missed is not None:
            name, why = missed
            nearest = NearMiss(name, (("Agreement", "one that is in force", why),))
            raise PModeNotFound(ProcessingModeMismatch, f"no P-Mode; nearest is {name}: {why}", nearest)
        return self.inbound.find(message)


def in_force(versions: Mapping[str, Sequence[Agreement]], at: datetime | None) -> InForce:
    """What is in force at an instant. Without one, the newest version of each agreement is."""
    agreements: dict[str, Agreement] = {}
    ended: dict[str, str] = {}
    pmodes: list[PMode] = []
    by_id: dict[str, PMode] = {}
    not_in_force: dict[Key, tuple[str, str]] = {}
    for partner, every in versions.items():
        holding = [one for one in every if at is None or one.term.holds(at)] if len(every) > 1 or at else list(every)
        current = holding[-1] if holding else _nearest(every, at)
        agreements[partner] = current
        if not holding and at is not None:
            ended[partner] = current.term.words(at)
        for one in every:
            if one not in holding:
                for pmode in pmodes_of(one):
                    by_id.setdefault(pmode.id, pmode)
                    if pmode.inbound and at is not None:
                        not_in_force[key_of_pmode(pmode)] = pmode.id, one.term.words(at)
        mine = _both_accepted(holding if at is not None else [current])
        pmodes += mine
        by_id |= {one.id: one for one in reversed(mine)}
    outbound: dict[str, list[PMode]] = {}
    channels: dict[str, list[PMode]] = {}
    for pmode in pmodes:
        if pmode.inbound:
            not_in_force.pop(key_of_pmode(pmode), None)
            continue
        outbound.setdefault(pmode.partner, []).append(pmode)
        if pmode.pulling:
            channels.setdefault(pmode.leg.business_info.mpc, []).append(pmode)
    since, until = _bounds((each for every in versions.values() for each in every), at)
    index = Index(pmode for pmode in pmodes if pmode.inbound)
    return InForce(since, until, agreements, ended, pmodes, by_id, outbound, channels, index, not_in_force)


def _bounds(agreements: Iterable[Agreement], at: datetime | None) -> tuple[datetime | None, datetime | None]:
    """The last begin or end up to an instant, and the first after it."""
    if at is None:
        return None, None
    turns = {turn for one in agreements for turn in (one.term.since, one.term.until) if turn is not None}
    return max((one for one in turns if one <= at), default=None), min((one for one in turns if one > at), default=None)


def _nearest(every: Sequence[Agreement], at: datetime | None) -> Agreement:
    """Of versions that are not in force: the last that has begun, else the first that will."""
    begun = [one for one in every if at is None or one.term.since is None or one.term.since <= at]
    return begun[-1] if begun else every[0]


def _both_accepted(holding: Sequence[Agreement]) -> list[PMode]:
    """The P-Modes of versions that overlap: we send by the newest, and take what any of them allows. The newest come first."""
    if not holding:
        return []
    *older, newest = holding
    made = list(pmodes_of(newest))
    for agreement in reversed(older):
        before = list(pmodes_of(agreement))
        by_claim = {(one.inbound, key_of_pmode(one)): one for one in before}
        by_name = {one.id: one for one in before}
        taken = {(one.inbound, key_of_pmode(one)) for one in made}
        made = [_with(one, by_claim.get((one.inbound, key_of_pmode(one))) or by_name.get(one.id)) for one in made]
        made += [one for one in before if one.inbound and (True, key_of_pmode(one)) not in taken]
    return made


def _with(newer: PMode, older: PMode | None) -> PMode:
    """What is received under either version; of what we send, only the signals that come back."""
    if older is None or older.inbound != newer.inbound:
        return newer
    security, before = newer.leg.security, older.leg.security
    both = replace(
        security,
        signal_signature=security.signal_signature
        if newer.inbound
        else _either(security.signal_signature, before.signal_signature),
        also_allowed=security.also_allowed | before.also_allowed | _algorithms(before),
    )
    if not newer.inbound:
        return replace(newer, leg=replace(newer.leg, security=both))
    names = tuple(dict.fromkeys((*security.encryption.certificate, *before.encryption.certificate)))
    both = replace(
        both,
        signature=_either(security.signature, before.signature),
        encryption=replace(
            security.encryption,
            encrypt=security.encryption.encrypt and before.encryption.encrypt,
            minimum_strength=min(security.encryption.minimum_strength, before.encryption.minimum_strength),
            certificate=names,
        ),
    )
    business, earlier = newer.leg.business_info, older.leg.business_info
    either = replace(
        business,
        properties=_wanted_by_both(business.properties, earlier.properties),
        payload_profile=_wanted_by_both(business.payload_profile, earlier.payload_profile),
    )
    return replace(newer, leg=replace(newer.leg, security=both, business_info=either))


def _either(newer: Signature, older: Signature) -> Signature:
    names = tuple(dict.fromkeys((*newer.certificate, *older.certificate)))
    return replace(newer, sign=newer.sign and older.sign, certificate=names)


def _algorithms(security: Security) -> frozenset[str]:
    """What a message under this P-Mode may be signed and encrypted with."""
    encryption: Encryption = security.encryption
    said = (
        *(security.signature.algorithm, security.signature.hash_function),
        *(encryption.algorithm, encryption.key_transport, encryption.digest, encryption.mgf, encryption.kdf),
    )
    return frozenset(one for one in said if one)


def _wanted_by_both(newer: Sequence[Rule], older: Sequence[Rule]) -> tuple[Rule, ...]:
    return tuple(one for one in newer if one in older)
