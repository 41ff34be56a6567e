import pytest

from tests.customs.edifact.manifests import rules, short, told


@pytest.mark.parametrize(
    ("old", "new", "element"),
    [
        ("KSL27000001", "K" * 36, "1154"),
        ("9812341", "9812341000", "8213"),
        ("GID+1+", "GID+123456+", "1496"),
        ("GID+1+", "GID+A+", "1496"),
        ("27:BX", "2.7.1:BX", "7224"),
        ("27:BX", "123456789:BX", "7224"),
        ("CNT+7:594:KGM", "CNT+7::KGM", "6066"),
        ("CNT+7:594:KGM", "CNT", "C270"),
        ("TDT+20+", "TDT++", "8051"),
        ("Ball bearings", "x" * 71, "4440"),
        ("FTX+AAA+++Ball bearings", "FTX+AAA+++:Ball bearings", "4440"),
        ("LOC+5+JPTYO:139:6", "LOC+5+JPTYO:139:6:Tokyo:x", "C517"),
        ("GIS+22", "GIS+22+x", "GIS"),
        ("KGM:594", "KGMM:594", "6411"),
        ("DTM+137:202611160930:203", "DTM+137:20261316:102", "2380"),
    ],
)
def test_an_element_that_breaks_its_form_is_named(old: str, new: str, element: str) -> None:
    assert ("EDI-04", element) in {(one[0], one[2]) for one in told(short((old, new)))}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("KSL27000001", "K" * 35),
        ("G+KGM:594", "G+KGM:-594"),
        ("G+KGM:594", "G+KGM:.5"),
        ("G+KGM:594", "G+KGM:-123456789012345.678"),
        ("GIS+22", "GIS+22+++"),
        ("GIS+22", "GIS+22:::"),
        ("LOC+5+JPTYO:139:6", "LOC+5+JPTYO:139:6::+"),
    ],
)
def test_an_element_that_keeps_its_form_passes(old: str, new: str) -> None:
    assert "EDI-04" not in rules(short((old, new)))


def test_the_finding_says_segment_and_element() -> None:
    from tests.customs.edifact.manifests import converted

    (found,) = converted(short(("9812341", "9812341000"))).verdict.findings
    assert found.location == "/UNH[1]/SG1[1]/TDT[1]/8213" and found.args == ("8213", "8.1", "segment 4")
