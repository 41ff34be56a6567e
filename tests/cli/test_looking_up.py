"""Which message is meant where two have one MessageId."""

from dataclasses import dataclass

import pytest

from node.cli.looking_up import span, the_message
from node.cli.problems import CommandFailed
from node.retrieving import Message

ID = "m1@tw.example"


@dataclass
class Two:
    """A node that knows of two messages with one MessageId."""

    messages: tuple[Message, ...] = (Message(ID, "kr", "in"), Message(ID, "us", "in"), Message(ID, "us", "out"))

    @property
    def proof(self) -> "Two":
        return self

    def retrieving(self) -> "Two":
        return self

    def searching(self) -> "Two":
        return self

    def named(self, _: str) -> tuple[Message, ...]:
        return self.messages

    def completed(self, _: str) -> list[str]:
        return [ID]


def test_partner_and_direction_tell_them_apart() -> None:
    assert the_message(Two(), "m1", "kr") == Message(ID, "kr", "in")
    assert the_message(Two(), "m1", "us", "out") == Message(ID, "us", "out")
    with pytest.raises(CommandFailed) as caught:
        the_message(Two(), "m1", "us")
    (told,) = caught.value.told
    assert told.problem == "2 messages have this MessageId"
    assert told.remedy.startswith("say which: --partner kr --direction in; --partner us")


def test_a_time_is_from_one_instant_to_a_later_one() -> None:
    assert [str(one) for one in span("2026-11-24T08:00+08:00", "2026-11-24T00:01Z")] == [
        "2026-11-24 08:00:00+08:00",
        "2026-11-24 00:01:00+00:00",
    ]
    with pytest.raises(CommandFailed):
        span("2026-11-24T08:00+08:00", "2026-11-24T00:00Z")
