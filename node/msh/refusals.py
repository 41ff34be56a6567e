"""Refusals: the right ebMS error to the peer, the true reason to our log, and nothing else kept."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from node.ebms.errors import EbmsError, SoapFault
from node.ebms.pmode import PMode
from node.msh.octets import HeldOctets
from node.msh.ports import Answer, Owed, Peer, PModeNotFound, Ports, Refusal, StorageUnavailable
from node.msh.signals import fault_answer, write_error
from node.msh.steps import Step


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of ours that a message may answer: to whom, for which channel; a PullRequest, or the first leg of a two-way exchange."""

    message_id: str
    partner: str
    mpc: str
    first_leg: bool = False


@dataclass(slots=True)
class Sight:
    """What has been seen of one request so far, should it be refused."""

    peer: Peer
    size: int = 0
    root: bytes = b""
    soap_version: str = "1.2"
    message_id: str | None = None
    pmode: PMode | None = None
    #: An eb:Error must not be answered with an error in turn (standards 1.7).
    carries_error: bool = False
    #: How far the story has come: the step that is being asked.
    step: Step = Step.PACKAGE
    #: What we asked for, where this is the answer to a PullRequest of ours.
    asked: Asked | None = None

    def message_seen(self, soap_version: str, message_id: str | None) -> None:
        """What an error about this request will refer to."""
        self.soap_version, self.message_id = soap_version, message_id

    def counted(self, chunks: Iterable[bytes | memoryview]) -> Iterator[bytes | memoryview]:
        """The same chunks, counted."""
        for chunk in chunks:
            self.size += len(chunk)
            yield chunk


def refuse(error: EbmsError, sight: Sight, ports: Ports) -> Answer:
    """The signal for a refused ebMS message; the reason stays here."""
    error.ref_to_message_id = error.ref_to_message_id or sight.message_id
    record(error.definition.code, error.detail, sight, ports, nearest_of(error))
    if sight.carries_error:
        return Answer(202)
    content_type, octets = write_error(error, sight.pmode, ports, sight.soap_version)
    if is_posted(sight):
        return post_later(content_type, octets, sight, ports)
    return Answer(200, content_type, octets)


def is_posted(sight: Sight) -> bool:
    """Whether errors about this message are agreed to come as requests of their own."""
    return sight.pmode is not None and sight.pmode.inbound and not sight.pmode.leg.error_handling.as_response


def post_later(content_type: str, octets: bytes, sight: Sight, ports: Ports) -> Answer:
    """The error is kept to be posted; where it cannot be kept, it goes back at once after all."""
    pmode = sight.pmode
    if pmode is None or not sight.message_id:
        return Answer(200, content_type, octets)
    owed = Owed(pmode.partner, pmode.id, sight.message_id, content_type, HeldOctets(octets), is_error=True)
    try:
        # spec: C D.3.4
        ports.messages.owe(owed, ports.clock.now(), ports.waiting.now())
    except StorageUnavailable:
        return Answer(200, content_type, octets)
    return Answer(202)


def refuse_unread(fault: SoapFault, sight: Sight, ports: Ports) -> Answer:
    """The fault for octets that are no ebMS message."""
    record(f"SOAP:{fault.code}", fault.detail, sight, ports, None)
    return fault_answer(fault, sight.soap_version)


def nearest_of(error: EbmsError) -> str | None:
    """The P-Mode that came closest, where none was found."""
    return error.nearest.pmode_id if isinstance(error, PModeNotFound) and error.nearest else None


def record(code: str, detail: str, sight: Sight, ports: Ports, nearest: str | None) -> None:
    """One row in the attempt log; the envelope only for a partner whose TLS certificate we know."""
    certificate = sight.peer.certificate
    partner = ports.agreements.partner_of_tls(certificate) if certificate else None
    refusal = Refusal(
        at=ports.clock.now(),
        peer=sight.peer,
        size=sight.size,
        # Of the envelope, since a large request is not read to its end once refused.
        sha256=hashlib.sha256(sight.root).hexdigest(),
        error_code=code,
        detail=detail,
        message_id=sight.message_id,
        nearest_pmode=sight.pmode.id if sight.pmode else nearest,
        partner=partner,
        envelope=sight.root if partner else None,
    )
    try:
        ports.messages.record_refusal(refusal)
    except StorageUnavailable:
        # A full disk must not turn a refusal into silence.
        return
