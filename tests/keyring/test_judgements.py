"""What the use of a certificate rested on, found again by certificate and time."""

from datetime import timedelta

import pytest

from node.keyring.judgements import Judgement, Judgements
from node.security.status import Status
from tests.seals import NOW

DAY = timedelta(days=1)
CERTIFICATE = "ab" * 32


def judgement(used="11", now=NOW, outcome="", state="good"):
    return Judgement.of([Status("CN=kr", state, "not revoked", used=(used,), told=NOW, until=NOW + DAY)], outcome, now)


@pytest.fixture
def judgements(tmp_path):
    return Judgements(tmp_path / "judged")


def test_a_record_is_written_when_something_changed_and_not_for_every_message(judgements, tmp_path):
    for hour in range(5):
        judgements.note(CERTIFICATE, judgement(now=NOW + timedelta(hours=hour)))
    judgements.note(CERTIFICATE, judgement("22", NOW + DAY))
    Judgements(tmp_path / "judged").note(CERTIFICATE, judgement("22", NOW + 2 * DAY))
    (file,) = (tmp_path / "judged").iterdir()
    assert len(file.read_text().splitlines()) == 2
    assert file.stat().st_mode & 0o077 == 0


def test_a_message_finds_what_counted_when_it_came(judgements):
    judgements.note(CERTIFICATE, judgement("11"))
    judgements.note(CERTIFICATE, judgement("22", NOW + DAY, "refused: revoked", "revoked"))
    assert judgements.at(CERTIFICATE, NOW - DAY) is None
    assert judgements.at(CERTIFICATE, NOW + timedelta(hours=1)) == judgement("11")
    found = judgements.at(CERTIFICATE, NOW + 9 * DAY)
    assert found is not None
    assert (found.outcome, found.statuses[0].used, found.statuses[0].state) == ("refused: revoked", ("22",), "revoked")
    assert judgements.at("cd" * 32, NOW) is None


def test_half_a_line_that_a_power_cut_left_is_passed_over(judgements, tmp_path):
    judgements.note(CERTIFICATE, judgement("11"))
    with (tmp_path / "judged" / f"{CERTIFICATE}.jsonl").open("ab") as file:
        file.write(b'{"since": "20')
    again = Judgements(tmp_path / "judged")
    assert again.at(CERTIFICATE, NOW + DAY) == judgement("11")
    again.note(CERTIFICATE, judgement("22", NOW + DAY))
    assert again.at(CERTIFICATE, NOW + 2 * DAY) == judgement("22", NOW + DAY)


def test_what_messages_rested_on_is_found_for_all_of_them_at_once(judgements):
    for days, used in ((0, "11"), (2, "22"), (4, "33"), (6, "44")):
        judgements.note(CERTIFICATE, judgement(used, NOW + days * DAY))
    at = [NOW - DAY, NOW + DAY, NOW + 5 * DAY]
    assert judgements.rested_on([(CERTIFICATE, one) for one in at]) == {"11", "33"}
    assert judgements.rested_on([("cd" * 32, NOW)]) == set()
    # The verdict comes a moment after the message.
    assert judgements.rested_on([(CERTIFICATE, NOW + 2 * DAY - timedelta(minutes=1))]) == {"11", "22"}


def test_after_a_clock_was_set_back_the_same_is_found_for_many_as_for_one(judgements):
    for days, used in ((0, "11"), (9, "22"), (3, "33"), (5, "44")):
        judgements.note(CERTIFICATE, judgement(used, NOW + days * DAY))
    for days in range(12):
        found = judgements.at(CERTIFICATE, NOW + days * DAY)
        assert found is not None
        assert judgements.rested_on([(CERTIFICATE, NOW + days * DAY)]) == set(found.statuses[0].used)
