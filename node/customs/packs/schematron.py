"""Rules as ISO Schematron writes them, made into rules of ours. Source: DESIGN 9, ISO/IEC 19757-3.

A pattern's rules are tried in order, and a node is judged by the first whose context it matches. Abstract patterns and rules are filled in; phases are not chosen, every
pattern counts. The severity is the `role` (or `flag`) of an assertion: `warning` warns, `hold` holds for a person, anything else refuses. Its text is English; a
diagnostic with `xml:lang="zh-Hant"` that it names is the other one.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from node.customs.packs.problems import PackProblem, PackRefused
from node.customs.packs.rule import Rule, RuleRefused, read_rule
from node.ebms.xml import Element, XmlLimits, XmlRefused, parse_xml

_SCH: Final = "{http://purl.oclc.org/dsdl/schematron}"
_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_LIMITS: Final = XmlLimits(octets=8 << 20, elements=200_000, text=1 << 20, only_elements=False)
_BINDINGS: Final = frozenset({"", "xpath", "xpath2", "xslt", "xslt2"})
_SEVERITIES: Final = {"warning": "W", "warn": "W", "information": "W", "info": "W", "hold": "H"}
_DEEPEST: Final = 10


@dataclass(frozen=True, slots=True)
class _Schema:
    root: Element
    namespaces: Mapping[str, str]
    #: Abstract rules by id.
    abstract: Mapping[str, Element]
    diagnostics: Mapping[str, Element]


@dataclass(slots=True)
class _Said:
    """A text with its holes."""

    text: str = ""
    holes: list[str] = field(default_factory=list)


def read_schematron(octets: bytes, file: str, _namespace: str, type_id: str) -> Iterator[Rule]:
    """The rules of a schema; names without a prefix are in no namespace, as Schematron has it. Raises PackRefused with every problem."""
    schema = _schema(octets, file)
    problems = []
    for pattern, parameters in _patterns(schema, file):
        before: list[str] = []
        for rule in pattern.iterchildren(f"{_SCH}rule"):
            if rule.get("abstract") == "true":
                continue
            context = _filled(rule.get("context", ""), parameters)
            for table in _assertions(schema, pattern, rule, context, before, parameters):
                try:
                    yield from read_rule(table, schema.namespaces, "", (), type_id)
                except RuleRefused as error:
                    problems.append(PackProblem(file, str(error)))
            before.append(_anywhere(context))
    if problems:
        raise PackRefused(problems)


def _schema(octets: bytes, file: str) -> _Schema:
    try:
        root = parse_xml(octets, _LIMITS)
    except XmlRefused as error:
        raise PackRefused([PackProblem(file, str(error))]) from None
    if root.tag != f"{_SCH}schema":
        raise PackRefused([PackProblem(file, "is no ISO Schematron schema")])
    if root.get("queryBinding", "") not in _BINDINGS:
        raise PackRefused([PackProblem(file, f"is written for {root.get('queryBinding')}; here rules are XPath 2.0")])
    if next(root.iter(f"{_SCH}include"), None) is not None:
        raise PackRefused([PackProblem(file, "includes another file; write it as one")])
    return _Schema(
        root,
        {found.get("prefix", ""): found.get("uri", "") for found in root.iterchildren(f"{_SCH}ns")},
        {rule.get("id", ""): rule for rule in root.iter(f"{_SCH}rule") if rule.get("abstract") == "true"},
        {found.get("id", ""): found for found in root.iter(f"{_SCH}diagnostic")},
    )


def _patterns(schema: _Schema, file: str) -> Iterator[tuple[Element, Mapping[str, str]]]:
    """Every pattern that counts, with the values of its parameters."""
    abstract = {found.get("id"): found for found in schema.root.iterchildren(f"{_SCH}pattern") if found.get("abstract") == "true"}
    for pattern in schema.root.iterchildren(f"{_SCH}pattern"):
        if pattern.get("abstract") == "true":
            continue
        parent = pattern.get("is-a")
        if parent is None:
            yield pattern, {}
        elif parent in abstract:
            parameters = {found.get("name", ""): found.get("value", "") for found in pattern.iterchildren(f"{_SCH}param")}
            yield abstract[parent], parameters
        else:
            raise PackRefused([PackProblem(file, f"pattern {pattern.get('id')} is a {parent}, which is no abstract pattern")])


def _assertions(
    schema: _Schema, pattern: Element, rule: Element, context: str, before: Sequence[str], parameters: Mapping[str, str]
) -> Iterator[Mapping[str, Any]]:
    """The assertions of a rule, and of those that it extends, as tables of rules."""
    judged = _anywhere(context)
    if before:
        judged = f"({judged}) except ({' | '.join(f'({one})' for one in before)})"
    # A variable of the schema or of a pattern has its value at the document.
    wide = {found.get("name", ""): f"/({found.get('value', '')})" for holder in (schema.root, pattern) for found in _lets(holder)}
    for holder in _extended(schema, rule, 0):
        let = {**wide, **{found.get("name", ""): found.get("value", "") for found in _lets(rule)}}
        let.update({found.get("name", ""): found.get("value", "") for found in _lets(holder)})
        for assertion in holder.iterchildren(f"{_SCH}assert", f"{_SCH}report"):
            test = _filled(assertion.get("test", ""), parameters)
            en = _said(assertion, parameters)
            zh = _other_language(schema, assertion, parameters) or en
            holes = list(dict.fromkeys((*en.holes, *zh.holes)))
            yield {
                "id": assertion.get("id") or rule.get("id") or "an assertion without id",
                "severity": _SEVERITIES.get((assertion.get("role") or assertion.get("flag") or "").lower(), "F"),
                "stage": 6,
                "context": judged,
                "test": f"not({test})" if assertion.tag == f"{_SCH}report" else test,
                "let": {name: _filled(value, parameters) for name, value in let.items()},
                "args": holes,
                "en": _numbered(en, holes),
                "zh": _numbered(zh, holes),
            }


def _extended(schema: _Schema, rule: Element, depth: int) -> Iterator[Element]:
    yield rule
    for extends in rule.iterchildren(f"{_SCH}extends"):
        parent = schema.abstract.get(extends.get("rule", ""))
        if parent is not None and depth < _DEEPEST:
            yield from _extended(schema, parent, depth + 1)


def _lets(holder: Element) -> Iterator[Element]:
    return holder.iterchildren(f"{_SCH}let")


def _anywhere(context: str) -> str:
    """A context matches wherever it stands, so each of its alternatives is looked for everywhere."""
    return " | ".join(one if one.startswith("/") else f"//{one}" for one in _alternatives(context))


def _alternatives(context: str) -> Iterator[str]:
    word, depth, quote = "", 0, ""
    for sign in context:
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "[(":
            depth += 1
        elif sign in "])":
            depth -= 1
        if sign == "|" and not depth and not quote:
            yield word.strip()
            word = ""
        else:
            word += sign
    yield word.strip()


def _filled(text: str, parameters: Mapping[str, str]) -> str:
    # Longer names first, so that $lineTotal is not taken for $line.
    for name in sorted(parameters, key=len, reverse=True):
        text = re.sub(rf"\${re.escape(name)}(?![\w.-])", lambda _found, name=name: parameters[name], text)  # type: ignore[misc]
    return text


def _other_language(schema: _Schema, assertion: Element, parameters: Mapping[str, str]) -> _Said | None:
    for name in assertion.get("diagnostics", "").split():
        found = schema.diagnostics.get(name)
        if found is not None and (found.get(_LANGUAGE) or "").startswith("zh"):
            return _said(found, parameters)
    return None


def _said(holder: Element, parameters: Mapping[str, str]) -> _Said:
    said = _Said(holder.text or "")
    for child in holder:
        if child.tag == f"{_SCH}value-of":
            said.holes.append(_filled(child.get("select", ""), parameters))
            said.text += _hole(said.holes[-1])
        elif child.tag == f"{_SCH}name":
            said.holes.append("local-name(.)")
            said.text += _hole(said.holes[-1])
        elif isinstance(child.tag, str):
            said.text += "".join(map(str, child.itertext()))
        said.text += child.tail or ""
    said.text = " ".join(said.text.split())
    return said


def _hole(expression: str) -> str:
    # No text of a schema has this sign; white space inside is kept from being collapsed.
    return f"\ue000{expression.encode().hex()}\ue000"


def _numbered(said: _Said, holes: Sequence[str]) -> str:
    text = said.text
    for number, expression in enumerate(holes):
        text = text.replace(_hole(expression), f"{{{number}}}")
    return text
