"""CONTRL: the answer to an interchange whose envelope or characters refuse it, as far as UNB says whom to answer. Source: ISO 9735, UN 0085."""

from typing import Final

from node.customs.edifact.envelope import Header
from node.customs.edifact.found import Found
from node.customs.edifact.outgoing import Outgoing, References

KIND: Final = "CONTRL:D:3:UN"
_REFUSED: Final = "4"
#: UN 0085: the syntax is not known; characters are not valid; something else.
_UNKNOWN_SYNTAX, _CHARACTERS, _OTHER = "2", "21", "18"


def to_contrl(header: Header | None, found: Found, references: References, moment: str) -> bytes | None:
    """The refusal of an interchange, sent at a moment CCYYMMDDHHMM; None if nobody can be answered."""
    if header is None or not (header.sender and header.recipient and header.reference):
        return None
    if len(header.sender) > 35 or len(header.recipient) > 35 or len(header.reference) > 14:
        return None
    # Everything from outside that is written here stood in a UNB; in UNOC each of its octets is a character.
    out = Outgoing(KIND, references, "UNOC:3")
    parties = [header.reference, header.sender, header.recipient]
    if any(out.characters.outside(text) for text in parties):
        return None
    out.segment("UCI", [[header.reference], [header.sender], [header.recipient], [_REFUSED], [_code(found)]])
    return out.octets(header.recipient, header.sender, moment)


def _code(found: Found) -> str:
    first = found.findings[0] if found.findings else None
    if first is None:
        return _OTHER
    if first.rule == "EDI-01":
        return first.args[1]
    return _UNKNOWN_SYNTAX if first.location == "UNB/S001" else _CHARACTERS
