"""Whether an agreement keeps what its network requires; what breaks a MUST is a problem with its clause."""

from collections.abc import Iterator
from typing import Any

from node.agreements.agreement import Agreement
from node.agreements.parameters import PARAMETERS
from node.agreements.patterns import binding_of, channel_of
from node.agreements.pmodes import pmodes_of
from node.agreements.requirements import MUST, Requirement
from node.configuration import Problems
from node.ebms.message import PartyId


def check_requirements(agreement: Agreement, problems: Problems) -> None:
    """Note every fact of an agreement that its network forbids, with the clause."""
    for requirement, said in breaks(agreement, MUST):
        clause = f"{agreement.profile} requires {requirement.words()} ({requirement.clause})"
        problems.add(agreement.file, requirement.fact, f"{said}; {clause}", "say it so, or choose another profile")


def breaks(agreement: Agreement, level: str) -> Iterator[tuple[Requirement, str]]:
    """What the network wants on this level and the agreement does not say so, with what it says."""
    for requirement in agreement.preset.requires.values() if agreement.preset else ():
        if requirement.level == level and (said := broken(requirement, agreement)) is not None:
            yield requirement, said


def broken(requirement: Requirement, agreement: Agreement) -> str | None:
    """What in an agreement breaks a requirement, or None."""
    found = list(observed(requirement.fact, agreement))
    said = [one for one in found if one is not None]
    if requirement.absent and said:
        return f"is {said[0]!r}"
    if (requirement.present or requirement.values or requirement.pattern) and len(said) < len(found or [None]):
        return "is not said"
    wrong = next((one for one in said if not requirement.allows(one)), None)
    if wrong is not None:
        return f"is {wrong!r}"
    missing = next((one for one in requirement.holds if one not in said), None)
    return None if missing is None else f"lacks {missing!r}"


def observed(fact: str, agreement: Agreement) -> Iterator[str | None]:
    """What an agreement says of a fact, once for each place; None for a place that says nothing."""
    sides: tuple[tuple[PartyId, ...], ...] = (agreement.us.party_ids, agreement.party_ids)
    reference = agreement.agreement_ref
    match fact:
        case "party.count":
            yield from (str(len(ids)) for ids in sides)
        case "party.type":
            yield from (one.type for ids in sides for one in ids)
        case "party.id":
            yield from (one.value for ids in sides for one in ids)
        case "party.role":
            for pmode in pmodes_of(agreement):
                if not pmode.test_service:
                    yield from (pmode.initiator.role, pmode.responder.role)
        case "agreement_ref.value":
            yield reference.value if reference else None
        case "agreement_ref.type":
            yield reference.type if reference else None
        case "agreement_ref.pmode":
            yield reference.pmode if reference else None
        case "service.value":
            yield from (one.service.value for one in agreement.services)
        case "service.type":
            yield from (one.service.type for one in agreement.services)
        case "service.action":
            yield from (action for one in agreement.services for action in one.actions)
        case "mep" | "mep_binding":
            for one in agreement.services:
                yield from (binding_of(agreement, one, action)[fact == "mep_binding"] for action in one.actions)
        case "mpc":
            yield from (channel_of(agreement, one) for one in agreement.services)
        case "message_properties":
            yield from (rule.name for rule in agreement.properties if rule.required)
        case _:
            if fact in PARAMETERS:
                yield _written(agreement.parameters[fact])


def _written(value: Any) -> str | None:
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)
