"""The character repertoires of the syntax identifiers, exactly. Source: ISO 9735, DESIGN 7.2."""

import re
from dataclasses import dataclass
from typing import Final

_DIGITS_AND_CAPITALS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SMALL: Final = "abcdefghijklmnopqrstuvwxyz"
_SIGNS: Final = " .,-()/='+:?!\"%&*;<>"
#: ISO 646 has the low line in its basic table, which version 4 takes whole; the versions before list their characters.
_SIGNS_4: Final = _SIGNS + "_"
_CODECS: Final = {
    "UNOA": "ascii",
    "UNOB": "ascii",
    "UNOC": "iso8859-1",
    "UNOD": "iso8859-2",
    "UNOE": "iso8859-5",
    "UNOF": "iso8859-7",
    "UNOY": "utf-8",
}
#: Controls of both halves, and the code points that are no characters and that XML cannot hold.
CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\ufffe\uffff]")


class CharacterRefused(ValueError):
    """An octet lies outside the repertoire."""

    def __init__(self, octet: int) -> None:
        super().__init__(f"octet {octet + 1}")
        self.octet = octet


@dataclass(frozen=True, slots=True)
class Repertoire:
    """The characters that one syntax identifier allows in one syntax version."""

    #: `UNOC`.
    name: str
    codec: str
    #: Empty: all characters of the codec.
    allowed: str

    def decode(self, octets: bytes, besides: str = "") -> str:
        """The text; line ends and the characters `besides` (service characters of the interchange) are let through. Raises CharacterRefused."""
        if self.allowed:
            let = (self.allowed + besides + "\r\n").encode("latin-1")
            # What is left is found by one look at a table for each octet, and searched for only if there is any.
            if outside := octets.translate(None, let):
                raise CharacterRefused(octets.index(outside[:1]))
        try:
            return octets.decode(self.codec)
        except UnicodeDecodeError as error:
            raise CharacterRefused(error.start) from None

    def outside(self, text: str) -> list[str]:
        """The characters of a text that cannot be written, in their order, each once."""
        return [char for char in dict.fromkeys(text) if not self._holds(char)]

    def _holds(self, char: str) -> bool:
        if CONTROL.match(char):
            return False
        if self.allowed:
            return char in self.allowed
        try:
            char.encode(self.codec)
        except UnicodeEncodeError:
            return False
        return True


def repertoire(identifier: str, version: str) -> Repertoire | None:
    """What a syntax identifier and version mean; None if they are not known here."""
    if identifier not in _CODECS or version not in {"1", "2", "3", "4"}:
        return None
    signs = _SIGNS_4 if version == "4" else _SIGNS
    allowed = {"UNOA": _DIGITS_AND_CAPITALS + signs, "UNOB": _DIGITS_AND_CAPITALS + _SMALL + signs}.get(identifier, "")
    return Repertoire(identifier, _CODECS[identifier], allowed)
