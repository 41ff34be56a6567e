"""Stages 5 to 7: the rules of a pack, asked at the nodes they look at."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from node.customs.checking.found import Found
from node.customs.checking.places import Places
from node.customs.packs.rule import Rule
from node.customs.xpath.expression import ExpressionFailed
from node.customs.xpath.functions import text
from node.customs.xpath.plan import truth

#: The stage that compares with what is on file.
_ON_FILE: Final = 7


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule does not hold at a node."""

    #: None for the whole document.
    node: Any
    args: tuple[str, ...] = ()
    #: The path of a node that has gone by now.
    path: str = ""
    #: Which of the rules of a check it is that does not hold; empty where the check has one.
    rule: str = ""


#: Writes the place of a node of the row that is being judged.
Path = Callable[[Any], str]


class Check(Protocol):
    """Rules that are a program: it sees every row and the end of one document."""

    def row(self, element: Any, path: Path) -> Iterable[Breach]:
        """What is wrong in this row, or with an earlier one."""
        ...

    def end(self, root: Any) -> Iterable[Breach]:
        """What is wrong now that all rows are seen; `root` has none of them."""
        ...


@dataclass(frozen=True, slots=True)
class _Program:
    check: Check
    #: The rules that it asks, by id; all of one stage.
    rules: dict[str, Rule]

    @property
    def stage(self) -> int:
        return next(iter(self.rules.values())).text.stage


class Judge:
    """The rules of one document; stages 5 and 6 go row by row, stage 7 comes at the end."""

    def __init__(self, rules: Iterable[Rule], checks: Mapping[str, Callable[[], Check]], places: Places, found: Found) -> None:
        """`checks` makes a fresh check for each document, by name."""
        self._places, self._found = places, found
        self._of_rows: dict[str, list[Rule]] = {}
        self._at_end: list[Rule] = []
        self._programs: dict[str, _Program] = {}
        for rule in rules:
            if rule.check is not None:
                program = self._programs.setdefault(rule.check, _Program(checks[rule.check](), {}))
                program.rules[rule.text.id] = rule
            elif rule.row is not None:
                self._of_rows.setdefault(rule.row, []).append(rule)
            else:
                self._at_end.append(rule)

    def row(self, name: str, element: Any) -> None:
        """Judge one row."""
        for rule in self._of_rows.get(name, ()):
            self._judge(rule, element)
        for program in self._programs.values():
            self._told(program, program.check.row(element, self._places.path))

    def inside(self, root: Any) -> None:
        """Judge what the rules of stages 5 and 6 look at outside of rows."""
        for rule in self._at_end:
            if rule.text.stage < _ON_FILE:
                self._judge(rule, root)
        for program in self._programs.values():
            if program.stage < _ON_FILE:
                self._told(program, program.check.end(root))

    def on_file(self, root: Any) -> None:
        """Judge what the rules of stage 7 look at."""
        for rule in self._at_end:
            if rule.text.stage == _ON_FILE:
                self._judge(rule, root)
        for program in self._programs.values():
            if program.stage == _ON_FILE:
                self._told(program, program.check.end(root))

    def _judge(self, rule: Rule, start: Any) -> None:
        for breach in breaches(rule, start):
            self._add(rule, breach)

    def _told(self, program: "_Program", found: Iterable[Breach]) -> None:
        for breach in found:
            self._add(program.rules[breach.rule] if breach.rule else next(iter(program.rules.values())), breach)

    def _add(self, rule: Rule, breach: Breach) -> None:
        if self._found.counted_only(rule.text):
            # To find a place costs as much as there are elements before it.
            return
        if breach.node is None:
            self._found.add(rule.text.found(breach.path, *breach.args))
            return
        path = breach.path or self._places.path(breach.node)
        self._found.add(rule.text.found(path, *breach.args, pointer=self._places.pointer(breach.node)))


def breaches(rule: Rule, start: Any) -> Iterator[Breach]:
    """Where the rule does not hold, from the root or the row. Raises RuleUnfit."""
    nodes = _asked(rule, rule.suspects.ask, start, {})
    for node in nodes if isinstance(nodes, list) else [start] if truth(nodes) else []:
        if isinstance(node, str):
            raise RuleUnfit(rule, "its context selects texts; let it select elements")
        variables: dict[str, Any] = {}
        when, test = rule.when_left, rule.test_left
        if when is not None and not when.variables and not truth(_asked(rule, when.ask, node, variables)):
            continue
        for name, expression in rule.let:
            variables[name] = _asked(rule, expression.ask, node, variables)
        if when is not None and when.variables and not truth(_asked(rule, when.ask, node, variables)):
            continue
        if test is None or not truth(_asked(rule, test.ask, node, variables)):
            yield _breach(rule, node, variables)


def _breach(rule: Rule, node: Any, variables: Mapping[str, Any]) -> Breach:
    args = tuple(text(_asked(rule, expression.ask, node, variables)) for expression in rule.args)
    if rule.at is not None:
        pointed = _asked(rule, rule.at.ask, node, variables)
        # What is missing cannot be pointed at; its parent can.
        node = next((item for item in pointed if not isinstance(item, str)), node) if isinstance(pointed, list) else node
    return Breach(node, args)


class RuleUnfit(Exception):
    """A rule cannot be asked of a document that follows its schema: a mistake of the pack."""

    def __init__(self, rule: Rule, problem: str) -> None:
        self.rule = rule
        super().__init__(f"{rule.text.id}: {problem}")


def _asked(rule: Rule, ask: Callable[..., Any], node: Any, variables: Mapping[str, Any]) -> Any:
    try:
        return ask(node, variables)
    except ExpressionFailed as error:
        raise RuleUnfit(rule, str(error)) from error
