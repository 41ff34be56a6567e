"""A map is read with all its problems, each with its line."""

import pytest

from node.customs.mapping.table import MapRefused, MapTable, Way, read_table

HEAD = """# title: Theirs
# type: co.x
# root: t:Doc
# ns t: urn:t
# order t:Party: t:ID t:Name
source_path,target_path,direction,transform,condition,needed,loss_note
"""


def table(rows: str, head: str = HEAD) -> MapTable:
    return read_table("theirs", (head + rows).encode(), "{urn:o}Doc", {"kind": b"ours,theirs\n1,A\n"})


def test_a_table_says_what_it_is_for() -> None:
    read = table(
        "ID,t:ID,both,,,yes,\n# a remark\nKind,t:Kind,out,codes:kind,ID = '1',,told\n,t:V,out,const:1,,,\nX,,out,,,,no place\n"
    )
    assert (read.name, read.title, read.type_id, read.ours, read.theirs) == (
        "theirs",
        "Theirs",
        "co.x",
        "{urn:o}Doc",
        "{urn:t}Doc",
    )
    assert read.orders == {"{urn:t}Party": ["{urn:t}ID", "{urn:t}Name"]}
    number, kind, version, lost = read.rows
    assert number.needed and number.goes(Way.IN) and number.goes(Way.OUT) and number.line == 7
    assert kind.condition and kind.goes(Way.OUT) and not kind.goes(Way.IN)
    assert version.ours is None and version.transform.constant == "1"
    assert lost.theirs is None and lost.loss == "no place"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("ID,t:ID,up,,,,", "direction 'up'"),
        ("ID,x:ID,out,,,,", "prefix 'x'"),
        ("ID,t:ID,out,lower,,,", "lower"),
        ("ID,t:ID,out,,(,,", "'\\('"),
        ("ID,t:ID,both,,ID = '1',,", "one row in and one out"),
        ("ID,,out,,,,", "loss_note"),
        ("ID,t:ID,out", "3 cells"),
        ("ID,t:ID,out,codes:none,,,", "codes:none"),
    ],
)
def test_a_bad_row_is_told_with_its_line(row: str, problem: str) -> None:
    with pytest.raises(MapRefused, match=f"line 8: .*{problem}"):
        table(f"ID,t:ID,out,,,,\n{row}\n")


@pytest.mark.parametrize(
    ("head", "problem"),
    [
        (HEAD.replace("# type: co.x\n", ""), "type"),
        (HEAD.replace("t:Doc", "u:Doc"), "'u'"),
        (HEAD.replace("# title", "# owner"), "owner"),
        (HEAD.replace("loss_note", "loss"), "line 6: the columns"),
        (HEAD.replace("t:Party:", "u:Party:"), "'u'"),
        ("", "columns"),
    ],
)
def test_a_head_that_says_too_little_is_refused(head: str, problem: str) -> None:
    with pytest.raises(MapRefused, match=problem):
        table("", head)


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(MapRefused) as refused:
        table("ID,t:ID,up,,,,\nID,x:ID,out,,,,\n")
    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == ["line 7", "line 8"]
