"""Each invariant sees the breach that is made by hand, and a healthy store has none."""

import os
from datetime import timedelta

import pytest

from node.store.invariants import INVARIANTS
from tests.store.broken import Broken, broken

__all__ = ["broken"]
DAY = timedelta(days=1)


def test_a_healthy_store_has_no_finding(broken: Broken) -> None:
    waiting = broken.waiting()
    assert broken.found("a", submitted=[broken.message_id, waiting]) == []
    delivered = ("a", broken.message_id, "1-x")
    stored = b"".join(broken.b.inbound(broken.message_id)[0].receipt.chunks())
    assert broken.found("b", consumed=[delivered, delivered], receipts={broken.message_id: [stored]}, refused=["other@h"]) == []


def test_every_invariant_has_its_number_and_is_kept() -> None:
    assert [one.id for one in INVARIANTS] == [f"INV-{n}" for n in range(1, 16)]
    assert [one.id for one in INVARIANTS if one.check is None] == []


def test_1_a_submission_that_is_not_there(broken: Broken) -> None:
    (found,) = broken.found("a", submitted=[broken.message_id, "lost@h"])
    assert (found.id, found.where) == ("INV-1", "lost@h")


STORIES = [
    ("UPDATE exchange SET state = 'READY', due_at = changed_at", "its story ends with ACKNOWLEDGED"),
    ("DELETE FROM history WHERE direction = 'out' AND event = 'RECEIPT_MATCHED'", "its story ends with SENDING"),
    ("DELETE FROM history WHERE direction = 'out' AND event = 'ATTEMPT_STARTED'", "coming from READY"),
    ("UPDATE history SET event = 'NONSENSE' WHERE direction = 'out' AND event = 'PACKAGED'", "by NONSENSE"),
    ("UPDATE exchange SET state = 'FAILED'", "no step says why"),
]


@pytest.mark.parametrize(("statement", "what"), STORIES)
def test_2_a_story_that_does_not_lead_to_the_state(broken: Broken, statement: str, what: str) -> None:
    broken.sql("a", statement)
    assert any(one.id == "INV-2" and what in one.what for one in broken.found("a"))


def test_4_a_story_that_does_not_lead_to_the_state(broken: Broken) -> None:
    broken.sql("b", "DELETE FROM history WHERE direction = 'in' AND event = 'DELIVERED'")
    assert "INV-4" in broken.ids("b")


CONSUMED = [
    ([], "has not got it"),
    ([("a", "MESSAGE", "1-x"), ("a", "MESSAGE", "2-x")], "under 2 names"),
    ([("a", "MESSAGE", "1-x"), ("a", "other@h", "2-x")], "never accepted"),
]


@pytest.mark.parametrize(("consumed", "what"), CONSUMED)
def test_4_a_consumer_that_tells_another_story(broken: Broken, consumed: list[tuple[str, str, str]], what: str) -> None:
    given = [(partner, message_id.replace("MESSAGE", broken.message_id), name) for partner, message_id, name in consumed]
    (found,) = broken.found("b", consumed=given)
    assert found.id == "INV-4"
    assert what in found.what


def test_7_a_refused_message_that_is_accepted(broken: Broken) -> None:
    assert broken.ids("b", refused=[broken.message_id]) == {"INV-7"}


def test_9_an_attempt_that_nobody_makes(broken: Broken) -> None:
    broken.sent_once()
    assert "INV-9" in broken.ids("a")
    assert broken.ids("a", serving=True) == set()


def test_9_a_lease_on_what_nobody_sends_and_attempts_that_are_not_counted(broken: Broken) -> None:
    broken.sql("a", "UPDATE exchange SET leased_by = 'one', state = 'AWAITING_RECEIPT'")
    assert broken.ids("a") >= {"INV-9"}
    broken.sql("a", "UPDATE exchange SET leased_by = NULL, state = 'SUBMITTED', attempts = 2")
    assert "INV-9" in broken.ids("a")


def test_11_a_message_that_waits_for_ten_years(broken: Broken) -> None:
    broken.waiting()
    assert broken.ids("a", now=broken.both.a.clock.now() - timedelta(days=3650)) == {"INV-11"}


def test_12_a_file_that_is_gone_one_that_changed_and_one_that_is_left_over(broken: Broken) -> None:
    folder = broken.b.files.folder
    (file,) = folder.glob("??/*")
    octets = file.read_bytes()
    file.write_bytes(octets[:-1] + bytes([octets[-1] ^ 1]))
    assert {"INV-12", "INV-3"} <= broken.ids("b")
    file.unlink()
    assert {"INV-12", "INV-3"} <= broken.ids("b")
    file.write_bytes(octets)
    assert broken.ids("b") == set()
    left = file.with_name("left-over")
    left.write_bytes(b"x")
    os.utime(left, (0, 0))
    assert [(one.id, one.where) for one in broken.found("b")] == [("INV-12", str(left))]


def test_12_a_young_file_may_belong_to_a_message_that_is_coming_in(broken: Broken) -> None:
    (broken.b.files.folder / "ab").mkdir(exist_ok=True)
    (broken.b.files.folder / "ab" / "young").write_bytes(b"x")
    assert broken.ids("b") == set()


def test_12_a_row_whose_octets_changed(broken: Broken) -> None:
    broken.sql("b", "UPDATE octets SET content = x'78' WHERE sha256 IS NOT NULL AND content IS NOT NULL")
    assert "INV-12" in broken.ids("b")


def test_14_an_open_message_for_which_nothing_is_due(broken: Broken) -> None:
    broken.waiting()
    broken.sql("a", "UPDATE exchange SET due_at = NULL WHERE state = 'SUBMITTED'")
    assert broken.ids("a") == {"INV-14"}
    for reason in ("held = 1", "mpc = 'urn:c'", "waits_for = 'the maintenance window'"):
        broken.sql("a", f"UPDATE exchange SET {reason} WHERE state = 'SUBMITTED'")
        assert broken.ids("a") == set()
        broken.sql("a", "UPDATE exchange SET held = 0, mpc = '', waits_for = '' WHERE state = 'SUBMITTED'")


def test_14_a_receipt_that_is_owed_and_not_due(broken: Broken) -> None:
    columns = "inbound_id, partner, pmode_id, about, is_error, octets_id, content_type, since, due_at, attempts, detail"
    broken.sql(
        "b",
        f"INSERT INTO signal ({columns}) SELECT id, partner, pmode_id, message_id, 0, receipt_id, '', '', NULL, 0, '' FROM inbound",
    )
    assert broken.ids("b") == {"INV-14"}
    for mended in ("detail = 'posted'", "due_at = '2026-11-24T08:00:00.000000Z'"):
        broken.sql("b", f"UPDATE signal SET {mended}")
        assert broken.ids("b") == set()


def test_14_a_message_that_rests_for_ten_years(broken: Broken) -> None:
    late = "2036-01-01T00:00:00.000000Z"
    broken.sql("b", "UPDATE inbound SET deliver_at = :late, state = 'ACCEPTED'", late=late)
    assert "INV-14" in broken.ids("b")
    # One that was delivered since waits for nothing, as older versions have left it.
    broken.sql("b", "UPDATE inbound SET state = 'DELIVERED'")
    assert broken.ids("b") == set()
