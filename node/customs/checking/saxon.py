"""A second opinion on the rules of a pack: Saxon, an engine of other people, where the extra `saxon` is installed.

It knows none of our functions, so it is asked only what needs none, and only on trial: it never judges a document that somebody sent.
"""

from collections.abc import Iterator
from typing import Any, Final

from lxml import etree

from node.customs.checking.judging import RuleUnfit, breaches
from node.customs.checking.trial import samples
from node.customs.packs.definition import TypeDefinition
from node.customs.packs.pack import Pack
from node.customs.packs.problems import PackProblem
from node.customs.packs.rule import Rule
from node.customs.xpath.functions import PREFIX
from node.ebms.xml import XmlLimits, XmlRefused, parse_xml

_LIMITS: Final = XmlLimits(octets=20 << 20, elements=250_000, attributes=64, namespaces=64, text=1 << 20, only_elements=False)


class SaxonMissing(Exception):
    """The extra is not installed."""


class Saxon:
    """Belongs to one thread. Raises SaxonMissing when it is made without the extra."""

    def __init__(self) -> None:
        try:
            from saxonche import PySaxonApiError, PySaxonProcessor
        except ImportError as error:
            raise SaxonMissing(str(error)) from None
        self._processor: Any = PySaxonProcessor(license=False)
        self._refused = PySaxonApiError

    def differences(self, octets: bytes, definition: TypeDefinition) -> Iterator[str]:
        """Each rule of which Saxon finds another number of breaches in a document than we do, with both numbers."""
        root = parse_xml(octets, _LIMITS)
        document = self._processor.parse_xml(xml_text=etree.tostring(root, encoding="unicode"))
        for rule in filter(is_asked, definition.rules):
            try:
                ours = sum(1 for start in _starts(rule, root) for _ in breaches(rule, start))
                theirs = self._breaches(rule, document)
            except RuleUnfit as error:
                yield str(error)
                continue
            except self._refused as error:
                yield f"{rule.text.id}: Saxon does not take it: {' '.join(str(error).split())[:300]}"
                continue
            if ours != theirs:
                yield f"{rule.text.id}: {ours} breaches, {theirs} by Saxon"

    def _breaches(self, rule: Rule, document: Any) -> int:
        asking = self._processor.new_xpath_processor()
        for prefix, uri in rule.prefixes.items():
            asking.declare_namespace(prefix, uri)
        asking.set_context(xdm_item=document)
        return int(asking.evaluate_single(question(rule)).string_value)


def saxon_problems(pack: Pack, saxon: Saxon) -> Iterator[PackProblem]:
    """Each rule that Saxon reads otherwise, with the sample that shows it. Raises ValueError as `samples` does."""
    for sample in samples(pack):
        try:
            root = parse_xml(sample.octets, _LIMITS)
        except XmlRefused:
            # An interchange, or what is refused before any rule.
            continue
        for definition in pack.types.values():
            if definition.tag == root.tag:
                for difference in saxon.differences(sample.octets, definition):
                    yield PackProblem(f"{pack.id}/{sample.file}", difference)


def is_asked(rule: Rule) -> bool:
    """Whether everything that decides about a breach is plain XPath 2.0."""
    deciding = (rule.context, rule.when, rule.test, *(one for _, one in rule.let))
    return rule.test is not None and not any(f"{PREFIX}:" in one.text for one in deciding if one is not None)


def question(rule: Rule) -> str:
    """One XPath 3.1 expression that counts the nodes at which the rule does not hold."""
    start = "/*" if rule.row is None else f"/*/{rule.row}"
    lets = "".join(f"let ${name} := ({one.text}) return " for name, one in rule.let)
    when = "true()" if rule.when is None else f"boolean({rule.when.text})"
    test = "" if rule.test is None else rule.test.text
    return f"count({start}/({rule.context.text})[{lets}({when} and not({test}))])"


def _starts(rule: Rule, root: Any) -> list[Any]:
    return [root] if rule.row is None else root.findall(f"{{*}}{rule.row}")
