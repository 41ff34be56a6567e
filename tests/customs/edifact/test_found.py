from node.customs.edifact.found import LISTED, Found
from node.customs.rulebook import RULEBOOK


def test_warnings_never_crowd_out_what_refuses() -> None:
    found = Found()
    for number in range(LISTED + 5):
        found.add(RULEBOOK["EDI-06"].found("", str(number)))
    assert not found.refuses and found.not_listed == 5
    found.add(RULEBOOK["EDI-03"].found("", "BGM"))
    assert found.refuses and len(found.findings) == LISTED + 1


def test_findings_of_a_later_stage_are_left_out() -> None:
    found = Found()
    found.add(RULEBOOK["EDI-03"].found("", "BGM"))
    found.add(RULEBOOK["EDI-05"].found("", "APERAK"))
    assert [one.rule for one in found.findings] == ["EDI-05"]
    assert [one.rule for one in found.listed] == ["EDI-03", "EDI-05"]
