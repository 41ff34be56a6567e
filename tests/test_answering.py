"""Answers that are owed go out once each."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from node.answering import Answering, properties_of, quietly
from node.customs.filing.on_file import Standing
from node.customs.filing.registration import OUT, About, Carried, Entry, Owed
from node.msh.ports import StorageUnavailable, SubmissionError
from tests.documents import packs

AT = datetime(2026, 11, 20, tzinfo=UTC)


def owed(number: int) -> Owed:
    about = About("gen.response", f"urn:uuid:{number}", "TW-CUSTOMS", "KR-KCS", "11", "response.1", f"urn:uuid:about-{number}")
    entry = Entry(
        *(number, Carried(OUT, f"a{number}@tw.example", "kr"), about, bytes(32), 10, AT, "AP", (), 0, None, None, ""),
        *(None, "", "", 1, "DUE"),
    )
    return Owed(entry, b"<Response/>", f"q{number}@kr.example")


class Register:
    """What is owed, in pages of two."""

    def __init__(self, *numbers: int) -> None:
        self.due, self.before = list(numbers), []
        #: How far what is answered has come.
        self.levels = {}

    def owed(self, most, after=0):
        return [owed(number) for number in self.due if number > after][:2]

    def answers_of(self, row_id):
        assert row_id == 1
        return self.before

    def sent(self, answer):
        self.due.remove(answer)

    def standing(self, sender, document_id):
        return Standing(self.levels.get((sender, document_id), "L3"))

    def overtaken(self, answer):
        self.due.remove(answer)


def answering(register, submit, known=lambda _: False, mine=lambda: True):
    return Answering(packs(), register, submit, known, mine)


def test_every_answer_goes_out_under_its_own_message_id():
    register, submitted = Register(1, 2, 3, 4, 5), []
    assert answering(register, submitted.append).sweep() == 5
    assert [one.message_id for one in submitted] == [f"a{number}@tw.example" for number in range(1, 6)]
    (first, *_) = submitted
    assert (first.partner, first.service, first.action) == ("kr", "urn:n2n:customs:svc:res", "gen.response")
    assert first.ref_to_message_id == "q1@kr.example"
    assert first.priority > 5
    assert register.due == []


def test_what_a_crash_has_left_between_is_not_submitted_twice():
    register, submitted = Register(1), []
    assert answering(register, submitted.append, known=lambda message_id: message_id == "a1@tw.example").sweep() == 1
    assert (submitted, register.due) == ([], [])


def test_what_cannot_be_sent_stays_owed_and_holds_up_nobody(caplog):
    register, submitted = Register(1, 2, 3), []

    def submit(submission):
        if submission.message_id.startswith("a2"):
            raise SubmissionError("not agreed")
        submitted.append(submission)

    assert answering(register, submit).sweep() == 2
    assert register.due == [2]
    assert "cannot be sent: not agreed" in caplog.text


def test_a_step_that_was_passed_meanwhile_is_not_sent():
    register, submitted = Register(1, 2), []
    register.levels["KR-KCS", "urn:uuid:about-1"] = "L5"
    assert answering(register, submitted.append).sweep() == 1
    assert [one.message_id for one in submitted] == ["a2@tw.example"]
    assert register.due == []


def test_only_one_process_answers():
    register = Register(1)
    assert answering(register, lambda _: pytest.fail("submitted"), mine=lambda: False).sweep() == 0
    assert register.due == [1]


def test_properties_that_have_no_value_are_left_out():
    found = {one.name: one.value for one in properties_of("A", "B", "p.1", "", "9", "")}
    assert found == {"originalSender": "A", "finalRecipient": "B", "profile": "p.1", "function": "9"}


def test_a_store_that_is_away_is_asked_again():
    def away():
        raise StorageUnavailable("disk")

    assert quietly(away)() == 0
    assert quietly(lambda: 3)() == 3


def test_a_later_step_does_not_overtake_an_earlier_one():
    register, submitted, under_way = Register(1, 2), [], ["a1@tw.example"]
    register.before = [replace(owed(1).entry, sending="SENT"), owed(2).entry]
    register.due = [2]
    sweeping = Answering(packs(), register, submitted.append, lambda _: False, under_way=under_way.__contains__)
    assert (sweeping.sweep(), register.due) == (0, [2])
    under_way.clear()
    assert (sweeping.sweep(), register.due) == (1, [])
    # One that could not be submitted holds up what comes after it.
    register.before[0] = owed(1).entry
    register.due = [2]
    assert sweeping.sweep() == 0


def test_who_was_quicker_has_sent_it(caplog):
    register, known = Register(1), [False, True]

    def submit(_):
        raise SubmissionError("an earlier message has it")

    assert answering(register, submit, known=lambda _: known.pop(0)).sweep() == 1
    assert (register.due, caplog.text) == ([], "")
