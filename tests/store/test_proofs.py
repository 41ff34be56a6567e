"""The invariants about octets see a receipt, a resend or an answer that is not what it was."""

import hashlib

import pytest

from bench.pair import body_of
from tests.store.broken import BIG, Broken, broken
from tests.stored import stored_pair

__all__ = ["broken"]


@pytest.mark.parametrize(
    "shape", [{}, {"compress": False}, {"encrypt": False, "compress": False}, {"sign": False, "encrypt": False}]
)
def test_every_kind_of_protection_can_be_judged(tmp_path, shape):
    both = stored_pair(tmp_path, **shape)
    both.pair.exchange(b"<a  b='1'/>")
    both.pair.exchange(BIG, media_type="application/pdf")
    both.pair.exchange(b"one\ntwo", media_type="text/plain")
    broken = Broken.__new__(Broken)
    broken.both = both
    assert broken.found("b") == []
    assert broken.found("a") == []
    both.close()


def test_3_a_receipt_about_octets_that_are_not_the_stored_ones(broken):
    broken.sql("b", "UPDATE octets SET content = x'00' WHERE id = (SELECT octets_id FROM payload WHERE size < 1000)")
    assert "INV-3" in broken.ids("b")


def test_3_a_receipt_for_another_message(broken):
    broken.sql("b", "UPDATE inbound SET message_id = 'other@h'")
    assert "INV-3" in broken.ids("b")


def test_3_a_receipt_that_is_none(broken):
    broken.sql("b", "UPDATE octets SET content = x'00' WHERE id = (SELECT receipt_id FROM inbound)")
    assert "INV-3" in broken.ids("b")


def test_5_a_duplicate_that_got_another_receipt(broken):
    assert broken.ids("b", receipts={broken.message_id: [b"<another/>"]}) == {"INV-5"}


def test_5_a_message_accepted_twice(broken):
    columns = "direction, owner_id, at, from_state, event, to_state, detail"
    broken.sql("b", f"INSERT INTO history ({columns}) SELECT {columns} FROM history WHERE event = 'ACCEPTED'")
    assert "INV-5" in broken.ids("b")


def test_6_an_envelope_that_is_not_the_accepted_one(broken):
    message_id, body = broken.sent_once()
    broken.both.b.receive(broken.a.exchange(message_id).content_type, body)
    broken.sql("b", "UPDATE inbound SET envelope_id = (SELECT max(envelope_id) FROM inbound)")
    assert "INV-6" in broken.ids("b")


def test_8_a_body_that_is_not_the_kept_one(broken):
    message_id, body = broken.sent_once()
    right, wrong = (hashlib.sha256(one).hexdigest() for one in (body, body + b" "))
    assert broken.ids("a", serving=True, bodies={message_id: [right, right]}) == set()
    assert broken.ids("a", serving=True, bodies={message_id: [right, wrong]}) == {"INV-8"}


def test_8_octets_that_were_not_kept(broken):
    broken.sql("a", "UPDATE exchange SET wire = NULL")
    assert "INV-8" in broken.ids("a")


def test_10_a_proof_that_speaks_of_another_message(broken):
    second = broken.waiting()
    outgoing = broken.both.a.prepare(second)
    broken.both.a.settle(second, broken.both.b.receive(outgoing.content_type, body_of(outgoing)))
    broken.sql("a", "UPDATE history SET answer_id = (SELECT max(answer_id) FROM history) WHERE answer_id IS NOT NULL")
    assert broken.ids("a") == {"INV-10"}


def test_10_a_proof_that_is_not_about_what_was_signed(broken):
    broken.sql("a", "UPDATE exchange SET signed_references = '[]'")
    assert broken.ids("a") == {"INV-10"}
