"""The observer: each promise that he can see broken is told with its message."""

import pytest

from node.simulation.ledger import Ledger, moment


@pytest.fixture
def ledger():
    made = Ledger(lambda: 90_061.5)
    made.submitted("1@a", "a", "b", b"document")
    return made


def broken(ledger):
    return [(one.invariant, one.message_id) for one in ledger.violations]


def test_a_message_that_goes_its_way_breaks_nothing(ledger):
    for _ in range(2):
        ledger.posted("1@a", b"octets")
        ledger.receipted("b", "1@a", b"receipt")
        ledger.handed_over("b", "1@a", "0001", b"document")
    assert (broken(ledger), ledger.counts["delivered"], ledger.sent["1@a"].attempts) == ([], 1, 2)


def test_a_resend_with_other_octets_is_seen(ledger):
    ledger.posted("1@a", b"octets")
    ledger.posted("1@a", b"others")
    assert broken(ledger) == [("INV-8", "1@a")]


def test_another_receipt_for_a_duplicate_is_seen(ledger):
    ledger.receipted("b", "1@a", b"receipt")
    ledger.receipted("b", "1@a", b"another")
    assert broken(ledger) == [("INV-5", "1@a")]


def test_a_second_delivery_id_is_seen(ledger):
    ledger.handed_over("b", "1@a", "0001", b"document")
    ledger.handed_over("b", "1@a", "0002", b"document")
    assert broken(ledger) == [("INV-4", "1@a")]


def test_another_document_or_receiver_is_seen(ledger):
    ledger.handed_over("b", "1@a", "0001", b"other")
    ledger.handed_over("c", "1@a", "0001", b"document")
    assert broken(ledger) == [("INV-4", "1@a")] * 2


def test_a_message_id_given_twice_is_seen(ledger):
    ledger.submitted("1@a", "a", "b", b"another")
    assert broken(ledger) == [("INV-1", "1@a")]


def test_what_is_lost_or_doubled_is_counted_from_what_was_seen(ledger):
    assert (ledger.lost(), ledger.doubled()) == (["1@a"], [])
    ledger.sent["1@a"].state = "ACKNOWLEDGED"
    assert ledger.lost() == ["1@a"]
    ledger.sent["1@a"].state = "FAILED"
    assert ledger.lost() == []
    ledger.handed_over("b", "1@a", "0001", b"document")
    ledger.handed_over("b", "1@a", "0001", b"document")
    ledger.sent["1@a"].state = None
    assert (ledger.lost(), ledger.doubled()) == ([], [])
    ledger.handed_over("b", "1@a", "0002", b"document")
    assert ledger.doubled() == ["1@a"]


def test_the_first_and_the_last_attempt_have_their_times(ledger):
    assert ledger.sent["1@a"].tried_first is None
    ledger.posted("1@a", b"octets")
    ledger.now = lambda: 90_071.5
    ledger.posted("1@a", b"octets")
    assert (ledger.sent["1@a"].tried_first, ledger.sent["1@a"].tried_last) == (90_061.5, 90_071.5)


def test_the_transcript_keeps_its_last_lines_and_tells_the_time(ledger):
    for number in range(1000):
        ledger.tell(f"line {number}")
    assert len(ledger.lines) <= 400
    assert ledger.lines[-1] == "day   1 01:01:01.500  line 999"
    assert moment(0) == "day   0 00:00:00.000"
