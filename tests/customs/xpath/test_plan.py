"""How an expression is asked: plain parts of libxml2, calls from Python."""

import pytest
from lxml import etree

from node.customs.xpath import functions
from node.customs.xpath.expression import ExpressionFailed, compile_expression
from node.customs.xpath.plan import truth
from node.customs.xpath.translate import Kind

SPACE = "urn:x:1"
ROOT = etree.fromstring(f'<r xmlns="{SPACE}"><a> 1  2 </a><a>3</a><b>2026-01-01</b></r>')


def ask(said, **variables):
    kinds = {name: Kind.NODES if isinstance(value, list) else Kind.TEXT for name, value in variables.items()}
    expression = compile_expression(said, {}, SPACE, kinds)
    assert expression.fast
    return expression.ask(ROOT, variables)


@pytest.mark.parametrize(
    ("value", "holds"),
    [
        ([], False),
        ([ROOT], True),
        ("", False),
        ("false", True),
        (0.0, False),
        (float("nan"), False),
        (-1.0, True),
        (False, False),
    ],
)
def test_truths(value, holds):
    assert truth(value) is holds


def test_a_function_gets_the_collapsed_text_of_the_first_node():
    assert ask("n2n:plain(a)") == "1 2"
    assert ask("n2n:plain(c)") == ""
    assert ask("n2n:total(a)") == "3"


def test_calls_stand_within_truths_comparisons_and_sums():
    assert ask("n2n:day(b) + 1 = n2n:day('2026-01-02') and not(n2n:whole(b, 'x') or c)") is True
    assert ask("(n2n:day(b) - n2n:day(b)) * 2 < 1") is True
    assert ask("n2n:day(b) div 1 > 0 and n2n:plain(b) != 'x'") is True


def test_what_is_known_already_is_not_asked_further(monkeypatch):
    calls = []

    def counted(value):
        calls.append(value)
        return True

    # Functions are taken when an expression is made.
    with monkeypatch.context() as patch:
        given = functions.FUNCTIONS["latin"]
        patch.setitem(functions.FUNCTIONS, "latin", functions.Function(counted, given.yields, 1, 1, ""))
        assert ask("c and n2n:latin(a)") is False
        assert ask("a or n2n:latin(a)") is True
        assert calls == []
        assert ask("a and n2n:latin(a)") is True
        assert calls == ["1 2"]


def test_a_call_within_a_predicate_is_asked_at_each_node():
    assert [one.text for one in ask("a[n2n:whole(., '[0-9]')]")] == ["3"]


@pytest.mark.parametrize("said", ["n2n:whole(a, '[')", "a[n2n:whole(., '[')]"])
def test_a_call_without_a_value_fails_the_expression(said):
    with pytest.raises(ExpressionFailed, match="regular expression"):
        ask(said)


@pytest.mark.parametrize(
    "said",
    [
        "n2n:day(b) <= n2n:day('2026-01-01')",
        "n2n:day(b) >= n2n:day('2026-01-01')",
        "not(n2n:day(b) < n2n:day('2026-01-01') or n2n:day(b) > n2n:day('2026-01-01'))",
        "empty(n2n:missing(a, a))",
        "exists(n2n:missing(a, c))",
    ],
)
def test_equal_values_and_empty_answers_of_calls(said):
    assert ask(said) is True


def test_a_path_goes_on_from_every_node_of_a_variable_or_from_none():
    assert ask("$two/text()", two=ROOT.findall("{*}a")) == [" 1  2 ", "3"]
    assert ask("$none/text()", none=[]) == []


def test_paths_from_several_nodes_have_each_node_once():
    assert [one.tag for one in ask("$two/..", two=ROOT.findall("{*}a"))] == [ROOT.tag]
