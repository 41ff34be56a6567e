"""An XPath 2.0 expression, compiled once: libxml2 asks it where that means the same, elementpath otherwise."""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from inspect import Parameter, Signature
from operator import attrgetter
from threading import Lock
from typing import Any, Final

from elementpath import XPathContext, get_node_tree
from elementpath.exceptions import ElementPathError, MissingContextError
from elementpath.xpath2 import XPath2Parser
from elementpath.xpath_nodes import DocumentNode, XPathNode
from lxml import etree

from node.customs.xpath.functions import FUNCTIONS, NAMESPACE, PREFIX, Function
from node.customs.xpath.plan import Ask, Plan
from node.customs.xpath.scope import scope
from node.customs.xpath.translate import DEFAULT_PREFIX, Differs, Kind, Translation

#: The type has no public name in lxml.
Element = etree._Element  # noqa: SLF001
Value = Any

_XS: Final = "http://www.w3.org/2001/XMLSchema"
_KINDS: Final = {name: function.yields for name, function in FUNCTIONS.items()}
_OF_NODES: Final = frozenset(name for name, function in FUNCTIONS.items() if function.of_nodes)
_PATHS: Final = frozenset({"/", "//"})
_ITEMS: Final = "item()*"


#: What an expression without a value for a document raises: the engines, their decimal numbers, and functions that are given what they do not take.
_FAILURES: Final = (ElementPathError, etree.XPathError, ArithmeticError, TypeError, ValueError)


class ExpressionRefused(ValueError):
    """The text is no XPath 2.0 expression, or names what nobody declared; the text says what and where."""


class ExpressionFailed(Exception):
    """The expression has no value for this document: a rule that does not fit its schema."""


@dataclass(frozen=True, slots=True)
class Expression:
    """One compiled expression. Made by `compile_expression`; may be asked by several threads."""

    text: str
    #: What it yields; NODES where only elementpath knows.
    kind: Kind
    #: The names of its variables.
    variables: frozenset[str]
    #: XPath that libxml2 asks, without variables and functions of ours.
    plain: bool
    _token: Any
    #: None where libxml2 would understand it otherwise.
    _fast: Ask | None

    @property
    def fast(self) -> bool:
        """Whether libxml2 asks it."""
        return self._fast is not None

    def ask(self, node: Element, variables: Mapping[str, Value]) -> Value:
        """The value at `node`: a list of elements and texts, a text, a number or a truth. Raises ExpressionFailed."""
        if self._fast is None:
            return self.ask_slowly(node, variables)
        try:
            return self._fast(node, variables)
        except _FAILURES as error:
            raise ExpressionFailed(f"{self.text}: {error}") from error

    def ask_slowly(self, node: Element, variables: Mapping[str, Value]) -> Value:
        """As `ask`, always by elementpath. Raises ExpressionFailed."""
        tree = _tree(node)
        try:
            context = XPathContext(root=tree, item=tree.elements[node], variables={n: _given(v) for n, v in variables.items()})
            found = self._token.evaluate(context)
            if self._token.symbol in _PATHS and isinstance(found, list) and all(isinstance(one, XPathNode) for one in found):
                # elementpath leaves nodes in the order in which it came upon them; a path has that of the document.
                found.sort(key=attrgetter("position"))
            return _taken(found)
        except _FAILURES as error:
            raise ExpressionFailed(f"{self.text}: {error}") from error


#: A parser of elementpath keeps its place in itself, and is shared by all that is compiled with the same namespaces.
_PARSING: Final = Lock()


def compile_expression(
    text: str, namespaces: Mapping[str, str], default: str, variables: Mapping[str, Kind] | None = None
) -> Expression:
    """`namespaces` by prefix, `default` that of names without one; `variables` with what they yield. Raises ExpressionRefused."""
    known = {**namespaces, PREFIX: NAMESPACE, "xs": _XS}
    try:
        with _PARSING:
            token = _parser(tuple(sorted(known.items())), default).parse(text)
    except ElementPathError as error:
        raise ExpressionRefused(f"{text!r}: {error}") from error
    used = _variables(text, token, variables or {})
    try:
        translation = Translation(PREFIX, variables or {}, _KINDS, _OF_NODES)
        translated, kind = translation.part(token)
        if not default and f"{DEFAULT_PREFIX}:" in translated:
            # A name without a prefix is in no namespace, which libxml2 cannot say with a prefix.
            return Expression(text, kind, used, False, token, None)
        plan = Plan(translation, known, default)
        return Expression(text, kind, used, not used and plan.is_plain(token), token, plan.of(token))
    except Differs:
        return Expression(text, Kind.NODES, used, False, token, None)


def _variables(text: str, token: Any, variables: Mapping[str, Kind]) -> frozenset[str]:
    bound = {item[0].value for item in token.iter("$")}
    # for, some and every bind their own.
    own = {item[0][0].value for item in token.iter("for", "some", "every") for item in [item] if item[0].symbol == "$"}
    own |= {part[0].value for item in token.iter("for", "some", "every") for part in item if part.symbol == "$"}
    if unknown := bound - own - set(variables):
        raise ExpressionRefused(f"{text!r}: ${min(unknown)} is not declared under let")
    return frozenset(bound - own)


@cache
def _parser(namespaces: tuple[tuple[str, str], ...], default: str) -> XPath2Parser:
    parser = XPath2Parser(namespaces=dict(namespaces), default_namespace=default)
    for name, function in FUNCTIONS.items():
        token = parser.external_function(_for_elementpath(function), name, PREFIX, (_ITEMS,) * (function.most + 1))
        token.evaluate = _evaluated  # type: ignore[method-assign, assignment]
    return parser


def _evaluated(token: Any, context: XPathContext | None = None) -> Value:
    # exists() and empty() of elementpath leave the context at the node that they found, so each argument has one of its own.
    return token.callback(*(argument.evaluate(copy(context)) for argument in token))


def _for_elementpath(function: Function) -> Callable[..., Value]:
    def call(*arguments: Value) -> Value:
        nodes: dict[Element, XPathNode] = {}
        try:
            return _wrapped(function.call(*(_taken(_with_text(argument, function), nodes) for argument in arguments)), nodes)
        except LookupError as error:
            # elementpath asks constant parts while it parses; outside of a check there is no answer yet.
            raise MissingContextError("outside of a check") from error

    parameters = [
        Parameter(
            f"argument{place}", Parameter.POSITIONAL_OR_KEYWORD, default=Parameter.empty if place < function.least else None
        )
        for place in range(function.most)
    ]
    # elementpath counts the arguments of a function by its signature.
    call.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return call


def _tree(node: Element) -> Any:
    root = node
    # Not the root of its document: libxml2 copies nodes of other documents, and a copy stands alone.
    while (parent := root.getparent()) is not None:
        root = parent
    try:
        trees = scope().trees
    except LookupError:
        return _picture(root)
    # A row that has gone takes its tree along, so the tree is made anew for each node that is asked in a growing document.
    known = trees.get(root)
    if known is None or node not in known.elements:
        known = trees[root] = _picture(root)
    return known


def _picture(root: Element) -> Any:
    # With a document above the root element, as libxml2 has it; a copy has none.
    return get_node_tree(root, fragment=root.getroottree().getroot() is not root)


def _with_text(value: Value, function: Function) -> Value:
    """An argument of which only the text counts has that of the document, where it reaches so far: libxml2 asks for string() of it."""
    if function.of_nodes:
        return value
    if isinstance(value, DocumentNode):
        return [value.string_value]
    if isinstance(value, list):
        return [one.string_value if isinstance(one, DocumentNode) else one for one in value]
    return value


def _given(value: Value) -> Value:
    return _wrapped(value, {})


def _wrapped(value: Value, nodes: Mapping[Element, XPathNode]) -> Value:
    if not isinstance(value, list):
        return value
    return [item if isinstance(item, str | bool | float) else nodes.get(item) or _tree(item).elements[item] for item in value]


def _taken(value: Value, nodes: dict[Element, XPathNode] | None = None) -> Value:
    if isinstance(value, list):
        return _items_taken(value, nodes)
    if isinstance(value, XPathNode) or (value is not None and not isinstance(value, bool | str | int | float)):
        return _items_taken([value], nodes)
    if value is None:
        return []
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _items_taken(values: Sequence[Value], nodes: dict[Element, XPathNode] | None) -> Value:
    # The document itself is no node that a rule can do anything with; lxml leaves it out as well.
    taken = [_item(value, nodes) for value in values if not isinstance(value, DocumentNode)]
    # A single value is itself, as XPath 1.0 has it; nodes stay a list however many they are.
    if len(taken) == 1 == len(values) and not isinstance(values[0], XPathNode):
        return taken[0]
    return taken


def _item(value: Value, nodes: dict[Element, XPathNode] | None) -> Value:
    if isinstance(value, XPathNode):
        if isinstance(value.value, Element):
            if nodes is not None:
                nodes[value.value] = value
            return value.value
        return str(value.value)
    if isinstance(value, bool):
        return value
    # What has no type yet is a text, also when it looks like a number: 0012.
    return float(value) if isinstance(value, int | float | Decimal) else str(value)
