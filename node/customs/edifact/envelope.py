"""The envelope of an interchange: service characters, syntax, UNB to UNZ, each UNH to its UNT. Source: DESIGN 3.6 (EDI-01, EDI-02), 7.2."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from node.customs.edifact.characters import CharacterRefused, Repertoire, repertoire
from node.customs.edifact.found import Found
from node.customs.edifact.segments import DEFAULTS, Segment, Separators, Splitter, Unterminated, pieces
from node.customs.edifact.values import NoMoment, moment

_BOM: Final = b"\xef\xbb\xbf"
#: More than the longest UNB, each of its characters released.
_LONGEST_UNB: Final = 2048
_UNA: Final = "UNA:+.? '"
_DEFAULT_REPETITION: Final = "*"


@dataclass(frozen=True, slots=True)
class Header:
    """What UNB says."""

    syntax: str
    version: str
    sender: str
    recipient: str
    #: 0017 and 0019, as they stand.
    date: str
    time: str
    #: 0020.
    reference: str
    #: 0035 is 1: the interchange is a test.
    test: bool

    @property
    def day(self) -> str:
        """0017 with its century: CCYYMMDD."""
        return self.date if len(self.date) == 8 else f"20{self.date}"


@dataclass(frozen=True, slots=True)
class Message:
    """Where one message lies in an interchange."""

    #: From 1.
    number: int
    #: UNH 0062.
    reference: str
    #: UNH S009 to the agency: `CUSCAR:D:95B:UN`.
    kind: str
    start: int
    end: int


class InterchangeRefused(ValueError):
    """The envelope is broken or a character lies outside its set; `found` says all that is wrong."""

    def __init__(self, found: Found, header: Header | None) -> None:
        super().__init__("; ".join(finding.en for finding in found.findings[:3]))
        self.found = found
        self.header = header


@dataclass(frozen=True, slots=True)
class Interchange:
    """An interchange with a sound envelope."""

    header: Header
    separators: Separators
    messages: tuple[Message, ...]
    text: str

    def segments(self, message: Message) -> Iterator[Segment]:
        """The segments of a message, UNH and UNT included, each made when it is asked for."""
        splitter = Splitter(self.separators)
        for number, (start, end) in enumerate(pieces(self.text, message.start, self.separators), 1):
            yield splitter.split(self.text[start:end], number)
            if end >= message.end:
                return


def is_interchange(octets: bytes) -> bool:
    """Whether octets are to be read as EDIFACT. Source: DESIGN 10, by content."""
    return octets.removeprefix(_BOM).lstrip(b" \t\r\n")[:3] in (b"UNA", b"UNB")


def read_interchange(octets: bytes) -> Interchange:
    """The interchange in octets, read once from end to end. Raises InterchangeRefused with every breach of EDI-01 and EDI-02."""
    return _Reader(octets).read()


class _Reader:
    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._found = Found()
        self._header: Header | None = None
        self._separators = DEFAULTS
        self._messages: list[Message] = []
        self._counted = 0

    def read(self) -> Interchange:
        start = self._service_characters()
        header = self._header = self._read_header(start)
        characters = repertoire(header.syntax, header.version)
        if characters is None:
            self._outside(f"{header.syntax}:{header.version}", "UNB/S001")
        text = self._decoded(characters)
        # A message is refused by its own rules; here everything between UNB and UNZ is only counted.
        self._read_messages(text, start, characters)
        if self._found.refuses:
            raise InterchangeRefused(self._found, header)
        return Interchange(header, self._separators, tuple(self._messages), text)

    def _broken(self, place: str, text: str, code: str = "18") -> None:
        """A breach of EDI-01, with the code that UN 0085 has for it."""
        self._found.tell("EDI-01", place, text, code)

    def _outside(self, name: str, place: str, *more: str) -> None:
        self._found.tell("EDI-02", place, name, *more)

    def _refused(self, place: str, text: str) -> InterchangeRefused:
        self._broken(place, text)
        return InterchangeRefused(self._found, self._header)

    # -- UNA and UNB ---------------------------------------------------------------------------------------------------

    def _service_characters(self) -> int:
        octets = self._octets
        if not octets.startswith(b"UNA"):
            return 0
        una = octets[:9].decode("latin-1")
        component, element, decimal, release, repetition, terminator = list(una[3:].ljust(6))
        structure = [char for char in (component, element, release, repetition, terminator) if char != " "]
        if len(una) < 9 or " " in component + element + terminator or not una.isascii() or decimal not in ".,":
            raise self._refused("UNA", "UNA does not name six service characters")
        if len(set(structure)) < len(structure) or any(char.isalnum() or char in "\r\n" for char in structure):
            raise self._refused("UNA", "UNA gives two services to one character, or one to a letter, digit or line end")
        marks = DEFAULTS.decimal if una == _UNA else decimal
        self._separators = Separators(component, element, marks, release.strip(" "), repetition.strip(" "), terminator)
        return 9

    def _read_header(self, start: int) -> Header:
        head = self._octets[start : start + _LONGEST_UNB].decode("latin-1")
        try:
            at, end = next(pieces(head, 0, self._separators))
        except (StopIteration, Unterminated):
            raise self._refused("UNB", "UNB is missing or has no end") from None
        unb = Splitter(self._separators).split(head[at:end], 1)
        if unb.tag != "UNB":
            raise self._refused("UNB", "UNB is missing")
        version = unb.value(0, 1)
        if version == "4" and start == 0:
            # Only the defaults of version 4 repeat elements; a UNA has said it already.
            self._separators = Separators(repetition=_DEFAULT_REPETITION)
        elif version != "4" and self._separators.repetition:
            separators = self._separators
            self._separators = Separators(
                separators.component, separators.element, separators.decimal, separators.release, "", separators.terminator
            )
        return self._checked(
            Header(
                syntax=unb.value(0),
                version=version,
                sender=unb.value(1),
                recipient=unb.value(2),
                date=unb.value(3),
                time=unb.value(3, 1),
                reference=unb.value(4),
                test=unb.value(8) == "1",
            )
        )

    def _checked(self, header: Header) -> Header:
        for name, value, form in (
            ("sender 0004", header.sender, r".{1,35}"),
            ("recipient 0010", header.recipient, r".{1,35}"),
            ("date 0017", header.date, r"[0-9]{6}([0-9]{2})?"),
            ("time 0019", header.time, r"[0-9]{4}"),
            ("reference 0020", header.reference, r".{1,14}"),
        ):
            if re.fullmatch(form, value) is None:
                self._broken("UNB", f"UNB: {name} is missing or malformed", "13" if not value else "12")
        if not self._found.refuses and not _is_moment(header):
            self._broken("UNB", f"UNB: {header.date}:{header.time} is no date and time", "12")
        return header

    def _decoded(self, characters: Repertoire | None) -> str:
        if characters is not None:
            try:
                return characters.decode(self._octets, self._separators.characters + "".join(sorted(self._separators.decimal)))
            except CharacterRefused as error:
                self._outside(characters.name, f"octet[{error.octet + 1}]")
        # The structure is ASCII in every set: the rest of the envelope can be judged all the same.
        return self._octets.decode("latin-1")

    # -- messages --------------------------------------------------------------------------------------------------------

    def _read_messages(self, text: str, start: int, characters: Repertoire | None) -> None:
        separators = self._separators
        splitter = Splitter(separators)
        controls = _controls(separators) if not self._found.refuses else None
        name = characters.name if characters else ""
        service = {"UNB", "UNG", "UNE", "UNH", "UNT", "UNZ"}
        opened: tuple[Segment, int] | None = None
        ended: Segment | None = None
        first = True
        number = place = 0
        try:
            for at, end in pieces(text, start, separators):
                place += 1
                piece = text[at:end]
                if controls is not None and (control := controls.search(piece)):
                    self._outside(name, f"segment[{place}]", f"U+{ord(control[0]):04X}")
                tag = piece[:3]
                number += 1
                if first:
                    first = False
                elif ended is not None:
                    self._broken(f"segment[{place}]", f"{tag} stands after UNZ", "15")
                elif tag not in service:
                    if opened is None:
                        self._broken(f"segment[{place}]", f"{tag} stands outside a message", "15")
                elif tag == "UNH":
                    self._unclosed(opened)
                    opened, number = (splitter.split(piece, 1), at), 1
                    self._counted += 1
                elif tag == "UNT":
                    self._close(opened, splitter.split(piece, number), end)
                    opened = None
                elif tag == "UNZ":
                    self._unclosed(opened)
                    opened, ended = None, splitter.split(piece, 1)
                else:
                    self._broken(f"segment[{place}]", f"{tag} is not read here", "14")
        except Unterminated:
            self._broken("", f"the interchange is cut off after segment {place}")
        self._unclosed(opened)
        self._close_interchange(ended)

    def _unclosed(self, opened: tuple[Segment, int] | None) -> None:
        if opened is not None:
            self._broken(f"UNH[{self._counted}]", f"message {opened[0].value(0)} has no UNT", "13")

    def _close(self, opened: tuple[Segment, int] | None, unt: Segment, end: int) -> None:
        place = f"UNH[{self._counted}]/UNT"
        if opened is None:
            self._broken(place, "UNT without UNH", "13")
            return
        unh, start = opened
        if unt.value(1) != unh.value(0):
            self._broken(place, f"UNH has reference {unh.value(0)}, UNT has {unt.value(1)}", "28")
        if not _is_count(unt.value(0), unt.number):
            self._broken(place, f"UNT counts {unt.value(0)} segments, there are {unt.number}", "29")
        kind = ":".join(unh.value(1, component) for component in range(4))
        self._messages.append(Message(self._counted, unh.value(0), kind, start, end))

    def _close_interchange(self, unz: Segment | None) -> None:
        reference = self._header.reference if self._header else ""
        if unz is None:
            self._broken("UNZ", "UNZ is missing", "13")
            return
        if unz.value(1) != reference:
            self._broken("UNZ", f"UNB has reference {reference}, UNZ has {unz.value(1)}", "28")
        if not _is_count(unz.value(0), self._counted):
            self._broken("UNZ", f"UNZ counts {unz.value(0)} messages, there are {self._counted}", "29")
        elif self._counted == 0:
            self._broken("UNZ", "there is no message")


def _is_moment(header: Header) -> bool:
    try:
        moment(header.day + header.time, "203", "Z")
    except NoMoment:
        return False
    return True


def _is_count(text: str, number: int) -> bool:
    # A count is compared as digits: int() takes signs, low lines and digits of other scripts.
    return re.fullmatch("[0-9]{1,10}", text) is not None and int(text) == number


def _controls(separators: Separators) -> re.Pattern[str]:
    """What no data element may hold; a service character that is a control itself is let through."""
    codes = [*range(0x20), *range(0x7F, 0xA0), 0xFFFE, 0xFFFF]
    return re.compile("[" + "".join(re.escape(chr(code)) for code in codes if chr(code) not in separators.characters) + "]")
