"""Values that the tests of the store speak of: parties, messages, an exchange, an accepted message. Imports no test library."""

import hashlib
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from node.ebms.message import (
    AgreementRef,
    CollaborationInfo,
    MessageInfo,
    PartInfo,
    Party,
    PartyId,
    Property,
    Service,
    SignedReference,
    SignedTransform,
    UserMessage,
)
from node.ebms.pmode import BusinessInfo, Encryption, Leg, PMode, Protocol, Security, Signature
from node.ebms.states import OutboundEvent, OutboundState
from node.msh.octets import HeldOctets
from node.msh.ports import Accepted, AcceptedPayload, Exchange, Packaged, Peer, Settlement, SubmittedPayload

NOW = datetime(2026, 11, 24, 8, 0, 0, 123456, tzinfo=UTC)
US = Party((PartyId("TW-CUSTOMS", "urn:x"),), "r")
THEM = Party((PartyId("XX-CUSTOMS", "urn:x"),), "r")
BIG = b"0123456789abcdef" * (20 * 1024)


def user_message(message_id: str = "m1@h", parts: int = 1, sender: Party = US, receiver: Party = THEM) -> UserMessage:
    return UserMessage(
        MessageInfo("2026-11-24T08:00:00.123Z", message_id),
        sender,
        receiver,
        CollaborationInfo(Service("urn:s"), "Submit", "c1@h", AgreementRef("urn:a", "t")),
        (Property("originalSender", "x", "urn:t"),),
        tuple(PartInfo(f"cid:p{i}@h", (Property("MimeType", "application/xml"),)) for i in range(parts)),
    )


def exchange(message_id: str = "m1@h", payloads: tuple[bytes, ...] = (b"<co/>",), **other: Any) -> Exchange:
    message = user_message(message_id, len(payloads))
    submitted = tuple(
        SubmittedPayload(HeldOctets(octets), "application/xml", part, "co.xml")
        for octets, part in zip(payloads, message.payload_info, strict=True)
    )
    return replace(Exchange(message, "xx/send", "xx", submitted, NOW, OutboundState.SUBMITTED), **other)


REFERENCE = SignedReference("#_b", "urn:sha", b"\x01\x02", (SignedTransform("urn:c14n", ("a", "#default")),), b"<ds:Reference/>")


def packaged(message_id: str = "m1@h", wire: tuple[bytes, ...] = (b"head", b"cipher", b"tail"), lease: int = 0) -> Packaged:
    return Packaged(message_id, "multipart/related; x", tuple(map(HeldOctets, wire)), (REFERENCE,), lease)


def settlement(event: OutboundEvent, message_id: str = "m1@h", **other: Any) -> Settlement:
    return replace(Settlement(message_id, event, NOW, "because", b"<receipt/>", "application/soap+xml", None, 200), **other)


def pmode(*, test_service: bool = False) -> PMode:
    signature, encryption = Signature(True, "a", "h"), Encryption(True, "a")
    leg = Leg(Protocol(None), BusinessInfo(Service("urn:s"), "Submit"), Security(signature, encryption, signature))
    return PMode("xx/receive", "xx", True, THEM, US, leg, test_service=test_service)


def accepted(message_id: str = "in1@x", payloads: tuple[bytes, ...] = (b"\x1f\x8b gz",), **other: Any) -> Accepted:
    message = user_message(message_id, len(payloads), THEM, US)
    taken = tuple(
        AcceptedPayload(HeldOctets(octets, hashlib.sha256(octets).hexdigest()), part, "application/xml", True, 99, f"p{i}@h")
        for i, (octets, part) in enumerate(zip(payloads, message.payload_info, strict=True))
    )
    whole = Accepted(
        message, pmode(), b"<env/>", taken, (REFERENCE,), "ff", b"<rcpt 1/>", "application/soap+xml", NOW, Peer("1.2.3.4"), "fp1"
    )
    return replace(whole, **other)


def read(kept: Any) -> bytes:
    return b"".join(kept.chunks())


def due(messages: Any, most: int, now: datetime, without: Collection[str] = ()) -> list[str]:
    """What could be claimed; it stays free."""
    claimed = messages.claim("nobody", most, now, without)
    messages.release(claimed)
    return [one.message_id for one in claimed]


def start(messages: Any, message_id: str, at: datetime) -> None:
    """Begin an attempt under the lease that the exchange has now."""
    messages.attempt_started(message_id, at, messages.exchange(message_id).lease)
