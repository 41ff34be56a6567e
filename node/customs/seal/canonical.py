"""Canonical octets of a whole document without its seal: from its tree, or streamed from its octets where the tree would be too large.

The stream is read by expat, which gives names as they are written: canonical XML needs the prefixes of attributes, and lxml's events do not tell them. Expat expands nothing here, since
a document type declaration ends the reading.
"""

import re
from collections.abc import Callable, Sequence
from copy import deepcopy  # noqa: TID251 - of the document that this thread has parsed
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn
from xml.parsers import expat

from lxml import etree

from node.ebms.c14n import canonicalize
from node.ebms.namespaces import DS, XML
from node.ebms.xml import Element, XmlLimits, XmlRefused, escape_attribute, escape_text, is_absolute, parse_xml

#: Nested elements of a document at most. Source: DESIGN 3.2 GEN-01.
DEEPEST: Final = 64
SIGNATURE: Final = f"{{{DS}}}Signature"
#: What a part of a seal may be: revocation lists make it long.
PART_LIMITS: Final = XmlLimits(octets=16 << 20, elements=5000, text=8 << 20)


def part_limits(files: int) -> XmlLimits:
    """As `PART_LIMITS`, for a seal over so many files: each takes seven elements and less than two thousand octets."""
    more = XmlLimits(octets=files * 2000, elements=100 + files * 8)
    return XmlLimits(
        octets=max(PART_LIMITS.octets, more.octets), elements=max(PART_LIMITS.elements, more.elements), text=PART_LIMITS.text
    )


#: A part of a tree that was bounded when it was read, read once more: the bound of the tree was another one where a seal covers many files.
_AGAIN: Final = XmlLimits(octets=1 << 30, elements=1 << 24, text=1 << 28)
_PIECES: Final = 4096
_START_TAG: Final = re.compile(rb"<[^\"'>]*(?:\"[^\"]*\"[^\"'>]*|'[^']*'[^\"'>]*)*>")


class NotCanonical(ValueError):
    """The octets have no canonical form that a seal may rest on; the text says why."""


# -- from a tree ---------------------------------------------------------------------------------------------------


def canonical(element: Element, *, exclusive: bool) -> bytes:
    """An element where it stands, as the part of a document that a reference points at. Raises NotCanonical."""
    if exclusive:
        return canonicalize(element)
    # Not lxml's inclusive form of a part: where the default namespace is declared above it, lxml 6.1 writes xmlns="" two levels down. Its plain form is right, and a root of its own is too.
    alone = etree.tostring(element, with_tail=False) if element.getparent() is not None else None
    try:
        return _whole(element if alone is None else parse_xml(alone, _AGAIN), exclusive=False)
    except XmlRefused as problem:
        raise NotCanonical(str(problem)) from None


def _whole(root: Element, *, exclusive: bool) -> bytes:
    try:
        return etree.tostring(root, method="c14n", exclusive=exclusive, with_comments=False)
    except etree.C14NError as error:
        raise NotCanonical(str(error)) from None


def without_seal(root: Element, seal: Element, *, exclusive: bool) -> bytes:
    """The whole document but for `seal`, a child of its root; the tree stays as it is."""
    whole = _whole(root, exclusive=exclusive)
    name = (f"{seal.prefix}:" if seal.prefix else "").encode() + b"Signature"
    starts = [whole.find(b"<%b%b" % (name, after)) for after in (b" ", b">")]
    start, end = max(starts), whole.rfind(b"</%b>" % name)
    # Each `<` of canonical octets without processing instructions begins a tag, and what stands in an element is the same whether or not its siblings are there. So a seal can be
    # cut out, where no other element is written with its very name.
    tags = whole.count(b"<%b " % name) + whole.count(b"<%b>" % name)
    if tags == 1 and start >= 0:
        return whole[:start] + whole[end + len(name) + 3 :]
    return _whole(_copy_without(root, seal), exclusive=exclusive)


def _copy_without(root: Element, seal: Element) -> Element:
    copied = deepcopy(root)
    left_out = copied[root.index(seal)]
    before = left_out.getprevious()
    if before is None:
        copied.text = (copied.text or "") + (left_out.tail or "")
    else:
        before.tail = (before.tail or "") + (left_out.tail or "")
    copied.remove(left_out)
    return copied


# -- from octets ---------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Place:
    """Where a ds:Signature stands among the octets, and in the document."""

    start: int
    end: int
    #: 2 for a child of the root.
    depth: int


@dataclass(slots=True)
class Layout:
    """What a pass over the octets found out about the document."""

    #: The local name of the root.
    name: str = ""
    #: As it is written, with its prefix.
    written: str = ""
    #: Where the start tag of the root begins and ends, and where its end tag begins.
    start: int = 0
    head: int = 0
    foot: int = 0
    #: The root is written as one tag.
    empty: bool = False
    seals: list[Place] = field(default_factory=list)
    #: Whether the last child of the root is a ds:Signature.
    sealed_last: bool = False
    #: A comment stands within a text: no seal covers it, and readers that stop at it would read what nobody sealed.
    comment_in_text: bool = False


def stream(octets: bytes, update: Callable[[bytes], Any], *, exclusive: bool = False) -> Layout:
    """Give `update` the canonical form without the signatures that are children of the root, piece by piece. Raises NotCanonical."""
    return _Stream(octets, update, exclusive).run()


def start_tag(octets: bytes, at: int) -> bytes:
    """The start tag, or empty tag, that begins there in a well-formed document."""
    found = _START_TAG.match(octets, at)
    assert found is not None
    return found[0]


class _Stream:
    """Where the pass stands: namespaces in scope, what is written of them, and what is skipped."""

    def __init__(self, octets: bytes, update: Callable[[bytes], Any], exclusive: bool) -> None:
        self.octets, self.update, self.exclusive = octets, update, exclusive
        self.layout = Layout()
        self.out: list[str] = [""]
        self.depth = 0
        #: The seal that the pass is in.
        self.skipping: Place | None = None
        #: Prefix to namespace: what is in scope, and what the output has in force.
        self.scope: dict[str, str] = {"xml": XML}
        self.written: dict[str, str] = {}
        #: For each open element what its declarations replaced; None where it had none.
        self.undo: list[tuple[list[tuple[str, str | None]], list[tuple[str, str | None]]] | None] = []
        self.parser = parser = expat.ParserCreate("utf-8")
        parser.ordered_attributes = True
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self.start, self.end
        parser.CharacterDataHandler = self.text
        parser.CommentHandler = self.comment
        parser.ProcessingInstructionHandler = self.instruction
        parser.StartDoctypeDeclHandler = self.doctype
        parser.XmlDeclHandler = self.declaration

    def run(self) -> Layout:
        if self.octets[:2] in (b"\xff\xfe", b"\xfe\xff"):
            # Expat believes a byte order mark more than what it was told.
            raise NotCanonical("not UTF-8")
        try:
            self.parser.Parse(self.octets, True)
        except expat.ExpatError as error:
            raise NotCanonical(f"not well-formed: {error}") from None
        self.flush()
        return self.layout

    def flush(self) -> None:
        # The last piece tells a comment what stands before it.
        last = self.out[-1]
        self.update("".join(self.out).encode())
        self.out = [""] if last.endswith(">") else ["", ""]

    # -- events ----------------------------------------------------------------------------------------------------

    def start(self, name: str, attributes: Sequence[str]) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise NotCanonical(f"elements nested more than {DEEPEST} deep")
        if not attributes and not self.exclusive and not self.skipping and self.depth > 2:
            # What most elements are: nothing to declare and nothing to sort.
            if ":" in name:
                self.namespace(name.partition(":")[0])
                if name.endswith(":Signature"):
                    self.seal(name)
            elif name == "Signature":
                self.seal(name)
            self.undo.append(None)
            self.out.append(f"<{name}>")
        else:
            self.general(name, attributes)
        if len(self.out) > _PIECES:
            self.flush()

    def general(self, name: str, attributes: Sequence[str]) -> None:
        declared, others = [], []
        for at in range(0, len(attributes), 2):
            key, value = attributes[at], attributes[at + 1]
            if key == "xmlns":
                declared.append(("", value))
            elif key.startswith("xmlns:"):
                declared.append((key[6:], value))
            else:
                others.append((key, value))
        replaced = [self.declare(prefix, uri) for prefix, uri in declared]
        if self.depth == 1:
            self.root(name)
        elif name.endswith("Signature"):
            self.seal(name)
        if self.skipping:
            self.undo.append((replaced, []) if replaced else None)
            return
        ordered = sorted(map(self.attribute, others)) if others else []
        tag, unwritten = self.namespaces(name, declared, ordered)
        for at, (uri, local, key, value) in enumerate(ordered):
            if uri and at and ordered[at - 1][:2] == (uri, local):
                raise NotCanonical(f"{name}: two attributes {local}")
            tag.append(f' {key}="{escape_attribute(value)}"')
        self.undo.append((replaced, unwritten) if replaced or unwritten else None)
        self.out.append("".join([*tag, ">"]))

    def end(self, name: str) -> None:
        undo = self.undo.pop()
        if undo is not None:
            for table, before in ((self.scope, undo[0]), (self.written, undo[1])):
                for prefix, uri in reversed(before):
                    if uri is None:
                        del table[prefix]
                    else:
                        table[prefix] = uri
        if not self.skipping:
            self.out.append(f"</{name}>")
        if self.depth == 2:
            self.layout.sealed_last = self.skipping is not None
            if self.skipping is not None:
                # Expat tells the end of an empty element where its tag ends.
                opened = start_tag(self.octets, self.skipping.start)
                at = self.skipping.start + len(opened)
                self.skipping.end = at if opened.endswith(b"/>") else self.octets.index(b">", self.parser.CurrentByteIndex) + 1
                self.skipping = None
        elif self.depth == 1:
            self.layout.foot = self.parser.CurrentByteIndex
        self.depth -= 1

    def text(self, data: str) -> None:
        if not self.skipping:
            self.out.append(escape_text(data))

    def comment(self, _data: str) -> None:
        """A comment is not signed; the texts around it are looked at."""
        if self.depth == 0 or self.skipping:
            return
        self.text_by_comment(self.out[-1] if not self.out[-1].endswith(">") else "")
        self.parser.CharacterDataHandler = self.text_by_comment
        self.parser.StartElementHandler, self.parser.EndElementHandler = self.start_by_comment, self.end_by_comment

    def text_by_comment(self, data: str) -> None:
        if data.strip():
            self.layout.comment_in_text = True
        if self.parser.CharacterDataHandler == self.text_by_comment:
            self.text(data)

    def start_by_comment(self, name: str, attributes: Sequence[str]) -> None:
        self.away_from_comment()
        self.start(name, attributes)

    def end_by_comment(self, name: str) -> None:
        self.away_from_comment()
        self.end(name)

    def away_from_comment(self) -> None:
        self.parser.CharacterDataHandler = self.text
        self.parser.StartElementHandler, self.parser.EndElementHandler = self.start, self.end

    def instruction(self, _target: str, _data: str) -> NoReturn:
        raise NotCanonical("a processing instruction")

    def declaration(self, version: str, encoding: str | None, _standalone: int) -> None:
        """Another reader would believe what is declared, and read other characters than were sealed."""
        if version != "1.0" or (encoding is not None and encoding.lower() != "utf-8"):
            raise NotCanonical(f"declared as XML {version} in {encoding}")

    def doctype(self, *_declared: Any) -> NoReturn:
        raise NotCanonical("a document type declaration")

    # -- what the root and its seal look like ------------------------------------------------------------------------

    def root(self, name: str) -> None:
        self.layout.name, self.layout.written = name.rpartition(":")[2], name
        at = self.parser.CurrentByteIndex
        opened = start_tag(self.octets, at)
        self.layout.start, self.layout.head, self.layout.empty = at, at + len(opened), opened.endswith(b"/>")

    def seal(self, name: str) -> None:
        prefix, _, local = name.rpartition(":")
        if local != "Signature" or self.scope.get(prefix, "") != DS:
            return
        found = Place(self.parser.CurrentByteIndex, 0, self.depth)
        self.layout.seals.append(found)
        if self.depth == 2:
            self.skipping = found

    # -- namespaces --------------------------------------------------------------------------------------------------

    def namespace(self, prefix: str) -> str:
        try:
            return self.scope[prefix]
        except KeyError:
            raise NotCanonical(f"the prefix {prefix} is not declared") from None

    def declare(self, prefix: str, uri: str) -> tuple[str, str | None]:
        if not is_absolute(uri):
            raise NotCanonical(f"prefix {prefix[:40]!r}: the relative namespace name {uri[:80]!r}")
        if prefix and (not uri or (prefix == "xml") != (uri == XML) or prefix == "xmlns"):
            raise NotCanonical(f"prefix {prefix[:40]!r} cannot stand for {uri[:80]!r}")
        before = self.scope.get(prefix)
        self.scope[prefix] = uri
        return prefix, before

    def attribute(self, given: tuple[str, str]) -> tuple[str, str, str, str]:
        key, value = given
        prefix, colon, local = key.partition(":")
        return (self.namespace(prefix), local, key, value) if colon else ("", key, key, value)

    def namespaces(
        self, name: str, declared: Sequence[tuple[str, str]], attributes: Sequence[tuple[str, str, str, str]]
    ) -> tuple[list[str], list[tuple[str, str | None]]]:
        """The beginning of the tag with the declarations that the output needs, and how to forget them."""
        prefix = name.partition(":")[0] if ":" in name else ""
        if prefix:
            self.namespace(prefix)
        if self.exclusive:
            # spec: EC 3, the prefixes visibly used
            used = {prefix, *(key.partition(":")[0] for uri, _, key, _ in attributes if uri)}
            needed = {one: self.scope.get(one, "") for one in used}
        else:
            needed = dict(declared)
        tag, unwritten = [f"<{name}"], []
        for one in sorted(needed):
            uri = needed[one]
            before = self.written.get(one)
            if uri == (before or "") or one == "xml":
                continue
            unwritten.append((one, before))
            self.written[one] = uri
            tag.append(f' xmlns:{one}="{escape_attribute(uri)}"' if one else f' xmlns="{escape_attribute(uri)}"')
        return tag, unwritten
