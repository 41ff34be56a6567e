"""Every rule of the packs has cases that break it and cases that keep it, at the places and with the words of the design."""

import tomllib
from pathlib import Path

import pytest

from node.customs.finding import Finding
from tests.customs.rules import aeo, co, gen, man, res
from tests.customs.rules.table import Case, tried

TABLES = {**gen.CASES, **co.CASES, **aeo.CASES, **man.CASES, **res.CASES}
EVERY = [
    pytest.param(rule, case, id=f"{rule}-{number}") for rule, cases in TABLES.items() for number, case in enumerate(cases, 1)
]
TEXTS = tomllib.loads((Path(__file__).parent / "texts.toml").read_text("utf-8"))


def place_of(finding: Finding) -> str:
    """Below the root."""
    _, _, below = finding.location.removeprefix("/").partition("/")
    return below


@pytest.mark.parametrize(("rule", "case"), EVERY)
def test_a_case_is_judged_as_it_should_be(rule: str, case: Case) -> None:
    checked = tried(case)
    findings = checked.verdict.findings
    # Not every argument is ours: the parser says what is wrong with a structure.
    foreign = {name for name, _, args in case.found if args is None}
    found = [(one.rule, place_of(one), None if one.rule in foreign else one.args) for one in findings]
    assert sorted(found, key=str) == sorted(case.found, key=str)
    assert (checked.filing is not None) == checked.verdict.accepted
    said = next((one for one in findings if one.rule == rule), None)
    if said is not None and case is first_broken(rule) and rule in TEXTS:
        assert (said.en, said.zh) == (TEXTS[rule]["en"], TEXTS[rule]["zh"])


def first_broken(rule: str) -> Case:
    """The first case in which the rule is broken."""
    return next(case for case in TABLES[rule] if any(name == rule for name, _, _ in case.found))
