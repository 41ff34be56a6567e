"""An XPath 2.0 expression, compiled once: libxml2 asks it where that means the same, elementpath otherwise."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from inspect import Parameter, Signature
from threading import Lock
from typing import Any, Final

from elementpath import XPathContext, get_node_tree
from elementpath.exceptions import ElementPathError, MissingContextError
from elementpath.xpath2 import XPath2Parser
from elementpath.xpath_nodes import XPathNode
from lxml import etree

from node.customs.xpath.functions import FUNCTIONS, NAMESPACE, PREFIX, Function
from node.customs.xpath.scope import scope
from node.customs.xpath.translate import DEFAULT_PREFIX, Differs, Kind, Translation

#: The type has no public name in lxml.
Element = etree._Element  # noqa: SLF001
Value = Any

_XS: Final = "http://www.w3.org/2001/XMLSchema"
_KINDS: Final = {name: function.yields for name, function in FUNCTIONS.items()}
_ITEMS: Final = "item()*"


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
    _token: Any
    #: None where libxml2 would understand it otherwise.
    _fast: Any

    @property
    def fast(self) -> bool:
        """Whether libxml2 asks it."""
        return self._fast is not None

    def ask(self, node: Element, variables: Mapping[str, Value]) -> Value:
        """The value at `node`: a list of elements and texts, a text, a number or a truth. Raises ExpressionFailed."""
        if self._fast is None:
            return self.ask_slowly(node, variables)
        try:
            return self._fast(node, **variables)
        except etree.XPathError as error:
            raise ExpressionFailed(f"{self.text}: {error}") from error

    def ask_slowly(self, node: Element, variables: Mapping[str, Value]) -> Value:
        """As `ask`, always by elementpath. Raises ExpressionFailed."""
        tree = _tree(node)
        try:
            context = XPathContext(root=tree, item=tree.elements[node], variables={n: _given(v) for n, v in variables.items()})
            return _taken(self._token.evaluate(context))
        except ElementPathError as error:
            raise ExpressionFailed(f"{self.text}: {error}") from error


def truth(value: Value) -> bool:
    """The effective boolean value. Source: XPath 2.0 2.4.3."""
    if isinstance(value, float):
        return value == value and value != 0  # noqa: PLR0124 - NaN is false
    return bool(value)


#: A parser of elementpath knows where it is in its text: one thread at a time, or the one finds the other's words.
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
    _check_variables(text, token, variables or {})
    try:
        translated, kind = Translation(PREFIX, variables or {}, _KINDS).part(token)
    except Differs:
        return Expression(text, Kind.NODES, token, None)
    if not default and f"{DEFAULT_PREFIX}:" in translated:
        # A name without a prefix is in no namespace, which libxml2 cannot say with a prefix.
        return Expression(text, kind, token, None)
    spaces = {**known, DEFAULT_PREFIX: default} if default else known
    fast = etree.XPath(translated, namespaces=spaces, extensions=_EXTENSIONS, smart_strings=False)
    return Expression(text, kind, token, fast)


def _check_variables(text: str, token: Any, variables: Mapping[str, Kind]) -> None:
    bound = {item[0].value for item in token.iter("$")}
    # for, some and every bind their own.
    own = {item[0][0].value for item in token.iter("for", "some", "every") for item in [item] if item[0].symbol == "$"}
    own |= {part[0].value for item in token.iter("for", "some", "every") for part in item if part.symbol == "$"}
    if unknown := bound - own - set(variables):
        raise ExpressionRefused(f"{text!r}: ${min(unknown)} is not declared under let")


@cache
def _parser(namespaces: tuple[tuple[str, str], ...], default: str) -> XPath2Parser:
    parser = XPath2Parser(namespaces=dict(namespaces), default_namespace=default)
    for name, function in FUNCTIONS.items():
        parser.external_function(_for_elementpath(function), name, PREFIX, (_ITEMS,) * (function.most + 1))
    return parser


def _for_elementpath(function: Function) -> Callable[..., Value]:
    def call(*arguments: Value) -> Value:
        nodes: dict[Element, XPathNode] = {}
        try:
            return _wrapped(function.call(*(_taken(argument, nodes) for argument in arguments)), nodes)
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


def _for_libxml2(function: Function) -> Callable[..., Value]:
    def call(_context: Any, *arguments: Value) -> Value:
        return function.call(*arguments)

    return call


_EXTENSIONS: Final = {(NAMESPACE, name): _for_libxml2(function) for name, function in FUNCTIONS.items()}


def _tree(node: Element) -> Any:
    root = node.getroottree().getroot()
    try:
        trees = scope().trees
    except LookupError:
        return get_node_tree(root)
    # A row that has gone takes its tree along, so the tree is made anew for each node that is asked in a growing document.
    known = trees.get(root)
    if known is None or node not in known.elements:
        known = trees[root] = get_node_tree(root)
    return known


def _given(value: Value) -> Value:
    return _wrapped(value, {})


def _wrapped(value: Value, nodes: Mapping[Element, XPathNode]) -> Value:
    if not isinstance(value, list):
        return value
    return [item if isinstance(item, str) else nodes.get(item) or _tree(item).elements[item] for item in value]


def _taken(value: Value, nodes: dict[Element, XPathNode] | None = None) -> Value:
    if isinstance(value, list):
        return _items_taken(value, nodes)
    if isinstance(value, XPathNode) or (value is not None and not isinstance(value, bool | str | int | float)):
        return _items_taken([value], nodes)
    if value is None:
        return []
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _items_taken(values: Sequence[Value], nodes: dict[Element, XPathNode] | None) -> Value:
    taken = [_item(value, nodes) for value in values]
    # A single value is itself, as XPath 1.0 has it; nodes stay a list however many they are.
    if len(taken) == 1 and not isinstance(values[0], XPathNode):
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
    try:
        return float(value)
    except (TypeError, ValueError):
        return str(value)
