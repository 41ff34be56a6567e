"""One rule of a pack: where it looks, what must hold there, and what it says when that does not hold."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from node.customs.finding import RuleText, Severity
from node.customs.packs.entries import texts
from node.customs.xpath.expression import Expression, ExpressionRefused, compile_expression
from node.customs.xpath.translate import Kind

#: The keys of a rule, with a sentence for those who write rules.
KEYS: Final[Mapping[str, str]] = {
    "id": "The name, as findings and responses tell it.",
    "severity": "`F` refuses the document, `H` holds it for a person, `W` only warns.",
    "stage": "`5` for code lists, `6` for what is inside the document, `7` for what is on file.",
    "types": "The types that it judges; without it every type that names the file.",
    "context": "The nodes that are judged, from the root element; without it the root element itself. It may begin with a row of a long document, though not in stage 7.",
    "let": "Variables, asked at the node in the order in which they stand.",
    "when": "Only nodes for which this is true are judged.",
    "test": "What must hold at the node.",
    "check": "In place of `test`: a program of the product, for what compares rows or asks the register of operators.",
    "args": "What `{0}`, `{1}` in the texts stand for.",
    "at": "Where the finding points, from the node; the node itself when nothing is there.",
    "en": "What is wrong, in English.",
    "zh": "The same in Traditional Chinese.",
    "note": "For those who read the file.",
    "case": "`[[rule.case]]`: one of several places at which the rule is asked; its keys come before those of the rule.",
}
_ON_FILE: Final = 7
_STAGES: Final = frozenset({5, 6, _ON_FILE})


class RuleRefused(ValueError):
    """The table is no rule; the text says what and where."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule for the documents of some types. Source: DESIGN 9."""

    text: RuleText
    #: The nodes that are judged; relative to the root, or to the row when `row` says so.
    context: Expression
    #: Only nodes for which this is true are judged.
    when: Expression | None
    #: What must hold at the node; None for a rule with a `check`.
    test: Expression | None
    #: The name of a check in this product, for what needs all rows of a document or a register.
    check: str | None
    let: tuple[tuple[str, Expression], ...]
    args: tuple[Expression, ...]
    #: Where the finding points, from the node; None for the node itself.
    at: Expression | None
    #: The name of the row element, when the rule looks at rows.
    row: str | None
    #: The nodes at which it must still be asked: `context`, and as much of `when` and `test` as fits into one question.
    suspects: Expression
    when_left: Expression | None
    test_left: Expression | None
    #: The namespaces of its expressions by prefix; the empty prefix for names without one.
    prefixes: Mapping[str, str]

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Everything of it that is asked."""
        some = (
            self.context,
            self.suspects,
            self.when,
            self.test,
            self.at,
            *(expression for _, expression in self.let),
            *self.args,
        )
        return tuple(expression for expression in some if expression is not None)


def read_rule(
    table: Mapping[str, Any], namespaces: Mapping[str, str], default: str, rows: Sequence[str], type_id: str
) -> Iterator[Rule]:
    """The rule for a type, once for each of its cases. `default` is the namespace of names without a prefix, `rows` the row elements of the type.

    Raises RuleRefused.
    """
    if "id" not in table:
        raise RuleRefused("a rule without id: id is missing")
    rule_id = str(table["id"])
    cases = table.get("case", [{}])
    if not isinstance(cases, list) or not all(isinstance(case, Mapping) for case in cases):
        raise RuleRefused(f"{rule_id}: case is no list of tables; write [[rule.case]]")
    for case in cases:
        whole = {**table, **case}
        if unknown := set(whole) - set(KEYS):
            raise RuleRefused(f"{rule_id}: {min(unknown)} is no key of a rule; there are {', '.join(sorted(KEYS))}")
        try:
            counts = "types" not in whole or type_id in texts(whole, "types")
        except ValueError as error:
            raise RuleRefused(f"{rule_id}: {error}") from None
        if counts:
            yield _read(whole, rule_id, namespaces, default, rows)


def _read(table: Mapping[str, Any], rule_id: str, namespaces: Mapping[str, str], default: str, rows: Sequence[str]) -> Rule:
    try:
        text = RuleText(rule_id, Severity(table["severity"]), int(table["stage"]), str(table["en"]), str(table["zh"]))
        return _compiled(table, text, namespaces, default, rows)
    except KeyError as error:
        raise RuleRefused(f"{rule_id}: {error.args[0]} is missing") from None
    except RuleRefused:
        raise
    except (ValueError, TypeError, AttributeError, ExpressionRefused) as error:
        raise RuleRefused(f"{rule_id}: {error}") from None


def _compiled(table: Mapping[str, Any], text: RuleText, namespaces: Mapping[str, str], default: str, rows: Sequence[str]) -> Rule:
    if ("test" in table) == ("check" in table):
        raise RuleRefused(f"{text.id}: exactly one of test and check")
    context, row = _from_row(str(table.get("context", ".")), rows)
    if text.stage not in _STAGES:
        raise RuleRefused(f"{text.id}: stage {text.stage}; the rules of packs are of stages 5, 6 and 7")
    if text.stage == _ON_FILE and row is not None:
        # Rows have gone before the file is asked.
        raise RuleRefused(f"{text.id}: a rule of stage 7 looks at no rows; {row} is one")
    kinds: dict[str, Kind] = {}
    let = []

    def compiled(said: str) -> Expression:
        return compile_expression(said, namespaces, default, kinds)

    for name, said in table.get("let", {}).items():
        let.append((name, compiled(said)))
        kinds[name] = let[-1][1].kind
    where = compile_expression(context, namespaces, default)
    when = compiled(table["when"]) if "when" in table else None
    test = compiled(table["test"]) if "test" in table else None
    suspects, when_left, test_left = _joined(where, when, test, lambda said: compile_expression(said, namespaces, default))
    return Rule(
        text,
        where,
        when,
        test,
        table.get("check"),
        tuple(let),
        tuple(map(compiled, texts(table, "args"))),
        compiled(table["at"]) if "at" in table else None,
        row,
        suspects,
        when_left,
        test_left,
        {**namespaces, "": default},
    )


def _joined(
    where: Expression, when: Expression | None, test: Expression | None, compiled: Callable[[str], Expression]
) -> tuple[Expression, Expression | None, Expression | None]:
    """One question for what is plain XPath: a document without a fault answers it with no node."""
    if not where.plain or where.kind is not Kind.NODES:
        return where, when, test
    found = where
    if when is not None:
        joined = compiled(f"({found.text})[boolean({when.text})]") if when.plain else None
        if joined is None or not joined.plain:
            return where, when, test
        found, when = joined, None
    if test is not None and test.plain:
        joined = compiled(f"({found.text})[not({test.text})]")
        if joined.plain:
            return joined, None, None
    return found, when, test


def _from_row(context: str, rows: Sequence[str]) -> tuple[str, str | None]:
    for row in rows:
        rest = context.removeprefix(row)
        if rest != context and (not rest or rest[0] in "/["):
            return f"self::{row}{rest}" if rest.startswith("[") else "." + rest, row
    return context, None
