"""What is known of clocks is there again after a restart, and a damaged record changes nothing."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from node.timekeeping.measurement import by_servers
from node.timekeeping.offset import Offset, Unusable
from node.timekeeping.packet import Answer
from node.timekeeping.record import RecordRefused, document_of, restore
from node.timekeeping.timekeeping import Timekeeping
from tests.timekeeping.clock import Machine

MS = timedelta(milliseconds=1)


def full(machine: Machine) -> Timekeeping:
    found = Timekeeping(machine, machine.seconds, lambda: timedelta(hours=1))
    found.hold(by_servers({"a": Answer(Offset(3 * MS, 10 * MS), 2, MS), "b": Unusable("silent")}, machine.now()))
    machine.passes(60)
    found.hold(by_servers({"a": Unusable("silent")}, machine.now()))
    found.partners.hear_date("kr", datetime(2026, 11, 28, 8, 59, 30, tzinfo=UTC), machine.now(), machine.now())
    found.partners.hear_timestamp("kr", machine.now() - timedelta(days=1), machine.now())
    return found


def test_all_is_there_again() -> None:
    machine = Machine()
    before, after = full(machine), Timekeeping(machine, machine.seconds, lambda: timedelta(hours=1))
    restore(json.loads(json.dumps(document_of(before))), after)
    assert document_of(after) == document_of(before)
    assert after.latest() == before.latest() is not None
    assert after.trouble_since == before.trouble_since is not None
    assert after.partners.all() == before.partners.all()


def test_after_the_machine_was_started_again_the_measurement_is_not_believed() -> None:
    machine = Machine()
    document = document_of(full(machine))
    machine.ran = 5.0
    after = Timekeeping(machine, machine.seconds, lambda: timedelta(hours=1))
    restore(document, after)
    assert after.latest() is None
    assert after.was_set()


def broken() -> dict[str, Any]:
    good = json.dumps(document_of(full(Machine())))
    return {
        "none": None,
        "a list": [],
        "another version": json.loads(good) | {"v": 2},
        "no partners": {k: v for k, v in json.loads(good).items() if k != "partners"},
        "no zone": json.loads(good.replace("+00:00", "")),
        "another way of telling": json.loads(good.replace('"Date"', '"Dates"')),
        "no number": json.loads(good.replace('"stood": ', '"stood": null, "x": ')),
        "beyond every time": json.loads(good.replace('"offset_ms": 3.0', '"offset_ms": 1e300')),
    }


@pytest.mark.parametrize("document", broken().values(), ids=broken())
def test_a_damaged_record_is_refused_whole(document: Any) -> None:
    machine = Machine()
    timekeeping = full(machine)
    before = document_of(timekeeping)
    with pytest.raises(RecordRefused):
        restore(document, timekeeping)
    assert document_of(timekeeping) == before
