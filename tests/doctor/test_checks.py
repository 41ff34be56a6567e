"""Each check is proven by a seeded fault, and none finds anything in a healthy home."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from node.doctor.check import Severity, examine
from node.doctor.checks import CHECKS, diagnose
from node.doctor.facts import Facts
from tests.doctor import clock_faults, faults, lapsing, proof_faults
from tests.doctor.faults import Fault
from tests.doctor.homes import Home

FAULTS = (*faults.FAULTS, *lapsing.FAULTS, *clock_faults.FAULTS, *proof_faults.FAULTS)
BY_ID = {one.id: one for one in CHECKS}


@pytest.fixture(scope="session")
def well(healthy: Home) -> Facts:
    return healthy.facts()


def test_a_healthy_home_has_no_finding(well: Facts) -> None:
    found = {one.check.id: [f"{each.place}: {each.what}" for each in one.found] for one in diagnose(well) if one.found}
    assert found == {}
    # And this is no silence: of two thirds there was something to ask.
    assert sum(one.verdict == "ok" for one in diagnose(well)) > 60


def test_every_check_has_a_seeded_fault_and_there_are_more_than_thirty_five() -> None:
    assert {one.check for one in FAULTS} == set(BY_ID)
    assert len(CHECKS) == len(BY_ID) > 35


@pytest.mark.parametrize("fault", FAULTS, ids=[f"{n}-{one.check}" for n, one in enumerate(FAULTS)])
def test_a_seeded_fault_is_found_with_its_place_and_its_fix(
    home_at: Callable[[Path], Home], tmp_path: Path, well: Facts, fault: Fault
) -> None:
    if fault.seed is None and not fault.environment:
        facts = well
    else:
        home = home_at(tmp_path / "demo")
        held = fault.seed(home) if fault.seed else None
        try:
            facts = home.facts(environment=fault.environment)
        finally:
            if hasattr(held, "close"):
                held.close()
        shutil.rmtree(tmp_path / "demo", ignore_errors=True)
    if fault.told is not None:
        facts = fault.told(facts)
    result = examine(BY_ID[fault.check], facts)
    assert not result.not_applicable
    fitting = [one for one in result.found if fault.place in one.place and fault.what in one.what]
    assert fitting, [(one.place, one.what) for one in result.found]
    assert all(one.fix and one.who and one.severity for one in result.found)
    assert result.counts == any(one.severity is not Severity.INFO for one in result.found)


@pytest.mark.parametrize(
    ("seed", "severity"),
    [
        (lapsing.seeds(lapsing.HARD, lapsing.listed(1, 30), lapsing.asked("busy", 2)), Severity.INFO),
        (lapsing.seeds(lapsing.HARD, lapsing.listed(1, 30), lapsing.asked("busy", 3)), Severity.WARNING),
        (lapsing.seeds(lapsing.HARD, lapsing.listed(25, 30), lapsing.asked("busy", 1)), Severity.WARNING),
        (lapsing.seeds(lapsing.HARD, lapsing.asked("busy", 1)), Severity.WARNING),
    ],
)
def test_an_address_that_may_only_be_busy_does_not_press(home: Home, seed: lapsing.Seed, severity: Severity) -> None:
    seed(home)
    result = examine(BY_ID["revocation.fetched"], home.facts())
    assert {one.severity for one in result.found} == {severity}


@pytest.mark.parametrize(
    ("until", "now", "severity"), [(80, 0, "info"), (20, 0, "warning"), (20, 21, "CONFIG"), (20, 51, "info")]
)
def test_the_end_of_a_version_presses_more_and_more_and_is_history_one_day(
    home: Home, until: float, now: float, severity: str
) -> None:
    lapsing.signed(until=until)(home)
    (found,) = examine(BY_ID["sheets.ends"], lapsing.later(now)(home.facts())).found
    assert found.severity == severity
    assert "n2n partner propose kr" in found.fix


def test_a_version_that_is_to_follow_and_is_not_active_is_named_in_the_remedy(home: Home) -> None:
    lapsing.signed(until=20)(home)
    with lapsing.nodes(home) as (here, _):
        here.agreeing.propose("kr", {"title": "the next"}, lapsing.Times(), lapsing.ANN)
    (found,) = examine(BY_ID["sheets.ends"], home.facts()).found
    assert found.fix == "version 2 is to follow, and is to be answered before then: n2n partner versions kr"
