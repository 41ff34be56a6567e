"""ISO Schematron in a pack judges as its rules in TOML do."""

import pytest
from lxml import etree

from node.customs.checking.judging import breaches
from node.customs.finding import Severity
from node.customs.packs.problems import PackRefused
from node.customs.packs.schematron import read_schematron

SPACE = "urn:x:1"
HEAD = '<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2"><ns prefix="x" uri="urn:x:1"/>'
ROOT = etree.fromstring(
    f'<r xmlns="{SPACE}"><item n="1"><price>0</price></item><item n="2" free="yes"><price>0</price></item><item n="3"><price>5</price></item></r>'
)


def read(body):
    return list(read_schematron(f"{HEAD}{body}</schema>".encode(), "p/rules/x.sch", SPACE, "x.y"))


def told(body, root=ROOT):
    found = []
    for rule in read(body):
        for breach in breaches(rule, root):
            finding = rule.text.found("", *breach.args)
            found.append((finding.rule, breach.node.get("n"), finding.en, finding.zh))
    return found


PRICE = '<assert id="P-01" test="x:price > 0" diagnostics="d">Item <value-of select="@n"/> has price <value-of select="x:price"/>.</assert>'
WORDS = '<diagnostics><diagnostic id="d" xml:lang="zh-Hant">單價 <value-of select="x:price"/>，第 <value-of select="@n"/> 項</diagnostic></diagnostics>'


def test_an_assert_that_does_not_hold_is_told_in_both_languages():
    body = f'<pattern><rule context="x:item">{PRICE}</rule></pattern>{WORDS}'
    assert told(body) == [
        ("P-01", "1", "Item 1 has price 0.", "單價 0，第 1 項"),
        ("P-01", "2", "Item 2 has price 0.", "單價 0，第 2 項"),
    ]


def test_the_first_rule_of_a_pattern_that_matches_a_node_judges_it_alone():
    free = '<rule context="x:item[@free = \'yes\']"><report id="P-02" role="warning" test="x:price != 0">no</report></rule>'
    body = f'<pattern>{free}<rule context="x:item">{PRICE}</rule></pattern>{WORDS}'
    assert [(rule, item) for rule, item, *_ in told(body)] == [("P-01", "1")]
    # Another pattern sees every node again.
    assert [
        item for _, item, *_ in told(f'{body}<pattern><rule context="x:item">{PRICE.replace("P-01", "P-03")}</rule></pattern>')
    ] == ["1", "1", "2"]


def test_a_report_is_told_when_it_holds():
    body = '<pattern><rule context="/x:r"><report id="P-02" test="x:item[@free]">free</report></rule></pattern>'
    assert [rule for rule, *_ in told(body)] == ["P-02"]


def test_variables_of_schema_pattern_and_rule():
    body = (
        '<let name="most" value="3"/><pattern><let name="all" value="count(/*/x:item)"/><rule context="x:r">'
        '<let name="few" value="$all - 1"/><assert id="P-04" test="$few >= $most">only <value-of select="$few"/></assert></rule></pattern>'
    )
    assert [en for *_, en, _ in told(body)] == ["only 2"]


@pytest.mark.parametrize(
    ("role", "severity"),
    [
        ("", Severity.FATAL),
        ("error", Severity.FATAL),
        ("fatal", Severity.FATAL),
        ("hold", Severity.HOLD),
        ("warning", Severity.WARNING),
    ],
)
def test_roles_are_severities(role, severity):
    (rule,) = read(f'<pattern><rule context="x:r"><assert id="A" role="{role}" test="1">x</assert></rule></pattern>')
    assert (rule.text.severity, rule.text.stage, rule.text.zh) == (severity, 6, "x")


def test_alternatives_of_a_context_are_parted_outside_of_strings_and_predicates():
    body = "<pattern><rule context=\"x:item[@n = 'a|b' or x:price | x:none] | x:r\"><report id='A' test='true()'>x</report></rule></pattern>"
    assert len(told(body)) == 4


@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (b"<schema/>", "the root element is schema"),
        (b"<a", "not well-formed"),
        (HEAD.replace("xslt2", "xslt").encode() + b"</schema>", 'queryBinding = "xslt"'),
        ((HEAD + "</schema>").encode(), "no assert and no report for x.y"),
        ((HEAD + '<phase id="a"/></schema>').encode(), "line 1: phase in schema is not understood"),
        ((HEAD + '<pattern abstract="true"/></schema>').encode(), "line 1: abstract of pattern is not understood"),
        (
            (HEAD + '<pattern><rule context="x:r"><extends rule="a"/></rule></pattern></schema>').encode(),
            "extends in rule is not understood",
        ),
        (
            (HEAD + '<pattern><rule context="x:r"><assert test="1">x</assert></rule></pattern></schema>').encode(),
            "an assert has an id",
        ),
        (
            (HEAD + '<pattern><rule context="x:r"><assert id="A" test="1 +">x</assert></rule></pattern></schema>').encode(),
            "line 1: A: ",
        ),
        (
            (
                HEAD + '<pattern><rule context="x:r"><assert id="A" role="x" test="1">x</assert></rule></pattern></schema>'
            ).encode(),
            "A: role 'x'",
        ),
        (
            (
                HEAD + '<pattern><rule context="x:r"><assert id="A" test="1" diagnostics="d">x</assert></rule></pattern></schema>'
            ).encode(),
            "there is no diagnostic d",
        ),
        (
            (HEAD + '<pattern><rule><assert id="A" test="1">x</assert></rule></pattern></schema>').encode(),
            "its rule has no context",
        ),
    ],
)
def test_what_is_not_understood_is_refused_by_its_name(octets, problem):
    with pytest.raises(PackRefused) as refused:
        list(read_schematron(octets, "p/rules/x.sch", SPACE, "x.y"))
    assert any(problem in str(one) for one in refused.value.problems), refused.value
    assert all(one.file == "p/rules/x.sch" for one in refused.value.problems)
