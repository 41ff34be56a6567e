"""ISO Schematron becomes rules that say the same: contexts, first match, reports, variables, abstract rules and patterns, both languages."""

import pytest
from lxml import etree

from node.customs.checking.judging import breaches
from node.customs.finding import Severity
from node.customs.packs.problems import PackRefused
from node.customs.packs.schematron import read_schematron

HEAD = """<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2"><ns prefix="a" uri="urn:a"/>"""
DOCUMENT = """<a:doc xmlns:a="urn:a" max="3">
  <a:line n="1"><a:qty>2</a:qty><a:kind>box</a:kind></a:line>
  <a:line n="2"><a:qty>5</a:qty><a:kind>bag</a:kind></a:line>
  <a:total>7</a:total><plain/>
</a:doc>"""


def rules(text):
    return list(read_schematron((HEAD + text + "</schema>").encode(), "x/rules/x.sch", "urn:a", "x.doc"))


def found(text, document=DOCUMENT):
    root = etree.fromstring(document)
    told = []
    for rule in rules(text):
        for breach in breaches(rule, root):
            said = rule.text.found("", *breach.args)
            told.append((rule.text.id, breach.node.get("n") or etree.QName(breach.node).localname, said.en))
    return told


def test_an_assertion_must_hold_and_a_report_must_not() -> None:
    text = """<pattern><rule context="a:line">
      <assert id="A" test="a:qty &lt; 4">Too many: <value-of select="a:qty"/> of
        <value-of select="a:kind"/>.</assert>
      <report id="B" test="a:kind = 'box'"><name/> is a box.</report></rule></pattern>"""
    assert found(text) == [("A", "2", "Too many: 5 of bag."), ("B", "1", "line is a box.")]


def test_a_node_is_judged_by_the_first_rule_that_it_matches() -> None:
    text = """<pattern><rule context="a:line[a:kind = 'box']"><assert id="A" test="false()">box</assert></rule>
      <rule context="a:line | a:total"><assert id="B" test="false()">other</assert></rule></pattern>
      <pattern><rule context="a:doc/a:line"><assert id="C" test="false()">every</assert></rule></pattern>"""
    assert found(text) == [
        ("A", "1", "box"),
        ("B", "2", "other"),
        ("B", "total", "other"),
        ("C", "1", "every"),
        ("C", "2", "every"),
    ]


def test_variables_have_their_value_at_the_document_or_at_the_node() -> None:
    text = """<let name="most" value="number(a:doc/@max)"/><pattern><let name="all" value="sum(//a:qty)"/>
      <rule context="a:line"><let name="mine" value="number(a:qty)"/>
      <assert id="A" test="$mine &lt;= $most"><value-of select="$mine"/> above <value-of select="$most"/></assert></rule>
      <rule context="a:total"><assert id="B" test="number(.) = $all">no</assert></rule></pattern>"""
    assert found(text) == [("A", "2", "5 above 3")]


def test_what_is_abstract_is_filled_in() -> None:
    text = """<pattern abstract="true" id="few"><rule context="$where"><assert id="A" test="count($what) &lt; $most">many</assert></rule></pattern>
      <pattern is-a="few"><param name="where" value="a:doc"/><param name="what" value="a:line"/><param name="most" value="2"/></pattern>
      <pattern><rule abstract="true" id="r"><assert id="B" test="a:kind != 'bag'">bag</assert></rule>
      <rule context="a:line"><extends rule="r"/></rule></pattern>"""
    assert found(text) == [("A", "doc", "many"), ("B", "2", "bag")]


def test_names_without_a_prefix_are_in_no_namespace() -> None:
    assert found("""<pattern><rule context="plain"><assert id="A" test="false()">x</assert></rule></pattern>""") == [
        ("A", "plain", "x")
    ]
    assert found("""<pattern><rule context="line"><assert id="A" test="false()">x</assert></rule></pattern>""") == []


def test_roles_are_severities_and_a_diagnostic_is_the_other_language() -> None:
    text = """<pattern><rule context="a:total">
      <assert id="A" role="warning" test="false()" diagnostics="zh">Total <value-of select="."/></assert>
      <assert id="B" flag="hold" test="false()">B</assert><assert id="C" role="error" test="false()">C</assert></rule></pattern>
      <diagnostics><diagnostic id="zh" xml:lang="zh-Hant">合計 <value-of select="."/>，<value-of select="../@max"/></diagnostic></diagnostics>"""
    first, second, third = rules(text)
    assert [rule.text.severity for rule in (first, second, third)] == [Severity.WARNING, Severity.HOLD, Severity.FATAL]
    assert (first.text.en, first.text.zh) == ("Total {0}", "合計 {0}，{1}")
    assert second.text.zh == "B"
    assert {rule.text.stage for rule in (first, second, third)} == {6}


@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (b"<x/>", "no ISO Schematron"),
        (b"nonsense", "well-formed"),
        ((HEAD.replace("xslt2", "xquery") + "</schema>").encode(), "xquery"),
        ((HEAD + '<include href="other.sch"/></schema>').encode(), "includes"),
        ((HEAD + '<pattern is-a="none"/></schema>').encode(), "none"),
        ((HEAD + '<pattern><rule context="a:x"><assert id="A" test="(">x</assert></rule></pattern></schema>').encode(), "A: "),
        ((HEAD + '<pattern><rule context="b:x"><assert id="A" test="1">x</assert></rule></pattern></schema>').encode(), "A: "),
    ],
)
def test_what_cannot_be_read_is_told(octets: bytes, problem: str) -> None:
    with pytest.raises(PackRefused, match=problem):
        list(read_schematron(octets, "x/rules/x.sch", "urn:a", "x.doc"))
