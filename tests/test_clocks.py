"""What people are told of the clocks: how far off, by whom, and when it is more than somebody wants."""

import json
from datetime import timedelta

import pytest

from node.clocks import Clocks, Standing, in_words
from node.references import References
from node.timekeeping.apart import Apart
from node.timekeeping.measurement import Measurement
from node.timekeeping.offset import Offset
from node.timekeeping.timekeeping import Timekeeping
from tests.timekeeping.clock import Machine

MS, S = timedelta(milliseconds=1), timedelta(seconds=1)
REFERENCES = References("ntp", (("a", 123),))
AGREED = {"kr": timedelta(seconds=60), "jp": timedelta(seconds=5)}


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def timekeeping(machine: Machine) -> Timekeeping:
    return Timekeeping(machine, machine.seconds, lambda: REFERENCES.max_age)


def clocks(timekeeping: Timekeeping, machine: Machine, references: References = REFERENCES) -> Clocks:
    return Clocks(timekeeping, references, AGREED.__getitem__, machine.now())


def measured(machine: Machine, offset: float | None, within: float = 10) -> Measurement:
    if offset is None:
        return Measurement(machine.now(), trouble="no reference gave an answer")
    return Measurement(machine.now(), (), Offset(offset * MS, within * MS), "ntp a (1 of 1)")


@pytest.mark.parametrize(
    ("offset", "within", "standing"),
    [
        (3, 10, Standing.RIGHT),
        (-1009, 10, Standing.RIGHT),
        (1011, 10, Standing.OFF),
        (-5000, 10, Standing.OFF),
        (1500, 900, Standing.RIGHT),
    ],
)
def test_only_what_is_proven_is_held_against_the_clock(
    machine: Machine, timekeeping: Timekeeping, offset: float, within: float, standing: Standing
) -> None:
    timekeeping.hold(measured(machine, offset, within))
    found, words = clocks(timekeeping, machine).judged()
    assert found is standing
    assert words == f"{offset:+d} ms, within {within} ms, by ntp a (1 of 1) at 2026-11-28 09:00:00 UTC"


def test_why_nothing_is_known_is_told(machine: Machine, timekeeping: Timekeeping) -> None:
    assert clocks(timekeeping, machine, References()).judged() == (
        Standing.NOT_MEASURED,
        "node.toml names no reference for the clock ([time])",
    )
    assert clocks(timekeeping, machine).judged() == (Standing.UNKNOWN, "no reference has been asked yet")
    timekeeping.hold(measured(machine, None))
    assert clocks(timekeeping, machine).judged() == (Standing.UNKNOWN, "no reference gave an answer")
    timekeeping.hold(measured(machine, 3))
    machine.passes(3601)
    timekeeping.hold(measured(machine, None))
    standing, words = clocks(timekeeping, machine).judged()
    assert standing is Standing.UNKNOWN
    assert words == "it was measured last at 2026-11-28 09:00:00 UTC, which is too long ago: no reference gave an answer"


def test_a_clock_that_was_set_is_told(machine: Machine, timekeeping: Timekeeping) -> None:
    timekeeping.hold(measured(machine, 3))
    machine.set_by(-3600)
    assert clocks(timekeeping, machine).judged()[1] == "the clock was set since it was measured at 2026-11-28 09:00:00 UTC"


def test_a_partner_is_judged_by_its_own_agreement(machine: Machine, timekeeping: Timekeeping) -> None:
    now = machine.now()
    for partner in ("kr", "jp", "gone"):
        timekeeping.partners.hear_date(partner, now + 30 * S, now, now)
    found = {one.partner: one.off for one in clocks(timekeeping, machine).partners()}
    assert found == {"kr": False, "jp": True}


def test_of_messages_the_one_of_today_that_proves_most_counts(machine: Machine, timekeeping: Timekeeping) -> None:
    now = machine.now()
    timekeeping.partners.hear_timestamp("jp", now + 10 * S, now)
    # The next one was sent again, and says nothing.
    timekeeping.partners.hear_timestamp("jp", now - 1000 * S, now)
    (one,) = clocks(timekeeping, machine).partner("jp")
    assert one.off
    assert one.kept.latest.proven == timedelta()
    machine.passes(86_400)
    (one,) = clocks(timekeeping, machine).partner("jp")
    assert not one.off


@pytest.mark.parametrize(
    ("least", "most", "words"),
    [
        (30, 31, "ahead by 30 s to 31 s"),
        (-3600, -3599, "behind by 3599 s to 3600 s"),
        (-0.2, 0.9, "the same as ours within 900 ms"),
        (5, None, "ahead by 5.0 s or more"),
        (-5, None, "not known to be ahead"),
    ],
)
def test_it_is_said_in_words(machine: Machine, least: float, most: float | None, words: str) -> None:
    assert in_words(Apart(least * S, None if most is None else most * S, machine.now())) == words


def test_all_of_it_is_plain_json(machine: Machine, timekeeping: Timekeeping) -> None:
    timekeeping.hold(measured(machine, 3))
    timekeeping.partners.hear_date("kr", machine.now(), machine.now(), machine.now())
    document = json.loads(json.dumps(clocks(timekeeping, machine).document()))
    assert (document["state"], document["offset_ms"], document["within_ms"]) == ("right", 3, 10)
    (kr,) = document["partners"]
    assert (kr["partner"], kr["by"], kr["latest_least_ms"], kr["latest_most_ms"], kr["off"]) == ("kr", "Date", 0, 2000, False)
