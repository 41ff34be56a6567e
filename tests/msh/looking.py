"""A store in memory as whoever explains looks at it."""

from dataclasses import dataclass
from typing import Any

from node.ebms.states import OutboundState
from node.msh.ports import Acceptance, Accepted, ContentDiffers, Exchange, FirstLeg
from node.store.header_json import party_key
from node.store.in_memory import InMemoryMessages


@dataclass
class LookingInMemory:
    """`node.msh.beheld.Looking` over the twin."""

    messages: InMemoryMessages

    def exchange(self, message_id: str) -> Exchange | None:
        return self.messages.exchange(message_id)

    def received(self, partner: str, message_id: str) -> FirstLeg | None:
        return self.messages.received(partner, message_id)

    def seen(self, accepted: Accepted) -> Acceptance | None:
        key = party_key(accepted.user_message.from_party), accepted.user_message.message_info.message_id
        before: Any = self.messages._incoming.get(key)
        if before is None:
            return None
        if before.accepted.fingerprint != accepted.fingerprint:
            raise ContentDiffers(f"{key[1]} of {accepted.pmode.partner}, accepted before with other content")
        return Acceptance(True, before.accepted.receipt, before.accepted.receipt_content_type)

    def waiting_on(self, partner: str, mpc: str) -> Exchange | None:
        waiting = (OutboundState.SUBMITTED, OutboundState.READY)
        every = [one.exchange for one in self.messages._outgoing.values()]
        return next((one for one in every if (one.partner, one.mpc) == (partner, mpc) and one.state in waiting), None)
