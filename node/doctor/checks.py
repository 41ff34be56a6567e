"""Every check, in the order in which they are told, and what comes of asking them."""

from collections.abc import Sequence
from typing import Final

from node.doctor import (
    agreed,
    clocks,
    documents,
    library,
    machine,
    online,
    own_keys,
    partner_keys,
    places,
    proofs,
    queues,
    revocation,
    serving,
    sheets,
    stores,
    updates,
)
from node.doctor.check import Check, Result, examine
from node.doctor.facts import Facts

CHECKS: Final[Sequence[Check]] = (
    *library.CHECKS,
    *machine.CHECKS,
    *clocks.CHECKS,
    *places.CHECKS,
    *stores.CHECKS,
    *proofs.CHECKS,
    *own_keys.CHECKS,
    *partner_keys.CHECKS,
    *revocation.CHECKS,
    *agreed.CHECKS,
    *sheets.CHECKS,
    *updates.CHECKS,
    *documents.CHECKS,
    *queues.CHECKS,
    *serving.CHECKS,
    *online.CHECKS,
)


def diagnose(facts: Facts, checks: Sequence[Check] = CHECKS) -> list[Result]:
    """What each check says of these facts."""
    return [examine(one, facts) for one in checks]
