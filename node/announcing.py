"""What happens to the documents of a submission before it is submitted: each is judged and registered, and the message says what it carries."""

import hashlib
from dataclasses import replace

from node.answering import properties_of
from node.checking import Checking, places_of_documents
from node.customs.checking.safe import MOST_OCTETS
from node.customs.filing.registration import OUT, Carried, Entry
from node.ebms.message import Property
from node.msh.octets import HeldOctets
from node.msh.ports import Ports, SubmissionError
from node.msh.submit import Payload, Submission

#: The media type of an interchange.
EDIFACT = "application/edifact"


def announce(submission: Submission, checking: Checking, ports: Ports) -> Submission:
    """The submission under its MessageId, with the properties of its first document; as it was where no documents are judged.

    Raises SubmissionError with every finding of a document that its own rules refuse, StorageUnavailable.
    """
    pmode = ports.agreements.for_submission(submission.partner, submission.service, submission.action)
    if not checking.judging.judges(submission.partner, pmode.leg.business_info.service.value):
        if not pmode.test_service:
            checking.judging.check_production(submission.partner)
        return submission
    message_id = submission.message_id or f"{ports.identifiers.unique()}@{ports.host}"
    conversation_id = submission.conversation_id or ""
    payloads = tuple(_canonical(payload, checking) for payload in submission.payloads)
    judged = places_of_documents([payload.media_type for payload in payloads])
    entries = [
        checking.announce(
            _octets(payloads[place]),
            Carried(OUT, message_id, submission.partner, place, conversation_id),
            ports.clock.now(),
            submission.action,
            _original(submission.payloads[place]) if payloads[place] is not submission.payloads[place] else "",
        ).entry
        for place in judged
    ]
    if not entries:
        return submission
    properties = _with(submission.properties, entries[0])
    priority = submission.priority
    if priority is None:
        # Read again, and only where the type of a document says where its priority stands.
        wanted = [
            checking.judging.wanted(entry, _octets(payloads[place])).priority
            for entry, place in zip(entries, judged, strict=True)
        ]
        priority = max((one for one in wanted if one is not None), default=None)
    return replace(submission, message_id=message_id, payloads=payloads, properties=properties, priority=priority)


def _canonical(payload: Payload, checking: Checking) -> Payload:
    """An interchange becomes the canonical document that it holds; anything else stays what it is."""
    if payload.media_type.partition(";")[0].strip().lower() != EDIFACT:
        return payload
    return replace(payload, octets=HeldOctets(checking.canonical(_octets(payload))), media_type="application/xml")


def _original(payload: Payload) -> str:
    return hashlib.sha256(_octets(payload)).hexdigest()


def _octets(payload: Payload) -> bytes:
    if payload.octets.size > MOST_OCTETS:
        raise SubmissionError(f"a document has at most {MOST_OCTETS} octets, this one {payload.octets.size}; send it in parts")
    return b"".join(map(bytes, payload.octets.chunks()))


def _with(properties: tuple[Property, ...], entry: Entry) -> tuple[Property, ...]:
    about = entry.about
    given = {one.name for one in properties}
    found = properties_of(about.sender, about.recipient, about.profile, about.number, about.function, about.campaign)
    return (*properties, *(one for one in found if one.name not in given))
