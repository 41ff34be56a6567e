"""Who can send and receive which type of document: the agreements of this node, read the other way round."""

from collections.abc import Iterable
from dataclasses import dataclass

from node.ebms.pmode import PMode


@dataclass(frozen=True, slots=True)
class Listed:
    """One type of document between us and one partner."""

    type_id: str
    service: str
    partner: str
    #: Whether this node may send it there, and whether it takes it from there.
    we_send: bool
    we_receive: bool


def directory(pmodes: Iterable[PMode]) -> list[Listed]:
    """A line for each action and partner, by the action; test messages are left out."""
    sends: dict[tuple[str, str, str], set[bool]] = {}
    for one in pmodes:
        business = one.leg.business_info
        if one.test_service:
            continue
        sends.setdefault((business.action, business.service.value, one.partner), set()).add(one.inbound)
    return [Listed(*key, False in found, True in found) for key, found in sorted(sends.items())]
