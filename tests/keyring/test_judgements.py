"""What the use of a certificate rested on, found again by certificate and time."""

from concurrent.futures import ThreadPoolExecutor
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
    (file,) = (tmp_path / "judged").glob("*.jsonl")
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


def lives(judgements, certificate=CERTIFICATE):
    for days, used in ((0, "11"), (2, "22"), (4, "33"), (6, "44")):
        judgements.note(certificate, judgement(used, NOW + days * DAY))


def used_at(judgements, days):
    found = judgements.at(CERTIFICATE, NOW + days * DAY)
    return found.statuses[0].used if found else None


@pytest.mark.parametrize(
    ("message", "before", "gone", "first"),
    [
        (None, 5, 2, 4),  # the third counted then
        (None, 9, 3, 6),  # the last one of a certificate that is used stays for ever
        (None, 4, 2, 4),
        (3, 9, 1, 2),  # a message of the third day rests on the second record
        (3, 1, 0, 0),
        (-1, 9, 0, 0),
    ],
)
def test_what_no_message_rests_on_goes_after_its_margin(judgements, tmp_path, message, before, gone, first):
    lives(judgements)
    signed = [] if message is None else [("cd" * 32, NOW), (CERTIFICATE, NOW + message * DAY), (CERTIFICATE, NOW + 7 * DAY)]
    was = {days: used_at(judgements, days) for days in range(first, 12)}
    assert judgements.clear(lambda: signed, {CERTIFICATE}, NOW + before * DAY) == gone
    assert {days: used_at(judgements, days) for days in range(first, 12)} == was
    assert first == 0 or used_at(judgements, first - 1) is None
    assert judgements.clear(lambda: signed, {CERTIFICATE}, NOW + before * DAY) == 0
    # Whoever goes on with it appends to what was left.
    judgements.note(CERTIFICATE, judgement("44", NOW + 8 * DAY))
    Judgements(tmp_path / "judged").note(CERTIFICATE, judgement("55", NOW + 8 * DAY))
    (file,) = (tmp_path / "judged").glob("*.jsonl")
    assert len(file.read_text().splitlines()) == 4 - gone + 1
    assert file.stat().st_mode & 0o077 == 0


def test_the_file_of_a_certificate_that_nobody_uses_goes_and_comes_again(judgements, tmp_path):
    lives(judgements)
    other = Judgements(tmp_path / "judged")
    assert other.clear(lambda: [(CERTIFICATE, NOW + 9 * DAY)], (), NOW + 9 * DAY) == 3
    assert other.clear(list, (), NOW + 5 * DAY) == 0
    assert other.clear(list, (), NOW + 9 * DAY) == 1
    assert list((tmp_path / "judged").glob("*.jsonl")) == []
    # The first process remembers what it noted, and notes it once more.
    judgements.note(CERTIFICATE, judgement("44", NOW + 10 * DAY))
    assert used_at(other, 10) == ("44",)


def test_messages_are_asked_for_only_where_something_could_go(judgements):
    def nobody():
        raise AssertionError

    assert judgements.clear(nobody, (), NOW) == 0
    judgements.note(CERTIFICATE, judgement("11"))
    assert judgements.clear(nobody, {CERTIFICATE}, NOW + 99 * DAY) == 0


def test_what_is_noted_while_others_clear_is_never_lost(judgements, tmp_path):
    names = [f"{n:02}" * 32 for n in range(3)]

    def noting(name):
        one = Judgements(tmp_path / "judged")
        for number in range(40):
            one.note(name, judgement(str(number), NOW + number * DAY))

    with ThreadPoolExecutor(3) as pool:
        running = [pool.submit(noting, name) for name in names]
        cut = 0
        while not all(one.done() for one in running):
            cut += judgements.clear(list, names, NOW + 30 * DAY)
        assert [one.result() for one in running] == [None] * 3
    assert cut + judgements.clear(list, names, NOW + 30 * DAY) == 3 * 30
    assert [len((tmp_path / "judged" / f"{name}.jsonl").read_text().splitlines()) for name in names] == [10] * 3
