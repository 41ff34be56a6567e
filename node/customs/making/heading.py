"""The header of a document that the node makes."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from node.customs.making.writer import Item

#: The name space of MessageIDs that follow from what they answer, so that the same answer made twice is the same message.
_FOLLOWING: Final = uuid.UUID("0b0f8f4e-6a55-4c5e-9d6e-0c1f0a5b7e11")


@dataclass(frozen=True, slots=True)
class Heading:
    """Who says it to whom, when, and in answer to what. Source: DESIGN 2.2."""

    message_id: str
    function: str
    issued_at: datetime
    sender: str
    recipient: str
    correlation: str = ""
    campaign: str = ""

    def item(self) -> Item:
        """The element."""
        return (
            "DocumentHeader",
            (
                ("MessageID", self.message_id),
                ("FunctionCode", self.function),
                ("IssueDateTime", said(self.issued_at)),
                ("SenderAuthority", self.sender),
                ("RecipientAuthority", self.recipient),
                ("CorrelationID", self.correlation or None),
                ("ConformanceCampaign", self.campaign or None),
            ),
        )


def said(at: datetime) -> str:
    """An instant as documents have it, to the second."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def following(*parts: str) -> str:
    """The MessageID that follows from these."""
    return f"urn:uuid:{uuid.uuid5(_FOLLOWING, chr(10).join(parts))}"


def carrier_of(message_id: str, host: str) -> str:
    """The AS4 MessageId of the message that carries a document of ours, from a MessageID as `following` gives it."""
    return f"{message_id.removeprefix('urn:uuid:')}@{host}"
