"""Rules asked at their nodes: let, when, test, arguments, places; and programs beside them."""

import pytest
from lxml import etree

from node.customs.checking.found import Found
from node.customs.checking.judging import Breach, Judge, RuleUnfit, breaches
from node.customs.checking.places import Places
from node.customs.packs.rule import read_rule

SPACE = "urn:x:1"
ROOT = etree.fromstring(f'<r xmlns="{SPACE}"><a k="1">1</a><a k="2">2</a><row><b>3</b></row></r>')


def rule(rows=(), **said):
    table = {"id": "X-01", "severity": "F", "stage": 6, "en": "no {0}", "zh": "非 {0}", **said}
    (made,) = read_rule(table, {}, SPACE, rows, "x.y")
    return made


def found(start=ROOT, **said):
    return [(one.node.tag.partition("}")[2], one.args) for one in breaches(rule(**said), start)]


def test_every_node_of_the_context_is_judged():
    assert found(context="a", test="@k = '1'", args=["."]) == [("a", ("2",))]
    assert found(context="a", test="false()") == [("a", ()), ("a", ())]
    assert found(context="c", test="false()") == []


def test_when_leaves_nodes_out_with_variables_or_without():
    assert found(context="a", when="@k = '2'", test="false()", args=["@k"]) == [("a", ("2",))]
    assert found(context="a", let={"two": "string(@k)"}, when="$two = '2'", test="$two != '2'", args=["$two"]) == [("a", ("2",))]


def test_a_variable_may_use_those_before_it():
    let = {"one": "string(.)", "two": "concat($one, $one)"}
    assert found(context="a", let=let, test="$two = '11'", args=["$two"]) == [("a", ("22",))]


def test_the_finding_points_from_the_node_and_at_its_parent_when_nothing_is_there():
    (breach,) = breaches(rule(test="false()", at="row/b"), ROOT)
    assert breach.node.tag.endswith("}b")
    (breach,) = breaches(rule(test="false()", at="nothing"), ROOT)
    assert breach.node is ROOT
    (breach,) = breaches(rule(test="false()", at="a/@k"), ROOT)
    assert breach.node is ROOT


def test_a_truth_as_context_is_the_start_itself():
    assert found(context="count(a) = 2", test="false()") == [("r", ())]
    assert found(context="count(a) = 3", test="false()") == []


def test_a_number_as_test_is_a_truth():
    assert found(context="a", test="count(@k) - 1") == [("a", ()), ("a", ())]
    assert found(context="a", test="number(.) - 1", args=["."]) == [("a", ("1",))]


def test_a_rule_that_does_not_fit_says_its_name():
    with pytest.raises(RuleUnfit, match="X-01: its context selects texts"):
        found(context="a/@k", test="false()")
    with pytest.raises(RuleUnfit, match=r"X-01: .*xs:date"):
        found(test="xs:date(a[1]) = xs:date('2026-01-01')")


class Program:
    """Says that a row is wrong, and that the end is."""

    def row(self, element, path):
        yield Breach(element, ("row",), path(element), "X-02")

    def end(self, root):
        yield Breach(None, ("end",), "/r/end")


def judged(*rules):
    told = Found()
    judge = Judge(rules, {"one": Program}, Places({}), told)
    return judge, told


def test_programs_see_rows_and_the_end_in_their_stage():
    judge, told = judged(rule(check="one"), rule(check="one", id="X-02"))
    judge.row("row", ROOT[2])
    judge.on_file(ROOT)
    judge.inside(ROOT)
    findings = told.verdict("x").findings
    assert [(one.rule, one.location, one.args, one.en) for one in findings] == [
        ("X-02", "/r/row", ("row",), "no row"),
        ("X-01", "/r/end", ("end",), "no end"),
    ]


def test_rules_of_rows_are_asked_of_rows_alone():
    judge, told = judged(rule(("row",), context="row/b", test="false()"), rule(context="a", test="true()"))
    judge.inside(ROOT)
    assert told.verdict("x").findings == ()
    judge.row("other", ROOT[2])
    judge.row("row", ROOT[2])
    assert [one.location for one in told.verdict("x").findings] == ["/r/row/b"]


def test_stage_7_is_asked_at_the_end_alone():
    judge, told = judged(rule(stage=7, test="false()"))
    judge.inside(ROOT)
    assert told.verdict("x").findings == ()
    judge.on_file(ROOT)
    assert [one.rule for one in told.verdict("x").findings] == ["X-01"]
