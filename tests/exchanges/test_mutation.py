"""Any octet of a signed message may be changed on its way: it is refused, or nothing that matters has changed."""

import random
from collections.abc import Callable, Iterator

import pytest

from bench.pair import Pair, body_of
from node.ebms.states import OutboundEvent
from node.msh.deliver import payload_chunks
from node.msh.opening import open_message
from node.msh.outbound import read_answer
from node.msh.ports import HttpAnswer, Peer

DOCUMENT = b"<CertificateOfOrigin xmlns='urn:n2n:customs:co:1'><ID>1</ID></CertificateOfOrigin>"


def places(size: int, every: bool) -> Iterator[tuple[int, int]]:
    """(offset, exclusive-or mask): all octets with three masks, or a fixed sample of 1,200."""
    masks = (0x01, 0x20, 0x80)
    if every:
        yield from ((offset, mask) for offset in range(size) for mask in masks)
        return
    chance = random.Random(20261124)
    for _ in range(1200):
        yield chance.randrange(size), chance.choice(masks)


def check_mutations(pair: Pair, *, every: bool) -> int:
    """How many of the mutations were accepted, each of them proven to mean the same."""
    message_id = pair.a.submit("b", DOCUMENT, DOCUMENT + b"\n")
    outgoing = pair.a.prepare(message_id)
    body = body_of(outgoing)
    accepted = 0
    for offset, mask in places(len(body), every):
        changed = bytearray(body)
        changed[offset] ^= mask
        pair.b.messages.forget()  # nothing is a duplicate
        pair.b.receive(outgoing.content_type, bytes(changed), Peer("mutant"))
        for message in pair.b.messages.deliverable(10):
            accepted += 1
            delivered = [b"".join(map(bytes, payload_chunks(p))) for p in message.payloads]
            exchange = pair.a.messages.exchange(message_id)
            assert exchange is not None
            context = (offset, mask, bytes(changed[max(0, offset - 30) : offset + 30]))
            assert delivered == [DOCUMENT, DOCUMENT + b"\n"], context
            assert message.user_message == exchange.user_message, context
    return accepted


def test_no_sampled_mutation_changes_what_is_accepted(pair_of: Callable[..., Pair]) -> None:
    # Mutations of unsigned MIME header text and of white space are harmless; they are few.
    assert check_mutations(pair_of("edelivery-2.0-eddsa"), every=False) < 150


@pytest.mark.slow
@pytest.mark.parametrize("suite", ["edelivery-1.15", "edelivery-2.0-eddsa"])
def test_no_mutation_of_any_octet_changes_what_is_accepted(pair_of: Callable[..., Pair], suite: str) -> None:
    assert check_mutations(pair_of(suite), every=True) < 3000


@pytest.mark.parametrize("shape", [{"encrypt": False}, {"encrypt": False, "compress": False}], ids=["signed", "signed-plain"])
def test_a_message_in_the_clear_is_no_weaker(pair_of: Callable[..., Pair], shape: dict[str, bool]) -> None:
    assert check_mutations(pair_of("edelivery-2.0-eddsa", **shape), every=False) < 150


def test_a_changed_receipt_proves_nothing_else(pair_of: Callable[..., Pair]) -> None:
    pair = pair_of("edelivery-2.0-eddsa")
    message_id = pair.a.submit("b", DOCUMENT)
    outgoing = pair.a.prepare(message_id)
    exchange = pair.a.messages.exchange(message_id)
    assert exchange is not None
    answer = pair.b.receive(outgoing.content_type, body_of(outgoing))
    original = open_message(answer.octets, None).messaging
    refused = 0
    for offset in range(0, len(answer.octets), 3):
        changed = bytearray(answer.octets)
        changed[offset] ^= 0x01
        judged = HttpAnswer(200, answer.content_type, bytes(changed))
        event = read_answer(exchange, pair.a.ports.agreements.get(exchange.pmode_id), judged, pair.a.ports).event
        if event is OutboundEvent.RECEIPT_MATCHED:
            # What is not signed (declarations around the signed parts) may change; what the receipt says may not.
            assert open_message(bytes(changed), None).messaging == original, offset
        else:
            refused += 1
    assert refused > len(answer.octets) // 3 * 0.9
