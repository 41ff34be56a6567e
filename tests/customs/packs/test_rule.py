"""A rule from its table."""

import pytest
from lxml import etree

from node.customs.packs.rule import RuleRefused, read_rule

TABLE = {"id": "X-01", "severity": "F", "stage": 6, "en": "e", "zh": "z", "test": "a"}


def read(type_id="x.y", rows=(), **changes):
    table = {key: value for key, value in {**TABLE, **changes}.items() if value is not None}
    return list(read_rule(table, {}, "urn:x:1", rows, type_id))


def test_a_rule_counts_for_its_types_and_each_of_its_cases():
    assert len(read()) == 1
    assert read(types=["other"]) == []
    cases = [{"test": "a"}, {"test": "b", "types": ["other"]}, {"test": "c", "context": "d"}]
    assert [rule.test.text for rule in read(test=None, case=cases)] == ["a", "c"]


def test_a_context_of_a_row_begins_at_the_row():
    contexts = {"Row": ".", "Row/b": "./b", "Row[b]": "self::Row[b]", "Row//b": ".//b"}
    for said, asked in contexts.items():
        (rule,) = read(rows=("Row",), context=said)
        assert (rule.row, rule.context.text) == ("Row", asked)
    for said in ("Rows", "a/Row", "//Row"):
        (rule,) = read(rows=("Row",), context=said)
        assert rule.row is None


def test_plain_parts_are_one_question():
    (rule,) = read(context="b", when="c", test="d = 'x'")
    assert (rule.when_left, rule.test_left) == (None, None)
    (rule,) = read(context="b", when="c", test="n2n:latin(d)")
    assert (rule.when_left, rule.test_left.text) == (None, "n2n:latin(d)")
    (rule,) = read(context="b", let={"x": "c"}, when="$x", test="d")
    assert (rule.when_left.text, rule.test_left.text) == ("$x", "d")
    (rule,) = read(context="b", test="$x", let={"x": "c"})
    assert rule.suspects is rule.context
    assert rule.context in rule.expressions


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"severity": None}, "X-01: severity is missing"),
        ({"zh": None}, "X-01: zh is missing"),
        ({"severity": "Q"}, "X-01: 'Q' is not a valid Severity"),
        ({"stage": "six"}, "X-01: invalid literal"),
        ({"test": None}, "X-01: exactly one of test and check"),
        ({"check": "c"}, "X-01: exactly one of test and check"),
        ({"contexts": "b"}, "X-01: contexts is no key of a rule"),
        ({"test": "a +"}, "X-01: 'a \\+'"),
        ({"test": "$x"}, r"X-01: '\$x': \$x is not declared under let"),
        ({"context": "x:a"}, "X-01: 'x:a'"),
        ({"stage": 7, "context": "Row"}, "X-01: a rule of stage 7 looks at no rows"),
        ({"stage": 9}, "X-01: stage 9"),
        ({"stage": [6]}, "X-01: int"),
        ({"args": "a"}, r"X-01: args: 'a' is no list of texts; write it as args = \['a'\]"),
        ({"types": "x.y"}, "X-01: types: 'x.y' is no list of texts"),
        ({"let": "x"}, "X-01: 'str' object"),
        ({"case": {"test": "a"}}, "X-01: case is no list of tables"),
        ({"case": ["a"]}, "X-01: case is no list of tables"),
    ],
)
def test_what_is_no_rule_is_refused(changes, told):
    with pytest.raises(RuleRefused, match=told):
        read(rows=("Row",), **changes)


def test_a_rule_without_a_name_is_refused():
    with pytest.raises(RuleRefused, match="a rule without id"):
        list(read_rule({"severity": "F"}, {}, "urn:x:1", (), "x.y"))


@pytest.mark.parametrize(("when", "found"), [("c", ["2", "3"]), ("count(c)", ["2", "3"]), ("n2n:latin(@n)", ["2", "3", "4"])])
def test_what_is_suspected_is_where_the_rule_might_be_broken(when, found):
    root = etree.fromstring(
        '<r xmlns="urn:x:1"><b n="1"><c/><d>x</d></b><b n="2"><c/><c/></b><b n="3"><c/><d>y</d></b><b n="4"/></r>'
    )
    (rule,) = read(context="b", when=when, test="d = 'x'")
    told = [node.get("n") for node in rule.suspects.ask(root, {})]
    # What is no plain XPath is asked at every node.
    assert told == (found if rule.when_left is None else ["1", *found])
