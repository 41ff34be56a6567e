"""Each rule of EDIFACT by its number: a case that keeps it and one that breaks it, and nothing else. Source: DESIGN 3.6."""

import pytest

from node.customs.rulebook import RULEBOOK
from tests.customs.edifact.manifests import rules, short

CASES: dict[str, list[tuple[list[tuple[str, str]], list[tuple[str, str]]]]] = {
    "EDI-01": [
        ([], [("UNZ+1+", "UNZ+2+")]),
        ([("TYO00042", "TYO00043")], [("UNZ+1+TYO00042", "UNZ+1+TYO00043")]),
        ([("M0001", "M0002")], [("UNH+M0001", "UNH+M0002")]),
    ],
    "EDI-02": [
        ([("UNOC:3", "UNOD:3")], [("UNOC:3", "UNOG:3")]),
        ([("UNOC:3", "UNOC:4")], [("UNOC:3", "UNOC:5")]),
        ([("UNOC:3", "UNOB:2")], [("UNOC:3", "UNOA:2")]),
    ],
    "EDI-03": [([("GIS+22'", "GIS+22'" * 9)], [("GIS+22'\n", ""), ("CNI+1'", "CNI+1'GIS+22'")])],
    "EDI-04": [([("Ball bearings", "x" * 70)], [("Ball bearings", "x" * 71)])],
    "EDI-05": [([], [("CUSCAR:D:95B:UN", "CUSCAR:D:96B:UN")])],
    "EDI-06": [([], [("LOC+5+JPTYO:139:6", "LOC+5+JPTYO:139:6:Tokyo")])],
    "EDI-07": [([], [("CNT+10:1'\n", "")]), ([], [("CNT+7:594:KGM'\n", "")]), ([], [("CNT+11:27'\n", "")])],
    "EDI-08": [
        ([], [("LOC+5+JPTYO:139:6'\n", "")]),
        ([("RFF+BM", "RFF+AWB")], [("FTX+AAA", "FTX+AAI"), ("FTX+AAI+++Ball bearings'\n", "")]),
    ],
}


def test_every_rule_has_its_cases() -> None:
    assert sorted(CASES) == sorted(rule for rule in RULEBOOK if rule.startswith("EDI-"))


@pytest.mark.parametrize(("rule", "good", "bad"), [(rule, *case) for rule, cases in CASES.items() for case in cases])
def test_the_good_case_passes_and_the_bad_one_breaks_the_rule_alone(
    rule: str, good: list[tuple[str, str]], bad: list[tuple[str, str]]
) -> None:
    assert rules(short(*good)) == []
    assert set(rules(short(*bad))) == {rule}
