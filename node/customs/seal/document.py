"""A document and its one seal: what the seal may stand on, whether the document is held as a tree or too large for that. Source: DESIGN 3.6 SIG-01, 6."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

from node.customs.seal.canonical import PART_LIMITS, SIGNATURE, Layout, NotCanonical, stream, without_seal
from node.customs.seal.refused import Fault
from node.ebms.xml import Element, XmlLimits, XmlRefused, parse_xml
from node.security.algorithms import DIGESTS

#: Above this many octets a document is read as a stream.
LARGE: Final = 1 << 20

#: As wide as what `canonical.stream` takes; what stands between elements is looked at here.
_TREE_LIMITS: Final = XmlLimits(octets=LARGE, elements=LARGE, text=LARGE, names=LARGE, only_elements=False)


@dataclass(slots=True)
class SealedDocument:
    """A document with exactly one ds:Signature, the last child of its root."""

    #: Where findings say it is: `/CertificateOfOrigin/Signature`.
    location: str
    signature: Element
    #: Gives the canonical octets without the seal to a function: `give(update, exclusive)`.
    give: Callable[[Callable[[bytes], Any], bool], None] = field(repr=False)
    #: What is known already, by algorithm and whether exclusive.
    known: dict[tuple[str, bool], bytes] = field(default_factory=dict)

    def digest(self, algorithm: str, *, exclusive: bool) -> bytes:
        """The digest of the whole document without the seal. Raises Fault SIG-02 where it has no canonical form."""
        key = (algorithm, exclusive)
        if key not in self.known:
            sums = hashlib.new(DIGESTS[algorithm])
            self.feed(sums.update, exclusive=exclusive)
            self.known[key] = sums.digest()
        return self.known[key]

    def feed(self, update: Callable[[bytes], Any], *, exclusive: bool) -> None:
        """The canonical octets themselves. Raises Fault SIG-02."""
        try:
            self.give(update, exclusive)
        except NotCanonical as problem:
            raise Fault("SIG-02", str(problem)) from None


def place_of(name: str) -> str:
    """The XPath of a seal below the root of this local name."""
    return f"/{name}/Signature"


def open_document(octets: bytes, root: Element | None, *, required: bool) -> SealedDocument | None:
    """The document with its seal; None where it has none and needs none. Raises SealRefused SIG-01 (SIG-05 where none is required).

    `root` is the tree of all the octets; without it they are parsed. For a large document it is not looked at: that is streamed.
    """
    if len(octets) > LARGE:
        return _streamed(octets, required=required)
    if root is None:
        try:
            root = parse_xml(octets, _TREE_LIMITS)
        except XmlRefused as problem:
            raise Fault("SIG-05", str(problem)).at("") from None
    location = place_of(etree.QName(root).localname)
    try:
        return _held(root, octets, location, required=required)
    except Fault as fault:
        raise fault.at(location) from None


def _held(root: Element, octets: bytes, location: str, *, required: bool) -> SealedDocument | None:
    extras = b"<!" in octets or octets.find(b"<?", 1) > 0
    if extras:
        _check_instructions(root)
    seals = list(root.iter(SIGNATURE))
    last = next(root.iterchildren(etree.Element, reversed=True), None)  # noqa: TID251 - the kind, and none is made
    if not _one_in_place(
        len(seals), len([one for one in seals if one.getparent() is root]), last is not None and last.tag == SIGNATURE, required
    ):
        return None
    assert last is not None
    if extras:
        _check_comments(root)

    def give(update: Callable[[bytes], Any], exclusive: bool) -> None:
        update(without_seal(root, last, exclusive=exclusive))

    return SealedDocument(location, last, give)


def _one_in_place(found: int, below_root: int, last: bool, required: bool) -> bool:
    """Whether there is a seal to judge. Raises Fault."""
    rule = "SIG-01" if required else "SIG-05"
    if found == 0:
        if required:
            raise Fault(rule, "no ds:Signature")
        return False
    if below_root != 1 or not last:
        raise Fault(rule, "not exactly one ds:Signature as the last child of the root")
    if found > 1:
        raise Fault("SIG-05", "a ds:Signature within the ds:Signature or elsewhere")
    return True


def _check_comments(root: Element) -> None:
    """A comment is not signed: within a text it could hide what nobody sealed from readers that stop at it. Raises Fault."""
    for comment in root.iter(etree.Comment):
        before = comment.getprevious()
        parent = comment.getparent()
        text = (parent.text if before is None and parent is not None else None if before is None else before.tail) or ""
        if parent is not None and (text.strip() or (comment.tail or "").strip()):
            raise Fault("SIG-05", "a comment within a text")


def _check_instructions(root: Element) -> None:
    """Raises Fault."""
    around = (*root.itersiblings(etree.ProcessingInstruction), *root.itersiblings(etree.ProcessingInstruction, preceding=True))
    if around or next(root.iter(etree.ProcessingInstruction), None) is not None:
        raise Fault("SIG-05", "a processing instruction")


def _streamed(octets: bytes, *, required: bool) -> SealedDocument | None:
    sums = {uri: hashlib.new(name) for uri, name in DIGESTS.items()}

    def update(piece: bytes) -> None:
        # Which digest is asked for stands in the seal, which comes last.
        for one in sums.values():
            one.update(piece)

    try:
        layout = stream(octets, update)
    except NotCanonical as problem:
        raise Fault("SIG-05", str(problem)).at("") from None
    location = place_of(layout.name)
    try:
        below = [one for one in layout.seals if one.depth == 2]
        if not _one_in_place(len(layout.seals), len(below), layout.sealed_last, required):
            return None
        if layout.comment_in_text:
            raise Fault("SIG-05", "a comment within a text")
        signature = skeleton(octets, layout)[0]
    except Fault as fault:
        raise fault.at(location) from None
    except XmlRefused as problem:
        raise Fault("SIG-05", str(problem)).at(location) from None

    def give(update: Callable[[bytes], Any], exclusive: bool) -> None:
        stream(octets, update, exclusive=exclusive)

    return SealedDocument(location, signature, give, {(uri, False): one.digest() for uri, one in sums.items()})


def skeleton(octets: bytes, layout: Layout, seal: bytes | None = None, limits: XmlLimits = PART_LIMITS) -> Element:
    """The root with nothing in it but its seal, as it stands there or another one: so all that is in scope for the seal is. Raises XmlRefused."""
    if seal is None:
        place = next(one for one in layout.seals if one.depth == 2)
        seal = octets[place.start : place.end]
    return parse_xml(b"%b%b</%b>" % (octets[layout.start : layout.head], seal, layout.written.encode()), limits)
