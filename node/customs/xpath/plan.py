"""How an expression is asked: libxml2 answers what is XPath alone, Python calls the functions of ours between such parts.

A call from within libxml2 costs more than all the rest of an expression; and a node of another document, which a function may give, would be copied with all that is below it.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from lxml import etree

from node.customs.xpath.functions import FUNCTIONS, NAMESPACE, PREFIX, Function
from node.customs.xpath.translate import DEFAULT_PREFIX, Kind, Token, Translation

Value = Any
#: A node and the variables in, the value out.
Ask = Callable[[Any, Mapping[str, Value]], Value]

_SCALARS: Final = frozenset({Kind.NUMBER, Kind.TEXT, Kind.TRUTH})
#: Python means the same by these between two values of one of the kinds. Source: XPath 1.0 3.4, 3.5
_OPERATORS: Final[Mapping[str, tuple[frozenset[Kind], Callable[[Any, Any], Value]]]] = {
    "=": (_SCALARS, operator.eq),
    "!=": (_SCALARS, operator.ne),
    "<": (frozenset({Kind.NUMBER}), operator.lt),
    "<=": (frozenset({Kind.NUMBER}), operator.le),
    ">": (frozenset({Kind.NUMBER}), operator.gt),
    ">=": (frozenset({Kind.NUMBER}), operator.ge),
    "+": (frozenset({Kind.NUMBER}), operator.add),
    "-": (frozenset({Kind.NUMBER}), operator.sub),
    "*": (frozenset({Kind.NUMBER}), operator.mul),
}
_TWO: Final = 2


def truth(value: Value) -> bool:
    """The effective boolean value. Source: XPath 2.0 2.4.3."""
    if isinstance(value, float):
        return value == value and value != 0  # noqa: PLR0124 - NaN is false
    return bool(value)


class Plan:
    """Makes the way in which the parts of one expression are asked."""

    def __init__(self, translation: Translation, namespaces: Mapping[str, str], default: str) -> None:
        """`default` is the namespace of names without a prefix."""
        self._translation, self._namespaces = translation, {**namespaces, **({DEFAULT_PREFIX: default} if default else {})}

    def is_plain(self, token: Token) -> bool:
        """Whether no function of ours is called."""
        return not any(True for _ in _calls(token))

    def of(self, token: Token) -> Ask:
        """How the part is asked. Raises Differs."""
        symbol = token.symbol
        if symbol == "$":
            self._translation.part(token)
            return _variable(token[0].value)
        if symbol == ".":
            return _itself
        if symbol in {"(string)", "(integer)", "(decimal)"}:
            return _constant(token.value if symbol == "(string)" else float(token.value))
        if symbol in {"/", "//"} and (found := self._path(token)) is not None:
            return found
        if self.is_plain(token):
            return self._xpath(token)
        if symbol == "(":
            # Refused there, when it is a sequence.
            self._translation.part(token)
            return self.of(token[0])
        if symbol in {"and", "or"}:
            return _both(symbol, self._truth(token[0]), self._truth(token[1]))
        if symbol in {"not", "boolean", "exists", "empty"}:
            self._translation.part(token)
            return _truth_of(self._truth(token[0]), turned=symbol in {"not", "empty"})
        if symbol == ":":
            return self._call(token)
        return self._operation(token) or self._xpath(token)

    def _truth(self, token: Token) -> Ask:
        """As `of`, for what is asked for its truth alone."""
        if not self.is_plain(token) or token.symbol == "$":
            return self.of(token)
        return self._find(f"boolean({self._translation.part(token)[0]})", token)

    def _path(self, token: Token) -> Ask | None:
        """A path that begins with a variable or a call: both may have nodes of another document, from which the rest is asked."""
        first = token
        while first.symbol in {"/", "//"} and len(first) == _TWO:
            first = first[0]
        if first.symbol not in {"$", ":"}:
            return None
        whole, begins = self._translation.part(token)[0], self._translation.part(first)[0]
        if not whole.startswith(begins):
            return None
        return _from_each(self.of(first), self._find(f".{whole.removeprefix(begins)}", token))

    def _operation(self, token: Token) -> Ask | None:
        if len(token) != _TWO or token.symbol not in _OPERATORS:
            return None
        kinds, operate = _OPERATORS[token.symbol]
        self._translation.part(token)
        left, right = (self._translation.part(part)[1] if _is_alone(part) else None for part in token)
        if left is None or left is not right or left not in kinds:
            return None
        return _operated(operate, self.of(token[0]), self.of(token[1]))

    def _call(self, token: Token) -> Ask:
        self._translation.part(token)
        function = FUNCTIONS[token[1].symbol]
        made = self._text if function.of_texts else self.of
        return _called(function.call, [made(argument) for argument in token[1]])

    def _text(self, token: Token) -> Ask:
        """As `of`, for what is asked for the text of its first node alone: that costs less than the node."""
        text, kind = self._translation.part(token)
        if kind is not Kind.NODES or token.symbol == "$" or not self.is_plain(token):
            return self.of(token)
        return self._find(f"normalize-space({text})", token)

    def _xpath(self, token: Token) -> Ask:
        return self._find(self._translation.part(token)[0], token)

    def _find(self, text: str, token: Token) -> Ask:
        called = {name: FUNCTIONS[name] for name in _calls(token)}
        extensions = {(NAMESPACE, name): _for_libxml2(function) for name, function in called.items()}
        # Everything that is registered costs each time that the expression is asked.
        find = etree.XPath(text, namespaces=self._namespaces, extensions=extensions, smart_strings=False, regexp=False)
        names = sorted({item[0].value for item in token.iter("$")})
        if not names:
            return lambda node, _variables: find(node)
        return lambda node, variables: find(node, **{name: variables[name] for name in names})


def _is_alone(token: Token) -> bool:
    return token.symbol != "(" or len(token) == 1


def _calls(token: Token) -> Iterator[str]:
    for item in token.iter(":"):
        if item[0].value == PREFIX and item[1].symbol in FUNCTIONS:
            yield item[1].symbol


def _itself(node: Any, _variables: Mapping[str, Value]) -> Value:
    return [node]


def _variable(name: str) -> Ask:
    return lambda _node, variables: variables[name]


def _constant(value: Value) -> Ask:
    return lambda _node, _variables: value


def _from_each(first: Ask, rest: Ask) -> Ask:
    def ask(node: Any, variables: Mapping[str, Value]) -> Value:
        starts = first(node, variables)
        if len(starts) == 1:
            return rest(starts[0], variables)
        # A path has a node once.
        return list(dict.fromkeys(found for start in starts for found in rest(start, variables)))

    return ask


def _both(symbol: str, one: Ask, other: Ask) -> Ask:
    if symbol == "and":
        return lambda node, variables: truth(one(node, variables)) and truth(other(node, variables))
    return lambda node, variables: truth(one(node, variables)) or truth(other(node, variables))


def _truth_of(one: Ask, *, turned: bool) -> Ask:
    return lambda node, variables: truth(one(node, variables)) is not turned


def _operated(operate: Callable[[Any, Any], Value], one: Ask, other: Ask) -> Ask:
    return lambda node, variables: operate(one(node, variables), other(node, variables))


def _called(call: Callable[..., Value], arguments: list[Ask]) -> Ask:
    if len(arguments) == 1:
        only = arguments[0]
        return lambda node, variables: call(only(node, variables))
    if len(arguments) == _TWO:
        one, other = arguments
        return lambda node, variables: call(one(node, variables), other(node, variables))
    return lambda node, variables: call(*[argument(node, variables) for argument in arguments])


def _for_libxml2(function: Function) -> Callable[..., Value]:
    def call(_context: Any, *arguments: Value) -> Value:
        return function.call(*arguments)

    return call
