"""Who should have sealed a document, by what it says itself; read from its octets, so that a large one needs no tree. Source: DESIGN 3.6 SIG-04, 6."""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from xml.parsers import expat

_CERTIFICATE: Final = "CertificateOfOrigin"
_SENDER: Final = ("DocumentHeader", "SenderAuthority")
_TYPE: Final = ("TypeCode",)
_ISSUER: Final = ("IssuingAuthority", "ID")
_WANTED: Final = frozenset({_SENDER, _TYPE, _ISSUER})
#: UN 1001: a declaration is certified by its exporter, so the sender seals it.
_DECLARATION: Final = "862"


@dataclass(frozen=True, slots=True)
class Signatory:
    """Whom the signer must be bound to, and whose anchors count; empty where the document does not say."""

    authority: str = ""
    country: str = ""


class _Enough(Exception):
    pass


@dataclass(slots=True)
class _Reading:
    path: list[str] = field(default_factory=list)
    found: dict[tuple[str, ...], str] = field(default_factory=dict)

    def start(self, name: str, _attributes: Any) -> None:
        self.path.append(name.rpartition(" ")[2])

    def text(self, data: str) -> None:
        place = tuple(self.path[1:])
        if len(place) < 3 and place in _WANTED:
            self.found[place] = self.found.get(place, "") + data

    def end(self, _name: str) -> None:
        closed = self.path.pop()
        # Other types say it all in their header, which comes first.
        if closed == "DocumentHeader" and len(self.path) == 1 and self.path[0] != _CERTIFICATE:
            raise _Enough

    def doctype(self, *_declared: Any) -> None:
        raise _Enough


def signatory(octets: bytes) -> Signatory:
    """As far as the octets can be read; what is wrong with them is for the check of the document to say."""
    reading = _Reading()
    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = reading.start, reading.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = reading.text, reading.doctype
    with suppress(_Enough, expat.ExpatError):
        parser.Parse(octets, True)
    found = {place: " ".join(text.split()) for place, text in reading.found.items()}
    sender = found.get(_SENDER, "")
    issuer = found.get(_ISSUER, "") if found.get(_TYPE) != _DECLARATION else ""
    return Signatory(issuer or sender, sender[:2])
