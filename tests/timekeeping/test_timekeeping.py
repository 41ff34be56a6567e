"""What is told of the clock is what was measured, as long as it is still about this clock."""

from datetime import timedelta

import pytest

from node.evidence.entry import Clock, Entry, Kind
from node.timekeeping.measurement import Measurement
from node.timekeeping.offset import Offset
from node.timekeeping.timekeeping import Timekeeping
from tests.timekeeping.clock import Machine

MS = timedelta(milliseconds=1)


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def timekeeping(machine: Machine) -> Timekeeping:
    return Timekeeping(machine, machine.seconds, lambda: timedelta(hours=1))


def measured(machine: Machine, offset: float | None = 3) -> Measurement:
    if offset is None:
        return Measurement(machine.now(), trouble="nobody answered")
    return Measurement(machine.now(), (), Offset(offset * MS, 10 * MS), "ntp a")


def test_before_anybody_was_asked_nothing_is_told(timekeeping: Timekeeping) -> None:
    assert (timekeeping.latest(), timekeeping.good, timekeeping.last, timekeeping.was_set()) == (None, None, None, False)


def test_an_entry_gets_what_was_measured_last(machine: Machine, timekeeping: Timekeeping) -> None:
    timekeeping.hold(measured(machine))
    at = machine.now()
    machine.passes(3599)
    assert timekeeping.latest() == Clock(3, 10, "ntp a", at)


def test_what_is_too_old_is_not_told(machine: Machine, timekeeping: Timekeeping) -> None:
    timekeeping.hold(measured(machine))
    machine.passes(3601)
    assert timekeeping.latest() is None
    assert timekeeping.good is not None


def test_a_measurement_without_an_answer_leaves_the_one_before(machine: Machine, timekeeping: Timekeeping) -> None:
    timekeeping.hold(measured(machine))
    at = machine.now()
    machine.passes(600)
    timekeeping.hold(measured(machine, None))
    since = machine.now()
    machine.passes(600)
    timekeeping.hold(measured(machine, None))
    assert timekeeping.trouble_since == since
    assert timekeeping.latest() == Clock(3, 10, "ntp a", at)
    timekeeping.hold(measured(machine, 4))
    assert timekeeping.trouble_since is None


def test_an_entry_gets_what_was_heard_of_the_partner(machine: Machine, timekeeping: Timekeeping) -> None:
    assert timekeeping.partner_facts("kr") == []
    timekeeping.partners.hear_date("kr", machine.now() + timedelta(seconds=2), machine.now() - 10.5 * MS, machine.now())
    timekeeping.partners.hear_timestamp("kr", machine.now() - 0.5 * MS, machine.now())
    facts = timekeeping.partner_facts("kr")
    assert facts == [
        {"by": "Date", "least_ms": 2000, "most_ms": 4011, "at": "2026-11-28T09:00:00.000000Z"},
        {"by": "eb:Timestamp", "least_ms": -1, "most_ms": None, "at": "2026-11-28T09:00:00.000000Z"},
    ]
    assert Entry(Kind.RECEIVED, machine.now(), facts={"partner_clock": facts}).octets()


@pytest.mark.parametrize("by", [-3600, -0.6, 0.6, 86_400])
def test_a_clock_that_was_set_since_is_another_clock(machine: Machine, timekeeping: Timekeeping, by: float) -> None:
    timekeeping.hold(measured(machine))
    machine.passes(60)
    machine.set_by(by)
    assert timekeeping.was_set()
    assert timekeeping.latest() is None
    timekeeping.hold(measured(machine))
    assert not timekeeping.was_set()
    assert timekeeping.latest() is not None


def test_what_the_clock_was_set_by_a_little_is_added_to_what_is_not_known(machine: Machine, timekeeping: Timekeeping) -> None:
    timekeeping.hold(measured(machine))
    machine.set_by(0.2)
    found = timekeeping.latest()
    assert found is not None
    assert found.within_ms in (209, 210)
