import pytest

from node.customs.edifact.found import Found
from node.customs.edifact.segments import DEFAULTS, Segment
from node.customs.edifact.walk import Event, Walk
from tests.customs.edifact.manifests import D95B, SHORT, rules, short, told


def test_each_segment_is_given_its_group() -> None:
    walk = Walk(D95B.table, 1, DEFAULTS, Found())
    tags = [
        "UNH",
        "BGM",
        "TDT",
        "LOC",
        "EQD",
        "MEA",
        "CNT",
        "CNI",
        "RFF",
        "CNT",
        "NAD",
        "RFF",
        "NAD",
        "GID",
        "FTX",
        "GID",
        "RFF",
        "GID",
        "CNI",
        "RFF",
        "GID",
        "UNT",
    ]
    places = [(step[1], step[2].tag) for step in walk.steps(Segment(tag, [], n) for n, tag in enumerate(tags, 1)) if step[2]]
    groups = " UNH, BGM,SG1 TDT,SG1 LOC,SG2 EQD,SG2 MEA, CNT,SG4 CNI,SG5 RFF,SG5 CNT,SG7 NAD,SG7 RFF,SG7 NAD,SG10 GID,SG10 FTX,SG10 GID"
    assert places == [tuple(one.split(" ")) for one in (groups + ",SG5 RFF,SG10 GID,SG4 CNI,SG5 RFF,SG10 GID, UNT").split(",")]


def test_every_group_that_opens_is_closed_again() -> None:
    walk = Walk(D95B.table, 1, DEFAULTS, Found())
    steps = list(walk.steps(Segment(tag, [], n) for n, tag in enumerate(["UNH", "CNI", "RFF", "NAD", "RFF"], 1)))
    depth = 0
    for event, _, _ in steps:
        depth += {Event.OPEN: 1, Event.SEGMENT: 0, Event.CLOSE: -1}[event]
    assert depth == -1 and steps[-1][:2] == (Event.CLOSE, "")


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ([("BGM+785+KSL-043W+9'\n", "")], ("/UNH[1]/BGM", "BGM")),
        ([("GID+1+27:BX'\n", ""), ("FTX+AAA+++Ball bearings'\n", ""), ("MEA+AAE+G+KGM:594'\n", ""), ("CST++848210:122'\n", "")],
         ("/UNH[1]/SG4[1]/SG5[1]/GID", "GID")),
        ([("GIS+22'", "XYZ+1'")], ("/UNH[1]/SG1[1]/XYZ", "XYZ")),
        ([("GIS+22'", "DTM+137:20261116:102'GIS+22'")], None),
        ([("GIS+22'", "BGM+785'")], ("/UNH[1]/SG1[1]/BGM", "BGM")),
        ([("CST++848210:122'", "CST++848210:122'CST++848210:122'")], ("/UNH[1]/SG4[1]/SG5[1]/SG10[1]/CST", "CST")),
        ([("GIS+22'", "'")], ("/UNH[1]/SG1[1]/", "")),
        ([("RFF+BM:KSL27000001'", "RFF+BM:KSL27000001'RFF+UCN:1'")], ("/UNH[1]/SG4[1]/SG5[1]/GID", "GID")),
    ],
)  # fmt: skip
def test_a_segment_out_of_place_or_missing_is_told_with_its_place(
    changes: list[tuple[str, str]], found: tuple[str, str] | None
) -> None:
    breaches = [one[1:] for one in told(short(*changes)) if one[0] == "EDI-03"]
    assert breaches[:1] == ([found] if found else [])


def test_a_segment_may_stand_as_often_as_the_table_says_and_no_oftener() -> None:
    dtm = "DTM+137:202611160930:203'\n"
    assert rules(short((dtm, dtm * 9))) == []
    assert "EDI-03" in rules(short((dtm, dtm * 10)))


def test_a_place_counts_groups_within_their_group() -> None:
    consignment = SHORT[SHORT.index("RFF+BM") : SHORT.index("UNT+")]
    second = consignment.replace("KSL27000001", "KSL27000002").replace("FTX+AAA", "XXX+AAA")
    places = [one[1] for one in told(short((consignment, consignment + second))) if one[0] == "EDI-03"]
    assert places == ["/UNH[1]/SG4[1]/SG5[2]/SG10[1]/XXX"]
