"""An interchange with one message on its way out: segments are counted, the envelope comes last. Source: ISO 9735, DESIGN 7.2."""

from collections.abc import Sequence
from dataclasses import dataclass

from node.customs.edifact.characters import Repertoire, repertoire
from node.customs.edifact.segments import Separators, written


@dataclass(frozen=True, slots=True)
class References:
    """What the sender's counters give to an interchange with one message."""

    #: 0020, at most 14 characters.
    interchange: str
    #: 0062, at most 14 characters.
    message: str


class Outgoing:
    """Takes the segments between UNH and UNT."""

    def __init__(self, kind: str, references: References, syntax: str, access: str = "") -> None:
        """For a message like `CUSCAR:D:95B:UN` in a syntax like `UNOC:3`; `access` is 0068, which names what is answered."""
        name, _, self._version = syntax.partition(":")
        known = repertoire(name, self._version)
        assert known is not None  # a profile is judged when it is read
        self.characters: Repertoire = known
        self._references = references
        self._separators = Separators(repetition="*" if self._version == "4" else "")
        self._lines: list[str] = []
        self.segment("UNH", [[references.message], kind.split(":"), [access]])

    @property
    def wide(self) -> bool:
        """Whether every character of Unicode can be written."""
        return self.characters.codec == "utf-8"

    def segment(self, tag: str, elements: Sequence[Sequence[str]]) -> None:
        """One more segment, on a line of its own."""
        self._lines.append(written(tag, elements, self._separators) + "\n")

    def octets(self, sender: str, recipient: str, moment: str) -> bytes:
        """The whole interchange; the moment is CCYYMMDDHHMM."""
        references = self._references
        self.segment("UNT", [[str(len(self._lines) + 1)], [references.message]])
        date = moment[:8] if self._version == "4" else moment[2:8]
        syntax = [self.characters.name, self._version]
        envelope = [syntax, [sender, "ZZ"], [recipient, "ZZ"], [date, moment[8:12]], [references.interchange]]
        head = written("UNB", envelope, self._separators) + "\n"
        tail = written("UNZ", [["1"], [references.interchange]], self._separators) + "\n"
        return "".join([head, *self._lines, tail]).encode(self.characters.codec)
