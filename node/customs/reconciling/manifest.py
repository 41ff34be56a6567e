"""An exchange manifest read: the head of a part, its entries as a stream, and the whole of all parts. Made by `node.customs.making.manifest`."""

import base64
import binascii
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from sys import intern
from typing import Any, Final

from lxml import etree

from node.customs.reconciling.digest import ManifestDigest, Total
from node.customs.reconciling.entry import Direction, Entry, Period, View
from node.ebms.xml import XmlRefused

NAMESPACE: Final = "urn:n2n:customs:rec:1"
_ENTRY: Final = f"{{{NAMESPACE}}}Entry"
#: What a token does not have at its ends, nor twice. Source: XML Schema 1.0 part 2, 4.3.6.
_SPACE: Final = re.compile(r"[ \t\r\n]+")
#: Missing parts that are told one by one.
_MOST_TOLD: Final = 20


class ManifestRefused(ValueError):
    """The octets are no exchange manifest, or the parts are not those of one; the text says everything that is wrong."""


@dataclass(frozen=True, slots=True)
class ManifestHead:
    """What a part says before its entries."""

    document_id: str
    sender: str
    recipient: str
    manifest_id: str
    period: Period
    snapshot_at: datetime
    part: int
    parts: int
    #: Entries of this part.
    quantity: int
    #: Of all parts.
    totals: Mapping[Direction, Total]
    set_digest: bytes


def read_head(root: Any) -> ManifestHead:
    """The head; `root` may still be growing entries. Raises ManifestRefused."""
    said = {_name(child): child for child in root if _name(child) not in {"Entry", "Total"}}
    try:
        header = _texts(said["DocumentHeader"])
        totals = [_texts(child) for child in root if _name(child) == "Total"]
        return ManifestHead(
            header["MessageID"],
            header["SenderAuthority"],
            header["RecipientAuthority"],
            _text(said["ID"]),
            Period(_instant(_text(said["PeriodFrom"])), _instant(_text(said["PeriodTo"]))),
            _instant(_text(said["SnapshotDateTime"])),
            int(_text(said["PartNumeric"])),
            int(_text(said["PartTotalNumeric"])),
            int(_text(said["EntryQuantity"])),
            {Direction(one["DirectionCode"]): Total(int(one["EntryQuantity"]), _digest(one["TotalDigest"])) for one in totals},
            _digest(_text(said["SetDigest"])),
        )
    except KeyError as error:
        raise ManifestRefused(f"no exchange manifest: {error.args[0]} is missing") from None
    except ValueError as error:
        raise ManifestRefused(f"the head of the exchange manifest: {error}") from None


def read_entry(element: Any) -> Entry:
    """The entry of an element. Raises ManifestRefused."""
    said = _texts(element)
    try:
        return Entry(
            Direction(said["DirectionCode"]),
            said["MessageID"],
            # A hundred thousand entries say the same few words.
            intern(said["TypeID"]),
            _digest(said["DocumentDigest"]),
            _instant(said["RegisteredAt"]),
            intern(said["LevelCode"]),
            _instant(said["LevelDateTime"]),
            intern(said.get("OutcomeCode", "")),
            said.get("TransportMessageID", ""),
        )
    except KeyError as error:
        raise ManifestRefused(f"an Entry without {error.args[0]}") from None
    except ValueError as error:
        raise ManifestRefused(f"an Entry: {error}") from None


def _texts(element: Any) -> dict[str, str]:
    return {_name(child): _text(child) for child in element}


def _name(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _text(element: Any) -> str:
    # Not split() alone: what is space to it and a sign to XML would make two MessageIDs one.
    return _SPACE.sub(" ", element.text or "").strip(" ")


def _instant(said: str) -> datetime:
    at = datetime.fromisoformat(said)
    # The schema knows 24:00:00 and the year 1; nothing can be added to or taken from a moment at either end of the calendar.
    if at.tzinfo is None or not date.min.year < at.year < date.max.year:
        raise ValueError(f"{said} is no moment of an exchange")
    return at


def _digest(said: str) -> bytes:
    try:
        return base64.b64decode("".join(said.split()), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


class ManifestPart:
    """One part, which has been checked: its head, and its entries as often as they are asked for, none of which is kept."""

    def __init__(self, octets: bytes) -> None:
        """Raises ManifestRefused, XmlRefused."""
        self._octets = octets
        root = None
        for element in self._elements():
            root = element.getparent() if element.tag == _ENTRY else element
            break
        if root is None or root.tag != f"{{{NAMESPACE}}}ExchangeManifest":
            raise ManifestRefused("no exchange manifest")
        self.head = read_head(root)

    def entries(self) -> Iterator[Entry]:
        """Every entry in the order of the document. Raises ManifestRefused, XmlRefused."""
        for element in self._elements():
            if element.tag == _ENTRY:
                yield read_entry(element)
                parent = element.getparent()
                element.clear()
                while element.getprevious() is not None:
                    del parent[0]

    def _elements(self) -> Iterator[Any]:
        # The document has passed stage 1 (GEN-01) before; the parser trusts it no more for that.
        events = etree.iterparse(  # noqa: TID251 - ten thousand entries are not held in memory
            BytesIO(self._octets),
            events=("end",),
            tag=[_ENTRY, f"{{{NAMESPACE}}}ExchangeManifest"],
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            remove_comments=True,
            huge_tree=False,
        )
        try:
            for _, element in events:
                if element.getroottree().docinfo.internalDTD is not None:
                    raise XmlRefused("a document type declaration")
                yield element
        except etree.XMLSyntaxError as error:
            raise XmlRefused(f"not well-formed: {str(error.msg)[:300]}") from None


class WholeManifest:
    """All parts of one manifest, in their order."""

    def __init__(self, parts: Sequence[ManifestPart]) -> None:
        """Parts in any order. Raises ManifestRefused when they are not all parts of one manifest, or not what its digest says."""
        if not parts:
            raise ManifestRefused("no part of a manifest")
        self._parts = sorted(parts, key=lambda part: part.head.part)
        self.head = self._parts[0].head
        if problems := [*self._strangers(), *self._gaps()] or self._altered():
            raise ManifestRefused("; ".join(problems))

    def _strangers(self) -> Iterator[str]:
        head = self.head
        for part in self._parts[1:]:
            other = part.head
            for name in ("sender", "recipient", "manifest_id", "period", "snapshot_at", "parts", "totals", "set_digest"):
                if getattr(other, name) != getattr(head, name):
                    yield f"part {other.part} ({other.document_id}) has another {name.replace('_', ' ')} than part {head.part}"

    def _gaps(self) -> Iterator[str]:
        counted = Counter(part.head.part for part in self._parts)
        for number, times in counted.items():
            if times > 1:
                yield f"part {number} is there {times} times"
        if missing := [number for number in range(1, self.head.parts + 1) if number not in counted]:
            told = ", ".join(map(str, missing[:_MOST_TOLD])) + (", .." if len(missing) > _MOST_TOLD else "")
            yield f"of {self.head.parts} parts {len(missing)} are missing: {told}"

    def _altered(self) -> list[str]:
        digest = ManifestDigest()
        for entry in self.entries():
            digest.add(entry)
        problems = [
            f"the total of {direction.value} does not match the entries"
            for direction in Direction
            if self.head.totals.get(direction) != digest.total(direction)
        ]
        if digest.whole() != self.head.set_digest:
            problems.append("the set digest does not match the entries")
        return problems

    @property
    def document_ids(self) -> Sequence[str]:
        """The MessageID of each part."""
        return [part.head.document_id for part in self._parts]

    def entries(self) -> Iterator[Entry]:
        """The entries of all parts."""
        for part in self._parts:
            yield from part.entries()

    def view(self) -> View:
        """What its sender knows."""
        return View(self.head.sender, self.head.period, self.head.snapshot_at, _Again(self))


class _Again:
    """The entries, as often as they are gone through."""

    def __init__(self, manifest: WholeManifest) -> None:
        self._manifest = manifest

    def __iter__(self) -> Iterator[Entry]:
        return self._manifest.entries()
