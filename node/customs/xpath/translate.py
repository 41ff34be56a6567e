"""From the parse tree of an XPath 2.0 expression to an XPath 1.0 text that means the same, where there is one.

What is let through means the same for every document on which XPath 2.0 has a meaning; where XPath 2.0 would stop with an error (arithmetic on two
nodes, a text that is no number), XPath 1.0 takes the first node or NaN and goes on.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final

#: The prefix of the default namespace in the translated text: XPath 1.0 has no default.
DEFAULT_PREFIX: Final = "document"


class Kind(Enum):
    """What a part of an expression yields in XPath 1.0."""

    NODES = "nodes"
    NUMBER = "number"
    TEXT = "text"
    TRUTH = "truth"


class Differs(Exception):
    """The expression has a part that XPath 1.0 does not have or understands otherwise."""


#: A token of elementpath; its classes are made at run time and have no names to import.
Token = Any
Part = tuple[str, Kind]

_AXES: Final = frozenset(
    {
        "ancestor",
        "ancestor-or-self",
        "attribute",
        "child",
        "descendant",
        "descendant-or-self",
        "following-sibling",
        "parent",
        "preceding-sibling",
        "self",
    }
)
#: Functions of both versions that take these kinds and mean the same, with what they yield.
_FUNCTIONS: Final[Mapping[str, tuple[frozenset[Kind], Kind]]] = {
    "count": (frozenset({Kind.NODES}), Kind.NUMBER),
    "sum": (frozenset({Kind.NODES}), Kind.NUMBER),
    "number": (frozenset({Kind.NODES, Kind.NUMBER, Kind.TEXT}), Kind.NUMBER),
    "string": (frozenset({Kind.NODES, Kind.TEXT}), Kind.TEXT),
    "string-length": (frozenset({Kind.NODES, Kind.TEXT}), Kind.NUMBER),
    "normalize-space": (frozenset({Kind.NODES, Kind.TEXT}), Kind.TEXT),
    "concat": (frozenset({Kind.NODES, Kind.TEXT}), Kind.TEXT),
    "contains": (frozenset({Kind.NODES, Kind.TEXT}), Kind.TRUTH),
    "starts-with": (frozenset({Kind.NODES, Kind.TEXT}), Kind.TRUTH),
    "substring-before": (frozenset({Kind.NODES, Kind.TEXT}), Kind.TEXT),
    "substring-after": (frozenset({Kind.NODES, Kind.TEXT}), Kind.TEXT),
    "substring": (frozenset({Kind.NODES, Kind.TEXT, Kind.NUMBER}), Kind.TEXT),
    "translate": (frozenset({Kind.NODES, Kind.TEXT}), Kind.TEXT),
    "local-name": (frozenset({Kind.NODES}), Kind.TEXT),
    "true": (frozenset(), Kind.TRUTH),
    "false": (frozenset(), Kind.TRUTH),
}
#: Functions that ask for the effective boolean value, with their name in XPath 1.0.
_TRUTHS: Final = {"not": "not", "boolean": "boolean", "exists": "boolean", "empty": "not"}
_ORDERS: Final = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}


class Translation:
    """One expression on its way to XPath 1.0. `variables` and `functions` tell what those of the rule yield."""

    def __init__(
        self, prefix: str, variables: Mapping[str, Kind], functions: Mapping[str, Kind], of_nodes: frozenset[str] = frozenset()
    ) -> None:
        """`prefix` is that of the functions of this product; those in `of_nodes` take nodes alone."""
        self._of_nodes = of_nodes
        self._prefix, self._variables, self._functions = prefix, variables, functions
        #: Predicates around the part that is being translated.
        self._filters = 0
        self._by_symbol: Mapping[str, Callable[[Token], Part]] = {
            "(string)": self._string,
            "(integer)": lambda token: (str(token.value), Kind.NUMBER),
            "(decimal)": lambda token: (str(token.value), Kind.NUMBER),
            "(name)": lambda token: (f"{DEFAULT_PREFIX}:{token.value}", Kind.NODES),
            "*": self._star,
            ".": lambda token: (".", Kind.NODES),
            "..": lambda token: ("..", Kind.NODES),
            "@": lambda token: ("@" + self._attribute(token[0]), Kind.NODES),
            "/": self._path,
            "//": self._path,
            "[": self._filtered,
            "(": self._parenthesised,
            "|": self._union,
            "union": self._union,
            "and": self._both,
            "or": self._both,
            "=": self._equal,
            "!=": self._unequal,
            "+": self._arithmetic,
            "-": self._arithmetic,
            "div": self._arithmetic,
            "mod": self._arithmetic,
            "$": self._variable,
            ":": self._prefixed,
            **dict.fromkeys(_ORDERS, self._ordered),
            **dict.fromkeys(_FUNCTIONS, self._function),
            **dict.fromkeys(_TRUTHS, self._truth_function),
            **dict.fromkeys(_AXES, self._axis),
            "text": lambda token: ("text()", Kind.NODES),
            "node": lambda token: ("node()", Kind.NODES),
            "position": self._place,
            "last": self._place,
        }

    def part(self, token: Token) -> Part:
        """The XPath 1.0 text of a part and what it yields. Raises Differs."""
        translate = self._by_symbol.get(token.symbol)
        if translate is None:
            raise Differs(token.symbol)
        return translate(token)

    def _of(self, token: Token, *kinds: Kind) -> str:
        text, kind = self.part(token)
        if kind not in kinds:
            raise Differs(f"{token.symbol}: {kind.value}")
        return text

    @staticmethod
    def _string(token: Token) -> Part:
        value: str = token.value
        if "'" in value and '"' in value:
            raise Differs("a text with both quotation marks")
        return (f'"{value}"' if "'" in value else f"'{value}'"), Kind.TEXT

    def _star(self, token: Token) -> Part:
        return self._arithmetic(token) if len(token) else ("*", Kind.NODES)

    @staticmethod
    def _attribute(token: Token) -> str:
        if token.symbol == "(name)":
            return str(token.value)
        if token.symbol == "*" and not len(token):
            return "*"
        raise Differs("a qualified attribute")

    def _axis(self, token: Token) -> Part:
        step = self._attribute(token[0]) if token.symbol == "attribute" else self._of(token[0], Kind.NODES)
        return f"{token.symbol}::{step}", Kind.NODES

    def _path(self, token: Token) -> Part:
        if token.symbol == "//" and _unfiltered(token[-1]).symbol not in {"(name)", "*"}:
            # Engines do not agree about the order of what these find, and what is found twice.
            raise Differs(f"//{_unfiltered(token[-1]).symbol}")
        if (
            token.symbol == "//"
            and len(token) == 2
            and any(True for _ in token[0].iter("//", "descendant", "descendant-or-self"))
        ):
            raise Differs("// below //")
        if len(token) == 1:
            return token.symbol + self._step(token[0]), Kind.NODES
        if _last_step(token[0]).symbol in {"@", "attribute"}:
            # elementpath finds the attribute itself among its own attributes.
            raise Differs("a step from an attribute")
        return self._of(token[0], Kind.NODES) + token.symbol + self._step(token[1]), Kind.NODES

    def _step(self, token: Token) -> str:
        # In XPath 1.0 only the first step may be anything but a step.
        first = _unfiltered(token)
        if first.symbol not in {"(name)", "*", ".", "..", "@", "text", "node", *_AXES} or (first.symbol == "*" and len(first)):
            raise Differs(f"/{first.symbol}")
        return self._of(token, Kind.NODES)

    def _filtered(self, token: Token) -> Part:
        filtered = self._of(token[0], Kind.NODES)
        self._filters += 1
        try:
            filtering = self._of(token[1], *Kind)
        finally:
            self._filters -= 1
        if token[0].symbol in {"/", "//"}:
            filtered = f"({filtered})"
        # A literal or counted number is a position in both; a node is a truth in both.
        return f"{filtered}[{filtering}]", Kind.NODES

    def _place(self, token: Token) -> Part:
        # At the node that is asked libxml2 knows no place.
        if not self._filters:
            raise Differs(f"{token.symbol} outside of a predicate")
        return f"{token.symbol}()", Kind.NUMBER

    def _parenthesised(self, token: Token) -> Part:
        if len(token) != 1 or token[0].symbol == ",":
            raise Differs("a sequence")
        text, kind = self.part(token[0])
        return f"({text})", kind

    def _union(self, token: Token) -> Part:
        return " | ".join(self._of(item, Kind.NODES) for item in token), Kind.NODES

    def _both(self, token: Token) -> Part:
        return f"({self._of(token[0], *Kind)}) {token.symbol} ({self._of(token[1], *Kind)})", Kind.TRUTH

    def _equal(self, token: Token) -> Part:
        for one, other in ((token[0], token[1]), (token[1], token[0])):
            if other.symbol == "(" and len(other) == 1 and other[0].symbol == ",":
                return " or ".join(f"({self._pair(one, item, '=')})" for item in _items(other[0])), Kind.TRUTH
        return self._pair(token[0], token[1], "="), Kind.TRUTH

    def _unequal(self, token: Token) -> Part:
        # A missing number is unequal to everything in XPath 1.0 and to nothing in XPath 2.0.
        if Kind.NUMBER in {self.part(token[0])[1], self.part(token[1])[1]}:
            raise Differs("!= with a number")
        return self._pair(token[0], token[1], "!="), Kind.TRUTH

    def _pair(self, one: Token, other: Token, operator: str) -> str:
        (left, left_kind), (right, right_kind) = self.part(one), self.part(other)
        kinds = {left_kind, right_kind}
        if kinds in ({Kind.TEXT, Kind.NUMBER}, {Kind.NODES, Kind.TRUTH}, {Kind.TEXT, Kind.TRUTH}, {Kind.NUMBER, Kind.TRUTH}):
            raise Differs(f"{left_kind.value} {operator} {right_kind.value}")
        return f"{_closed(one, left)} {operator} {_closed(other, right)}"

    def _ordered(self, token: Token) -> Part:
        (left, left_kind), (right, right_kind) = self.part(token[0]), self.part(token[1])
        # Two nodes are compared as texts in XPath 2.0 and as numbers in XPath 1.0.
        if {left_kind, right_kind} not in ({Kind.NUMBER}, {Kind.NUMBER, Kind.NODES}):
            raise Differs(f"{left_kind.value} {token.symbol} {right_kind.value}")
        return f"{_closed(token[0], left)} {token.symbol} {_closed(token[1], right)}", Kind.TRUTH

    def _arithmetic(self, token: Token) -> Part:
        texts = [_closed(item, self._of(item, Kind.NUMBER, Kind.NODES)) for item in token]
        if len(texts) == 1:
            if token.symbol != "-":
                raise Differs("unary +")
            return f"-{texts[0]}", Kind.NUMBER
        return f"{texts[0]} {token.symbol} {texts[1]}", Kind.NUMBER

    def _variable(self, token: Token) -> Part:
        name = token[0].value
        if name not in self._variables:
            raise Differs(f"${name}")
        return f"${name}", self._variables[name]

    def _function(self, token: Token) -> Part:
        kinds, yields = _FUNCTIONS[token.symbol]
        return f"{token.symbol}({', '.join(self._of(item, *kinds) for item in token)})", yields

    def _truth_function(self, token: Token) -> Part:
        kinds = (Kind.NODES,) if token.symbol in {"exists", "empty"} else tuple(Kind)
        return f"{_TRUTHS[token.symbol]}({self._of(token[0], *kinds)})", Kind.TRUTH

    def _prefixed(self, token: Token) -> Part:
        prefix, call = token[0].value, token[1]
        yields = self._functions.get(call.symbol) if prefix == self._prefix else None
        if yields is None:
            raise Differs(f"{prefix}:{call.symbol}")
        kinds = (Kind.NODES,) if call.symbol in self._of_nodes else tuple(Kind)
        return f"{prefix}:{call.symbol}({', '.join(self._of(item, *kinds) for item in call)})", yields


def _last_step(token: Token) -> Token:
    token = _unfiltered(token)
    return _last_step(token[-1]) if token.symbol in {"/", "//"} else token


def _unfiltered(token: Token) -> Token:
    while token.symbol == "[":
        token = token[0]
    return token


def _items(token: Token) -> list[Token]:
    if token.symbol != ",":
        return [token]
    return [item for part in token for item in _items(part)]


def _closed(token: Token, text: str) -> str:
    # Which operator binds more is alike in both versions, but the parse tree has lost the parentheses' place only where it kept the token.
    return (
        f"({text})"
        if len(token) == 2 and token.symbol in {*_ORDERS, "=", "!=", "+", "-", "*", "div", "mod", "and", "or"}
        else text
    )
