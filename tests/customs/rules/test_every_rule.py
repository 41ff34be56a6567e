"""All 112 rules of the design are there, say what the design says, and each is broken and kept by a case of ours."""

import json
from pathlib import Path
from typing import Any

import pytest

from node.customs.checking.judging import Judge
from node.customs.packs.rule import Rule
from node.customs.rulebook import RULEBOOK
from tests.customs.rules.table import tried
from tests.customs.rules.test_cases import TABLES, TEXTS, first_broken
from tests.documents import packs

ROOT = Path(__file__).parents[3]
#: Rules whose cases are not in the tables here, and the file that breaks and keeps each.
ELSEWHERE = {
    **{f"EDI-{number:02}": "tests/customs/edifact/test_rules.py" for number in range(1, 9)},
    **{f"SIG-{number:02}": "tests/customs/seal/test_judge.py" for number in range(1, 6)},
}
#: Packs beside those of the design, with rules and proofs of their own.
BESIDE = ("NOT-", "REC-")


def rules() -> list[Rule]:
    """The rules of the packs of the design."""
    return [rule for definition in packs().types() for rule in definition.rules if not rule.text.id.startswith(BESIDE)]


@pytest.fixture(scope="module")
def designed(shared: Path) -> dict[str, dict[str, Any]]:
    said = json.loads((shared / "documents" / "rules.json").read_text("utf-8"))
    return {rule["id"]: rule for rule in said}


def test_the_rules_are_those_of_the_design(designed: dict[str, dict[str, Any]]) -> None:
    ours = {**RULEBOOK, **{rule.text.id: rule.text for rule in rules()}}
    assert set(ours) == set(designed)
    assert len(ours) == 112
    for name, text in ours.items():
        wanted = designed[name]
        said = (text.severity.value, text.stage, text.en, text.zh)
        assert said == (wanted["severity"], wanted["stage"], wanted["en"], wanted["zh"]), name


def test_every_rule_is_broken_by_one_case_and_kept_by_another() -> None:
    names = {*RULEBOOK, *(rule.text.id for rule in rules())}
    assert names == {*TABLES, *ELSEWHERE}
    for name, cases in TABLES.items():
        assert any(name == rule for case in cases for rule, _, _ in case.found), f"no case breaks {name}"
        assert any(name not in {rule for rule, _, _ in case.found} for case in cases), f"no case keeps {name}"


@pytest.mark.parametrize("name", ELSEWHERE)
def test_the_rules_whose_cases_are_elsewhere_are_proven_there(name: str) -> None:
    assert name in (ROOT / ELSEWHERE[name]).read_text("utf-8")


def test_both_texts_are_compared_once_for_every_rule() -> None:
    # What GEN-03 says is the parser's word.
    assert set(TEXTS) == {*TABLES} - {"GEN-03"}
    assert all(first_broken(name) for name in TEXTS)


def test_every_place_at_which_a_rule_is_asked_is_broken_by_a_case(monkeypatch: pytest.MonkeyPatch) -> None:
    broken: set[tuple[str, ...]] = set()
    add = Judge._add

    def seen(judge: Judge, rule: Rule, breach: Any) -> None:
        broken.add(words(rule))
        add(judge, rule, breach)

    monkeypatch.setattr(Judge, "_add", seen)
    for cases in TABLES.values():
        for case in cases:
            if case.found:
                tried(case)
    left = sorted({words(rule) for rule in rules()} - broken)
    assert left == [], "\n".join(map(str, left))


def words(rule: Rule) -> tuple[str, ...]:
    some = (rule.context, rule.when, rule.test)
    return (rule.text.id, rule.check or "", *(one.text if one else "" for one in some))
