"""Both engines give every expression of every rule one meaning; what is no expression is refused with its place."""

import math
from collections.abc import Mapping
from typing import Any

import pytest
from lxml import etree

from node.customs.xpath.expression import Expression, ExpressionFailed, ExpressionRefused, compile_expression
from node.customs.xpath.translate import Kind
from node.library import shipped_documents
from tests.customs.rules.table import tried
from tests.customs.rules.test_cases import TABLES
from tests.documents import NOW, offline

SPACE = "urn:x:1"
#: Documents of many rows are asked once.
LONG = ("man-sea-20", "man-sea-amendment", "aeo-full-50")


def alike(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    if isinstance(one, etree._Element) and isinstance(other, etree._Element):
        # libxml2 copies a node of another document.
        return one is other or etree.tostring(one, with_tail=False) == etree.tostring(other, with_tail=False)
    return type(one) is type(other) and one == other


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How often the engines were asked, and differed."""
    counted = {"asked": 0}
    ask = Expression.ask

    def both(expression: Expression, node: Any, variables: Mapping[str, Any]) -> Any:
        fast = ask(expression, node, variables)
        if expression.fast:
            counted["asked"] += 1
            slow = expression.ask_slowly(node, variables)
            assert alike(fast, slow), f"{expression.text}: {fast!r} and {slow!r}"
        return fast

    monkeypatch.setattr(Expression, "ask", both)
    return counted


@pytest.mark.slow
def test_both_engines_agree_over_every_sample(compared: dict[str, int]) -> None:
    for path in sorted(shipped_documents().glob("n2n-*/samples/good/*.xml")):
        desk = offline()
        for before in sorted(path.with_suffix(".prior").glob("*.xml")):
            desk.put_on_file(before.read_bytes(), NOW)
        assert desk.check(path.read_bytes(), NOW).verdict.accepted, path.name
    assert compared["asked"] > 3_000


@pytest.mark.slow
def test_both_engines_agree_over_every_case(compared: dict[str, int]) -> None:
    for cases in TABLES.values():
        for case in cases:
            if case.base not in LONG or case is cases[0]:
                tried(case)
    assert compared["asked"] > 50_000


def ask(said: str, document: str = f'<r xmlns="{SPACE}"><a k="1">2</a><a>3</a></r>', **variables: Any) -> Any:
    kinds = {name: Kind.NODES if isinstance(value, list) else Kind.TEXT for name, value in variables.items()}
    return compile_expression(said, {}, SPACE, kinds).ask(etree.fromstring(document), variables)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("a[", "unexpected"),
        ("n2n:nothing(a)", "nothing"),
        ("x:a", "prefix"),
        ("$gone", r"\$gone is not declared"),
        ("a(1)", "unknown"),
    ],
)
def test_what_is_no_expression_is_refused(said: str, told: str) -> None:
    with pytest.raises(ExpressionRefused, match=told):
        compile_expression(said, {}, SPACE)


def test_what_xpath_1_does_not_have_is_asked_of_elementpath() -> None:
    expression = compile_expression("if (a[1] > 1) then upper-case('x') else ()", {}, SPACE)
    assert not expression.fast
    assert expression.ask(etree.fromstring(f'<r xmlns="{SPACE}"><a>2</a></r>'), {}) == "X"


def test_an_expression_without_a_value_fails_by_its_name() -> None:
    with pytest.raises(ExpressionFailed, match="xs:date"):
        ask("xs:date(a[1]) = xs:date('2026-01-01')")


def test_a_text_that_looks_like_a_number_stays_a_text() -> None:
    assert ask("n2n:plain(data(a))", f'<r xmlns="{SPACE}"><a>0012</a></r>') == "0012"
    assert ask("for $one in a return string($one)", f'<r xmlns="{SPACE}"><a>0012</a></r>') == "0012"


def test_each_argument_is_asked_at_the_node_itself() -> None:
    assert ask("n2n:total(if (exists(a)) then 1 else 0, a)") == "6"


def test_a_variable_of_another_document_keeps_its_surroundings() -> None:
    other = etree.fromstring(f'<o xmlns="{SPACE}"><a><b>1</b></a></o>')
    (found,) = ask("$other/a/b", other=[other])
    assert found.getparent().getparent() is other


def test_the_names_of_its_variables_are_known() -> None:
    kinds = {"one": Kind.TEXT, "two": Kind.TEXT}
    assert compile_expression("$one = 'x' or (some $x in a satisfies $x = 1)", {}, SPACE, kinds).variables == {"one"}
