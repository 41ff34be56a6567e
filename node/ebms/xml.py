"""The one door for XML from outside: `parse_xml`, hardened and capped; and the two escapes of canonical XML for what we write.

Nothing that this parser lets through has a DTD, an entity of its own or a relative namespace name; nor, unless the limits say so, a comment or
a processing instruction.
"""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from lxml import etree

#: The type has no public name in lxml.
Element = etree._Element  # noqa: SLF001


class XmlRefused(ValueError):
    """The octets are not XML that is read here; the text says what and where."""


@dataclass(frozen=True, slots=True)
class XmlLimits:
    """What one document may be at most. Depth beyond 255 is refused by the parser itself."""

    #: Size of the document as it comes.
    octets: int = 1 << 20
    #: Nested elements.
    depth: int = 64
    elements: int = 20_000
    #: Attributes of one element, namespace declarations not counted.
    attributes: int = 64
    #: Prefixes that are in scope at one element, the default namespace counted as one.
    namespaces: int = 32
    #: Octets (in UTF-8) of one tag together with the text that follows it.
    text: int = 256 * 1024
    #: Comments and processing instructions are refused. Only a payload, of which no reader here takes a value, may have them.
    only_elements: bool = True
    #: Octets of the different names of elements and attributes: lxml keeps every name it ever met, for as long as its thread lives.
    names: int = 64 * 1024


# What an unauthenticated peer may make us parse; a good envelope stays far below each of these.
ENVELOPE_LIMITS: Final = XmlLimits()

#: Documents below this size are left to the parser before attributes are counted: what one tag of them can hold costs nothing.
_SMALL: Final = 16 * 1024
_PIECE: Final = 1 << 20
_SHORTEST_ELEMENT: Final = len("<a/>")
_WS: Final = rb"[ \t\r\n]"
# spec: XML 1.0 2.8
_DECLARATION: Final = re.compile(
    rb"<\?xml%(ws)s+version%(ws)s*=%(ws)s*(?:\"([0-9.]+)\"|'([0-9.]+)')"
    rb"(?:%(ws)s+encoding%(ws)s*=%(ws)s*(?:\"([A-Za-z0-9._-]+)\"|'([A-Za-z0-9._-]+)'))?"
    rb"(?:%(ws)s+standalone%(ws)s*=%(ws)s*(?:\"(?:yes|no)\"|'(?:yes|no)'))?%(ws)s*\?>" % {b"ws": _WS}
)
_USUAL: Final = b'<?xml version="1.0" encoding="UTF-8"?>'
_NOT_AN_ELEMENT: Final = re.compile(rb"<!\[CDATA\[.*?\]\]>|<[!?]", re.DOTALL)
_NOT_AN_ELEMENT_OF_A_PAYLOAD: Final = re.compile(rb"<!\[CDATA\[.*?\]\]>|<!--.*?-->|<\?.*?\?>|<[!?]", re.DOTALL)
#: Every namespace declaration is found, with a group that is empty unless the name is visibly absolute or "". Text may be found as well.
_NAMESPACES: Final = re.compile(rb"xmlns(?::[^\s=]+)?\s*=\s*(\"[A-Za-z][A-Za-z0-9+.\-]*:|'[A-Za-z][A-Za-z0-9+.\-]*:|\"\"|'')?")
#: Names of elements, and of attributes with the sign that follows; what looks like them in a text is found as well.
_NAMES: Final = re.compile(rb"(?<=<)[^\s<>/]+|(?<=\s)[^\s=<>\"'/]+(?=\s*=\s*[\"'])")
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_ATTRIBUTE: Final = re.compile(rb"\s([^\s=<>\"'/]+)\s*=\s*(?:\"[^\"<]*\"|'[^'<]*')")
#: A tag as far as it is well-formed; the parser will not come further either.
_TAG: Final = re.compile(rb"<[^\s<>/]+(?:%s)*" % _ATTRIBUTE.pattern.replace(rb"\s(", rb"\s+("))


def parse_xml(octets: bytes, limits: XmlLimits = ENVELOPE_LIMITS) -> Element:
    """The root element of a document in UTF-8, or in UTF-16 with its byte order mark.

    Costs little more than the bare parse: exact counting is done only where a cheap bound cannot exclude that a limit is passed.
    Raises XmlRefused.
    """
    if len(octets) > limits.octets:
        raise XmlRefused(f"{len(octets)} octets, at most {limits.octets}")
    data, start = _in_utf8(octets)
    markup = _only_elements(data, start, _NOT_AN_ELEMENT if limits.only_elements else _NOT_AN_ELEMENT_OF_A_PAYLOAD)
    declarations = _NAMESPACES.findall(markup)
    _check_before_parsing(markup, limits)
    root = _parse(data)
    _check_after_parsing(root, limits)
    if len(declarations) > limits.namespaces or b"" in declarations:
        _check_namespaces(root, limits)
    return root


# lxml keeps one dictionary of names for each thread, and libxml2 writes into it without a lock. A thread that has none yet takes that of the
# first parser it uses; or, where it makes an element before it has parsed, looks into that of the main thread. With a parser of its own, used
# before anything else, it has a dictionary of its own. Source: docs/decisions/0024-xml-stays-in-its-thread.md
class _OfThisThread(threading.local):
    parser: etree.XMLParser | None = None


_OWN: Final = _OfThisThread()


def _parse(data: bytes) -> Element:
    if _OWN.parser is None:
        _OWN.parser = _new_parser()
    try:
        return etree.fromstring(data, _OWN.parser)
    except etree.XMLSyntaxError as error:
        raise XmlRefused(f"not well-formed: {str(error.msg)[:300]}") from None


def _new_parser() -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        # Ids are looked up by position only; the parser need not collect them.
        collect_ids=False,
    )


#: libxml2 makes its built-in types when the first schema of a process is compiled, and two threads would make them at once.
_COMPILING: Final = threading.Lock()


def compile_schema(root: Element | None = None, *, file: str | None = None) -> etree.XMLSchema:
    """The schema of a root element or of a file, for this thread. Raises XMLSchemaParseError of lxml."""
    with _COMPILING:
        return etree.XMLSchema(root, file=file)  # type: ignore[arg-type]  # the stubs want both


# -- before the parser ---------------------------------------------------------------------------------------------


def _in_utf8(octets: bytes) -> tuple[bytes, int]:
    """The document in UTF-8 without a byte order mark, and where its XML declaration ends."""
    utf16 = octets[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        if utf16:
            data = octets.decode("utf-16").encode()
        else:
            data = octets[3:] if octets[:3] == b"\xef\xbb\xbf" else octets
            if not data.isascii():
                data.decode()
    except UnicodeError as error:
        raise XmlRefused(f"line 1: no {'UTF-16' if utf16 else 'UTF-8'}: {str(error)[:200]}") from None
    if data.startswith(_USUAL) and not utf16:
        return data, len(_USUAL)
    if data[:5] != b"<?xml" or data[5:6] not in b" \t\r\n":
        return data, 0
    return _check_declaration(data, utf16)


def _check_declaration(data: bytes, utf16: bool) -> tuple[bytes, int]:
    declaration = _DECLARATION.match(data)
    if declaration is None:
        raise XmlRefused("line 1: XML declaration that cannot be read")
    version = declaration[1] or declaration[2]
    if version != b"1.0":
        raise XmlRefused(f"line 1: XML version {version.decode()}, only 1.0 is read")
    encoding = declaration[3] or declaration[4]
    allowed = b"utf-16" if utf16 else b"utf-8"
    if encoding is not None and encoding.lower() != allowed:
        raise XmlRefused(f"line 1: encoding {encoding.decode()[:40]} declared, but the octets are {allowed.decode().upper()}")
    if not utf16:
        return data, declaration.end()
    # The declaration would now lie about the octets. Line ends stay, so that lines are still counted right.
    return b"\n" * declaration[0].count(b"\n") + data[declaration.end() :], 0


def _only_elements(data: bytes, start: int, not_an_element: re.Pattern[bytes]) -> bytes:
    """The document with CDATA sections (and whatever else is let through) blanked out, so that each `<` in it begins a tag.

    Raises XmlRefused for comments, processing instructions and DOCTYPE. They are refused rather than skipped, since what
    one reader skips another may read.
    """
    # One character is sought much faster than two.
    if b"!" not in data and data.find(b"?", start) < 0:
        return data
    if b"<!" not in data and data.find(b"<?", start) < 0:
        return data
    pieces: list[bytes] = []
    end = 0
    for found in not_an_element.finditer(data, start):
        if len(found[0]) == 2:
            raise XmlRefused(f"line {_line(data, found.start())}: {_kind(data, found.start())}")
        pieces += [data[end : found.start()], b"x" * len(found[0])]
        end = found.end()
    return b"".join([*pieces, data[end:]])


def _kind(data: bytes, at: int) -> str:
    if data.startswith(b"<!--", at):
        return "a comment"
    if data.startswith(b"<!DOCTYPE", at):
        # spec: SOAP 1.2 5
        return "a DOCTYPE"
    return "a processing instruction" if data.startswith(b"<?", at) else "a declaration or an unfinished CDATA section"


def _check_before_parsing(markup: bytes, limits: XmlLimits) -> None:
    """Refuse what would cost the parser much more than its octets suggest."""
    # No document is longer than its shortest elements together; then `<`; then without end tags.
    if len(markup) // _SHORTEST_ELEMENT > limits.elements and markup.count(b"<") > limits.elements:
        elements = markup.count(b"<") - markup.count(b"</")
        if elements > limits.elements:
            raise XmlRefused(f"{elements} elements, at most {limits.elements}")
    if len(markup) > limits.text:
        long = _longer_than(limits.text).search(markup)
        if long is not None:
            raise XmlRefused(f"line {_line(markup, long.start())}: a tag and its text of more than {limits.text} octets")
    if len(markup) > _SMALL:
        for tag in _more_equal_signs_than(limits.attributes + limits.namespaces).finditer(markup):
            _check_tag(markup, tag.start(), limits)
    if len(markup) > limits.names:
        _check_names(markup, limits)


def _check_tag(markup: bytes, start: int, limits: XmlLimits) -> None:
    """Count the attributes of one tag that has many equal signs in it or in the text behind it."""
    tag = _TAG.match(markup, start)
    names = _ATTRIBUTE.findall(tag[0]) if tag else []
    declared = sum(1 for name in names if name == b"xmlns" or name.startswith(b"xmlns:"))
    attributes = len(names) - declared
    if attributes > limits.attributes or declared > limits.namespaces:
        raise XmlRefused(
            f"line {_line(markup, start)}: {attributes} attributes and {declared} namespace declarations in one tag,"
            f" at most {limits.attributes} and {limits.namespaces}"
        )


def _check_names(markup: bytes, limits: XmlLimits) -> None:
    names: set[bytes] = set()
    # In pieces, since a list of all names in a large document would be larger than the document.
    for at in range(0, len(markup), _PIECE):
        names.update(_NAMES.findall(markup, at, at + _PIECE))
        if sum(map(len, names)) > limits.names:
            raise XmlRefused(f"different names of more than {limits.names} octets")


@lru_cache(maxsize=16)
def _longer_than(octets: int) -> re.Pattern[bytes]:
    return re.compile(rb"<[^<]{%d}" % octets)


@lru_cache(maxsize=16)
def _more_equal_signs_than(count: int) -> re.Pattern[bytes]:
    # Possessive, so that nothing is looked at twice.
    return re.compile(rb"<(?:[^<=]*+=){%d}" % (count + 1))


def _line(data: bytes, at: int) -> int:
    return data.count(b"\n", 0, at) + 1


# -- after the parser ----------------------------------------------------------------------------------------------


def _check_after_parsing(root: Element, limits: XmlLimits) -> None:
    for found in _beyond(limits.depth, limits.attributes)(root):
        if isinstance(found, Element):
            raise XmlRefused(f"line {found.sourceline}: elements nested more than {limits.depth} deep")
        raise XmlRefused(f"line {found.getparent().sourceline}: an element with more than {limits.attributes} attributes")


@lru_cache(maxsize=16)
def _beyond(depth: int, attributes: int) -> Any:
    """The elements beyond the depth and the attributes beyond the number; each step goes through the elements once."""
    return etree.XPath("/*" * (depth + 1) + f" | /descendant::*/attribute::*[{attributes + 1}]")


def _check_namespaces(root: Element, limits: XmlLimits) -> None:
    """Count prefixes in scope exactly, and look at each namespace name.

    spec: Canonical XML 1.0 1.3: a document with a relative namespace name has no canonical form.
    """
    in_scope: dict[str, int] = {}
    declared: list[str] = []
    for event, item in etree.iterwalk(root, events=("start-ns", "start", "end-ns")):
        if event == "start-ns":
            prefix, uri = item
            declared.append(prefix)
            in_scope[prefix] = in_scope.get(prefix, 0) + 1
            if not is_absolute(uri):
                raise XmlRefused(f"prefix {prefix[:40]!r}: the relative namespace name {uri[:80]!r}")
        elif event == "end-ns":
            prefix = declared.pop()
            in_scope[prefix] -= 1
            if not in_scope[prefix]:
                del in_scope[prefix]
        elif len(in_scope) > limits.namespaces:
            raise XmlRefused(f"line {item.sourceline}: {len(in_scope)} namespaces in scope, at most {limits.namespaces}")


def is_absolute(namespace: str) -> bool:
    """Whether a namespace name is an absolute URI or, as in `xmlns=""`, none at all."""
    return not namespace or _ABSOLUTE.match(namespace) is not None


# -- writing -------------------------------------------------------------------------------------------------------


def new_root(tag: str, nsmap: Mapping[Any, str] | None = None, attributes: Mapping[Any, Any] | None = None) -> Element:
    """The root of a document that is written here, and not read; `nsmap` has the default namespace under None."""
    if _OWN.parser is None:
        _parse(b"<a/>")
    names: Any = nsmap
    return etree.Element(tag, dict(attributes or {}), nsmap=names)


def escape_text(text: str) -> str:
    """Character data as canonical XML writes it."""
    # spec: Canonical XML 1.0 2.3
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#xD;")


def escape_attribute(text: str) -> str:
    """An attribute's value as canonical XML writes it, between double quotes."""
    # spec: Canonical XML 1.0 2.3
    return (
        text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace('"', "&quot;")
        .replace("\t", "&#x9;")
        .replace("\n", "&#xA;")
        .replace("\r", "&#xD;")
    )
