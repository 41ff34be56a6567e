"""`ports.Messages` for looking: what is there is read, and what would be written is kept for whoever explains it."""

from collections.abc import Sequence
from typing import Protocol

from node.ebms.states import OUTBOUND, OutboundState, step
from node.msh.ports import Acceptance, Accepted, Exchange, FirstLeg, Owed, Packaged, Refusal, Settlement


class Looking(Protocol):
    """What is read of a store, and never written."""

    def exchange(self, message_id: str) -> Exchange | None: ...
    def received(self, partner: str, message_id: str) -> FirstLeg | None: ...
    def seen(self, accepted: Accepted) -> Acceptance | None:
        """The acceptance of the same message before, None for a new one. Raises ContentDiffers."""
        ...

    def waiting_on(self, partner: str, mpc: str) -> Exchange | None:
        """The oldest message that a partner would be given on a channel."""
        ...


class Beheld:
    """`ports.Messages` that reads a store and keeps what would have been written, for whoever explains."""

    def __init__(self, store: Looking) -> None:
        self._store = store
        self.accepted: Accepted | None = None
        self.acceptance: Acceptance | None = None
        self.refusal: Refusal | None = None
        self.settlement: Settlement | None = None
        self.given: Exchange | None = None

    # -- what is read ----------------------------------------------------------------------------------------------

    def exchange(self, message_id: str) -> Exchange | None:
        return self._store.exchange(message_id)

    def received(self, partner: str, message_id: str) -> FirstLeg | None:
        return self._store.received(partner, message_id)

    def unfrozen(self, partner: str, mpc: str, limit: int) -> Sequence[Exchange]:  # noqa: ARG002 - a port
        # What waits, packaged or not, is told by `claim_pulled`.
        return ()

    def doubted(self, message_id: str) -> int:  # noqa: ARG002 - a port
        return 0

    # -- what would be written -------------------------------------------------------------------------------------

    def accept_once(self, accepted: Accepted) -> Acceptance:
        seen = self._store.seen(accepted)
        self.accepted = accepted
        self.acceptance = seen or Acceptance(False, accepted.receipt, accepted.receipt_content_type)
        return self.acceptance

    def record_refusal(self, refusal: Refusal) -> None:
        self.refusal = refusal

    def settle(self, settlement: Settlement) -> OutboundState:
        exchange = self._store.exchange(settlement.message_id)
        if exchange is None:
            raise LookupError(f"no exchange {settlement.message_id!r}")
        self.settlement = settlement
        return step(OUTBOUND, exchange.state, settlement.event)

    def claim_pulled(self, partner: str, mpc: str, *_: object, **__: object) -> Exchange | None:
        self.given = self._store.waiting_on(partner, mpc)
        return self.given

    def submit(self, exchange: Exchange) -> None:
        """Nothing."""

    def packaged(self, packaged: Packaged, at: object) -> None:
        """Nothing."""

    def attempt_started(self, message_id: str, at: object, lease: int) -> None:
        """Nothing."""

    def postpone(self, message_id: str, until: object, why: str) -> None:
        """Nothing."""

    def freeze(self, packaged: Packaged, at: object) -> bool:  # noqa: ARG002 - a port
        return False

    def explain(self, message_id: str, why: str) -> None:
        """Nothing."""

    def owe(self, owed: Owed, at: object, due: object) -> None:
        """Nothing."""

    def posted(self, owed: Owed, due: object, detail: str) -> None:
        """Nothing."""
