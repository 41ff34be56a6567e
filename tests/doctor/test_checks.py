"""Each check is proven by a seeded fault, and none finds anything in a healthy home."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from node.doctor.check import Severity, examine
from node.doctor.checks import CHECKS, diagnose
from node.doctor.facts import Facts
from tests.doctor import faults, lapsing
from tests.doctor.faults import Fault
from tests.doctor.homes import Home

FAULTS = (*faults.FAULTS, *lapsing.FAULTS)
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
