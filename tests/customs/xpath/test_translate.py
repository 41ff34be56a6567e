"""What is let through to libxml2 means there what XPath 2.0 means by it."""

import math
from datetime import date

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree

from node.customs.profile import Profile
from node.customs.xpath.expression import ExpressionFailed, ExpressionRefused, compile_expression
from node.customs.xpath.scope import Scope, within
from node.customs.xpath.translate import Kind
from tests.documents import packs

SPACE = "urn:x:1"
NAMES = ("a", "b", "c")
TEXTS = ("", "1", "2", "10", "1.5", "-1", "x", "y", "true", "2026-11-20", " 1 ", "x y")

# -- documents

leaves = st.builds(
    lambda name, text, attribute: f"<{name}{attribute}>{text}</{name}>",
    st.sampled_from(NAMES),
    st.sampled_from(TEXTS),
    st.sampled_from(("", ' k="1"', ' k="x"', ' k=""')),
)
elements = st.recursive(
    leaves,
    lambda inner: st.builds(
        lambda name, parts: f"<{name}>{''.join(parts)}</{name}>", st.sampled_from(NAMES), st.lists(inner, max_size=4)
    ),
    max_leaves=8,
)
documents = st.builds(lambda parts: f'<r xmlns="{SPACE}">{"".join(parts)}</r>', st.lists(elements, max_size=4))

# -- expressions

# elementpath has no order of the document in what follows a step over several generations, so these stand alone.
steps = st.sampled_from(
    ("a", "b", "*", ".", "..", "@k", "@*", "text()", "node()", "self::a", "parent::*", "following-sibling::a")
)
deep = st.sampled_from(
    ("//a", "//b[. = 1]", ".//*", "*//b", "descendant::b", "ancestor::*", "a//*[@k]", "descendant::*[self::a or @k = 'x']")
)


def paths(inner):
    step = st.one_of(steps, st.builds(lambda one, predicate: f"{one}[{predicate}]", st.sampled_from(("a", "b", "*")), inner))
    return st.builds(
        lambda parts, start: start + "/".join(parts), st.lists(step, min_size=1, max_size=3), st.sampled_from(("", "/*/", "../"))
    )


def two(inner, signs):
    return st.builds(lambda one, sign, other: f"({one}) {sign} ({other})", inner, st.sampled_from(signs), inner)


def bare(inner, signs):
    """Without parentheses: which sign binds more must be alike."""
    return st.builds(lambda one, sign, other: f"{one} {sign} {other}", inner, st.sampled_from(signs), inner)


def called(inner, names):
    return st.builds(lambda name, one: f"{name}({one})", st.sampled_from(names), inner)


def called_with_two(inner, names):
    return st.builds(lambda name, one, other: f"{name}({one}, {other})", st.sampled_from(names), inner, inner)


constants = st.sampled_from(
    ("1", "2", "10", "1.5", "0", "'1'", "'x'", "''", "true()", "false()", "position()", "last()", "$n", "$t", "$k", "$b")
)
OURS_OF_ONE = (
    "n2n:day",
    "n2n:instant",
    "n2n:in-order",
    "n2n:repeated",
    "n2n:ascending",
    "n2n:plain",
    "n2n:latin",
    "n2n:container",
    "n2n:total",
    "n2n:span",
    "n2n:parameter",
    "n2n:number",
    "n2n:switched",
    "n2n:has-parameter",
)
OURS_OF_TWO = (
    "n2n:whole",
    "n2n:sums-to",
    "n2n:at-most",
    "n2n:missing",
    "n2n:total",
    "n2n:listed",
    "n2n:months-after",
    "n2n:allowed",
)


def larger(inner):
    return st.one_of(
        paths(inner),
        two(inner, ("=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "div", "mod", "and", "or", "|")),
        bare(inner, ("=", "+", "-", "*", "and", "or", "<", "|")),
        called(
            inner,
            (
                "not",
                "boolean",
                "exists",
                "empty",
                "count",
                "sum",
                "number",
                "string",
                "string-length",
                "normalize-space",
                "local-name",
                "-",
            ),
        ),
        called_with_two(inner, ("contains", "starts-with", "substring-before", "substring-after", "substring", "concat")),
        st.builds(lambda one: f"{one} = ('1', 'x')", inner),
        st.builds(lambda one: f"({one})[1]", inner),
        called(deep, ("not", "boolean", "exists", "empty", "count", "sum")),
        two(deep, ("=", "and", "or")),
        called(inner, OURS_OF_ONE),
        called_with_two(inner, OURS_OF_TWO),
    )


expressions = st.one_of(deep, st.recursive(st.one_of(steps, constants), larger, max_leaves=6))


def plain(value):
    if isinstance(value, list):
        # A single text is itself in XPath 2.0.
        return plain(value[0]) if len(value) == 1 and isinstance(value[0], str) else [plain(one) for one in value]
    if isinstance(value, float):
        # A number of nothing is nothing in XPath 2.0; both are false, and the text of both is empty.
        return [] if math.isnan(value) else value
    if isinstance(value, etree._Element):
        return value.getroottree().getpath(value)
    return value


PROFILE = Profile("p.1", (), "1.0", date.min, None, {"x": 1.5, "y": ["1", "x"], "1": True, "10": "2"})


def compared(document, said):
    """Both answers; None for the slow one when XPath 2.0 has no meaning there, or when libxml2 is not asked."""
    root = etree.fromstring(document)
    kinds = {"n": Kind.NUMBER, "t": Kind.TEXT, "k": Kind.NODES, "b": Kind.TRUTH}
    try:
        expression = compile_expression(said, {}, SPACE, kinds)
    except ExpressionRefused:
        return None, None
    if not expression.fast:
        return None, None
    variables = {"n": 2.0, "t": "x", "k": root.findall(f".//{{{SPACE}}}a"), "b": True}
    with within(Scope(PROFILE, date(2026, 11, 20), packs().lists)):
        try:
            slow = expression.ask_slowly(root, variables)
        except ExpressionFailed:
            return None, None
        return plain(expression.ask(root, variables)), plain(slow)


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents, expressions)
@example(f'<r xmlns="{SPACE}"><a>1</a></r>', "n2n:whole(a, ..)")
def test_both_engines_answer_alike(document, said):
    fast, slow = compared(document, said)
    assert fast == slow
