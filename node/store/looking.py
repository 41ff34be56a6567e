"""A store looked at and never written: what an explanation of a message must know of what is there."""

from typing import Any, Final

from node.msh.ports import Acceptance, Accepted, ContentDiffers, Exchange, FirstLeg
from node.store import prepared
from node.store.header_json import party_key
from node.store.inbound import no_longer_kept
from node.store.messages import StoredMessages
from node.store.rows import IN
from node.store.wording import Wording

_WAITING: Final = Wording(
    "SELECT message_id FROM exchange WHERE partner = :partner AND mpc = :mpc AND state IN ('READY', 'SUBMITTED') AND held = 0"
    " ORDER BY id LIMIT 1",
    "SELECT message_id FROM exchange WHERE partner = %(partner)s::TEXT AND mpc = %(mpc)s::TEXT AND state IN ('READY', 'SUBMITTED')"
    " AND held = 0 ORDER BY id LIMIT 1",
)
_REFUSAL: Final = Wording(
    "SELECT id FROM refusal WHERE message_id = :given ORDER BY id DESC LIMIT 1",
    "SELECT id FROM refusal WHERE message_id = %(given)s::TEXT ORDER BY id DESC LIMIT 1",
)


class StoreLooking:
    """`node.msh.explaining.Looking` over the store of a snapshot."""

    def __init__(self, messages: StoredMessages) -> None:
        self._messages = messages

    def exchange(self, message_id: str) -> Exchange | None:
        """A message of ours."""
        return self._messages.exchange(message_id)

    def received(self, partner: str, message_id: str) -> FirstLeg | None:
        """A message that was accepted from a partner."""
        return self._messages.received(partner, message_id)

    def seen(self, accepted: Accepted) -> Acceptance | None:
        """The same message before. Raises ContentDiffers."""
        from_party, message_id = party_key(accepted.user_message.from_party), accepted.user_message.message_info.message_id
        row = self._one(prepared.SEEN_BEFORE, from_party=from_party, message_id=message_id)
        if row is None:
            gone = self._one(prepared.PURGED_BEFORE, message_id=message_id, direction=IN, from_party=from_party)
            if gone is not None:
                raise no_longer_kept(accepted, gone)
            return None
        if row["fingerprint"] != accepted.fingerprint:
            raise ContentDiffers(f"{message_id} of {accepted.pmode.partner}, accepted {row['received_at']} with other content")
        receipt = b"".join(self._messages.kept(row["receipt_id"]).chunks())
        return Acceptance(True, receipt, row["receipt_content_type"])

    def waiting_on(self, partner: str, mpc: str) -> Exchange | None:
        """The oldest message of ours that waits on a channel."""
        row = self._one(_WAITING, partner=partner, mpc=mpc)
        return self._messages.exchange(row[0]) if row else None

    def refused(self, given: str) -> int | None:
        """The number in the attempt log of a request that was refused: it is given itself, or its MessageId; the newest counts."""
        # No number of a row is longer.
        if given.isascii() and given.isdigit() and len(given) < 19:
            lines = self._messages.refusals(1, before=int(given) + 1)
            return int(given) if lines and lines[0].id == int(given) else None
        row = self._one(_REFUSAL, given=given)
        return int(row[0]) if row else None

    def _one(self, statement: Any, **values: object) -> Any:
        rows = self._messages.database.read(statement, values)
        return rows[0] if rows else None


class NothingYet:
    """A home whose store was not made yet."""

    def exchange(self, message_id: str) -> Exchange | None:  # noqa: ARG002 - as StoreLooking
        """None."""
        return None

    def received(self, partner: str, message_id: str) -> FirstLeg | None:  # noqa: ARG002 - as StoreLooking
        """None."""
        return None

    def seen(self, accepted: Accepted) -> Acceptance | None:  # noqa: ARG002 - as StoreLooking
        """None."""
        return None

    def waiting_on(self, partner: str, mpc: str) -> Exchange | None:  # noqa: ARG002 - as StoreLooking
        """None."""
        return None
