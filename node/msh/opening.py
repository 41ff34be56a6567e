"""Opening an ebMS message: its header and what it claims of its protection, by the short way where its octets are those of our own templates."""

from collections.abc import Callable
from dataclasses import dataclass

from node.ebms.envelope import message_id_of, open_envelope
from node.ebms.header_reader import read_messaging
from node.ebms.message import Messaging
from node.ebms.xml import Element
from node.security.claim import Claim, UsernameTokenClaim, read_pull_token, read_security
from node.security.recognise import recognise


@dataclass(frozen=True, slots=True)
class Opened:
    """A message taken apart; nothing of it is verified. `element` is its eb:Messaging."""

    soap_version: str
    claim: Claim
    messaging: Messaging
    element: Element
    #: What may authorise a pull, of the wsse:Security with the role `ebms`.
    pull_token: UsernameTokenClaim | None = None


def open_message(
    octets: bytes, media_type: str | None, seen: Callable[[str, str | None], None] = lambda soap_version, message_id: None
) -> Opened:
    """The message in a root part or in a simple SOAP body.

    `seen` is told SOAP version and MessageId as soon as they can be read, for the error that may follow. Raises SoapFault; EbmsError 0009, 0003,
    0101, 0103.
    """
    known = recognise(octets, media_type)
    if known is not None:
        unit = known.messaging.user_message or next(iter(known.messaging.signal_messages), None)
        seen("1.2", unit.message_info.message_id if unit else None)
        return Opened("1.2", known.claim, known.messaging, known.element)
    # EBMS:0009, SOAP faults
    envelope = open_envelope(octets, media_type)
    seen(envelope.soap_version, message_id_of(envelope))
    # EBMS:0101, EBMS:0103: the shape only
    claim = read_security(envelope)
    # EBMS:0009, EBMS:0003: read from the octets that the signature must cover
    messaging = read_messaging(claim.messaging)
    return Opened(envelope.soap_version, claim, messaging, envelope.messaging, read_pull_token(envelope))
