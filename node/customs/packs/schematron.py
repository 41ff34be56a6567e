"""ISO Schematron as rules of a pack: patterns, rules, asserts and reports with XPath 2.0. What is not understood is refused by its name.

Of a pattern's rules the first one whose context holds a node judges it. The text of an assert is English; a diagnostic in `zh-Hant` that it names is the
Chinese text; `sch:value-of` in either is an argument. Its `id` is the rule's, its `role` the severity. Every `let` is asked at the node that is judged, so those of
patterns and of the schema are absolute paths. spec: ISO/IEC 19757-3
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from node.customs.finding import RuleText, Severity
from node.customs.packs.problems import PackProblem, PackRefused
from node.customs.packs.rule import Rule, RuleRefused, compiled_rule
from node.ebms.xml import XmlLimits, XmlRefused, parse_xml

NAMESPACE: Final = "http://purl.oclc.org/dsdl/schematron"
_SCH: Final = f"{{{NAMESPACE}}}"
_LIMITS: Final = XmlLimits(octets=4 << 20, elements=100_000, text=1 << 20, only_elements=False)
_BINDINGS: Final = frozenset({"xslt2", "xpath2"})
_SEVERITIES: Final = {
    **dict.fromkeys(("", "fatal", "error"), Severity.FATAL),
    "hold": Severity.HOLD,
    **dict.fromkeys(("warning", "warn"), Severity.WARNING),
}
_CHINESE: Final = "zh-Hant"
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
#: What may stand where, with the attributes that are understood.
_CONTENT: Final[Mapping[str, tuple[frozenset[str], frozenset[str]]]] = {
    "schema": (
        frozenset({"ns", "let", "pattern", "diagnostics", "title", "p"}),
        frozenset({"queryBinding", "schemaVersion", "id"}),
    ),
    "pattern": (frozenset({"let", "rule", "title", "p"}), frozenset({"id"})),
    "rule": (frozenset({"let", "assert", "report", "p"}), frozenset({"id", "context"})),
    "assert": (frozenset({"value-of", "emph", "span"}), frozenset({"id", "test", "role", "diagnostics"})),
    "report": (frozenset({"value-of", "emph", "span"}), frozenset({"id", "test", "role", "diagnostics"})),
    "diagnostics": (frozenset({"diagnostic"}), frozenset()),
    "diagnostic": (frozenset({"value-of", "emph", "span"}), frozenset({"id", _LANG})),
    "ns": (frozenset(), frozenset({"prefix", "uri"})),
    "let": (frozenset(), frozenset({"name", "value"})),
    "value-of": (frozenset(), frozenset({"select"})),
    **{name: (frozenset({"emph", "span"}), frozenset({"class", _LANG, "id"})) for name in ("title", "p", "emph", "span")},
}
_STAGE: Final = 6


def read_schematron(octets: bytes, file: str, default: str, type_id: str) -> Iterator[Rule]:
    """The rules of a schema; `default` is the namespace of names without a prefix. Raises PackRefused with every problem."""
    try:
        root = parse_xml(octets, _LIMITS)
    except XmlRefused as error:
        raise PackRefused([PackProblem(file, str(error))]) from None
    problems = [PackProblem(file, problem) for problem in _strange(root)]
    if problems:
        raise PackRefused(problems)
    schema = _Schema(root, default)
    rules = []
    for said in schema.asserts():
        try:
            rules.append(schema.rule(said))
        except RuleRefused as error:
            problems.append(PackProblem(file, f"line {said.element.sourceline}: {error}"))
    if not rules and not problems:
        problems.append(PackProblem(file, f"no assert and no report for {type_id}"))
    if problems:
        raise PackRefused(problems)
    yield from rules


def _strange(root: Any) -> Iterator[str]:
    if root.tag != f"{_SCH}schema":
        yield f"the root element is {root.tag}, not schema of {NAMESPACE}"
        return
    binding = root.get("queryBinding", "")
    if binding not in _BINDINGS:
        yield f'queryBinding = "{binding}": there are {", ".join(sorted(_BINDINGS))}'
    for element in root.iter():
        if isinstance(element.tag, str):
            yield from _strange_in(element)


def _strange_in(element: Any) -> Iterator[str]:
    name = element.tag.removeprefix(_SCH)
    content, attributes = _CONTENT.get(name, (frozenset(), frozenset()))
    for child in element:
        if isinstance(child.tag, str) and child.tag.removeprefix(_SCH) not in content:
            yield f"line {child.sourceline}: {child.tag.removeprefix(_SCH)} in {name} is not understood"
    if name in _CONTENT:
        for attribute in sorted(set(element.attrib) - attributes):
            yield f"line {element.sourceline}: {attribute} of {name} is not understood"


@dataclass(frozen=True)
class _Assert:
    element: Any
    context: str
    #: Contexts of the earlier rules of the pattern, whose nodes are theirs.
    earlier: Sequence[str]
    let: Mapping[str, str]


class _Schema:
    def __init__(self, root: Any, default: str) -> None:
        self._root, self._default = root, default
        self._namespaces = {one.get("prefix"): one.get("uri") for one in root.iterfind(f"{_SCH}ns")}
        self._diagnostics = {one.get("id"): one for one in root.iter(f"{_SCH}diagnostic")}

    def asserts(self) -> Iterator[_Assert]:
        """Every assert and report, with what counts around it."""
        outer = _lets(self._root)
        for pattern in self._root.iterfind(f"{_SCH}pattern"):
            earlier: list[str] = []
            for rule in pattern.iterfind(f"{_SCH}rule"):
                context = rule.get("context", "")
                let = {**outer, **_lets(pattern), **_lets(rule)}
                for said in rule.iterchildren(f"{_SCH}assert", f"{_SCH}report"):
                    yield _Assert(said, context, tuple(earlier), let)
                earlier.append(context)

    def rule(self, said: _Assert) -> Rule:
        """Raises RuleRefused."""
        element = said.element
        name, role, test = element.get("id", ""), element.get("role", ""), element.get("test", "")
        if not name:
            raise RuleRefused("an assert has an id: the rule")
        if role not in _SEVERITIES:
            raise RuleRefused(f"{name}: role {role!r}; there are {', '.join(sorted(filter(None, _SEVERITIES)))}")
        if not said.context:
            raise RuleRefused(f"{name}: its rule has no context")
        chinese = [self._diagnostic(name, one) for one in element.get("diagnostics", "").split()]
        args: list[str] = []
        en = _words(element, args)
        zh = next((_words(one, args) for one in chinese if one.get(_LANG) == _CHINESE), en)
        own = f"({test})" if element.tag == f"{_SCH}assert" else f"not({test})"
        return compiled_rule(
            {
                "context": self._nodes(said),
                "test": own,
                "let": said.let,
                "args": args,
            },
            RuleText(name, _SEVERITIES[role], _STAGE, en, zh),
            self._namespaces,
            self._default,
        )

    def _diagnostic(self, name: str, wanted: str) -> Any:
        if wanted not in self._diagnostics:
            raise RuleRefused(f"{name}: there is no diagnostic {wanted}")
        return self._diagnostics[wanted]

    @staticmethod
    def _nodes(said: _Assert) -> str:
        found = _matching(said.context)
        return " except ".join([found, *map(_matching, said.earlier)]) if said.earlier else found


def _lets(holder: Any) -> dict[str, str]:
    return {one.get("name"): one.get("value") for one in holder.iterfind(f"{_SCH}let")}


def _matching(pattern: str) -> str:
    """The nodes of the document that an XSLT pattern matches, as a path."""
    parts = [part.strip() for part in _alternatives(pattern)]
    return "(" + " | ".join(part if part.startswith("/") else f"//{part}" for part in parts) + ")"


def _alternatives(pattern: str) -> Iterator[str]:
    depth, start, quote = 0, 0, ""
    for place, sign in enumerate(pattern):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "[(":
            depth += 1
        elif sign in "])":
            depth -= 1
        elif sign == "|" and not depth:
            yield pattern[start:place]
            start = place + 1
    yield pattern[start:]


def _words(element: Any, args: list[str]) -> str:
    """The text with `{0}`, `{1}` for each value; the same value is one argument in both languages."""
    words = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str) and child.tag == f"{_SCH}value-of":
            select = child.get("select", "")
            if select not in args:
                args.append(select)
            words.append(f"{{{args.index(select)}}}")
        elif isinstance(child.tag, str):
            words.append("".join(child.itertext()))
        words.append(child.tail or "")
    return " ".join("".join(words).split())
