"""The numbers of the documents in an imported log, whose messages are in no register: each payload that is here is read for it."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from node.customs.checking.document import describe, read_header
from node.customs.checking.reading import Malformed, read_rows
from node.customs.checking.safe import MOST_AT_ONCE, MOST_OCTETS, Oversized, Unsafe, read_safely
from node.customs.packs.library import Packs
from node.ebms.errors import EbmsError
from node.evidence.entry import Kind
from node.mime.compression import Inflater
from node.msh.ports import Kept
from node.retrieving import Message
from node.store.evidence import Absent, Numbered
from node.store.imported import ImportedEvidence

#: How a member of gzip begins; no document in XML does.
_GZIP: Final = b"\x1f\x8b"
#: A document may be one long row of equal elements.
_MOST_RATIO: Final = 2_000


class ImportedNumbers:
    """As the register of documents, over one imported log: `searching.Documents`."""

    def __init__(self, evidence: ImportedEvidence, packs: Callable[[], Packs]) -> None:
        self._evidence, self._packs = evidence, packs
        #: Messages of which a payload is not here any more, at the last question: nobody knows what it was.
        self.unread = 0

    def __call__(self, number: str, most: int) -> Iterator[Message]:
        """The messages that carried a document of this number, at most so many. The whole log is read."""
        self.unread = 0
        for entry in self._evidence.walk():
            kind, _, message_id, partner, direction = entry.searched
            if most and kind in (Kind.RECEIVED.value, Kind.PACKAGED.value) and number in self._numbers(entry):
                most -= 1
                yield Message(message_id, partner, direction)

    def _numbers(self, entry: Numbered) -> set[str]:
        held = [kept for name, kept in self._evidence.objects(entry).items() if name.startswith("payload-")]
        self.unread += any(isinstance(one, Absent) for one in held)
        return {number_of(uncompressed(one), self._packs()) for one in held if not isinstance(one, Absent)}


class _Unread:
    """Rows are let go as they come."""

    def row(self, element: Any, place: int) -> None:
        """See `reading.Reader`."""


def number_of(octets: bytes, packs: Packs) -> str:
    """The number of a document as the register has it; empty for what is no document of a known type that follows its schema."""
    try:
        root = read_safely(octets)
        definition = packs.with_root(root.namespace, root.name)
        if definition is None or root.at_once(definition.rows) > MOST_AT_ONCE:
            return ""
        element = read_rows(octets, definition, _Unread())
    except (Unsafe, Oversized, Malformed):
        return ""
    return describe(octets, definition, read_header(definition, element), element).number


def uncompressed(kept: Kept) -> bytes:
    """A payload as it was before it was compressed; nothing where that is no document."""
    octets = b"".join(bytes(chunk) for chunk in kept.chunks()) if kept.size <= MOST_OCTETS else b""
    if not octets.startswith(_GZIP):
        return octets
    inflater = Inflater(MOST_OCTETS, _MOST_RATIO)
    try:
        inflated = b"".join(inflater.feed(octets))
        inflater.finish()
    except EbmsError:
        return b""
    return inflated
