"""CUSRES D.95B: the answer to a CUSCAR, from a verdict or from a canonical Response. Source: DESIGN 7.4, 8.

BGM 962 with the answer, RFF to the number of the manifest, GIS with the outcome, an error point and its errors for each place, and their texts as far as the message has room.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from node.customs.edifact.canonical import Mapped
from node.customs.edifact.characters import Repertoire, repertoire
from node.customs.edifact.envelope import Header
from node.customs.edifact.outgoing import Outgoing, References
from node.customs.edifact.table import Table
from node.customs.edifact.terms import Terms
from node.customs.edifact.values import NoMoment, cut, written_moment
from node.customs.finding import Finding, Outcome, Severity, Verdict
from node.ebms.xml import Element, XmlLimits, XmlRefused, parse_xml

KIND: Final = "CUSRES:D:95B:UN"
_NAMESPACE: Final = {"r": "urn:n2n:customs:res:1"}
#: 999 errors with three texts of 512 characters each, in UTF-8.
_LIMITS: Final = XmlLimits(octets=20 << 20, elements=40_000)
_CONSIGNMENT: Final = re.compile(r"/(?:Consignment|SG[0-9]+)\[([0-9]+)\]")
_MESSAGE_ID: Final = re.compile(r"edi:(.*):([^:]*):([^:]*)")


class ResponseRefused(ValueError):
    """The octets are no Response that can be told to the sender of an interchange."""


@dataclass(frozen=True, slots=True)
class Said:
    """One error of an answer."""

    rule: str
    #: As in a finding.
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What is told to the sender of a message."""

    outcome: Outcome
    #: BGM 1004 of the message; empty if it could not be read.
    document: str
    #: UNB 0020 and UNH 0062 of the message.
    answered: References
    #: Authorities.
    sender: str
    recipient: str
    #: xs:dateTime.
    issued: str
    errors: tuple[Said, ...]
    #: Errors beyond those that are listed.
    not_listed: int = 0


def answer_to(mapped: Mapped, header: Header, verdict: Verdict, issued: str, language: str = "en") -> Answer:
    """The answer that a verdict is to a message, in English or Traditional Chinese (`zh`)."""
    errors = tuple(Said(one.rule, one.location, one.zh if language == "zh" else one.en) for one in _worst_first(verdict.findings))
    answered = References(header.reference, mapped.reference)
    parties = mapped.recipient or header.recipient, mapped.sender or header.sender
    return Answer(verdict.outcome, mapped.document, answered, *parties, issued, errors, verdict.not_listed)


def _worst_first(findings: Iterable[Finding]) -> list[Finding]:
    order = [Severity.FATAL, Severity.HOLD, Severity.WARNING]
    return sorted(findings, key=lambda finding: order.index(finding.severity))


def answer_of_response(octets: bytes, language: str = "en") -> Answer:
    """The answer in a Response to a message that came as an interchange. Raises ResponseRefused."""
    try:
        root = parse_xml(octets, _LIMITS)
    except XmlRefused as error:
        raise ResponseRefused(str(error)) from None
    if root.tag != f"{{{_NAMESPACE['r']}}}Response":
        raise ResponseRefused(f"{root.tag} is no Response")
    named = _MESSAGE_ID.fullmatch(_text(root, "ReferencedMessage/MessageID"))
    if named is None:
        raise ResponseRefused("ReferencedMessage/MessageID does not name a message of an interchange")
    try:
        outcome = Outcome(_text(root, "OutcomeCode"))
    except ValueError as error:
        raise ResponseRefused(str(error)) from None
    return Answer(
        outcome,
        _text(root, "Document/ID"),
        References(named[2], named[3]),
        _text(root, "DocumentHeader/SenderAuthority"),
        _text(root, "DocumentHeader/RecipientAuthority"),
        _text(root, "DocumentHeader/IssueDateTime"),
        tuple(_said(error, language) for error in root.iterfind("r:Error", _NAMESPACE)),
        int(number) if (number := _text(root, "ErrorsNotListedQuantity")).isdecimal() and len(number) < 10 else 0,
    )


def _text(element: Element, path: str) -> str:
    return (element.findtext("/".join(f"r:{name}" for name in path.split("/")), "", _NAMESPACE) or "").strip()


def _said(error: Element, language: str) -> Said:
    texts: Mapping[str, str] = {
        text.get("languageID", "")[:2]: (text.text or "").strip() for text in error.iterfind("r:Description", _NAMESPACE)
    }
    text = texts.get(language) or next(iter(texts.values()), "")
    return Said(_text(error, "ValidationCode"), _text(error, "Pointer/Location"), text)


def to_cusres(answer: Answer, table: Table, terms: Terms, references: References) -> bytes:
    """The answer as an interchange. Raises ResponseRefused if its moment cannot be read."""
    try:
        digits, form, _ = written_moment(answer.issued, terms.zone)
    except NoMoment:
        raise ResponseRefused(f"{answer.issued!r} is no moment") from None
    syntax = terms.syntax or _syntax(answer)
    characters = repertoire(*syntax.partition(":")[::2])
    assert characters is not None  # a profile is judged when it is read
    access = f"{answer.answered.interchange[:14]}/{answer.answered.message[:14]}"
    out = Outgoing(KIND, references, syntax, _writable(access, characters))
    code = answer.outcome.value
    out.segment("BGM", [["962"], [references.interchange], ["27" if answer.outcome is Outcome.REFUSED else "11"], [code]])
    out.segment("DTM", [["137", digits, form]])
    out.segment("GIS", [[code, "", "ZZZ"]])
    for pieces in _texts(answer, table, characters):
        out.segment("FTX", [["AAO"], [], [], pieces])
    for place, rules in _places(answer.errors, table):
        out.segment("ERP", [[_writable(part, characters) for part in place]])
        for rule in rules:
            out.segment("ERC", [[_writable(rule, characters)[: _most(table, "ERC", "9321")] or "?", "", "ZZZ"]])
    out.segment("RFF", [["ACW", _writable(answer.document, characters)[: _most(table, "RFF", "1154")]]])
    sender, recipient = (_writable(terms.party(party), characters)[:35] for party in (answer.sender, answer.recipient))
    return out.octets(sender, recipient, digits)


def _syntax(answer: Answer) -> str:
    latin = repertoire("UNOC", "3")
    assert latin is not None
    texts = [answer.document, answer.sender, answer.recipient, answer.answered.interchange, answer.answered.message]
    texts += [text for said in answer.errors for text in (said.text, said.place, said.rule)]
    wide = any(ord(char) > 0xFF for text in texts for char in latin.outside(text))
    return "UNOY:4" if wide else "UNOC:3"


def _most(table: Table, segment: str, element: str) -> int:
    return table.segments[segment].at(table.positions(segment, element)[0]).most


def _room(table: Table, *path: str) -> int:
    """How often a segment or group may stand."""
    node = table.root
    for tag in path:
        node = next(child for child in node.children if child.tag == tag)
    return node.most


def _texts(answer: Answer, table: Table, characters: Repertoire) -> list[list[str]]:
    """The texts of the errors, in the pieces that the message has room for; the last piece says how many stay untold."""
    width = len(table.positions("FTX", "4440"))
    size = _most(table, "FTX", "4440")
    room = width * _room(table, "FTX")
    pieces: list[str] = []
    told = 0
    for said in answer.errors:
        # A text of Chinese has no spaces to be cut at: it is cut where a piece is full.
        more, _ = cut(_writable(f"{said.rule}: {said.text}", characters), size)
        if len(pieces) + len(more) > room - 1:
            break
        pieces += more
        told += 1
    if beyond := len(answer.errors) - told + answer.not_listed:
        pieces.append(_writable(f"{beyond} more", characters))
    return [pieces[at : at + width] for at in range(0, len(pieces), width)]


def _writable(text: str, characters: Repertoire) -> str:
    for char in characters.outside(text):
        capital = char.upper()
        text = text.replace(char, capital if not characters.outside(capital) else "?" if char.isprintable() else " ")
    return " ".join(filter(None, text.split(" ")))


def _places(errors: Iterable[Said], table: Table) -> list[tuple[list[str], list[str]]]:
    """Section, item and number of each place with its rules; places that have no room share the last."""
    points = _room(table, "ERP")
    each = _room(table, "ERP", "ERC")
    places: list[tuple[list[str], list[str]]] = []
    for said in errors:
        place = _point(said.place)
        if places and (places[-1][0] == place or len(places) == points):
            if len(places[-1][1]) < each:
                places[-1][1].append(said.rule)
        else:
            places.append((place, [said.rule]))
    return places


def _point(location: str) -> list[str]:
    """C701: heading or detail; the end of the place, as far as it fits; which consignment."""
    steps = [step for step in location.split("/") if step][1:]
    item = ""
    for step in reversed(steps):
        longer = f"{step}/{item}" if item else step
        if len(longer) > 35:
            break
        item = longer
    consignment = _CONSIGNMENT.search(location)
    number = consignment[1] if consignment and len(consignment[1]) <= 6 else ""
    return ["2" if consignment else "1", item, number]
