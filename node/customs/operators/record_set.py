"""An AeoRecordSet read as a stream: its head, then one record after the other, none of which is kept. Source: DESIGN 4.1."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Final

from lxml import etree

from node.customs.operators.record import NAMESPACE, OperatorRecord, RecordRefused, read_instant, read_record
from node.ebms.xml import XmlRefused

#: The modes of a set. Source: DESIGN 4.4.
FULL, DELTA, URGENT = "FULL", "DELTA", "URGENT"

_RECORD: Final = f"{{{NAMESPACE}}}Record"
#: Elements of the head, whose names no element inside a Record has.
_HEAD: Final = (
    *("MessageID", "IssueDateTime", "SenderAuthority", "RecipientAuthority", "ModeCode", "ProgrammeCode", "SinceSequence"),
    *("ToSequence", "PartNumeric", "PartTotalNumeric", "RecordQuantity", "SnapshotDateTime", "SetDigest"),
)


@dataclass(frozen=True, slots=True)
class SetHead:
    """What one part of a record set says before its records."""

    document_id: str
    issued_at: datetime
    sender: str
    recipient: str
    mode: str
    programme: str
    #: None for FULL.
    since: int | None
    to: int
    part: int
    parts: int
    #: Records in this part.
    quantity: int
    #: Record time of the state described.
    snapshot_at: datetime
    #: Base64; empty where there is none.
    digest: str = ""


class RecordSetReader:
    """Reads a checked document once: `head`, then `records()`. Memory does not grow with the number of records.

    Raises RecordRefused for what its schema would not have let through, XmlRefused for what is no XML.
    """

    def __init__(self, source: IO[bytes]) -> None:
        names = [_RECORD, *(f"{{{NAMESPACE}}}{name}" for name in _HEAD)]
        # The document has passed stage 1 (GEN-01) before; the parser trusts it no more for that.
        self._events = etree.iterparse(  # noqa: TID251 - a list of a hundred thousand operators is not held in memory
            source, events=("end",), tag=names, resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False
        )
        said: dict[str, str] = {}
        self._first: Any = None
        for element in self._next():
            if not said and element.getroottree().docinfo.internalDTD is not None:
                raise XmlRefused("a document type declaration")
            if element.tag == _RECORD:
                self._first = element
                break
            said.setdefault(element.tag.rpartition("}")[2], " ".join((element.text or "").split()))
        self.head = _head(said)

    def records(self) -> Iterator[OperatorRecord]:
        """Every record in the order of the document; to be asked once."""
        if self._first is None:
            return
        yield _taken(self._first)
        for element in self._next():
            if element.tag == _RECORD:
                yield _taken(element)

    def _next(self) -> Iterator[Any]:
        try:
            for _, element in self._events:
                yield element
        except etree.XMLSyntaxError as error:
            raise XmlRefused(f"not well-formed: {str(error.msg)[:300]}") from None


def _taken(element: Any) -> OperatorRecord:
    """The record of an element, which is let go with everything before it."""
    record = read_record(element)
    parent = element.getparent()
    element.clear()
    while element.getprevious() is not None:
        del parent[0]
    return record


def _head(said: dict[str, str]) -> SetHead:
    try:
        return SetHead(
            said["MessageID"],
            read_instant(said["IssueDateTime"]),
            said["SenderAuthority"],
            said["RecipientAuthority"],
            said["ModeCode"],
            said["ProgrammeCode"],
            int(said["SinceSequence"]) if "SinceSequence" in said else None,
            int(said["ToSequence"]),
            int(said["PartNumeric"]),
            int(said["PartTotalNumeric"]),
            int(said["RecordQuantity"]),
            read_instant(said["SnapshotDateTime"]),
            said.get("SetDigest", ""),
        )
    except KeyError as error:
        raise RecordRefused(f"no AeoRecordSet: {error.args[0]} is missing") from None
    except ValueError as error:
        raise RecordRefused(f"the head of the AeoRecordSet: {error}") from None


def read_head(root: Any) -> SetHead:
    """What an AeoRecordSet says outside of its records; `root` may still be growing them. Raises RecordRefused."""
    said: dict[str, str] = {}
    for element in root.iter(*(f"{{{NAMESPACE}}}{name}" for name in _HEAD)):
        said.setdefault(element.tag.rpartition("}")[2], " ".join((element.text or "").split()))
    return _head(said)
