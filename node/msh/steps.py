"""The steps of taking a message in, in their order: what each asks, as a sentence that holds where it is passed (standards.md 1.10)."""

from enum import StrEnum
from typing import Final


class Step(StrEnum):
    """Where a message is in the story of `node.msh.inbound`."""

    PACKAGE = "package"
    HEADER = "header"
    AGREEMENT = "agreement"
    WAY = "way"
    CONNECTION = "connection"
    PAYLOAD_LIST = "payload list"
    BUSINESS = "business"
    SIGNATURE = "signature"
    TIME = "time"
    BODY = "body"
    ANSWERED = "answered"
    KEYS = "keys"
    PAYLOADS = "payloads"
    ACCEPTANCE = "acceptance"
    #: Receipts, errors and PullRequests that come by themselves, instead of all from AGREEMENT on.
    SIGNAL = "signal"


ASKS: Final = {
    Step.PACKAGE: "the HTTP body is a MIME package with a SOAP envelope first, or such an envelope alone",
    Step.HEADER: "the envelope is sound, and its eb:Messaging is what the schema wants",
    Step.AGREEMENT: "one P-Mode was agreed for what the header says",
    Step.WAY: "it came the way that was agreed: pushed, pulled, or as an answer",
    Step.CONNECTION: "it came over a connection of this partner",
    Step.PAYLOAD_LIST: "each payload that the header names is an attachment, named once",
    Step.BUSINESS: "the properties and the number of payloads are what was agreed",
    Step.SIGNATURE: "the partner's agreed certificate signed header, body and every payload as agreed",
    Step.TIME: "its eb:Timestamp lies within what was agreed, or it was accepted before",
    Step.BODY: "the SOAP Body is empty",
    Step.ANSWERED: "what answers a message of ours answers one that we sent, in its conversation",
    Step.KEYS: "it is encrypted to our key as agreed",
    Step.PAYLOADS: "every payload decrypts, has the digest that was signed, and inflates within its limits",
    Step.ACCEPTANCE: "it is new, or the same as one that was accepted before",
    Step.SIGNAL: "it speaks of a message of ours and is protected as agreed, or whoever asks may pull",
}

#: Of a user message, and of a signal.
OF_MESSAGES: Final = tuple(one for one in Step if one is not Step.SIGNAL)
OF_SIGNALS: Final = (Step.PACKAGE, Step.HEADER, Step.SIGNAL)
