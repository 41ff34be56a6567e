"""Batches as they go out, beside what two nodes tell in tests/exchanges/test_batch.py."""

import pytest

from node.customs.reconciling.batch import MarkRefused
from node.library import shipped_documents
from node.msh.octets import HeldOctets
from node.msh.ports import SubmissionError
from node.msh.submit import Payload
from tests.test_reconciling import notice


@pytest.fixture
def node(taiwan):
    return taiwan


def payload(octets: bytes, media_type: str = "application/xml") -> Payload:
    return Payload(HeldOctets(octets), media_type)


def test_the_order_is_that_of_code_points_and_the_same_files_are_the_same_batch(node):
    files = [(name, payload(name.encode())) for name in ("b", "a", "Z", "ä", "10", "9")]
    pieces = node.batching.plan("kr", files)
    assert [one.name for one in pieces] == ["10", "9", "Z", "a", "b", "ä"]
    assert [one.mark.sequence for one in pieces] == [1, 2, 3, 4, 5, 6]
    assert [one.message_id for one in node.batching.plan("kr", reversed(files))] == [one.message_id for one in pieces]
    changed = node.batching.plan("kr", [*files[1:], ("b", payload(b"other"))])
    assert {one.message_id for one in changed}.isdisjoint(one.message_id for one in pieces)
    with pytest.raises(MarkRefused):
        node.batching.plan("kr", [])


def test_a_message_says_which_it_is_and_how_urgent_its_document_is(node):
    (piece,) = node.batching.plan("kr", [("1", payload(notice("N-1")))])
    assert list(node.batching.wrong("kr", None, [piece])) == []
    assert node.batching.submit("kr", None, piece, (), None)
    assert not node.batching.submit("kr", None, piece, (), None)
    exchange = node.messages.exchange(piece.message_id)
    said = {one.name: one.value for one in exchange.user_message.message_properties}
    assert (said["batchId"], said["batchSequence"], said["batchTotal"]) == (piece.mark.batch_id, "1", "1")
    assert (said["businessId"], exchange.user_message.collaboration_info.action) == ("N-1", "not.notice")
    # What went out is not looked at again, though it would be a second time now.
    assert list(node.batching.wrong("kr", None, [piece])) == []


def test_an_interchange_is_known_by_the_document_that_it_holds(node):
    octets = (shipped_documents() / "n2n-man" / "samples" / "good" / "cuscar-sea.edi").read_bytes()
    (piece,) = node.batching.plan("kr", [("1.edi", payload(octets, "application/EDIFACT"))])
    assert node.batching._type_of(piece.payload) == "man.cargo-report"


def test_what_is_no_document_needs_a_type_and_is_refused(node):
    (piece,) = node.batching.plan("kr", [("1.pdf", payload(b"%PDF", "application/pdf"))])
    (wrong,) = node.batching.wrong("kr", None, [piece])
    assert wrong.name == "1.pdf"
    assert "name the action: --type" in wrong.why
    (wrong,) = node.batching.wrong("kr", "not.notice", [piece])
    assert "GEN-01 at the document" in wrong.why
    with pytest.raises(SubmissionError, match="--type"):
        node.batching.submit("kr", None, piece, (), None)
