"""Exclusive XML Canonicalization 1.0 without comments, of one element and everything in it.

Two engines give the same octets: libxml2's, which is fast, and our own, which is right and linear everywhere.
"""

from collections.abc import Sequence
from typing import Any, Final

from lxml import etree

from node.ebms.namespaces import XML
from node.ebms.xml import Element, XmlRefused, escape_attribute, escape_text, is_absolute

#: libxml2 seeks each prefix of a PrefixList anew at each element, through every declaration in scope: elements x prefixes x namespaces.
_FEW_PREFIXES: Final = 4
#: Without a PrefixList it does so for each element that has no prefix.
_FEW_NAMESPACES: Final = 32


def canonicalize(element: Element, prefix_list: Sequence[str] = ()) -> bytes:
    """The canonical octets of an element; what follows it (its tail) is no part of it.

    `prefix_list` is the InclusiveNamespaces PrefixList, where `#default` is the default namespace and a prefix that is not declared says nothing.
    Raises XmlRefused for relative namespace names, which `parse_xml` lets through nowhere.
    """
    # lxml drops `#default` silently (it looks it up among the names that the document uses), so that the default namespace would be missing.
    if len(prefix_list) > _FEW_PREFIXES or "#default" in prefix_list or len(element.nsmap) > _FEW_NAMESPACES:
        return canonicalize_linear(element, prefix_list)
    try:
        return etree.tostring(
            element, method="c14n", exclusive=True, with_comments=False, inclusive_ns_prefixes=prefix_list or None
        )
    # A relative namespace name, about which libxml2 says nothing; or a prefix that is none.
    except (etree.C14NError, ValueError):
        return canonicalize_linear(element, prefix_list)


def canonicalize_linear(element: Element, prefix_list: Sequence[str] = ()) -> bytes:
    """As `canonicalize`, by our own engine: one walk whose cost is that of the nodes walked, whatever is in scope."""
    walk = _Walk(element, prefix_list)
    for event, item in etree.iterwalk(element, events=("start-ns", "start", "end", "comment", "pi")):
        if event == "start-ns":
            walk.declare(*item)
        elif event == "start":
            walk.start(item)
        elif event == "end":
            walk.end(item)
        else:
            walk.other(item, event)
    return "".join(walk.out).encode()


class _Walk:
    """Where a walk through an element stands: what is in scope, and what has been written by the ancestors that were written."""

    def __init__(self, apex: Element, prefix_list: Sequence[str]) -> None:
        self.out: list[str] = []
        self._apex = apex
        self._inclusive = {"" if prefix == "#default" else prefix for prefix in prefix_list}
        self._scope: dict[str, str] = {}
        # Which prefixes stand for a namespace; an attribute in lxml does not say which of them it was written with.
        self._prefixes_of: dict[str, set[str]] = {}
        self._written: dict[str, str] = {}
        # Names, and what each dictionary held before, of the elements that are open.
        self._open: list[tuple[str, list[tuple[str, str | None]], list[tuple[str, str | None]]]] = []
        self._declared: list[tuple[str, str | None]] = []
        parent = apex.getparent()
        for prefix, uri in ({} if parent is None else parent.nsmap).items():
            self.declare(prefix or "", uri)
        # What the ancestors declare stays in scope for good, and the apex itself writes it where it is inclusive.
        self._from_ancestors = [prefix for prefix, _ in self._declared]
        self._declared = []

    def declare(self, prefix: str, uri: str) -> None:
        """A namespace declaration of the element that comes next."""
        if not is_absolute(uri):
            raise XmlRefused(f"prefix {prefix[:40]!r}: the relative namespace name {uri[:80]!r}")
        self._declared.append((prefix, self._scope.get(prefix)))
        self._bind(prefix, uri)

    def _bind(self, prefix: str, uri: str | None) -> None:
        before = self._scope.pop(prefix, None)
        if before is not None:
            self._prefixes_of[before].discard(prefix)
        if uri is not None:
            self._scope[prefix] = uri
            self._prefixes_of.setdefault(uri, set()).add(prefix)

    def start(self, element: Element) -> None:
        namespace, _, local = str(element.tag).rpartition("}")
        prefix = element.prefix or ""
        # spec: EC 3, the prefixes visibly used
        needed = {prefix: namespace[1:]}
        items: list[tuple[str, str]] = element.items()  # type: ignore[assignment] # a parsed tree holds no bytes
        attributes = [self._attribute(element, at, name, value, needed) for at, (name, value) in enumerate(items, 1)]
        # spec: EC 3, the PrefixList: below the apex only a new declaration can change what stands written.
        for declared in [p for p, _ in self._declared] + (self._from_ancestors if not self._open else []):
            if declared in self._inclusive:
                needed[declared] = self._scope[declared]
        undo = self._write_namespaces(name := f"{prefix}:{local}" if prefix else local, needed)
        self.out += [f' {qualified}="{escape_attribute(value)}"' for _, _, qualified, value in sorted(attributes)]
        self.out.append(">")
        if element.text:
            self.out.append(escape_text(element.text))
        self._open.append((name, undo, self._declared))
        self._declared = []

    def _attribute(self, element: Element, at: int, name: str, value: str, needed: dict[str, str]) -> tuple[str, str, str, str]:
        """The attribute as (namespace, local name, name as written, value), which is the order of attributes."""
        namespace, _, local = name.rpartition("}")
        if not namespace:
            return "", local, local, value
        namespace = namespace[1:]
        if namespace == XML:
            return namespace, local, f"xml:{local}", value
        prefixes = self._prefixes_of.get(namespace, set()) - {""}
        prefix = prefixes.pop() if len(prefixes) == 1 else str(_NAME(element, at=at)).partition(":")[0]
        needed[prefix] = namespace
        return namespace, local, f"{prefix}:{local}", value

    def _write_namespaces(self, name: str, needed: dict[str, str]) -> list[tuple[str, str | None]]:
        """The start of the tag with those declarations that the output does not have in force already."""
        self.out.append(f"<{name}")
        undo = []
        for prefix in sorted(needed):
            uri = needed[prefix]
            before = self._written.get(prefix)
            # No default namespace and the empty one are the same; the prefix xml is never declared.
            if uri == (before or "") or prefix == "xml":
                continue
            undo.append((prefix, before))
            self._written[prefix] = uri
            self.out.append(f' xmlns:{prefix}="{escape_attribute(uri)}"' if prefix else f' xmlns="{escape_attribute(uri)}"')
        return undo

    def end(self, element: Element) -> None:
        name, written, declared = self._open.pop()
        self.out.append(f"</{name}>")
        for prefix, before in written:
            if before is None:
                del self._written[prefix]
            else:
                self._written[prefix] = before
        for prefix, before in reversed(declared):
            self._bind(prefix, before)
        self._tail(element)

    def other(self, item: Any, kind: str) -> None:
        """A processing instruction stays, a comment goes; the text behind it stays."""
        if kind == "pi":
            text = (item.text or "").replace("\r", "&#xD;")
            self.out.append(f"<?{item.target} {text}?>" if text else f"<?{item.target}?>")
        self._tail(item)

    def _tail(self, element: Element) -> None:
        if element.tail and element is not self._apex:
            self.out.append(escape_text(element.tail))


_NAME: Final = etree.XPath("name(@*[$at])")
