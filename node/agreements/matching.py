"""Which P-Mode rules a message: one dictionary look-up; on a miss, which came closest and what differs, for our log alone."""

from collections.abc import Iterable
from itertools import islice
from typing import Final

from node.agreements.pmodes import sorted_ids
from node.ebms.errors import ProcessingModeMismatch, ValueNotRecognized
from node.ebms.message import AgreementRef, PartyId, Service, UserMessage
from node.ebms.pmode import PMode
from node.msh.ports import NearMiss, PModeNotFound

#: From ids and role, To ids and role, service, action, agreement, MPC.
Key = tuple[tuple[PartyId, ...], str, tuple[PartyId, ...], str, Service, str, AgreementRef | None, str]

#: P-Modes that are compared on a miss at most: a stranger's message costs no more than this.
_MOST_COMPARED: Final = 50
#: What a message chose is cut to this length in our log.
_SHOWN: Final = 120
_NAMES: Final = (
    "From/PartyId",
    "From/Role",
    "To/PartyId",
    "To/Role",
    "Service",
    "Action",
    "AgreementRef",
    "mpc",
)
#: How telling it is that a parameter agrees, in the order of the key: who it is from, before what it is about.
_WEIGHTS: Final = (8, 1, 4, 1, 3, 2, 2, 1)


def key_of_message(message: UserMessage) -> Key:
    """What the header of a message says."""
    sender, receiver, collaboration = message.from_party, message.to_party, message.collaboration_info
    from_ids, to_ids = sender.party_ids, receiver.party_ids
    return (
        from_ids if len(from_ids) == 1 else sorted_ids(from_ids),
        sender.role,
        to_ids if len(to_ids) == 1 else sorted_ids(to_ids),
        receiver.role,
        collaboration.service,
        collaboration.action,
        collaboration.agreement_ref,
        message.mpc,
    )


def key_of_pmode(pmode: PMode) -> Key:
    """What the header of a message under this P-Mode says."""
    business = pmode.leg.business_info
    return (
        pmode.initiator.party_ids,
        pmode.initiator.role,
        pmode.responder.party_ids,
        pmode.responder.role,
        business.service,
        business.action,
        pmode.agreement,
        business.mpc,
    )


class Index:
    """The inbound P-Modes by what a message says."""

    def __init__(self, pmodes: Iterable[PMode]) -> None:
        self._pmodes: dict[Key, PMode] = {key_of_pmode(pmode): pmode for pmode in pmodes}
        self._by_sender: dict[tuple[PartyId, ...], list[Key]] = {}
        for key in self._pmodes:
            self._by_sender.setdefault(key[0], []).append(key)

    def find(self, message: UserMessage) -> PMode:
        """The P-Mode of a message. Raises PModeNotFound."""
        key = key_of_message(message)
        found = self._pmodes.get(key)
        if found is None:
            raise self.miss(key)
        return found

    def miss(self, key: Key) -> PModeNotFound:
        """The refusal, with the nearest P-Mode of this sender, else of anybody."""
        candidates = self._by_sender.get(key[0]) or self._pmodes
        nearest = min(islice(candidates, _MOST_COMPARED), key=lambda one: distance(one, key), default=None)
        if nearest is None:
            return PModeNotFound(ProcessingModeMismatch, "no inbound P-Mode is agreed with anybody")
        differing, name = differences(nearest, key), self._pmodes[nearest].id
        # spec: C 5.2.2.7
        definition = ValueNotRecognized if [one for one, _, _ in differing] == ["AgreementRef"] else ProcessingModeMismatch
        said = "; ".join(f"{one}: agreed {expected}, got {got}" for one, expected, got in differing)
        return PModeNotFound(definition, f"no P-Mode; nearest is {name} where {said}", NearMiss(name, differing))


def distance(expected: Key, got: Key) -> int:
    """How far a message is from a P-Mode."""
    return sum(weight for weight, ours, theirs in zip(_WEIGHTS, expected, got, strict=True) if ours != theirs)


def differences(expected: Key, got: Key) -> tuple[tuple[str, str, str], ...]:
    """Each differing parameter as (name, expected, got)."""
    return tuple(
        (name, shown(ours), shown(theirs)) for name, ours, theirs in zip(_NAMES, expected, got, strict=True) if ours != theirs
    )


def shown(value: object) -> str:
    """A header value as our log shows it; what a stranger wrote is quoted and cut."""
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return " ".join(shown(one) for one in value)
    if isinstance(value, PartyId | Service | AgreementRef):
        kind = f" (type {value.type!r})" if value.type is not None else ""
        pmode = f" (pmode {value.pmode!r})" if isinstance(value, AgreementRef) and value.pmode is not None else ""
        return (repr(value.value) + kind + pmode)[:_SHOWN]
    return repr(value)[:_SHOWN]
