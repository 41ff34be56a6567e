"""The rules that hold for every document."""

import json
import re

import pytest

from node.customs.rulebook import RULEBOOK


def test_there_are_as_many_as_the_design_says():
    prefixes = [rule.partition("-")[0] for rule in RULEBOOK]
    assert {prefix: prefixes.count(prefix) for prefix in sorted(set(prefixes))} == {"EDI": 8, "GEN": 9, "LC": 3, "SIG": 5}


@pytest.mark.parametrize("rule", RULEBOOK.values(), ids=lambda rule: rule.id)
def test_both_languages_name_the_same_arguments(rule):
    assert re.findall(r"\{\d\}", rule.en) == re.findall(r"\{\d\}", rule.zh)


def test_the_texts_are_those_of_the_design(shared):
    for row in json.loads((shared / "documents" / "rules.json").read_bytes()):
        if row["id"] in RULEBOOK:
            rule = RULEBOOK[row["id"]]
            assert (rule.severity.value, rule.stage, rule.en, rule.zh) == (row["severity"], row["stage"], row["en"], row["zh"])
