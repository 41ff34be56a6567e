"""What is accepted without anybody's word is told when it changes, and once a day."""

import logging
from datetime import timedelta

import pytest

from node.keyring.alarms import BRING, Alarms
from tests.seals import NOW

HOUR = timedelta(hours=1)


def test_an_alarm_is_told_with_its_place_and_remedy(caplog):
    with caplog.at_level(logging.WARNING):
        Alarms().tell("certs/partners/kr", ("its list held until today",), NOW)
    assert caplog.messages == [f"ALARM certs/partners/kr: revocation cannot be told: its list held until today; {BRING}"]


@pytest.mark.parametrize(
    ("place", "alarms", "later", "told"),
    [
        ("kr", ("old",), 23, 1),
        ("kr", ("old",), 24, 2),
        ("kr", ("older",), 1, 2),
        ("tw", ("old",), 1, 2),
        ("kr", (), 1, 1),
    ],
)
def test_it_is_told_again_when_it_changes_and_after_a_day(caplog, place, alarms, later, told):
    one = Alarms()
    with caplog.at_level(logging.WARNING):
        one.tell("kr", ("old",), NOW)
        one.tell(place, alarms, NOW + later * HOUR)
    assert len(caplog.messages) == told
